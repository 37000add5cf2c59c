// The list of auctions, live.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser, SERVER_AWAY, SOCKET_FAILED } from "./support/browser.js";
import { Server } from "./support/server.js";

let server;
let browser;
before(async () => {
  server = await Server.start({
    demo: { title: "Brass sextant, London, about 1890", image: "/img/sextant.svg", start: 10_000, duration: "1h" },
    clock: { title: "Marine chronometer, two days", image: "/img/chronometer.svg", start: 50_000, reserve: 120_000, duration: "2h" },
  });
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish([SOCKET_FAILED, SERVER_AWAY]));

const card = (id) => `[data-auction="${id}"]`;
const part = (id, name) => `${card(id)} [data-part="${name}"]`;

test("auctions appear, change, arrive, end and survive a crash", async () => {
  const guest = await browser.open(server.url());
  await guest.connected();
  await guest.shows("#open .card", 2);
  await guest.reads(`${card("demo")} h3`, "Brass sextant, London, about 1890");
  await guest.reads(part("demo", "price"), "€100.00");
  await guest.reads(part("demo", "standing"), "No bids yet");
  await guest.reads(part("demo", "time"), /^(59:\d\d|1:00:00)$/);

  // A bid in a room changes its card.
  assert.equal((await server.bid("Ana", "demo", 12_050)).status, 200);
  await guest.reads(part("demo", "price"), "€120.50");
  await guest.reads(part("demo", "standing"), "1 bid");

  await browser.open(server.url("/a/demo"));
  await guest.reads(part("demo", "watching"), "1 watching");

  // A new one appears without a reload, in its place; and moves when it ends.
  const terms = { id: "brief", title: "A short one, to be sold at once", start: 500, duration_ms: 6_000, soft_close: false };
  await server.create("Eva", terms);
  await guest.shows(`#open ${card("brief")}`, 1);
  await server.create("Eva", { id: "later", title: "Tomorrow’s", start: 500, starts_at: Date.now() + 86_400_000, duration_ms: 60_000 });
  await guest.shows(`#scheduled ${card("later")}`, 1);
  await server.bid("Ana", "brief", 1_000);
  await guest.shows(`#ended ${card("brief")}`, 1);
  await guest.shows("#open .card", 2);
  await guest.reads(part("brief", "standing"), "Sold to Ana");
  await guest.reads(part("brief", "price"), "€10.00");
  await guest.picture("lobby");

  await server.kill();
  await guest.reads("#light", "Reconnecting…");
  await guest.picture("lobby-reconnecting");
  await server.again();
  await guest.connected();
  await guest.shows("#open .card", 2);
  await guest.reads(part("demo", "price"), "€120.50");
  await guest.shows(`#ended ${card("brief")}`, 1);
  await server.bid("Ben", "demo", 13_000);
  await guest.reads(part("demo", "price"), "€130.00");

  await guest.page.click(card("demo")); // anywhere on it
  await guest.reads("#title", "Brass sextant, London, about 1890");
  await guest.connected();
  await guest.page.goBack();
  await guest.shows("#open .card", 2);
});

test("the pictures of lots are there", async () => {
  const guest = await browser.open(server.url());
  await guest.connected();
  await guest.page.waitForFunction(() => {
    const images = [...document.querySelectorAll(".card img")];
    return images.length === 2 && images.every((image) => image.complete && image.naturalWidth > 0);
  });
});
