// What calls somebody who looks elsewhere: the tab's title always; a notification and a sound only where they are asked for.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser, SERVER_AWAY, SOCKET_FAILED } from "./support/browser.js";
import { Server } from "./support/server.js";

const LOT = { title: "Brass sextant", start: 10_000, duration: "1h" };

let server;
let browser;
before(async () => {
  server = await Server.start(Object.fromEntries(["titled", "called", "silent", "denied", "heard"].map((name) => [name, LOT])));
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish([SOCKET_FAILED, SERVER_AWAY]));

/** A browser that notes what it is asked to notify and to sound; `answer`: what the person says when they are asked. */
async function noting(answer = "granted", before = "default") {
  const context = await browser.context();
  await context.addInitScript(([granted, first]) => {
    globalThis.notes = [];
    globalThis.asked = 0;
    globalThis.tones = 0;
    const key = "test.permission";
    globalThis.Notification = class {
      static get permission() { return localStorage.getItem(key) ?? first; }
      static async requestPermission() {
        globalThis.asked += 1;
        localStorage.setItem(key, granted);
        return granted;
      }
      constructor(title, options) { globalThis.notes.push([title, options.body]); }
      close() {}
    };
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (...when) {
      globalThis.tones += 1;
      return start.apply(this, when);
    };
    globalThis.look = (elsewhere) => Object.defineProperty(document, "hidden", { configurable: true, get: () => elsewhere });
  }, [answer, before]);
  return context;
}

async function enter(id, name, context) {
  const person = await browser.open(server.url(`/a/${id}`), { context });
  await person.signIn(name);
  return person;
}

const titled = (person, wanted) => person.page.waitForFunction((title) => document.title === title, wanted)
  .catch(async () => assert.equal(await person.page.title(), wanted));
const noted = (person) => person.page.evaluate(() => ({ notes: globalThis.notes, asked: globalThis.asked, tones: globalThis.tones }));
const icon = (person) => person.page.getAttribute("link[rel=icon]", "href");

test("the tab's title and mark tell how it stands", async () => {
  const ana = await enter("titled", "Ana");
  await titled(ana, "€100.00 · Brass sextant – Subasta");
  await ana.bid();
  await titled(ana, "You lead · €100.00 · Brass sextant – Subasta");
  assert.match(await icon(ana), /\/favicon\.svg$/);
  await server.bid("Ben", "titled", 10_250);
  await titled(ana, "Outbid! · €102.50 · Brass sextant – Subasta");
  assert.equal(await icon(ana), "/favicon-outbid.svg");
  assert.equal((await fetch(server.url("/favicon-outbid.svg"))).status, 200);
  await server.kill();
  await titled(ana, "Not live · €102.50 · Brass sextant – Subasta");
  await server.again();
  await titled(ana, "Outbid! · €102.50 · Brass sextant – Subasta");

  const eva = await server.tokenOf("Eva");
  await server.create("Eva", { id: "short", title: "A short one", start: 10_000, duration_ms: 50_000, soft_close: false });
  await server.bid("Ben", "short", 10_000);
  const ben = await enter("short", "Ben");
  await ben.page.waitForFunction(() => /^0:\d\d · You lead · €100\.00 · A short one – Subasta$/.test(document.title));
  await server.ask("POST", "/api/auctions/short/commands", { as: eva, body: { type: "hammer" } });
  await titled(ben, "Won · €100.00 · A short one – Subasta");
});

test("nothing calls unasked", async () => {
  const ana = await enter("silent", "Ana", await noting("granted", "granted"));
  await ana.bid();
  await ana.reads("#leader", "You lead");
  await ana.page.evaluate(() => globalThis.look(true));
  await server.bid("Ben", "silent", 10_250);
  await ana.reads("#leader", "Ben leads");
  assert.deepEqual(await noted(ana), { notes: [], asked: 0, tones: 0 });
});

test("asked for, it notifies whoever looks elsewhere when they are outbid, when it is ending, and when it is over; and remembers", async () => {
  const context = await noting();
  let ana = await enter("called", "Ana", context);
  await ana.page.click("#bell");
  assert.equal((await noted(ana)).asked, 0, "one is asked by one's own press alone");
  await ana.page.check("#alert-notify");
  await ana.reads("#bell", /^Alerts/);
  await ana.has("#bell", "data-on", "true");
  assert.equal((await noted(ana)).asked, 1);
  await ana.picture("alerts");
  await ana.page.reload();
  await ana.connected();
  await ana.has("#bell", "data-on", "true");
  await ana.bid();
  await ana.reads("#leader", "You lead");
  await server.bid("Ben", "called", 10_250);
  await ana.reads("#leader", "Ben leads");
  assert.deepEqual((await noted(ana)).notes, [], "who looks sees it");
  await ana.bid();
  await ana.reads("#leader", "You lead");
  await ana.page.evaluate(() => globalThis.look(true));
  await server.bid("Ben", "called", 10_750);
  await ana.page.waitForFunction(() => globalThis.notes.length > 0);
  assert.deepEqual((await noted(ana)).notes, [["You have been outbid: €107.50", "Brass sextant"]]);

  await server.create("Eva", { id: "called-brief", title: "A brief one", start: 10_000, duration_ms: 50_000, soft_close: false });
  ana = await browser.open(server.url("/a/called-brief"), { context });
  await ana.connected();
  await ana.page.evaluate(() => globalThis.look(true));
  await server.ask("POST", "/api/auctions/called-brief/commands", { as: await server.tokenOf("Eva"), body: { type: "hammer" } });
  await ana.page.waitForFunction(() => globalThis.notes.some(([title]) => title.startsWith("The auction is over")));
});

test("denied: it says so, and stays off", async () => {
  const ana = await enter("denied", "Ana", await noting("denied"));
  await ana.page.click("#bell");
  await ana.page.click("#alert-notify");
  await ana.reads("#alert-note", /^Your browser does not let this page notify you\./);
  assert.equal(await ana.page.isChecked("#alert-notify"), false);
  await ana.has("#bell", "data-on", "false");
});

test("a soft sound, where it is wanted: at once, to know it, and when outbid", async () => {
  const ana = await enter("heard", "Ana", await noting());
  await ana.page.click("#bell");
  await ana.page.check("#alert-sound");
  assert.equal((await noted(ana)).tones, 2);
  await ana.page.click("#bell");
  await ana.bid();
  await ana.reads("#leader", "You lead");
  await server.bid("Ben", "heard", 10_250);
  await ana.page.waitForFunction(() => globalThis.tones === 4);
});
