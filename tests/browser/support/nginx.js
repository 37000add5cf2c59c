// nginx with the site of docs/operations.md, word for word but for addresses and paths; as nobody in particular, in a directory of its own.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chown, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const NGINX = process.env.NGINX ?? "nginx";
const DOCUMENT = new URL("../../../docs/operations.md", import.meta.url);
const START_WITHIN_MS = 20_000;
const LOOK_AGAIN_MS = 20;
const TRIES = 5;
const NOBODY = 65_534; // nobody's number, where root runs the tests

export class Nginx {
  #directory;
  #child;
  #lines = [];
  port;

  /** In front of `server`, which has a certificate of its own to lend: whoever knows one knows both. */
  static async start(server, pem) {
    for (let left = TRIES; ; left -= 1) {
      const nginx = new Nginx();
      try {
        await nginx.#begin(server, pem);
        return nginx;
      } catch (error) {
        await nginx.stop();
        if (left === 1 || !/Address already in use/.test(error.message)) throw error;
      }
    }
  }

  get origin() { return `https://127.0.0.1:${this.port}`; }
  url(path = "/") { return this.origin + path; }

  /** What it has written into its logs. */
  async logs() {
    const texts = await Promise.all(["access.log", "error.log"].map((name) => readFile(join(this.#directory, name), "utf8")));
    return texts.join("");
  }

  async #begin(server, pem) {
    this.#directory = await mkdtemp(join(tmpdir(), "subasta-nginx-"));
    this.port = await freePort();
    const certificate = join(this.#directory, "certificate.pem");
    await copyFile(pem, certificate);
    await writeFile(join(this.#directory, "nginx.conf"), await this.#configuration(server, certificate));
    const root = process.getuid() === 0;
    if (root) for (const path of [this.#directory, certificate]) await chown(path, NOBODY, NOBODY);
    const options = { stdio: ["ignore", "ignore", "pipe"], ...(root && { uid: NOBODY, gid: NOBODY }) };
    this.#child = spawn(NGINX, ["-e", "stderr", "-p", this.#directory, "-c", "nginx.conf", "-g", "daemon off;"], options);
    process.on("exit", () => this.#child.kill());
    createInterface({ input: this.#child.stderr }).on("line", (line) => this.#lines.push(line));
    await this.#answers();
  }

  async #configuration(server, certificate) {
    const site = [...(await readFile(DOCUMENT, "utf8")).matchAll(/^```nginx\n(.*?)^```$/gms)];
    assert.equal(site.length, 1, "one block of nginx in docs/operations.md");
    const here = [
      ["server 127.0.0.1:8080;", `server 127.0.0.1:${server.port};`],
      ["listen 443 ssl", `listen 127.0.0.1:${this.port} ssl`],
      ["/etc/ssl/auctions.example.pem", certificate],
      ["/etc/ssl/auctions.example.key", certificate],
      ["/var/log/nginx/subasta.log", join(this.#directory, "access.log")],
      ["/var/log/nginx/subasta.error.log", join(this.#directory, "error.log")],
    ];
    const text = here.reduce((text, [theirs, ours]) => {
      assert.equal(text.split(theirs).length, 2, `docs/operations.md has ${theirs} once`);
      return text.replace(theirs, ours);
    }, site[0][1]);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path ${what};`);
    return ["worker_processes 1;", "pid nginx.pid;", "events {}", "http {", ...temporary, text, "}", ""].join("\n");
  }

  async #answers() {
    for (const deadline = Date.now() + START_WITHIN_MS; ; await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))) {
      const ended = this.#child.exitCode !== null;
      if (!ended && (await reachable(this.port))) return;
      if (ended || Date.now() > deadline) throw new Error([`${NGINX} did not start:`, ...this.#lines].join("\n"));
    }
  }

  async stop() {
    if (this.#child?.exitCode === null && this.#child.pid !== undefined) {
      const ended = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGTERM");
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function reachable(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => { socket.destroy(); resolve(true); }).once("error", () => resolve(false));
  });
}
