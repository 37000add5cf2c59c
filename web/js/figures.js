// Price, time and standing of the lot: what dominates the page.

import { byId, nameOf, setContent, setNote, setText } from "./dom.js";
import { moment, remaining } from "./time.js";

const ENDING_SOON_MS = 60_000;

export class Figures {
  #panel = byId("figures");
  #countdown = byId("countdown");
  #countdownLabel = byId("countdown-label");
  #model = null;

  render(model) {
    this.#model = model;
    const { state, you, money } = model;
    setText(byId("price-label"), priceLabel(state));
    const price = money.format(state.price ?? state.start);
    setText(byId("price"), price);
    byId("price").dataset.long = price.length > 11;
    setContent(byId("leader"), ...leaderWords(state, you));
    setText(byId("minimum"), state.minimum === null ? "–" : money.format(state.minimum));
    byId("minimum-row").hidden = isOver(state) || state.price === null; // before the first bid the price says it
    byId("leader").hidden = state.outcome === "sold" || state.outcome === "unsold"; // the outcome says it
    setNote(byId("reserve"), reserveWords(state));
    byId("reserve").dataset.state = state.reserve;
    setNote(byId("bid-count"), state.bids === 0 ? "" : count(state.bids, "bid"));
    this.#panel.dataset.status = state.status;
    this.tick(model.now());
  }

  /** Not live for screen readers: a countdown read aloud drowns everything else. */
  tick(now) {
    if (!this.#model) return;
    const { state } = this.#model;
    const [label, time] = countdownWords(state, now);
    setText(this.#countdownLabel, label);
    setText(this.#countdown, time);
    setNote(byId("time-note"), timeNote(state, now));
    const soon = state.status === "open" && state.ends_at - now <= ENDING_SOON_MS;
    this.#countdown.dataset.soon = soon;
  }
}

export function isOver(state) {
  return state.status === "closed" || state.status === "cancelled";
}

export function countdownWords(state, now) {
  const { status, starts_at, ends_at } = state;
  if (status === "scheduled") return starts_at > now ? ["Opens in", remaining(starts_at - now)] : ["Opens", "now"];
  if (status === "open") return ends_at > now ? ["Ends in", remaining(ends_at - now)] : ["Closing", "0:00"];
  if (status === "paused") return ["Clock stopped", "Paused"];
  return [status === "cancelled" ? "Cancelled" : "Ended", moment(state.closed_at ?? ends_at, now)];
}

export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function timeNote({ status, starts_at, ends_at, extension }, now) {
  if (status === "scheduled") return `at ${moment(starts_at, now)}`;
  if (status !== "open") return "";
  // Where the end has moved again since for another reason, the extension is no longer what explains it.
  if (extension?.ends_at !== ends_at) return `at ${moment(ends_at, now)}`;
  return `extended to ${moment(ends_at, now)}${extensionReason(extension)}`;
}

/** Why an end has moved, to be put behind that it has. */
export function extensionReason({ reason }) {
  if (reason === "soft_close") return " – a late bid";
  return reason === "outage" ? " – the server was away" : "";
}

function priceLabel({ status, price, outcome }) {
  if (price === null) return isOver({ status }) ? "Started at" : "Starts at";
  if (outcome === "sold") return "Sold for";
  return isOver({ status }) ? "Highest bid" : "Current bid";
}

function reserveWords(state) {
  if (isOver(state)) return ""; // the outcome says it
  return { met: "Reserve met", unmet: "Reserve not yet met" }[state.reserve] ?? "";
}

function leaderWords(state, you) {
  const over = isOver(state);
  if (!state.leader) return [over ? "No bids" : "No bids yet"];
  if (state.leader.id === you.id) return [over ? "You led" : "You lead"];
  return [nameOf(state.leader), over ? " led" : " leads"];
}
