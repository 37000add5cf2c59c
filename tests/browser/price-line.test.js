// What a chart of the price shows: pure, so without a page.

import assert from "node:assert/strict";
import "./support/words.js";
import { test } from "node:test";
import { withAll, apply, fromSnapshot } from "../../web/js/auction-state.js";
import { bidWords, markWords, summary } from "../../web/js/chart-words.js";
import { Money } from "../../web/js/money.js";
import { MOST, Past } from "../../web/js/past.js";
import { nearest, priceLine } from "../../web/js/price-line.js";

const [ANA, BEN, EVA] = ["Ana", "Ben", "Eva"].map((name) => ({ id: name.toLowerCase(), name }));
const LOT = {
  id: "lot", format: "english", start: 10_000, reserve: "none", dutch: null, revealed: null, status: "open", starts_at: 0, ends_at: 60_000, paused_at: null,
};
const mine = ({ id }) => id === ANA.id;
const BEGUN = [{ type: "created", seq: 1, at: 0, starts_at: 0, ends_at: 60_000 }, { type: "opened", seq: 2, at: 0, by: null, ends_at: 60_000 }];

function bid(seq, bidder, amount, rest = {}) {
  return { type: "bid", seq, at: seq * 1_000, bidder, amount, price: amount, leader: bidder, minimum: amount + 250, ends_at: 60_000, reserve: "none", ...rest };
}

const draw = (state, events, now = 30_000) => priceLine({ ...LOT, ...state }, [...BEGUN, ...events], { now, mine });
const kinds = ({ marks }) => marks.map(({ kind }) => kind);

test("each bid is a step and a point; the price lasts until now", () => {
  const { line, bids } = draw({}, [bid(3, ANA, 10_000), bid(4, BEN, 12_000, { price: 10_250, leader: ANA })]);
  assert.deepEqual(line, [[3_000, 10_000], [4_000, 10_250], [30_000, 10_250]]);
  assert.deepEqual(bids.map(({ at, amount, own, voided }) => [at, amount, own, voided]), [[3_000, 10_000, true, false], [4_000, 12_000, false, false]]);
});

test("a bid that is taken out is struck, and the price goes back where it was", () => {
  const voided = { type: "voided", seq: 5, at: 9_000, bid: 4, price: 10_000, leader: ANA, reserve: "none" };
  const { line, bids } = draw({}, [bid(3, ANA, 10_000), bid(4, BEN, 50_000), voided]);
  assert.deepEqual(bids.map(({ voided: struck }) => struck), [false, true]);
  assert.deepEqual(line.slice(-2), [[9_000, 10_000], [30_000, 10_000]]);
  const none = draw({}, [bid(3, ANA, 10_000), { ...voided, bid: 3, price: null }]);
  assert.equal(none.line.at(-1)[1], null);
});

test("the reserve is met at a moment, and only where one has seen it", () => {
  const met = bid(4, BEN, 20_000, { reserve: "met" });
  const { marks } = draw({ reserve: "met" }, [bid(3, ANA, 10_000, { reserve: "unmet" }), met]);
  assert.deepEqual(marks.filter(({ kind }) => kind === "reserve"), [{ at: 4_000, kind: "reserve" }]);
  const late = priceLine({ ...LOT, reserve: "met" }, [{ ...met, seq: 40 }], { now: 50_000, mine });
  assert.ok(!kinds(late).includes("reserve"), "it may have been met before");
});

test("an end that moves: by how much, and where it was", () => {
  const events = [bid(3, ANA, 10_000), { type: "extended", seq: 4, at: 3_000, ends_at: 180_000, reason: "soft_close" }];
  const { marks } = draw({ ends_at: 180_000 }, events);
  assert.deepEqual(marks.map(({ kind, at, by }) => [kind, at, by]), [["extended", 3_000, 120_000], ["old_end", 60_000, undefined], ["end", 180_000, undefined]]);
  assert.equal(markWords(marks[0]), "+2:00");
  assert.equal(markWords({ kind: "extended", by: null }), "extended");
});

test("fair warnings and the hammer", () => {
  const warned = [1, 2].map((stage) => ({ type: "warned", seq: 3 + stage, at: 10_000 + stage, by: EVA, stage }));
  const closed = { type: "closed", seq: 6, at: 20_000, by: EVA, outcome: "sold", winner: ANA, price: 10_000, bids: null };
  const state = { status: "closed", ends_at: 20_000 };
  const { line, ...shown } = draw(state, [bid(3, ANA, 10_000), ...warned, closed], 99_000);
  assert.deepEqual(kinds(shown), ["once", "twice", "hammer"]);
  assert.deepEqual(line.at(-1), [20_000, 10_000], "nothing after the end");
  assert.ok(shown.to < 30_000);
  assert.deepEqual(kinds(draw(state, [{ ...closed, by: null }])), ["closed"]);
});

test("sealed: nothing before the end, and then every bid", () => {
  const sealed = { format: "sealed" };
  const events = [{ type: "sealed", seq: 3, at: 3_000, count: 1 }];
  const before = draw(sealed, events);
  assert.deepEqual([before.line, before.bids], [[], []]);
  const bids = [{ bidder: BEN, amount: 12_000, at: 5_000 }, { bidder: ANA, amount: 11_000, at: 3_000 }];
  const after = draw({ ...sealed, status: "closed", ends_at: 60_000, revealed: bids }, events);
  assert.deepEqual(after.bids.map(({ at, amount, own }) => [at, amount, own]), [[3_000, 11_000, true], [5_000, 12_000, false]]);
  assert.deepEqual(after.line, []);
});

test("dutch: it falls by steps, stands still with the clock, and stops where somebody says yes", () => {
  const dutch = { format: "dutch", start: 1_000, dutch: { floor: 200, step: 100, every_ms: 1_000, since: 0 } };
  const stop = [{ type: "paused", seq: 3, at: 2_500, by: EVA, ends_at: 60_000 }, { type: "resumed", seq: 4, at: 12_500, by: EVA, ends_at: 70_000 }];
  const { line } = draw(dutch, stop, 13_500);
  assert.deepEqual(line, [[0, 1_000], [1_000, 900], [2_000, 800], [13_000, 700], [13_500, 700]]);
  const sold = draw({ ...dutch, status: "closed", ends_at: 3_000 }, [bid(3, BEN, 700)], 50_000);
  assert.deepEqual(sold.line, [[0, 1_000], [1_000, 900], [2_000, 800], [3_000, 700]]);
  assert.deepEqual(sold.bids.map(({ at, amount }) => [at, amount]), [[3_000, 700]]);
  const floor = draw(dutch, [], 40_000).line;
  assert.deepEqual(floor.slice(-2), [[8_000, 200], [40_000, 200]]);
  const fine = draw({ ...dutch, start: 1_000_000, dutch: { ...dutch.dutch, step: 1, every_ms: 1 } }, [], 2_000_000).line;
  assert.ok(fine.length < 2_100, `${fine.length} steps`);
});

test("the time shown: a long wait before the first bid is left out, and the end comes in when it is near", () => {
  const day = { ends_at: 86_400_000 };
  const early = draw(day, [bid(3, ANA, 10_000)], 10_000);
  assert.ok(early.from < 0 && early.to < 11_000);
  const late = draw(day, [bid(80_000, ANA, 10_000)], 80_060_000);
  assert.ok(late.from > 79_000_000);
  assert.ok(draw({}, [bid(3, ANA, 10_000)], 45_000).to > 60_000);
});

test("the bid nearest to a moment", () => {
  const bids = [{ at: 10 }, { at: 20 }, { at: 20 }, { at: 40 }];
  assert.deepEqual([0, 14, 16, 29, 31, 99].map((at) => nearest(bids, at)), [0, 0, 1, 2, 3, 3]);
  assert.equal(nearest([], 5), -1);
});

test("in words, for whoever does not see it", () => {
  const model = { state: LOT, money: new Money("EUR", 2, "en-GB"), named: (who) => who, now: () => 30_000 };
  assert.equal(summary(draw({}, []), model), "From the first bid on, the price is drawn here.");
  const shown = draw({ reserve: "met" }, [bid(3, ANA, 10_000, { reserve: "unmet" }), bid(4, BEN, 20_000, { reserve: "met" })]);
  assert.match(summary(shown, model), /^2 bids, from .+ to .+\. The lowest is €100\.00, the highest €200\.00\. The reserve was met at .+\. The list/);
  assert.match(bidWords(shown.bids[0], model), /^.+, Ana \(you\), €100\.00$/);
  assert.match(bidWords({ ...shown.bids[1], voided: true }, model), /Ben, €200\.00, taken out$/);
});

/** A server with so many events, which counts what it is asked. */
function serverOf(events) {
  const asked = [];
  const fetch = async (address) => {
    const query = new URL(address, "http://x").searchParams;
    const [since, limit] = ["since", "limit"].map((key) => Number(query.get(key)));
    asked.push(since);
    return { ok: true, json: async () => ({ events: events.filter(({ seq }) => seq > since).slice(0, limit) }) };
  };
  return { asked, fetch };
}

const bids = (number) => Array.from({ length: number }, (_, at) => bid(at + 1, at % 2 ? ANA : BEN, 100 + at));

test("the past comes page by page up to what is known, and only as far back as is kept", async () => {
  const all = bids(2_500);
  const { asked, fetch } = serverOf(all);
  let told = 0;
  const past = new Past("lot", { token: () => null, changed: () => { told += 1; }, fetch });
  past.begin({ recent: all.slice(-50) });
  assert.ok(!past.complete && !past.loaded);
  await past.load();
  assert.deepEqual(past.events.map(({ seq }) => seq), all.map(({ seq }) => seq));
  assert.deepEqual([asked, told, past.complete, past.loaded], [[0, 1_000, 2_000], 1, true, true]);
  assert.equal(past.load(), null, "once");

  const few = new Past("lot", { token: () => null, changed: () => {}, fetch, most: 1_000 });
  few.begin({ recent: all.slice(-50) });
  await few.load();
  assert.deepEqual([few.events.length, few.events[0].seq, few.complete, few.loaded], [1_000, 1_501, false, true]);
  for (const event of bids(3_100).slice(2_500)) few.add(event);
  assert.ok(few.events.length <= 1_500, "bounded");
  assert.ok(MOST <= 5_000);
});

test("a new snapshot keeps what joins on, and what does not is fetched again", async () => {
  const all = bids(300);
  const { asked, fetch } = serverOf(all);
  const past = new Past("lot", { token: () => null, changed: () => {}, fetch });
  past.begin({ recent: all.slice(50, 100) });
  await past.load();
  past.begin({ recent: all.slice(90, 140) });
  assert.deepEqual([past.events.length, past.complete, asked.length], [140, true, 1]);
  past.begin({ recent: all.slice(250, 300) });
  assert.equal(past.events.length, 50, "there is a gap before them");
  await past.load();
  assert.deepEqual([past.events.length, asked.length], [300, 2]);
});

test("a line that is down: what is known stays, and the next one may ask again", async () => {
  const all = bids(100);
  let down = true;
  const { fetch } = serverOf(all);
  const past = new Past("lot", { token: () => null, changed: () => {}, fetch: (...request) => (down ? Promise.reject(new Error("down")) : fetch(...request)) });
  past.begin({ recent: all.slice(-50) });
  await past.load();
  assert.deepEqual([past.events.length, past.loaded], [50, false]);
  down = false;
  await past.load();
  assert.deepEqual([past.events.length, past.loaded], [100, true]);
});

test("the lists of a state anew from all events: as if one had been there", () => {
  const recent = bids(300);
  const snapshot = { ...LOT, price: 399, leader: ANA, bids: 300, outcome: null, seq: 300, recent: recent.slice(-50) };
  const state = withAll(fromSnapshot(snapshot), recent, MOST);
  assert.deepEqual([state.history.length, state.price, state.bids, state.seq], [300, 399, 300, 300]);
  assert.equal(apply(state, bid(301, BEN, 900)).history.length, 301);
});
