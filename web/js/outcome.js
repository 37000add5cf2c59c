// How it ended.

import { isSealed } from "./auction-state.js";
import { byId, make, nameOf, setContent } from "./dom.js";
import { count, isOver } from "./figures.js";

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
  const link = make("a", "outcome-on", "See the other auctions");
  link.href = "/";
  return link;
}

function headline({ state, money, named }, won) {
  if (state.status === "cancelled") return ["Cancelled"];
  if (won) return [`You won it for ${money.format(state.price)}`];
  if (state.outcome === "sold") return ["Sold to ", nameOf(named(state.winner)), ` for ${money.format(state.price)}`];
  if (state.outcome === "reserve_not_met") return ["Not sold: reserve not met"];
  return ["Unsold"];
}

function note({ state, money }, won) {
  if (state.status === "cancelled") return `The auction was called off. No bid counts.${state.reason ? ` The reason: ${state.reason}` : ""}`;
  if (state.outcome === "sold") return `${won ? "Congratulations!" : "The bidding is over."}${how(state, money)}`;
  if (state.outcome === "unsold") return state.dutch ? "The auction ended, and nobody had said yes." : "The auction ended without a bid.";
  const highest = state.price === null ? "" : ` The highest bid was ${money.format(state.price)}.`;
  return `The bids did not reach the seller’s hidden reserve.${isSealed(state) ? "" : highest}`;
}

function how(state, money) {
  if (state.format === "sealed") return ` It was the highest of ${count(state.bids, "sealed bid")}.`;
  if (state.format !== "vickrey") return "";
  const [best] = state.revealed ?? [];
  const offered = best ? ` of ${money.format(best.amount)}` : "";
  return ` The highest sealed bid${offered} wins, and pays what the second one would have, or the least that was asked.`;
}
