// The box one bids in: what is typed, what the button will do, and what became of it.

import { canBuyNow, isSealed } from "./auction-state.js";
import { formOf } from "./bid-forms.js";
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
  #seen = undefined; // what the button said it would bid
  #coolUntil = 0;
  #hadFocus = false;

  /** `on`: { bid(order), buyNow(), typed(), again(), leave() }. */
  constructor(on) {
    this.#form.addEventListener("submit", (event) => this.#submit(event, on));
    this.#amount.addEventListener("input", () => this.#typed(on));
    byId("bid-mode").addEventListener("change", () => this.render(this.#model));
    byId("use-minimum").addEventListener("click", () => this.#useMinimum(on));
    byId("buy-now").addEventListener("click", on.buyNow);
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
    const { typed } = formOf(model.state);
    byId("bid-mode").hidden = !this.#automatic;
    byId("amount-label").hidden = this.#amount.hidden = !typed;
    this.#form.dataset.typed = typed;
    this.#form.hidden = isOver(model.state) || model.link === "gone";
    if (!this.#edited && !this.#pressed) this.#fill();
    this.#renderVerdict();
    if (!this.#pressed) this.#renderForm();
  }

  /** After an accepted bid the box follows the minimum again. */
  forget() {
    this.#edited = false;
  }

  /** The price falls, and with it what the button says. */
  tick() {
    if (this.#model && !formOf(this.#model.state).typed && !this.#pressed) this.#renderForm();
  }

  get #automatic() {
    const { format, automatic_bids } = this.#model.state;
    return format === "english" && automatic_bids;
  }

  get #mode() {
    return this.#automatic && byId("mode-max").checked ? "max" : "amount";
  }

  /** Leading under one's own maximum, only a higher maximum makes sense, and that is for the person to say; and so is a sealed bid. */
  #fill() {
    const { state, money, standing, maximum } = this.#model;
    const own = this.#mode === "max" && standing === "leading" && maximum !== null || isSealed(state);
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
    const { state, money, now } = this.#model;
    const form = formOf(state);
    return form.typed ? money.parse(this.#amount.value) : { minor: this.#pressed ? this.#seen : form.amount(state, now()) };
  }

  #renderForm() {
    const { state, money, ready, standing } = this.#model;
    const form = formOf(state);
    const { minor, error } = this.#read();
    const leading = standing === "leading";
    const tooLow = form.typed && minor < state.minimum && !(leading && this.#mode === "max");
    const asked = { ...this.#model, mode: this.#mode, minor, error, tooLow, leading };
    this.#seen = minor;
    setText(byId("amount-label"), form.field(asked));
    setText(this.#button, this.#model.desk.phase === "sending" ? "Sending…" : form.label(asked));
    this.#button.disabled = !ready || performance.now() < this.#coolUntil;
    this.#button.classList.toggle("quiet", leading || tooLow);
    this.#form.dataset.long = this.#amount.value.length > LONG;
    setNote(byId("amount-hint"), this.#hint(form, asked));
    const fix = byId("use-minimum");
    fix.hidden = !tooLow || this.#model.desk.phase === "sending";
    setText(fix, `Use ${money.format(state.minimum)}`);
    this.#renderBuyNow();
    this.#keepFocus();
  }

  #renderBuyNow() {
    const { state, money, ready } = this.#model;
    const button = byId("buy-now");
    button.hidden = !canBuyNow(state);
    button.disabled = !ready;
    if (!button.hidden) setText(button, `Buy it now for ${money.format(state.buy_now)}`);
  }

  #hint(form, asked) {
    const { state, money, link, now, desk, error, tooLow } = asked;
    if (desk.phase === "sending") return "";
    if (link !== "connected") return "Bidding is off until the connection is back.";
    if (state.status === "scheduled") return `Bidding opens at ${moment(state.starts_at, now())}.`;
    if (state.status === "paused") return "The auctioneer has stopped the clock. Bidding goes on later.";
    if (error && this.#edited) return error;
    if (tooLow && desk.phase !== "refused") return `Too low: the minimum is now ${money.format(state.minimum)}.`;
    return form.hint(asked);
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
