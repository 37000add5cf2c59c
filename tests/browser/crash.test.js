// The server dies without a word and comes back: nothing that was accepted is lost, nothing counts twice.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser, CONFLICT, SERVER_AWAY, SOCKET_FAILED } from "./support/browser.js";
import { Server } from "./support/server.js";

const LOT = { title: "Marine chronometer, two days", image: "/img/chronometer.svg", start: 10_000, duration: "1h" };

let server;
let browser;
before(async () => {
  server = await Server.start({ turns: LOT, polite: LOT, unread: LOT, unheard: LOT, other: LOT });
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish([SOCKET_FAILED, SERVER_AWAY, CONFLICT]));

async function assertUnbroken(person, id) {
  const { seq, gaps, repeats } = await person.data();
  assert.deepEqual({ seq, gaps, repeats }, { seq: String((await server.auction(id)).seq), gaps: "0", repeats: "0" });
}

test("killed in the middle of bidding, twice", async () => {
  const people = [await browser.open(server.url("/a/turns")), await browser.open(server.url("/a/turns"))];
  await Promise.all(people.map((person, at) => person.signIn(["Ana", "Ben"][at])));
  const accepted = [];

  async function takeTurns(bids) {
    for (let turn = 0; turn < bids; turn += 1) {
      const [bidder, other] = accepted.length % 2 === 0 ? people : [...people].reverse();
      const amount = await bidder.value("#amount");
      await bidder.bid();
      await bidder.reads("#verdict", `Accepted: you are leading at €${amount}.`);
      accepted.unshift(`€${amount}`);
      await other.reads("#price", `€${amount}`);
    }
  }

  async function assertAllThere() {
    for (const person of people) {
      await person.shows("#history .bid", accepted.length);
      assert.deepEqual(await person.texts("#history .amount"), accepted);
      await assertUnbroken(person, "turns");
    }
    assert.equal((await server.auction("turns")).bids, accepted.length);
  }

  await takeTurns(6);
  for (const round of [1, 2]) {
    const before = await people[0].data();
    await server.kill();
    for (const person of people) {
      await person.reads("#light", "Reconnecting…");
      assert.ok(await person.page.isDisabled("#bid-button"), "nobody bids while nobody listens");
    }
    await people[0].reads("#verdict", /^When last heard, you were outbid at €/);
    if (round === 1) await people[0].picture("reconnecting");
    await server.again();
    await Promise.all(people.map((person) => person.connected()));
    await assertAllThere();
    await takeTurns(2);
    await assertAllThere();
    const { seq } = await people[0].data();
    assert.ok(Number(seq) >= Number(before.seq) + 2, `seq goes on: ${before.seq} → ${seq}`);
  }
});

test("stopped by its operator, the page comes back to it as well", async () => {
  const ana = await browser.open(server.url("/a/polite"));
  await ana.signIn("Ana");
  await ana.bid();
  await ana.reads("#verdict", "Accepted: you are leading at €100.00.");
  await server.terminate();
  await ana.reads("#light", "Reconnecting…");
  await server.again();
  await ana.connected();
  await server.bid("Ben", "polite", 10_250);
  await ana.reads("#verdict", "You have been outbid: Ben leads at €102.50.");
  await ana.shows("#history .bid", 2);
  await assertUnbroken(ana, "polite");
});

test("a bid that the server never read is made once it is back, once", async () => {
  const ana = await browser.open(server.url("/a/unread"));
  await ana.signIn("Ana");
  server.freeze();
  await ana.bid("111");
  await ana.reads("#verdict", "Sending your bid of €111.00…");
  await server.kill();
  await ana.reads("#verdict", /^Not confirmed yet: .* €111\.00\.$/);
  await ana.picture("unconfirmed");
  await server.again();
  await ana.reads("#verdict", "Accepted: you are leading at €111.00.");
  await ana.shows("#history .bid", 1);
  await assertUnbroken(ana, "unread");
  const { bids, price } = await server.auction("unread");
  assert.deepEqual({ bids, price }, { bids: 1, price: 11_100 });
});

test("a bid whose answer was lost counts once, though it is sent twice", async () => {
  let deaf = false;
  let sent = 0;
  const context = await browser.context();
  await context.routeWebSocket(/\/ws\/unheard/, (page) => {
    const upstream = page.connectToServer();
    page.onMessage((message) => {
      if (JSON.parse(message).type === "bid") sent += 1;
      upstream.send(message);
    });
    upstream.onMessage((message) => { if (!deaf) page.send(message); });
  });
  const ana = await browser.open(server.url("/a/unheard"), { context });
  await ana.signIn("Ana");
  deaf = true;
  await ana.bid("111");
  while ((await server.auction("unheard")).bids === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await ana.reads("#verdict", "Sending your bid of €111.00…");
  await server.kill();
  await ana.reads("#verdict", /^Not confirmed yet/);
  deaf = false;
  await server.again();
  await ana.reads("#verdict", "Accepted: you are leading at €111.00.");
  await ana.shows("#history .bid", 1);
  assert.equal(sent, 2);
  assert.equal((await server.auction("unheard")).bids, 1);
  await assertUnbroken(ana, "unheard");
});

async function askAndLoseTheServer(id) {
  const ana = await browser.open(server.url("/a/other"));
  await ana.signIn("Ana");
  const { ends_at } = await server.create("Eva", { id, title: "A short one", start: 10_000, duration_ms: 8_000, soft_close: false });
  await ana.page.goto(server.url(`/a/${id}`));
  await ana.connected();
  server.freeze();
  await ana.bid();
  await ana.reads("#verdict", "Sending your bid of €100.00…");
  await server.kill();
  await ana.reads("#verdict", /^Not confirmed yet/);
  while (Date.now() <= ends_at) await new Promise((resolve) => setTimeout(resolve, 100));
  return ana;
}

const retry = (person) => person.page.evaluate(() => document.getElementById("retry").click()); // sooner than it would by itself

test("the end passes while the server is down: the auction goes on, and everybody is told why", async () => {
  const ana = await askAndLoseTheServer("spared");
  await server.again();
  await retry(ana);
  await ana.reads("#verdict", "Accepted: you are leading at €100.00.");
  await ana.reads("#time-note", /^extended to .* – the server was away$/);
  await ana.shows("#history .bid", 1);
  await assertUnbroken(ana, "spared");
});

test("the auction ends before one is back: the open question is still answered", async () => {
  const ana = await askAndLoseTheServer("brief");
  await ana.page.context().setOffline(true);
  await server.again();
  const hammer = await server.ask("POST", "/api/auctions/brief/commands", { as: await server.tokenOf("Eva"), body: { type: "hammer" } });
  assert.equal(hammer.status, 200);
  await ana.page.context().setOffline(false);
  await retry(ana);
  await ana.has("html", "data-link", "gone");
  await ana.reads("#outcome", /^Unsold The auction ended without a bid\. Opened .+ See the other auctions\b/);
  await ana.reads("#verdict", /^Refused: /);
  await assertUnbroken(ana, "brief");
});
