// Light and quick: the document alone shows how it stands, what comes later changes and moves nothing, and all of it is small.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser, FAILED, NOT_FOUND, SOCKET_FAILED } from "./support/browser.js";
import { Server } from "./support/server.js";

const MOST_BYTES = 100_000;
const LATER = /chart|vendor/; // what a page asks for once it stands
const MOST_SHIFT = 0.01; // 0.1 is called good; what is left is the bid form, whose steps the server does not write
const LOT = ["#title", "#seller", "#price-label", "#price", "#countdown-label", "#leader", "#minimum-row", "#bid-count", "#reserve", "#description"];
const CARD = ["link", "status", "format", "priceLabel", "price", "timeLabel", "standing", "reserve", "watching"];

let server;
let browser;
before(async () => {
  const hour = { start: 100_050, duration: "1h" };
  server = await Server.start({
    lively: { title: "Brass <b>sextant</b> & case", description: "By “Troughton”.", image: "/img/sextant.svg", reserve: 200_000, ...hour },
    quiet: { title: "Nobody has bid yet", ...hour },
    yen: { title: "In yen", currency: "JPY", start: 500_000, duration: "50h" },
    envelope: { title: "Sealed", format: "sealed", reserve: 150_000, ...hour },
  });
  await server.create("Eva", {
    id: "falling", title: "Falling", format: "dutch", dutch: { floor: 50_000, step: 1_000, every_ms: 1_800_000 }, start: 100_050, duration_ms: 3_600_000,
  });
  await server.create("Eva", { id: "later", title: "Later", start: 500, starts_at: Date.now() + 7_000_000, duration_ms: 60_000 });
  await server.create("Eva", { id: "brief", title: "Brief", start: 500, duration_ms: 2_500, soft_close: false });
  await server.bid("Ana", "brief", 1_000);
  await server.bid("Ana", "lively", 123_450);
  await server.bid("Ana", "envelope", 123_450);
  while ((await server.auction("brief")).status !== "closed") await new Promise((resolve) => setTimeout(resolve, 100));
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish([FAILED, SOCKET_FAILED, NOT_FOUND]));

/** Of each element that can be seen, what it says. */
function told(page, selectors) {
  return page.evaluate((wanted) => Object.fromEntries(wanted.map((css) => {
    const node = document.querySelector(css);
    return [css, node?.checkVisibility() ? node.textContent.replace(/\s+/g, " ").trim() : null];
  })), selectors);
}

/** Somebody whose browser gets the document, and nothing else. */
async function alone(url, options) {
  const context = await browser.context(options);
  await context.route("**/*", (route) => (route.request().resourceType() === "document" ? route.continue() : route.abort()));
  return browser.open(url, { context });
}

test("the document alone shows the price, styled", async () => {
  const guest = await alone(server.url("/a/lively"));
  await guest.reads("#price", "€1,234.50");
  await guest.reads("#countdown", /^(59|1:00):\d\d/);
  await guest.reads("#leader", "Ana leads");
  await guest.reads("#reserve", "Reserve not yet met");
  const style = await guest.page.evaluate(() => {
    const { fontSize, fontWeight } = getComputedStyle(document.querySelector("#price"));
    return { fontSize: parseFloat(fontSize), fontWeight };
  });
  assert.ok(style.fontSize > 24 && style.fontWeight === "700", JSON.stringify(style));
  assert.equal(await guest.page.getAttribute("html", "data-link"), "reconnecting"); // it does not pretend to be connected
  await guest.picture("light-alone");

  const lobby = await alone(server.url());
  await lobby.shows("#open .card", 5);
  await lobby.reads('[data-auction="lively"] [data-part="price"]', "€1,234.50");
  await lobby.reads('[data-auction="brief"] [data-part="standing"]', "Sold to Ana");
});

test("without scripts it can be read, too", async () => {
  const context = await browser.context({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(server.url("/a/lively"));
  assert.equal((await page.textContent("#price")).trim(), "EUR 1234.50");
  await page.goto(server.url());
  assert.equal((await page.textContent('[data-auction="yen"] [data-part="price"]')).trim(), "JPY 500000");
  await context.close();
});

for (const locale of ["en-GB", "es-ES", "de-DE"]) {
  test(`what the server writes, the scripts write: ${locale}`, async () => {
    for (const id of locale === "en-GB" ? ["lively", "quiet", "yen", "falling", "envelope", "later", "brief"] : ["lively", "brief"]) {
      const first = await told((await alone(server.url(`/a/${id}`), { locale })).page, LOT);
      const guest = await browser.open(server.url(`/a/${id}`), { context: await browser.context({ locale }) });
      await guest.page.waitForFunction(() => ["connected", "gone"].includes(document.documentElement.dataset.link));
      assert.deepEqual(first, await told(guest.page, LOT), id);
    }
    const cards = ["lively", "quiet", "yen", "falling", "envelope", "later", "brief"]
      .flatMap((id) => CARD.map((part) => `[data-auction="${id}"] [data-part="${part}"]`));
    const first = await told((await alone(server.url(), { locale })).page, cards);
    const guest = await browser.open(server.url(), { context: await browser.context({ locale }) });
    await guest.connected();
    await guest.shows("#open .card", 5);
    assert.deepEqual(first, await told(guest.page, cards));
  });
}

test("nothing moves when the scripts come, on a slow line", async () => {
  for (const [path, viewport] of [["/a/lively", null], ["/", null], ["/a/lively", { width: 390, height: 844 }], ["/", { width: 390, height: 844 }]]) {
    const context = await browser.context(viewport ? { viewport } : {});
    await context.addInitScript(() => {
      globalThis.shifts = [];
      new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries()) {
          globalThis.shifts.push({ value, nodes: sources.map(({ node }) => node?.id || node?.className || node?.nodeName) });
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    await context.route("**/js/**", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300)); // until it has been seen without
      await route.continue();
    });
    const guest = await browser.open(server.url(path), { context });
    await guest.connected();
    await guest.page.waitForTimeout(300); // for what might still move
    const shifts = await guest.page.evaluate(() => globalThis.shifts);
    const sum = shifts.reduce((total, { value }) => total + value, 0);
    assert.ok(sum < MOST_SHIFT, `${path} ${viewport?.width ?? "wide"}: ${sum} ${JSON.stringify(shifts)}`);
  }
});

test("the first load of each page is small", async () => {
  for (const path of ["/", "/a/lively", "/console"]) {
    const guest = await browser.open("about:blank");
    const devtools = await guest.page.context().newCDPSession(guest.page);
    const urls = new Map();
    const bytes = new Map();
    devtools.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, new URL(response.url).pathname));
    devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength));
    await devtools.send("Network.enable");
    await guest.page.goto(server.url(path), { waitUntil: "networkidle" });
    const kinds = { html: 0, js: 0, css: 0, other: 0, later: 0 };
    for (const [id, size] of bytes) {
      const ending = LATER.test(urls.get(id) ?? "") ? "later" : /\.(js|css)$/.exec(urls.get(id) ?? "")?.[1] ?? (urls.get(id) === path ? "html" : "other");
      kinds[ending] += size;
    }
    const sum = Object.values(kinds).reduce((total, size) => total + size, 0) - kinds.later;
    console.log(`first load of ${path}: ${sum} bytes in ${bytes.size} files, of which ${JSON.stringify(kinds)}`);
    assert.ok(bytes.size > 5 && sum < MOST_BYTES, `${path}: ${sum}`);
  }
});

test("what is not there is not found", async () => {
  const guest = await browser.open("about:blank");
  assert.equal((await guest.page.goto(server.url("/a/nowhere"))).status(), 404);
  await guest.reads("#light", "Not found");
});
