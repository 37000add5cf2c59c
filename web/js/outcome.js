// How it ended.

import { byId, make, nameOf, setContent } from "./dom.js";
import { isOver } from "./figures.js";

export function renderOutcome({ state, you, money }) {
  const node = byId("outcome");
  node.hidden = !isOver(state);
  if (node.hidden) return;
  const won = state.outcome === "sold" && Boolean(you.id) && state.winner?.id === you.id;
  node.dataset.outcome = won ? "won" : state.outcome ?? state.status;
  const lines = [make("p", "outcome-head", ...headline(state, money, won)), make("p", "outcome-note", note(state, money, won))];
  setContent(node, ...lines, wayOn());
}

function wayOn() {
  const link = make("a", "outcome-on", "See the other auctions");
  link.href = "/";
  return link;
}

function headline(state, money, won) {
  if (state.status === "cancelled") return ["Cancelled"];
  if (won) return [`You won it for ${money.format(state.price)}`];
  if (state.outcome === "sold") return ["Sold to ", nameOf(state.winner), ` for ${money.format(state.price)}`];
  if (state.outcome === "reserve_not_met") return ["Not sold: reserve not met"];
  return ["Unsold"];
}

function note(state, money, won) {
  if (state.status === "cancelled") return `The auction was called off. No bid counts.${state.reason ? ` The reason: ${state.reason}` : ""}`;
  if (won) return "Congratulations!";
  if (state.outcome === "sold") return "The bidding is over.";
  if (state.outcome === "unsold") return "The auction ended without a bid.";
  const highest = state.price === null ? "" : ` The highest bid was ${money.format(state.price)}.`;
  return `The bids did not reach the seller’s hidden reserve.${highest}`;
}
