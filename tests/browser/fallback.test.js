// The page behind a proxy that lets no WebSocket through: it is the same page.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser } from "./support/browser.js";
import { Proxy } from "./support/go-between.js";
import { Server } from "./support/server.js";

const LOT = { title: "Brass sextant", image: "/img/sextant.svg", start: 10_000, duration: "1h" };
const REFUSED = [/^WebSocket connection to .* failed/, /^Failed to load resource: the server responded with a status of 502/, /^Failed to load resource: net::ERR_INCOMPLETE/];

let server;
let browser;
let between;
before(async () => {
  server = await Server.start({ streamed: LOT, polled: LOT });
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(async () => {
  await browser.finish(REFUSED).finally(() => between?.stop());
});

for (const { id, streams } of [{ id: "streamed", streams: true }, { id: "polled", streams: false }]) {
  test(`bidding, chat and a crash, ${id}`, async () => {
    between = await Proxy.before(server.port, { upgrades: false, streams });
    const ana = await browser.open(`${between.origin}/a/${id}`);
    await ana.signIn("Ana");
    await ana.bid();
    await ana.reads("#verdict", "Accepted: you are leading at €100.00.");
    await ana.say("Is the frame original?");
    await ana.reads("#chat-log", /Is the frame original\?/);
    await server.bid("Ben", id, 10_250);
    await ana.reads("#verdict", "You have been outbid: Ben leads at €102.50.");
    await server.kill();
    await ana.reads("#light", "Reconnecting…");
    await server.again();
    await ana.connected();
    await server.bid("Ben", id, 20_000);
    await ana.reads("#price", "€200.00");
    const { seq, gaps, repeats } = await ana.data();
    assert.deepEqual({ seq, gaps, repeats }, { seq: String((await server.auction(id)).seq), gaps: "0", repeats: "0" });
    await ana.page.goto(between.origin);
    await ana.connected();
    await ana.reads(`[data-auction="${id}"] [data-part="price"]`, "€200.00");
    await server.bid("Eva", id, 21_000);
    await ana.reads(`[data-auction="${id}"] [data-part="price"]`, "€210.00");
  });
}
