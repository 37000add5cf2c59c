// One run: a fresh server, the client against it, and what came of it.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pinned, start, stop } from "./servers.mjs";

const OVERTIME_MS = 90_000; // to connect, to end, and to be late

/** What a client may report though nothing of it should be. */
export const FAULTS = { lost_sockets: "sockets lost", gaps: "gaps", repeats: "repeats", disorder: "out of order", resyncs: "resyncs" };

const flag = ([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, String(value)]);
const flags = (options) => Object.entries(options).flatMap(flag);

/**
 * `settings`: { client (the binary), disk (a directory on a real disk), seconds, warmup }.
 * Gives { figures: what the client wrote, or null; failed: why, or null }.
 */
export async function run(server, scenario, settings) {
  const directory = await mkdtemp(join(settings.disk, "run-"));
  let running = null;
  try {
    running = await start(server, directory);
    return await measure(running, server, scenario, settings, directory);
  } catch (error) {
    return { figures: null, failed: oneLine(error.message) };
  } finally {
    if (running) await stop(running);
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(running, server, scenario, settings, directory) {
  const file = join(directory, "figures.json");
  const { seconds, warmup } = settings;
  const options = { ...scenario.options, ...(scenario.sync ? { "sync-dir": directory } : {}) };
  const target = { url: `ws://127.0.0.1:${running.port}`, dialect: server.dialect, pid: running.child.pid, label: server.name };
  const command = [settings.client, scenario.mode, ...flags({ ...target, ...options, seconds, warmup, json: file })];
  const client = pinned(server.client, command);
  client.child.stdout.resume();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    client.child.kill("SIGKILL");
  }, (seconds + warmup) * 1000 + OVERTIME_MS);
  const ended = await client.end;
  clearTimeout(timer);
  const figures = await readFile(file, "utf8").then(JSON.parse, () => null);
  return { figures, failed: failure(running, client, { late, ended, figures }) };
}

function failure(running, client, { late, ended, figures }) {
  if (running.ended) return `the server ended: ${running.ended}: ${lastLine(running.complaint)}`;
  if (late) return "not done in time";
  if (ended !== "exit code 0") return `the client ended: ${ended}: ${lastLine(client.complaint)}`;
  return figures ? null : "the client wrote no figures";
}

const lastLine = (text) => oneLine(text.trim().split(/[\r\n]/).at(-1) ?? "");
const oneLine = (text) => text.replace(/\s+/g, " ").trim().slice(0, 200);
