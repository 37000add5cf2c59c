// The auctioneer's page: one's own auctions (/console), a new one (?new), or conducting one of them (?auction=ID).

import { ServerClock } from "./clock.js";
import { byId, nameOf, setContent } from "./dom.js";
import { LinkLight } from "./link.js";
import { Session } from "./session.js";
import { SignIn } from "./sign-in.js";
import { renderWho } from "./who.js";
import { parts, t } from "./words.js";
import { Conduct } from "./console/conduct.js";
import { CreateForm } from "./console/create-form.js";
import { OwnAuctions } from "./console/own-auctions.js";

const asked = new URLSearchParams(location.search);
const id = asked.get("auction");
const session = new Session();
const signIn = new SignIn(session);
const light = new LinkLight(() => view.wake());
const clock = new ServerClock();
const form = id === null ? new CreateForm(session) : null;
const view = id === null ? new OwnAuctions({ session, clock, changed }) : new Conduct({ id, session, clock, changed });

let you = null;
let shown = false;

function changed(person, link, code) {
  you = person;
  light.show(link, code);
  const may = you?.roles?.includes("auctioneer") ?? false;
  renderWho(you, { nobody: t("console.nobody") });
  if (link !== "connected" && !may) return; // one does not know yet
  byId("gate").hidden = may;
  byId("console").hidden = !may;
  if (may) show();
  else ask();
}

function show() {
  if (shown) return;
  shown = true;
  if (id !== null) return; // it shows itself once it knows how the auction stands
  if (asked.has("new")) form.show();
  else view.show();
}

function ask() {
  setContent(byId("gate-why"), ...(you?.name ? parts("console.no_role", { name: nameOf(you) }) : [t("console.to_conduct")]));
  if (!byId("sign-in").open) change();
}

function change() {
  signIn.ask({ why: t("console.why_sign_in"), label: t("shared.continue"), name: you?.name ?? "", done: () => view.connect() });
}

/** Whether what is pressed is being written somewhere, or answers a question. */
function isTyping({ target }) {
  const writes = target.closest("input, textarea, select, [contenteditable]");
  const ticks = writes?.matches("[type=checkbox], [type=radio], [type=button], [type=submit]");
  return (writes && !ticks) || document.querySelector("dialog[open]") !== null;
}

document.addEventListener("keydown", (event) => {
  // A key that is held down is no second press.
  if (event.defaultPrevented || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (event.key === "?") byId("keys").showModal();
  else if (event.key === "n" && id === null && !asked.has("new")) location.assign("/console?new");
  else if (id === null || !view.press(event)) return;
  event.preventDefault();
});
byId("change-who").addEventListener("click", change);
byId("gate-sign-in").addEventListener("click", change);
byId("show-keys").addEventListener("click", () => byId("keys").showModal());
view.connect();
