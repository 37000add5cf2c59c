// People bid against each other: what each of them sees of the other, and of what became of their own bid.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Browser, NOT_FOUND } from "./support/browser.js";
import { Server } from "./support/server.js";

const README_PICTURE = fileURLToPath(new URL("../../docs/page.png", import.meta.url));
const LOT = { title: "Brass sextant, London, about 1890", start: 10_000, duration: "1h" };

let server;
let browser;
before(async () => {
  server = await Server.start({
    duel: { ...LOT, image: "/img/sextant.svg", description: "In its mahogany case, with all seven filters." },
    family: LOT,
    maximum: LOT,
    hushed: { ...LOT, title: "A thing with a reserve", reserve: 20_000 },
    readme: { ...LOT, image: "/img/sextant.svg", description: "In its mahogany case, with all seven filters. The mirrors have been resilvered." },
    yen: { ...LOT, title: "井戸茶碗", currency: "JPY" },
    dear: { ...LOT, title: "The whole of the Grand Duchess’s silver, ".repeat(4).trim(), start: 99_999_999_999 },
  });
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish([NOT_FOUND]));

/** What the page has counted agrees with the server, and nothing was lost or heard twice on the way. */
async function assertInStep(person, id) {
  const { seq, gaps, repeats } = await person.data();
  assert.deepEqual({ seq, gaps, repeats }, { seq: String((await server.auction(id)).seq), gaps: "0", repeats: "0" });
}

test("two people see each other's bids, chat and names", async () => {
  const ana = await browser.open(server.url("/a/duel"));
  const ben = await browser.open(server.url("/a/duel"));
  await Promise.all([ana.connected(), ben.connected()]);
  await ana.reads("#who-prefix", "Only watching");
  assert.equal(await ana.value("#amount"), "100.00");
  await ana.picture("open");

  // Nobody in particular presses the button: asked who they are, and then the bid is made.
  await ana.bid();
  await ana.reads("#sign-in-submit", "Continue and bid €100.00");
  await ana.picture("sign-in");
  await ana.page.fill("#sign-in-name", "Ana");
  await ana.page.click("#sign-in-submit");
  await ana.reads("#verdict", "Accepted: you are leading at €100.00.");
  await ana.reads("#leader", "You lead");

  await ben.reads("#price", "€100.00");
  await ben.reads("#leader", "Ana leads");
  await ben.reads("#minimum", "€102.50");
  assert.equal(await ben.value("#amount"), "102.50", "the minimum is filled in");
  await ben.signIn("Ben");
  await ben.bid();
  await ben.reads("#verdict", "Accepted: you are leading at €102.50.");
  await ben.picture("leading");

  await ana.reads("#verdict", "You have been outbid: Ben leads at €102.50.");
  await ana.has("#verdict", "data-state", "outbid");
  await ana.reads("#price", "€102.50");
  assert.equal(await ana.value("#amount"), "105.00", "the minimum follows");

  await ben.say("Is the frame original?");
  await ana.reads("#chat-log", /Ben .*Is the frame original\?/);
  await ana.say("Yes, and <b>so is</b> the case.");
  await ben.reads("#chat-log", /Ana .*Yes, and <b>so is<\/b> the case\./);
  await ben.reads("#chat-text", "");
  for (const person of [ana, ben]) {
    await person.reads("#watching", "2 watching");
    await person.reads("#names", "Ana Ben");
  }
  await ana.picture("outbid");

  // Too low: sent all the same, because only the server decides.
  await ana.bid("50");
  await ana.reads("#verdict", "Refused: The lowest bid that counts now is 105.00 EUR.");
  await ana.has("#verdict", "data-state", "refused");
  await ana.reads("#remedy", "Bid €105.00 instead");
  assert.ok(await ana.page.isHidden("#amount-hint"), "the same words twice");
  await ana.picture("refused");
  await ana.page.click("#remedy");
  await ana.reads("#verdict", "Accepted: you are leading at €105.00.");
  await ben.reads("#verdict", "You have been outbid: Ana leads at €105.00.");

  for (const person of [ana, ben]) {
    await person.shows("#history .bid", 3);
    assert.deepEqual(await person.texts("#history .amount"), ["€105.00", "€102.50", "€100.00"]);
    await assertInStep(person, "duel");
  }
  const { price, bids, leader } = await server.auction("duel");
  assert.deepEqual({ price, bids, leader: leader.id }, { price: 10_500, bids: 3, leader: "ana" });
});

test("two windows of one browser are two people", async () => {
  const context = await browser.context();
  const ana = await browser.open(server.url("/a/family"), { context });
  await ana.signIn("Ana");
  const ben = await browser.open(server.url("/a/family"), { context });
  await ben.reads("#who-name", "Ana"); // by the cookie of the browser
  await ben.signIn("Ben");
  await ana.bid();
  await ben.reads("#leader", "Ana leads");
  await ben.bid();
  await ana.reads("#verdict", /^You have been outbid: Ben leads/);

  await ana.page.reload(); // the cookie is Ben's by now
  await ana.reads("#who-name", "Ana");
  await ana.reads("#leader", "Ben leads");
  await ana.reads("#names", "Ana Ben");
  await ana.bid();
  await ben.reads("#leader", "Ana leads");
  assert.equal((await server.auction("family")).bids, 3);
});

test("a maximum bids by itself, and stays a secret", async () => {
  const ana = await browser.open(server.url("/a/maximum"));
  const ben = await browser.open(server.url("/a/maximum"));
  await ana.signIn("Ana");
  await ben.signIn("Ben");
  await ana.page.check("#mode-max", { force: true });
  await ana.bid("200");
  await ana.reads("#verdict", "Accepted: you are leading at €100.00. Automatic up to €200.00; only you see that.");
  await ben.reads("#leader", "Ana leads");
  await ben.bid("150");
  await ben.reads("#verdict", "Outbid at once. Someone had left a higher maximum.");
  await ana.reads("#price", "€152.50");
  await ana.reads("#history .bid:first-child", /^Ben €150\.00 \S+ You stay ahead at €152\.50$/);
  await ben.reads("#history .answer", "Ana stays ahead at €152.50");
  await ana.reads("#verdict", "You are leading at €152.50. Automatic up to €200.00; only you see that.");

  // Her own raise is nobody else's business: no event, no seq.
  const { seq } = await server.auction("maximum");
  await ana.bid("300");
  await ana.reads("#verdict", /Automatic up to €300\.00/);
  assert.equal((await server.auction("maximum")).seq, seq);
  assert.ok(!(await ben.page.content()).includes("300.00"), "a maximum on somebody else's page");
  await ana.picture("automatic");
  for (const person of [ana, ben]) await assertInStep(person, "maximum");
});

test("a reserve is said to be met or not, never what it is", async () => {
  const ana = await browser.open(server.url("/a/hushed"));
  await ana.reads("#reserve", "Reserve not yet met");
  await ana.signIn("Ana");
  await ana.bid();
  await ana.reads("#verdict", "Accepted: you are leading at €100.00. The reserve is not yet met.");
  await server.bid("Ben", "hushed", 20_000);
  await ana.reads("#reserve", "Reserve met");
});

test("a currency without decimals, and the largest amounts", async () => {
  const yen = await browser.open(server.url("/a/yen"));
  await yen.signIn("Ana");
  await yen.reads("#price", "JP¥10,000");
  await yen.bid("10,500");
  await yen.reads("#verdict", "Accepted: you are leading at JP¥10,500.");
  await yen.page.fill("#amount", "11000.50");
  await yen.reads("#amount-hint", "JPY has no decimals: enter a whole amount.");
  await yen.page.fill("#amount", "");
  await yen.picture("yen");

  const dear = await browser.open(server.url("/a/dear"));
  await dear.signIn("Maximiliane Freifrau von und zu Habsburg");
  await dear.bid();
  await dear.reads("#verdict", "Accepted: you are leading at €999,999,999.99.");
  await server.bid("Ben", "dear", 100_000_009_999);
  await dear.reads("#verdict", "You have been outbid: Ben leads at €1,000,000,099.99.");
  await dear.picture("dear");
  for (const size of [{ width: 320, height: 568 }, { width: 390, height: 844 }, { width: 1024, height: 700 }]) {
    await dear.page.setViewportSize(size);
    const fits = await dear.page.evaluate(() => {
      const [page, amount, price] = [document.documentElement, ...["amount", "price"].map((id) => document.getElementById(id))];
      return {
        page: page.scrollWidth <= innerWidth,
        amount: amount.scrollWidth <= amount.clientWidth, // all of what one is about to bid is seen
        price: price.clientHeight < 1.5 * parseFloat(getComputedStyle(price).lineHeight), // on one line
      };
    });
    assert.deepEqual(fits, { page: true, amount: true, price: true }, `at a width of ${size.width}`);
  }
});

test("before the opening one may talk, not bid", async () => {
  const starts_at = Date.now() + 3_600_000;
  await server.create("Eva", { id: "later", title: "A telescope", start: 10_000, starts_at, duration_ms: 600_000 });
  const ana = await browser.open(server.url("/a/later"));
  await ana.signIn("Ana");
  await ana.reads("#countdown-label", "Opens in");
  await ana.reads("#seller", "Offered by Eva");
  await ana.reads("#amount-hint", /^Bidding opens at /);
  assert.ok(await ana.page.isDisabled("#bid-button"));
  await ana.say("When was it made?");
  await ana.reads("#chat-log", /When was it made\?/);
  await ana.picture("scheduled");
});

test("the seller is told that it is theirs, and where to conduct it; over HTTP they are refused", async () => {
  await server.create("Eva", { id: "hers", title: "Her own", start: 10_000, duration_ms: 600_000 });
  const eva = await browser.open(server.url("/a/hers"));
  await eva.connected();
  assert.ok(await eva.page.isVisible("#bid-form"), "as long as nobody knows who she is");
  await eva.signIn("Eva");
  await eva.reads("#own", /^This is your auction/);
  assert.ok(await eva.page.isHidden("#bid-form"));
  assert.equal(await eva.page.getAttribute("#own a", "href"), "/console?auction=hers");
  await eva.picture("own");
  const { status, body } = await server.bid("Eva", "hers", 10_000);
  assert.deepEqual([status, body.code], [409, "own_auction"]);
});

test("an address without an auction says so, and that is all", async () => {
  const ana = await browser.open(server.url("/a/nowhere"));
  await ana.has("html", "data-link", "gone");
  await ana.reads("#light", "Not found");
  await ana.reads("#notice-text", "There is no auction at this address.");
  assert.ok(await ana.page.isHidden("#auction"));
  await ana.picture("not-found");
});

// Not a check: it only takes a picture, and only when it is asked for.
if (process.env.README_PICTURE) test("the picture in the README", async () => {
  const context = await browser.context({ viewport: { width: 1200, height: 800 } });
  const ana = await browser.open(server.url("/a/readme"), { context });
  const ben = await browser.open(server.url("/a/readme"));
  await ana.signIn("Ana");
  await ben.signIn("Ben");
  await ben.say("Is the frame original?");
  await ana.reads("#chat-log", /original\?/);
  for (const [bidder, other, bids] of [[ana, ben, "1 bid"], [ben, ana, "2 bids"], [ana, ben, "3 bids"], [ben, ana, "4 bids"]]) {
    await bidder.bid();
    await other.reads("#bid-count", bids);
  }
  await ana.say("Yes, and so is the case.");
  await ana.page.check("#mode-max", { force: true });
  await ana.bid("180");
  await ben.bid("125");
  await ana.reads("#price", "€127.50");
  await ana.reads("#history .bid:first-child", /You stay ahead/);
  await ana.page.check("#mode-amount", { force: true });
  await ana.page.waitForFunction(() => !document.getElementById("bid-button").disabled);
  await ana.page.evaluate(() => {
    document.activeElement.blur();
    scrollTo(0, 0);
  });
  await ana.page.screenshot({ path: README_PICTURE });
});
