// From the runs to the tables.

import { FAULTS } from "./run.mjs";
import { FIGURES } from "./scenarios.mjs";

const COMPARED = { floor: "÷ floor", bun: "÷ Bun" };

const LEGEND = `Medians over the rounds, and the smallest and the largest of the first figure.
◆: the client was the limit, so that the server might do more.
"Not in time": so many bids were given up after ten seconds that this quantile is among them.`;

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

const number = (value, digits) => value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const CLOSE = ["×", "/s", "%"]; // units that stand next to the number

function shown(value, { digits, unit }) {
  if (value == null || Number.isNaN(value)) return "–";
  return value === Infinity ? "not in time" : `${number(value, digits)}${CLOSE.includes(unit) ? "" : " "}${unit}`;
}

// Of what never came in time there is no multiple.
const times = (value) => shown(value || null, FIGURES.syncs);
const span = ({ min, max }, { digits }) => [min, max].map((end) => (end === Infinity ? "∞" : number(end, digits))).join("–");
const row = (cells) => `| ${cells.join(" | ")} |`;

/** A table; the columns named in `right` are numbers. */
function table(head, rows, right = []) {
  const line = head.map((name) => (right.includes(name) ? "---:" : "---"));
  return [row(head), row(line), ...rows.map(row)].join("\n");
}


/** The runs of one scenario and server, and what they say of a figure: { median, min, max }, or null. */
export class Runs {
  #runs;

  constructor(runs) { this.#runs = runs; }

  of(scenario, server) { return this.#runs.filter((run) => run.scenario === scenario && run.server === server); }

  figure(scenario, server, name) {
    const values = this.of(scenario, server).map((run) => run.figures && FIGURES[name].of(run.figures)).filter((value) => value != null);
    return values.length ? { median: median(values), min: Math.min(...values), max: Math.max(...values) } : null;
  }

  /** What went wrong, in words; empty where nothing did. */
  troubles(scenario, server) {
    const runs = this.of(scenario, server);
    const failed = runs.filter((run) => run.failed);
    const words = [...new Set(failed.map((run) => run.failed))].map((why) => `failed ${failed.length} of ${runs.length}: ${why}`);
    for (const [key, what] of Object.entries(FAULTS)) {
      const most = Math.max(0, ...runs.map((run) => run.figures?.[key] ?? 0));
      if (most) words.push(`${number(most, 0)} ${what}`);
    }
    return words;
  }

  /** The client's busy share, with a mark where it was the limit. */
  busy(scenario, server) {
    const runs = this.of(scenario, server).filter((run) => run.figures?.client_busy != null);
    if (!runs.length) return "–";
    return `${number(100 * median(runs.map((run) => run.figures.client_busy)), 0)}%${this.limited(scenario, server) ? " ◆" : ""}`;
  }

  limited(scenario, server) { return this.of(scenario, server).some((run) => run.figures?.client_limited); }
}

function ratio(runs, scenario, figure, server, other) {
  const [ours, theirs] = [runs.figure(scenario, server, figure), runs.figure(scenario, other, figure)];
  return ours && theirs?.median ? ours.median / theirs.median : null;
}

function scenarioTable(scenario, runs, servers) {
  const present = scenario.servers.filter((name) => runs.of(scenario.name, name).length);
  const [main, ...more] = scenario.figures.map((name) => ({ name, ...FIGURES[name] }));
  const compared = Object.keys(COMPARED).filter((name) => present.includes(name));
  const ratios = compared.map((name) => COMPARED[name]);
  const head = ["server", main.label, "min–max", ...ratios, ...more.map(({ label }) => label), "client busy", "trouble"];
  const rows = present.map((name) => {
    const figure = runs.figure(scenario.name, name, main.name);
    return [
      servers[name].label,
      shown(figure?.median, main),
      figure ? span(figure, main) : "–",
      ...compared.map((other) => times(ratio(runs, scenario.name, main.name, name, other))),
      ...more.map((each) => shown(runs.figure(scenario.name, name, each.name)?.median, each)),
      runs.busy(scenario.name, name),
      runs.troubles(scenario.name, name).join("; "),
    ];
  });
  const options = Object.entries(scenario.options).map(([name, value]) => (value === true ? `--${name}` : `--${name} ${value}`)).join(" ");
  const command = `\`${scenario.name}\`: \`subasta-bench ${scenario.mode} ${options}\``;
  return `### ${scenario.title}\n\n${command}\n\n${table(head, rows, head.slice(1, -1))}`;
}

/** A target: what was measured, and how that stands to it. */
export function verdict(target, scenario, runs) {
  const { who = "subasta", against, figure, atMost = Infinity, atLeast = 0, plausible = 0 } = target;
  const measured = against ? ratio(runs, scenario.name, figure, who, against) : (runs.figure(scenario.name, who, figure)?.median ?? null);
  if (measured == null) return { measured, word: runs.of(scenario.name, who).length ? "**not measured**" : "not run" };
  if (measured < plausible) return { measured, word: "**not plausible**: the yardstick is wrong" };
  // What never came in time at all is infinite, also of another that did not come either.
  const met = Number.isFinite(measured) && measured <= atMost && measured >= atLeast && !runs.troubles(scenario.name, who).length;
  const beyond = against && runs.figure(scenario.name, against, figure)?.median === Infinity;
  const limited = [who, against].some((name) => name && runs.limited(scenario.name, name));
  const word = `${met ? "met" : "**missed**"}${beyond ? "; the other was not in time at all" : ""}${limited ? " ◆" : ""}`;
  return { measured, word };
}

function targets(scenarios, runs, servers) {
  const rows = scenarios.flatMap((scenario) => scenario.targets.map((target) => {
    const { measured, word } = verdict(target, scenario, runs);
    const figure = target.against ? FIGURES.syncs : FIGURES[target.figure];
    const limit = shown(target.atMost ?? target.atLeast, { ...figure, digits: figure.unit === "×" ? 2 : 0 });
    const bound = `${target.atMost == null ? "≥" : "≤"} ${limit}`;
    const of = target.against ? ` ${plain(servers[target.against].label)}` : "";
    return [target.what, `${bound}${of}`, target.against ? times(measured) : shown(measured, figure), word];
  }));
  return table(["what", "at least or at most", "measured", ""], rows, ["measured"]);
}

const plain = (label) => label.replaceAll("*", "");

function machine(facts) {
  const versions = Object.entries(facts.versions).map(([label, version]) => [plain(label), version]);
  const about = [
    ["when", facts.when],
    ["processor", `${facts.processor}, ${facts.cores} cores`],
    ["memory", facts.memory],
    ["kernel", facts.kernel],
    ["disk of the log", facts.disk],
    ["binaries", facts.built ? "built for this sitting" : "taken as they were, whatever the version below says"],
    ["rounds, seconds of each run", `${facts.rounds}, ${facts.seconds} after a warm-up of ${facts.warmup}`],
    ["load before, time stolen by the host", `${number(facts.load, 2)}, ${number(100 * facts.stolen, 1)}%`],
  ];
  return `${table(["", ""], about)}\n\n${table(["server", "version"], versions)}`;
}

/** Everything that is measured, as Markdown. */
export function report(scenarios, runs, servers, facts) {
  return [
    `## Targets\n\n${targets(scenarios, runs, servers)}`,
    `## The machine\n\n${machine(facts)}`,
    `## Every scenario\n\n${LEGEND}`,
    ...scenarios.map((scenario) => scenarioTable(scenario, runs, servers)),
  ].join("\n\n");
}
