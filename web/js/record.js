// Where the whole record of an auction that is over can be had.

import { byId, setText } from "./dom.js";
import { isOver } from "./figures.js";

export function renderRecord({ state, you }) {
  byId("record").hidden = !isOver(state);
  // Of one that was called off nobody gets more than everyone saw; where bidders have numbers, the seller alone does.
  const whole = state.status === "closed" && (!state.aliases || state.seller.id === you.id);
  setText(byId("record-link"), whole ? "The whole record" : "The record");
  setText(byId("record-what"), whole ? ", as it is stored, with its hashes." : " of what everyone saw, with the hashes of what is stored.");
  byId("record-link").href = `/api/auctions/${encodeURIComponent(state.id)}/log`;
}
