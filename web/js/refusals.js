// Why something was not taken, in the language of the page.

import { language, t } from "./words.js";

/**
 * A sentence. The server's own are English, and exact; elsewhere the page has one for each code, and the server's where it has none.
 * `refusal`: `{code, message, …figures}`, as the server sends it. `money` writes the amounts in it.
 */
export function refusalWords(refusal, money = null) {
  const own = ownWords(refusal, money);
  const theirs = refusal.message ?? refusal.detail;
  return (language === "en" ? theirs ?? own : own ?? theirs) ?? t("shared.refused");
}

function ownWords({ code, minimum }, money) {
  const key = `shared.refused_${code}`;
  const amount = minimum === undefined || minimum === null ? "" : money?.format(minimum) ?? "";
  const words = t(key, { minimum: amount });
  const known = words !== key && (code !== "bid_too_low" || amount !== "");
  return known ? words : null;
}

/** What a button could do about it: `instead` (the least that counts), `raise`, `again`; or null. */
export function remedyOf({ code }) {
  return REMEDIES.get(code) ?? null;
}

const REMEDIES = new Map([["bid_too_low", "instead"], ["already_leading", "raise"], ["busy", "again"], ["unavailable", "again"]]);
