// Which cards stand in the lobby, in what order, and how that stands in the address: without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mayMove, shelve, shownPrice } from "../../web/js/shelf.js";
import { staying } from "../../web/js/staying.js";
import { EVERYTHING, foldedAway, isFiltering, readWish, writeWish } from "../../web/js/wish.js";
import "./support/words.js";

const NOW = 1_000_000;
const LOT = {
  title: "A lot", seller: { id: "eva", name: "Eva" }, currency: "EUR", format: "english", dutch: null, start: 100, price: null, leader: null,
  status: "open", starts_at: NOW - 60_000, ends_at: NOW + 60_000, bids: 0, watching: 0, outcome: null,
};
const lot = (id, given = {}) => ({ ...LOT, id, ...given });
const shown = (auctions, wish = {}, now = NOW) => shelve(auctions, { ...EVERYTHING, ...wish }, now).sections;

test("each stands in its section: open by their end, coming by their start, ended latest first", () => {
  const auctions = [
    lot("b", { ends_at: NOW + 9 }), lot("a", { ends_at: NOW + 5 }), lot("p", { status: "paused", ends_at: NOW + 7 }),
    lot("later", { status: "scheduled", starts_at: NOW + 20 }), lot("soon", { status: "scheduled", starts_at: NOW + 10 }),
    lot("old", { status: "closed", ends_at: NOW - 9 }), lot("new", { status: "cancelled", ends_at: NOW - 5 }),
  ];
  assert.deepEqual(shown(auctions), { open: ["a", "p", "b"], scheduled: ["soon", "later"], ended: ["new", "old"] });
});

test("the same end: the order is the same whatever came first", () => {
  assert.deepEqual(shown([lot("b"), lot("a")]).open, ["a", "b"]);
  assert.deepEqual(shown([lot("a"), lot("b")]).open, ["a", "b"]);
});

test("a search finds title and seller, all words of it, without accents and capitals", () => {
  const auctions = [lot("harbour", { title: "Puerto de CÁDIZ" }), lot("viola", { title: "Viola", seller: { id: "i", name: "Íñigo" } }), lot("x")];
  const found = (q) => shown(auctions, { q }).open;
  assert.deepEqual(found("cadiz"), ["harbour"]);
  assert.deepEqual(found("  cádiz   puer "), ["harbour"]);
  assert.deepEqual(found("INIGO"), ["viola"]);
  assert.deepEqual(found("viola inigo"), ["viola"]);
  assert.deepEqual(found("viola cadiz"), []);
  assert.deepEqual(found(" "), ["harbour", "viola", "x"]);
  assert.deepEqual(found(".*"), [], "it is text, not a pattern");
});

test("a status leaves the other sections empty, yet says how many stand there", () => {
  const auctions = [lot("a"), lot("b", { status: "scheduled" }), lot("c", { status: "closed", outcome: "unsold" }), lot("d", { title: "Other", status: "closed" })];
  const shelf = shelve(auctions, { ...EVERYTHING, q: "lot", status: "ended" }, NOW);
  assert.deepEqual(shelf.sections, { open: [], scheduled: [], ended: ["c"] });
  assert.deepEqual(shelf.counts, { open: 1, scheduled: 1, ended: 1 });
  assert.deepEqual([shelf.found, shelf.total], [1, 4]);
});

test("formats, currencies and prices are filtered by what the card shows", () => {
  const dutch = { format: "dutch", start: 1_000, dutch: { step: 100, every_ms: 1_000, floor: 200, since: NOW } };
  const auctions = [lot("cheap"), lot("dear", { price: 5_000 }), lot("yen", { currency: "JPY", price: 5_000 }), lot("falls", dutch), lot("sealed", { format: "sealed", start: 300, price: null })];
  assert.deepEqual(shown(auctions, { format: "dutch" }).open, ["falls"]);
  assert.deepEqual(shown(auctions, { currency: "JPY" }).open, ["yen"]);
  assert.deepEqual(shown(auctions, { currency: "EUR", from: 800 }).open, ["dear", "falls"]);
  assert.deepEqual(shown(auctions, { currency: "EUR", from: 800 }, NOW + 5_000).open, ["dear"], "it has fallen below");
  assert.deepEqual(shown(auctions, { currency: "EUR", to: 300 }).open, ["cheap", "sealed"]);
  assert.equal(shownPrice(lot("falls", dutch), NOW + 2_000), 800);
});

test("orders: newest, by price within a currency, by bids, by those who watch", () => {
  const auctions = [
    lot("a", { price: 900, bids: 1, watching: 5, starts_at: NOW - 3 }), lot("b", { price: 100, bids: 9, watching: 0, starts_at: NOW - 1 }),
    lot("y", { currency: "JPY", price: 500, bids: 2, watching: 1, starts_at: NOW - 2 }),
  ];
  const by = (sort) => shown(auctions, { sort }).open;
  assert.deepEqual(by("newest"), ["b", "y", "a"]);
  assert.deepEqual(by("cheapest"), ["b", "a", "y"]);
  assert.deepEqual(by("dearest"), ["a", "b", "y"]);
  assert.deepEqual(by("bids"), ["b", "y", "a"]);
  assert.deepEqual(by("watched"), ["a", "y", "b"]);
});

test("most bids move nothing", () => {
  const before = lot("a", { price: 100, bids: 1 });
  const after = { ...before, price: 200, bids: 2, seq: 9 };
  assert.equal(mayMove(before, after, EVERYTHING), false);
  assert.equal(mayMove(undefined, after, EVERYTHING), true);
  assert.equal(mayMove(before, { ...after, ends_at: NOW + 70_000 }, EVERYTHING), true);
  assert.equal(mayMove(before, { ...after, status: "closed" }, EVERYTHING), true);
  for (const wish of [{ sort: "bids" }, { sort: "cheapest" }, { sort: "dearest" }, { currency: "EUR", to: 150 }]) {
    assert.equal(mayMove(before, after, { ...EVERYTHING, ...wish }), true, JSON.stringify(wish));
  }
  assert.equal(mayMove(before, after, { ...EVERYTHING, sort: "watched" }), false);
});

test("an address holds the wish, and nothing that is usual", () => {
  const wish = { q: "ámbar & oro", status: "ended", format: "dutch", currency: "EUR", from: 100, to: 12_050, sort: "bids" };
  assert.deepEqual({ ...readWish(writeWish(wish)) }, wish);
  assert.equal(writeWish(EVERYTHING), "");
  assert.equal(writeWish({ ...EVERYTHING, q: "x" }, "?other=1&sort=bids"), "?other=1&q=x");
});

test("what makes no sense in an address is as if it were not there", () => {
  assert.deepEqual(readWish("?status=nowhere&format=&sort=__proto__&currency=euro&from=-5&to=1e9"), EVERYTHING);
  assert.deepEqual(readWish("?from=100&to=200"), EVERYTHING, "an amount of no currency is none");
  assert.equal(readWish(`?q=${"x".repeat(500)}`).q.length, 100);
});

test("what is folded away, and whether anything is left out", () => {
  assert.equal(foldedAway({ ...EVERYTHING, q: "x", currency: "EUR", from: 1, to: 2 }), 2);
  assert.equal(isFiltering({ ...EVERYTHING, sort: "bids", q: " " }), false);
  assert.equal(isFiltering({ ...EVERYTHING, status: "open" }), true);
});

test("a new order moves as few as can be", () => {
  const moved = (current, wanted) => wanted.length - staying(current, wanted).size;
  assert.equal(moved([..."abcd"], [..."abcd"]), 0);
  assert.equal(moved([..."abcd"], [..."bcda"]), 1, "the first goes to the end");
  assert.equal(moved([..."abcd"], [..."dabc"]), 1);
  assert.equal(moved([..."abcd"], [..."dcba"]), 3);
  assert.equal(moved([..."abc"], [..."axbc"]), 1, "one arrives");
  assert.equal(moved([..."abc"], [..."ac"]), 0, "one goes");
  assert.equal(moved([], [..."ab"]), 2);
  assert.deepEqual(staying([..."ab"], []), new Set());
});
