// The words of the pages, for parts of them that are tried without one.

import { readFileSync, readdirSync } from "node:fs";
import { useWords } from "../../../web/js/words.js";

export const WORDS = new URL("../../../web/words/", import.meta.url);

/** All words of a language, by section and key. */
export function wordsOf(language) {
  const folder = new URL(`${language}/`, WORDS);
  const entries = readdirSync(folder).flatMap((file) => {
    const section = file.replace(/\.json$/, "");
    return Object.entries(JSON.parse(readFileSync(new URL(file, folder), "utf8"))).map(([key, words]) => [`${section}.${key}`, words]);
  });
  return Object.fromEntries(entries);
}

useWords(wordsOf("en"));
