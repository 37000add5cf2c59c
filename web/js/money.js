// Money as whole minor units, shown and read in the reader's own locale. No floating point:
// amounts travel between integers and digits as text.

import { locale as own, t } from "./words.js";

const MOST = 1_000_000_000_000; // the server's bound, in minor units
const LOOSE = /[\s\u00a0\u202f'\u2019_\u200e\u200f\u061c]/g; // what can only group, and marks of direction

export class Money {
  #currency;
  #decimals;
  #shown;
  #spoken;
  #plain;
  #digits;
  #marks;
  #names;

  constructor(currency, decimals, locale = own) {
    const places = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    this.#currency = currency;
    this.#decimals = decimals;
    this.#shown = currencyFormat(locale, currency, places);
    this.#spoken = currencyFormat(locale, currency, { ...places, currencyDisplay: "name" });
    this.#plain = new Intl.NumberFormat(locale, { ...places, useGrouping: false });
    this.#digits = localDigits(locale);
    this.#marks = decimalMarks(locale, currency);
    this.#names = currencyNames(locale, currency);
  }

  /** With the currency: "€1,234.50". */
  format(minor) {
    const text = decimalText(minor, this.#decimals);
    return this.#shown ? this.#shown.format(text) : `${text} ${this.#currency}`;
  }

  /** With the currency's name: "1,234.50 euros". */
  named(minor) {
    return this.#spoken?.format(decimalText(minor, this.#decimals)) ?? this.format(minor);
  }

  /** For an input: no currency, no grouping. */
  plain(minor) {
    return this.#plain.format(decimalText(minor, this.#decimals));
  }

  /** `{ minor }`, or `{ error }`: a sentence for the one who typed; with `zero` where it is an amount, but nothing. */
  parse(typed) {
    const text = this.#bare(typed);
    if (text === "") return { error: t("shared.money_enter") };
    if (!/^\d[\d.,]*$|^[.,]\d+$/.test(text)) return { error: t("shared.money_none") };
    const split = splitAmount(text, this.#marks, this.#decimals);
    if (!split) return { error: t("shared.money_which_mark", { typed: typed.trim() }) };
    if (split.fraction.length > this.#decimals) return { error: this.#tooFine() };
    return bounded(split.whole + split.fraction.padEnd(this.#decimals, "0"));
  }

  /** Digits and marks alone: what `format` shows can be pasted back. */
  #bare(typed) {
    const text = bared(typed);
    const name = this.#names.find((known) => text.startsWith(known) || text.endsWith(known)) ?? "";
    const digits = text.startsWith(name) ? text.slice(name.length) : text.slice(0, -name.length);
    return [...digits].map((char) => this.#digits.get(char) ?? char).join("");
  }

  #tooFine() {
    if (this.#decimals === 0) return t("shared.money_whole", { currency: this.#currency });
    return t("shared.money_decimals", { currency: this.#currency, decimals: this.#decimals });
  }
}

/** Without blanks, marks of direction and signs of currencies; wide forms, as an input method gives them, made narrow. */
function bared(text) {
  return text.replace(/\p{Sc}/gu, "").normalize("NFKC").replace(LOOSE, "").toUpperCase();
}

/** 12050, 2 → "120.50", by moving digits. */
function decimalText(minor, decimals) {
  const digits = String(Math.abs(minor)).padStart(decimals + 1, "0");
  const sign = minor < 0 ? "-" : "";
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function bounded(digits) {
  const significant = digits.replace(/^0+/, "");
  if (significant === "") return { error: t("shared.money_nothing"), zero: true };
  if (significant.length > 13 || Number(significant) > MOST) return { error: t("shared.money_too_much") };
  return { minor: Number(significant) };
}

/**
 * Which mark is the decimal one? With both, the last. Repeated, none. Alone, the locale's own; the other
 * locale's only where it cannot be grouping ("12,50" read in English). Null where only the writer knows.
 */
function splitAmount(text, localMarks, decimals) {
  const last = Math.max(text.lastIndexOf("."), text.lastIndexOf(","));
  if (last < 0) return { whole: text, fraction: "" };
  const mark = text[last];
  const other = mark === "." ? "," : ".";
  const before = text.slice(0, last);
  const after = text.slice(last + 1);
  if (before.includes(mark)) return !text.includes(other) && grouped(text, mark) ? whole(text) : null;
  if (before.includes(other)) return grouped(before, other) ? { whole: whole(before).whole, fraction: after } : null;
  if (localMarks.has(mark)) return { whole: before, fraction: after };
  if (grouped(text, mark)) return whole(text);
  return after.length <= decimals ? { whole: before, fraction: after } : null;
}

/** Thousands, or lakh and crore; a leading 0 groups nothing. */
function grouped(text, mark) {
  const parts = text.split(mark);
  const [first, ...rest] = parts;
  const tail = rest.pop();
  return /^[1-9]\d{0,2}$/.test(first) && tail.length === 3 && rest.every((part) => part.length === 2 || part.length === 3);
}

function whole(text) {
  return { whole: text.replace(/[.,]/g, ""), fraction: "" };
}

function currencyFormat(locale, currency, places) {
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency, ...places });
  } catch {
    return null; // a currency this browser has never heard of
  }
}

function localDigits(locale) {
  const shown = [...new Intl.NumberFormat(locale, { useGrouping: false }).format(9876543210)];
  const digits = new Map(shown.map((char, at) => [char, String(9 - at)]));
  return digits.set("٫", ".").set("٬", ",");
}

/** What stands before decimals here. Some places write money with another mark than other numbers (fr-CH: 1.50, 1,5): there it is both. */
function decimalMarks(locale, currency) {
  const places = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  const formats = [new Intl.NumberFormat(locale, places), currencyFormat(locale, currency, places)];
  const parts = formats.flatMap((format) => format?.formatToParts(1.5) ?? []);
  return new Set(parts.filter(({ type }) => type === "decimal").map(({ value }) => (value === "," ? "," : ".")));
}

/** How people here write the currency, the longest first: its code, its sign, its name. */
function currencyNames(locale, currency) {
  const named = ["symbol", "narrowSymbol", "name"].flatMap((currencyDisplay) => {
    const format = currencyFormat(locale, currency, { currencyDisplay });
    return [1, 2, 5].flatMap((count) => format?.formatToParts(count).filter(({ type }) => type === "currency").map(({ value }) => value) ?? []);
  });
  return [...new Set([currency, ...named].map(bared))].filter((name) => name !== "").sort((a, b) => b.length - a.length);
}
