// Each format from its creation to its result, and what only some auctions have: buy-now, aliases, bids that are taken out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./support/stage.js";

const { server, enter } = await stage();

const HOUR = { duration_ms: 3_600_000 };

/** Fills the console's form in, as `fill` says, and opens the auction: who conducts it, and its id. */
async function made(format, fields, fill = async () => {}) {
  const eva = await enter("Eva", "/console?new");
  const { page } = eva;
  await eva.shows("#create", 1);
  await page.fill("#f-title", `A lot, ${format}`);
  await page.check(`input[name="format"][value="${format}"]`, { force: true });
  for (const [selector, value] of Object.entries(fields)) await page.fill(selector, value);
  await fill(page);
  await eva.picture(`console-new-${format}`);
  await page.click("#create-button");
  await page.waitForURL(/\?auction=/);
  await eva.reads("#status-line", "Open");
  return [eva, new URL(page.url()).searchParams.get("auction")];
}

async function hammer(eva) {
  await eva.page.click("#act-hammer");
  await eva.page.click("#act-hammer");
  await eva.reads("#status-line", "Ended");
}

test("dutch: the price falls, and the first to say yes has it", async () => {
  const [eva, id] = await made("dutch", { "#f-start": "10", "#f-step": "1", "#f-every": "5", "#f-floor": "4" });
  const ana = await enter("Ana", `/a/${id}`);
  const ben = await enter("Ben", `/a/${id}`);
  await ana.reads("#price-label", "Yours for");
  await ana.reads("#leader", "Nobody has said yes yet");
  await ana.reads("#fall", /^Falls by €1\.00 in 0:0\d, to €4\.00 at the lowest\.$/);
  await eva.reads("#price", "€9.00");
  await ana.reads("#bid-button", "Buy at €9.00");
  assert.ok(await ana.page.isHidden("#amount"));
  await ana.picture("dutch");

  // The clock stands still, and the price with it; this moves the steps, too.
  await eva.page.click("#act-pause");
  await ana.reads("#countdown", "Paused");
  const asked = await ana.page.innerText("#price");
  assert.ok(await ana.page.isDisabled("#bid-button"));
  await eva.page.click("#act-resume");
  await ana.reads("#countdown-label", "Ends in");
  await ana.reads("#price", asked);

  await ana.bid();
  await ana.reads("#outcome", /^You won it for €\d\.00/);
  const price = await ana.page.innerText("#price");
  await ben.reads("#outcome", new RegExp(`^Sold to Ana for ${price}`));
  await ben.reads("#why", `${price} was the price at the moment somebody said yes.`);
  await eva.reads("#outcome", /^Sold to Ana/);
  await ben.picture("dutch-sold");
});

test("dutch: nobody pays more than the button said", async () => {
  await server.create("Eva", { id: "exact", title: "A lot", format: "dutch", start: 1_000, dutch: { floor: 100, step: 100, every_ms: 60_000 }, ...HOUR });
  const ana = await enter("Ana", "/a/exact");
  const sent = [];
  ana.page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(String(payload))));
  await ana.page.reload();
  await ana.reads("#bid-button", "Buy at €10.00");
  await ana.bid();
  await ana.reads("#outcome", /^You won it for €10\.00/);
  const bid = sent.map((text) => JSON.parse(text)).find(({ type }) => type === "bid");
  assert.equal(bid.amount, 1_000);
});

for (const [format, paid] of [["sealed", "€130.00"], ["vickrey", "€120.00"]]) {
  test(`${format}: nobody sees a bid before the end, and all of them after`, async () => {
    const [eva, id] = await made(format, { "#f-start": "100" });
    const ana = await enter("Ana", `/a/${id}`);
    const ben = await enter("Ben", `/a/${id}`);
    const heard = [];
    ben.page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => heard.push(String(payload))));
    await ben.page.reload();
    await ben.connected();
    await ana.reads("#price-label", "Sealed bids from");
    await ana.bid("125");
    await ana.reads("#verdict", "Accepted: your sealed bid of €125.00 is in. Nobody sees it before the end; until then you may replace it.");
    await ben.reads("#bid-count", "1 sealed bid");
    await ben.bid("120");
    await eva.reads("#bid-count", "2 sealed bids");
    await eva.picture(`console-${format}`);
    await ana.reads("#amount-hint", /^One sealed bid: you may replace it until the end\./);
    await ana.page.fill("#amount", "130");
    await ana.reads("#bid-button", "Replace with €130.00");
    await ana.picture(format);
    await ana.bid("130");
    await ana.reads("#verdict", /your sealed bid of €130\.00/);
    await ana.reads("#bid-count", "2 sealed bids");
    await ana.page.reload();
    await ana.reads("#verdict", /^Your sealed bid of €130\.00 stands\./);
    assert.ok(!heard.some((frame) => /12500|13000/.test(frame)), "a sealed amount on the wire");

    // What was replaced counts again where that which replaced it is taken out.
    await ana.bid("999");
    await ana.reads("#verdict", /your sealed bid of €999\.00/);
    await eva.shows("#history .bid", 4);
    await eva.page.keyboard.press("v");
    await eva.reads(".preview-table tbody tr:nth-child(4)", "Bids 2 2");
    await eva.page.keyboard.type("A slip of the finger");
    await eva.page.keyboard.press("Enter");
    await eva.shows("#history .bid[data-voided]", 1);
    await ana.reads("#act", /^Eva has taken out a bid: A slip of the finger\./);
    await ana.reads("#verdict", /^Your sealed bid of €130\.00 stands\./);

    await hammer(eva);
    await ana.reads("#outcome", new RegExp(`^You won it for ${paid}`));
    await ben.reads("#outcome", new RegExp(`^Sold to Ana for ${paid}`));
    for (const person of [ana, ben, eva]) {
      await person.shows("#history .bid", 2);
      assert.deepEqual(await person.texts("#history .amount"), ["€130.00", "€120.00"]);
    }
    await ben.picture(`${format}-sold`);
  });
}

test("english: why the price is what it is, bought at once, and the record of it", async () => {
  const [eva, id] = await made("english", { "#f-start": "100", "#f-reserve": "150", "#f-buy-now": "200" });
  const ana = await enter("Ana", `/a/${id}`);
  const ben = await enter("Ben", `/a/${id}`);
  await ana.reads("#buy-now", "Buy it now for €200.00");
  await ana.page.check("#mode-max", { force: true });
  await ana.bid("140");
  await ben.reads("#why", "€100.00 is the start: nobody else has bid.");
  await ben.bid("120");
  await ben.reads("#verdict", /^Outbid at once\./);
  await ben.reads("#why", "€122.50 is one step above the next highest offer.");
  await ben.picture("why");
  assert.ok(await ana.page.isVisible("#buy-now"), "the reserve is not met");

  await ben.page.click("#buy-now");
  await ben.shows("#sure[open]", 1);
  await ben.picture("buy-now");
  await ben.page.keyboard.press("Escape");
  await ben.shows("#sure[open]", 0);
  assert.equal((await server.auction(id)).status, "open");
  await ben.page.click("#buy-now");
  await ben.page.click("#sure-yes");
  await ben.reads("#outcome", /^You won it for €200\.00/);
  await ana.reads("#outcome", /^Sold to Ben for €200\.00/);
  await ana.reads("#why", "It was bought at once, for €200.00.");
  await eva.reads("#outcome", /^Sold to Ben/);
  assert.equal(await ana.page.getAttribute("#record-link", "href"), `/api/auctions/${id}/log`);
  const record = await fetch(server.url(`/api/auctions/${id}/log`));
  assert.equal(record.status, 200, "the record of an auction that is over");
});

test("a bid is taken out: first what would be, then why", async () => {
  const [eva, id] = await made("english", { "#f-start": "100" });
  const ana = await enter("Ana", `/a/${id}`);
  const ben = await enter("Ben", `/a/${id}`);
  await ana.bid("100");
  await ben.reads("#leader", "Ana leads");
  await ben.bid("500");
  await ben.reads("#sure-why", /^That is 500\.00 euros\. The least that counts now is €102\.50\./);
  await ben.page.click("#sure-yes");
  await ana.reads("#leader", "Ben leads");
  await eva.reads("#leader", "Ben leads");
  const { keyboard } = eva.page;
  await keyboard.press("v");
  await eva.reads("#reason-body", /Ben, €500\.00/);
  const rows = [/^Price €500\.00 €100\.00$/, /^Leader Ben Ana$/, /^Next bid at least €510\.00 €102\.50$/, /^Bids 2 1$/, /^Reserve none none$/];
  for (const [at, row] of rows.entries()) await eva.reads(`.preview-table tbody tr:nth-child(${at + 1})`, row);
  assert.equal((await server.auction(id)).price, 50_000, "a preview changes nothing");
  await eva.picture("console-void");

  // Another bid changes what would be without it.
  await server.bid("Cleo", id, 60_000);
  await eva.reads(".preview-table tbody tr:nth-child(1)", "Price €600.00 €600.00");
  await keyboard.press("Escape");
  await eva.shows("#reason-dialog[open]", 0);
  await keyboard.press("v");
  await eva.reads("#reason-body", /Cleo, €600\.00/);
  await eva.reads(".preview-table tbody tr:nth-child(1)", "Price €600.00 €500.00");
  await keyboard.type("Cleo has left.");
  await keyboard.press("Enter");
  await eva.shows("#reason-dialog[open]", 0);
  await ana.reads("#act", "Eva has taken out Cleo’s bid of €600.00: Cleo has left. All others were judged again without it: Ben leads at €500.00.");

  // Any bid, by the arrows: the second one from above is Ben's.
  await keyboard.press("b");
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowUp");
  await keyboard.press("Enter");
  await eva.reads("#reason-body", /Ben, €500\.00/);
  await eva.reads(".preview-table tbody tr:nth-child(2)", "Leader Ben Ana");
  await keyboard.type("A slip of the finger");
  await eva.page.waitForFunction(() => !document.getElementById("reason-submit").disabled);
  await keyboard.press("Enter");
  for (const person of [eva, ana, ben]) {
    await person.reads("#price", "€100.00");
    await person.shows("#history .bid[data-voided]", 2);
    await person.reads("#history .bid:nth-child(2)", /Ben.* €500\.00 .*Taken out by Eva: A slip of the finger$/);
  }
  await ana.reads("#leader", "You lead");
  await ana.reads("#verdict", /^You are leading at €100\.00/);
  await ben.reads("#minimum", "€102.50");
  await ben.picture("voided");
  await eva.picture("console-voided");
  await ben.page.reload();
  await ben.shows("#history .bid[data-voided]", 2);
});

test("bids from long before the page was opened can be taken out, too", async () => {
  await server.create("Eva", { id: "long", title: "A lot", start: 100, ...HOUR });
  for (let step = 0; step < 60; step += 1) {
    const { status } = await server.bid(step % 2 ? "Ana" : "Ben", "long", 100 + step * 100);
    assert.equal(status, 200);
  }
  const eva = await enter("Eva", "/console?auction=long");
  await eva.shows("#history .bid", 60);
  await eva.shows("#history .take-out", 60);
  await eva.page.click("#history .bid:last-child .take-out");
  await eva.reads("#reason-body", /Ben, €1\.00/);
  await eva.reads(".preview-table tbody tr:nth-child(4)", "Bids 60 59");
  await eva.page.keyboard.type("Too soon");
  await eva.page.keyboard.press("Enter");
  await eva.reads("#history .bid:last-child", /Taken out by Eva: Too soon$/);
  await eva.page.reload();
  await eva.shows("#history .bid", 60);
  await eva.reads("#history .bid:last-child", /Taken out by Eva: Too soon$/);
});

test("aliases: others see numbers, the bidder and the auctioneer see names", async () => {
  const [eva, id] = await made("english", { "#f-start": "100" }, (page) => page.check('input[name="aliases"]'));
  const ana = await enter("Ana", `/a/${id}`);
  const ben = await enter("Ben", `/a/${id}`);
  await ana.bid("100");
  await ana.reads("#leader", "You lead");
  await ana.reads("#verdict", /you are leading at €100\.00/);
  await ben.reads("#leader", /^Bidder \d+ leads$/);
  await eva.reads("#leader", /^Bidder \d+ \(Ana\) leads$/);
  await ana.reads("#who-name", /^Ana, here Bidder \d+$/);
  await ana.shows("#history .tag", 1);
  await ben.bid();
  await ana.reads("#verdict", /^You have been outbid: Bidder \d+ leads/);
  await eva.reads("#history .bid:first-child", /^Bidder \d+ \(Ben\)/);
  await ana.page.reload();
  await ana.reads("#who-name", /^Ana, here Bidder \d+$/);
  await ana.reads("#verdict", /^You have been outbid/);
  assert.doesNotMatch(await ana.page.innerText("body"), /Ben/, "a name behind an alias");
  await eva.picture("console-aliases");
  await ana.picture("aliases");
  await eva.page.reload();
  await eva.reads("#leader", /^Bidder \d+ \(Ben\) leads$/);
});

test("a page that says decimals of a currency as the server does", async () => {
  const { decimalsOf } = await import("../../web/js/currency.js");
  const codes = [...new Set([...Intl.supportedValuesOf("currency"), "XAU", "XXX", "UYW", "CLF", "HUF", "IQD"])];
  const eva = await server.tokenOf("Eva");
  let known = 0;
  for (const currency of codes) {
    const terms = { id: `in-${currency.toLowerCase()}`, title: "A lot", currency, start: 100, ...HOUR };
    const { status, body } = await server.ask("POST", "/api/auctions", { as: eva, body: terms });
    if (status === 422 && body.field === "currency") continue; // of the past
    known += 1;
    assert.deepEqual([status, body.decimals], [201, decimalsOf(currency)], currency);
  }
  assert.ok(known > 140, `only ${known} currencies are known`);
});
