// What an auction page costs Chromium at 2,000 events a minute: a figure, not a check. `node figures/cpu.js [SECONDS]`, after `cargo build`.
//
// Two bidders outbid each other over HTTP, evenly spread; a third person's page, signed in and in front, is watched. Counted is the processor
// time of all of Chromium's processes, as it tells itself (`SystemInfo.getProcessInfo`), over the time that has passed.

import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";
import { Server } from "../support/server.js";

const SECONDS = Number(process.argv[2] ?? 60);
const PER_MINUTE = 2_000;
const SETTLE_MS = 5_000;
const STEP = 100;

const server = await Server.start();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  await server.create("Eva", { id: "busy", title: "A busy one", start: STEP, duration_ms: 3_600_000, increments: [{ from: 0, step: STEP }] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(server.url("/a/busy"));
  await page.waitForSelector('html[data-link="connected"]');
  const devtools = await browser.newBrowserCDPSession();
  await sleep(SETTLE_MS);
  const idle = await measured(devtools, SETTLE_MS / 1_000, () => sleep(SETTLE_MS));
  const bidders = await Promise.all(["Ana", "Ben"].map((name) => server.tokenOf(name)));
  const busy = await measured(devtools, SECONDS, () => outbid(server, bidders));
  const { seq } = await page.evaluate(() => ({ ...document.documentElement.dataset }));
  console.log(`events drawn: ${seq}; at rest: ${percent(idle)} of a core; at ${PER_MINUTE} events a minute for ${SECONDS} s: ${percent(busy)}`);
} finally {
  await browser.close();
  await server.stop();
}

/** Processor time of each kind of process, and of all, as a share of one core. */
async function measured(devtools, expected, run) {
  const [before, started] = [await cpu(devtools), performance.now()];
  await run();
  const [after, seconds] = [await cpu(devtools), (performance.now() - started) / 1_000];
  if (seconds > expected * 1.1) console.log(`took ${seconds.toFixed(1)} s instead of ${expected}: this machine is too busy for this figure`);
  return Object.fromEntries(Object.keys(after).map((kind) => [kind, (after[kind] - (before[kind] ?? 0)) / seconds]));
}

async function cpu(devtools) {
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  const sum = { all: 0 };
  for (const { type, cpuTime } of processInfo) {
    sum.all += cpuTime;
    sum[type] = (sum[type] ?? 0) + cpuTime;
  }
  return sum;
}

async function outbid(server, bidders) {
  const started = performance.now();
  const under = new Set();
  for (let turn = 0; turn < (SECONDS * PER_MINUTE) / 60; turn += 1) {
    await sleep(Math.max(0, started + turn * (60_000 / PER_MINUTE) - performance.now()));
    const bid = server.ask("POST", "/api/auctions/busy/commands", { as: bidders[turn % 2], body: { type: "bid", amount: (turn + 1) * STEP } });
    under.add(bid);
    bid.finally(() => under.delete(bid));
  }
  await Promise.all(under);
}

function percent(shares) {
  return Object.entries(shares).map(([kind, share]) => `${kind} ${(share * 100).toFixed(1)} %`).join(", ");
}
