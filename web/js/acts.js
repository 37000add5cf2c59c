// What the auctioneer, or the house, has just done, and what that means for those who bid. Pure.

import { isSealed, voidOf } from "./auction-state.js";
import { isolated } from "./names.js";
import { at, to } from "./time.js";
import { t } from "./words.js";

const WORDS = {
  opened: ({ who, act, now }) => t("lot.act_opened", { who, at: at(act.ends_at, now) }),
  paused: ({ who }) => t("lot.act_paused", { who }),
  resumed: ({ act, now }) => t("lot.act_resumed", { to: to(act.ends_at, now) }),
  extended: ({ act, now }) => t(act.reason === "outage" ? "lot.act_extended_outage" : "lot.act_extended", { at: at(act.ends_at, now) }),
  voided: ({ who, act, state, money, named }) => {
    const whose = whoseBid(state.history.find(({ seq }) => seq === act.bid), money, named);
    return t("lot.act_voided", { who, whose, reason: isolated(sentence(act.reason)), standing: standing(state, money, named) });
  },
  closed: ({ who }) => t("lot.act_closed", { who }),
};

function whoseBid(bid, money, named) {
  return bid ? t("lot.act_whose", { name: isolated(named(bid.bidder).name), amount: money.format(bid.amount) }) : t("lot.act_a_bid");
}

function standing(state, money, named) {
  const { leader, price, bids } = state;
  if (isSealed(state) && bids > 0) return t("lot.act_left_sealed", { count: bids });
  return leader ? t("lot.act_left_leads", { name: isolated(named(leader).name), price: money.format(price) }) : t("lot.act_left_none");
}

/** One or two sentences, or "". */
export function actWords(state, { money, named, now }) {
  const { act } = state;
  if (!act || !Object.hasOwn(WORDS, act.type)) return "";
  return WORDS[act.type]({ who: act.by ? isolated(act.by.name) : t("lot.the_house"), act, state, money, named, now });
}

function sentence(reason) {
  return reason && !/[.!?…]$/.test(reason) ? `${reason}.` : reason ?? "";
}

/** Of a bid that was taken out: by whom, and why. */
export function voidWords(state, bid) {
  const taken = voidOf(state, bid);
  if (!taken) return "";
  const reason = isolated(taken.reason);
  return taken.by ? t("lot.taken_out", { who: isolated(taken.by.name), reason }) : t("lot.taken_out_house", { reason });
}
