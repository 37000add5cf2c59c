// What a chart of the price shows, in words. Pure.

import { isSealed } from "./auction-state.js";
import { isolated } from "./names.js";
import { moment, remaining } from "./time.js";
import { t } from "./words.js";

/** The name of a moment: short. */
export function markWords({ kind, by }) {
  if (kind === "extended") return by > 0 ? t("lot.mark_extended_by", { by: remaining(by) }) : t("lot.mark_extended");
  return t(`lot.mark_${kind}`);
}

/** One bid, as it is read out. */
export function bidWords({ at, bidder, amount, own, voided }, { money, named, now }) {
  const given = { time: moment(at, now()), name: isolated(named(bidder).name), amount: money.format(amount) };
  if (voided) return t("lot.point_voided", given);
  return own ? t("lot.point_own", given) : t("lot.point", given);
}

/** For those who do not see it. */
export function summary({ line, bids, marks }, { state, money, now }) {
  const time = (at) => moment(at, now());
  if (bids.length === 0) {
    if (line.length === 0) return t(isSealed(state) ? "lot.chart_sealed" : "lot.chart_empty");
    return t("lot.chart_fall", { from: money.format(line[0][1]), to: money.format(line.at(-1)[1]), time: time(line.at(-1)[0]) });
  }
  const amounts = bids.filter(({ voided }) => !voided).map(({ amount }) => amount);
  const [least, most] = amounts.reduce(([low, high], amount) => [Math.min(low, amount), Math.max(high, amount)], [Infinity, -Infinity]);
  const span = { count: bids.length, begins: time(bids[0].at), ends: time(bids.at(-1).at) };
  const range = amounts.length > 0 ? t("lot.chart_range", { least: money.format(least), most: money.format(most) }) : "";
  const met = marks.find(({ kind }) => kind === "reserve");
  const extended = marks.filter(({ kind }) => kind === "extended").length;
  const rest = [met && t("lot.chart_met", { time: time(met.at) }), extended > 0 && t("lot.chart_extended", { count: extended }), t("lot.chart_table")];
  return [t("lot.chart_bids", span), range, ...rest].filter(Boolean).join(" ");
}
