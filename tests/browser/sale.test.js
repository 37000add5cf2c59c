// A whole sale: an auctioneer at the console, a bidder at a desk who reads English, one on a phone who reads Spanish and whose line is bad.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SERVER_AWAY, SOCKET_FAILED } from "./support/browser.js";
import { Proxy } from "./support/go-between.js";
import { stage } from "./support/stage.js";
import { wordsOf } from "./support/words.js";

const { server, browser, enter } = await stage({ expected: [SOCKET_FAILED, SERVER_AWAY] });
const PHONE = { viewport: { width: 390, height: 844 }, locale: "es-ES" };
const SLOW = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 20_000 }; // a train: 400 ms, 400 kbit/s
const spanish = wordsOf("es");

/** What the page says in Spanish. */
function es(key, given = {}) {
  const text = typeof spanish[key] === "string" ? spanish[key] : spanish[key][given.count === 1 ? "one" : "other"];
  return text.replace(/\{(\w+)\}/g, (_, name) => given[name]);
}

let line;
before(async () => { line = await Proxy.before(server.port); });
after(() => line.stop());

test("two bidders and an auctioneer, in two languages, with a slow line that drops", async () => {
  const eva = await enter("Eva", "/console?new");
  await eva.page.fill("#f-title", "Brass sextant, London, about 1890");
  await eva.page.fill("#f-start", "100");
  await eva.page.fill("#f-image", "/img/sextant.svg");
  await eva.page.click("#create-button");
  await eva.page.waitForURL(/\?auction=/);
  await eva.reads("#status-line", "Open");
  const path = `/a/${new URL(eva.page.url()).searchParams.get("auction")}`;

  const ana = await enter("Ana", path);

  // A slow line: the price comes with the page.
  const pepe = await browser.open("about:blank", { context: await browser.context(PHONE) });
  const devtools = await pepe.page.context().newCDPSession(pepe.page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", SLOW);
  await pepe.page.goto(line.origin + path, { waitUntil: "commit" });
  await pepe.reads("#price", "100,00 €");
  await pepe.reads("#price-label", es("lot.starts_at"));
  await pepe.picture("sale-slow");
  await pepe.signIn("Pepe");
  await devtools.send("Network.emulateNetworkConditions", { ...SLOW, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });

  await ana.bid();
  await ana.reads("#verdict", /^Accepted: you are leading at €100\.00\./);
  await pepe.reads("#leader", es("lot.leads", { name: "Ana" }));
  await pepe.bid();
  await pepe.reads("#verdict", new RegExp(`^${es("bid.accepted_leading", { price: "102,50 €" })}`));
  await ana.reads("#verdict", /^You have been outbid: Pepe leads at €102\.50\./);
  await ana.picture("sale-outbid");
  await pepe.picture("sale-leading");

  // The line drops with something typed. What was missed is there when it comes back, and what was meant for another price is asked again.
  await pepe.page.fill("#amount", "110");
  const { port } = new URL(line.origin);
  await line.stop();
  await pepe.has("html", "data-current", "false");
  assert.ok(await pepe.page.isDisabled("#bid-button"));
  await pepe.picture("sale-dropped");
  await ana.page.check("#mode-max", { force: true });
  await ana.bid("150");
  await ana.reads("#verdict", /Automatic up to €150\.00; only you see that\.$/);
  line = await Proxy.before(server.port, { at: port });
  await pepe.connected();
  await pepe.reads("#price", "105,00 €");
  await pepe.reads("#verdict", es("bid.outbid", { name: "Ana", price: "105,00 €" }));
  assert.equal(await pepe.value("#amount"), "110");
  await pepe.bid();
  await pepe.reads("#sure-head", es("bid.sure_late_head", { amount: "110,00 €" }));
  await pepe.picture("sale-late");
  await pepe.page.click("#sure-yes");
  await pepe.reads("#verdict", new RegExp(es("bid.outbid_at_once")));
  await ana.reads("#price", "€112.50");

  await eva.page.keyboard.press("1");
  await pepe.reads("#warning", es("lot.going_once"));
  await ana.reads("#warning", "Going once …");
  await eva.page.keyboard.press("2");
  await pepe.reads("#warning", es("lot.going_twice"));
  await ana.picture("sale-going-twice");
  for (let press = 0; press < 2; press += 1) await eva.page.keyboard.press("h");
  await ana.reads(".outcome-head", "You won it for €112.50");
  await ana.reads("#outcome", /You pay €112\.50\./);
  await pepe.reads(".outcome-head", es("lot.sold_to", { name: "Ana", price: "112,50 €" }));
  await pepe.reads("#outcome", new RegExp(es("lot.lost_by", { best: "110,00 €", short: "2,50 €" })));
  await eva.reads("#status-line", /^(Ended|Sold)/);
  for (const [name, one] of Object.entries({ eva, ana, pepe })) await one.picture(`sale-over-${name}`);
  for (const one of [ana, pepe]) {
    const { gaps, repeats } = await one.data();
    assert.deepEqual({ gaps, repeats }, { gaps: "0", repeats: "0" });
  }

  // In the lobby it is among those that ended; the switch makes it English, for this reader from now on.
  await pepe.page.goto(line.origin);
  await pepe.reads("#ended h3", "Brass sextant, London, about 1890");
  await pepe.reads('#ended [data-part="standing"]', es("lobby.sold_to", { name: "Ana" }));
  await pepe.page.click('.languages [hreflang="en"]');
  await pepe.reads('#ended [data-part="standing"]', "Sold to Ana");
  await pepe.page.goto(line.origin + path);
  await pepe.reads(".outcome-head", /^Sold to Ana for/);
});
