// What somebody wants to see in the lobby, and how it stands in the address. Pure.

const STATUSES = ["all", "open", "coming", "ended"];
const FORMATS = ["all", "english", "dutch", "sealed", "vickrey"];
const SORTS = ["ending", "newest", "cheapest", "dearest", "bids", "watched"];
const LONGEST = 100;

/** Everything, those that end first before the others. `from` and `to` are in minor units of `currency`. */
export const EVERYTHING = Object.freeze({ q: "", status: "all", format: "all", currency: "", from: null, to: null, sort: "ending" });

/** From the query of an address. What makes no sense there is as if it were not. */
export function readWish(search) {
  const asked = new URLSearchParams(search);
  const one = (key, known) => (known.includes(asked.get(key)) ? asked.get(key) : EVERYTHING[key]);
  const currency = /^[A-Z]{3}$/.test(asked.get("currency") ?? "") ? asked.get("currency") : "";
  const amount = (key) => (currency && /^\d{1,13}$/.test(asked.get(key) ?? "") ? Number(asked.get(key)) : null);
  const q = (asked.get("q") ?? "").slice(0, LONGEST);
  return Object.freeze({
    q, status: one("status", STATUSES), format: one("format", FORMATS), currency, from: amount("from"), to: amount("to"), sort: one("sort", SORTS),
  });
}

/** The query for an address, with whatever else stands in it already; only what differs from everything. */
export function writeWish(wish, search = "") {
  const written = new URLSearchParams(search);
  for (const [key, usual] of Object.entries(EVERYTHING)) {
    if (wish[key] === usual || wish[key] === "") written.delete(key);
    else written.set(key, String(wish[key]));
  }
  const query = written.toString();
  return query ? `?${query}` : "";
}

/** How many of the filters that are folded away are set. */
export function foldedAway({ format, currency, from, to }) {
  return [format !== "all", currency !== "", from !== null || to !== null].filter(Boolean).length;
}

/** Whether anything is filtered at all: an order leaves nothing out. */
export function isFiltering(wish) {
  return wish.q.trim() !== "" || wish.status !== "all" || foldedAway(wish) > 0;
}
