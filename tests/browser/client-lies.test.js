// The client for others, against servers that lie, say nothing, or send it away.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Liar } from "./support/go-between.js";
import { Watcher } from "./support/watcher.js";

const ending = [];
afterEach(async () => {
  for (const stop of ending.splice(0)) await stop();
});

async function watch(auction, options, origin) {
  const watcher = new Watcher(origin, { auction, ...options });
  ending.push(() => watcher.client.close());
  await watcher.client.connect();
  return watcher;
}

async function liar(script) {
  const lying = await Liar.start(script);
  ending.push(() => lying.stop());
  return lying;
}

const WELCOME = { type: "welcome", protocol: 1, now: Date.now(), you: { id: "ana", name: "Ana", roles: [] }, heartbeat_ms: 25_000, reconnect: { min_ms: 10, max_ms: 20 } };
const welcome = (seq, resumed = false) => ({ ...WELCOME, now: Date.now(), auction: { id: "x", seq, status: "open" }, seq, resumed });
const event = (seq) => ({ type: "said", seq, at: 1, from: { id: "ben", name: "Ben" }, text: String(seq) });

test("a gap is noticed: it comes back for what is missing, and tells nothing twice", async () => {
  const lying = await liar(({ say, url, visit }) => {
    const since = url.searchParams.get("since");
    if (visit === 1) return [welcome(5), event(6), event(8), event(9)].forEach(say);
    say(welcome(Number(since), true));
    for (let seq = Number(since); seq <= 10; seq += 1) say(event(seq)); // one of them once too often
  });
  const ana = await watch("x", {}, lying.origin);
  await ana.reached(10);
  assert.deepEqual(ana.seqs, [5, 6, 7, 8, 9, 10]);
  assert.deepEqual(lying.asked.map((url) => new URL(url, "ws://x").searchParams.get("since")), [null, "6"]);
  assert.deepEqual([ana.client.gaps, ana.client.repeats, ana.snapshots.length], [1, 1, 1]);
});

test("a welcome that resumes what one does not have is not believed; a resync is a new start", async () => {
  const lying = await liar(({ socket, say, visit }) => {
    if (visit === 1) {
      [welcome(5), event(6)].forEach(say);
      return socket.close(1011);
    }
    if (visit === 2) return say(welcome(9, true)); // 6 was asked for
    [welcome(20), event(21), { type: "resync", auction: { id: "x", seq: 40, status: "open" }, seq: 40 }, event(41)].forEach(say);
  });
  const ana = await watch("x", {}, lying.origin);
  await ana.reached(41);
  assert.deepEqual(ana.snapshots.map(({ seq }) => seq), [5, 20, 40]);
  assert.deepEqual(ana.events.map(({ seq }) => seq), [6, 21, 41]);
  assert.equal(ana.client.gaps, 1);
});

test("terminal codes end it, and say why; others are come back from", async () => {
  for (const code of [1002, 1007, 1009, 4401, 4403, 4404]) {
    const lying = await liar(({ socket, say }) => {
      if (code < 4000) say(welcome(1));
      socket.close(code);
    });
    const ana = new Watcher(lying.origin, { auction: "x" });
    ending.push(() => ana.client.close());
    ana.client.connect().catch(() => {});
    await ana.state("gone");
    assert.equal(ana.client.code, code);
    assert.equal(typeof ana.client.reason, "string");
    assert.equal(lying.visits, 1);
  }
  const lying = await liar(({ socket, say, visit }) => {
    say(welcome(1));
    const code = [1001, 1011, 1012, 1013, 4408, 4409, 4429][visit - 1];
    if (code) socket.close(code);
  });
  const ana = await watch("x", {}, lying.origin);
  await ana.until(() => lying.visits === 8, "seven times back");
  assert.equal(ana.client.carrier, "websocket", "a carrier that opens is kept");
});

test("a goodbye's wait is kept, a hurry or not", async () => {
  let left = 0;
  let back = 0;
  const lying = await liar(({ socket, say, visit }) => {
    say(welcome(1));
    if (visit > 1) return void (back = performance.now());
    say({ type: "goodbye", retry_after_ms: 600 });
    left = performance.now();
    socket.close(1012);
  });
  const ana = await watch("x", {}, lying.origin);
  await ana.until(({ states }) => states.includes("reconnecting 1012"), "closed");
  ana.client.wake();
  await ana.until(() => back > 0, "back");
  assert.ok(back - left >= 590, `${back - left} ms`);
});

test("a line that says nothing is dead", async () => {
  const lying = await liar(({ say, visit }) => say({ ...welcome(1), heartbeat_ms: visit === 1 ? -9_900 : 25_000 })); // with the grace: 100 ms
  const ana = await watch("x", {}, lying.origin);
  await ana.until(() => lying.visits >= 2, "a second visit");
  assert.ok(ana.states.filter((state) => state === "connected").length >= 1);
});

test("a command without a verdict goes out again under its id; not as somebody else, and not past its patience", async () => {
  const heard = [];
  let you = WELCOME.you;
  const lying = await liar(({ socket, say, visit }) => {
    say({ ...welcome(1), you });
    socket.on("message", (data) => {
      const command = JSON.parse(data);
      if (command.type === "ping") return;
      heard.push([visit, command.id]);
      if (visit === 1 && heard.length === 3) {
        you = WELCOME.you;
        return socket.close(1011);
      }
      if (visit === 2 && command.id === "a") {
        say({ type: "accepted", id: "a", seq: null, at: 1 });
        say({ type: "accepted", id: "a", seq: null, at: 2 });
      }
      if (visit === 2) you = { id: "ben", name: "Ben", roles: [] };
      if (visit === 2 && command.id === "c") socket.close(1011);
    });
  });
  const ana = await watch("x", {}, lying.origin);
  const a = ana.client.send({ type: "bid", id: "a", amount: 1 });
  assert.equal(ana.client.send({ type: "bid", id: "a", amount: 1 }), a, "one id, one question");
  const b = assert.rejects(ana.client.send({ type: "bid", id: "b", amount: 1 }, { patience: 0 }), { code: "late" });
  const c = assert.rejects(ana.client.send({ type: "bid", id: "c", amount: 1 }), { code: "somebody_else" });
  assert.equal((await a).at, 1);
  await Promise.all([b, c]);
  assert.deepEqual(heard, [[1, "a"], [1, "b"], [1, "c"], [2, "a"], [2, "c"]]);
});

test("commands under way are bounded; closing lets go of them and of the line", async () => {
  const lying = await liar(({ say }) => say(welcome(1)));
  const ana = await watch("x", {}, lying.origin);
  const sent = Array.from({ length: 64 }, () => ana.client.send({ type: "bid", amount: 1 }));
  await assert.rejects(ana.client.send({ type: "bid", amount: 1 }), { code: "busy" });
  const all = Promise.allSettled(sent);
  ana.client.close();
  assert.ok((await all).every(({ reason }) => reason.code === "gone"));
  assert.equal(ana.client.state, "closed");
  await ana.client.connect();
  assert.equal(lying.asked.at(-1), "/ws/x?since=1");

  const hasty = new Watcher(lying.origin, { auction: "x" });
  const wait = assert.rejects(hasty.client.connect(), /closed/);
  hasty.client.close(); // before there is a line to let go of
  await wait;
  await watch("x", {}, lying.origin);
  assert.deepEqual(hasty.states, ["reconnecting", "closed"]);
});

test("one who listens badly keeps nobody from hearing", async () => {
  const slips = [];
  const { reportError } = globalThis;
  globalThis.reportError = ({ message }) => slips.push(message);
  ending.push(() => { globalThis.reportError = reportError; });
  const lying = await liar(({ say }) => [welcome(1), event(2), event(3)].forEach(say));
  const ana = new Watcher(lying.origin, { auction: "x" });
  ending.push(() => ana.client.close());
  const off = ana.client.on("said", () => { throw new Error("a slip"); });
  await ana.client.connect();
  await ana.reached(3);
  off();
  assert.deepEqual([ana.seqs, slips], [[1, 2, 3], ["a slip", "a slip"]]);
});
