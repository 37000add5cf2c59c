// What one was about to bid, and the bid that has no verdict yet: kept by this tab over a reload, until it is settled or the auction is over.

const PREFIX = "subasta.draft.";

export class Draft {
  #key;
  #kept;
  #interrupted;

  constructor(auction, store = tabStore()) {
    this.#key = PREFIX + auction;
    this.store = store;
    this.#kept = this.#read();
    this.#interrupted = this.#kept.typed !== undefined; // by a reload
  }

  /** { text, mode, price } as it was typed; undefined for none. */
  get typed() { return this.#kept.typed; }
  /** { command, order, bidder, price } of the bid that waits for its verdict; undefined for none. */
  get pending() { return this.#kept.pending; }

  /** The price it was typed at, where the line has been lost since, or the page loaded anew; else undefined. */
  get meantAt() { return this.#interrupted ? this.#kept.typed?.price : undefined; }

  /** `price`: what the page showed then. */
  type(text, mode, price) {
    this.#interrupted = false;
    this.#keep({ typed: { text, mode, price } });
  }

  interrupt() {
    this.#interrupted = this.#kept.typed !== undefined;
  }

  forgetTyped() {
    this.#interrupted = false;
    this.#keep({ typed: undefined });
  }

  /** `undefined` once it has its verdict, or nobody waits for it any more. */
  keepPending(pending) {
    this.#keep({ pending });
  }

  forget() {
    this.#interrupted = false;
    this.#keep({ typed: undefined, pending: undefined });
  }

  #keep(change) {
    this.#kept = { ...this.#kept, ...change };
    const empty = Object.values(this.#kept).every((value) => value === undefined);
    try {
      if (empty) this.store?.removeItem(this.#key);
      else this.store?.setItem(this.#key, JSON.stringify(this.#kept));
    } catch { /* full, or forbidden: then it lasts as long as the page */ }
  }

  #read() {
    try {
      const { typed, pending } = JSON.parse(this.store?.getItem(this.#key) ?? "{}") ?? {};
      return { typed: isTyped(typed) ? typed : undefined, pending: isPending(pending) ? pending : undefined };
    } catch {
      return {};
    }
  }
}

const isTyped = (typed) => typeof typed?.text === "string" && (typed.mode === "amount" || typed.mode === "max");
const isPending = (pending) => typeof pending?.command?.id === "string" && typeof pending.order === "object" && typeof pending.bidder === "string";

// Storage may be forbidden.
function tabStore() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
