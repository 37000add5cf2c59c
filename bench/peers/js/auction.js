// The toy auction: what every server of this folder decides alike. A bid higher than the last is an event with the next seq.

const HOUR_MS = 3_600_000;
const person = { id: "bidder-1", name: "bidder-1" };

export class Auction {
  highest = 0;
  seq = 0;

  /** The event that everyone is to see, or null where the bid is too low. */
  bid({ amount }) {
    if (!(amount > this.highest)) return null;
    this.highest = amount;
    const at = Date.now();
    return {
      type: "bid",
      seq: ++this.seq,
      at,
      bidder: person,
      amount,
      automatic: false,
      price: amount,
      leader: person,
      minimum: amount + 1,
      ends_at: at + HOUR_MS,
      reserve: "none",
    };
  }

  /** What the bidder alone is told instead. */
  refusal({ id }) {
    return { type: "refused", id, code: "bid_too_low", minimum: this.highest + 1 };
  }
}

/** What is under this key, made on first asking. */
export function at(map, key, make) {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** The room that a request's address names: `/ws/{room}`, whatever is asked after it. */
export const roomOf = (address) => address.split("?", 1)[0].slice("/ws/".length);

export const port = Number(process.env.PORT ?? 0);

export const listening = (port) => console.log(`listening on ${port}`);
