// Sleep, and what the page says of what it does not know: nothing old is shown as new, and nothing that was meant then is sent now unasked.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import "./support/words.js";
import { Browser, CONFLICT, SERVER_AWAY, SOCKET_FAILED } from "./support/browser.js";
import { Liar } from "./support/go-between.js";
import { Server } from "./support/server.js";
import { Watcher, until } from "./support/watcher.js";
import { Clocks } from "../../web/js/awake.js";
import { ServerClock } from "../../web/js/clock.js";

const HOUR = 3_600_000;
const LOT = { title: "Marine chronometer, two days", image: "/img/chronometer.svg", start: 10_000, duration: "1h" };
const NAMES = ["frozen", "suspended", "first", "late", "reloaded", "waiting", "away", "slow"];

let server;
let browser;
const ending = [];
before(async () => {
  server = await Server.start(Object.fromEntries(NAMES.map((name) => [name, LOT])));
  browser = await Browser.start();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});
afterEach(async () => {
  await browser.finish([SOCKET_FAILED, SERVER_AWAY, CONFLICT]);
  for (const end of ending.splice(0)) await end();
});

// --- without a page

const welcome = (rest = {}) => ({
  type: "welcome", protocol: 1, now: Date.now(), you: { id: null, name: null, roles: [] }, auction: { id: "x" }, seq: 1, resumed: false,
  heartbeat_ms: 25_000, reconnect: { min_ms: 20_000, max_ms: 20_000 }, ...rest,
});

/** A client before a server that says what it is told to, and answers pings as `pong` says. */
async function lying(script) {
  const liar = await Liar.start(script);
  const ana = new Watcher(liar.origin, { auction: "x" });
  ending.push(() => ana.client.close(), () => liar.stop());
  await ana.client.connect();
  return { ana, liar };
}

test("two clocks that part have slept; timers that are late have, where somebody looks", () => {
  const { now } = Date;
  const { now: monotonic } = performance;
  const time = { wall: 1_000_000, monotonic: 1_000, pass(wall, ticks) { this.wall += wall; this.monotonic += ticks; } };
  const page = { hidden: false };
  Date.now = () => time.wall;
  performance.now = () => time.monotonic;
  try {
    const clocks = new Clocks(page);
    const looks = (...passed) => {
      time.pass(...passed);
      return clocks.look();
    };
    assert.equal(looks(1_000, 1_000), null);
    assert.equal(looks(1_500, 1_000), null, "clocks are not as exact as that");
    assert.deepEqual(looks(HOUR, 1_000), { doubt: true, moved: true }, "suspended");
    assert.equal(looks(1_000, 1_000), null, "told once");
    assert.deepEqual(looks(HOUR, HOUR), { doubt: true, moved: false }, "stopped, and both clocks went on");
    page.hidden = true;
    assert.equal(looks(60_000, 60_000), null, "just hidden: held back");
    assert.equal(looks(60_000, 60_000), null);
    assert.deepEqual(looks(-HOUR, 1_000), { doubt: true, moved: true }, "somebody has set the clock: better once too often");
  } finally {
    Date.now = now;
    performance.now = monotonic;
  }
});

test("a clock that may have stood still believes the next sample alone", () => {
  const clock = new ServerClock(() => 5_000);
  clock.sample(0, 2, 1_001);
  clock.sample(10, 210, 1_100);
  assert.equal(clock.now(), 6_000, "the quickest answer is the best");
  clock.forget();
  assert.equal(clock.now(), 6_000, "until there is a better one");
  clock.sample(10, 210, 1_160);
  assert.equal(clock.now(), 6_050);
});

test("woken from a sleep, nothing is current before the server has answered what was asked since", async () => {
  let pings = [];
  const { ana, liar } = await lying(({ socket, say }) => {
    say(welcome());
    socket.on("message", (data) => pings.push({ ...JSON.parse(data), say }));
  });
  await ana.until(() => pings.length > 0, "a ping");
  const told = [];
  ana.client.on("current", (current) => told.push(current));
  assert.equal(ana.client.current, true);
  const [early] = pings.splice(0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  ana.client.wake({ doubt: true, moved: true });
  assert.equal(ana.client.current, false);
  early.say({ type: "tick", now: Date.now() });
  early.say({ type: "pong", t: early.t, now: Date.now() }); // what lay in the pipe while it slept
  await ana.until(({ messages }) => messages.some(({ type }) => type === "pong"), "the old pong");
  assert.equal(ana.client.current, false);
  await ana.until(() => pings.length > 0, "the question");
  const [asked] = pings.splice(0);
  asked.say({ type: "pong", t: asked.t, now: Date.now() + HOUR }); // so long it has slept
  await ana.until(({ client }) => client.current, "an answer");
  assert.deepEqual([told, liar.visits], [[false, true], 1]);
  assert.ok(Math.abs(ana.client.now() - Date.now() - HOUR) < 5_000, "the server's clock, by one answer");
});

test("somebody is back: a line that was silent too long is replaced at once, one that lives is asked", async () => {
  const heard = [];
  const { ana, liar } = await lying(({ socket, say, visit, url }) => {
    say({ ...welcome({ heartbeat_ms: visit === 1 ? 100 : 25_000 }), resumed: url.searchParams.has("since") });
    socket.on("message", () => heard.push(visit));
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  ana.client.wake();
  assert.deepEqual([ana.client.state, ana.client.current], ["reconnecting", false], "it is not asked first");
  await ana.state("connected");
  assert.deepEqual([liar.visits, liar.asked.at(-1), ana.client.current], [2, "/ws/x?since=1", true]);
  await ana.until(() => heard.includes(2), "its first ping");
  const before = heard.length;
  ana.client.wake();
  await ana.until(() => heard.length > before, "a ping");
  assert.equal(liar.visits, 2);
});

test("put away, it lets go of the line and of nothing else", async () => {
  const { ana, liar } = await lying(({ socket, say, visit }) => {
    say(welcome());
    socket.on("message", (data) => {
      const { type, id } = JSON.parse(data);
      if (visit === 2 && type === "bid") say({ type: "accepted", id, seq: null, at: 1 });
    });
  });
  const verdict = ana.client.send({ type: "bid", amount: 1 });
  ana.client.rest();
  assert.deepEqual([ana.client.state, ana.client.current], ["reconnecting", false]);
  ana.client.wake();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(liar.visits, 1, "it stays away");
  ana.client.connect();
  assert.equal((await verdict).type, "accepted");
});

// --- in a page

/** What the server says is lost while `deaf`, and waits for `open()` while `shut`. */
async function between(id) {
  const line = { deaf: false, shut: false, asked: [] };
  line.context = await browser.context();
  await line.context.routeWebSocket(new RegExp(`/ws/${id}`), async (page) => {
    line.asked.push(page.url());
    const upstream = page.connectToServer();
    const held = [];
    upstream.onMessage((message) => {
      if (line.shut) held.push(message);
      else if (!line.deaf) page.send(message);
    });
    page.onMessage((message) => upstream.send(message));
    line.open = () => {
      line.shut = false;
      for (const message of held.splice(0)) page.send(message);
    };
  });
  return line;
}

test("a tab that was frozen is right again once it is thawed", async () => {
  const ana = await browser.open(server.url("/a/frozen"));
  await ana.connected();
  const devtools = await ana.page.context().newCDPSession(ana.page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  await server.bid("Ben", "frozen", 20_000);
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  await ana.reads("#price", "€200.00");
  await ana.has("html", "data-current", "true");
  const { gaps, repeats } = await ana.data();
  assert.deepEqual({ gaps, repeats }, { gaps: "0", repeats: "0" });
});

test("a machine that was suspended for an hour: what it shows is marked, and right with the first answer", async () => {
  const line = await between("suspended");
  await line.context.addInitScript(() => {
    const { now } = Date;
    globalThis.slept = 0;
    Date.now = () => now() + globalThis.slept; // the monotonic clock stands still, as it does on some machines
  });
  const ana = await browser.open(server.url("/a/suspended"), { context: line.context });
  await ana.signIn("Ana");
  await ana.page.fill("#amount", "150");
  assert.ok(await ana.page.isHidden("#as-of"));
  line.deaf = true; // the line is dead, and says nothing
  await server.bid("Ben", "suspended", 20_000);
  const before = line.asked.length;
  line.deaf = false;
  line.shut = true; // the network takes a moment
  await ana.page.evaluate((ms) => { globalThis.slept = ms; }, HOUR);
  await ana.has("html", "data-current", "false");
  await ana.reads("#price", "€100.00");
  await ana.reads("#as-of", /^as of \d\d:\d\d:\d\d$/);
  assert.ok(await ana.page.isDisabled("#bid-button"), "nobody bids on an old price");
  await until(() => line.asked.length > before, () => "a new line");
  assert.match(line.asked.at(-1), /[?&]since=\d+/, "it asks for what it missed");
  await ana.picture("woken");
  line.open();
  await ana.reads("#price", "€200.00");
  await ana.has("html", "data-current", "true");
  assert.ok(await ana.page.isHidden("#as-of"));
  assert.equal(await ana.value("#amount"), "150", "what was typed stays");
});

test("at first it is connecting, and greys nothing; only after a while it says more", async () => {
  const line = await between("first");
  line.shut = true;
  const ana = await browser.open(server.url("/a/first"), { context: line.context });
  await ana.reads("#light", "Connecting…");
  assert.equal((await ana.data()).current, "true");
  assert.ok(await ana.page.isHidden("#notice"));
  await ana.has("html", "data-current", "false");
  line.open();
  await ana.connected();
  await ana.has("html", "data-current", "true");
});

test("while the line is down the page says since when; what was typed is kept, and asked again where the price has moved", async () => {
  const ana = await browser.open(server.url("/a/late"));
  await ana.signIn("Ana");
  await ana.page.fill("#amount", "105");
  await server.kill();
  await ana.reads("#notice-text", /^The connection is down\. What you see is as of \d\d:\d\d:\d\d, /);
  await ana.reads("#as-of", /^as of \d\d:\d\d:\d\d$/);
  await ana.has("html", "data-current", "false");
  assert.ok(await ana.page.isDisabled("#bid-button"));
  await ana.picture("down");
  await server.again();
  await server.bid("Ben", "late", 11_000);
  await ana.reads("#price", "€110.00");
  assert.equal(await ana.value("#amount"), "105");
  await ana.bid();
  await ana.reads("#sure-why", "You meant €105.00 when the price was €100.00; it is now €110.00.");
  await ana.picture("asked-again");
  assert.equal((await server.auction("late")).bids, 1, "not unasked");
  await ana.page.click("#sure button[value=no]");
  await ana.page.fill("#amount", "130");
  await ana.bid();
  await ana.reads("#verdict", "Accepted: you are leading at €130.00.");
});

test("what was typed is kept over a reload, until it is bid or the auction is over", async () => {
  const ana = await browser.open(server.url("/a/reloaded"));
  await ana.signIn("Ana");
  await ana.page.check("#mode-max", { force: true });
  await ana.page.fill("#amount", "130");
  await ana.page.reload();
  await ana.connected();
  assert.equal(await ana.value("#amount"), "130");
  assert.ok(await ana.page.isChecked("#mode-max"));
  await server.bid("Ben", "reloaded", 11_000);
  await ana.reads("#price", "€110.00");
  await ana.bid();
  await ana.reads("#sure-why", "You meant €130.00 when the price was €100.00; it is now €110.00.");
  await ana.page.click("#sure-yes");
  await ana.reads("#verdict", /^Accepted: you are leading at €112\.50\. Automatic up to €130\.00/);
  await ana.page.reload();
  await ana.reads("#verdict", /^You are leading at €112\.50\. Automatic up to €130\.00/);
  assert.equal(await ana.value("#amount"), "", "nothing is left of it, and less than her own maximum is no bid");

  const { id } = await server.create("Eva", { id: "brief-draft", title: "A brief one", start: 100, duration_ms: HOUR });
  await ana.page.goto(server.url(`/a/${id}`));
  await ana.connected();
  await ana.page.fill("#amount", "2");
  const kept = () => ana.page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith("subasta.draft.")));
  assert.deepEqual(await kept(), [`subasta.draft.${id}`]);
  await server.ask("POST", `/api/auctions/${id}/commands`, { as: await server.tokenOf("Eva"), body: { type: "hammer" } });
  await ana.has("html", "data-status", "closed");
  assert.deepEqual(await kept(), []);
});

test("a bid without a verdict outlives a reload: one is asked, and it counts once", async () => {
  const line = await between("waiting");
  const ana = await browser.open(server.url("/a/waiting"), { context: line.context });
  await ana.signIn("Ana");
  line.deaf = true;
  await ana.bid("111");
  await until(async () => (await server.auction("waiting")).bids === 1, () => "the bid");
  await ana.reads("#verdict", "Sending your bid of €111.00…");
  line.deaf = false;
  await ana.page.reload();
  await ana.reads("#verdict", /^Your bid of €111\.00 is still not confirmed\. Send it again\? .* You meant it when the price was €100\.00; it is now €111\.00\.$/);
  await ana.picture("unsettled");
  await ana.page.click("#send-again");
  await ana.reads("#verdict", "Accepted: you are leading at €111.00.");
  assert.equal((await server.auction("waiting")).bids, 1);
  await ana.page.reload();
  await ana.reads("#verdict", /^You are leading/);
});

test("a verdict that takes long is said to", async () => {
  const line = await between("slow");
  const ana = await browser.open(server.url("/a/slow"), { context: line.context });
  await ana.signIn("Ana");
  line.deaf = true;
  await ana.bid("111");
  await ana.reads("#verdict", "Still waiting for the server’s answer to your bid of €111.00. It takes longer than usual.");
  await ana.picture("slow");
});

test("a page that is put away lets go of its line, and is right when it comes back as it was", async () => {
  const ana = await browser.open(server.url("/a/away"));
  await ana.connected();
  await ana.page.fill("#amount", "150");
  const event = (type) => ana.page.evaluate((name) => window.dispatchEvent(new PageTransitionEvent(name, { persisted: true })), type);
  await event("pagehide");
  await until(async () => (await server.auction("away")).watching === 0, () => "nobody watching");
  await server.bid("Ben", "away", 20_000);
  await event("pageshow");
  await ana.reads("#price", "€200.00");
  await ana.connected();
  assert.equal(await ana.value("#amount"), "150");
  assert.equal((await ana.data()).gaps, "0");
});
