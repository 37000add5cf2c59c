// The plan: builds everything, runs every server through every scenario in turn, round after round, and writes the tables.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { machine, processorTime } from "./facts.mjs";
import { Runs, report } from "./report.mjs";
import { FAULTS, run } from "./run.mjs";
import { FIGURES, SCENARIOS } from "./scenarios.mjs";
import { ROOT, servers as allServers } from "./servers.mjs";

const USAGE = `bench/compare [OPTIONS]: Subasta and its peers through the same scenarios, interleaved; server on core 0, client on core 1.

  --rounds N          rounds, each of all that is to be run (3)
  --seconds S         measured seconds of a run (8)
  --warmup S          seconds before that (2)
  --only A,B          these scenarios
  --servers A,B       these servers
  --quick             one round of two seconds
  --out DIR           the runs as JSON, a file each; those of another sitting go (target/compare; a part: target/compare-part)
  --doc FILE          the document (docs/benchmarks.md; in DIR where not everything is run)
  --disk DIR          where the servers' data goes: on a disk, not in memory (target/compare)
  --report            run nothing, only write the document from what is in DIR
  --no-build          take the binaries and packages as they are

Scenarios: ${SCENARIOS.map(({ name }) => name).join(" ")}
Servers: ${Object.keys(allServers(String)).join(" ")}
`;

const BEGIN = "<!-- written by bench/compare -->";
const END = "<!-- end of what bench/compare writes -->";
const TEMPLATE = join(import.meta.dirname, "benchmarks.md");
const BREATH_MS = 500; // between runs, for what the last one left behind

class Wrong extends Error {}

function options() {
  const text = { type: "string" };
  const flag = { type: "boolean", default: false };
  const known = { rounds: text, seconds: text, warmup: text, only: text, servers: text, out: text, doc: text, disk: text };
  const flags = { quick: flag, report: flag, "no-build": flag, help: { ...flag, short: "h" } };
  const { values } = parseArgs({ options: { ...known, ...flags } });
  const whole = (name, otherwise, least) => {
    const value = Number(values[name] ?? otherwise);
    if (!Number.isInteger(value) || value < least) throw new Wrong(`--${name} is a whole number, ${least} or more`);
    return value;
  };
  const quick = values.quick;
  return {
    ...values,
    rounds: whole("rounds", quick ? 1 : 3, 1),
    seconds: whole("seconds", quick ? 2 : 8, 1),
    warmup: whole("warmup", quick ? 1 : 2, 0),
    whole: !quick && !values.only && !values.servers,
  };
}

/** Those of `all` that are named, or all. */
function chosen(named, all, what) {
  const names = named?.split(",") ?? all;
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Wrong(`there is no ${what} ${unknown}; there are ${all.join(", ")}`);
  return names;
}

const step = (program, args, cwd) => execFileSync(program, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });

function targetDirectory() {
  const metadata = execFileSync("cargo", ["metadata", "--no-deps", "--format-version", "1"], { cwd: ROOT, encoding: "utf8" });
  return JSON.parse(metadata).target_directory;
}

function build() {
  console.log("building");
  step("cargo", ["build", "--release", "--quiet", "--workspace", "--bins"], ROOT);
  step("npm", ["ci", "--silent", "--no-audit", "--no-fund"], join(ROOT, "bench/peers/js"));
}

/** Every run in order: in each round all scenarios, in each of these all servers, another first every time. */
function* plan(rounds, scenarios, names) {
  for (let round = 0; round < rounds; round++) {
    for (const [index, scenario] of scenarios.entries()) {
      const present = scenario.servers.filter((name) => names.includes(name));
      const first = round + index;
      for (const place of present.keys()) yield { round, scenario, server: present[(first + place) % present.length] };
    }
  }
}

function summary(scenario, { figures, failed }) {
  const faults = Object.entries(FAULTS).filter(([key]) => figures?.[key]).map(([key, what]) => `${figures[key]} ${what}`);
  const words = (figures ? scenario.figures : []).map((name) => {
    const { label, digits, of } = FIGURES[name];
    return `${label} ${of(figures)?.toFixed(digits) ?? "–"}`;
  });
  return [failed && `FAILED: ${failed}`, ...words, ...faults, figures?.client_limited && "client limited"].filter(Boolean).join(", ");
}

const kept = (out) => readdirSync(out).filter((name) => name.endsWith(".run.json"));

async function runAll(scenarios, servers, names, settings) {
  const before = processorTime();
  const { out, rounds, seconds, warmup, whole } = settings;
  const runs = [...plan(rounds, scenarios, names)];
  // A directory holds one sitting.
  for (const name of kept(out)) rmSync(join(out, name));
  const facts = { ...machine(settings.disk), rounds, seconds, warmup, whole, built: !settings["no-build"] };
  if (facts.load > 0.5) console.log(`the machine is busy (load ${facts.load.toFixed(2)}): the figures will show it`);
  const present = names.filter((name) => !["subasta-2", "floor-batch"].includes(name) && runs.some(({ server }) => server === name));
  facts.versions = Object.fromEntries(present.map((name) => [servers[name].label, servers[name].version()]));
  for (const [index, { round, scenario, server }] of runs.entries()) {
    const result = await run({ ...servers[server], name: server }, scenario, settings);
    const file = join(out, `${scenario.name}.${server}.${round}.run.json`);
    writeFileSync(file, JSON.stringify({ scenario: scenario.name, server, round, ...result }, null, 1));
    console.log(`${index + 1}/${runs.length} ${scenario.name} ${server}: ${summary(scenario, result)}`);
    await new Promise((resolve) => setTimeout(resolve, BREATH_MS));
  }
  const now = processorTime();
  facts.stolen = (now.stolen - before.stolen) / Math.max(1, now.all - before.all);
  writeFileSync(join(out, "facts.json"), JSON.stringify(facts, null, 1));
}

/** What is measured goes between the two marks; what people wrote around them stays. */
function write(file, text) {
  const document = readFileSync(existsSync(file) ? file : TEMPLATE, "utf8");
  const [before, rest] = document.split(BEGIN);
  const behind = rest?.split(END)[1];
  if (behind === undefined) throw new Wrong(`${file} has not the two marks ${BEGIN} and ${END}`);
  writeFileSync(file, `${before}${BEGIN}\n\n${text}\n\n${END}${behind}`);
  console.log(`written: ${file}`);
}

/** Only a whole sitting goes into the project's document unasked. */
function writeReport(scenarios, servers, { out, doc }) {
  const facts = JSON.parse(readFileSync(join(out, "facts.json")));
  const file = resolve(doc ?? (facts.whole ? join(ROOT, "docs/benchmarks.md") : join(out, "benchmarks.md")));
  const runs = new Runs(kept(out).map((name) => JSON.parse(readFileSync(join(out, name)))));
  const run = scenarios.filter((scenario) => scenario.servers.some((server) => runs.of(scenario.name, server).length));
  write(file, report(run, runs, servers, facts));
}

async function main() {
  const asked = options();
  if (asked.help) return process.stdout.write(USAGE);
  const target = targetDirectory();
  const servers = allServers((name) => join(target, "release", name));
  const wanted = chosen(asked.only, SCENARIOS.map(({ name }) => name), "scenario");
  const scenarios = SCENARIOS.filter(({ name }) => wanted.includes(name));
  const names = chosen(asked.servers, Object.keys(servers), "server");
  const out = resolve(asked.out ?? join(target, asked.whole ? "compare" : "compare-part"));
  const disk = resolve(asked.disk ?? join(target, "compare"));
  for (const directory of [out, disk]) mkdirSync(directory, { recursive: true });
  if (!asked.report) {
    if (!asked["no-build"]) build();
    const client = join(target, "release/subasta-bench");
    await runAll(scenarios, servers, names, { ...asked, client, out, disk });
  }
  writeReport(scenarios, servers, { out, doc: asked.doc });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Wrong) && !error.code?.startsWith("ERR_PARSE_ARGS")) throw error;
  console.error(`bench/compare: ${error.message}`);
  process.exitCode = 2;
}
