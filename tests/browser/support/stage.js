// What most files of tests begin with: a server, a browser, and people who come in. After each test: nothing went wrong unseen.

import { after, afterEach } from "node:test";
import { Browser } from "./browser.js";
import { Server } from "./server.js";

/** `auctions`: the house's own, as for `Server.start`. `expected`: lines that Chromium may write, in any test. */
export async function stage({ auctions = {}, expected = [] } = {}) {
  const server = await Server.start(auctions);
  const browser = await Browser.start().catch(async (error) => {
    await server.stop();
    throw error;
  });
  after(() => Promise.all([browser.stop(), server.stop()]));
  afterEach(() => browser.finish(expected));

  /** Somebody signed in at a page, with the keyboard alone where the page asks by itself. `options`: of their browser. */
  async function enter(name, path, options = {}) {
    const person = await browser.open(server.url(path), { context: await browser.context(options) });
    if (!path.startsWith("/console")) {
      await person.signIn(name);
      return person;
    }
    await person.shows("#sign-in[open]", 1);
    await person.page.keyboard.type(name);
    await person.page.keyboard.press("Enter");
    await person.reads("#who-name", name);
    await person.connected();
    return person;
  }

  return { server, browser, enter };
}
