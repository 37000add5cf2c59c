// The box one bids in: amounts at hand, keys alone, one press one bid, in two languages; and what is said aloud.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser, CONFLICT } from "./support/browser.js";
import { Server } from "./support/server.js";
import { until } from "./support/watcher.js";

const LOT = { title: "Brass sextant, London, about 1890", start: 10_000, duration: "1h" };
const NAMES = ["quick", "keys", "twice", "large", "again", "raise", "spanish", "aloud", "narrow"];

let server;
let browser;
before(async () => {
  server = await Server.start(Object.fromEntries(NAMES.map((name) => [name, LOT])));
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish([CONFLICT]));

async function enter(id, name, options) {
  const person = await browser.open(server.url(`/a/${id}`), options);
  if (name) await person.signIn(name);
  else await person.connected();
  return person;
}

const ready = (person) => person.page.waitForFunction(() => !document.getElementById("bid-button").disabled);

test("the least and two steps more are at hand, and follow the price", async () => {
  const ana = await enter("quick", "Ana");
  assert.deepEqual(await ana.texts(".quick-amount"), ["€100.00", "€102.50", "€105.00"]);
  await ana.page.click(".quick-step:nth-child(3)");
  assert.equal(await ana.value("#amount"), "105.00");
  await ana.has(".quick-step:nth-child(3)", "aria-pressed", "true");
  await server.bid("Ben", "quick", 10_250);
  await ana.reads(".quick-step:first-child", "Minimum €105.00");
  assert.equal(await ana.value("#amount"), "105.00", "what one has chosen stays");
  assert.deepEqual(await ana.texts(".quick-amount"), ["€105.00", "€107.50", "€110.00"]);
  await ana.page.check("#mode-max", { force: true });
  await ana.page.click(".quick-step:nth-child(2)");
  await ana.reads("#bid-button", "Bid up to €107.50");
  await ana.bid();
  await ana.reads("#verdict", "Accepted: you are leading at €105.00. Automatic up to €107.50; only you see that.");
  await ana.reads(".quick-step:first-child", "Minimum €110.00"); // beyond her own maximum
});

test("keys alone: from the address to a bid that leads", async () => {
  const ana = await enter("keys", "Ana");
  const { page } = ana;
  const reach = async (selector) => {
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press("Tab");
      const there = await page.evaluate((css) => {
        const { activeElement } = document;
        const outline = getComputedStyle(activeElement.matches("input[type=radio]") ? activeElement.nextElementSibling : activeElement);
        return activeElement.matches(css) ? outline.outlineStyle : null;
      }, selector);
      if (there !== null) return assert.notEqual(there, "none", `${selector} has a focus that is seen`);
    }
    assert.fail(`${selector} cannot be reached`);
  };
  await page.evaluate(() => document.activeElement.blur());
  await reach("#mode-amount");
  await page.keyboard.press("ArrowRight");
  await ana.reads("#amount-label", "Your maximum");
  await page.keyboard.press("ArrowLeft");
  await reach(".quick-step:nth-child(2)");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "bid-button", "one more press bids");
  await page.keyboard.press("Shift+Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "amount");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("110");
  await page.keyboard.press("Enter");
  await ana.reads("#verdict", "Accepted: you are leading at €110.00.");
});

test("two presses are one bid, however quick the first verdict", async () => {
  const ana = await enter("twice", "Ana");
  await ana.page.dblclick("#bid-button");
  await ana.reads("#verdict", "Accepted: you are leading at €100.00.");
  await ready(ana);
  assert.equal((await server.auction("twice")).bids, 1);
  // Nor does a second press answer what the first one has raised.
  await ana.page.fill("#amount", "200");
  await ana.page.focus("#amount");
  for (let press = 0; press < 3; press += 1) await ana.page.keyboard.press("Enter");
  await ana.reads("#sure-head", "Bid as much as €200.00?");
  assert.equal((await server.auction("twice")).bids, 1);
  await ana.page.click("#sure-yes");
  await ana.reads("#price", "€200.00");
});

test("much more than need be is asked once more; no is no", async () => {
  const ana = await enter("large", "Ana");
  await ana.bid("1000");
  await ana.reads("#sure-head", "Bid as much as €1,000.00?");
  await ana.picture("sure-large");
  await ana.page.keyboard.press("Escape");
  assert.equal(await ana.value("#amount"), "1000", "it can be put right");
  assert.equal((await server.auction("large")).bids, 0);
  await ana.bid();
  await ana.page.click("#sure-yes");
  await ana.reads("#verdict", "Accepted: you are leading at €1,000.00.");
});

test("one's own maximum is known again after a reload, and on another machine; a sealed bid, too", async () => {
  const ana = await enter("again", "Ana");
  await ana.page.check("#mode-max", { force: true });
  await ana.bid("200");
  await ana.reads("#verdict", /^Accepted: .* Automatic up to €200\.00/);
  await ana.page.reload();
  await ana.reads("#verdict", "You are leading at €100.00. Automatic up to €200.00; only you see that.");
  const elsewhere = await enter("again", "Ana");
  await elsewhere.reads("#verdict", "You are leading at €100.00. Automatic up to €200.00; only you see that.");

  await server.create("Eva", { id: "again-sealed", title: "A letter", start: 10_000, duration_ms: 3_600_000, format: "sealed" });
  await server.bid("Ana", "again-sealed", 12_500);
  const late = await enter("again-sealed", "Ana");
  await late.reads("#verdict", /^Your sealed bid of €125\.00 stands\./);
  await late.reads("#bid-button", "Replace with …");
});

test("refused for leading already: a button for the higher maximum", async () => {
  const ana = await enter("raise", "Ana");
  await ana.page.check("#mode-max", { force: true });
  await ana.bid("120");
  await ana.reads("#verdict", /^Accepted/);
  await ready(ana);
  await ana.bid("110");
  await ana.reads("#verdict", "Refused: You already lead; only a higher maximum would change anything.");
  await ana.reads("#remedy", "Give a higher maximum");
  await ana.page.click("#remedy");
  assert.equal(await ana.page.evaluate(() => document.activeElement.id), "amount");
  await ana.page.keyboard.type("130");
  await ready(ana);
  await ana.page.keyboard.press("Enter");
  await ana.reads("#verdict", /Automatic up to €130\.00/);
});

test("in Spanish: every word of it, the server's refusals too", async () => {
  const context = await browser.context({ locale: "es-ES" });
  const ana = await enter("spanish", null, { context });
  await ana.reads("#who-prefix", "Solo mirando");
  await ana.reads("#bid-button", "Pujar 100,00 €");
  await ana.bid();
  await ana.reads("#sign-in-why", "Para pujar, dinos quién eres. Los demás verán este nombre.");
  await ana.page.fill("#sign-in-name", "Ana");
  await ana.page.click("#sign-in-submit");
  await ana.reads("#verdict", "Aceptada: vas en cabeza con 100,00 €.");
  await server.bid("Ben", "spanish", 10_250);
  await ana.reads("#verdict", "Han superado tu puja: Ben va en cabeza con 102,50 €.");
  await ready(ana);
  await ana.bid("50");
  await ana.reads("#verdict", "Rechazada: La puja más baja que vale ahora es de 105,00 €.");
  await ana.reads("#remedy", "Pujar 105,00 € en su lugar");
  await ana.picture("refused-es");
  const box = await ana.page.innerText(".bid-box");
  assert.doesNotMatch(box, /\b(bid|bids|your|you|the|lowest|minimum|step)\b/i);
});

test("what is said aloud does not flood: the price now and then, one's own standing when it changes", async () => {
  const ana = await enter("aloud", "Ana");
  await ana.bid();
  await ana.reads("#verdict", /^Accepted/);
  await ana.page.evaluate(() => {
    globalThis.told = [];
    for (const id of ["announcer", "verdict-told"]) {
      const node = document.getElementById(id);
      new MutationObserver(() => globalThis.told.push([id, performance.now(), node.textContent])).observe(node, { childList: true, characterData: true, subtree: true });
    }
  });
  for (let bid = 1; bid <= 20; bid += 1) await server.bid(bid % 2 ? "Ben" : "Cleo", "aloud", 10_000 + bid * 250);
  await ana.reads("#price", "€150.00");
  const last = () => ana.page.evaluate(() => globalThis.told.filter(([id]) => id === "announcer").at(-1)?.[2]);
  await until(async () => (await last()) === "€150.00. Cleo leads.", () => "the last price is said");
  const told = await ana.page.evaluate(() => globalThis.told);
  assert.deepEqual(told.filter(([id]) => id === "verdict-told").map(([, , text]) => text), ["You have been outbid: Ben leads at €102.50."]);
  const prices = told.filter(([id]) => id === "announcer");
  for (const [at, [, when]] of prices.entries()) assert.ok(at === 0 || when - prices[at - 1][1] > 3_500, "one every few seconds");
  assert.equal(await ana.page.getAttribute("#verdict", "role"), null, "the figures in it change with every bid");
});

test("from 320 pixels on, all of it fits and can be hit", async () => {
  const ana = await enter("narrow", "Ana");
  await ana.bid("50");
  await ana.reads("#remedy", /instead$/);
  for (const size of [{ width: 320, height: 568 }, { width: 390, height: 844 }, { width: 1280, height: 800 }, { width: 3840, height: 2160 }]) {
    await ana.page.setViewportSize(size);
    const found = await ana.page.evaluate(() => {
      const small = [...document.querySelectorAll(".bid-box button, .bid-box label, #bell")].filter((node) => node.checkVisibility() && node.offsetHeight < 24);
      const cut = [...document.querySelectorAll(".quick-amount, #bid-button, #remedy")].filter((node) => node.checkVisibility() && node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0);
      return { page: document.documentElement.scrollWidth <= innerWidth, small: small.length - document.querySelectorAll("#amount-label").length, cut: cut.length };
    });
    assert.ok(found.page && found.small <= 0 && found.cut === 0, `${JSON.stringify(found)} at ${size.width}`);
  }
});
