// When a bid is asked once more before it is sent: it was meant when the price was another, or it is much more than it need be. Pure.

import { isSealed } from "./auction-state.js";
import { t } from "./words.js";

const FAR_ABOVE = 1.5; // an exact bid, as a multiple of the least that counts
const FAR_BEYOND = 10; // a maximum, or a sealed bid: those are meant to be more

/** `{head, why, label}`, or null. `meant`: the price it was meant at, where a break in the line has come between; else undefined. */
export function secondThought({ state, money, mode, minor, price, quick, meant }) {
  const amount = money.format(minor);
  const ask = (head, ...why) => ({ head, why: why.join(" "), label: mode === "max" ? t("bid.button_up_to", { amount }) : t("bid.button_bid", { amount }) });
  if (meant !== undefined && meant !== price) {
    return ask(t("bid.sure_late_head", { amount }), t("bid.sure_late", { amount, then: money.format(meant), now: money.format(price) }));
  }
  if (!isUnusual({ state, mode, minor, quick })) return null;
  const least = t("bid.sure_large", { named: money.named(minor), minimum: money.format(state.minimum) });
  return ask(t(mode === "max" ? "bid.sure_maximum_head" : "bid.sure_large_head", { amount }), least, t("bid.sure_binding"));
}

/** What a quick step offers is never unusual. */
export function isUnusual({ state, mode, minor, quick = [] }) {
  if (!state.minimum || minor <= (quick.at(-1) ?? 0)) return false;
  return minor >= state.minimum * (mode === "max" || isSealed(state) ? FAR_BEYOND : FAR_ABOVE);
}
