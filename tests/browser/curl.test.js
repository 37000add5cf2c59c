// curl alone: whole auctions over every HTTP there is, and the feed as lines.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { curl, Stream } from "./support/curl.js";
import { Server } from "./support/server.js";

const NDJSON = ["--header", "Accept: application/x-ndjson"];
const AN_HOUR_MS = 3_600_000;

let clear;
let secure;
before(async () => {
  clear = await Server.start();
  secure = await Server.start({}, { flags: ["--tls-self-signed"] });
});
after(async () => {
  await clear?.stop();
  await secure?.stop();
});

const ca = () => ["--cacert", secure.certificate];
const WAYS = [
  { name: "HTTP/1.1", version: "1.1", server: () => clear, flags: () => ["--http1.1"] },
  { name: "HTTP/1.1, offering an upgrade", version: "1.1", server: () => clear, flags: () => ["--http2"] },
  { name: "HTTP/2 by prior knowledge", version: "2", server: () => clear, flags: () => ["--http2-prior-knowledge"] },
  { name: "TLS, ALPN http/1.1", version: "1.1", server: () => secure, flags: () => [...ca(), "--http1.1"] },
  { name: "TLS, ALPN h2", version: "2", server: () => secure, flags: () => [...ca(), "--http2"] },
  { name: "TLS without ALPN", version: "1.1", server: () => secure, flags: () => [...ca(), "--no-alpn"] },
];

for (const [number, way] of WAYS.entries()) {
  test(`a whole auction over ${way.name}`, () => wholeAuction(way, `lot-${number}`));
}

async function wholeAuction({ version, server, flags }, id) {
  const ask = async (path, ...more) => {
    const answer = await curl(server().url(path), ...flags(), ...more);
    assert.equal(answer.version, version, path);
    return answer;
  };
  const give = (name, command) => ask(`/api/auctions/${id}/commands?name=${name}`, "--data", JSON.stringify(command));
  const refused = async (name, command, code) => {
    const { status, body } = await give(name, command);
    assert.deepEqual({ status, code: body.code }, { status: 409, code }, JSON.stringify(command));
  };
  const accepted = async (name, command) => {
    const { status, body } = await give(name, command);
    assert.deepEqual({ status, type: body.type }, { status: 200, type: "accepted" }, JSON.stringify(body));
    return body;
  };

  const terms = { id, title: "Brass sextant", start: 10_000, starts_at: Date.now() + AN_HOUR_MS, duration_ms: AN_HOUR_MS };
  assert.equal((await ask("/api/auctions?name=Eva", "--data", JSON.stringify(terms))).status, 201);
  await refused("Ana", { type: "bid", amount: 10_000 }, "not_open");
  const feed = new Stream(server().url(`/api/auctions/${id}/events?since=0`), ...flags(), ...NDJSON);
  await feed.until('{"type":"created"');

  await accepted("Eva", { type: "open" });
  assert.equal((await accepted("Ana", { type: "bid", amount: 10_000 })).standing, "leading");
  await refused("Ben", { type: "bid", amount: 10_001 }, "bid_too_low");
  assert.equal((await accepted("Ben", { type: "bid", id: "b1", max: 20_000 })).standing, "leading");
  assert.equal((await give("Ben", { type: "bid", id: "b1", max: 20_000 })).body.standing, "leading", "the first verdict, again");
  await accepted("Eva", { type: "pause" });
  await refused("Ana", { type: "bid", amount: 30_000 }, "paused");
  await accepted("Eva", { type: "resume" });
  assert.equal((await accepted("Ana", { type: "bid", amount: 15_000 })).standing, "outbid", "by Ben's maximum");
  await accepted("Eva", { type: "warn", stage: 1 });
  assert.equal((await give("Ana", { type: "hammer" })).status, 403);
  await accepted("Eva", { type: "hammer" });
  await refused("Ana", { type: "bid", amount: 30_000 }, "closed");

  const { code, lines } = await feed.rest();
  assert.equal(code, 0, "the stream has ended as it should");
  const told = lines.map((line) => JSON.parse(line)).filter(({ seq, type }) => seq && type !== "welcome");
  const pages = await log(ask, id);
  assert.deepEqual(pages.map(({ seq }) => seq), pages.map((_, at) => at + 1));
  assert.deepEqual(told, pages.slice(1), "live and from the log, the same");
  const kinds = pages.map(({ type }) => type);
  assert.deepEqual(kinds.filter((type) => type !== "bid"), ["created", "opened", "paused", "resumed", "warned", "closed"]);
  const { outcome, winner, price } = pages.at(-1);
  assert.deepEqual({ outcome, winner: winner.id, price }, { outcome: "sold", winner: "ben", price: 15_250 });

  const { body } = await ask(`/api/auctions/${id}`);
  assert.deepEqual({ status: body.status, seq: body.seq }, { status: "closed", seq: pages.length });
  assert.equal((await ask(`/api/auctions/${id}`, "--header", `If-None-Match: "${body.seq}"`)).status, 304);
}

/** The log, three events a page. */
async function log(ask, id) {
  const events = [];
  for (let since = 0; ;) {
    const { body } = await ask(`/api/auctions/${id}/events?since=${since}&limit=3`);
    assert.ok(body.events.length <= 3);
    events.push(...body.events);
    since = body.seq;
    if (body.ended) return events;
  }
}

test("a feed of lines that was cut goes on after the last of them", async () => {
  await clear.create("Eva", { id: "cut", title: "A globe", start: 10_000, duration_ms: AN_HOUR_MS });
  const address = (since) => clear.url(`/api/auctions/cut/events?since=${since}`);
  const feed = new Stream(address(0), ...NDJSON);
  await clear.bid("Ana", "cut", 10_000);
  const [welcome, ...before] = (await feed.until('{"type":"bid"')).map((line) => JSON.parse(line));
  assert.deepEqual({ type: welcome.type, resumed: welcome.resumed }, { type: "welcome", resumed: true });
  const { seq } = before.at(-1);

  await clear.kill();
  assert.notEqual((await feed.rest()).code, 0, "curl says that this was not the end");
  await clear.again();
  await clear.bid("Ben", "cut", 10_250);
  const next = new Stream(address(seq), ...NDJSON);
  const after = (await next.until('{"type":"bid"')).map((line) => JSON.parse(line)).filter(({ type }) => type === "bid");
  assert.deepEqual(after.map((bid) => [bid.seq, bid.bidder.id]), [[seq + 1, "ben"]]);
  next.close();
});

test("who does not know the certificate is not spoken to, and in clear nothing is said under TLS", async () => {
  await assert.rejects(curl(secure.url("/healthz")), /curl: \(60\)/);
  const { status, text } = await curl(secure.url("/healthz").replace("https", "http"));
  assert.equal(status, 400);
  assert.match(text, /https:\/\//);
});
