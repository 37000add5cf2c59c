// Price, time and standing of the lot: what dominates the page.

import { isSealed } from "./auction-state.js";
import { byId, nameOf, setContent, setNote, setText } from "./dom.js";
import { askedPrice, isFalling, untilNextFall } from "./falling.js";
import { moment, remaining } from "./time.js";
import { whyWords } from "./why.js";

const ENDING_SOON_MS = 60_000;
const LONG = 11; // characters of a price

export class Figures {
  #panel = byId("figures");
  #price = byId("price");
  #countdown = byId("countdown");
  #countdownLabel = byId("countdown-label");
  #model = null;

  render(model) {
    this.#model = model;
    const { state, money } = model;
    setText(byId("price-label"), priceLabel(state));
    setContent(byId("leader"), ...leaderWords(model));
    setText(byId("minimum"), state.minimum === null ? "–" : money.format(state.minimum));
    // Before the first bid the price says it, and where the price falls, or bids are sealed, always.
    byId("minimum-row").hidden = isOver(state) || state.price === null || isFalling(state) || isSealed(state);
    byId("leader").hidden = state.outcome === "sold" || state.outcome === "unsold"; // the outcome says it
    setNote(byId("why"), isSealed(state) ? "" : whyWords(state, money));
    setNote(byId("reserve"), reserveWords(state));
    byId("reserve").dataset.state = state.reserve;
    setNote(byId("bid-count"), countWords(state));
    this.#panel.dataset.status = state.status;
    this.tick(model.now());
  }

  /** Not live for screen readers: a countdown read aloud drowns everything else. */
  tick(now) {
    if (!this.#model) return;
    const { state, money } = this.#model;
    const price = money.format(priceAt(state, now));
    setText(this.#price, price);
    this.#price.dataset.long = price.length > LONG;
    const [label, time] = countdownWords(state, now);
    setText(this.#countdownLabel, label);
    setText(this.#countdown, time);
    setNote(byId("time-note"), timeNote(state, now));
    setNote(byId("fall"), fallWords(state, money, now));
    const soon = state.status === "open" && state.ends_at - now <= ENDING_SOON_MS;
    this.#countdown.dataset.soon = soon;
  }
}

/** What the page shows as the price: a falling one is worked out, and before the first bid it is the start. */
export function priceAt(state, now) {
  if (isFalling(state)) return askedPrice(state, now);
  if (isUnsoldDutch(state)) return askedPrice(state, state.ends_at);
  return state.price ?? state.start;
}

/** Nobody said yes before it closed. */
function isUnsoldDutch({ dutch, leader, status }) {
  return Boolean(dutch) && !leader && status === "closed";
}

export function isOver(state) {
  return state.status === "closed" || state.status === "cancelled";
}

export function countdownWords(state, now) {
  const { status, starts_at, ends_at } = state;
  if (status === "scheduled") return starts_at > now ? ["Opens in", remaining(starts_at - now)] : ["Opens", "now"];
  if (status === "open") return ends_at > now ? ["Ends in", remaining(ends_at - now)] : ["Closing", "0:00"];
  if (status === "paused") return ["Clock stopped", "Paused"];
  return [status === "cancelled" ? "Cancelled" : "Ended", moment(ends_at, now)];
}

export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function timeNote({ status, starts_at, ends_at, extension }, now) {
  if (status === "scheduled") return `at ${moment(starts_at, now)}`;
  if (status !== "open") return "";
  // Where the end has moved again since for another reason, the extension is no longer what explains it.
  if (extension?.ends_at !== ends_at) return `at ${moment(ends_at, now)}`;
  return `extended to ${moment(ends_at, now)}${EXTENDED[extension.reason] ?? ""}`;
}

const EXTENDED = { soft_close: " – a late bid", outage: " – the server was away", auctioneer: " – by the auctioneer" };

function fallWords(state, money, now) {
  if (!isFalling(state)) return "";
  const { dutch } = state;
  const step = money.format(dutch.step);
  const floor = `to ${money.format(dutch.floor)} at the lowest`;
  if (state.status === "scheduled") return `It falls by ${step} every ${remaining(dutch.every_ms)}, ${floor}.`;
  const left = untilNextFall(state, now);
  if (left !== null) return `Falls by ${step} in ${remaining(left)}, ${floor}.`;
  return state.status === "open" ? "It falls no further." : "";
}

function priceLabel(state) {
  const { price, outcome } = state;
  const over = isOver(state);
  if (outcome === "sold") return "Sold for";
  if (isSealed(state)) return over ? "Bids from" : "Sealed bids from";
  if (isFalling(state)) return state.status === "scheduled" ? "Starts at" : "Yours for";
  if (isUnsoldDutch(state)) return "Last asked";
  if (state.dutch) return "Started at";
  if (price === null) return over ? "Started at" : "Starts at";
  return over ? "Highest bid" : "Current bid";
}

function countWords(state) {
  const { bids } = state;
  if (bids === 0 || state.dutch) return "";
  return count(bids, isSealed(state) ? "sealed bid" : "bid");
}

function reserveWords(state) {
  if (isOver(state)) return ""; // the outcome says it
  if (isSealed(state)) return state.reserve === "none" ? "" : "There is a hidden reserve";
  return { met: "Reserve met", unmet: "Reserve not yet met" }[state.reserve] ?? "";
}

function leaderWords({ state, mine, named }) {
  const over = isOver(state);
  if (!state.leader) return [nobodyWords(state, over)];
  if (mine(state.leader)) return [over ? "You led" : "You lead"];
  return [nameOf(named(state.leader)), over ? " led" : " leads"];
}

function nobodyWords(state, over) {
  if (isFalling(state)) return state.status === "scheduled" ? "The first to say yes has it" : "Nobody has said yes yet";
  if (!isSealed(state) || state.bids === 0) return over ? "No bids" : "No bids yet";
  return over ? "" : "Sealed until the end";
}
