// A browser, and in it people: a person is a page that is watched for everything that should not happen.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const PATIENCE_MS = 30_000; // for conditions, never a measure of speed
const ARGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const SCHEMES = ["light", "dark"];

// The lines in which Chromium itself tells of its network. A test says which of them it expects.
export const SOCKET_FAILED = /^WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/ws.*' failed/;
export const TLS_SOCKET_FAILED = /^WebSocket connection to 'wss:\/\/127\.0\.0\.1:\d+\/ws.*' failed/;
export const SERVER_AWAY = /^Failed to load resource: net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INTERNET_DISCONNECTED)/; // whether it is there is asked over HTTP
export const DENIED = /^Failed to load resource: the server responded with a status of 401/;
export const NOT_FOUND = /^Failed to load resource: the server responded with a status of 404/;
export const CONFLICT = /^Failed to load resource: the server responded with a status of 409/;
export const FAILED = /^Failed to load resource: net::ERR_FAILED/;
export const UNPROCESSABLE = /^Failed to load resource: the server responded with a status of 422/;

export class Browser {
  #browser;
  #people = [];

  static async start() {
    const browser = new Browser();
    const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
    browser.#browser = await chromium.launch({ executablePath, args: ARGS });
    return browser;
  }

  stop() { return this.#browser.close(); }

  /** Contexts share nothing: two of them are two browsers. */
  async context(options = {}) {
    const context = await this.#browser.newContext({ viewport: SIZES.wide, locale: "en-GB", timezoneId: "UTC", reducedMotion: "reduce", ...options });
    await context.addInitScript(readable);
    return context;
  }

  /** Somebody at an address, in a browser of their own unless `context` says otherwise. */
  async open(url, { context } = {}) {
    const person = new Person(await (context ?? (await this.context())).newPage());
    this.#people.push(person);
    await person.page.goto(url);
    return person;
  }

  /** Ends a test: nothing went wrong unseen. `expected`: lines Chromium may have written. */
  async finish(expected = []) {
    const people = this.#people.splice(0);
    const wrong = people.flatMap(({ problems }) => problems).filter((line) => !expected.some((known) => known.test(line)));
    await Promise.all(people.map(({ page }) => page.context().close()));
    assert.deepEqual(wrong, [], "errors in the pages");
  }
}

/** What a row far down says is laid out when somebody comes near: whoever reads it here does. */
function readable() {
  globalThis.textOf = (node) => {
    const row = node.closest(".bid");
    if (row) row.style.contentVisibility = "visible";
    const text = node.innerText;
    if (row) row.style.contentVisibility = "";
    return text;
  };
}

export class Person {
  page;
  problems = [];

  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.problems.push(`uncaught: ${error.stack ?? error}`));
    page.on("console", (message) => { // where a policy is violated, too
      if (message.type() === "error") this.problems.push(message.text());
    });
  }

  /** Waits until the text of an element is, or matches, what it should be. */
  async reads(selector, wanted) {
    const { source, flags } = wanted instanceof RegExp ? wanted : { source: `^${escaped(wanted)}$`, flags: "" };
    const check = ([css, pattern, marks]) => {
      const node = document.querySelector(css);
      return node !== null && node.checkVisibility() && new RegExp(pattern, marks).test(globalThis.textOf(node).replace(/\s+/g, " ").trim());
    };
    await this.#until(check, [selector, source, flags], async () => {
      const shown = await this.page.locator(selector).first().innerText({ timeout: 1_000 }).catch(() => "nothing");
      return `${selector} should read ${wanted} and reads: ${shown}`;
    });
  }

  /** Waits until an attribute of an element is what it should be. */
  async has(selector, attribute, wanted) {
    const check = ([css, name, value]) => document.querySelector(css)?.getAttribute(name) === value;
    await this.#until(check, [selector, attribute, wanted], async () => {
      const shown = await this.page.locator(selector).first().getAttribute(attribute, { timeout: 1_000 }).catch(() => "nothing");
      return `${selector} should have ${attribute} ${wanted} and has ${shown}`;
    });
  }

  /** Waits until so many elements are there to be seen. */
  async shows(selector, number) {
    const check = ([css, count]) => [...document.querySelectorAll(css)].filter((node) => node.checkVisibility()).length === count;
    await this.#until(check, [selector, number], () => `there should be ${number} of ${selector}`);
  }

  async #until(check, argument, complaint) {
    await this.page.waitForFunction(check, argument, { timeout: PATIENCE_MS }).catch(async (error) => {
      throw new Error(await complaint(), { cause: error });
    });
  }

  texts(selector) { return this.page.locator(selector).evaluateAll((nodes) => nodes.map((node) => globalThis.textOf(node))); }
  value(selector) { return this.page.inputValue(selector); }
  data() { return this.page.evaluate(() => ({ ...document.documentElement.dataset })); }

  /** What the page and all its parts came over, each once, as ALPN names it. */
  protocols() {
    return this.page.evaluate(() => {
      const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
      return [...new Set(entries.map(({ nextHopProtocol }) => nextHopProtocol))];
    });
  }

  /** Asks Chromium to tell of handshakes; what it answers waits for the next one's answer. */
  async handshakes() {
    const devtools = await this.page.context().newCDPSession(this.page);
    const answer = new Promise((resolve) => devtools.once("Network.webSocketHandshakeResponseReceived", resolve));
    await devtools.send("Network.enable");
    return async () => (await answer).response;
  }

  connected() { return this.has("html", "data-link", "connected"); }

  async signIn(name) {
    await this.connected();
    await this.page.click("#change-who");
    await this.page.fill("#sign-in-name", name);
    await this.page.click("#sign-in-submit");
    await this.reads("#who-name", name);
    await this.connected();
  }

  /** Bids as a person does: types, or leaves what the page has filled in. */
  async bid(amount = null) {
    if (amount !== null) await this.page.fill("#amount", amount);
    await this.page.click("#bid-button"); // waits until it can be clicked
  }

  async say(text) {
    await this.page.fill("#chat-text", text);
    await this.page.click("#chat-button");
  }

  /** Where PICTURES names a directory: this state, on a desk and on a phone, by day and by night. */
  async picture(name) {
    const directory = process.env.PICTURES;
    if (!directory) return;
    await mkdir(directory, { recursive: true });
    const before = this.page.viewportSize();
    for (const [size, viewport] of Object.entries(SIZES)) {
      await this.page.setViewportSize(viewport);
      for (const colorScheme of SCHEMES) {
        await this.page.emulateMedia({ colorScheme });
        await this.page.screenshot({ path: join(directory, `${name}-${size}-${colorScheme}.png`) });
      }
    }
    await this.page.setViewportSize(before);
    await this.page.emulateMedia({ colorScheme: "light" });
  }
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
