// The box one bids in: what is typed, what the button will do, and what became of it.

import { byId, setNote, setText } from "./dom.js";
import { isOver } from "./figures.js";
import { moment } from "./time.js";
import { verdictOf } from "./verdict.js";

const LONG = 10; // characters that fit beside the button on a phone
const COOL_MS = 1_000; // a double click must not become a second bid, however fast the first verdict

export class BidBox {
  #form = byId("bid-form");
  #amount = byId("amount");
  #button = byId("bid-button");
  #verdict = byId("verdict");
  #model = null;
  #edited = false;
  #pressed = false;
  #coolUntil = 0;
  #hadFocus = false;

  /** `on`: { bid(order), typed(), again(), leave() }. */
  constructor(on) {
    this.#form.addEventListener("submit", (event) => this.#submit(event, on));
    this.#amount.addEventListener("input", () => this.#typed(on));
    byId("bid-mode").addEventListener("change", () => this.render(this.#model));
    byId("use-minimum").addEventListener("click", () => this.#useMinimum(on));
    byId("send-again").addEventListener("click", on.again);
    byId("leave-bid").addEventListener("click", on.leave);
    // What one saw when the finger went down is what one bids, though the minimum rises under it.
    this.#button.addEventListener("pointerdown", () => { this.#pressed = true; });
    window.addEventListener("pointerup", () => setTimeout(() => this.#release()));
    window.addEventListener("pointercancel", () => this.#release());
  }

  render(model) {
    if (!model) return;
    this.#model = model;
    byId("bid-mode").hidden = !model.state.automatic_bids;
    this.#form.hidden = isOver(model.state) || model.link === "gone";
    if (!this.#edited && !this.#pressed) this.#fill();
    this.#renderVerdict();
    if (!this.#pressed) this.#renderForm();
  }

  /** After an accepted bid the box follows the minimum again. */
  forget() {
    this.#edited = false;
  }

  get #mode() {
    const automatic = this.#model.state.automatic_bids && byId("mode-max").checked;
    return automatic ? "max" : "amount";
  }

  /** Leading under one's own maximum, only a higher maximum makes sense, and that is for the person to say. */
  #fill() {
    const { state, money, standing, maximum } = this.#model;
    const own = this.#mode === "max" && standing === "leading" && maximum !== null;
    const value = own || state.minimum === null ? "" : money.plain(state.minimum);
    if (this.#amount.value !== value) this.#amount.value = value;
  }

  #typed(on) {
    this.#edited = this.#amount.value.trim() !== "";
    on.typed();
    this.render(this.#model);
  }

  #submit(event, on) {
    event.preventDefault();
    const { minor, error } = this.#read();
    if (error) {
      setNote(byId("amount-hint"), error);
      return this.#amount.focus();
    }
    if (!this.#model.ready || performance.now() < this.#coolUntil) return;
    this.#coolUntil = performance.now() + COOL_MS;
    setTimeout(() => this.render(this.#model), COOL_MS);
    this.#hadFocus = this.#form.contains(document.activeElement);
    on.bid({ [this.#mode]: minor });
  }

  #useMinimum(on) {
    this.#edited = false;
    this.#amount.value = this.#model.money.plain(this.#model.state.minimum);
    on.typed();
    this.render(this.#model);
    this.#button.focus();
  }

  #release() {
    if (!this.#pressed) return;
    this.#pressed = false;
    this.render(this.#model);
  }

  #read() {
    return this.#model.money.parse(this.#amount.value);
  }

  #renderForm() {
    const { state, money, ready, standing } = this.#model;
    const { minor, error } = this.#read();
    const leading = standing === "leading";
    const tooLow = minor < state.minimum && !(leading && this.#mode === "max");
    setText(byId("amount-label"), this.#mode === "max" ? "Your maximum" : "Your bid");
    setText(this.#button, this.#label(minor, leading));
    this.#button.disabled = !ready || performance.now() < this.#coolUntil;
    this.#button.classList.toggle("quiet", leading || tooLow);
    this.#form.dataset.long = this.#amount.value.length > LONG;
    setNote(byId("amount-hint"), this.#hint(error, tooLow, leading));
    const fix = byId("use-minimum");
    fix.hidden = !tooLow || this.#model.desk.phase === "sending";
    setText(fix, `Use ${money.format(state.minimum)}`);
    this.#keepFocus();
  }

  #label(minor, leading) {
    const amount = minor === undefined ? "" : ` ${this.#model.money.format(minor)}`;
    if (this.#model.desk.phase === "sending") return "Sending…";
    if (this.#mode === "max") return leading ? "Raise maximum" : `Bid up to${amount || " …"}`;
    return leading ? `Raise to${amount || " …"}` : `Bid${amount}`;
  }

  #hint(error, tooLow, leading) {
    const { state, money, link, now, desk } = this.#model;
    if (desk.phase === "sending") return "";
    if (link !== "connected") return "Bidding is off until the connection is back.";
    if (state.status === "scheduled") return `Bidding opens at ${moment(state.starts_at, now())}.`;
    if (state.status === "paused") return "The auctioneer has stopped the clock. Bidding goes on later.";
    if (error && this.#edited) return error;
    if (tooLow && desk.phase !== "refused") return `Too low: the minimum is now ${money.format(state.minimum)}.`;
    if (leading && this.#mode === "amount") return "You lead already: a bid now raises your own price.";
    if (this.#mode === "max") return "We bid for you, no more than needed, up to this. Nobody else sees it.";
    return "";
  }

  #renderVerdict() {
    const { desk } = this.#model;
    const { state, text } = verdictOf(this.#model);
    this.#verdict.dataset.state = state;
    setNote(this.#verdict, text);
    byId("verdict-actions").hidden = desk.phase !== "late" || this.#model.link !== "connected";
  }

  /** A button loses the focus when it is disabled; give it back to those who had it. */
  #keepFocus() {
    if (!this.#hadFocus || this.#button.disabled) return;
    this.#hadFocus = false;
    if (document.activeElement === document.body) this.#button.focus();
  }
}
