// curl, as a person uses it: one request and what came of it, or a stream that is read line by line.

import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const CURL = process.env.CURL ?? "curl";
const PATIENCE_MS = 30_000;
const FIGURES = "\n%{http_code} %{http_version}";

/** One request. `version` is as curl says it: "1.1", "2". Fails where curl does. */
export function curl(url, ...flags) {
  const args = ["--silent", "--show-error", "--max-time", String(PATIENCE_MS / 1_000), "--write-out", FIGURES, ...flags, url];
  return new Promise((resolve, reject) => {
    execFile(CURL, args, (error, out) => {
      if (error) return reject(error);
      const end = out.lastIndexOf("\n");
      const [status, version] = out.slice(end + 1).split(" ");
      const text = out.slice(0, end);
      resolve({ status: Number(status), version, text, get body() { return JSON.parse(text); } });
    });
  });
}

/** An answer that does not end: `curl -N`. */
export class Stream {
  #child;
  #lines = [];
  #heard = () => {};
  #ended;
  #over = false;

  constructor(url, ...flags) {
    this.#child = spawn(CURL, ["--silent", "--no-buffer", ...flags, url], { stdio: ["ignore", "pipe", "inherit"] });
    const close = () => this.close();
    process.on("exit", close);
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#heard();
    });
    this.#ended = new Promise((resolve) => this.#child.once("close", (code) => {
      process.off("exit", close);
      this.#over = true;
      this.#heard();
      resolve(code);
    }));
  }

  /** Every line up to the first that begins with `text`, that one too. */
  async until(text) {
    const lines = [];
    const timer = setTimeout(() => this.close(), PATIENCE_MS);
    try {
      for (;;) {
        while (this.#lines.length > 0) {
          lines.push(this.#lines.shift());
          if (lines.at(-1).startsWith(text)) return lines;
        }
        if (this.#over) throw new Error([`curl has ended, and no ${text} came:`, ...lines].join("\n"));
        await new Promise((resolve) => { this.#heard = resolve; });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** What is left once it has ended, and curl's exit code. */
  async rest() {
    const timer = setTimeout(() => this.close(), PATIENCE_MS);
    const code = await this.#ended;
    clearTimeout(timer);
    return { code, lines: this.#lines.splice(0) };
  }

  close() { this.#child.kill(); }
}
