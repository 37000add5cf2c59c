// The form above the cards: search, filters and order, and what they leave.

import { byId, make, setNote, setText } from "./dom.js";
import { SECTIONS } from "./shelf.js";
import { EVERYTHING, foldedAway, isFiltering, readWish, writeWish } from "./wish.js";
import { locale, t } from "./words.js";

const SAID_AFTER_MS = 800; // once somebody has stopped typing
const STATUSES = ["all", "open", "coming", "ended"];

const numbers = new Intl.NumberFormat(locale);

export class Filters {
  wish = readWish(location.search);
  #form = byId("filters");
  #changed;
  #money;
  #currencies = null;
  #later = null;

  /** `changed()` with a new `wish`. `money(currency)` reads and writes its amounts; null where it is not known. */
  constructor({ changed, money }) {
    this.#changed = changed;
    this.#money = money;
    this.offer([]);
    this.#show();
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    byId("q").addEventListener("input", () => this.#take());
    this.#form.addEventListener("change", () => this.#take());
    byId("more").addEventListener("click", () => this.#unfold(byId("more-filters").hidden));
    for (const id of ["clear", "none-clear"]) byId(id).addEventListener("click", () => this.#clear());
    for (const link of document.querySelectorAll(".languages a")) link.addEventListener("click", () => speak(link));
    document.addEventListener("keydown", (event) => focusSearch(event));
  }

  /** The currencies there are: with one there is nothing to choose. */
  offer(currencies) {
    const known = [...new Set([...currencies, this.wish.currency].filter(Boolean))].sort();
    if (known.join() === this.#currencies?.join()) return;
    this.#currencies = known;
    const any = make("option", "", t("lobby.currency_any"));
    any.value = "";
    byId("currency").replaceChildren(any, ...known.map((code) => make("option", "", code)));
    byId("currency-cell").hidden = known.length < 2;
    this.#showPrices();
  }

  /** What is found. The number is said when somebody has asked anew, not whenever an auction comes or goes. */
  tell({ counts, found, total }, { anew = false } = {}) {
    const all = SECTIONS.reduce((sum, name) => sum + counts[name], 0);
    for (const [name, count] of Object.entries({ ...counts, all })) setText(this.#form.querySelector(`[data-count="${name}"]`), numbers.format(count));
    const filtering = isFiltering(this.wish);
    const words = filtering ? t("lobby.found_of", { found, count: total }) : t("lobby.found", { count: total });
    setText(byId("found"), words);
    byId("clear").hidden = !filtering;
    this.#none(filtering && found === 0);
    if (!anew) return;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => setText(byId("found-said"), words), SAID_AFTER_MS);
  }

  #none(none) {
    byId("none").hidden = !none;
    if (!none) return;
    const text = this.wish.q.trim();
    setText(byId("none-why"), text ? t("lobby.none_for", { text }) : t("lobby.none"));
    setText(byId("none-do"), text ? t("lobby.none_text") : t("lobby.none_filters"));
  }

  #take() {
    const status = this.#form.querySelector('[name="status"]:checked').value;
    const priced = this.#prices();
    this.#become({ q: byId("q").value, status, sort: byId("sort").value, format: byId("format").value, ...priced });
  }

  /** Amounts need a currency: the one that is chosen, or the only one, or the first. */
  #prices() {
    const chosen = byId("currency").value;
    const typed = { from: byId("from").value.trim(), to: byId("to").value.trim() };
    const currency = chosen || (typed.from || typed.to ? this.#currencies[0] ?? "" : "");
    const money = currency ? this.#money(currency) : null;
    if (currency && !money) return { currency, from: this.wish.from, to: this.wish.to }; // nothing is known yet
    const read = Object.fromEntries(Object.entries(typed).map(([end, text]) => [end, text && money ? money.parse(text) : {}]));
    for (const end of ["from", "to"]) byId(end).setAttribute("aria-invalid", String(Boolean(read[end].error && !read[end].zero)));
    const wrong = Object.values(read).find(({ error, zero }) => error && !zero)?.error;
    const [from, to] = [read.from.minor ?? null, read.to.minor ?? null];
    setNote(byId("price-problem"), wrong ?? (from !== null && to !== null && from > to ? t("lobby.price_turned") : ""));
    if (wrong) return { currency: this.wish.currency, from: this.wish.from, to: this.wish.to };
    byId("currency").value = currency;
    return { currency, from, to };
  }

  #become(wish) {
    this.wish = Object.freeze({ ...EVERYTHING, ...wish });
    history.replaceState(null, "", location.pathname + writeWish(this.wish, location.search) + location.hash);
    this.#fold();
    this.#changed();
  }

  #clear() {
    const { sort } = this.wish; // that leaves nothing out
    this.wish = Object.freeze({ ...EVERYTHING, sort });
    this.#show();
    this.#become(this.wish);
    byId("q").focus();
  }

  /** Puts the wish into the form. */
  #show() {
    const { q, status, sort, format } = this.wish;
    byId("q").value = q;
    for (const value of STATUSES) this.#form.querySelector(`[name="status"][value="${value}"]`).checked = value === status;
    byId("sort").value = sort;
    byId("format").value = format;
    this.#showPrices();
    setNote(byId("price-problem"), "");
    if (foldedAway(this.wish) > 0) this.#unfold(true);
    this.#fold();
  }

  #showPrices() {
    const { currency } = this.wish;
    byId("currency").value = currency;
    const money = currency ? this.#money(currency) : null;
    for (const end of ["from", "to"]) {
      const minor = this.wish[end];
      if (document.activeElement !== byId(end)) byId(end).value = minor !== null && money ? money.plain(minor) : "";
      byId(end).setAttribute("aria-invalid", "false");
    }
  }

  #unfold(open) {
    byId("more-filters").hidden = !open;
    byId("more").setAttribute("aria-expanded", String(open));
  }

  #fold() {
    const count = foldedAway(this.wish);
    setNote(byId("more-count"), count ? String(count) : "");
  }
}

/** The address has changed since the server wrote this link. */
function speak(link) {
  const asked = new URLSearchParams(location.search);
  asked.set("lang", link.hreflang);
  link.href = `${location.pathname}?${asked}`;
}

function focusSearch(event) {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("input:not([type=radio]), textarea, select, [contenteditable], dialog")) return;
  event.preventDefault();
  byId("q").focus();
  byId("q").select();
}
