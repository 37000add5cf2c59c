// The event source of npm: it comes back by itself, and goes on where it was.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EventSource } from "eventsource";
import { Stream } from "./support/curl.js";
import { Server } from "./support/server.js";

const LOT = { title: "Marine chronometer, two days", start: 10_000, duration: "1h" };
const PATIENCE_MS = 30_000;
const NOT_EVENTS = new Set(["welcome", "presence", "announcing", "tick", "resync"]);

let server;
before(async () => { server = await Server.start({ lot: LOT }); });
after(() => server?.stop());

/** What an event source tells, and a check of every number in it. */
class Reader {
  welcomes = [];
  events = [];
  goodbyes = 0;
  #seq = null;
  #source;
  #wrong = null;
  #heard = () => {};

  constructor(path, at = server) {
    this.#source = new EventSource(at.url(path));
    this.#source.addEventListener("message", ({ data, lastEventId }) => {
      this.#take(JSON.parse(data), lastEventId);
      this.#heard();
    });
    this.#source.addEventListener("error", () => this.#heard());
  }

  get state() { return this.#source.readyState; }
  close() { this.#source.close(); }

  #take(message, id) {
    if (message.type === "welcome") {
      if (message.resumed && this.#seq !== null && message.seq !== this.#seq) this.#wrong = `resumed at ${message.seq}, had ${this.#seq}`;
      this.#seq = message.seq;
      this.welcomes.push(message);
    } else if (message.type === "goodbye") {
      this.goodbyes += 1;
    } else if (!NOT_EVENTS.has(message.type)) {
      if (message.seq !== this.#seq + 1 || id !== String(message.seq)) this.#wrong = `${message.seq} (id ${id}) after ${this.#seq}`;
      this.#seq = message.seq;
      this.events.push(message);
    }
  }

  /** Waits until it is so. */
  async until(what, holds) {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#heard();
    }, PATIENCE_MS);
    try {
      for (;;) {
        assert.equal(this.#wrong, null);
        if (holds(this)) return;
        assert.ok(!late, `${what}: ${JSON.stringify({ seq: this.#seq, state: this.state })}`);
        await new Promise((resolve) => { this.#heard = resolve; });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

test("killed three times: no event is missing, none is told twice", async () => {
  const reader = new Reader("/api/auctions/lot/events?since=0");
  try {
    let amount = 10_000;
    const bid = async (name) => {
      assert.equal((await server.bid(name, "lot", amount)).status, 200);
      amount += 1_000;
    };
    for (const round of [1, 2, 3]) {
      await bid("Ana");
      await reader.until("Ana's bid", ({ events }) => events.filter(({ type }) => type === "bid").length === 2 * round - 1);
      await server.kill();
      await reader.until("it has noticed", ({ state }) => state === EventSource.CONNECTING);
      await server.again();
      await bid("Ben"); // perhaps before it is back
      await reader.until("Ben's bid", ({ events }) => events.filter(({ type }) => type === "bid").length === 2 * round);
      assert.equal(reader.welcomes.length, round + 1);
      assert.ok(reader.welcomes.at(-1).resumed, "it went on, and did not begin anew");
    }
    const { seq } = await server.auction("lot");
    assert.deepEqual(reader.events.map((event) => event.seq), Array.from({ length: seq }, (_, at) => at + 1));
  } finally {
    reader.close();
  }
});

test("let go before a restart, it comes back while others are still there, and again afterwards", async () => {
  const other = await Server.start({ lot: LOT }, { flags: ["--drain-spread", "100ms"] });
  await other.create("Eva", { id: "last-minute", title: "A globe", start: 10_000, duration_ms: 50_000, soft_close: false });
  const stays = new Stream(other.url("/api/auctions/last-minute/events"), "--header", "Accept: application/x-ndjson");
  const reader = new Reader("/api/auctions/lot/events?since=0", other);
  try {
    await stays.until('{"type":"welcome"');
    await other.bid("Ana", "lot", 10_000);
    await reader.until("Ana's bid", ({ events }) => events.at(-1)?.type === "bid");
    const let_go = other.terminate();
    await reader.until("three goodbyes", ({ goodbyes }) => goodbyes === 3); // it came back twice: the server was still there
    await other.bid("Ben", "lot", 11_000);
    stays.close(); // the last one has left
    await let_go;
    await other.again();
    await reader.until("Ben's bid", ({ events }) => events.at(-1)?.bidder?.id === "ben");
    assert.deepEqual(reader.welcomes.map(({ resumed }) => resumed), [true, true]);
  } finally {
    reader.close();
    stays.close();
    await other.stop();
  }
});

test("the end of the auction is the end of the source", async () => {
  const as = await server.tokenOf("Eva");
  await server.create("Eva", { id: "brief", title: "A globe", start: 10_000, duration_ms: 3_600_000 });
  const reader = new Reader("/api/auctions/brief/events");
  try {
    await reader.until("welcome", ({ welcomes }) => welcomes.length === 1);
    assert.equal((await server.ask("POST", "/api/auctions/brief/commands", { as, body: { type: "hammer" } })).status, 200);
    await reader.until("closed", ({ state }) => state === EventSource.CLOSED); // it has asked once more, and was answered 204
    assert.deepEqual(reader.events.map(({ type }) => type), ["closed"]);
    assert.equal(reader.welcomes.length, 1);
  } finally {
    reader.close();
  }
});
