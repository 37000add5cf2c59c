// What the auctioneer says and does at the rostrum: the fair warning, the last act in words, and the live text, which stays until the next one.

import { actWords } from "./acts.js";
import { byId, setData, setHidden, setNote } from "./dom.js";
import { isOver } from "./figures.js";
import { t } from "./words.js";

const WARNING = ["", "lot.going_once", "lot.going_twice"];

export const warningText = (stage) => (WARNING[stage] ? t(WARNING[stage]) : "");

export function renderRostrum({ state, money, named, now }) {
  const over = isOver(state);
  const warning = over ? "" : warningText(state.warned);
  const live = over ? "" : state.live;
  const act = actWords(state, { money, named, now: now() });
  const [box, node] = [byId("rostrum"), byId("warning")];
  setNote(node, warning);
  setData(node, "stage", over ? 0 : state.warned ?? 0);
  setNote(byId("act"), act);
  setNote(byId("live"), live);
  setHidden(box, !live && !act && !(warning && box.contains(node))); // where it stands with the price, it needs no box
}
