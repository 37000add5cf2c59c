// How it ended: for whom, for how much, and what comes next.

import { isSealed, voidOf } from "./auction-state.js";
import { byId, make, nameOf, setContent, setData, setHidden } from "./dom.js";
import { count, isOver } from "./figures.js";
import { isolated } from "./names.js";
import { recordAddress } from "./record.js";
import { inFull } from "./time.js";
import { parts, t } from "./words.js";

let wasOpen = false; // one has seen it end

export function renderOutcome(model) {
  const { state, mine } = model;
  const node = byId("outcome");
  setHidden(node, !isOver(state));
  if (node.hidden) {
    wasOpen = true;
    return;
  }
  const won = state.outcome === "sold" && Boolean(state.winner) && mine(state.winner);
  setData(node, "outcome", won ? "won" : state.outcome ?? state.status);
  node.dataset.fresh = wasOpen;
  const lines = [note(model, won), ...(won ? toPay(model) : forOthers(model))].map((line) => make("p", "outcome-note", ...[line].flat()));
  setContent(node, make("p", "outcome-head", ...headline(model, won)), ...lines, facts(model), ways(state));
}

/** What the winner pays, and to whom they turn. */
function toPay({ state, money }) {
  const pays = make("strong", "", t("lot.you_pay", { price: money.format(state.price) }));
  const next = state.seller ? parts("lot.next_winner", { name: nameOf(state.seller) }) : t("lot.next_house");
  return [[pays, " ", t("lot.no_premium")], next];
}

/** Those who have lost are told by how much; whoever sells, whom to turn to. */
function forOthers(model) {
  const { state, you, money, named } = model;
  if (state.outcome !== "sold") return [];
  if (you?.id && state.seller?.id === you.id && state.winner) return [parts("lot.next_seller", { name: nameOf(named(state.winner)) })];
  const best = ownBest(model);
  if (best === null) return [];
  const short = state.price - best;
  const given = { best: money.format(best), short: money.format(Math.max(0, short)) };
  return [t(short > 0 ? "lot.lost_by" : "lot.lost_tie", given)];
}

/** The most one has bid oneself, as far as is known. */
function ownBest({ state, mine }) {
  const bids = state.revealed ?? state.history;
  const own = bids.filter((bid) => mine(bid.bidder) && !voidOf(state, bid)).map(({ amount }) => amount);
  return own.length > 0 ? Math.max(...own) : null;
}

function facts({ state }) {
  const { status, reserve, bids, dutch, starts_at, ends_at } = state;
  const known = [
    status === "closed" && [t("lot.fact_opened"), inFull(starts_at)],
    [t(status === "cancelled" ? "shared.cancelled" : "shared.ended"), inFull(ends_at)],
    !dutch && bids > 0 && [t("lot.bids"), count(bids, isSealed(state) ? "sealed bid" : "bid")],
    status === "closed" && reserve !== "none" && [t("lot.fact_reserve"), t(reserve === "met" ? "lot.fact_met" : "lot.fact_unmet")],
  ].filter(Boolean);
  return make("dl", "facts", ...known.map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "", value))));
}

function ways(state) {
  const link = (href, words) => Object.assign(make("a", "", words), { href });
  const ways = [link("/", t("lot.others")), link(recordAddress(state), t("lot.record"))];
  return make("p", "outcome-on", ...ways);
}

function headline({ state, money, named }, won) {
  if (state.status === "cancelled") return [t("shared.cancelled")];
  if (won) return [t("lot.you_won", { price: money.format(state.price) })];
  if (state.outcome === "sold") return parts("lot.sold_to", { name: nameOf(named(state.winner)), price: money.format(state.price) });
  return [t(state.outcome === "reserve_not_met" ? "lot.not_sold" : "lot.unsold")];
}

function note({ state, money }, won) {
  const { status, outcome, reason, dutch, price } = state;
  if (status === "cancelled") return sentences(t("lot.called_off"), reason && t("lot.called_off_reason", { reason: isolated(reason) }));
  if (outcome === "sold") return sentences(t(won ? "lot.congratulations" : "lot.bidding_over"), how(state, money));
  if (outcome === "unsold") return t(dutch ? "lot.unsold_dutch" : "lot.unsold_note");
  const highest = price !== null && !isSealed(state) && t("lot.highest_was", { price: money.format(price) });
  return sentences(t("lot.below_reserve"), highest);
}

function how(state, money) {
  if (state.format === "sealed") return t("lot.highest_of", { bids: count(state.bids, "sealed bid") });
  if (state.format !== "vickrey") return "";
  const [best] = state.revealed ?? [];
  return best ? t("lot.second_price_of", { best: money.format(best.amount) }) : t("lot.second_price");
}

function sentences(...some) {
  return some.filter(Boolean).join(" ");
}
