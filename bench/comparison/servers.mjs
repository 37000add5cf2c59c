// The servers: how each is started, in which dialect it is spoken to, what it is called, and which version runs.

import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const READY_WITHIN_MS = 20_000;
const GONE_WITHIN_MS = 10_000;
const REMEMBERED = 2_000; // characters of what a server complains of

export const ROOT = join(import.meta.dirname, "../..");
const SCRIPTS = join(ROOT, "bench/peers/js");

const packaged = (program) => join(SCRIPTS, "node_modules/.bin", program);
const script = (name) => join(SCRIPTS, name);
const output = (program, ...args) => execFileSync(program, args, { cwd: ROOT, encoding: "utf8" }).trim();
const version = (name) => JSON.parse(readFileSync(join(SCRIPTS, "node_modules", name, "package.json"))).version;
const crate = (name) => readFileSync(join(ROOT, "Cargo.lock"), "utf8").match(new RegExp(`name = "${name}"\\nversion = "([^"]+)"`))[1];
const commit = () => `${output("git", "rev-parse", "--short", "HEAD")}${output("git", "status", "--porcelain", "-uno") && ", changed"}`;

/** `bin(name)` is where a release binary stands. The server is pinned to `cores`, the client to `client`. */
export function servers(bin) {
  const one = { dialect: "toy", cores: "0", client: "1" };
  // In the directory of its data, and with nothing configured but that.
  const subasta = {
    ...one,
    dialect: "subasta",
    command: [bin("subasta"), "--port", "0", "--data-dir", "data", "--log", "warn"],
    version: () => `${output(bin("subasta"), "--version").split(" ").at(-1)} (${commit()})`,
  };
  const floor = { ...one, label: "the floor", command: [bin("floor")], version: () => output("rustc", "--version") };
  return {
    subasta: { ...subasta, label: "**Subasta**" },
    "subasta-2": { ...subasta, label: "**Subasta**, two cores", cores: "0,1", client: "0,1" },
    floor,
    "floor-batch": { ...floor, label: "the floor, batching", env: { BATCH: "1" } },
    bun: { ...one, label: "Bun", command: [packaged("bun"), script("bun.js")], version: () => output(packaged("bun"), "--version") },
    ws: {
      ...one,
      label: "Node.js, `ws`",
      command: [process.execPath, script("ws.js")],
      version: () => `${version("ws")}, Node.js ${process.versions.node}`,
    },
    socketio: {
      ...one,
      dialect: "socketio",
      label: "Node.js, Socket.IO",
      command: [process.execPath, script("socketio.js")],
      version: () => `${version("socket.io")}, Node.js ${process.versions.node}`,
    },
    deno: {
      ...one,
      label: "Deno",
      command: [packaged("deno"), "run", "--allow-net", "--allow-env", script("deno.js")],
      version: () => output(packaged("deno"), "--version").split("\n")[0].split(" ")[1],
    },
    naive: {
      ...one,
      label: "a naive one: tokio, `broadcast`",
      command: [bin("naive")],
      version: () => `tokio-tungstenite ${crate("tokio-tungstenite")}, tokio ${crate("tokio")}`,
    },
  };
}

const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

/** A command on these cores; what it complains of is remembered, its end is a promise of how. */
export function pinned(cores, command, options = {}) {
  const child = spawn("taskset", ["-c", cores, ...command], { stdio: ["ignore", "pipe", "pipe"], ...options });
  const running = { child, complaint: "", ended: null };
  children.add(child);
  child.stderr.setEncoding("utf8").on("data", (text) => (running.complaint = (running.complaint + text).slice(-REMEMBERED)));
  running.end = new Promise((resolve) => {
    const ended = (how) => {
      children.delete(child);
      resolve((running.ended ??= how));
    };
    child.on("error", (error) => ended(error.message));
    child.on("close", (code, signal) => ended(signal ?? `exit code ${code}`));
  });
  return running;
}

/** Starts a server, fresh, in `directory`. Gives it with its `port`, or says why it did not open. */
export async function start(server, directory) {
  const env = { ...process.env, PORT: "0", NODE_ENV: "production", ...server.env };
  const running = pinned(server.cores, server.command, { cwd: directory, env });
  let said = "";
  const ready = new Promise((resolve) => {
    running.child.stdout.setEncoding("utf8").on("data", (text) => {
      if (running.port) return;
      said += text;
      running.port = said.match(/(?:^listening on |^Subasta is open at http:\/\/[^:]+:)(\d+)/m)?.[1];
      if (running.port) resolve();
    });
  });
  await Promise.race([ready, running.end, after(READY_WITHIN_MS)]);
  if (running.port) return running;
  await stop(running);
  throw new Error(`it did not open: ${running.ended}: ${running.complaint || said}`);
}

/** Asks it to stop, and does not ask for long. */
export async function stop(running) {
  running.child.kill("SIGTERM");
  const timer = setTimeout(() => running.child.kill("SIGKILL"), GONE_WITHIN_MS);
  await running.end;
  clearTimeout(timer);
}

export const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());
