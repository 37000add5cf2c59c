// Who one is, in the masthead of every page.

import { byId, setText } from "./dom.js";
import { t } from "./words.js";

/** `shown`: what stands for one's name. `nobody`: what is said of who has none. */
export function renderWho(you, { shown = you?.name ?? "", nobody = "" } = {}) {
  setText(byId("who-prefix"), you?.name ? t("shared.you_are") : nobody);
  setText(byId("who-name"), shown);
  setText(byId("change-who"), you?.name ? t("shared.change") : t("shared.sign_in"));
}
