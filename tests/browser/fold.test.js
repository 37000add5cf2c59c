// The fold of events that the pages draw from: pure, so without a page.

import assert from "node:assert/strict";
import "./support/words.js";
import { test } from "node:test";
import { actWords, voidWords } from "../../web/js/acts.js";
import { Aliases } from "../../web/js/aliases.js";
import { apply, canBuyNow, fromSnapshot, standingOf, withEarlier } from "../../web/js/auction-state.js";
import { askedPrice, isFalling, untilNextFall } from "../../web/js/falling.js";
import { Money } from "../../web/js/money.js";
import { whyWords } from "../../web/js/why.js";

const [ANA, BEN, EVA] = ["Ana", "Ben", "Eva"].map((name) => ({ id: name.toLowerCase(), name }));
const SNAPSHOT = {
  id: "lot", title: "A lot", seller: EVA, currency: "EUR", decimals: 2, format: "english", start: 10_000, reserve: "none", buy_now: null,
  aliases: false, dutch: null, why: null, revealed: null, status: "open", starts_at: 0, ends_at: 60_000, paused_at: null, warned: null, price: null,
  leader: null, minimum: 10_000, bids: 0, outcome: null, reason: null, seq: 2, watching: 1, names: null, live: null, recent: [],
};
const DUTCH = { ...SNAPSHOT, format: "dutch", start: 1_000, dutch: { floor: 200, step: 100, every_ms: 1_000, since: 5_000 } };

const euros = new Money("EUR", 2, "en-GB");
const same = (bidder) => bidder;

function bid(seq, bidder, amount, rest = {}) {
  const event = { type: "bid", seq, at: seq * 1_000, bidder, amount, automatic: false, price: amount, leader: bidder, minimum: amount + 250 };
  return { ...event, ends_at: 60_000, reserve: "none", why: "stated", ...rest };
}

const run = (auction, ...events) => events.reduce(apply, fromSnapshot(auction));
const isAna = ({ id }) => id === ANA.id;

test("a bid that is taken out: the figures are the event's, and the bid is remembered as taken out", () => {
  const before = { ...run(SNAPSHOT, bid(3, ANA, 10_000), bid(4, BEN, 50_000)), warned: 2 };
  assert.equal(standingOf(before, isAna), "outbid");
  const voided = { type: "voided", seq: 5, at: 9_000, by: EVA, bid: 4, reason: "A slip of the finger", bids: 1, reserve: "none", why: "start" };
  const after = apply(before, { ...voided, price: 10_000, leader: ANA, minimum: 10_250 });
  assert.deepEqual([after.price, after.leader, after.minimum, after.bids, after.why], [10_000, ANA, 10_250, 1, "start"]);
  assert.equal(after.warned, null, "what was going twice goes no more");
  assert.equal(after.history.length, 2, "it stays in the list");
  assert.equal(voidWords(after, after.history[1]), "Taken out by Eva: A slip of the finger");
  assert.equal(voidWords(after, after.history[0]), "");
  assert.equal(standingOf(after, isAna), "leading");
  const words = "Eva has taken out Ben’s bid of €500.00: A slip of the finger. All others were judged again without it: Ana leads at €100.00.";
  assert.equal(actWords(after, { money: euros, named: same, now: 0 }), words);

  const none = apply(after, { ...voided, seq: 6, bid: 3, price: null, leader: null, minimum: 10_000, bids: 0, why: null });
  assert.deepEqual([none.price, none.leader, standingOf(none, isAna)], [null, null, "none"]);
  assert.match(actWords(none, { money: euros, named: same, now: 0 }), /no bid is left\.$/);
});

test("what a snapshot has in `recent` makes the same lists as having been there", () => {
  const events = [bid(3, ANA, 10_000), bid(4, BEN, 12_000)];
  const voided = { type: "voided", seq: 5, at: 9_000, by: EVA, bid: 4, reason: "No.", price: 10_000, leader: ANA, minimum: 10_250, bids: 1, reserve: "none" };
  const there = run(SNAPSHOT, ...events, voided);
  const late = fromSnapshot({ ...SNAPSHOT, price: 10_000, leader: ANA, minimum: 10_250, bids: 1, seq: 5, recent: [...events, voided] });
  for (const list of ["history", "voids", "act"]) assert.deepEqual(late[list], there[list], list);
});

test("bids from before all that is known go in front, and may have been taken out since", () => {
  const voided = { type: "voided", seq: 60, at: 9_000, by: EVA, bid: 3, reason: "No.", price: 12_000, leader: BEN, minimum: 12_250, bids: 1, reserve: "none" };
  const state = fromSnapshot({ ...SNAPSHOT, bids: 1, seq: 60, recent: [bid(59, BEN, 12_000), voided] });
  const whole = withEarlier(state, [bid(3, ANA, 10_000), { type: "said", seq: 4, at: 0, from: ANA, text: "Hello" }]);
  assert.deepEqual(whole.history.map(({ seq }) => seq), [3, 59]);
  assert.equal(voidWords(whole, whole.history[0]), "Taken out by Eva: No.");
  assert.deepEqual(whole.chat, state.chat);
  assert.equal(whole.seq, 60);
});

test("sealed: only how many; all of them at the end", () => {
  const during = run({ ...SNAPSHOT, format: "sealed" }, { type: "sealed", seq: 3, at: 1, count: 1 }, { type: "sealed", seq: 4, at: 2, count: 1 });
  assert.deepEqual([during.bids, during.price, during.leader, during.history.length], [1, null, null, 0]);
  const revealed = [{ bidder: ANA, amount: 13_000, at: 2 }];
  const over = apply(during, { type: "closed", seq: 5, at: 9, by: null, outcome: "sold", winner: ANA, price: 13_000, bids: revealed });
  assert.deepEqual([over.status, over.price, over.winner, over.revealed], ["closed", 13_000, ANA, revealed]);
});

test("a dutch price falls by the clock alone, stands still while paused, and ends at its floor", () => {
  const open = fromSnapshot(DUTCH);
  assert.deepEqual([5_000, 5_999, 6_000, 12_999, 13_000, 99_000].map((now) => askedPrice(open, now)), [1_000, 1_000, 900, 300, 200, 200]);
  assert.deepEqual([5_000, 5_400, 13_000].map((now) => untilNextFall(open, now)), [1_000, 600, null]);
  const paused = apply(open, { type: "paused", seq: 3, at: 7_400, by: EVA, ends_at: 60_000 });
  assert.deepEqual([7_400, 50_000].map((now) => askedPrice(paused, now)), [800, 800]);
  const resumed = apply(paused, { type: "resumed", seq: 4, at: 17_400, by: EVA, ends_at: 70_000 });
  assert.deepEqual([17_400, 17_999, 18_000].map((now) => askedPrice(resumed, now)), [800, 800, 700]);
  const scheduled = fromSnapshot({ ...DUTCH, status: "scheduled", dutch: { ...DUTCH.dutch, since: null } });
  assert.equal(askedPrice(scheduled, 90_000), 1_000);
  const opened = apply(scheduled, { type: "opened", seq: 3, at: 90_000, by: null, ends_at: 99_000 });
  assert.equal(askedPrice(opened, 91_000), 900);
  const sold = apply(opened, bid(4, ANA, 900, { why: "clock" }));
  assert.equal(isFalling(sold), false);
  assert.equal(sold.price, 900);
});

test("it can be bought at once before the first bid, or until the reserve is met", () => {
  const lot = fromSnapshot({ ...SNAPSHOT, buy_now: 20_000 });
  assert.ok(canBuyNow(lot));
  assert.ok(!canBuyNow(apply(lot, bid(3, ANA, 10_000))));
  assert.ok(canBuyNow(apply(lot, bid(3, ANA, 10_000, { reserve: "unmet" }))));
  assert.ok(!canBuyNow(apply(lot, bid(3, ANA, 10_000, { reserve: "met" }))));
  assert.ok(!canBuyNow({ ...lot, status: "paused" }));
  assert.ok(!canBuyNow(fromSnapshot(SNAPSHOT)));
});

test("one knows oneself under an alias, and the auctioneer everyone", () => {
  const [seven, eight] = [7, 8].map((n) => ({ id: `bidder-${n}`, name: `Bidder ${n}` }));
  const ana = new Aliases();
  ana.begin({ ...ANA, roles: [] }, [{ alias: seven, person: ANA }]);
  assert.deepEqual([ana.mine(seven), ana.mine(eight), ana.mine(ANA)], [true, false, true]);
  assert.equal(ana.own.name, "Bidder 7");
  const eva = new Aliases();
  eva.begin({ ...EVA, roles: [] }, [{ alias: seven, person: ANA }]);
  eva.learn({ type: "alias", alias: eight, person: BEN });
  assert.deepEqual([seven, eight, ANA].map((bidder) => eva.named(bidder).name), ["Bidder 7 (Ana)", "Bidder 8 (Ben)", "Ana"]);
  assert.deepEqual([eva.mine(seven), eva.own], [false, null]);
  const nobody = new Aliases();
  nobody.begin({ id: null, name: null, roles: [] });
  assert.equal(nobody.mine({ id: null }), false);
});

test("every reason for a price is a sentence with the price in it, and an unknown one is none", () => {
  for (const why of ["start", "step", "cap", "tie", "stated", "reserve", "held", "buy_now", "clock"]) {
    assert.match(whyWords({ why, price: 12_345 }, euros), /€123\.45.*\.$/, why);
  }
  for (const why of [null, "toString", "later"]) assert.equal(whyWords({ why, price: 12_345 }, euros), "");
  assert.equal(whyWords({ why: "start", price: null }, euros), "");
});

test("what the auctioneer does is said in words until the next bid", () => {
  const now = 0;
  const said = (...events) => actWords(run(SNAPSHOT, ...events), { money: euros, named: same, now });
  assert.match(said({ type: "paused", seq: 3, at: 1_000, by: EVA, ends_at: 60_000 }), /^Eva has stopped the clock\./);
  assert.match(said({ type: "extended", seq: 3, at: 1_000, ends_at: 90_000, reason: "auctioneer" }), /^The auctioneer has given more time: it ends at /);
  assert.match(said({ type: "extended", seq: 3, at: 1_000, ends_at: 90_000, reason: "outage" }), /^The server was away near the end, so there is more time: /);
  assert.equal(said({ type: "extended", seq: 3, at: 1_000, ends_at: 90_000, reason: "soft_close" }), "");
  assert.equal(said({ type: "closed", seq: 3, at: 1_000, by: EVA, outcome: "unsold", winner: null, price: null }), "Eva has brought down the hammer.");
  assert.equal(said({ type: "closed", seq: 3, at: 1_000, by: null, outcome: "unsold", winner: null, price: null }), "");
  assert.equal(said({ type: "paused", seq: 3, at: 1_000, by: EVA, ends_at: 60_000 }, bid(4, ANA, 10_000)), "");
});
