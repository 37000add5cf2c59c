// nginx in front, set up as docs/operations.md says.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser, TLS_SOCKET_FAILED } from "./support/browser.js";
import { curl, Stream } from "./support/curl.js";
import { Nginx } from "./support/nginx.js";
import { Server } from "./support/server.js";

const PATIENCE_MS = 30_000;
const LOT = { title: "Brass sextant", start: 10_000, duration: "1h" };
const CUT = /^Failed to load resource: net::ERR_/; // an event source that is cut off
const AWAY = /^Failed to load resource: the server responded with a status of 502/; // what the page's client is told meanwhile

let lender;
let server;
let nginx;
let browser;
before(async () => {
  lender = await Server.start({}, { flags: ["--tls-self-signed"] });
  server = await Server.start({ page: LOT, feed: LOT, source: LOT }, { keys: 'trusted_proxies = ["127.0.0.1"]' });
  nginx = await Nginx.start(server, lender.certificate);
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await nginx?.stop();
  await server?.stop();
  await lender?.stop();
});
afterEach(() => browser.finish([TLS_SOCKET_FAILED, CUT, AWAY]));

const ca = () => ["--cacert", lender.certificate];
const visitor = async (path) => browser.open(nginx.url(path), { context: await browser.context({ ignoreHTTPSErrors: true }) });

test("the page, its socket and a bid; the server restarts behind it", async () => {
  const ana = await visitor("/a/page");
  await ana.signIn("Ana");
  assert.deepEqual(await ana.protocols(), ["h2"]);
  assert.ok((await ana.page.context().cookies()).every(({ secure }) => secure));
  await ana.bid("120.50");
  await ana.reads("#verdict", "Accepted: you are leading at €120.50.");
  await server.kill();
  await ana.reads("#light", "Reconnecting…");
  await logged(/"GET \/ws\/page" 502 /); // it has knocked while nobody was there
  await server.again();
  await ana.connected();
  await server.bid("Ben", "page", 13_000);
  await ana.reads("#verdict", "You have been outbid: Ben leads at €130.00.");
  const { gaps, repeats } = await ana.data();
  assert.deepEqual({ gaps, repeats }, { gaps: "0", repeats: "0" });
  const logs = await nginx.logs();
  assert.match(logs, /"GET \/ws\/page" 101 /);
  assert.doesNotMatch(logs, /token/, "what is in the address stays out of the logs");
});

for (const [accept, start] of [["text/event-stream", "data: "], ["application/x-ndjson", ""]]) {
  test(`a feed in ${accept} is told at once`, async () => {
    for (const http of ["--http1.1", "--http2"]) {
      const feed = new Stream(nginx.url("/api/auctions/feed/events"), ...ca(), http, "--header", `Accept: ${accept}`);
      try {
        await feed.until(`${start}{"type":"welcome"`);
        const { minimum } = await server.auction("feed");
        assert.equal((await server.bid(`Ana ${minimum}`, "feed", minimum)).status, 200);
        await feed.until(`${start}{"type":"bid"`); // though the answer goes on
      } finally {
        feed.close();
      }
    }
  });
}

test("Chromium's event source goes on by itself when the server was away", async () => {
  const ana = await visitor("/");
  await ana.page.evaluate(() => {
    window.told = [];
    window.source = new EventSource("/api/auctions/source/events");
    window.source.onmessage = ({ data }) => window.told.push(JSON.parse(data));
  });
  const told = (type) => ana.page.evaluate((type) => window.told.filter((message) => message.type === type), type);
  const waits = (what, argument) => ana.page.waitForFunction(what, argument);
  await waits(() => window.told.length > 0);
  const before = (await told("welcome"))[0].seq;
  await server.kill();
  await waits(() => window.source.readyState === EventSource.CONNECTING);
  await logged(/events" 444 /);
  await server.again();
  await server.bid("Ben", "source", 10_000);
  await waits(() => window.told.some(({ type }) => type === "bid"));
  assert.deepEqual((await told("welcome")).map(({ resumed }) => resumed), [false, true]);
  assert.deepEqual((await told("bid")).map(({ seq }) => seq), [before + 1]);
});

async function logged(pattern) {
  for (const deadline = Date.now() + PATIENCE_MS; !pattern.test(await nginx.logs()); await new Promise((resolve) => setTimeout(resolve, 50))) {
    assert.ok(Date.now() < deadline, `no ${pattern} in the logs of nginx`);
  }
}

test("who is calling: the client as nginx saw it, not as it says", async () => {
  const from = async (url, ...flags) => {
    const name = `Caller ${Math.random().toString(36).slice(2)}`;
    const { status } = await curl(url, "--interface", "127.0.0.2", "--header", "X-Forwarded-For: 198.51.100.7", "--data", JSON.stringify({ name }), ...flags);
    assert.equal(status, 200);
    return /address=(\S+)/.exec(await server.logged(new RegExp(`signed in.*${name}`)))[1];
  };
  assert.equal(await from(nginx.url("/api/session"), ...ca()), "127.0.0.2");
  assert.equal(await from(server.url("/api/session")), "127.0.0.2", "nobody else is believed");
});

test("over HTTP/2 the page's own origin is known, and another is not", async () => {
  const ask = (origin) => curl(nginx.url("/api/session"), ...ca(), "--http2", "--header", `Origin: ${origin}`, "--data", '{"name":"Ana"}');
  const { status, version } = await ask(nginx.origin);
  assert.deepEqual({ status, version }, { status: 200, version: "2" });
  assert.equal((await ask("https://elsewhere.example")).status, 403);
  const poll = await curl(nginx.url("/api/auctions/feed/events?wait=30&since=0"), ...ca());
  assert.equal(poll.body.events[0].type, "created");
});
