// Calls somebody who looks elsewhere: by the tab's title and mark always; by a notification and a sound where they have asked for it.

import { byId, setNote } from "./dom.js";
import { isOver, priceAt } from "./figures.js";
import { Sound } from "./sound.js";
import { lastMinute, titleOf } from "./title.js";
import { t } from "./words.js";

const KEY = "subasta.alerts";
const TITLE_MS = 2_000; // each title is drawn by the browser itself, which costs it more than us
const ICONS = { plain: document.querySelector("link[rel=icon]")?.getAttribute("href") ?? "/favicon.svg", outbid: "/favicon-outbid.svg" };

export class Alerts {
  #notify = byId("alert-notify");
  #play = byId("alert-sound");
  #sound = new Sound();
  #model = null;
  #told = null; // how it stood when it was last looked at
  #warned = false; // that it is ending
  #titledAt = -Infinity;

  constructor() {
    const kept = read();
    this.#notify.checked = Boolean(kept.notify) && permission() === "granted";
    this.#play.checked = Boolean(kept.sound);
    this.#notify.addEventListener("change", () => this.#notifyChanged());
    this.#play.addEventListener("change", () => this.#soundChanged());
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, () => this.#play.checked && this.#sound.ready(), { once: true });
    if (permission() === "none") {
      this.#notify.disabled = true;
      this.#say(t("bid.alert_impossible"));
    }
    this.#mark();
  }

  render(model) {
    this.#model = model;
    const now = { standing: model.standing, over: isOver(model.state) };
    const before = this.#told;
    this.#told = now;
    if (before?.standing !== now.standing || before.over !== now.over) this.#titledAt = -Infinity;
    this.tick();
    // What was so when one came is no news; and nothing is called out that may be old.
    if (before === null || !model.current && !now.over) return;
    if (now.over && !before.over) this.#call("over");
    else if (now.standing === "outbid" && before.standing === "leading") this.#call("outbid");
  }

  /** The title counts down, too. */
  tick() {
    if (!this.#model) return;
    const { state, current, standing, now } = this.#model;
    if (performance.now() - this.#titledAt >= TITLE_MS) this.#title();
    icon(current && standing === "outbid" && !isOver(state) ? ICONS.outbid : ICONS.plain);
    const ending = lastMinute(state, now()) !== null;
    if (ending && current && !this.#warned) this.#call("ending");
    if (current) this.#warned = ending; // an extension may make it end again
  }

  #title() {
    const title = titleOf(this.#model);
    if (document.title === title) return;
    document.title = title;
    this.#titledAt = performance.now();
  }

  #call(kind) {
    if (this.#play.checked) this.#sound.play(kind);
    if (this.#notify.checked && document.hidden) this.#show(kind);
  }

  #show(kind) {
    const { state, money, now } = this.#model;
    const price = money.format(priceAt(state, now()));
    const head = { outbid: t("bid.alert_outbid", { price }), ending: t("bid.alert_ending"), over: t("bid.alert_over", { price }) }[kind];
    try {
      // One for each auction: the newest is what counts.
      const note = new Notification(head, { body: state.title, tag: `subasta.${state.id}`, icon: ICONS.plain, silent: true });
      note.onclick = () => {
        window.focus();
        note.close();
      };
    } catch { // some browsers let only service workers
      this.#notify.checked = false;
      this.#say(t("bid.alert_impossible"));
    }
  }

  async #notifyChanged() {
    if (this.#notify.checked && permission() === "default") await Notification.requestPermission();
    const denied = this.#notify.checked && permission() !== "granted";
    if (denied) this.#notify.checked = false;
    this.#say(denied ? t("bid.alert_denied") : "");
    this.#keep();
  }

  #soundChanged() {
    if (this.#play.checked) this.#sound.play("outbid"); // so that one knows it
    this.#keep();
  }

  #keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify({ notify: this.#notify.checked, sound: this.#play.checked }));
    } catch { /* then it is asked for anew next time */ }
    this.#mark();
  }

  #mark() {
    byId("bell").dataset.on = this.#notify.checked || this.#play.checked;
    byId("bell-state").textContent = this.#notify.checked || this.#play.checked ? t("bid.alerts_on") : t("bid.alerts_off");
  }

  #say(text) {
    setNote(byId("alert-note"), text);
  }
}

function permission() {
  return globalThis.Notification?.permission ?? "none";
}

function icon(href) {
  const link = document.querySelector("link[rel=icon]");
  if (link && link.getAttribute("href") !== href) link.setAttribute("href", href);
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
