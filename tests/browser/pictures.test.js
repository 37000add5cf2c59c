// No checks: with README_PICTURE=1 the README's pictures of the lobby and the console are taken anew. That of an auction is taken where people bid (bidding.test.js).

import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { stage } from "./support/stage.js";

const SIZE = { viewport: { width: 1200, height: 800 } };
const docs = (name) => fileURLToPath(new URL(`../../docs/${name}.png`, import.meta.url));
const MINUTE = 60_000;
const LOTS = [ // soonest first: title, terms, bids
  ["Brass sextant, London, about 1890", { image: "/img/sextant.svg", start: 10_000, duration_ms: 4 * MINUTE }, [["Ana", 10_000], ["Ben", 12_750]]],
  ["Marine chronometer, two days", { image: "/img/chronometer.svg", start: 50_000, reserve: 90_000, duration_ms: 38 * MINUTE }, [["Cleo", 50_000], ["Ana", 72_000], ["Cleo", 91_000]]],
  ["Celestial globe, Nuremberg", { start: 240_000, format: "dutch", dutch: { floor: 90_000, step: 5_000, every_ms: 90_000 }, soft_close: undefined, duration_ms: 55 * MINUTE }, []],
  ["Harbour at dusk, oil on canvas", { start: 180_000, duration_ms: 26 * 60 * MINUTE }, [["Dora", 180_000]]],
  ["Letters of a lighthouse keeper", { start: 2_000, format: "sealed", soft_close: undefined, duration_ms: 50 * 60 * MINUTE }, [["Ana", 2_500], ["Ben", 3_100]]],
  ["Ship’s bell of the Aurora", { start: 30_000, starts_at: Date.now() + 20 * 60 * MINUTE, duration_ms: 10 * MINUTE }, []],
];

if (process.env.README_PICTURE) {
  const { server, browser, enter } = await stage();
  const offered = async (title, terms, bids) => {
    const { id } = await server.create("Eva", { title, soft_close: false, ...terms });
    for (const [name, amount] of bids) await server.bid(name, id, amount);
    return id;
  };

  /** Once pictures are there and nothing has the focus. */
  async function taken({ page }, name) {
    await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
    await page.evaluate(() => {
      document.activeElement.blur();
      scrollTo(0, 0);
    });
    await page.mouse.move(0, 0);
    await page.screenshot({ path: docs(name) });
  }

  test("the lobby", async () => {
    for (const lot of LOTS) await offered(...lot);
    const guest = await browser.open(server.url("/"), { context: await browser.context(SIZE) });
    await guest.connected();
    await guest.shows("#open .card", 5);
    await taken(guest, "lobby");
  });

  test("the console", async () => {
    const bids = [["Ana", 10_000], ["Ben", 10_250], ["Cleo", 11_000], ["Ana", 12_500], ["Ben", 13_000], ["Cleo", 15_000]];
    const id = await offered("Brass sextant, London, about 1890", { start: 10_000, reserve: 14_000, duration_ms: 9 * MINUTE }, bids);
    for (const name of ["Ana", "Ben", "Cleo"]) await enter(name, `/a/${id}`);
    const eva = await enter("Eva", `/console?auction=${id}`, SIZE);
    await eva.shows("#history .bid", bids.length);
    await eva.page.keyboard.press("1");
    await eva.page.fill("#announce-text", "With Cleo, at the back, for one hundred and fifty …");
    await eva.reads("#live", /fifty …$/);
    await eva.page.keyboard.press("Enter"); // leaves the text as it is
    await eva.page.keyboard.press("2");
    await eva.reads("#verdict", "Going twice.");
    await eva.reads("#names", "Ana Ben Cleo Eva");
    await taken(eva, "console");
  });
}
