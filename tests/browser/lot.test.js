// One lot as it is seen: the chart of its price, its bids, its last minute, its result, on screens of every size and on paper.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser } from "./support/browser.js";
import { Server } from "./support/server.js";

const LOT = { title: "Brass sextant", image: "/img/sextant.svg", description: "In its mahogany case.", start: 10_000, duration_ms: 3_600_000, soft_close: false };
const WIDTHS = [320, 390, 768, 1024, 1280, 1920, 2560, 3840];

let server;
let browser;
before(async () => {
  server = await Server.start();
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish());

async function commands(id, ...bodies) {
  const eva = await server.tokenOf("Eva");
  for (const body of bodies) {
    const { status, body: answer } = await server.ask("POST", `/api/auctions/${id}/commands`, { as: eva, body });
    assert.equal(status, 200, JSON.stringify(answer));
  }
}

async function bids(id, ...placed) {
  for (const [name, amount] of placed) assert.equal((await server.bid(name, id, amount)).status, 200);
}

async function enter(name, id, options) {
  const person = await browser.open(server.url(`/a/${id}`), options && { context: await browser.context(options) });
  await person.signIn(name);
  return person;
}

test("the price is drawn: every bid, in words too, and read by the arrow keys", async () => {
  await server.create("Eva", { ...LOT, id: "drawn" });
  const ana = await enter("Ana", "drawn");
  await ana.page.locator("#chart").scrollIntoViewIfNeeded();
  await ana.reads("#chart", "From the first bid on, the price is drawn here.");
  const space = await ana.page.locator("#chart").boundingBox();
  await bids("drawn", ["Ben", 10_000], ["Ana", 11_000], ["Cleo", 90_000]);
  await ana.has("#chart", "data-bids", "3");
  await ana.shows("#chart canvas", 1);
  assert.deepEqual(await ana.page.locator("#chart").boundingBox(), space, "nothing moves");
  assert.match(await ana.page.getAttribute("#chart", "aria-label"), /^3 bids, .* The lowest is €100\.00, the highest €900\.00\./);

  const { seq } = (await server.auction("drawn")).recent.findLast(({ type }) => type === "bid");
  await commands("drawn", { type: "void", seq, reason: "A slip" });
  await ana.page.waitForFunction(() => /the highest €110\.00/.test(document.getElementById("chart").ariaLabel));
  await ana.page.focus("#chart");
  const { keyboard } = ana.page;
  await keyboard.press("ArrowLeft");
  await ana.reads("#chart-read", /^\d\d:\d\d:\d\d, Cleo, €900\.00, taken out$/);
  await keyboard.press("ArrowLeft");
  await ana.reads("#chart-read", /^\d\d:\d\d:\d\d, Ana \(you\), €110\.00$/);
  await keyboard.press("Home");
  await ana.reads("#chart-read", /, Ben, €100\.00$/);
  await ana.shows(".chart-ring", 1);
  await ana.picture("chart");
  await keyboard.press("Escape");
  await ana.shows(".chart-ring", 0);
});

test("bids from before the page was opened come when somebody asks for them; one's own stand apart", async () => {
  await server.create("Eva", { ...LOT, id: "long", start: 100 });
  for (let step = 0; step < 120; step += 1) await bids("long", [step % 3 ? "Ben" : "Ana", (await server.auction("long")).minimum]);
  const ana = await enter("Ana", "long");
  await ana.shows("#history .bid", 50);
  await ana.reads("#more-bids", "Earlier bids");
  await ana.page.click("#more-bids");
  await ana.shows("#history .bid", 120);
  await ana.shows("#more-bids", 0);
  assert.ok(await ana.page.isHidden("#history-earlier"));
  await ana.reads("#history .bid:last-child", /^Ana you\s.*€1\.00/);
  await ana.page.locator("#chart").scrollIntoViewIfNeeded();
  await ana.has("#chart", "data-bids", "120");

  await ana.shows("#history .bid[data-own]", 40);
  await ana.reads("#own-label", "Only yours (40)");
  await ana.page.check("#own-only");
  await ana.shows("#history .bid", 40);
  await bids("long", ["Ben", 9_000_000], ["Ana", 10_000_000]);
  await ana.shows("#history .bid", 41);
  await ana.reads("#history .bid:first-child", /^Ana you €100,000\.00/);
  await ana.page.uncheck("#own-only");
  await ana.shows("#history .bid", 122);
});

test("the last minute, the fair warning and a late bid are to be seen, and not by colour alone", async () => {
  const soft_close = { window_ms: 30_000, extend_ms: 120_000, mode: "reset" };
  await server.create("Eva", { ...LOT, id: "last", duration_ms: 90_000, soft_close: false });
  const ana = await enter("Ana", "last");
  assert.ok(await ana.page.isHidden("#last-minute"));
  const size = () => ana.page.evaluate(() => parseFloat(getComputedStyle(document.getElementById("countdown")).fontSize));
  const calm = await size();
  await ana.has("#countdown", "data-soon", "true");
  await ana.shows("#last-minute", 1);
  assert.ok(await size() > calm, "it grows");
  await commands("last", { type: "warn", stage: 1 }, { type: "warn", stage: 2 });
  await ana.reads("#warning", "Going twice …");
  await ana.has("#warning", "data-stage", "2");
  await ana.picture("last-minute");
  await commands("last", { type: "hammer" });
  await ana.reads("#outcome", /^Unsold/);
  assert.ok(await ana.page.isHidden("#last-minute"));
  assert.ok(await ana.page.isHidden("#warning"));

  await server.create("Eva", { ...LOT, id: "late", duration_ms: 25_000, soft_close });
  await ana.page.goto(server.url("/a/late"));
  await ana.connected();
  assert.equal(await ana.page.getAttribute("#time-note", "data-fresh"), null);
  await bids("late", ["Ben", 10_000]);
  await ana.has("#time-note", "data-fresh", "true");
  await ana.reads("#time-note", /^extended to .* – a late bid$/);
});

test("tenths of the last seconds are for those who like motion", async () => {
  await server.create("Eva", { ...LOT, id: "tenths", duration_ms: 12_000 });
  const ana = await browser.open(server.url("/a/tenths"), { context: await browser.context({ reducedMotion: "no-preference" }) });
  const ben = await browser.open(server.url("/a/tenths"));
  await ben.connected();
  await ben.page.evaluate(() => {
    globalThis.seen = new Set();
    setInterval(() => seen.add(document.getElementById("countdown").textContent), 20);
  });
  await ana.reads("#countdown", /^0:0\d\.\d$/);
  await ben.reads("#outcome", /^Unsold/);
  const tenths = (await ben.page.evaluate(() => [...seen])).filter((text) => /^0:\d\d\./.test(text));
  assert.deepEqual(tenths, []);
});

test("the result says what one pays, by how much one has lost, and what comes next", async () => {
  await server.create("Eva", { ...LOT, id: "result" });
  const [ana, ben, eva] = await Promise.all(["Ana", "Ben", "Eva"].map((name) => enter(name, "result")));
  await bids("result", ["Ben", 10_000], ["Ana", 12_500]);
  await ben.reads("#leader", "Ana leads");
  await commands("result", { type: "hammer" });
  await ana.reads("#outcome", /^You won it for €125\.00 .*You pay €125\.00\. That is all: no premium .* settle payment and delivery with Eva\./);
  await ben.reads("#outcome", /^Sold to Ana for €125\.00 .* Your highest bid was €100\.00: €25\.00 less\./);
  await eva.reads("#outcome", /^Sold to Ana for €125\.00 .* settle payment and delivery with Ana\./);
  for (const person of [ana, ben, eva]) {
    assert.equal(await person.page.getAttribute("#outcome a:last-child", "href"), "/api/auctions/result/log");
    await person.has("#outcome", "data-fresh", "true");
  }
  await ana.page.reload();
  await ana.reads("#outcome", /^You won it/);
  await ana.has("#outcome", "data-fresh", "false");
});

test("the result on paper: one page, with all that matters and nothing to press", async () => {
  await server.create("Eva", { ...LOT, id: "paper", start: 100 });
  for (let step = 0; step < 60; step += 1) await bids("paper", [step % 2 ? "Ana" : "Ben", 100 + step * 100]);
  await commands("paper", { type: "hammer" });
  const ana = await browser.open(server.url("/a/paper"));
  await ana.reads("#outcome", /^Sold to Ana for €60\.00/);
  await ana.page.locator("#chart").scrollIntoViewIfNeeded();
  await ana.has("#chart", "data-bids", "60");
  await ana.page.emulateMedia({ media: "print", colorScheme: "dark" });
  for (const shown of ["#title", "#outcome", "#price", "#countdown", "#history", "#record-link"]) assert.ok(await ana.page.isVisible(shown), shown);
  const pressed = await ana.page.evaluate(() => [...document.querySelectorAll("button, input, select, canvas")].filter((node) => node.checkVisibility()).map(({ id }) => id));
  assert.deepEqual(pressed, []);
  assert.equal(await ana.page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  const address = await ana.page.evaluate(() => getComputedStyle(document.getElementById("record-link"), "::after").content);
  assert.match(address, /attr\(data-address\)|\/api\/auctions\/paper\/log/);
  if (process.env.PICTURES) await ana.page.screenshot({ path: `${process.env.PICTURES}/print.png`, fullPage: true });
  const pdf = (await ana.page.pdf({ format: "A4" })).toString("latin1");
  assert.equal(pdf.match(/\/Type\s*\/Page\b/g)?.length, 1, "pages");
  await ana.shows("#history .bid", 50); // as before
});

test("from the narrowest screen to the widest: nothing is cut off, and a wide one is used", async () => {
  await server.create("Eva", { ...LOT, id: "sizes", title: "The whole of the Grand Duchess’s silver" });
  const ana = await enter("Ana", "sizes");
  await bids("sizes", ["Ben", 10_000], ["Ana", 99_999_900_000]);
  await ana.reads("#leader", "You lead");
  for (const width of WIDTHS) {
    await ana.page.setViewportSize({ width, height: Math.round(width * 0.6) });
    await ana.page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth, null, { timeout: 10_000 })
      .catch(async () => assert.fail(`${await ana.page.evaluate(() => document.documentElement.scrollWidth)} at ${width}`));
    const used = await ana.page.evaluate(() => document.getElementById("auction").clientWidth / innerWidth);
    assert.ok(width <= 1280 || used > 0.85, `${used} of ${width}`);
  }
});

test("in Spanish, everything that is said of a lot is", async () => {
  await server.create("Eva", { ...LOT, id: "lote", title: "Sextante", reserve: 20_000 });
  const ana = await enter("Ana", "lote", { locale: "es-ES" });
  await ana.reads("#countdown-label", "Termina en");
  await ana.reads("#reserve", "Reserva aún no alcanzada");
  await ana.reads("#seller", "Lo ofrece Eva");
  await bids("lote", ["Ben", 10_000]);
  await ana.reads("#leader", "Ben va en cabeza");
  await ana.reads("#price", "100,00 €");
  await commands("lote", { type: "warn", stage: 1 });
  await ana.reads("#warning", "A la una…");
  await bids("lote", ["Ana", 25_000]);
  await ana.reads("#leader", "Vas en cabeza");
  await ana.page.locator("#chart").scrollIntoViewIfNeeded();
  await ana.has("#chart", "data-bids", "2");
  await ana.picture("es-open");
  await commands("lote", { type: "hammer" });
  await ana.reads("#outcome", /^Te lo llevas por 250,00 € ¡Enhorabuena! Pagas 250,00 €\./);
  await ana.picture("es-won");
  const english = (await ana.page.innerText("main")).match(/\b(the|bid|bids|reserve|ended|yours|watching)\b/i);
  assert.equal(english, null, english?.[0]);
});
