// What 1,000 auctions and 100 changes a second cost the lobby: `node figures/lobby.js`. Figures of this machine, not a test.
// SUBASTA_WEB_DIR: other pages than those in the binary, to compare.

import { Browser } from "../support/browser.js";
import { Server } from "../support/server.js";

const AUCTIONS = 1_000;
const BIDS_A_SECOND = 100;
const SECONDS = 10;
const BIDDERS = 20;
const WORDS = ["sextant", "chronometer", "viola", "harbour by night", "candlesticks", "first edition", "amber", "globe"];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const terms = (at) => ({ title: `${WORDS[at % WORDS.length]}, lot ${at}`, start: 1_000 + at, duration: `${60 + (at % 600)}m`, ...(at % 4 ? {} : { image: "/img/sextant.svg" }) });
const auctions = Object.fromEntries(Array.from({ length: AUCTIONS }, (_, at) => [`lot-${at}`, terms(at)]));
const flags = process.env.SUBASTA_WEB_DIR ? ["--web-dir", process.env.SUBASTA_WEB_DIR] : [];

/** Frames and long tasks, seen from within. */
const watch = () => {
  const seen = { frames: [], long: [] };
  globalThis.seen = seen;
  new PerformanceObserver((list) => seen.long.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask", buffered: true });
  let before = performance.now();
  const frame = (now) => {
    seen.frames.push(now - before);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
};

class Meter {
  #page;
  #devtools;
  constructor(page) { this.#page = page; }
  async begin() {
    this.#devtools ??= await this.#page.context().newCDPSession(this.#page);
    await this.#devtools.send("Performance.enable", { timeDomain: "threadTicks" }); // processor time: others on the machine do not count
    await this.#page.evaluate(() => { seen.frames.length = seen.long.length = 0; });
    this.before = await this.#read();
    this.at = performance.now();
  }
  async end(what) {
    const wall = (performance.now() - this.at) / 1000;
    const after = await this.#read();
    const { frames, long } = await this.#page.evaluate(() => seen);
    const used = (name) => after[name] - this.before[name];
    const worst = Math.max(0, ...frames);
    const over = frames.filter((ms) => ms > 50).length;
    console.log(`${what}: ${wall.toFixed(1)} s, of a core ${((used("TaskDuration") / wall) * 100).toFixed(1)} % (script ${((used("ScriptDuration") / wall) * 100).toFixed(1)}, style ${((used("RecalcStyleDuration") / wall) * 100).toFixed(1)}, layout ${((used("LayoutDuration") / wall) * 100).toFixed(1)}); frames ${frames.length}, worst ${worst.toFixed(0)} ms, over 50 ms: ${over}; long tasks ${long.length}, worst ${Math.max(0, ...long).toFixed(0)} ms; nodes ${after.Nodes}, heap ${(after.JSHeapUsedSize / 1e6).toFixed(1)} MB`);
  }
  async #read() {
    const { metrics } = await this.#devtools.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }
}

async function bidFor(server, seconds) {
  const tokens = await Promise.all(Array.from({ length: BIDDERS }, (_, at) => server.tokenOf(`Bidder ${at}`)));
  const refused = {};
  let sent = 0;
  const began = performance.now();
  while (performance.now() - began < seconds * 1000) {
    const due = Math.min(((performance.now() - began) / 1000) * BIDS_A_SECOND, seconds * BIDS_A_SECOND);
    while (sent < due) {
      const at = (sent * 7) % AUCTIONS;
      bidFor.rounds += sent > 0 && at === 0 ? 1 : 0;
      const amount = 1_000 + at + 100_000 * (bidFor.rounds += 1);
      const body = { type: "bid", amount };
      server.ask("POST", `/api/auctions/lot-${at}/commands`, { as: tokens[sent % BIDDERS], body })
        .then(({ status, body: { code } }) => { if (status !== 200) refused[code ?? status] = (refused[code ?? status] ?? 0) + 1; }, (error) => { refused[error] = 1; });
      sent += 1;
    }
    await sleep(5);
  }
  return { sent, refused };
}
bidFor.rounds = 0;

const server = await Server.start(auctions, { flags });
const browser = await Browser.start();
try {
  const context = await browser.context();
  await context.addInitScript(watch);
  const began = performance.now();
  const { page } = await browser.open(server.url(), { context });
  await page.waitForFunction((count) => document.querySelectorAll(".card").length === count, AUCTIONS);
  console.log(`${AUCTIONS} cards after ${(performance.now() - began).toFixed(0)} ms; long tasks: ${await page.evaluate(() => seen.long.map(Math.round).join(", "))} ms`);
  await sleep(3_000);
  const meter = new Meter(page);
  await meter.begin();
  await sleep(SECONDS * 1000);
  await meter.end("at rest");
  await meter.begin();
  const { sent, refused } = await bidFor(server, SECONDS);
  await meter.end(`${sent} bids (refused: ${JSON.stringify(refused)})`);
  if (await page.locator("#q").count()) {
    await meter.begin();
    await page.locator("#q").pressSequentially("harbour lot 99", { delay: 120 });
    await sleep(500);
    for (let at = 0; at < 14; at += 1) {
      await page.keyboard.press("Backspace");
      await sleep(120);
    }
    await meter.end("typing a search and taking it back");
    await page.selectOption("#sort", "bids");
    await meter.begin();
    await bidFor(server, SECONDS);
    await meter.end("the same bids, ordered by bids");
  }
  if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
  await browser.finish();
} finally {
  await browser.stop();
  await server.stop();
}
