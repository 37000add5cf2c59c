// A client that is given how the auction stood, as by the page that the server sent.

import assert from "node:assert/strict";
import { test } from "node:test";
import WebSocket from "ws";
import { Client } from "../../web/js/client.js";
import { readClock } from "../../web/js/first.js";
import { Liar } from "./support/go-between.js";

const KNOWN = { now: 1_000, auction: { id: "x", seq: 7, price: 500 } };

/** A client before a server that resumes from `since` alone; what it was told, in order. */
async function scene(since, act) {
  const liar = await Liar.start(({ say, url }) => {
    const resumed = url.searchParams.get("since") === String(since);
    const auction = { id: "x", seq: since, price: 900 };
    say({ type: "welcome", protocol: 1, now: 2_000, you: null, seq: since, resumed, heartbeat_ms: 25_000, auction: resumed ? undefined : auction });
    if (resumed) say({ type: "said", seq: since + 1, at: 2_000, text: "hm" });
  });
  const client = new Client(liar.origin, { auction: "x", known: KNOWN, WebSocket, carriers: ["websocket"] });
  const told = [];
  client.on("snapshot", ({ price }) => told.push(price));
  client.on("event", ({ seq }) => told.push(`event ${seq}`));
  try {
    await act({ client, liar, told });
  } finally {
    client.close();
    await liar.stop();
  }
}

async function until(holds) {
  for (const deadline = Date.now() + 30_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (Date.now() > deadline) throw new Error("it does not come");
  }
}

test("what is known is told at once, and the line goes on after it", () => scene(7, async ({ client, liar, told }) => {
  const welcome = client.connect();
  assert.deepEqual(told, [500]);
  assert.deepEqual([client.state, client.current, client.seq], ["reconnecting", false, 7]); // it does not pretend
  await welcome;
  await until(() => told.length > 1);
  assert.deepEqual(told, [500, "event 8"]);
  assert.match(liar.asked[0], /since=7/);
  assert.deepEqual([client.gaps, client.repeats], [0, 0]);
}));

test("where there is no way on from it, the fresh one counts", () => scene(90, async ({ client, told }) => {
  await client.connect();
  assert.deepEqual(told, [500, 900]);
  assert.equal(client.seq, 90);
}));

test("the page is a first word on the server's clock only where it has just come over the network", () => {
  const samples = [];
  const clock = { sample: (...sample) => samples.push(sample) };
  const { timeOrigin } = performance;
  const fresh = { type: "navigate", transferSize: 9_000, requestStart: 10, responseStart: 30 };
  readClock(clock, KNOWN, [{ ...fresh, transferSize: 0 }]);
  readClock(clock, KNOWN, [{ ...fresh, type: "back_forward" }]);
  readClock(clock, KNOWN, [{ ...fresh, responseStart: 0 }]);
  readClock(clock, KNOWN, []);
  assert.deepEqual(samples, []);
  readClock(clock, KNOWN, [fresh]);
  assert.deepEqual(samples, [[timeOrigin + 10, timeOrigin + 30, 1_000]]);
});
