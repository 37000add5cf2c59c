// The lobby is searched, filtered and put in order; one sells from it; and nothing moves under one's hands.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser, SERVER_AWAY, SOCKET_FAILED } from "./support/browser.js";
import { Server } from "./support/server.js";

const HOUR = 3_600_000;
let server;
let browser;
before(async () => {
  server = await Server.start({
    sextant: { title: "Brass sextant", start: 10_000, duration: "1h" },
    amber: { title: "Ámbar báltico", start: 500, reserve: 2_000, duration: "2h" },
    viola: { title: "Viola, Mittenwald", start: 90_000, duration: "3h", currency: "JPY" },
  });
  await server.create("Eva", { id: "globe", title: "A globe", currency: "EUR", format: "dutch", start: 80_000, dutch: { step: 100, every_ms: HOUR, floor: 100 }, duration_ms: 4 * HOUR });
  await server.create("Eva", { id: "letters", title: "Letters", currency: "EUR", format: "sealed", start: 700, reserve: 800, duration_ms: 5 * HOUR });
  await server.create("Eva", { id: "later", title: "Tomorrow’s", currency: "EUR", start: 500, starts_at: Date.now() + 24 * HOUR, duration_ms: HOUR });
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish([SOCKET_FAILED, SERVER_AWAY]));

const card = (id) => `[data-auction="${id}"]`;
const part = (id, name) => `${card(id)} [data-part="${name}"]`;
const ids = (person, list = "open") => person.page.locator(`#${list} .card`).evaluateAll((nodes) => nodes.map(({ dataset }) => dataset.auction));
const query = (person) => new URL(person.page.url()).search;

/** Waits until the cards stand so. */
async function stands(person, wanted, list = "open") {
  const check = ([name, order]) => [...document.querySelectorAll(`#${name} .card`)].map(({ dataset }) => dataset.auction).join() === order;
  await person.page.waitForFunction(check, [list, wanted.join()]).catch(async (error) => {
    throw new Error(`${list} should be ${wanted} and is ${await ids(person, list)}`, { cause: error });
  });
}

async function enter(path = "/", options) {
  const person = await browser.open(server.url(path), options && { context: await browser.context(options) });
  await person.connected();
  return person;
}

test("a search finds as one types; it stands in the address, and survives a reload and another language", async () => {
  const guest = await enter();
  await stands(guest, ["sextant", "amber", "viola", "globe", "letters"]);
  await guest.page.keyboard.press("/");
  await guest.page.keyboard.type("ambar");
  await stands(guest, ["amber"]);
  await guest.shows("#scheduled-section", 0);
  assert.equal(query(guest), "?q=ambar");
  await guest.reads("#found", "1 of 6 auctions");
  await guest.page.waitForFunction(() => document.querySelector("#found-said").textContent === "1 of 6 auctions"); // and is said

  await guest.page.reload();
  await guest.connected();
  await stands(guest, ["amber"]);
  assert.equal(await guest.value("#q"), "ambar");

  await guest.page.selectOption("#sort", "bids");
  await guest.page.click(".languages a");
  await guest.page.waitForFunction(() => document.documentElement.lang === "es");
  await guest.connected();
  await stands(guest, ["amber"]);
  assert.equal(query(guest), "?q=ambar&sort=bids");
  await guest.reads("h1", "Subastas");
  await guest.reads("#found", "1 de 6 subastas");
  await guest.reads(part("amber", "reserve"), "Reserva aún no alcanzada");

  await guest.page.click(".languages a");
  await guest.page.waitForFunction(() => document.documentElement.lang === "en");
});

test("nothing found: the page says so, and what to do", async () => {
  const guest = await enter("/?q=ambar&status=ended");
  await guest.reads("#none-why", "No auction matches “ambar”.");
  await guest.shows("#lobby .card", 0);
  await guest.shows("#open-empty", 0);
  await guest.picture("lobby-none");
  await guest.page.click("#none-clear");
  await guest.shows("#lobby .card", 6);
  await guest.shows("#none", 0);
  assert.equal(query(guest), "");
  assert.equal(await guest.page.evaluate(() => document.activeElement.id), "q");
});

test("filters and orders, each in the address", async () => {
  const guest = await enter();
  await guest.page.click('[name="status"][value="coming"]', { force: true });
  await stands(guest, ["later"], "scheduled");
  await stands(guest, []);
  assert.equal(query(guest), "?status=coming");
  await guest.reads('[data-count="open"]', "5");
  await guest.page.click('[name="status"][value="all"]', { force: true });

  await guest.page.click("#more");
  await guest.page.selectOption("#format", "dutch");
  await stands(guest, ["globe"]);
  await guest.reads("#more-count", "1");
  await guest.page.selectOption("#format", "all");

  await guest.page.selectOption("#sort", "dearest");
  await stands(guest, ["globe", "sextant", "letters", "amber", "viola"]);
  await guest.page.fill("#to", "100.00");
  await guest.page.keyboard.press("Tab");
  await stands(guest, ["sextant", "letters", "amber"]);
  assert.equal(query(guest), "?sort=dearest&currency=EUR&to=10000");
  await guest.page.fill("#from", "twelve");
  await guest.page.keyboard.press("Tab");
  await guest.reads("#price-problem", /./);
  assert.equal(await guest.page.getAttribute("#from", "aria-invalid"), "true");
  await guest.page.fill("#from", "50");
  await guest.page.keyboard.press("Tab");
  await stands(guest, ["sextant"]);
  await guest.page.reload();
  await guest.connected();
  await stands(guest, ["sextant"]);
  assert.deepEqual([await guest.value("#from"), await guest.value("#to")], ["50.00", "100.00"]);
});

test("a card says what kind of auction it is, its reserve, whose, and that its price is new", async () => {
  const guest = await enter();
  await guest.reads(part("globe", "format"), "Falling price");
  await guest.reads(part("letters", "format"), "Sealed bids");
  await guest.reads(part("letters", "reserve"), "Hidden reserve");
  await guest.shows(part("sextant", "format"), 0);
  await guest.reads(part("amber", "reserve"), "Reserve not yet met");
  await guest.page.evaluate(() => {
    globalThis.fresh = [];
    const node = document.querySelector('[data-auction="amber"] [data-part="fresh"]');
    new MutationObserver(() => { if (!node.hidden) globalThis.fresh.push(node.textContent); }).observe(node, { attributes: true });
  });
  await server.bid("Ana", "amber", 2_500);
  await guest.reads(part("amber", "price"), "€25.00");
  await guest.reads(part("amber", "reserve"), "Reserve met");
  await guest.page.waitForFunction(() => globalThis.fresh.includes("new"));
  await guest.shows(part("amber", "fresh"), 0); // for a moment only

  await guest.signIn("Ana");
  await guest.reads(part("amber", "standing"), "You lead · 1 bid");
  await guest.shows(".tag.own", 0);
});

test("who sells is asked who they are, and conducts from their own cards", async () => {
  const seller = await enter();
  await seller.page.click("#sell");
  await seller.reads("#sign-in-why", /^To sell something/);
  await seller.picture("lobby-sell");
  await seller.page.fill("#sign-in-name", "Eva");
  await seller.page.click("#sign-in-submit");
  await seller.page.waitForURL("**/console?new");
  await seller.page.goto(server.url());
  await seller.reads("#who-name", "Eva");
  await seller.reads(part("globe", "own"), "Yours");
  await seller.shows(".tag.own", 3);
  await seller.shows("#own-link", 1);
  await seller.page.click(part("globe", "conduct"));
  await seller.page.waitForURL("**/console?auction=globe");
});

test("nothing moves under one's hands: a note says that something would, and the focus stays", async () => {
  const guest = await enter("/?sort=bids&currency=EUR");
  const first = await ids(guest);
  const last = first.at(-1) === "globe" ? first.at(-2) : first.at(-1); // a globe is sold at its first bid
  await guest.page.hover(part(last, "link"));
  await guest.page.keyboard.press("Tab"); // the keyboard is in use
  await guest.page.focus(part(last, "link"));
  for (const amount of [30_000, 40_000, 50_000]) await server.bid(amount === 40_000 ? "Ben" : "Cem", last, amount);
  await guest.reads("#moved", /^\d changes? in the list: show$/);
  assert.deepEqual(await ids(guest), first);
  assert.equal(await guest.page.evaluate(() => document.activeElement.closest(".card").dataset.auction), last);

  await guest.page.click("#moved");
  await stands(guest, [last, ...first.filter((id) => id !== last)]);
  await guest.shows("#moved", 0);
});

test("while the line is down the page says so, and its figures are grey", async () => {
  const guest = await enter();
  const colour = () => guest.page.locator(part("sextant", "price")).evaluate((node) => getComputedStyle(node).color);
  const live = await colour();
  await server.kill();
  await guest.reads("#notice-text", /out of date/);
  assert.notEqual(await colour(), live);
  await server.again();
  await guest.connected();
  assert.equal(await colour(), live);
});

for (const [width, locale] of [[320, "en-GB"], [320, "es-ES"], [3840, "en-GB"]]) {
  test(`at ${width} px, ${locale}: nothing is cut off, everything can be hit`, async () => {
    const guest = await enter("/", { viewport: { width, height: 800 }, locale });
    await guest.signIn("Maximiliano Fernández de la Vega");
    await guest.page.click("#more");
    assert.equal(await guest.page.evaluate(() => document.documentElement.scrollWidth), width);
    const small = await guest.page.evaluate(() => {
      const targets = [...document.querySelectorAll("a, button, input, select")].filter((node) => node.checkVisibility() && !node.matches("h3 a"));
      return targets.map((node) => [node.id || node.textContent, node.getBoundingClientRect()]).filter(([, { width: w, height: h }]) => w < 24 || h < 24).map(([name]) => name);
    });
    assert.deepEqual(small, []);
  });
}
