// The box one bids in: what is typed, what the button will do, and what became of it.

import { canBuyNow, isSealed } from "./auction-state.js";
import { formOf } from "./bid-forms.js";
import { byId, setContent, setData, setHidden, setNote, setText } from "./dom.js";
import { isOver, priceAt } from "./figures.js";
import { QuickSteps } from "./quick-steps.js";
import { remedyOf } from "./refusals.js";
import { secondThought } from "./second-thought.js";
import { quickAmounts } from "./steps.js";
import { moment } from "./time.js";
import { verdictKind, verdictOf } from "./verdict.js";
import { t } from "./words.js";

const LONG = 10; // characters that fit beside the button on a phone
const COOL_MS = 1_000; // a double click must not become a second bid, however fast the first verdict

export class BidBox {
  #form = byId("bid-form");
  #amount = byId("amount");
  #button = byId("bid-button");
  #verdict = byId("verdict");
  #quick = new QuickSteps((minor) => this.#fillIn(minor));
  #on;
  #draft;
  #model = null;
  #edited = false;
  #pressed = false;
  #seen = undefined; // what the button said it would bid
  #coolUntil = 0;
  #hadFocus = false;
  #told = "";

  /** `on`: { bid(order), buyNow(), typed(), again(), leave(), ask(question) }. */
  constructor(on, draft) {
    this.#on = on;
    this.#draft = draft;
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.#amount.addEventListener("input", () => this.#typed());
    byId("bid-mode").addEventListener("change", () => this.#modeChanged());
    byId("use-minimum").addEventListener("click", () => this.#fillIn(this.#model.state.minimum));
    byId("remedy").addEventListener("click", () => this.#remedy());
    byId("buy-now").addEventListener("click", on.buyNow);
    byId("send-again").addEventListener("click", on.again);
    byId("leave-bid").addEventListener("click", on.leave);
    // What one saw when the finger went down is what one bids, though the minimum rises under it.
    this.#button.addEventListener("pointerdown", () => { this.#pressed = true; });
    window.addEventListener("pointerup", () => setTimeout(() => this.#release()));
    window.addEventListener("pointercancel", () => this.#release());
    this.#recall();
  }

  /** What one had typed before the page was loaded anew. */
  #recall() {
    const { typed } = this.#draft;
    if (!typed) return;
    this.#edited = true;
    this.#amount.value = typed.text;
    byId("mode-max").checked = typed.mode === "max";
  }

  render(model) {
    if (!model) return;
    this.#model = model;
    const { typed } = formOf(model.state);
    const own = Boolean(model.you.id) && model.state.seller?.id === model.you.id;
    setHidden(byId("bid-mode"), !this.#automatic);
    for (const node of [byId("amount-label"), this.#amount]) setHidden(node, !typed);
    setData(this.#form, "typed", typed);
    setHidden(this.#form, isOver(model.state) || model.link === "gone" || own);
    setHidden(byId("own"), !own || isOver(model.state));
    if (!this.#edited && !this.#pressed) this.#fill();
    this.#renderVerdict();
    if (!this.#pressed) this.#renderForm();
  }

  /** After an accepted bid the box follows the minimum again. */
  forget() {
    this.#edited = false;
    this.#draft.forgetTyped();
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

  /** One's own maximum, where one leads under it: only more than that is a bid. */
  get #beyond() {
    const { standing, maximum } = this.#model;
    return standing === "leading" ? maximum : null;
  }

  get #cool() {
    return performance.now() >= this.#coolUntil;
  }

  /** Leading under one's own maximum, only a higher maximum makes sense, and that is for the person to say; and so is a sealed bid. */
  #fill() {
    const { state, money } = this.#model;
    const beyond = this.#beyond;
    const own = beyond !== null && (this.#mode === "max" || beyond >= state.minimum) || isSealed(state);
    const value = own || state.minimum === null ? "" : money.plain(state.minimum);
    if (this.#amount.value !== value) this.#amount.value = value;
  }

  /** By a button: one goes on from there. */
  #fillIn(minor) {
    this.#edited = minor !== this.#model.state.minimum;
    this.#amount.value = this.#model.money.plain(minor);
    this.#remember();
    this.#on.typed();
    this.render(this.#model);
    this.#button.focus();
  }

  #typed() {
    this.#edited = this.#amount.value.trim() !== "";
    this.#remember();
    this.#on.typed();
    this.render(this.#model);
  }

  #modeChanged() {
    if (this.#edited) this.#remember();
    this.render(this.#model);
  }

  #remember() {
    if (this.#edited) this.#draft.type(this.#amount.value, this.#mode, this.#price);
    else this.#draft.forgetTyped();
  }

  get #price() {
    return priceAt(this.#model.state, this.#model.now());
  }

  #submit(event) {
    event.preventDefault();
    const { minor, error } = this.#read();
    if (error) {
      setNote(byId("amount-hint"), error);
      return this.#amount.focus();
    }
    this.#consider(minor);
  }

  /** Sends it, unless it is worth a second thought. */
  #consider(minor) {
    if (!this.#model.ready || !this.#cool) return;
    const { state, money } = this.#model;
    const mode = this.#mode;
    const typed = formOf(state).typed;
    const meant = this.#edited ? this.#draft.meantAt : undefined;
    const question = typed && secondThought({ state, money, mode, minor, price: this.#price, quick: this.#amounts(), meant });
    if (!question) return this.#bid({ [mode]: minor });
    const holds = () => this.#model.state.status === "open";
    this.#on.ask({ ...question, holds, done: () => this.#bid({ [mode]: minor }) });
  }

  #bid(order) {
    if (!this.#model.ready || !this.#cool) return;
    this.#coolUntil = performance.now() + COOL_MS;
    setTimeout(() => this.render(this.#model), COOL_MS);
    this.#hadFocus = this.#form.contains(document.activeElement) || document.activeElement === byId("remedy");
    this.#on.bid(order);
  }

  #amounts() {
    const { state, standing } = this.#model;
    if (state.format !== "english" || standing === "leading" && this.#mode === "amount" && this.#beyond === null) return [];
    const amounts = quickAmounts(state, { beyond: this.#beyond });
    return canBuyNow(state) ? amounts.filter((amount) => amount < state.buy_now) : amounts;
  }

  /** The order that would do what the refused one could not: `{amount}` or `{max}`. */
  #insteadOf({ order, refusal }) {
    const least = Math.max(refusal.minimum ?? 0, this.#model.state.minimum ?? 0);
    return order.max ? { max: least } : { amount: least };
  }

  #remedy() {
    const { desk } = this.#model;
    const remedy = desk.phase === "refused" ? remedyOf(desk.refusal) : null;
    if (remedy === "raise") return this.#raise();
    if (remedy === "again") return this.#bid(desk.order);
    if (remedy !== "instead") return;
    this.forget();
    this.#bid(this.#insteadOf(desk));
  }

  #raise() {
    byId("mode-max").checked = true;
    this.#amount.value = "";
    this.forget();
    this.#on.typed();
    this.render(this.#model);
    this.#amount.focus();
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
    const { state, money, ready, standing, desk } = this.#model;
    const form = formOf(state);
    const { minor, error } = this.#read();
    const leading = standing === "leading";
    const tooLow = form.typed && minor < state.minimum && !(leading && this.#mode === "max");
    const asked = { ...this.#model, mode: this.#mode, minor, error, tooLow, leading };
    this.#seen = minor;
    setText(byId("amount-label"), form.field(asked));
    setText(this.#button, desk.phase === "sending" ? t("bid.button_sending") : form.label(asked));
    this.#button.disabled = !ready || !this.#cool;
    this.#button.classList.toggle("quiet", leading || tooLow);
    setData(this.#form, "long", this.#amount.value.length > LONG);
    this.#quick.render(this.#amounts(), money, { chosen: minor, disabled: desk.phase === "sending" });
    setNote(byId("amount-hint"), this.#hint(form, asked));
    const fix = byId("use-minimum");
    setHidden(fix, !tooLow || desk.phase === "sending" || desk.phase === "refused");
    setText(fix, t("bid.use", { amount: money.format(state.minimum) }));
    this.#renderRemedy();
    this.#renderBuyNow();
    this.#keepFocus();
  }

  #renderRemedy() {
    const { desk, state, money, ready } = this.#model;
    const button = byId("remedy");
    const remedy = desk.phase === "refused" && !this.#form.hidden ? remedyOf(desk.refusal) : null;
    const possible = remedy !== null && (remedy !== "raise" || this.#automatic) && (remedy !== "instead" || formOf(state).typed);
    setHidden(byId("remedies"), !possible);
    if (!possible) return;
    button.disabled = remedy !== "raise" && (!ready || !this.#cool);
    if (remedy === "raise") return setText(button, t("bid.remedy_raise"));
    if (remedy === "again") return setText(button, t("bid.remedy_again"));
    const { max, amount = max } = this.#insteadOf(desk);
    setText(button, t(max ? "bid.remedy_up_to" : "bid.remedy_instead", { amount: money.format(amount) }));
  }

  #renderBuyNow() {
    const { state, money, ready } = this.#model;
    const button = byId("buy-now");
    setHidden(button, !canBuyNow(state));
    button.disabled = !ready;
    if (!button.hidden) setText(button, t("bid.buy_now", { price: money.format(state.buy_now) }));
  }

  #hint(form, asked) {
    const { state, money, link, opening, now, desk, error, tooLow } = asked;
    if (desk.phase === "sending") return "";
    if (link !== "connected" && !opening) return t("bid.hint_off");
    if (state.status === "scheduled") return t("bid.hint_opens", { time: moment(state.starts_at, now()) });
    if (state.status === "paused") return t("bid.hint_paused");
    if (error && this.#edited) return error;
    if (tooLow && desk.phase !== "refused") return t("bid.hint_too_low", { minimum: money.format(state.minimum) });
    return form.hint(asked);
  }

  #renderVerdict() {
    const { desk } = this.#model;
    const verdict = verdictOf({ ...this.#model, price: this.#price });
    setData(this.#verdict, "state", verdict.state);
    setContent(this.#verdict, ...verdict.words);
    setHidden(this.#verdict, verdict.words.length === 0);
    setHidden(byId("verdict-actions"), desk.phase !== "late" || this.#model.link !== "connected");
    // Not every price is told here: that is the announcer's.
    const kind = verdictKind(this.#model, verdict);
    if (kind === this.#told) return;
    this.#told = kind;
    setText(byId("verdict-told"), this.#verdict.textContent);
  }

  /** A button loses the focus when it is disabled; give it back to those who had it. */
  #keepFocus() {
    if (!this.#hadFocus || this.#button.disabled) return;
    this.#hadFocus = false;
    if (document.activeElement === document.body) this.#button.focus();
  }
}
