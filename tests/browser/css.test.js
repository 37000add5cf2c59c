// The style sheets, as text: what holds for all of them, whatever the page.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const CSS = new URL("../../web/css/", import.meta.url);
const sheets = readdirSync(CSS).map((name) => ({ name, text: readFileSync(new URL(name, CSS), "utf8").replace(/\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " ")) }));

/** `file:line: declaration` of every declaration that `wrong` complains of. */
function found(wrong) {
  return sheets.flatMap(({ name, text }) => [...text.matchAll(/(?<=[{;]\s*)(--)?([a-z-]+)\s*:\s*([^;{}]+)(?=[;}])/g)]
    .filter(([, custom, property, value]) => wrong(custom ? `--${property}` : property, value.trim()))
    .map(({ 0: declaration, index }) => `${name}:${text.slice(0, index).split("\n").length}: ${declaration}`));
}

/** Four values are top, right, bottom, left. */
function lopsided(value) {
  const sides = value.match(/(?:[^\s(]|\([^]*?\))+/g) ?? [];
  return sides.length === 4 && sides[1] !== sides[3];
}

test("nothing is left or right: all turns with the direction of writing", () => {
  const wrong = found((property, value) => /^(left|right)$|-(left|right)(-|$)/.test(property)
    || (/^(text-align|float|clear|justify-content|justify-self)$/.test(property) && /\b(left|right)\b/.test(value))
    || (/^(margin|padding|inset|scroll-margin|scroll-padding|border-width)$/.test(property) && lopsided(value)));
  assert.deepEqual(wrong, []);
});

test("text is as large as the reader wants it", () => {
  assert.deepEqual(found((property, value) => /^(font|font-size)$/.test(property) && /\d(px)\b/.test(value)), []);
});

test("every rule stands in a layer, but for paper", () => {
  for (const { name, text } of sheets) {
    let depth = 0;
    for (const [at, line] of text.split("\n").entries()) {
      if (depth === 0 && line.trim() !== "") assert.match(line, /^@(layer|media print|keyframes|font-face)/, `${name}:${at + 1}`);
      depth += (line.match(/{/g) ?? []).length - (line.match(/}/g) ?? []).length;
    }
  }
});

test("the colours of text and of edges can be told from what they stand on, by day and by night", () => {
  const { text: base } = sheets.find(({ name }) => name === "base.css");
  const [light, dark] = [...base.matchAll(/:root {([^{}]*--ground[^{}]*)}/g)].map(([, tokens]) => tokens);
  const colours = (text) => Object.fromEntries([...text.matchAll(/--([a-z-]+):\s*(#[0-9a-f]+)/g)].map(([, name, hex]) => [name, hex]));
  const grounds = ["ground", "surface", "sunken"];
  const text = [
    ...grounds.flatMap((ground) => ["ink", "ink-quiet", "accent"].map((ink) => [ink, ground])),
    ["on-accent", "accent"], ["on-accent", "accent-strong"], ...["good", "warn", "bad"].flatMap((tone) => [[tone, `${tone}-ground`], [tone, "surface"], [tone, "ground"], ["ink", `${tone}-ground`]]),
  ];
  const edges = [...["ground", "surface"].map((ground) => ["line-strong", ground]), ...grounds.map((ground) => ["accent", ground])];
  for (const [scheme, tokens] of [["light", colours(light)], ["dark", { ...colours(light), ...colours(dark) }]]) {
    for (const [pairs, least] of [[text, 4.5], [edges, 3]]) {
      for (const [one, other] of pairs) {
        const ratio = contrast(tokens[one], tokens[other]);
        assert.ok(ratio >= least, `${scheme}: ${one} on ${other} is ${ratio.toFixed(2)}, under ${least}`);
      }
    }
  }
});

/** WCAG 2.2, contrast ratio. */
function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex) {
  const digits = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit) : hex.match(/[0-9a-f]{2}/g);
  const [r, g, b] = digits.map((pair) => parseInt(pair, 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
