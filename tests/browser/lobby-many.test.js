// 1,000 auctions: what one change costs does not grow with how many there are. Counted, not timed.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser } from "./support/browser.js";
import { Server } from "./support/server.js";

const MANY = 1_000;
let server;
let browser;
let guest;
before(async () => {
  const lots = Array.from({ length: MANY }, (_, at) => [`lot-${at}`, { title: `Lot ${at}`, start: 1_000, duration: `${100 + at}m` }]);
  server = await Server.start(Object.fromEntries(lots));
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish());

/** Notes from now on how often each card is written to, and which are moved. */
const watchCards = () => {
  globalThis.seen?.observer.disconnect();
  const seen = { written: {}, moved: [] };
  seen.observer = new MutationObserver((records) => {
    for (const { type, target, addedNodes } of records) {
      const node = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
      if (node.matches(".cards")) seen.moved.push(...[...addedNodes].map(({ dataset }) => dataset.auction));
      else if (type !== "attributes") {
        const { auction } = node.closest(".card").dataset;
        seen.written[auction] = (seen.written[auction] ?? 0) + 1;
      }
    }
  });
  seen.observer.observe(document.querySelector("#lobby"), { subtree: true, childList: true, characterData: true });
  globalThis.seen = seen;
};
const whatWasSeen = () => guest.page.evaluate(() => ({ written: globalThis.seen.written, moved: globalThis.seen.moved }));

async function enter(path = "/") {
  guest = await browser.open(server.url(path));
  await guest.connected();
  await guest.shows("#open .card", MANY);
}

test("a countdown is written where it can be seen; a bid is written to its own card, and moves none", async () => {
  await enter();
  await guest.page.evaluate(watchCards);
  await guest.page.evaluate(() => new Promise((resolve) => {
    const texts = new Set();
    const look = setInterval(() => {
      texts.add(document.querySelector('[data-part="time"]').textContent);
      if (texts.size > 10) {
        clearInterval(look);
        resolve();
      }
    }, 20);
  }));
  const { written } = await whatWasSeen();
  const [seen, unseen] = [written["lot-0"], written[`lot-${MANY - 100}`] ?? 0];
  assert.ok(unseen * 2 < seen, `the first card was written to ${seen} times, one far out of sight ${unseen} times`);

  await server.bid("Ana", "lot-0", 5_000);
  await guest.reads('[data-auction="lot-0"] [data-part="price"]', "€50.00");
  await server.bid("Ana", `lot-${MANY - 1}`, 5_000); // far out of sight: right, too, if not at once
  await guest.page.waitForFunction((id) => document.querySelector(`[data-auction="${id}"] [data-part="price"]`).textContent === "€50.00", `lot-${MANY - 1}`);
  assert.deepEqual((await whatWasSeen()).moved, []);
});

test("a new order moves the one card that has to move", async () => {
  await enter("/?sort=watched");
  await guest.page.evaluate(watchCards);
  await browser.open(server.url("/a/lot-700"));
  await guest.page.waitForFunction(() => document.querySelector("#open .card").dataset.auction === "lot-700");
  assert.deepEqual((await whatWasSeen()).moved, ["lot-700"]);
});

test("a search among them", async () => {
  await enter();
  await guest.page.fill("#q", "lot 99");
  await guest.shows("#open .card", 19); // 99, 199 to 899, 990 to 999
  await guest.reads("#found", "19 of 1,000 auctions");
  await guest.page.fill("#q", "");
  await guest.shows("#open .card", MANY);
  assert.equal(await guest.page.locator("#open .card").first().getAttribute("data-auction"), "lot-0");
});
