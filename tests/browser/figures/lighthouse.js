// What Lighthouse says of the pages of a local server, with auctions in it: as a phone and as a desk. Not part of the tests; see ../README.md.

import { spawn } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "../support/server.js";

const [, , lighthouse = "lighthouse"] = process.argv;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const PATHS = ["/", "/a/lot-1", "/console"];
const AUCTIONS = 12;
const BIDS = 20;

const auctions = Array.from({ length: AUCTIONS }, (_, at) => [`lot-${at + 1}`, {
  title: `Lot ${at + 1}: a brass sextant`, description: "In its case, with a certificate.", image: at % 2 ? "/img/sextant.svg" : "/img/chronometer.svg",
  start: 10_000, duration: `${at + 1}h`,
}]);
const server = await Server.start(Object.fromEntries(auctions));
for (let at = 0; at < BIDS; at += 1) await server.bid(at % 2 ? "Ana" : "Ben", "lot-1", 10_000 + at * 1_000);
const directory = await mkdtemp(join(tmpdir(), "lighthouse-"));

for (const path of PATHS) {
  for (const preset of ["mobile", "desktop"]) {
    const out = join(directory, `${path.replaceAll("/", "_")}-${preset}.json`);
    const flags = [server.url(path), "--quiet", "--output=json", `--output-path=${out}`, "--chrome-flags=--headless=new --no-sandbox --disable-gpu"];
    if (preset === "desktop") flags.push("--preset=desktop");
    await run(flags);
    tell(path, preset, JSON.parse(await readFile(out, "utf8")));
  }
}
console.log(`reports: ${directory}`);
await server.stop();

function run(flags) {
  return new Promise((resolve, reject) => {
    const child = spawn(lighthouse, flags, { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, CHROME_PATH: CHROMIUM } });
    child.on("error", reject);
    child.on("exit", resolve); // what went wrong stands in the report
  });
}

function tell(path, preset, { categories, audits }) {
  const scores = Object.values(categories).map(({ title, score }) => `${title} ${Math.round(score * 100)}`);
  const figures = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "total-byte-weight"];
  console.log(`${path} ${preset}: ${scores.join(", ")} (${figures.map((name) => `${name} ${audits[name]?.displayValue}`).join(", ")})`);
  for (const { auditRefs } of Object.values(categories)) {
    for (const { id, weight } of auditRefs) {
      const { score, title, details } = audits[id];
      if (weight > 0 && score !== null && score < 1) console.log(`  ${id}: ${title} ${JSON.stringify(details?.items ?? []).slice(0, 400)}`);
    }
  }
}
