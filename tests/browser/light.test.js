// Light and quick: the document alone shows how it stands, what comes later changes and moves nothing, and all of it is small.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser, FAILED, NOT_FOUND, SOCKET_FAILED } from "./support/browser.js";
import { Server } from "./support/server.js";

const MOST_BYTES = 100_000;
const LOT = ["#title", "#seller", "#price-label", "#price", "#countdown-label", "#leader", "#minimum-row", "#bid-count", "#reserve", "#description",
  "#fall", "#outcome", ".quick", "#amount-label", "#amount-hint", "#buy-now"];
const EACH = ["lively", "quiet", "yen", "falling", "envelope", "later", "brief", "at-once"];
const CARD = ["link", "status", "format", "priceLabel", "price", "timeLabel", "standing", "reserve", "watching"];

let server;
let browser;
before(async () => {
  const hour = { start: 100_050, duration: "1h" };
  server = await Server.start({
    lively: { title: "Brass <b>sextant</b> & case", description: "By “Troughton”.", image: "/img/sextant.svg", reserve: 200_000, ...hour },
    quiet: { title: "Nobody has bid yet", ...hour },
    yen: { title: "In yen", currency: "JPY", start: 500_000, duration: "50h" },
    "at-once": { title: "To be had at once", buy_now: 130_100, ...hour },
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
  await server.until("brief", ({ status }) => status === "closed");
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
    return [css, node?.checkVisibility() ? node.textContent.replace(/\s+/g, " ").replace(/\b\d?\d:\d\d\b/g, "m:ss").trim() : null];
  })), selectors);
}

/** A browser that gets documents, and nothing else. */
async function documents(options) {
  const context = await browser.context(options);
  await context.route("**/*", (route) => (route.request().resourceType() === "document" ? route.continue() : route.abort()));
  return context;
}

test("the document alone shows the price, styled", async () => {
  const context = await documents();
  const guest = await browser.open(server.url("/a/lively"), { context });
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

  const lobby = await browser.open(server.url(), { context });
  await lobby.shows("#open .card", 6);
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
    const [without, live] = [await documents({ locale }), await browser.context({ locale })];
    for (const id of locale === "en-GB" ? EACH : ["lively", "brief"]) {
      const first = await browser.open(server.url(`/a/${id}`), { context: without });
      const guest = await browser.open(server.url(`/a/${id}`), { context: live });
      await guest.page.waitForFunction(() => ["connected", "gone"].includes(document.documentElement.dataset.link));
      assert.deepEqual(await told(first.page, LOT), await told(guest.page, LOT), id);
    }
    const cards = EACH.flatMap((id) => CARD.map((part) => `[data-auction="${id}"] [data-part="${part}"]`));
    const first = await browser.open(server.url(), { context: without });
    const guest = await browser.open(server.url(), { context: live });
    await guest.connected();
    await guest.shows("#open .card", 6);
    assert.deepEqual(await told(first.page, cards), await told(guest.page, cards));
  });
}

/** A browser whose scripts come after the page has been seen, and all that has moved since. */
async function lateScripts(options) {
  const context = await browser.context(options);
  await context.addInitScript(() => {
    const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries()) {
        const moved = sources.map(({ node, previousRect, currentRect }) =>
          `${node?.closest?.("[data-auction]")?.dataset.auction ?? ""} ${node?.id || node?.className || node?.textContent} (${place(previousRect)} to ${place(currentRect)})`);
        globalThis.shifts.push(`${value}: ${moved.join(", ")}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await context.route("**/js/**", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    await route.continue();
  });
  return context;
}

for (const [what, options] of [
  ["wide", { viewport: { width: 1280, height: 900 } }],
  ["on a phone", { viewport: { width: 390, height: 844 } }],
  ["in Spanish", { viewport: { width: 1280, height: 900 }, locale: "es-ES" }],
]) {
  test(`nothing moves when the scripts come: ${what}`, async () => {
    const auctions = EACH.map((id) => `/a/${id}`);
    await server.until("?limit=100", ({ auctions }) => auctions.every(({ watching }) => !watching)); // a number that changes may move
    const context = await lateScripts(options);
    for (const path of ["/", "/console", ...auctions]) {
      const guest = await browser.open(server.url(path), { context });
      await guest.page.waitForFunction(() => ["connected", "gone"].includes(document.documentElement.dataset.link));
      await guest.page.waitForTimeout(300); // for what might still move
      assert.deepEqual(await guest.page.evaluate(() => globalThis.shifts), [], path);
      await guest.page.close();
    }
  });
}

test("the first load of each page is small", async () => {
  for (const path of ["/", "/a/lively", "/console"]) {
    const guest = await browser.open("about:blank", { context: await browser.context({ viewport: { width: 1280, height: 1600 } }) });
    const devtools = await guest.page.context().newCDPSession(guest.page);
    const urls = new Map();
    const bytes = {};
    devtools.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, new URL(response.url).pathname.replace(/^\/v\/\w+/, "")));
    devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => { bytes[urls.get(requestId)] = encodedDataLength; });
    await devtools.send("Network.enable");
    await guest.page.goto(server.url(path), { waitUntil: "networkidle" });
    if (path.startsWith("/a/")) await guest.shows("#chart canvas", 1); // it is in sight, and counts
    const sum = Object.values(bytes).reduce((total, size) => total + size, 0);
    console.log(`first load of ${path}: ${sum} bytes, of which ${JSON.stringify(bytes)}`);
    assert.ok(bytes[path] > 0 && Object.keys(bytes).some((file) => file.endsWith(".js")), "nothing was counted");
    assert.ok(sum < MOST_BYTES, `${path}: ${sum}`);
  }
});

test("what is not there is not found", async () => {
  const guest = await browser.open("about:blank");
  assert.equal((await guest.page.goto(server.url("/a/nowhere"))).status(), 404);
  await guest.reads("#light", "Not found");
});
