// Why the server has refused something, in the reader's language; and what to do next. Pure.

import { hasWords, t } from "./words.js";

/** One sentence. What has no words here is said in the server's own. */
export function refusalWords({ code, message, minimum }, money) {
  const key = `bid.refused_${code}`;
  return hasWords(key) ? t(key, { minimum: Number.isInteger(minimum) ? money.format(minimum) : "" }) : message;
}

/** What a button could do about it: `instead` (the least that counts), `raise`, `again`; or null. */
export function remedyOf({ code }) {
  return REMEDIES.get(code) ?? null;
}

const REMEDIES = new Map([["bid_too_low", "instead"], ["already_leading", "raise"], ["busy", "again"], ["unavailable", "again"]]);
