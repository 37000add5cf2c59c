// What is said where something was not taken: in English the server's own sentence, elsewhere the page's, and never a bare code.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { wordsOf } from "./support/words.js";

const MONEY = { format: (minor) => `${minor} c` };
const LOW = { code: "bid_too_low", message: "The lowest bid that counts now is 105.00 EUR.", minimum: 10_500 };

/** The module as a page in this language has it. */
async function spokenIn(language) {
  const words = { textContent: JSON.stringify(wordsOf(language)) };
  globalThis.document = { documentElement: { lang: language }, getElementById: () => words };
  try {
    const own = await import(`../../web/js/words.js?${language}`);
    const source = readFileSync(new URL("../../web/js/refusals.js", import.meta.url), "utf8").replace("./words.js", `${new URL("../../web/js/words.js", import.meta.url)}?${language}`);
    assert.equal(own.language, language);
    return (await import(`data:text/javascript,${encodeURIComponent(source)}`)).refusalWords;
  } finally {
    delete globalThis.document;
  }
}

test("every code of the protocol has words", () => {
  const protocol = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");
  const [, table] = protocol.split("\n## Refusals\n");
  const rows = table.split("\n## ")[0].split("\n").filter((line) => line.startsWith("| `"));
  const codes = rows.flatMap((row) => [...row.split("|")[1].matchAll(/`(\w+)`/g)].map(([, code]) => code));
  assert.ok(codes.length >= 20);
  for (const code of codes) assert.ok(Object.hasOwn(wordsOf("en"), `shared.refused_${code}`), code);
});

test("in English the server's sentence; the page's where there is none", async () => {
  const refusalWords = await spokenIn("en");
  assert.equal(refusalWords(LOW, MONEY), LOW.message);
  assert.equal(refusalWords({ code: "busy" }), wordsOf("en")["shared.refused_busy"]);
  assert.equal(refusalWords({ detail: "No." }), "No.");
  assert.equal(refusalWords({}), "The server did not take it.");
});

test("elsewhere the page's sentence with its figures; the server's where there is none", async () => {
  const refusalWords = await spokenIn("es");
  assert.equal(refusalWords(LOW, MONEY), "La puja más baja que vale ahora es de 10500 c.");
  assert.equal(refusalWords({ ...LOW, minimum: undefined }, MONEY), LOW.message, "a figure is missing");
  assert.equal(refusalWords({ code: "paused", message: "Paused." }), wordsOf("es")["shared.refused_paused"]);
  assert.equal(refusalWords({ code: "of_the_future", message: "Not today." }), "Not today.");
});
