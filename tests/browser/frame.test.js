// Drawing at most once a frame, and less often where it costs much: with a clock and frames of the test's own.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { soon } from "../../web/js/frame.js";

const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, performance: globalThis.performance };
let now;
let waiting; // {at, run}, by id
let framed;

beforeEach(() => {
  now = 1_000;
  waiting = new Map();
  framed = true;
  let last = 0;
  const later = (run, ms) => {
    waiting.set(last += 1, { at: now + ms, run });
    return last;
  };
  const cancel = (id) => waiting.delete(id);
  Object.assign(globalThis, {
    setTimeout: later, clearTimeout: cancel, cancelAnimationFrame: cancel,
    requestAnimationFrame: (run) => later(run, framed ? 16 : 1e9),
  });
  Object.defineProperty(globalThis, "performance", { value: { now: () => now }, configurable: true });
});
afterEach(() => {
  Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
  Object.defineProperty(globalThis, "performance", { value: real.performance, configurable: true });
});

/** Lets time go by; `busy()` is called every ms. */
function pass(ms, busy = () => {}) {
  for (const end = now + ms; now < end; now += 1) {
    busy();
    for (const [id, { at, run }] of [...waiting]) {
      if (at > now || !waiting.delete(id)) continue;
      run();
    }
  }
}

test("many calls, one frame; and each call is followed by one", () => {
  let drawn = 0;
  const draw = soon(() => { drawn += 1; });
  draw();
  draw();
  assert.equal(drawn, 0);
  pass(20);
  assert.equal(drawn, 1);
  pass(1_000);
  assert.equal(drawn, 1, "nothing to draw");
  draw();
  pass(20);
  assert.equal(drawn, 2);
});

test("what costs much is drawn less often, but never later than eight tenths of a second after the last; a few at first as they come", () => {
  let drawn = 0;
  const draw = soon(() => {
    drawn += 1;
    now += 9; // ms of work
  });
  pass(100, draw);
  assert.equal(drawn, 3, "as they come");
  pass(4_000, draw);
  const flood = drawn - 3;
  assert.ok(flood >= 3 && flood <= 6, `${flood} in 4 s`);
  const before = drawn;
  draw();
  pass(840);
  assert.ok(drawn > before);
  pass(3_000);
  draw();
  pass(20);
  assert.equal(drawn, before + 2, "after a quiet while at once");
});

test("a page that is not seen has no frames, and still is right soon", () => {
  framed = false;
  let drawn = 0;
  soon(() => { drawn += 1; })();
  pass(200);
  assert.equal(drawn, 0);
  pass(100);
  assert.equal(drawn, 1);
});
