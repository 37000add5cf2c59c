// Where a name is not enough: a link with a token in it, and the dialog that asks for one.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, afterEach, before, test } from "node:test";
import { promisify } from "node:util";
import { Browser, DENIED } from "./support/browser.js";
import { Server } from "./support/server.js";

let server;
let browser;
let token;
before(async () => {
  server = await Server.start({ lot: { title: "A lot", start: 10_000, duration: "1h" } }, { flags: ["--auth", "token"] });
  const key = `${server.directory}/data/auth-keys.json`;
  const made = await promisify(execFile)(server.binary, ["token", "--auth-key", key, "--sub", "u-1", "--name", "Ana", "--role", "bidder"]);
  token = made.stdout.trim();
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish([DENIED]));

test("a link that was made for one signs one in, and does not stay in the address", async () => {
  const ana = await browser.open(server.url(`/a/lot#token=${token}`));
  await ana.reads("#who-name", "Ana");
  assert.equal(ana.page.url(), server.url("/a/lot"));
  await ana.bid();
  await ana.reads("#verdict", "Accepted: you are leading at €100.00.");
});

test("nobody is let in for a name; the dialog asks for the token", async () => {
  const guest = await browser.open(server.url("/a/lot"));
  await guest.connected();
  await guest.page.click("#change-who");
  await guest.reads("#sign-in label", "Your token: whoever runs these auctions gave it to you");
  await guest.page.fill("#sign-in-name", "Ana");
  await guest.page.click("#sign-in-submit");
  await guest.reads("#sign-in-problem", /^Sign in/);
  await guest.page.fill("#sign-in-name", token);
  await guest.page.click("#sign-in-submit");
  await guest.reads("#who-name", "Ana");
});
