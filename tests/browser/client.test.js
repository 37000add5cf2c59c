// The client for others, in Node: over each carrier, against a server that dies, and through proxies that refuse.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Stream } from "../../web/js/carriers/stream.js";
import { Proxy } from "./support/go-between.js";
import { Server } from "./support/server.js";
import { Watcher } from "./support/watcher.js";

const LOT = { title: "Brass sextant", start: 100, increments: [{ from: 0, step: 1 }], duration_ms: 3_600_000 };
const WAYS = [
  { what: "WebSocket", options: { carriers: ["websocket"] }, carrier: "websocket", frames: ["text"] },
  { what: "WebSocket, MessagePack", options: { carriers: ["websocket"], format: "msgpack" }, carrier: "websocket", frames: ["binary"] },
  { what: "event stream and POST", options: { carriers: ["sse"] }, carrier: "sse" },
  { what: "long poll and POST", options: { carriers: ["poll"] }, carrier: "poll" },
];

let server;
const ending = [];
before(async () => { server = await Server.start({}); });
after(() => server?.stop());
afterEach(async () => {
  for (const stop of ending.splice(0)) await stop();
});

let made = 0;
async function lot(terms = {}) {
  made += 1;
  const { id } = await server.create("Eva", { ...LOT, id: `lot-${made}`, ...terms });
  return id;
}

async function watch(auction, options = {}, origin = server.origin) {
  const watcher = new Watcher(origin, { auction, ...options });
  ending.push(() => watcher.client.close());
  await watcher.client.connect();
  return watcher;
}

async function proxy(options) {
  const between = await Proxy.before(server.port, options);
  ending.push(() => between.stop());
  return between;
}

test("an event stream that has told the end and comes back is over, and does not wait for more", async () => {
  const id = await lot({ duration_ms: 1_000, soft_close: false });
  const ana = await watch(id, { carriers: ["sse"] });
  await ana.state("gone");
  const way = { base: new URL(server.origin), auction: id, token: null, name: null, fetch };
  const stream = new Stream({ ...way, since: ana.client.seq });
  assert.equal(await new Promise((resolve) => { stream.onclose = resolve; }), 1000);
});

for (const { what, options, carrier, frames = [] } of WAYS) {
  test(`${what}: snapshot, events, verdicts, the end`, async () => {
    const id = await lot();
    const ana = await watch(id, { name: "Ana", ...options });
    assert.deepEqual([ana.client.carrier, [...ana.frames]], [carrier, frames]);
    assert.deepEqual([ana.snapshots.length, ana.snapshots[0].id, ana.client.you.id, ana.client.state], [1, id, "ana", "connected"]);
    assert.ok(Math.abs(ana.client.now() - Date.now()) < 5_000, "the server's clock is this machine's");

    const accepted = await ana.client.send({ type: "bid", amount: 100 });
    assert.deepEqual([accepted.type, accepted.standing, accepted.price], ["accepted", "leading", 100]);
    assert.ok(ana.client.seq >= accepted.seq, "a verdict does not overtake its event");
    const refused = await ana.client.send({ type: "bid", id: "mine", max: 1 });
    assert.deepEqual([refused.type, refused.id, refused.code], ["refused", "mine", "already_leading"]);

    await server.bid("Ben", id, 150);
    await ana.reached(accepted.seq + 1);
    const { bidder, price } = ana.events.at(-1);
    assert.deepEqual([bidder.name, price], ["Ben", 150]);
    assert.ok(ana.unbroken);
  });

  test(`${what}: the server is killed under bids, and comes back: no gap, no repeat, one verdict an id`, async () => {
    const id = await lot();
    const people = [await watch(id, { name: "Ana", ...options }), await watch(id, { name: "Ben", ...options })];
    const verdicts = [];
    let amount = 99;
    const bids = async (person, count) => {
      for (let bid = 0; bid < count; bid += 1) {
        amount += 1;
        verdicts.push(await person.client.send({ type: "bid", id: `${verdicts.length}-${amount}`, amount }));
      }
    };
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(people.map((person) => bids(person, 10)));
      const pending = people.map((person) => bids(person, 10));
      await server.kill();
      await Promise.all(people.map((person) => person.state("reconnecting")));
      await server.again();
      await Promise.all(pending);
    }
    const { seq, bids: counted } = await server.auction(id);
    const accepted = verdicts.filter(({ type }) => type === "accepted");
    assert.equal(verdicts.length, 80);
    assert.equal(counted, accepted.length, "each accepted bid counts once");
    assert.equal(new Set(accepted.map((verdict) => verdict.seq)).size, accepted.length);
    for (const person of people) {
      await person.reached(seq);
      assert.ok(person.unbroken, person.seqs.join());
      assert.deepEqual([person.client.gaps, person.client.repeats, person.snapshots.length], [0, 0, 1]);
    }
  });

  test(`${what}: cut off at random under bids`, async () => {
    const between = await proxy();
    const id = await lot();
    const ana = await watch(id, { name: "Ana", ...options }, between.origin);
    let amount = 99;
    let over = false;
    const others = (async () => {
      while (!over) await server.bid("Ben", id, (amount += 2));
    })();
    const verdicts = [];
    for (let round = 0; round < 25; round += 1) {
      const verdict = ana.client.send({ type: "say", id: `word-${round}`, text: String(round) });
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      // A long poll that is between two questions has nothing that can be cut: until it has felt it. It may be back before we look.
      const felt = () => ana.states.filter((state) => state.startsWith("reconnecting")).length;
      const before = felt();
      await ana.until(() => felt() > before || between.cut(), "a cut that is felt");
      while (ana.client.state !== "connected") {
        ana.client.wake();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      verdicts.push(verdict);
    }
    assert.ok((await Promise.all(verdicts)).every(({ type }) => type === "accepted"));
    over = true;
    await others;
    await ana.reached((await server.auction(id)).seq);
    assert.ok(ana.unbroken, ana.seqs.join());
    assert.deepEqual([ana.client.gaps, ana.client.repeats, ana.snapshots.length], [0, 0, 1]);
    assert.deepEqual(ana.events.filter(({ type }) => type === "said").map(({ text }) => Number(text)), verdicts.map((_, round) => round));
  });

  test(`${what}: what the auction ends is over, and says why`, async () => {
    const id = await lot({ duration_ms: 3_000, soft_close: false });
    const ana = await watch(id, { name: "Ana", ...options });
    await ana.state("gone");
    assert.deepEqual([ana.events.at(-1).type, ana.client.code, ana.client.reason], ["closed", 1000, "the auction has ended"]);
    const visits = ana.welcomes.length;

    // Who comes later sees how it stood; and an old question is still answered.
    const late = await watch(id, { name: "Ana", ...options });
    await late.state("gone");
    assert.deepEqual([late.client.code, late.snapshots[0].status, late.welcomes.length], [1000, "closed", 1]);
    assert.deepEqual((await late.client.send({ type: "bid", amount: 100 })).code, "closed");
    assert.equal(ana.welcomes.length, visits, "nobody comes back to what is over");
  });

  test(`${what}: an auction that is not there, a token that does not hold`, async () => {
    const nowhere = new Watcher(server.origin, { auction: "nowhere", ...options });
    await assert.rejects(nowhere.client.connect(), /no such auction/);
    assert.deepEqual([nowhere.client.state, nowhere.client.code], ["gone", 4404]);
    await assert.rejects(nowhere.client.send({ type: "bid", amount: 1 }), { name: "Unanswered", code: "gone" });

    const id = await lot();
    const stranger = new Watcher(server.origin, { auction: id, token: "forged", ...options });
    await assert.rejects(stranger.client.connect(), /sign in first/);
    assert.equal(stranger.client.code, 4401);

    let token = "old";
    const forgetful = await watch(id, { token: () => token, denied: () => { token = null; }, ...options });
    assert.deepEqual([forgetful.client.state, forgetful.client.you?.id ?? null], ["connected", null]);
    assert.equal((await forgetful.client.send({ type: "bid", amount: 100 })).code, "sign_in");
  });
}

test("upgrades are refused: events come by a stream, and by a socket again once it may be", async () => {
  const between = await proxy({ upgrades: false });
  const id = await lot();
  const ana = await watch(id, { name: "Ana", riseAfterMs: 200 }, between.origin);
  assert.equal(ana.client.carrier, "sse");
  assert.ok(between.refused >= 2);
  assert.equal((await ana.client.send({ type: "bid", amount: 100 })).type, "accepted");
  between.upgrades = true;
  const before = ana.states.length;
  let amount = 100;
  await ana.until(async ({ client }) => {
    amount += 1;
    await server.bid("Ben", id, amount); // while it changes over
    return client.carrier === "websocket";
  }, "a socket again");
  assert.equal((await ana.client.send({ type: "bid", amount: amount + 1 })).type, "accepted");
  await ana.reached((await server.auction(id)).seq);
  assert.ok(ana.unbroken);
  assert.deepEqual([ana.client.gaps, ana.client.repeats, ana.snapshots.length], [0, 0, 1]);
  assert.deepEqual(ana.states.slice(before).filter((state) => state !== "connected"), [], "without a pause");
});

test("upgrades and streams are refused: long polls; the lobby by its list", async () => {
  const between = await proxy({ upgrades: false, streams: false });
  const id = await lot();
  const ana = await watch(id, { name: "Ana" }, between.origin);
  assert.equal(ana.client.carrier, "poll");
  const { seq } = await ana.client.send({ type: "bid", amount: 100 });
  await ana.reached(seq);

  const lobby = await watch(null, {}, between.origin);
  assert.equal(lobby.client.carrier, "poll");
  assert.equal(lobby.welcomes[0].auctions.find((auction) => auction.id === id).price, 100);
  const told = (holds) => lobby.until(({ messages }) => messages.some(({ type, auction }) => type === "auction" && holds(auction)), "the change");
  await server.bid("Ben", id, 120);
  await told((auction) => auction.id === id && auction.price === 120);
  const brief = await lot({ duration_ms: 10_000, soft_close: false });
  await told((auction) => auction.id === brief && auction.status === "open");
  await told((auction) => auction.id === brief && auction.status === "closed");
});

test("a server that is away is no reason to take a lesser carrier", async () => {
  const id = await lot();
  const ana = await watch(id, { name: "Ana" });
  await server.kill();
  await ana.until(({ states }) => states.filter((state) => state.startsWith("reconnecting")).length >= 5, "four failed tries");
  await server.again();
  await ana.state("connected");
  assert.equal(ana.client.carrier, "websocket");
});

test("the lobby by socket: welcome, changes, a new one created from here", async () => {
  for (const carriers of [["websocket"], ["poll"]]) {
    const lobby = await watch(null, { name: "Eva", carriers });
    const id = `made-by-${carriers[0]}`;
    for (let time = 0; time < 2; time += 1) { // the same request, and the same verdict
      const verdict = await lobby.client.send({ type: "create", id: `first-${id}`, terms: { ...LOT, id } });
      assert.deepEqual([verdict.type, verdict.auction], ["accepted", id]);
    }
    await lobby.until(({ messages }) => messages.some(({ type, auction }) => type === "auction" && auction.id === id), "the new one");
    assert.equal((await lobby.client.send({ type: "create", terms: { ...LOT, id } })).code, "exists");
  }
});
