// How it ended.

import { isSealed } from "./auction-state.js";
import { byId, make, nameOf, setContent } from "./dom.js";
import { count, isOver } from "./figures.js";
import { isolated } from "./names.js";
import { parts, t } from "./words.js";

export function renderOutcome(model) {
  const { state, mine } = model;
  const node = byId("outcome");
  node.hidden = !isOver(state);
  if (node.hidden) return;
  const won = state.outcome === "sold" && Boolean(state.winner) && mine(state.winner);
  node.dataset.outcome = won ? "won" : state.outcome ?? state.status;
  setContent(node, make("p", "outcome-head", ...headline(model, won)), make("p", "outcome-note", note(model, won)), wayOn());
}

function wayOn() {
  const link = make("a", "outcome-on", t("lot.others"));
  link.href = "/";
  return link;
}

function headline({ state, money, named }, won) {
  if (state.status === "cancelled") return [t("shared.cancelled")];
  if (won) return [t("lot.you_won", { price: money.format(state.price) })];
  if (state.outcome === "sold") return parts("lot.sold_to", { name: nameOf(named(state.winner)), price: money.format(state.price) });
  if (state.outcome === "reserve_not_met") return [t("lot.not_sold")];
  return [t("lot.unsold")];
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
