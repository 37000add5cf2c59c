// Price, time and standing of the lot: what dominates the page.

import { isSealed } from "./auction-state.js";
import { byId, nameOf, setContent, setData, setHidden, setNote, setText } from "./dom.js";
import { askedPrice, isFalling, untilNextFall } from "./falling.js";
import { at, moment, remaining, tenths, to } from "./time.js";
import { whyWords } from "./why.js";
import { parts, t } from "./words.js";

const ENDING_SOON_MS = 60_000;
const TENTHS_MS = 10_000; // as long as this much is left
const TENTH_MS = 100;
const FRESH_MS = 5_000;
const LONG = 11; // characters of a price

export class Figures {
  #panel = byId("figures");
  #price = byId("price");
  #countdown = byId("countdown");
  #countdownLabel = byId("countdown-label");
  #bar = byId("last-minute");
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  #timer = null;
  #model = null;
  #extended = null;

  render(model) {
    this.#notice(model);
    this.#model = model;
    const { state, money } = model;
    setText(byId("price-label"), priceLabel(state));
    setContent(byId("leader"), ...leaderWords(model));
    setText(byId("minimum"), state.minimum === null ? "–" : money.format(state.minimum));
    // Before the first bid the price says it, and where the price falls, or bids are sealed, always.
    setHidden(byId("minimum-row"), isOver(state) || state.price === null || isFalling(state) || isSealed(state));
    setHidden(byId("leader"), state.outcome === "sold" || state.outcome === "unsold"); // the outcome says it
    setNote(byId("why"), isSealed(state) ? "" : whyWords(state, money));
    setNote(byId("reserve"), reserveWords(state));
    setData(byId("reserve"), "state", state.reserve);
    setNote(byId("bid-count"), countWords(state));
    setData(this.#panel, "status", state.status);
    this.tick(model.now());
  }

  /** Not live for screen readers: a countdown read aloud drowns everything else. */
  tick(now) {
    if (!this.#model) return;
    const { state, money } = this.#model;
    const price = money.format(priceAt(state, now));
    setText(this.#price, price);
    setData(this.#price, "long", price.length > LONG);
    const [label, time] = countdownWords(state, now);
    setText(this.#countdownLabel, label);
    const left = state.status === "open" ? state.ends_at - now : Infinity;
    const exact = left > 0 && left < TENTHS_MS && !this.#still.matches;
    setText(this.#countdown, exact ? tenths(left) : time);
    if (exact) this.#soonAgain();
    setNote(byId("time-note"), timeNote(state, now));
    setNote(byId("fall"), fallWords(state, money, now));
    const soon = left <= ENDING_SOON_MS;
    for (const node of [this.#countdown, this.#panel]) setData(node, "soon", soon);
    if (!this.#bar) return;
    setHidden(this.#bar, !soon);
    if (soon) this.#bar.style.setProperty("--left", Math.max(0, left / ENDING_SOON_MS).toFixed(4));
  }

  /** Quicker than others tick it. */
  #soonAgain() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.tick(this.#model.now()), TENTH_MS);
  }

  /** More time than a moment ago: that is to be seen. */
  #notice({ state }) {
    const known = this.#model?.state;
    if (!known || !state.extension || state.extension.at <= (known.extension?.at ?? 0)) return;
    const note = byId("time-note");
    note.dataset.fresh = true;
    clearTimeout(this.#extended);
    this.#extended = setTimeout(() => delete note.dataset.fresh, FRESH_MS);
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
  if (status === "scheduled") return starts_at > now ? [t("shared.opens_in"), remaining(starts_at - now)] : [t("shared.opens"), t("shared.now")];
  if (status === "open") return ends_at > now ? [t("shared.ends_in"), remaining(ends_at - now)] : [t("shared.closing"), remaining(0)];
  if (status === "paused") return [t("shared.clock_stopped"), t("shared.paused")];
  return [t(status === "cancelled" ? "shared.cancelled" : "shared.ended"), moment(ends_at, now)];
}

/** `noun`: "bid" or "sealed bid". */
export function count(number, noun) {
  return noun === "bid" ? t("shared.bids", { count: number }) : t("shared.sealed_bids", { count: number });
}

function timeNote({ status, starts_at, ends_at, extension }, now) {
  if (status === "scheduled") return at(starts_at, now);
  if (status !== "open") return "";
  // Where the end has moved again since for another reason, the extension is no longer what explains it.
  if (extension?.ends_at !== ends_at) return at(ends_at, now);
  return t(EXTENDED[extension.reason] ?? "lot.extended", { to: to(ends_at, now) });
}

const EXTENDED = { soft_close: "lot.extended_soft_close", outage: "lot.extended_outage", auctioneer: "lot.extended_auctioneer" };

function fallWords(state, money, now) {
  if (!isFalling(state)) return "";
  const { dutch } = state;
  const step = money.format(dutch.step);
  const floor = money.format(dutch.floor);
  if (state.status === "scheduled") return t("lot.will_fall", { step, every: remaining(dutch.every_ms), floor });
  const left = untilNextFall(state, now);
  if (left !== null) return t("lot.falls", { step, left: remaining(left), floor });
  return state.status === "open" ? t("lot.falls_no_further") : "";
}

function priceLabel(state) {
  const { price, outcome } = state;
  const over = isOver(state);
  if (outcome === "sold") return t("lot.sold_for");
  if (isSealed(state)) return t(over ? "lot.bids_from" : "lot.sealed_bids_from");
  if (isFalling(state)) return t(state.status === "scheduled" ? "lot.starts_at" : "shared.yours_for");
  if (isUnsoldDutch(state)) return t("lot.last_asked");
  if (state.dutch) return t("lot.started_at");
  if (price === null) return t(over ? "lot.started_at" : "lot.starts_at");
  return t(over ? "lot.highest_bid" : "lot.current_bid");
}

function countWords(state) {
  const { bids } = state;
  if (bids === 0 || state.dutch || isOver(state)) return ""; // the outcome says it
  return count(bids, isSealed(state) ? "sealed bid" : "bid");
}

function reserveWords(state) {
  if (isOver(state)) return ""; // the outcome says it
  if (isSealed(state)) return state.reserve === "none" ? "" : t("lot.reserve_hidden");
  if (state.reserve === "none") return "";
  return t(state.reserve === "met" ? "lot.reserve_met" : "lot.reserve_unmet");
}

function leaderWords({ state, mine, named }) {
  const over = isOver(state);
  if (!state.leader) return [nobodyWords(state, over)];
  if (mine(state.leader)) return [t(over ? "lot.you_led" : "lot.you_lead")];
  const name = nameOf(named(state.leader));
  return over ? parts("lot.led", { name }) : parts("lot.leads", { name });
}

function nobodyWords(state, over) {
  if (isFalling(state)) return state.status === "scheduled" ? t("lot.first_has_it") : t("lot.nobody_yet");
  if (!isSealed(state) || state.bids === 0) return t(over ? "lot.no_bids" : "lot.no_bids_yet");
  return over ? "" : t("lot.sealed_until_end");
}
