// What the auctioneer, or the house, has just done, and what that means for those who bid. Pure.

import { isSealed, voidOf } from "./auction-state.js";
import { moment } from "./time.js";

const WORDS = {
  opened: ({ who, act, now }) => `${who} has opened it before its time. It ends at ${moment(act.ends_at, now)}, as announced.`,
  paused: ({ who }) => `${who} has stopped the clock. No bid is taken until it goes on; the time that is left stays.`,
  resumed: ({ act, now }) => `The clock runs again. The end has moved by as long as it stood still, to ${moment(act.ends_at, now)}.`,
  extended: ({ act, now }) => {
    const why = act.reason === "outage" ? "The server was away near the end, so there is more time" : "The auctioneer has given more time";
    return `${why}: it ends at ${moment(act.ends_at, now)}.`;
  },
  voided: ({ who, act, state, money, named }) => {
    const bid = state.history.find(({ seq }) => seq === act.bid);
    const whose = bid ? `${named(bid.bidder).name}’s bid of ${money.format(bid.amount)}` : "a bid";
    return `${who} has taken out ${whose}: ${act.reason} All others were judged again without it: ${standing(state, money, named)}`;
  },
  closed: ({ who }) => `${who} has brought down the hammer.`,
};

function standing(state, money, named) {
  const { leader, price, bids } = state;
  if (isSealed(state) && bids > 0) return `${bids === 1 ? "one sealed bid stands" : `${bids} sealed bids stand`}.`;
  return leader ? `${named(leader).name} leads at ${money.format(price)}.` : "no bid is left.";
}

/** One or two sentences, or "". */
export function actWords(state, { money, named, now }) {
  const { act } = state;
  if (!act || !Object.hasOwn(WORDS, act.type)) return "";
  const text = { ...act, reason: sentence(act) };
  return WORDS[act.type]({ who: act.by?.name ?? "The house", act: text, state, money, named, now });
}

function sentence({ type, reason }) {
  return type === "voided" && reason && !/[.!?…]$/.test(reason) ? `${reason}.` : reason;
}

/** Of a bid that was taken out: by whom, and why. */
export function voidWords(state, bid) {
  const taken = voidOf(state, bid);
  return taken ? `Taken out by ${taken.by?.name ?? "the house"}: ${taken.reason}` : "";
}
