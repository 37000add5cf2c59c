// The real server: started on a free port with a data directory of its own, stopped by its process id.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BINARY = process.env.SUBASTA_BIN ?? new URL("../../../target/debug/subasta", import.meta.url).pathname;
const OPEN = /^Subasta is open at (https?):\/\/127\.0\.0\.1:(\d+)\/$/;
const START_WITHIN_MS = 20_000;
const KEPT_LINES = 40;
const LOOK_AGAIN_MS = 20;

export class Server {
  #directory;
  #child = null;
  #port = 0;
  #scheme = "http";
  #flags = [];
  #lines = [];

  /**
   * `auctions`: the house's own, by id: { demo: { title, start, duration, … } }, as in config.toml. `flags`: more for the command
   * line; `keys`: lines of config.toml that stand before the auctions.
   */
  static async start(auctions = {}, { flags = [], keys = "" } = {}) {
    const server = new Server();
    server.#flags = flags;
    server.#directory = await mkdtemp(join(tmpdir(), "subasta-browser-"));
    await writeFile(server.#config, [keys, ...Object.entries(auctions).map(toToml)].join("\n"));
    await server.again();
    return server;
  }

  get binary() { return BINARY; }
  get directory() { return this.#directory; }
  get #data() { return join(this.#directory, "data"); }
  get #config() { return join(this.#directory, "config.toml"); }
  get port() { return this.#port; }
  get origin() { return `${this.#scheme}://127.0.0.1:${this.#port}`; }
  url(path = "/") { return this.origin + path; }
  /** The same place for WebSockets. */
  socketUrl(path) { return this.url(path).replace(/^http/, "ws"); }
  /** Certificate and key of a server that was started with --tls-self-signed. */
  get certificate() { return join(this.#data, "self-signed.pem"); }

  /** Starts it; a second time with the same data on the same port, as if it had never been away. */
  async again() {
    const flags = ["--listen", "127.0.0.1", "--port", String(this.#port), "--data-dir", this.#data, "--config", this.#config, ...this.#flags];
    const child = spawn(BINARY, flags, { cwd: this.#directory, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    process.on("exit", () => child.kill("SIGKILL")); // whatever becomes of the tests
    createInterface({ input: child.stderr }).on("line", (line) => this.#keep(line));
    this.#port = await this.#opened(child);
  }

  #opened(child) {
    return new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error([`${BINARY}: ${why}`, ...this.#lines].join("\n")));
      const timer = setTimeout(() => fail("did not open in time"), START_WITHIN_MS);
      child.on("error", (error) => fail(error.message));
      child.on("exit", (code) => fail(`ended with ${code} before it opened`));
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.#keep(line);
        const open = OPEN.exec(line);
        if (!open) return;
        clearTimeout(timer);
        this.#scheme = open[1];
        resolve(Number(open[2]));
      });
    });
  }

  #keep(line) {
    this.#lines = [...this.#lines, line].slice(-KEPT_LINES);
  }

  /** The first of its last lines that matches, once there is one. */
  async logged(pattern) {
    for (const deadline = Date.now() + START_WITHIN_MS; ; await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))) {
      const line = this.#lines.find((kept) => pattern.test(kept));
      if (line) return line;
      if (Date.now() > deadline) throw new Error([`no line ${pattern} in the log:`, ...this.#lines].join("\n"));
    }
  }

  /** No goodbye, no flush: as when the power goes. */
  kill() { return this.#end("SIGKILL"); }

  /** As an operator stops it. */
  terminate() { return this.#end("SIGTERM"); }

  /** It stands still: sockets stay open, nothing is read. */
  freeze() { this.#child.kill("SIGSTOP"); }

  async stop() {
    await this.#end("SIGKILL");
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #end(signal) {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  /** A request as somebody; the answer's status and body. */
  async ask(method, path, { as, body } = {}) {
    const headers = { "content-type": "application/json" };
    if (as) headers.authorization = `Bearer ${as}`;
    const response = await fetch(this.url(path), { method, headers, body: body && JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  }

  /** The token of whoever has this name. */
  async tokenOf(name) {
    return (await this.ask("POST", "/api/session", { body: { name } })).body.token;
  }

  /** What everyone may know of an auction, told by the server itself. */
  async auction(id) {
    return (await this.ask("GET", `/api/auctions${id.startsWith("?") ? "" : "/"}${id}`)).body;
  }

  /** Waits until what everyone may know of an auction, or of all (`?limit=100`), is as it should be. */
  async until(id, holds) {
    for (const last = Date.now() + START_WITHIN_MS; !holds(await this.auction(id)); await new Promise((resolve) => setTimeout(resolve, 50))) {
      if (Date.now() > last) throw new Error(`${id} has not become what was waited for`);
    }
  }

  async create(name, terms) {
    const made = await this.ask("POST", "/api/auctions", { as: await this.tokenOf(name), body: terms });
    if (made.status !== 201) throw new Error(`create: ${made.status} ${JSON.stringify(made.body)}`);
    return made.body;
  }

  /** Over HTTP, as somebody who has no page open. */
  async bid(name, id, amount) {
    const as = await this.tokenOf(name);
    return this.ask("POST", `/api/auctions/${id}/commands`, { as, body: { type: "bid", amount } });
  }
}

function toToml([id, terms]) {
  const keys = Object.entries({ id, currency: "EUR", ...terms }).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return ["[[auction]]", ...keys, ""].join("\n");
}
