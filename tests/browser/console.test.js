// The auctioneer's page: a sale from its creation to the hammer, and what cannot be done.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED, UNPROCESSABLE } from "./support/browser.js";
import { stage } from "./support/stage.js";

const { server, browser, enter } = await stage();

const HOUR = { duration_ms: 3_600_000, soft_close: false };

/** Somebody at the console who uses nothing but the keyboard. */
async function seated(name, path = "/console") {
  const person = await enter(name, path);
  return { person, keys: person.page.keyboard };
}

async function tabTo(person, selector) {
  for (let stops = 0; stops < 40; stops += 1) {
    if (await person.page.evaluate((css) => document.activeElement?.matches(css), selector)) return;
    await person.page.keyboard.press("Tab");
  }
  assert.fail(`the Tab key does not reach ${selector}`);
}

const auctionAt = (person) => new URL(person.page.url()).searchParams.get("auction");

test("a whole sale from the keyboard alone, with two bidders on the page", async () => {
  const { person: eva, keys } = await seated("Eva");
  await eva.reads("#own-empty", /^You have no auctions yet\./);
  await eva.picture("console-empty");
  await keys.press("n");
  await eva.page.waitForURL(/\?new$/);
  await eva.shows("#create", 1);
  await eva.connected();
  await keys.type("Brass sextant, London, about 1890");
  await tabTo(eva, "#f-start");
  await keys.type("100");
  await tabTo(eva, "#create-button");
  await eva.picture("console-new");
  await keys.press("Enter");
  await eva.page.waitForURL(/\?auction=/);
  const id = auctionAt(eva);
  await eva.connected();
  await eva.reads("#status-line", "Open");

  const ana = await enter("Ana", `/a/${id}`);
  const ben = await enter("Ben", `/a/${id}`);
  await eva.reads("#names", "Ana Ben Eva");

  // What is being typed does nothing else, and everyone reads it before it is finished.
  await keys.press("a");
  await keys.type("Do I hear one hundred");
  for (const one of [ana, ben]) await one.reads("#live", "Do I hear one hundred");
  await keys.type(" and ph12hh?");
  await ana.reads("#live", "Do I hear one hundred and ph12hh?");
  assert.equal((await server.auction(id)).status, "open");
  assert.equal((await server.auction(id)).warned, null);
  await keys.press("Escape");
  await ana.has("#rostrum", "hidden", "");

  await ana.bid("100");
  await eva.reads("#leader", "Ana leads");
  await eva.reads("#history .bid:first-child", /^Ana €100\.00/);
  await keys.press("p");
  await ana.reads("#countdown", "Paused");
  await ana.reads("#act", /^Eva has stopped the clock\./);
  await eva.reads("#status-line", "Paused");
  assert.ok(await eva.page.isDisabled("#act-hammer"));
  await eva.picture("console-paused");
  await keys.press("h");
  await keys.press("r");
  await eva.reads("#status-line", "Open");
  await ben.reads("#act", /^The clock runs again\./);

  await keys.press("1");
  await ana.reads("#warning", "Going once …");
  await keys.press("2");
  await ben.reads("#warning", "Going twice …");
  await ben.bid();
  await eva.reads("#leader", "Ben leads");
  await eva.has("#rostrum", "hidden", "");

  const { ends_at } = await server.auction(id);
  await keys.press("e");
  await eva.reads("#verdict", "30 seconds more.");
  await keys.press("m");
  await eva.reads("#verdict", "1 minute more.");
  await keys.press("x");
  await keys.press("Control+a");
  await keys.type("2:30");
  await keys.press("Enter");
  await ben.reads("#time-note", /by the auctioneer$/);
  await eva.reads("#verdict", "2:30 more.");
  assert.equal((await server.auction(id)).ends_at, ends_at + 30_000 + 60_000 + 150_000);

  // One press is none, and a key that is held down is one press.
  await keys.down("h");
  await keys.down("h");
  await keys.down("h");
  await keys.up("h");
  await eva.reads("#act-hammer", /^Press again: sold to Ben for €102\.50/);
  await eva.picture("console-hammer");
  assert.equal((await server.auction(id)).status, "open");
  await eva.reads("#act-hammer", /^Hammer/); // it has been too long
  await eva.page.focus("#act-hammer");
  for (let held = 0; held < 3; held += 1) await keys.down("Enter");
  await keys.up("Enter");
  await eva.reads("#act-hammer", /^Press again/);
  assert.equal((await server.auction(id)).status, "open");
  await eva.reads("#act-hammer", /^Hammer/);
  await keys.press("h");
  await keys.press("h");
  await ben.reads("#outcome", /^You won it for €102\.50/);
  await ana.reads("#outcome", /^Sold to Ben for €102\.50/);
  await ana.reads("#act", "Eva has brought down the hammer.");
  await eva.reads("#outcome", /^Sold to Ben for €102\.50/);
  assert.ok(await eva.page.isHidden("#desk"));
  await eva.picture("console-sold");
});

test("a bid between the two presses takes the first one back", async () => {
  await server.create("Eva", { id: "contested", title: "A lot", start: 10_000, ...HOUR });
  const { person: eva, keys } = await seated("Eva", "/console?auction=contested");
  await server.bid("Ana", "contested", 10_000);
  await eva.reads("#leader", "Ana leads");
  await keys.press("h");
  await eva.reads("#act-hammer", /^Press again: sold to Ana/);
  await server.bid("Ben", "contested", 20_000);
  await eva.reads("#leader", "Ben leads");
  await keys.press("h"); // for Ana, as far as the hand knows
  await eva.reads("#act-hammer", /^Press again: sold to Ben/);
  assert.equal((await server.auction("contested")).status, "open");
});

test("opened before its time, and called off with a reason", async () => {
  await server.create("Eva", { id: "early", title: "A lot", start: 10_000, ...HOUR, starts_at: Date.now() + 3_600_000 });
  const { person: eva, keys } = await seated("Eva", "/console?auction=early");
  const ana = await enter("Ana", "/a/early");
  await eva.reads("#status-line", "Not open yet");
  const able = await eva.page.$$eval("#acts button:not(:disabled)", (buttons) => buttons.map(({ id }) => id));
  assert.deepEqual(able.sort(), ["act-announce", "act-cancel", "act-open"]);
  await keys.press("o");
  await ana.reads("#act", /^Eva has opened it before its time\./);
  await ana.bid();
  await eva.reads("#leader", "Ana leads");

  await keys.press("c");
  await eva.shows("#reason-dialog[open]", 1);
  assert.ok(await eva.page.isDisabled("#reason-submit"), "no reason, no calling off");
  await keys.type("The frame is broken.");
  await keys.press("Enter");
  await eva.reads("#reason-submit", "Press again: call it off");
  await eva.picture("console-cancel");
  assert.equal((await server.auction("early")).status, "open");
  await keys.press("Enter");
  await ana.reads("#outcome", /The reason: The frame is broken\./);
  await eva.reads("#status-line", "Called off");
});

test("?: the keys; Escape: back again", async () => {
  await server.create("Eva", { id: "keyed", title: "A lot", start: 10_000, ...HOUR });
  const { person: eva, keys } = await seated("Eva", "/console?auction=keyed");
  await eva.reads("#status-line", "Open");
  await keys.press("?");
  await eva.shows("#keys[open]", 1);
  await eva.picture("console-keys");
  await keys.press("p");
  await keys.press("Escape");
  await eva.shows("#keys[open]", 0);
  assert.equal((await server.auction("keyed")).status, "open", "a key behind an open dialog");
  await keys.press("p");
  await eva.reads("#status-line", "Paused");
});

test("a refusal says what may be", async () => {
  const latest = Date.now() + 5 * 366 * 86_400_000 - 60_000;
  await server.create("Eva", { id: "long", title: "A lot", start: 10_000, soft_close: false, ends_at: latest });
  const { person: eva, keys } = await seated("Eva", "/console?auction=long");
  await eva.reads("#status-line", "Open");
  await keys.press("x");
  await keys.press("Control+a");
  await keys.type("600");
  await keys.press("Enter");
  await eva.reads("#verdict", /^Refused: .*at most five years ahead/);
  await eva.has("#verdict", "data-state", "refused");
});

test("amounts are read as people write them where they live", async () => {
  const typed = [
    ["de-CH", "CHF", "1’234.50", 123_450], ["pt-BR", "BRL", "1.234,50", 123_450], ["ar-EG", "EGP", "١٬٢٣٤٫٥٠", 123_450],
    ["en-IN", "INR", "1,23,456.50", 12_345_650], ["ja-JP", "JPY", "１２，０００", 12_000], ["fr-FR", "EUR", "1\u202f234,5 €", 123_450],
  ];
  for (const [locale, currency, amount, minor] of typed) {
    const context = await browser.context({ locale });
    const eva = await browser.open(server.url("/console?new"), { context });
    await eva.page.fill("#sign-in-name", "Eva");
    await eva.page.click("#sign-in-submit");
    await eva.shows("#create", 1);
    await eva.page.fill("#f-title", locale);
    await eva.page.fill("#f-currency", currency);
    await eva.page.fill("#f-start", amount);
    await eva.page.click("#create-button");
    await eva.page.waitForURL(/\?auction=/);
    const id = auctionAt(eva);
    assert.equal((await server.auction(id)).start, minor, locale);

    const ana = await browser.open(server.url(`/a/${id}`), { context: await browser.context({ locale }) });
    await ana.signIn("Ana");
    await ana.bid(amount);
    await ana.has("#verdict", "data-state", "leading");
    assert.equal((await server.auction(id)).price, minor, locale);
    await eva.reads("#leader", "Ana leads");
    await Promise.all([eva, ana].map(({ page }) => page.close()));
  }
});

test("an auction whose answer was lost is made once", async () => {
  const { person: eva } = await seated("Nora", "/console?new");
  await eva.shows("#create", 1);
  await eva.page.fill("#f-title", "Made once");
  await eva.page.fill("#f-start", "100");
  await eva.page.route("**/api/auctions", async (route) => {
    await route.fetch(); // the server has made it
    await route.abort();
  }, { times: 1 });
  await eva.page.click("#create-button");
  await eva.reads("#create-problem", /^The answer did not come\./);
  await eva.page.click("#create-button");
  await eva.page.waitForURL(/\?auction=/);
  const { body } = await server.ask("GET", "/api/auctions?limit=200");
  assert.equal(body.auctions.filter(({ title }) => title === "Made once").length, 1);
  await browser.finish([FAILED]);
});

test("only the seller conducts; others are told so", async () => {
  await server.create("Eva", { id: "hers", title: "Her lot", start: 10_000, ...HOUR });
  const { person: ana, keys } = await seated("Ana", "/console?auction=hers");
  await ana.reads("#not-yours", "This auction is Eva’s: only its seller conducts it.");
  assert.ok(await ana.page.isHidden("#desk"));
  await keys.press("p");
  await ana.reads("#status-line", "Open");
  const lost = await browser.open(server.url("/console?auction=nowhere"));
  await lost.reads("#notice-text", "There is no auction at this address.");
  await lost.reads("#way-out", "Your auctions");
});

test("one's own auctions at a glance, live, and nobody else's", async () => {
  await server.create("Mia", { id: "mine-1", title: "Her first", start: 10_000, ...HOUR });
  await server.create("Mia", { id: "mine-2", title: "Her second", start: 5_000, ...HOUR, starts_at: Date.now() + 60_000_000 });
  await server.create("Eva", { id: "other", title: "Somebody else’s", start: 5_000, ...HOUR });
  const { person: mia, keys } = await seated("Mia");
  await mia.shows(".own-row", 2);
  const part = (id, name) => `[data-auction="${id}"] [data-part="${name}"]`;
  await mia.reads(part("mine-1", "status"), "Open");
  await mia.reads(part("mine-1", "price"), "from €100.00");
  await mia.reads(part("mine-2", "time"), /^Opens in \d+:/);
  await server.bid("Ana", "mine-1", 12_050);
  await mia.reads(part("mine-1", "price"), "€120.50");
  await mia.reads(part("mine-1", "leader"), "Ana leads");
  await mia.reads(part("mine-1", "bids"), "1 bid");
  await server.create("Mia", { id: "mine-3", title: "Her third", start: 5_000, ...HOUR });
  await mia.shows(".own-row", 3);
  await mia.picture("console-list");
  await tabTo(mia, '[data-auction="mine-1"] a');
  await keys.press("Enter");
  await mia.page.waitForURL(/auction=mine-1$/);
  await mia.reads("#leader", "Ana leads");
});

test("what is wrong in the form stands at its field, the page's words and the server's", async () => {
  const { person: eva, keys } = await seated("Eva", "/console?new");
  await eva.shows("#create", 1);
  await eva.page.fill("#f-start", "1.234");
  await tabTo(eva, "#create-button");
  await keys.press("Enter");
  await eva.reads('[data-problem="title"]', "What is it called?");
  await eva.reads('[data-problem="start"]', "EUR has 2 decimals at most.");
  assert.ok(await eva.page.evaluate(() => document.activeElement.id === "f-title"), "the first field that is wrong has the focus");
  await eva.picture("console-errors");

  await eva.page.fill("#f-title", "A lot");
  await eva.shows('[data-problem="title"]', 0);
  await eva.page.fill("#f-start", "100");
  await eva.page.fill("#f-currency", "QQQ");
  await keys.press("Enter");
  await eva.reads('[data-problem="currency"]', /ISO 4217/);
  assert.ok(await eva.page.evaluate(() => document.activeElement.id === "f-currency"));
  await eva.page.fill("#f-currency", "EUR");
  await eva.page.fill("#f-id", "Not A Slug");
  await keys.press("Enter");
  await eva.reads('[data-problem="id"]', /a-z/);
  await eva.page.fill("#f-id", "made-by-eva");
  await eva.page.selectOption("#f-increments", "table");
  await eva.page.fill("#table li:first-child label:last-of-type input", "5");
  await eva.page.click("#add-row");
  await keys.type("0");
  await keys.press("Tab");
  await keys.type("10");
  await eva.page.click("#create-button");
  await eva.reads('[data-problem="table"]', /begins at 0/);
  await eva.page.fill("#table li:last-child label:first-of-type input", "1,000");
  await eva.page.click("#create-button");
  await eva.page.waitForURL(/auction=made-by-eva$/);
  await eva.reads("#status-line", "Open");
  const { increments } = await server.auction("made-by-eva");
  assert.deepEqual(increments, [{ from: 0, step: 500 }, { from: 100_000, step: 1_000 }]);
  await browser.finish([UNPROCESSABLE]);
});

test("in Spanish: the form, what is wrong in it, the acts and a refusal", async () => {
  const latest = Date.now() + 5 * 366 * 86_400_000 - 60_000;
  await server.create("Eva", { id: "largo", title: "A lot", start: 10_000, soft_close: false, ends_at: latest });
  const eva = await enter("Eva", "/console?new", { locale: "es-ES" });
  await eva.reads("h1#create-head", "Nueva subasta");
  await eva.page.click("#create-button");
  await eva.reads('[data-problem="title"]', "¿Cómo se llama?");
  await eva.page.fill("#f-title", "Un sextante");
  await eva.page.fill("#f-start", "100");
  await eva.page.fill("#f-currency", "QQQ");
  await eva.page.click("#create-button");
  await eva.reads('[data-problem="currency"]', "Una moneda según ISO 4217, como EUR.");
  await eva.picture("console-es-new");
  await eva.page.goto(server.url("/console?auction=largo"));
  await eva.reads("#status-line", "Abierta");
  await eva.page.click("#act-hammer");
  await eva.reads("#act-hammer", /^Pulsa otra vez: sin vender/);
  await eva.page.fill("#extend-time", "600");
  await eva.page.keyboard.press("Enter");
  await eva.reads("#verdict", /^Rechazado: .*como mucho dentro de cinco años\.$/);
  await eva.picture("console-es");
  await browser.finish([UNPROCESSABLE]);
});
