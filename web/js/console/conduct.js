// Conducting one auction: how it stands, what can be done now, and what became of it.

import { Aliases } from "../aliases.js";
import { Announcer } from "../announcer.js";
import { apply, fromSnapshot, withEarlier, withPresence, withText } from "../auction-state.js";
import { Client } from "../client.js";
import { renderCrowd } from "../crowd.js";
import { byId, make, setNote, setText } from "../dom.js";
import { Figures, isOver } from "../figures.js";
import { Money } from "../money.js";
import { renderOutcome } from "../outcome.js";
import { renderRecord } from "../record.js";
import { renderRostrum } from "../rostrum.js";
import { isolated } from "../names.js";
import { refusalWords } from "../refusals.js";
import { History } from "../talk.js";
import { t } from "../words.js";
import { ActButtons } from "./act-buttons.js";
import { AnnounceBox } from "./announce-box.js";
import { actOf, timeTyped } from "./commands.js";
import { latestStanding } from "./standing.js";
import { faultWords } from "./terms.js";
import { ReasonDialog, unanswered } from "./reason-dialog.js";
import { Voiding } from "./voiding.js";

const TICK_MS = 200;
const PATIENCE_MS = 10_000;
const KEPT = 1_000; // bids, and as many events are asked for

export class Conduct {
  #client;
  #session;
  #changed;
  #clock;
  #state = null;
  #you = null;
  #money = null;
  #aliases = new Aliases();
  #figures = new Figures();
  #history = new History({ more: (bid) => this.#voidButton(bid) });
  #dialog = new ReasonDialog();
  #voiding = new Voiding({ dialog: this.#dialog, send: (command) => this.#send(command) });
  #buttons = new ActButtons((act) => this.#do(act));
  #announce = new AnnounceBox((command) => this.#client.send(command, { patience: 0 }));
  #announcer = new Announcer(byId("announcer"));

  /** `changed(you, link, code)` whenever the connection, or who one is, has. */
  constructor({ id, session, clock, changed }) {
    this.#session = session;
    this.#clock = clock;
    this.#changed = changed;
    const denied = () => session.forget();
    this.#client = new Client(location.origin, { auction: id, clock, token: () => session.token, denied });
    this.#client.on("welcome", (message) => this.#welcomed(message));
    this.#client.on("snapshot", (auction) => this.#take(auction));
    this.#client.on("event", (event) => this.#happened(event));
    this.#client.on("message", (message) => this.#heard(message));
    this.#client.on("state", (link, code) => this.#linkChanged(link, code));
    byId("extend-form").addEventListener("submit", (event) => this.#extend(event));
    byId("history").addEventListener("keydown", (event) => this.#walk(event));
    setInterval(() => this.#figures.tick(clock.now()), TICK_MS);
  }

  connect() { this.#client.connect(); }
  wake() { this.#client.wake(); }

  /** Does what the key stands for, if it can be done now; whether it stands for anything. */
  press(event) {
    const act = actOf(event);
    if (act) this.#buttons.press(act.name);
    return act !== undefined;
  }

  get #mine() {
    return this.#state?.seller?.id === this.#you?.id && Boolean(this.#you?.id);
  }

  #welcomed(message) {
    this.#you = message.you;
    this.#aliases.begin(message.you, message.aliases);
    if (message.resumed && message.auction && this.#state) {
      this.#state = withText(withPresence(this.#state, message.auction), { text: message.auction.live });
      this.#announce.known(message.auction.live ?? "");
    }
  }

  #take(auction) {
    this.#state = fromSnapshot(auction, KEPT);
    this.#money = new Money(auction.currency, auction.decimals);
    setText(byId("title"), auction.title);
    byId("public").href = `/a/${encodeURIComponent(auction.id)}`;
    this.#announce.known(auction.live ?? "");
    this.#history.reset();
    this.#recall(auction);
  }

  /** The bids from before the last events, for all of them can be taken out. */
  async #recall({ id, seq, recent }) {
    const first = recent[0]?.seq ?? 1;
    if (first <= 1) return;
    const since = Math.max(0, seq - KEPT);
    const headers = this.#session.token ? { authorization: `Bearer ${this.#session.token}` } : {};
    const page = await fetch(`/api/auctions/${encodeURIComponent(id)}/events?since=${since}&limit=${KEPT}`, { headers })
      .then((answer) => (answer.ok ? answer.json() : null), () => null);
    if (!page || this.#state.id !== id) return;
    this.#state = withEarlier(this.#state, page.events.filter((event) => event.seq < first));
    this.#history.reset();
    this.#render();
  }

  #happened(event) {
    this.#state = apply(this.#state, event);
    if (event.type === "voided") this.#history.reset();
    if (["bid", "sealed", "voided"].includes(event.type)) this.#voiding.refresh(this.#model());
    if (event.type === "bid") this.#announcer.say(t("console.new_bid", { price: this.#money.format(event.price), name: isolated(this.#aliases.named(event.leader).name) }));
    this.#render();
  }

  #heard(message) {
    if (message.type === "presence") this.#state = withPresence(this.#state, message);
    if (message.type === "announcing") this.#state = withText(this.#state, message);
    if (message.type === "alias") {
      this.#aliases.learn(message);
      this.#history.reset();
    }
    this.#render();
  }

  #linkChanged(link, code) {
    this.#changed(this.#you, link, code);
    this.#render();
  }

  #do(act) {
    if (act.command) return this.#give(act.command, t(act.done));
    const focus = { extend: "extend-time", announce: "announce-text" }[act.asks];
    if (focus) return byId(focus).focus();
    if (act.asks === "void") return this.#voiding.ask(latestStanding(this.#state), this.#model());
    if (act.asks === "bids") return byId("history").querySelector(".take-out")?.focus();
    this.#dialog.ask({
      head: t("console.cancel_head"),
      body: make("p", "", t("console.cancel_what")),
      label: t("console.cancel_do"),
      twice: true,
      send: (reason) => this.#send({ type: "cancel", reason }),
    });
  }

  #send(command) {
    return this.#client.send(command, { patience: PATIENCE_MS });
  }

  async #give(command, done) {
    const verdict = await this.#send(command).catch(unanswered);
    if (verdict.type === "accepted") this.#say("done", done);
    else this.#say("refused", t("console.refused", { why: faultWords(verdict.field) ?? refusalWords(verdict, this.#money) }));
  }

  #say(state, text) {
    byId("verdict").dataset.state = state;
    setNote(byId("verdict"), text);
  }

  #extend(event) {
    event.preventDefault();
    const field = byId("extend-time");
    const by_ms = timeTyped(field.value);
    setNote(byId("extend-problem"), by_ms === null ? t("console.time_wanted") : "");
    if (by_ms === null) return field.focus();
    field.blur(); // the keys work again
    this.#give({ type: "extend", by_ms }, t("console.done_extend", { time: field.value.trim() }));
  }

  #voidButton(bid) {
    const button = make("button", "link take-out", t("console.take_out"));
    button.type = "button";
    button.addEventListener("click", () => this.#voiding.ask(bid, this.#model()));
    return button;
  }

  /** Up and down from bid to bid. */
  #walk(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const buttons = [...byId("history").querySelectorAll(".take-out")];
    const at = buttons.indexOf(event.target);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    buttons[at + step]?.focus();
  }

  #model() {
    const { mine, named } = this.#aliases;
    return { state: this.#state, you: this.#you, mine, named, money: this.#money, now: () => this.#clock.now() };
  }

  #render() {
    const [state, link] = [this.#state, this.#client.state];
    if (!state || !this.#you) return;
    const model = this.#model();
    document.title = `${t("console.title", { title: state.title })} – Subasta`;
    byId("conduct").hidden = false;
    setText(byId("status-line"), t(`console.status_${state.status}`));
    byId("status-line").dataset.status = state.status;
    setNote(byId("not-yours"), this.#mine ? "" : notYours(state));
    byId("desk").hidden = !this.#mine || isOver(state);
    this.#figures.render(model);
    renderOutcome(model);
    renderRostrum(model);
    renderRecord(model);
    renderCrowd(state);
    this.#history.render(model);
    byId("history").dataset.open = this.#mine && !isOver(state) && state.status !== "scheduled";
    this.#buttons.render(model, this.#mine && link === "connected");
    this.#announce.render({ ready: this.#mine && !isOver(state) });
    if (isOver(state) && this.#dialog.isOpen) this.#dialog.close();
    document.documentElement.dataset.seq = this.#client.seq ?? 0;
  }
}

function notYours({ seller }) {
  return seller ? t("console.not_yours", { name: isolated(seller.name) }) : t("console.not_yours_unknown");
}
