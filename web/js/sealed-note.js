// One's own sealed bid: the server tells nobody before the end, so this tab remembers it.

const PREFIX = "subasta.sealed.";

export class SealedNote {
  #auction;

  constructor(auction) {
    this.#auction = auction;
  }

  remember(bidder, amount) {
    try {
      sessionStorage.setItem(this.#key(bidder), String(amount));
    } catch { /* storage may be forbidden: then one has to remember it oneself */ }
  }

  /** In minor units; null where nothing is known. */
  amountOf(bidder) {
    try {
      return bidder ? Number(sessionStorage.getItem(this.#key(bidder))) || null : null;
    } catch {
      return null;
    }
  }

  #key(bidder) {
    return `${PREFIX}${this.#auction}.${bidder}`;
  }
}
