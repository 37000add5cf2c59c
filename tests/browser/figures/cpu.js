// What an auction page costs Chromium at 2,000 events a minute: a figure, not a check. `node figures/cpu.js [SECONDS]`, after `cargo build`.
//
// Two bidders outbid each other over HTTP, evenly spread; a third person's page, in front, is watched. Counted is the processor time of all of
// Chromium's processes, as it tells itself (`SystemInfo.getProcessInfo`), over the time that has passed. No tool is attached to the page
// meanwhile: to tell one of every message costs a browser as much as to draw what it says.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { Server } from "../support/server.js";

const SECONDS = Number(process.argv[2] ?? 60);
const PER_MINUTE = 2_000;
const SETTLE_MS = 8_000;
const STEP = 100;
const HEADLESS = ["--headless=new", "--no-sandbox", "--no-first-run", "--disable-background-networking", "--remote-debugging-port=0", "--window-size=1280,900"];

const server = await Server.start();
await server.create("Eva", { id: "busy", title: "A busy one", start: STEP, duration_ms: 3_600_000, increments: [{ from: 0, step: STEP }] });
const profile = await mkdtemp(join(tmpdir(), "subasta-cpu-"));
const chromium = spawn(process.env.CHROMIUM ?? "/usr/bin/chromium", [...HEADLESS, `--user-data-dir=${profile}`, server.url("/a/busy")], { stdio: ["ignore", "ignore", "pipe"] });
try {
  const devtools = await toolsOf(chromium);
  await sleep(SETTLE_MS);
  const idle = await measured(devtools, SETTLE_MS / 1_000, () => sleep(SETTLE_MS));
  const bidders = await Promise.all(["Ana", "Ben"].map((name) => server.tokenOf(name)));
  const busy = await measured(devtools, SECONDS, () => outbid(server, bidders));
  await sleep(2_000);
  console.log(`events drawn: ${await drawn(devtools)}; at rest: ${percent(idle)} of a core; at ${PER_MINUTE} events a minute for ${SECONDS} s: ${percent(busy)}`);
} finally {
  chromium.kill("SIGKILL");
  await server.stop();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}

/** Asks the browser, not the page. */
async function toolsOf(child) {
  const address = await new Promise((resolve, reject) => {
    child.on("exit", () => reject(new Error("Chromium has ended")));
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = /^DevTools listening on (ws:.+)$/.exec(line);
      if (found) resolve(found[1]);
    });
  });
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  let last = 0;
  const asked = new Map();
  socket.on("message", (text) => {
    const { id, result } = JSON.parse(text);
    asked.get(id)?.(result);
    asked.delete(id);
  });
  const send = (method, params = {}, sessionId = undefined) => new Promise((resolve) => {
    asked.set(last += 1, resolve);
    socket.send(JSON.stringify({ id: last, method, params, sessionId }));
  });
  return { send };
}

/** The seq that the page has come to. Only now a tool is attached to it. */
async function drawn(devtools) {
  const { targetInfos } = await devtools.send("Target.getTargets");
  const { targetId } = targetInfos.find(({ type, url }) => type === "page" && url.includes("/a/busy"));
  const { sessionId } = await devtools.send("Target.attachToTarget", { targetId, flatten: true });
  return (await devtools.send("Runtime.evaluate", { expression: "document.documentElement.dataset.seq" }, sessionId)).result.value;
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
