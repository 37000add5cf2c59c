// Who is watching.

import { byId, make, setContent, setText } from "./dom.js";
import { isOver } from "./figures.js";
import { t } from "./words.js";

export function renderCrowd(state) {
  const { watching, names } = state;
  byId("crowd").hidden = isOver(state); // the room is empty by then
  setText(byId("watching"), t("shared.watching", { count: watching }));
  const list = byId("names");
  list.hidden = !names?.length;
  setContent(list, ...(names ?? []).map((name) => make("li", "", make("bdi", "name", name))));
}
