// How an auction ends, for the one who won and for everyone else.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Browser } from "./support/browser.js";
import { Server } from "./support/server.js";

const BRIEF = { title: "Brass sextant", image: "/img/sextant.svg", start: 10_000, duration_ms: 8_000, soft_close: false };
const LONGER_THAN_A_RETRY_MS = 2_500;

let server;
let browser;
before(async () => {
  server = await Server.start({ anteroom: { title: "Where people wait", start: 100, duration: "1h" } });
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(() => browser.finish());

/** People who are signed in already, so that a short auction is long enough; each with a count of sockets. */
function arrive(...names) {
  return Promise.all(names.map(async (name) => {
    const person = await browser.open(server.url("/a/anteroom"));
    await person.signIn(name);
    person.sockets = 0;
    person.page.on("websocket", () => { person.sockets += 1; });
    return person;
  }));
}

async function enter(people, id) {
  await Promise.all(people.map((person) => person.page.goto(server.url(`/a/${id}`))));
  await Promise.all(people.map((person) => person.connected()));
}

async function assertOver(person) {
  await person.has("html", "data-link", "gone");
  await person.reads("#light", "Ended");
  await person.reads("#countdown-label", "Ended");
  for (const gone of ["#bid-form", "#chat-form", "#notice", "#crowd"]) {
    assert.ok(await person.page.isHidden(gone), `${gone} after the end`);
  }
  const { gaps, repeats } = await person.data();
  assert.deepEqual({ gaps, repeats }, { gaps: "0", repeats: "0" });
}

test("sold: the winner is told so, the others who it was", async () => {
  const people = await arrive("Ana", "Ben");
  const [ana, ben] = people;
  await server.create("Eva", { ...BRIEF, id: "sold" });
  await enter(people, "sold");
  await ben.bid();
  await ana.reads("#leader", "Ben leads");
  await ana.bid();
  await ben.reads("#leader", "Ana leads");

  await ana.reads("#outcome", /^You won it for €102\.50/);
  await ana.has("#outcome", "data-outcome", "won");
  await ben.reads("#outcome", /^Sold to Ana for €102\.50/);
  await ben.has("#outcome", "data-outcome", "sold");
  for (const person of people) {
    await person.reads("#price-label", "Sold for");
    await person.reads("#price", "€102.50");
    await assertOver(person);
  }
  await ana.picture("won");
  await ben.picture("lost");

  const before = people.map(({ sockets }) => sockets);
  await new Promise((resolve) => setTimeout(resolve, LONGER_THAN_A_RETRY_MS));
  assert.deepEqual(people.map(({ sockets }) => sockets), before, "a page came back to an auction that is over");

  await ana.page.reload();
  await ana.reads("#outcome", /^You won it for €102\.50/);
  await assertOver(ana);
  await ana.shows("#history .bid", 2);
});

test("unsold, and a reserve that was not met", async () => {
  const people = await arrive("Ana", "Ben");
  const [ana, ben] = people;
  await Promise.all([
    server.create("Eva", { ...BRIEF, id: "unsold" }),
    server.create("Eva", { ...BRIEF, id: "kept", reserve: 50_000 }),
  ]);
  await Promise.all([enter([ben], "unsold"), enter([ana], "kept")]);
  await ana.bid();
  await ana.reads("#leader", "You lead");

  await ben.reads("#outcome", /^Unsold The auction ended without a bid\. Opened .+ Ended .+ See the other auctions The record$/);
  await ben.reads("#history-empty", "There were no bids.");
  await ana.reads("#outcome", /^Not sold: reserve not met .* The highest bid was €100\.00\. Opened .+ Ended .+ Bids 1 bid Reserve not met See the other auctions/);
  await ana.has("#outcome", "data-outcome", "reserve_not_met");
  for (const person of people) await assertOver(person);
  await ben.picture("unsold");
  await ana.picture("reserve-not-met");
});

test("a late bid moves the end, and everybody is told why", async () => {
  const [ana] = await arrive("Ana");
  const soft_close = { window_ms: 3_600_000, extend_ms: 3_600_000, mode: "reset" };
  const { ends_at } = await server.create("Eva", { ...BRIEF, id: "late", duration_ms: 60_000, soft_close });
  await enter([ana], "late");
  await ana.reads("#countdown", /^0:\d\d|1:00$/);
  await server.bid("Ben", "late", 10_000);
  await ana.reads("#time-note", /^extended to .* – a late bid$/);
  await ana.reads("#countdown", /^(59|1:00):\d\d/);
  assert.ok((await server.auction("late")).ends_at > ends_at);
  await ana.picture("extended");
});
