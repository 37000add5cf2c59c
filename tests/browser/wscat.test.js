// Bidding by hand, from a terminal, with the client from npm that nobody here has written.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { Server } from "./support/server.js";

const WSCAT = new URL("node_modules/.bin/wscat", import.meta.url).pathname;
const PATIENCE_MS = 20_000;

const AUCTIONS = { demo: { title: "Brass sextant", start: 10_000, duration: "1h" } };

let server;
before(async () => { server = await Server.start(AUCTIONS); });
after(() => server?.stop());

class Terminal {
  #child;
  #lines = [];
  #heard = () => {};
  #ended = false;

  constructor(name, { at = server, flags = [] } = {}) {
    const address = at.socketUrl(`/ws/demo?name=${name}`);
    this.#child = spawn(WSCAT, ["--no-color", ...flags, "--connect", address], { stdio: ["pipe", "pipe", "inherit"] });
    process.on("exit", () => this.#child.kill());
    this.#child.once("exit", () => {
      this.#ended = true;
      this.#heard();
    });
    let rest = "";
    this.#child.stdout.setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      this.#lines.push(...lines);
      this.#heard();
    });
  }

  type(line) { this.#child.stdin.write(`${line}\n`); }

  /** The next message of a type, in the order they were printed. */
  async hears(type) {
    const timer = setTimeout(() => this.#child.kill(), PATIENCE_MS);
    try {
      for (;;) {
        while (this.#lines.length > 0) {
          const message = parsed(this.#lines.shift());
          if (message?.type === type) return message;
        }
        assert.ok(!this.#ended, `no ${type} came`);
        await new Promise((resolve) => { this.#heard = resolve; });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  close() { this.#child.kill(); }
}

function parsed(line) {
  try {
    return JSON.parse(line.slice(line.indexOf("{"))); // after a prompt, perhaps
  } catch {
    return null;
  }
}

test("JSON, a bare amount, /help, /say and nonsense", async () => {
  const ana = new Terminal("Ana");
  const ben = new Terminal("Ben");
  try {
    assert.equal((await ana.hears("welcome")).you.id, "ana");
    assert.equal((await ben.hears("welcome")).you.id, "ben");

    ana.type('{"type":"bid","amount":12050}');
    assert.equal((await ana.hears("bid")).price, 12_050);
    const { standing, price } = await ana.hears("accepted");
    assert.deepEqual({ standing, price }, { standing: "leading", price: 12_050 });

    ben.type("125.50"); // of the currency's major units
    assert.deepEqual((await ben.hears("bid")).bidder, { id: "ana", name: "Ana" });
    const bid = await ben.hears("bid");
    assert.deepEqual({ bidder: bid.bidder.id, amount: bid.amount }, { bidder: "ben", amount: 12_550 });
    assert.equal((await ben.hears("accepted")).standing, "leading");
    assert.equal((await ana.hears("bid")).leader.name, "Ben");

    ana.type("/help");
    const { lines } = await ana.hears("help");
    assert.ok(lines.some((line) => line.startsWith("120.50")), lines.join("\n"));

    ben.type("/say Is the frame original?");
    assert.equal((await ana.hears("said")).text, "Is the frame original?");

    ana.type("one hundred");
    const { code, message } = await ana.hears("refused");
    assert.equal(code, "malformed");
    assert.match(message, /\/help/);

    ana.type("max 200");
    assert.equal((await ana.hears("accepted")).standing, "leading");
    const { leader, bids } = await server.auction("demo");
    assert.deepEqual({ leader: leader.id, bids }, { leader: "ana", bids: 3 });
  } finally {
    ana.close();
    ben.close();
  }
});

test("under TLS, believing the server's own certificate", async () => {
  const secure = await Server.start(AUCTIONS, { flags: ["--tls-self-signed"] });
  const ana = new Terminal("Ana", { at: secure, flags: ["--ca", secure.certificate] });
  try {
    assert.equal((await ana.hears("welcome")).auction.status, "open");
    ana.type("120.50");
    assert.equal((await ana.hears("bid")).price, 12_050);
    assert.equal((await ana.hears("accepted")).standing, "leading");
  } finally {
    ana.close();
    await secure.stop();
  }
});
