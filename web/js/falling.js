// The price of a dutch auction: a function of time alone, and so of the server's clock.

import { t } from "./words.js";

/** Whether the price falls: a dutch auction that nobody has bought. */
export function isFalling({ dutch, leader, status }) {
  return Boolean(dutch) && !leader && (status === "scheduled" || status === "open" || status === "paused");
}

/** What a list, which does not know since when a clock stands still, shows of such a price: `[label, minor units]`. */
export function listedPrice(auction, now) {
  const { start, dutch, status } = auction;
  return dutch && status === "open" ? [t("shared.yours_for"), askedPrice(auction, now)] : [t("shared.falls_from"), start];
}

/** The price asked at `now`, in minor units; while the clock is stopped, that of the moment it was. */
export function askedPrice(state, now) {
  const { start, dutch } = state;
  return Math.max(dutch.floor, start - dutch.step * stepsBy(state, now));
}

/** How long until it falls again, in ms; null where it does not. */
export function untilNextFall(state, now) {
  const { dutch, status } = state;
  if (status !== "open" || askedPrice(state, now) === dutch.floor) return null;
  return dutch.since + dutch.every_ms * (stepsBy(state, now) + 1) - now;
}

function stepsBy({ dutch, status, paused_at }, now) {
  if (dutch.since === null) return 0;
  const at = status === "paused" ? paused_at : now;
  return Math.max(0, Math.floor((at - dutch.since) / dutch.every_ms));
}
