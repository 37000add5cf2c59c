// One's own bid on its way: at most one at a time, under one request id until a verdict comes.

import { requestId } from "./errands.js";

const LATE_MS = 10_000; // after that a person may have changed their mind: ask
const SLOW_MS = 3_000; // after that a person wants to know that one is still waiting

export class BidDesk {
  #send;
  #changed;
  #keep;
  #pending = null;
  #connected = false;
  #view = Object.freeze({ phase: "idle" });
  #own = null;
  #slow = null;

  /** `send(command, {patience})` gives a promise of the verdict; `keep(pending)` is told what waits for one, undefined for nothing. */
  constructor({ send, changed, keep = () => {} }) {
    this.#send = send;
    this.#changed = changed;
    this.#keep = keep;
  }

  /** { phase, order, slow, meantAt, bidder, seq, alias, refusal, why, price }; phase: idle, sending, unconfirmed, late, accepted, refused. */
  get view() { return this.#view; }
  get busy() { return this.#pending !== null; }

  /** How far one goes: the server's word at the welcome, and what was accepted from here since. */
  ownOf(you) {
    return this.#own?.bidder === you?.id ? this.#own?.amount ?? null : null;
  }

  /** `amount`: none where it is not a number. */
  learnOwn(bidder, amount) {
    this.#own = Number.isInteger(amount) ? { bidder, amount } : null;
  }

  /** A bid was taken out: how far the others go is no longer known. */
  forgetOwn() {
    this.#own = null;
  }

  /** `order` is { amount }, { max }, or { buys }: at once for this much, or not at all. `meantAt`: the price it was meant at. */
  place({ buys, ...order }, bidder, meantAt = null) {
    if (this.busy) return;
    const command = { type: "bid", id: requestId(), ...order };
    this.#pending = { command, order: buys ? { amount: buys } : order, bidder, price: meantAt };
    this.#keep(this.#pending);
    this.#dispatch();
  }

  /** What was sent before the page was loaded anew, and has no verdict: it is for the person to say whether it is still meant. */
  recall(pending) {
    if (this.busy) return;
    this.#pending = pending;
    this.#late();
  }

  lineLost() {
    this.#connected = false;
    if (this.#waiting) this.#show({ phase: "unconfirmed", order: this.#pending.order });
  }

  lineBack() {
    this.#connected = true;
    if (this.#waiting) this.#show({ phase: "sending", order: this.#pending.order });
  }

  sendAgain() {
    if (this.busy) this.#dispatch();
  }

  leave() {
    this.#done();
    this.settle();
  }

  /** What was said of the last bid is no longer news. */
  settle() {
    if (!this.busy && this.#view.phase !== "idle") this.#show({ phase: "idle" });
  }

  /** For a verdict, and not for the person. */
  get #waiting() { return this.busy && this.#view.phase !== "late"; }

  #dispatch() {
    const pending = this.#pending;
    this.#send(pending.command, { patience: LATE_MS }).then(
      (verdict) => { if (this.#pending === pending) this.#settled(verdict); },
      (problem) => { if (this.#pending === pending) this.#unanswered(problem); },
    );
    this.#show({ phase: this.#connected ? "sending" : "unconfirmed", order: pending.order });
  }

  #settled(verdict) {
    if (verdict.code === "no_verdict") return this.#late(); // it may count: under its own id it can be asked again
    const { order, bidder } = this.#done();
    if (verdict.type === "refused") return this.#show({ phase: "refused", order, refusal: verdict });
    if (order.max || verdict.standing === "placed") this.learnOwn(bidder, order.max ?? order.amount);
    const { seq, alias, price } = verdict;
    this.#show({ phase: "accepted", order, bidder, seq, alias, price, why: verdict.standing === "outbid" ? verdict.why : undefined });
  }

  #unanswered(problem) {
    const { order } = this.#pending;
    if (problem.code === "late") return this.#late();
    if (problem.code === "gone") return this.#show({ phase: "unconfirmed", order });
    this.#done();
    this.#show({ phase: "refused", order, refusal: { code: problem.code, message: problem.message } });
  }

  #late() {
    const { order, price } = this.#pending;
    this.#show({ phase: "late", order, meantAt: price });
  }

  #done() {
    const pending = this.#pending;
    this.#pending = null;
    this.#keep(undefined);
    return pending;
  }

  #show(view) {
    clearTimeout(this.#slow);
    this.#view = Object.freeze(view);
    if (view.phase === "sending" && !view.slow) this.#slow = setTimeout(() => this.#show({ ...view, slow: true }), SLOW_MS);
    this.#changed(this.#view);
  }
}
