// Every state a page can be in: its name, and how to get there. Each gives the person who sees it.

import { Server } from "./server.js";

const HOUR = { duration_ms: 3_600_000, soft_close: false };
const TITLE = "Brass sextant, London, about 1890";

/** An auction of Eva's. */
async function lot({ server }, terms = {}) {
  const { id } = await server.create("Eva", { title: TITLE, image: "/img/sextant.svg", description: "In its mahogany case.", start: 10_000, ...HOUR, ...terms });
  return id;
}

async function command({ server }, id, body) {
  const { status, body: answer } = await server.ask("POST", `/api/auctions/${id}/commands`, { as: await server.tokenOf("Eva"), body });
  if (status !== 200) throw new Error(JSON.stringify(answer));
}

async function watching(house, terms = {}) {
  const id = await lot(house, terms);
  const person = await house.browser.open(house.server.url(`/a/${id}`), { context: await house.browser.context(house.options) });
  await person.connected();
  return { id, person };
}

async function bidding(house, terms = {}) {
  const id = await lot(house, terms);
  return { id, person: await house.enter("Ana", `/a/${id}`, house.options) };
}

async function leading(house, terms = {}) {
  const { id, person } = await bidding(house, terms);
  await person.page.click("#bid-button");
  await person.has("#verdict", "data-state", "leading");
  return { id, person };
}

/** Leading at 100.00; Ben's bid closes it, or not. */
async function ended(house, terms, act) {
  const { id, person } = await leading(house, terms);
  await act(id);
  await person.shows("#outcome", 1);
  return person;
}

async function conducting(house, terms = {}) {
  const id = await lot(house, terms);
  const person = await house.enter("Eva", `/console?auction=${id}`, house.options);
  await person.shows("#conduct", 1);
  return { id, person };
}

/** On a server of its own, for it is to be stopped. */
async function alone(house, run) {
  const server = await Server.start();
  house.later(() => server.stop());
  const enter = async (name, path) => {
    const person = await house.browser.open(server.url(path), { context: await house.browser.context(house.options) });
    await person.signIn(name);
    return person;
  };
  return run({ ...house, server, enter });
}

async function fillLobby(house) {
  await lot(house);
  const long = await lot(house, { title: "The whole of the Grand Duchess’s silver, with all its cases and the keys to them", image: undefined, start: 99_999_999_999 });
  await lot(house, { title: "مخطوطة قديمة", starts_at: Date.now() + 86_400_000 });
  await lot(house, { title: "Water colours", format: "dutch", start: 50_000, dutch: { floor: 100, step: 100, every_ms: 60_000 }, soft_close: undefined });
  const sold = await lot(house, { title: "A thing that was sold" });
  await house.server.bid("Ana", sold, 10_000);
  await command(house, sold, { type: "hammer" });
  await command(house, await lot(house, { title: "A thing nobody wanted" }), { type: "hammer" });
  await house.server.bid("Ben", long, 99_999_999_999);
}

async function lobby(house, path = "/") {
  const person = await house.browser.open(house.server.url(path), { context: await house.browser.context(house.options) });
  await person.connected();
  return person;
}

export const STATES = {
  "lobby, empty": (house) => alone(house, (own) => lobby(own)),
  "lobby, full": async (house) => {
    await fillLobby(house);
    const person = await lobby(house);
    await person.page.waitForSelector("[data-status=closed]");
    return person;
  },
  "lobby, filtered": async (house) => {
    await fillLobby(house);
    const person = await lobby(house, "/?q=thing&status=ended&sort=dearest");
    await person.page.waitForSelector("[data-status=closed]");
    await person.page.click("#more");
    return person;
  },
  "lobby, nothing found": async (house) => {
    await fillLobby(house);
    const person = await lobby(house, "/?q=nowhere");
    await person.shows("#none", 1);
    return person;
  },
  "auction, scheduled": async (house) => (await watching(house, { starts_at: Date.now() + 3_600_000 })).person,
  "auction, open": async (house) => (await watching(house, { reserve: 20_000, buy_now: 50_000 })).person,
  "auction, not there": async ({ browser, server, options }) => {
    const person = await browser.open(server.url("/a/nowhere"), { context: await browser.context(options) });
    await person.has("html", "data-link", "gone");
    return person;
  },
  "auction, signing in": async (house) => {
    const { person } = await watching(house);
    await person.page.click("#change-who");
    await person.page.fill("#sign-in-name", "…");
    await person.page.click("#sign-in-submit");
    await person.shows("#sign-in-problem", 1);
    return person;
  },
  "auction, signed in, with bids and chat": async (house) => {
    const { id, person } = await bidding(house, { reserve: 20_000 });
    for (const [name, amount] of [["Ben", 10_000], ["Cleo", 10_250], ["عمر", 12_000]]) await house.server.bid(name, id, amount);
    for (const text of ["Is the frame original?", "هل الإطار أصلي؟", "Yes."]) {
      await person.say(text);
      await person.page.waitForFunction((said) => document.getElementById("chat-log").innerText.includes(said), text);
    }
    return person;
  },
  "auction, leading": async (house) => (await leading(house)).person,
  "auction, leading with a maximum": async (house) => {
    const { person } = await bidding(house);
    await person.page.check("#mode-max", { force: true });
    await person.bid("300");
    await person.has("#verdict", "data-state", "leading");
    return person;
  },
  "auction, outbid": async (house) => {
    const { id, person } = await leading(house);
    await house.server.bid("Ben", id, 20_000);
    await person.has("#verdict", "data-state", "outbid");
    return person;
  },
  "auction, refused": async (house) => {
    const { id, person } = await bidding(house);
    await house.server.bid("Ben", id, 20_000);
    await person.bid("50");
    await person.has("#verdict", "data-state", "refused");
    await person.page.waitForSelector("#bid-button:enabled");
    return person;
  },
  "auction, one's own": async (house) => {
    const person = await house.enter("Eva", `/a/${await lot(house)}`, house.options);
    await person.shows("#own", 1);
    return person;
  },
  "auction, asked once more": async (house) => {
    const { person } = await bidding(house);
    await person.bid("1000");
    await person.shows("#sure[open]", 1);
    return person;
  },
  "auction, alerts": async (house) => {
    const { person } = await bidding(house);
    await person.page.click("#bell");
    await person.shows("#alert-sound", 1);
    return person;
  },
  "auction, unsettled": async (house) => {
    const { id, person } = await bidding(house);
    const pending = { command: { type: "bid", id: "5f0c", amount: 10_000 }, order: { amount: 10_000 }, bidder: "ana", price: 10_000 };
    await person.page.evaluate(([key, kept]) => sessionStorage.setItem(key, kept), [`subasta.draft.${id}`, JSON.stringify({ pending })]);
    await person.page.reload();
    await person.has("#verdict", "data-state", "late");
    await person.shows("#verdict-actions", 1);
    return person;
  },
  "auction, sending": (house) => alone(house, async (own) => {
    const { person } = await bidding(own);
    own.server.freeze();
    await person.bid();
    await person.has("#verdict", "data-state", "sending");
    return person;
  }),
  "auction, disconnected": (house) => alone(house, async (own) => {
    const { person } = await leading(own);
    await own.server.kill();
    await person.has("html", "data-link", "reconnecting");
    return person;
  }),
  "auction, paused": async (house) => {
    const { id, person } = await leading(house);
    await command(house, id, { type: "pause" });
    await person.shows("#act", 1);
    return person;
  },
  "auction, going once": async (house) => {
    const { id, person } = await leading(house);
    await command(house, id, { type: "announce", text: "Do I hear 120?" });
    await command(house, id, { type: "warn", stage: 1 });
    await person.shows("#warning", 1);
    return person;
  },
  "auction, the last minute": async (house) => {
    const { id, person } = await leading(house, { duration_ms: 50_000 });
    await command(house, id, { type: "warn", stage: 2 });
    await person.shows("#last-minute", 1);
    return person;
  },
  "auction, buying at once": async (house) => {
    const { person } = await bidding(house, { buy_now: 50_000 });
    await person.page.click("#buy-now");
    await person.shows("#sure[open]", 1);
    return person;
  },
  "auction, won": (house) => ended(house, {}, (id) => command(house, id, { type: "hammer" })),
  "auction, lost": (house) => ended(house, {}, async (id) => {
    await house.server.bid("Ben", id, 20_000);
    await command(house, id, { type: "hammer" });
  }),
  "auction, reserve not met": (house) => ended(house, { reserve: 90_000 }, (id) => command(house, id, { type: "hammer" })),
  "auction, cancelled": (house) => ended(house, {}, (id) => command(house, id, { type: "cancel", reason: "The frame is broken." })),
  "auction, a bid taken out": async (house) => {
    const { id, person } = await leading(house);
    const { body } = await house.server.ask("GET", `/api/auctions/${id}/events?since=0`);
    await command(house, id, { type: "void", seq: body.events.find(({ type }) => type === "bid").seq, reason: "A slip" });
    await person.shows("#history [data-voided]", 1);
    return person;
  },
  "auction, dutch": async (house) => (await bidding(house, {
    format: "dutch", start: 50_000, dutch: { floor: 100, step: 100, every_ms: 60_000 }, soft_close: undefined,
  })).person,
  "auction, sealed": async (house) => {
    const { person } = await bidding(house, { format: "sealed", reserve: 20_000, soft_close: undefined });
    await person.bid("125");
    await person.has("#verdict", "data-state", "placed");
    return person;
  },
  "auction, vickrey, revealed": async (house) => {
    const { id, person } = await bidding(house, { format: "vickrey", soft_close: undefined });
    await person.bid("125");
    await person.has("#verdict", "data-state", "placed");
    await house.server.bid("Ben", id, 12_000);
    await command(house, id, { type: "hammer" });
    await person.shows("#history .bid", 2);
    return person;
  },
  "auction, aliases": async (house) => {
    const { id, person } = await leading(house, { aliases: true });
    await house.server.bid("Ben", id, 20_000);
    await person.has("#verdict", "data-state", "outbid");
    return person;
  },
  "console, nobody": async ({ browser, server, options }) => {
    const person = await browser.open(server.url("/console"), { context: await browser.context(options) });
    await person.shows("#sign-in[open]", 1);
    await person.page.keyboard.press("Escape");
    await person.shows("#gate", 1);
    return person;
  },
  "console, not there": async ({ browser, server, options }) => {
    const person = await browser.open(server.url("/console?auction=nowhere"), { context: await browser.context(options) });
    await person.has("html", "data-link", "gone");
    return person;
  },
  "console, no auctions": (house) => house.enter("Nora", "/console", house.options),
  "console, list": async (house) => {
    await fillLobby(house);
    const person = await house.enter("Eva", "/console", house.options);
    await person.page.waitForSelector(".own-row");
    return person;
  },
  "console, form with problems": async (house) => {
    const person = await house.enter("Eva", "/console?new", house.options);
    await person.shows("#create", 1);
    await person.page.selectOption("#f-increments", "table");
    await person.page.click("#add-row");
    await person.page.fill("#f-start", "a lot");
    await person.page.click("#create-button");
    await person.shows('[data-problem="start"]', 1);
    return person;
  },
  "console, form for a dutch auction": async (house) => {
    const person = await house.enter("Eva", "/console?new", house.options);
    await person.shows("#create", 1);
    await person.page.check('input[value="dutch"]', { force: true });
    await person.shows("#f-floor", 1);
    return person;
  },
  "console, conducting": async (house) => {
    const { id, person } = await conducting(house, { reserve: 20_000 });
    await house.server.bid("Ana", id, 10_000);
    await house.server.bid("Ben", id, 12_000);
    await command(house, id, { type: "announce", text: "Do I hear 150?" });
    await command(house, id, { type: "warn", stage: 1 });
    await person.shows("#history .bid", 2);
    await person.page.click("#act-hammer");
    await person.has("#act-hammer", "data-armed", "true");
    return person;
  },
  "console, somebody else's": async (house) => {
    const id = await lot(house);
    const person = await house.enter("Ana", `/console?auction=${id}`, house.options);
    await person.shows("#not-yours", 1);
    return person;
  },
  "console, taking out": async (house) => {
    const { id, person } = await conducting(house);
    await house.server.bid("Ana", id, 10_000);
    await person.shows("#history .bid", 1);
    await person.page.click("#act-void");
    await person.shows(".preview-table", 1);
    return person;
  },
  "console, calling off": async (house) => {
    const { person } = await conducting(house);
    await person.page.click("#act-cancel");
    await person.page.fill("#reason", "The frame is broken.");
    await person.page.click("#reason-submit");
    await person.has("#reason-submit", "data-armed", "true");
    return person;
  },
  "console, keys": async (house) => {
    const { person } = await conducting(house);
    await person.page.click("#show-keys");
    await person.shows("#keys[open]", 1);
    return person;
  },
  "console, sold": async (house) => {
    const { id, person } = await conducting(house);
    await house.server.bid("Ana", id, 10_000);
    await command(house, id, { type: "hammer" });
    await person.shows("#outcome", 1);
    return person;
  },
};
