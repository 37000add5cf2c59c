// Where the whole record of an auction that is over can be had.

import { byId } from "./dom.js";
import { isOver } from "./figures.js";

export function renderRecord({ state }) {
  byId("record").hidden = !isOver(state);
  byId("record-link").href = `/api/auctions/${encodeURIComponent(state.id)}/log`;
}
