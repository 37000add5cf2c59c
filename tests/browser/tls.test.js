// Chromium under TLS: the page over HTTP/2, its socket beside it or inside.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser, SERVER_AWAY, TLS_SOCKET_FAILED } from "./support/browser.js";
import { Server } from "./support/server.js";

const LOT = { title: "Brass sextant", start: 10_000, duration: "1h" };
const CASES = [
  { name: "a socket has a connection of its own", keys: "", socket: 101 }, // RFC 6455
  { name: "with http2.websocket it is in the page's", keys: "[http2]\nwebsocket = true\n", socket: 200 }, // RFC 8441
];

let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser?.stop());
afterEach(() => browser.finish([TLS_SOCKET_FAILED, SERVER_AWAY]));

for (const { name, keys, socket } of CASES) {
  test(`under TLS the page comes over HTTP/2, and ${name}`, async () => {
    const server = await Server.start({ lot: LOT }, { flags: ["--tls-self-signed"], keys });
    try {
      const ana = await browser.open(server.url("/a/lot"), { context: await browser.context({ ignoreHTTPSErrors: true }) });
      await ana.signIn("Ana");
      assert.deepEqual(await ana.protocols(), ["h2"]);
      const handshake = await ana.handshakes();
      await ana.page.reload();
      await ana.connected();
      assert.equal((await handshake()).status, socket);
      await ana.bid("120.50");
      await ana.reads("#verdict", "Accepted: you are leading at €120.50.");
      assert.ok((await ana.page.context().cookies()).every(({ secure }) => secure), "the cookie stays under TLS");

      await server.kill();
      await ana.reads("#light", "Reconnecting…");
      await server.again(); // with the certificate it had
      await ana.connected();
      await ana.bid("130");
      await ana.reads("#verdict", /^Accepted: /);
      const { gaps, repeats } = await ana.data();
      assert.deepEqual({ gaps, repeats }, { gaps: "0", repeats: "0" });
    } finally {
      await server.stop();
    }
  });
}
