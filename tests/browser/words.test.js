// Every language says the same things, and nothing that is not said.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { localeFor, parts, t, useWords } from "../../web/js/words.js";
import { WORDS, wordsOf } from "./support/words.js";

const WEB = new URL("../", WORDS);
const languages = readdirSync(WORDS);
const english = wordsOf("en");

/** Every text: one, or one for each plural form. */
const texts = (words) => (typeof words === "string" ? [words] : Object.values(words));
const blanks = (words) => texts(words).map((text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort().join());

test("the languages have the same keys, and the same blanks in them", () => {
  assert.ok(languages.length > 1);
  for (const language of languages) {
    const words = wordsOf(language);
    assert.deepEqual(Object.keys(words).sort(), Object.keys(english).sort(), language);
    for (const [key, said] of Object.entries(words)) {
      assert.equal(typeof said, typeof english[key], `${language}: ${key}`);
      assert.ok(texts(said).every((text) => text.trim() !== ""), `${language}: ${key} is empty`);
      assert.deepEqual(blanks(said).at(-1), blanks(english[key]).at(-1), `${language}: ${key}`);
      if (typeof said === "object") assert.ok(Object.hasOwn(said, "other"), `${language}: ${key} has no other`);
    }
  }
});

test("what is asked for is there, and what is there is asked for", () => {
  const files = readdirSync(WEB, { recursive: true }).filter((file) => /\.(js|html)$/.test(file) && !file.startsWith("vendor"));
  const source = files.map((file) => readFileSync(new URL(file, WEB), "utf8")).join("\n");
  const asked = [...source.matchAll(/\b(?:t|parts)\(\s*"([^"]+)"/g)].map(([, key]) => key);
  for (const key of asked) assert.ok(Object.hasOwn(english, key), `no words for ${key}`);
  // Some are chosen by what the server says: `lot.status_${status}`. And some stand in tables, as whole keys.
  const stems = [...source.matchAll(/`((?:shared|lot|bid|lobby|console)\.\w*)\$\{/g)].map(([, stem]) => stem);
  const unused = Object.keys(english).filter((key) => !source.includes(`"${key}"`) && !stems.some((stem) => key.startsWith(stem)));
  assert.deepEqual(unused, [], "words that nobody says");
});

test("blanks are filled, numbers written as people do, plurals chosen", () => {
  useWords({ "lot.leads": "{name} leads", "lot.bids": { one: "{count} bid", other: "{count} bids" } });
  assert.equal(t("lot.leads", { name: "Ana" }), "Ana leads");
  assert.equal(t("lot.bids", { count: 1 }), "1 bid");
  assert.equal(t("lot.bids", { count: 1_234 }), "1,234 bids");
  const node = { tag: "bdi" };
  assert.deepEqual(parts("lot.leads", { name: node }), [node, " leads"]);
  assert.equal(t("lot.nowhere"), "lot.nowhere");
});

test("amounts are written the reader's way, unless that is another language's", () => {
  assert.equal(localeFor("en", ["en-GB", "es"]), "en-GB");
  assert.equal(localeFor("es", ["en-GB", "es-MX"]), "es-MX");
  assert.equal(localeFor("es", ["en-GB"]), "es");
  assert.equal(localeFor("en", ["de-CH", "en-US"]), "de-CH");
  assert.equal(localeFor("en", []), "en");
});
