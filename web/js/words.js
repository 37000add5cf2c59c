// The words of the page, in its language: the server puts them into it, from `web/words`. A key is the file's name and the word's: "lot.leads".

const SPOKEN = ["en", "es"]; // as the server has them
const inPage = globalThis.document?.getElementById("words");
let words = inPage ? JSON.parse(inPage.textContent) : {};

/** `en` or `es`. */
export const language = globalThis.document?.documentElement.lang || "en";

/** How amounts, numbers and times are written: the reader's own way, unless that belongs to another language that the page could have. */
export const locale = localeFor(language, globalThis.navigator?.languages ?? []);

const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(locale);

/** For those who have no page. */
export function useWords(table) {
  words = table;
}

/** The words of `key`: `{name}` stands for `given.name`; where there are plural forms, `given.count` chooses. Numbers are written as people do. */
export function t(key, given) {
  return parts(key, given).join("");
}

/** As `t`, in pieces: what is given may be nodes. */
export function parts(key, given = {}) {
  const known = Object.hasOwn(words, key) ? words[key] : key;
  const text = typeof known === "string" ? known : known[plurals.select(given.count)] ?? known.other;
  return text.split(/\{(\w+)\}/).map((piece, at) => (at % 2 ? filled(given[piece]) : piece)).filter((piece) => piece !== "");
}

function filled(value) {
  return typeof value === "number" ? numbers.format(value) : value;
}

export function localeFor(spoken, preferred) {
  const of = (tag) => tag.split("-")[0].toLowerCase();
  const [own] = preferred;
  if (own && !SPOKEN.includes(of(own))) return own;
  return preferred.find((tag) => of(tag) === spoken) ?? spoken;
}
