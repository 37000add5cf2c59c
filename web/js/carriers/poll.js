// Polling, which passes where nothing else does: an auction by long polls, the lobby by asking for the list now and then.

import { ask, closeCode, pathOf, Upward } from "./post.js";

const WAIT_S = 25;
const ANSWER_WITHIN_MS = 10_000; // more than it was asked to wait
const LIST_EVERY_MS = 2_000; // half as long to half as long again
const PAGES = 5; // of the list, for each status
const PAGE = 200;
const ENDED_KEPT = 12;
const ENDED = 1000;

export class Poll extends Upward {
  constructor(way) {
    super(way);
    (way.auction === null ? this.#list() : this.#follow()).catch((problem) => this.end(problem?.code));
  }

  async #follow() {
    let { seq, ended } = await this.#enter();
    while (!ended && !this.stop.signal.aborted) {
      const page = await this.#events(seq, WAIT_S);
      if (!page.resumed) {
        if (!page.auction) throw new Error("no snapshot");
        this.hear({ type: "resync", auction: page.auction, seq: page.seq });
      }
      this.hear({ type: "tick", now: page.now });
      page.events.forEach((event) => this.hear(event));
      ({ seq, ended } = page);
    }
    this.end(ENDED);
  }

  /** The welcome: from where we were if there is a way on from there, else with the auction as it stands. */
  async #enter() {
    const page = await this.#events(this.since, 0);
    const { now, you, auction, resumed, aliases, own, events, ended } = page;
    const seq = resumed ? this.since : page.seq;
    this.hear({ type: "welcome", protocol: 1, now, you, auction, seq, resumed, aliases, own });
    events.forEach((event) => this.hear(event));
    return { seq: page.seq, ended };
  }

  #events(since, wait) {
    return this.#get(pathOf(this.way.auction, "/events"), { since, wait }, wait * 1_000);
  }

  async #get(path, query, waitMs = 0) {
    const timer = setTimeout(() => this.end(), waitMs + ANSWER_WITHIN_MS);
    try {
      const response = await ask(this.way, path, { headers: { accept: "application/json" }, query, signal: this.stop.signal });
      if (!response.ok) throw Object.assign(new Error(path), { code: await closeCode(response) });
      return await response.json();
    } finally {
      clearTimeout(timer);
    }
  }

  async #list() {
    let known = new Map((await this.#first()).map((auction) => [auction.id, auction]));
    this.hear({ type: "welcome", protocol: 1, auctions: [...known.values()] });
    for (;;) {
      await this.#pause(LIST_EVERY_MS * (0.5 + Math.random()));
      if (this.stop.signal.aborted) return;
      known = await this.#changes(known);
      this.hear({ type: "tick" });
    }
  }

  async #first() {
    const [live, ended] = await Promise.all([this.#live(), this.#get("/api/auctions", { status: "closed", limit: PAGE })]);
    // The list has its oldest first: the last that ended are in sight only where all are.
    return [...live, ...(ended.next === null ? ended.auctions.sort((a, b) => b.ends_at - a.ends_at).slice(0, ENDED_KEPT) : [])];
  }

  /** Tells what is new, what has changed, and of what is not live any more how it ended. */
  async #changes(known) {
    const now = new Map((await this.#live()).map((auction) => [auction.id, auction]));
    const over = [...known.values()].filter(({ id, status }) => !now.has(id) && isLive(status));
    await Promise.all(over.map(async ({ id }) => now.set(id, await this.#get(pathOf(id)).catch(() => null))));
    for (const [id, auction] of now) {
      if (auction === null) this.hear({ type: "gone", id });
      else if (JSON.stringify(auction) !== JSON.stringify(known.get(id))) this.hear({ type: "auction", auction });
    }
    const kept = [...known].filter(([id]) => !now.has(id)); // ended before
    return new Map([...kept, ...[...now].filter(([, auction]) => auction !== null)]);
  }

  async #live() {
    return (await Promise.all(["open", "paused", "scheduled"].map((status) => this.#all(status)))).flat();
  }

  async #all(status) {
    const found = [];
    let after = null;
    for (let page = 0; page < PAGES; page += 1) {
      const { auctions, next } = await this.#get("/api/auctions", { status, limit: PAGE, after });
      found.push(...auctions);
      if (next === null) break;
      after = next;
    }
    return found;
  }

  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.stop.signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
    });
  }
}

const isLive = (status) => status === "open" || status === "paused" || status === "scheduled";
