// From what is typed into the form to the terms of an auction, and from the server's fields back to those of the form. Pure.

import { decimalsOf } from "../currency.js";
import { Money } from "../money.js";
import { t } from "../words.js";

const UNITS = { minutes: 60_000, hours: 3_600_000, days: 86_400_000 };
const SECOND_MS = 1_000;

/** Reads the form, field by field, and collects what cannot be read. */
class Reader {
  errors = {};
  #values;
  #money;
  #count;

  constructor(values, locale) {
    const currency = values.currency.trim().toUpperCase();
    this.#values = values;
    this.#money = new Money(currency, decimalsOf(currency), locale);
    this.#count = new Money("XXX", 0, locale); // reads whole numbers, too
  }

  text(name) {
    return this.#values[name].trim() || undefined;
  }

  money(name, { required = false } = {}) {
    return this.amount(name, this.#values[name], required);
  }

  amount(name, typed, required = true) {
    if (typed.trim() === "" && !required) return undefined;
    const { minor, error } = this.#money.parse(typed);
    if (error) this.errors[name] ??= error;
    return minor;
  }

  /** Where a band of a table begins: 0 is no amount to bid, but here it may stand. */
  from(name, typed) {
    return this.#money.parse(typed).zero ? 0 : this.amount(name, typed);
  }

  whole(name) {
    const { minor } = this.#count.parse(this.#values[name]);
    if (minor === undefined) this.errors[name] ??= t("console.wrong_whole");
    return minor;
  }

  /** A local date and time as `<input type="datetime-local">` has it; milliseconds of UTC. */
  moment(name, { required = true } = {}) {
    const typed = this.#values[name];
    if (typed === "" && !required) return null;
    const at = new Date(typed).getTime();
    if (Number.isNaN(at)) this.errors[name] ??= t("console.wrong_moment");
    return at;
  }
}

/** `values`: what stands in the form, by name. Gives `{terms}`, or `{errors}` by name of field. */
export function termsOf(values, locale) {
  const read = new Reader(values, locale);
  if (read.text("title") === undefined) read.errors.title = t("console.wrong_no_title");
  const format = values.format;
  const terms = {
    id: read.text("id"),
    title: read.text("title"),
    description: read.text("description"),
    image: read.text("image"),
    currency: read.text("currency")?.toUpperCase(),
    format,
    start: read.money("start", { required: true }),
    ...schedule(values, read),
    aliases: values.aliases || undefined,
    ...(format === "english" ? english(values, read) : {}),
    ...(format === "dutch" ? dutch(read) : { reserve: read.money("reserve") }),
  };
  return Object.keys(read.errors).length > 0 ? { errors: read.errors } : { terms };
}

function english(values, read) {
  return {
    buy_now: read.money("buy_now"),
    increments: increments(values, read),
    automatic_bids: values.automatic_bids,
    soft_close: values.soft_close && softClose(values, read),
  };
}

function dutch(read) {
  const [floor, step] = ["floor", "step"].map((name) => read.money(name, { required: true }));
  return { dutch: { floor, step, every_ms: read.whole("every") * SECOND_MS } };
}

function increments(values, read) {
  if (values.increments === "percent") return { percent: read.whole("percent"), at_least: read.money("at_least", { required: true }) };
  if (values.increments !== "table") return "ebay";
  return values.table.map(({ from, step }) => ({ from: read.from("table", from), step: read.amount("table", step) }));
}

function softClose(values, read) {
  const [window_ms, extend_ms] = ["window", "extend"].map((name) => read.whole(name) * SECOND_MS);
  return { window_ms, extend_ms, mode: values.mode, latest: read.moment("latest", { required: false }) };
}

function schedule(values, read) {
  const starts_at = values.starts === "at" ? read.moment("starts_at") : undefined;
  if (values.ends === "at") return { starts_at, ends_at: read.moment("ends_at") };
  return { starts_at, duration_ms: read.whole("duration") * UNITS[values.unit] };
}

const FIELDS = {
  "increments.percent": "percent", "increments.at_least": "at_least", "soft_close.window_ms": "window", "soft_close.extend_ms": "extend",
  "soft_close.latest": "latest", "dutch.floor": "floor", "dutch.step": "step", "dutch.every_ms": "every", duration_ms: "duration",
};

/** What may stand in a field, by the form's name for it or the server's where it is the same: the page's own words, null where it has none. */
export function faultWords(name) {
  const key = `console.terms_${name}`;
  const words = t(key);
  return words === key ? null : words;
}

/** The field of the form that the server's `field` is about; null where the form has none. */
export function formField(field, values) {
  if (Object.hasOwn(FIELDS, field)) return FIELDS[field];
  const [group] = field.split(/[.[]/);
  if (group === "increments") return values.increments === "table" ? "table" : "increments";
  if (group === "soft_close") return "window";
  if (group === "dutch") return "floor";
  if (group === "ends_at") return values.ends === "at" ? "ends_at" : "duration";
  if (group === "starts_at") return values.starts === "at" ? "starts_at" : null;
  return Object.hasOwn(values, group) ? group : null;
}
