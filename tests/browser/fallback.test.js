// The client in a browser: the page behind a proxy that lets no WebSocket through is the same page; and every carrier in somebody's own script.

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
  server = await Server.start({ streamed: LOT, polled: LOT, scripted: LOT });
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

test("every carrier, in a script of one's own", async () => {
  const someone = await browser.open(server.url());
  await someone.connected();
  let amount = 10_000;
  for (const options of [{ format: "msgpack" }, { format: "json" }, { carriers: ["sse"] }, { carriers: ["poll"] }]) {
    amount += 1_000;
    const told = await someone.page.evaluate(async ([given, bid]) => {
      const { Client } = await import("/js/client.js");
      const client = new Client(location.origin, { auction: "scripted", name: "Ana", ...given });
      const prices = [];
      client.on("snapshot", ({ price }) => prices.push(price));
      client.on("bid", ({ price }) => prices.push(price));
      await client.connect();
      const { type } = await client.send({ type: "bid", amount: bid });
      const { carrier } = client;
      client.close();
      return { type, carrier, prices };
    }, [options, amount]);
    const before = amount === 11_000 ? null : amount - 1_000;
    assert.deepEqual(told, { type: "accepted", carrier: options.carriers?.[0] ?? "websocket", prices: [before, amount] });
  }
});
