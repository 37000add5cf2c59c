// What the tab says of the auction while one looks elsewhere. Pure.

import { isSealed } from "./auction-state.js";
import { isOver, priceAt } from "./figures.js";
import { remaining } from "./time.js";
import { t } from "./words.js";

export const LAST_MINUTE_MS = 60_000;

/** How long is left of its last minute, in ms; null before and after it. */
export function lastMinute({ status, ends_at }, now) {
  const left = ends_at - now;
  return status === "open" && left > 0 && left <= LAST_MINUTE_MS ? left : null;
}

export function titleOf(model) {
  const { state, money, now } = model;
  const left = lastMinute(state, now());
  const figures = [left === null ? "" : remaining(left), standingWords(model), money.format(priceAt(state, now()))];
  return t("bid.title", { figures: figures.filter(Boolean).join(" · "), title: state.title });
}

function standingWords({ state, standing, current, mine }) {
  if (state.outcome === "sold") return state.winner && mine(state.winner) ? t("bid.title_won") : t("bid.title_sold");
  if (isOver(state)) return t("bid.title_over");
  if (!current) return t("bid.title_stale");
  if (isSealed(state)) return "";
  return { leading: t("bid.title_leading"), outbid: t("bid.title_outbid") }[standing] ?? "";
}
