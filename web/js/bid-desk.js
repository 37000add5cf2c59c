// One's own bid on its way: at most one at a time, under one request id until a verdict comes.

import { requestId } from "./errands.js";

const LATE_MS = 10_000; // after that a person may have changed their mind: ask

export class BidDesk {
  #send;
  #changed;
  #pending = null;
  #connected = false;
  #view = Object.freeze({ phase: "idle" });
  #maximum = null;

  /** `send(command, {patience})` gives a promise of the verdict. */
  constructor({ send, changed }) {
    this.#send = send;
    this.#changed = changed;
  }

  /** { phase, order, bidder, seq, alias, refusal, why }; phase: idle, sending, unconfirmed, late, accepted, refused. */
  get view() { return this.#view; }
  get busy() { return this.#pending !== null; }

  /** The highest maximum accepted from this page, for the one it belongs to. */
  maximumOf(you) {
    return this.#maximum?.bidder === you?.id ? this.#maximum?.max ?? null : null;
  }

  /** A bid was taken out: how far the others go is no longer known. */
  forgetMaximum() {
    this.#maximum = null;
  }

  /** `order` is { amount } or { max }. */
  place(order, bidder) {
    if (this.busy) return;
    this.#pending = { command: { type: "bid", id: requestId(), ...order }, order, bidder };
    this.#dispatch();
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
    this.#pending = null;
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
    const { order, bidder } = this.#pending;
    this.#pending = null;
    if (verdict.type === "refused") return this.#show({ phase: "refused", order, refusal: verdict });
    if (order.max) this.#maximum = { bidder, max: order.max };
    const { seq, alias } = verdict;
    this.#show({ phase: "accepted", order, bidder, seq, alias, why: verdict.standing === "outbid" ? verdict.why : undefined });
  }

  #unanswered(problem) {
    const { order } = this.#pending;
    if (problem.code === "late") return this.#show({ phase: "late", order });
    if (problem.code === "gone") return this.#show({ phase: "unconfirmed", order });
    this.#pending = null;
    this.#show({ phase: "refused", order, refusal: { code: problem.code, message: problem.message } });
  }

  #show(view) {
    this.#view = Object.freeze(view);
    this.#changed(this.#view);
  }
}
