// One's own sealed bids: the server tells nobody before the end, so this tab remembers them.

import { voidOf } from "./auction-state.js";

const PREFIX = "subasta.sealed.";
const KEPT = 20; // the one that stands, and those it would be without it

export class SealedNote {
  #auction;

  constructor(auction) {
    this.#auction = auction;
  }

  /** `seq` is that of its event. */
  remember(bidder, { seq, amount }) {
    try {
      const others = this.#read(bidder).filter((bid) => bid.seq !== seq);
      sessionStorage.setItem(this.#key(bidder), JSON.stringify([...others, { seq, amount }].slice(-KEPT)));
    } catch { /* storage may be forbidden: then one has to remember it oneself */ }
  }

  /** The amount that stands, in minor units: of the last bid that was not taken out. Null where none is known. */
  amountOf(bidder, state) {
    return (bidder ? this.#read(bidder) : []).findLast((bid) => !voidOf(state, bid))?.amount ?? null;
  }

  #read(bidder) {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key(bidder))) ?? [];
    } catch {
      return [];
    }
  }

  #key(bidder) {
    return `${PREFIX}${this.#auction}.${bidder}`;
  }
}
