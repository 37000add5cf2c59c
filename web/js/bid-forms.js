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

const english = {
  typed: true,
  field: ({ mode }) => (mode === "max" ? "Your maximum" : "Your bid"),
  label: ({ mode, minor, leading, money }) => {
    const amount = minor === undefined ? "" : ` ${money.format(minor)}`;
    if (mode === "max") return leading ? "Raise maximum" : `Bid up to${amount || " …"}`;
    return leading ? `Raise to${amount || " …"}` : `Bid${amount}`;
  },
  hint: ({ mode, minor, leading, state, money }) => {
    if (mode === "amount" && canBuyNow(state) && minor >= state.buy_now) return `That buys it at once, for ${money.format(state.buy_now)}.`;
    if (leading && mode === "amount") return "You lead already: a bid now raises your own price.";
    return mode === "max" ? "We bid for you, no more than needed, up to this. Nobody else sees it." : "";
  },
};

const dutch = {
  typed: false,
  // What one saw is what one pays at most: by the time it arrives the price may have fallen, and never have risen.
  amount: (state, now) => askedPrice(state, now),
  field: () => "",
  label: ({ minor, money }) => `Buy at ${money.format(minor)}`,
  hint: () => "The first to say yes has it. Nobody can go back on it.",
};

const sealed = {
  typed: true,
  field: () => "Your sealed bid",
  label: ({ minor, sealed: before, money }) => {
    const amount = minor === undefined ? "" : ` ${money.format(minor)}`;
    return before === null ? `Bid${amount}` : `Replace with${amount || " …"}`;
  },
  hint: ({ state }) => {
    const pays = state.format === "vickrey" ? " The highest wins, and pays what the second one bid." : " The highest wins.";
    return `One sealed bid: you may replace it until the end.${pays}`;
  },
};

const FORMS = { english, dutch, sealed, vickrey: sealed };

export function formOf({ format }) {
  return Object.hasOwn(FORMS, format) ? FORMS[format] : english;
}
