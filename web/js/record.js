// Where the whole record of an auction that is over can be had.

import { byId, setData, setHidden, setText } from "./dom.js";
import { isOver } from "./figures.js";
import { t } from "./words.js";

export function recordAddress({ id }) {
  return `/api/auctions/${encodeURIComponent(id)}/log`;
}

export function renderRecord({ state, you }) {
  setHidden(byId("record"), !isOver(state));
  // Of one that was called off nobody gets more than everyone saw; where bidders have numbers, the seller alone does.
  const whole = state.status === "closed" && (!state.aliases || state.seller.id === you.id);
  const link = byId("record-link");
  setText(link, t(whole ? "lot.record_whole" : "lot.record"));
  setText(byId("record-what"), t(whole ? "lot.record_whole_what" : "lot.record_what"));
  link.href = recordAddress(state);
  setData(link, "address", link.href); // for paper
}
