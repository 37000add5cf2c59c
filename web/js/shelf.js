// Which auctions stand in the lobby, and in what order: (auctions, wish, now) → ids. Pure.

import { isSealed } from "./auction-state.js";
import { askedPrice, isFalling } from "./falling.js";
import { locale } from "./words.js";

export const SECTIONS = ["open", "scheduled", "ended"];
const SHOWN = { all: SECTIONS, open: ["open"], coming: ["scheduled"], ended: ["ended"] };

/** Which section an auction stands in. */
export function sectionOf({ status }) {
  if (status === "open" || status === "paused") return "open";
  return status === "scheduled" ? "scheduled" : "ended";
}

/**
 * `{ sections: { open, scheduled, ended }, counts, found, total, sellers }`: ids in order by section; how many there would be of each status,
 * how many are shown, how many there are, and whose.
 */
export function shelve(auctions, wish, now) {
  const matches = matcher(wish, now);
  const found = { open: [], scheduled: [], ended: [] };
  const sellers = new Set();
  let total = 0;
  for (const auction of auctions) {
    total += 1;
    sellers.add(auction.seller?.id);
    if (matches(auction)) found[sectionOf(auction)].push(auction);
  }
  const counts = Object.fromEntries(SECTIONS.map((name) => [name, found[name].length]));
  const shown = SHOWN[wish.status];
  const sections = Object.fromEntries(SECTIONS.map((name) => [name, shown.includes(name) ? inOrder(found[name], name, wish, now) : []]));
  return { sections, counts, found: shown.reduce((sum, name) => sum + counts[name], 0), total, sellers };
}

/** Whether a change can have moved an auction, or made it match: most bids do neither. */
export function mayMove(before, after, wish) {
  if (!before || before.status !== after.status || before.ends_at !== after.ends_at || before.starts_at !== after.starts_at) return true;
  const { sort, from, to } = wish;
  if (sort === "bids") return before.bids !== after.bids;
  if (sort === "watched") return before.watching !== after.watching;
  const byPrice = sort === "cheapest" || sort === "dearest" || from !== null || to !== null;
  return byPrice && (before.price !== after.price || before.leader?.id !== after.leader?.id);
}

/** What a list shows as the price, in minor units. */
export function shownPrice(auction, now) {
  const { price, start, status, outcome } = auction;
  if (outcome !== "sold" && isSealed(auction)) return start;
  if (isFalling(auction)) return status === "open" ? askedPrice(auction, now) : start;
  return price ?? start;
}

/** Without accents, in small letters. */
export function folded(text) {
  return text.normalize("NFKD").replace(/\p{M}+/gu, "").toLocaleLowerCase(locale).replaceAll("ß", "ss");
}

function matcher({ q, format, currency, from, to }, now) {
  const words = folded(q).split(/\s+/).filter(Boolean);
  return (auction) => {
    if (format !== "all" && auction.format !== format) return false;
    if (currency !== "" && auction.currency !== currency) return false;
    if (words.length > 0) {
      const text = textOf(auction);
      if (!words.every((word) => text.includes(word))) return false;
    }
    if (from === null && to === null) return true;
    const price = shownPrice(auction, now);
    return price >= (from ?? 0) && price <= (to ?? Infinity);
  };
}

// Folding takes longer than looking, and titles hardly ever change.
const texts = new Map();
const MOST_TEXTS = 5_000;

function textOf({ title, seller }) {
  const whole = `${title}\n${seller?.name ?? ""}`;
  let text = texts.get(whole);
  if (text === undefined) {
    if (texts.size >= MOST_TEXTS) texts.clear();
    text = folded(whole);
    texts.set(whole, text);
  }
  return text;
}

function inOrder(auctions, section, { sort }, now) {
  const keyed = auctions.map((auction) => ({ id: auction.id, keys: keysOf(auction, section, sort, now) }));
  return keyed.sort(byKeys).map(({ id }) => id);
}

/** What decides, the smaller first; the id where nothing else does, so that nothing moves without a reason. */
function keysOf(auction, section, sort, now) {
  const soonest = section === "open" ? auction.ends_at : section === "scheduled" ? auction.starts_at : -auction.ends_at;
  if (sort === "newest") return [-auction.starts_at, soonest];
  if (sort === "bids") return [-auction.bids, soonest];
  if (sort === "watched") return [-auction.watching, soonest];
  // Amounts of different currencies cannot be compared: each stands by itself.
  if (sort === "cheapest") return [auction.currency, shownPrice(auction, now), soonest];
  if (sort === "dearest") return [auction.currency, -shownPrice(auction, now), soonest];
  return [soonest];
}

function byKeys(a, b) {
  for (let at = 0; at < a.keys.length; at += 1) {
    if (a.keys[at] < b.keys[at]) return -1;
    if (a.keys[at] > b.keys[at]) return 1;
  }
  return a.id < b.id ? -1 : 1;
}
