// How one bids, by the format of the auction: siblings behind one small interface. Pure.
//
// typed    whether one types an amount; otherwise `amount(state, now)` is what one bids
// field    what the amount is called
// label    what the button says
// hint     a sentence, or "" for none
//
// All are given the page's model, and with it `mode`, `minor` (what is typed, in minor units), `tooLow`, `leading`.

import { canBuyNow } from "./auction-state.js";
import { askedPrice } from "./falling.js";
import { t } from "./words.js";

const english = {
  typed: true,
  field: ({ mode }) => t(mode === "max" ? "bid.field_maximum" : "bid.field"),
  label: ({ mode, minor, leading, money }) => {
    const amount = minor === undefined ? null : money.format(minor);
    if (mode === "max") return leading ? t("bid.button_raise_maximum") : t("bid.button_up_to", { amount: amount ?? "…" });
    if (leading) return t("bid.button_raise_to", { amount: amount ?? "…" });
    return amount === null ? t("bid.button") : t("bid.button_bid", { amount });
  },
  hint: ({ mode, minor, leading, state, money }) => {
    if (mode === "amount" && canBuyNow(state) && minor >= state.buy_now) return t("bid.hint_buys", { price: money.format(state.buy_now) });
    if (leading && mode === "amount") return t("bid.hint_raises_own");
    return mode === "max" ? t("bid.hint_maximum") : "";
  },
};

const dutch = {
  typed: false,
  // What one saw is what one pays at most: by the time it arrives the price may have fallen, and never have risen.
  amount: (state, now) => askedPrice(state, now),
  field: () => "",
  label: ({ minor, money }) => t("bid.button_buy_at", { price: money.format(minor) }),
  hint: () => t("bid.hint_dutch"),
};

const sealed = {
  typed: true,
  field: () => t("bid.field_sealed"),
  label: ({ minor, sealed: before, money }) => {
    const amount = minor === undefined ? null : money.format(minor);
    if (before !== null) return t("bid.button_replace", { amount: amount ?? "…" });
    return amount === null ? t("bid.button") : t("bid.button_bid", { amount });
  },
  hint: ({ state }) => t(state.format === "vickrey" ? "bid.hint_vickrey" : "bid.hint_sealed"),
};

const FORMS = { english, dutch, sealed, vickrey: sealed };

export function formOf({ format }) {
  return Object.hasOwn(FORMS, format) ? FORMS[format] : english;
}
