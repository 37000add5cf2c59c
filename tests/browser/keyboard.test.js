// With nothing but the keyboard: from the lobby to a bid and a word in the chat; where the focus goes, that it can be seen; and what a screen reader is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stage } from "./support/stage.js";
import { STATES } from "./support/states.js";

const house = await stage();
const { server, browser, enter } = house;
const HOUR = { duration_ms: 3_600_000, soft_close: false };
const MOST_STOPS = 120;

async function tabTo(person, selector, key = "Tab") {
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    if (await person.page.evaluate((css) => document.activeElement?.matches(css), selector)) return;
    await person.page.keyboard.press(key);
  }
  assert.fail(`${key} does not reach ${selector}`);
}

test("from the lobby to a bid and a word in the chat", async () => {
  await server.create("Eva", { id: "walk", title: "Brass sextant", start: 10_000, ...HOUR });
  const ana = await browser.open(server.url("/"));
  const { keyboard } = ana.page;
  await ana.shows('[data-auction="walk"]', 1);
  await tabTo(ana, '[data-auction="walk"] a');
  await keyboard.press("Enter");
  await ana.page.waitForURL(/\/a\/walk$/);
  await ana.connected();
  await tabTo(ana, "#change-who");
  await keyboard.press("Enter");
  await ana.shows("#sign-in[open]", 1);
  await keyboard.type("Ana");
  await keyboard.press("Enter");
  await ana.shows("#sign-in[open]", 0);
  await ana.reads("#who-name", "Ana");
  await ana.connected();
  assert.equal(await ana.page.evaluate(() => document.activeElement.id), "change-who", "back where one was");
  await tabTo(ana, "#amount");
  await keyboard.press("Control+a");
  await keyboard.type("120");
  await keyboard.press("Enter");
  await ana.has("#verdict", "data-state", "leading");
  await tabTo(ana, "#chat-text");
  await keyboard.type("Is the frame original?");
  await keyboard.press("Enter");
  await ana.reads("#chat-log", /Is the frame original\?/);
  await tabTo(ana, "#change-who", "Shift+Tab");
  assert.equal((await server.auction("walk")).leader.id, "ana");
});

/** In the page: where the focus is, and what is wrong with how it is seen; null where nothing has it. */
function focus() {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const name = node.id || node.getAttribute("href") || node.textContent.trim().slice(0, 30) || node.className;
  const wearers = [node, node.nextElementSibling, node.closest("label"), node.closest("li")].filter(Boolean);
  const ringed = wearers.some((each) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  });
  const shown = node.closest("label") ?? node;
  const { left, right, top, bottom } = shown.getBoundingClientRect();
  const [l, r, t, b] = [Math.max(0, left), Math.min(innerWidth, right), Math.max(0, top), Math.min(innerHeight, bottom)];
  const spots = [.1, .5, .9].flatMap((x) => [.1, .5, .9].map((y) => document.elementFromPoint(l + (r - l) * x, t + (b - t) * y)));
  const free = l < r && t < b && spots.some((at) => at && (shown.contains(at) || at.contains(shown) && at !== document.body && at !== document.documentElement || at.closest("label") === shown));
  return { name, brand: node.matches(".brand"), complaints: [...(ringed ? [] : [`${name}: the focus cannot be seen`]), ...(free ? [] : [`${name}: something lies over it`])] };
}

/** All that the Tab key comes to, once around, and what is wrong on the way. */
async function around(person) {
  const [names, complaints] = [[], []];
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    await person.page.keyboard.press("Tab");
    const at = await person.page.evaluate(focus);
    if (at === null || at.brand) return { names, complaints };
    names.push(at.name);
    complaints.push(...at.complaints);
  }
  return { names, complaints: [...complaints, `no way out after ${MOST_STOPS} stops: ${names.slice(-4).join(", ")}`] };
}

const WALKED = { // and what one must come by
  "lobby, full": [], "auction, signed in, with bids and chat": ["amount", "bid-button", "chat-text"], "auction, refused": ["remedy", "bid-button"],
  "console, form for a dutch auction": ["f-title", "f-floor", "create-button"], "console, conducting": ["act-pause", "extend-time", "announce-text"],
};
for (const [state, stops] of Object.entries(WALKED)) {
  for (const [width, height] of [[1280, 800], [390, 700]]) {
    test(`once around with Tab: ${state}, ${width} px`, async () => {
      const person = await STATES[state]({ ...house, options: { viewport: { width, height } } });
      await person.page.focus(".brand"); // where all begins
      const { names, complaints } = await around(person);
      assert.deepEqual(complaints, []);
      for (const stop of stops) assert.ok(names.includes(stop), `${stop} is not among ${names.join(", ")}`);
    });
  }
}

test("a dialog keeps the focus, and gives it back", async () => {
  await server.create("Eva", { id: "kept", title: "Brass sextant", start: 10_000, ...HOUR });
  const ana = await browser.open(server.url("/a/kept"));
  const { keyboard } = ana.page;
  await ana.connected();
  await tabTo(ana, "#change-who");
  await keyboard.press("Enter");
  await ana.shows("#sign-in[open]", 1);
  for (let stops = 0; stops < 8; stops += 1) {
    await keyboard.press("Tab");
    assert.ok(await ana.page.evaluate(() => document.activeElement === document.body || document.activeElement.closest("dialog") !== null), "the focus left the dialog");
  }
  await keyboard.press("Escape");
  assert.equal(await ana.page.evaluate(() => document.activeElement.id), "change-who");
});

test("fifty bids in five seconds are a handful of announcements", async () => {
  await server.create("Eva", { id: "busy", title: "Brass sextant", start: 10_000, ...HOUR });
  const ana = await enter("Ana", "/a/busy");
  const eva = await enter("Eva", "/console?auction=busy");
  await ana.bid("100");
  await ana.has("#verdict", "data-state", "leading");
  for (const person of [ana, eva]) {
    await person.page.evaluate(() => {
      globalThis.told = [];
      const live = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("[role=status], [role=alert], [role=log], [aria-live]:not([aria-live=off])");
      new MutationObserver((records) => {
        const regions = new Set(records.map(({ target }) => live(target)).filter((region) => region && region.textContent.trim() !== ""));
        for (const region of regions) globalThis.told.push(`${region.id}: ${region.innerText.trim()}`);
      }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["hidden"] });
    });
  }
  const names = ["Ben", "Cleo"];
  const tokens = await Promise.all(names.map((name) => server.tokenOf(name)));
  const began = performance.now();
  for (let at = 0; at < 50; at += 1) {
    await server.ask("POST", "/api/auctions/busy/commands", { as: tokens[at % 2], body: { type: "bid", amount: 20_000 + at * 1_000 } });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + (at + 1) * 100 - performance.now())));
  }
  for (const person of [ana, eva]) {
    await person.reads("#leader", "Cleo leads");
    const told = await person.page.evaluate(() => globalThis.told);
    assert.ok(told.length > 0, "nothing was told");
    // The announcer speaks every four seconds; being outbid is told once. A slow machine takes longer than five seconds for it.
    const most = 4 + Math.ceil((performance.now() - began) / 4_000);
    assert.ok(told.length <= most, `${told.length} announcements:\n${told.join("\n")}`);
  }
});
