// One's own bid on its way: at most one at a time, under one request id until a verdict comes.
// The server answers the same id with the same verdict, so sending again can never bid twice.

const LATE_MS = 10_000; // after that a person may have changed their mind: ask

export class BidDesk {
  #send;
  #now;
  #changed;
  #pending = null;
  #view = Object.freeze({ phase: "idle" });
  #maximum = null;

  constructor({ send, now, changed }) {
    this.#send = send;
    this.#now = now;
    this.#changed = changed;
  }

  /** { phase, order, refusal, why }; phase: idle, sending, unconfirmed, late, accepted, refused. */
  get view() { return this.#view; }
  get busy() { return this.#pending !== null; }
  get command() { return this.#pending?.command; }

  /** The highest maximum accepted from this page, for the one it belongs to. */
  maximumOf(you) {
    return this.#maximum?.bidder === you?.id ? this.#maximum?.max ?? null : null;
  }

  /** `order` is { amount } or { max }. */
  place(order, bidder) {
    if (this.busy) return;
    this.#pending = { command: { type: "bid", id: requestId(), ...order }, order, bidder, at: this.#now() };
    this.#dispatch();
  }

  /** A verdict, if it is one on our bid. */
  hear(message) {
    if (!this.busy || message.id !== this.#pending.command.id) return;
    const { order, bidder } = this.#pending;
    this.#pending = null;
    if (message.type === "refused") return this.#show({ phase: "refused", order, refusal: message });
    if (order.max) this.#maximum = { bidder, max: order.max };
    this.#show({ phase: "accepted", order, why: message.standing === "outbid" ? message.why : undefined });
  }

  lineLost() {
    if (this.busy) this.#show({ phase: "unconfirmed", order: this.#pending.order });
  }

  lineBack(you) {
    if (!this.busy) return;
    if (you.id !== this.#pending.bidder) return this.#disown();
    if (this.#now() - this.#pending.at <= LATE_MS) return this.#dispatch();
    this.#show({ phase: "late", order: this.#pending.order });
  }

  sendAgain() {
    if (!this.busy) return;
    this.#pending.at = this.#now();
    this.#dispatch();
  }

  leave() {
    this.#pending = null;
    this.settle();
  }

  /** What was said of the last bid is no longer news. */
  settle() {
    if (!this.busy && this.#view.phase !== "idle") this.#show({ phase: "idle" });
  }

  #dispatch() {
    const sent = this.#send(this.#pending.command);
    this.#show({ phase: sent ? "sending" : "unconfirmed", order: this.#pending.order });
  }

  /** Request ids are one's own: sent as somebody else it would be a second bid, by them. */
  #disown() {
    const { order } = this.#pending;
    this.#pending = null;
    const message = "You are somebody else now, so it was not sent again. If it had arrived, it stands.";
    this.#show({ phase: "refused", order, refusal: { code: "not_sent", message } });
  }

  #show(view) {
    this.#view = Object.freeze(view);
    this.#changed();
  }
}

export function requestId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // absent outside secure contexts
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
