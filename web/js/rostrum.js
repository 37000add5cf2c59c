// What the auctioneer says from the rostrum: the fair warning, and the live text, which stays until the next one.

import { byId, setNote } from "./dom.js";
import { isOver } from "./figures.js";

const WARNING = ["", "Going once …", "Going twice …"];

export const warningText = (stage) => WARNING[stage] ?? "";

export function renderRostrum(state) {
  const warning = isOver(state) ? "" : warningText(state.warned);
  const live = isOver(state) ? "" : state.live;
  setNote(byId("warning"), warning);
  setNote(byId("live"), live);
  byId("rostrum").hidden = !warning && !live;
}
