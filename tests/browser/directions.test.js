// Which way things run, and how large they are: pages turned from right to left, names and texts that run the other way, and screens from 320 px to 4K.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fits } from "./support/axe.js";
import { stage } from "./support/stage.js";
import { STATES } from "./support/states.js";

const house = await stage();
const { server, enter } = house;
const HOUR = { duration_ms: 3_600_000, soft_close: false };
const WIDTHS = [320, 390, 768, 1280, 1920, 2560, 3840];

for (const state of ["lobby, full", "auction, signed in, with bids and chat", "console, list", "console, form for a dutch auction", "console, conducting"]) {
  test(`from 320 px to 4K, in both directions: ${state}`, async () => {
    const { page } = await STATES[state]({ ...house, options: {} });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: Math.max(700, Math.round(width * 9 / 16)) });
      for (const dir of ["ltr", "rtl"]) {
        await page.evaluate((value) => { document.documentElement.dir = value; }, dir);
        assert.deepEqual(await page.evaluate(fits), [], `${width} px, ${dir}`);
      }
      const [text, used] = await page.evaluate(() => [
        parseFloat(getComputedStyle(document.body).fontSize), document.querySelector("main:not([hidden])").getBoundingClientRect().width / innerWidth,
      ]);
      assert.ok(text >= 16, `${width} px: text of ${text} px`);
      if (width === 3_840) assert.ok(text > 24 && used > .5, `on a large screen text of ${text} px, over ${Math.round(used * 100)} % of it`);
    }
  });
}

test("turned around, the page is mirrored: what stood first stands on the right", async () => {
  const { page } = await STATES["auction, leading"]({ ...house, options: {} });
  const sides = () => page.evaluate(() => [".brand", "#figures", ".bid .amount"].map((css) => {
    const { left, right } = document.querySelector(css).getBoundingClientRect();
    return { left, right };
  }));
  const [before, width] = [await sides(), 1280];
  await page.evaluate(() => { document.documentElement.dir = "rtl"; });
  const after = await sides();
  for (const [at, { left, right }] of before.entries()) {
    assert.ok(Math.abs(after[at].left - (width - right)) < 2 && Math.abs(after[at].right - (width - left)) < 2, JSON.stringify([before[at], after[at]]));
  }
});

test("a name or a text that runs the other way turns nothing around it", async () => {
  const name = "عمر 7";
  const { id } = await server.create("Eva", { id: "other-way", title: "مخطوطة قديمة (1890)", description: "(مخطوطة) 12.", start: 10_000, ...HOUR });
  const ana = await enter("Ana", `/a/${id}`);
  await server.bid(name, id, 12_000);
  const omar = await enter(name, `/a/${id}`);
  await omar.say("هل الإطار أصلي؟ (12)");
  await ana.reads("#chat-log", /أصلي/);
  await ana.shows("#history .bid", 1);
  const eva = await enter("Eva", "/console");
  await eva.page.waitForSelector('[data-auction="other-way"] bdi');
  // All that somebody else has written is isolated: in a bdi, in a block of its own direction, or between marks.
  const loose = (person) => person.page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      if (/[\u0590-\u08ff]/.test(text.data.replace(/\u2068[^\u2069]*\u2069/g, "")) && text.parentElement.checkVisibility() && !text.parentElement.closest("bdi, [dir=auto], .plate, script")
        && getComputedStyle(text.parentElement).unicodeBidi !== "plaintext") {
        found.push(`${text.parentElement.tagName} #${text.parentElement.id}: ${text.data}`);
      }
    }
    return found;
  });
  for (const person of [ana, omar, eva]) assert.deepEqual(await loose(person), []);
  // The tag and the amount stay where they are in everyone's line.
  const order = await ana.page.evaluate(() => {
    const [who, amount] = [".who-bid", ".amount"].map((css) => document.querySelector(`#history ${css}`).getBoundingClientRect());
    return who.left < amount.left;
  });
  assert.ok(order);
});
