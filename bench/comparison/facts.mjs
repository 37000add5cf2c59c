// Where all this is measured.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";

const GIB = 2 ** 30;

/** The processors' time so far, and how much of it the host gave to others, in ticks. */
export function processorTime() {
  const ticks = readFileSync("/proc/stat", "utf8").split("\n", 1)[0].trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: ticks.reduce((sum, part) => sum + part, 0), stolen: ticks[7] };
}

function fileSystem(directory) {
  const [type, source] = execFileSync("df", ["--output=fstype,source", directory], { encoding: "utf8" }).trim().split("\n")[1].split(/\s+/);
  if (["tmpfs", "ramfs"].includes(type)) throw new Error(`${directory} is in memory (${type}): give a directory on a disk with --disk`);
  return { type, source };
}

/** Facts of this machine that do not change while it measures. */
export function machine(disk) {
  const lscpu = JSON.parse(execFileSync("lscpu", ["-J"], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } })).lscpu;
  const model = JSON.stringify(lscpu).match(/"field":"Model name:","data":"([^"]+)"/)?.[1] ?? os.cpus()[0].model;
  return {
    when: new Date().toISOString().slice(0, 10),
    processor: model,
    cores: os.cpus().length,
    memory: `${Math.round(os.totalmem() / GIB)} GiB`,
    kernel: `${os.type()} ${os.release()}`,
    disk: fileSystem(disk).type,
    load: os.loadavg()[0],
  };
}
