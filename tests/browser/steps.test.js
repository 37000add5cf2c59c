// What the quick steps of the bid box offer is what the server would ask for, rule by rule; and when a bid is worth a second thought.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import "./support/words.js";
import { Server } from "./support/server.js";
import { fromSnapshot } from "../../web/js/auction-state.js";
import { Draft } from "../../web/js/draft.js";
import { Money } from "../../web/js/money.js";
import { remedyOf } from "../../web/js/refusals.js";
import { isUnusual, secondThought } from "../../web/js/second-thought.js";
import { quickAmounts, stepAt } from "../../web/js/steps.js";

let server;
before(async () => { server = await Server.start(); });
after(async () => { await server?.stop(); });

const RULES = [
  { name: "ebay", increments: "ebay" },
  { name: "table", increments: [{ from: 0, step: 7 }, { from: 2_500, step: 30 }, { from: 100_000, step: 1_001 }] },
  { name: "percent", increments: { percent: 3, at_least: 11 } },
];
// The edges of the bands, and what lies on both sides of them.
const PRICES = [1, 4, 5, 99, 100, 499, 500, 2_499, 2_500, 2_501, 9_999, 10_000, 24_999, 25_000, 50_000, 99_999, 100_000, 250_000, 500_000, 123_456_789];

for (const { name, increments } of RULES) {
  test(`the step at a price is the server's: ${name}`, async () => {
    const id = `steps-${name}`;
    await server.create("Eva", { id, title: "A lot", start: 1, duration_ms: 3_600_000, increments });
    const told = (await server.auction(id)).increments;
    for (const [at, price] of PRICES.entries()) {
      const { status, body } = await server.bid(at % 2 ? "Ana" : "Ben", id, price);
      const auction = await server.auction(id);
      // Too near to the one before: then the server's figures are those of the price there is.
      if (status !== 200) assert.equal(body.code, "bid_too_low");
      assert.equal(auction.minimum, auction.price + stepAt(told, auction.price), `at ${auction.price}`);
    }
  });
}

test("three amounts that rise by the rule; from beyond one's own maximum; none where the rule is not known", () => {
  const auction = { increments: "ebay", minimum: 9_900 };
  assert.deepEqual(quickAmounts(auction), [9_900, 10_000, 10_250]);
  assert.deepEqual(quickAmounts(auction, { beyond: 20_000 }), [20_250, 20_500, 20_750]);
  assert.deepEqual(quickAmounts(auction, { beyond: 5_000 }), [9_900, 10_000, 10_250], "a maximum long passed");
  assert.deepEqual(quickAmounts({ increments: null, minimum: 100 }), []);
  assert.deepEqual(quickAmounts({ increments: "later", minimum: 100 }), []);
  assert.deepEqual(quickAmounts({ increments: "ebay", minimum: 1_000_000_000_000 }), [1_000_000_000_000], "no more than can be bid");
});

const euros = new Money("EUR", 2, "en-GB");
const LOT = fromSnapshot({ format: "english", minimum: 10_000, status: "open", recent: [] });
const asked = (rest) => secondThought({ state: LOT, money: euros, mode: "amount", price: 9_750, quick: [], ...rest });

test("much more than need be is asked once more; a quick step never", () => {
  const unusual = (minor, mode = "amount", rest = {}) => isUnusual({ state: { ...LOT, ...rest }, mode, minor });
  assert.deepEqual([14_999, 15_000, 1_000_000].map((minor) => unusual(minor)), [false, true, true]);
  assert.deepEqual([15_000, 99_999, 100_000].map((minor) => unusual(minor, "max")), [false, false, true]);
  assert.deepEqual([99_999, 100_000].map((minor) => unusual(minor, "amount", { format: "vickrey" })), [false, true]);
  assert.equal(isUnusual({ state: { ...LOT, minimum: 5 }, mode: "amount", minor: 15, quick: [5, 10, 15] }), false);
  assert.equal(asked({ minor: 10_000 }), null);
  const { head, why, label } = asked({ minor: 150_000 });
  assert.deepEqual([head, label], ["Bid as much as €1,500.00?", "Bid €1,500.00"]);
  assert.match(why, /^That is 1,500\.00 euros\. The least that counts now is €100\.00\./);
});

test("what was meant at another price is asked once more, and says both", () => {
  assert.equal(asked({ minor: 10_500, meant: undefined }), null);
  assert.equal(asked({ minor: 10_500, meant: 9_750 }), null, "it has not moved");
  const { why } = asked({ minor: 10_500, price: 11_000, meant: 10_000 });
  assert.equal(why, "You meant €105.00 when the price was €100.00; it is now €110.00.");
});

test("what a button can do about a refusal", () => {
  assert.deepEqual(["bid_too_low", "already_leading", "busy", "closed"].map((code) => remedyOf({ code })), ["instead", "raise", "again", null]);
});

class Store {
  kept = new Map();
  getItem(key) { return this.kept.get(key) ?? null; }
  setItem(key, value) { this.kept.set(key, value); }
  removeItem(key) { this.kept.delete(key); }
}

test("a draft outlives a reload, and remembers at what price it was meant", () => {
  const store = new Store();
  const draft = new Draft("lot", store);
  draft.type("105", "max", 10_000);
  assert.equal(draft.meantAt, undefined, "nothing has come between");
  draft.interrupt();
  assert.equal(draft.meantAt, 10_000);
  draft.type("106", "amount", 10_250);
  assert.equal(draft.meantAt, undefined, "typed anew, it is meant anew");
  const command = { type: "bid", id: "5f0c", amount: 10_600 };
  draft.keepPending({ command, order: { amount: 10_600 }, bidder: "ana", price: 10_250 });

  const again = new Draft("lot", store);
  assert.deepEqual(again.typed, { text: "106", mode: "amount", price: 10_250 });
  assert.deepEqual([again.meantAt, again.pending.command], [10_250, command]);
  assert.equal(new Draft("other", store).typed, undefined);
  again.forget();
  assert.equal(store.kept.size, 0, "nothing stays behind");
});

test("what a store holds that is no draft is none; one that throws keeps nobody from bidding", () => {
  const store = new Store();
  for (const kept of ["nonsense", "null", "7", '{"typed":{"text":7},"pending":{"command":{}}}']) {
    store.setItem("subasta.draft.lot", kept);
    const draft = new Draft("lot", store);
    assert.deepEqual([draft.typed, draft.pending, draft.meantAt], [undefined, undefined, undefined], kept);
  }
  const full = { getItem: () => { throw new Error("forbidden"); }, setItem: () => { throw new Error("full"); } };
  const draft = new Draft("lot", full);
  draft.type("105", "amount", 1);
  assert.equal(draft.typed.text, "105");
});
