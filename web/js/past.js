// The events of an auction, as far back as a page wants them: those of the snapshot, those that happen, and on demand those from before, page by page.

/** Events that are kept; of an auction with more, the last. */
export const MOST = 5_000;
const PAGE = 1_000; // as many as the server gives at once
const SLACK = 500; // not every event shifts them all

export class Past {
  #id;
  #token;
  #changed;
  #fetch;
  #most;
  #events = [];
  #wanted = false;
  #loading = null;

  /** `token()`: as whom one asks. `changed()`: earlier events have come. */
  constructor(id, { token, changed, fetch = (...request) => globalThis.fetch(...request), most = MOST }) {
    this.#id = id;
    this.#token = token;
    this.#changed = changed;
    this.#fetch = fetch;
    this.#most = most;
  }

  /** Oldest first, without a gap. */
  get events() { return this.#events; }
  /** Whether nothing is before them. */
  get complete() { return (this.#events[0]?.seq ?? 1) <= 1; }
  /** Whether all that will be kept is there. */
  get loaded() { return this.complete || (this.#wanted && this.#loading === null); }

  /** A snapshot: what was known stays where it joins on. */
  begin({ recent = [] }) {
    const first = recent[0]?.seq ?? 1;
    const before = this.#events.filter(({ seq }) => seq < first);
    this.#events = (before.at(-1)?.seq ?? 0) === first - 1 ? [...before, ...recent] : [...recent];
    if (this.#wanted) this.#again();
  }

  add(event) {
    this.#events.push(event);
    if (this.#events.length > this.#most + SLACK) this.#events = this.#events.slice(-this.#most);
  }

  /** From now on it is to have all. */
  load() {
    if (this.#wanted) return this.#loading;
    this.#wanted = true;
    return this.#again();
  }

  #again() {
    this.#loading = null;
    if (this.complete || this.#events.length >= this.#most) return null;
    const loading = this.#loading = this.#earlier().then((earlier) => {
      if (this.#loading !== loading) return; // a snapshot came between
      this.#loading = null;
      if (earlier === null) this.#wanted = false; // to be asked for again
      else this.#events = [...earlier, ...this.#events].slice(-this.#most);
      this.#changed();
    });
    return loading;
  }

  /** Up to the first that is known; null where they cannot be had. */
  async #earlier() {
    const first = this.#events[0].seq;
    const earlier = [];
    let since = Math.max(0, first - 1 - (this.#most - this.#events.length));
    while (since < first - 1) {
      const page = await this.#page(since);
      if (!page?.length) return null;
      since = page.at(-1).seq;
      earlier.push(...page.filter(({ seq }) => seq < first));
    }
    return earlier;
  }

  async #page(since) {
    const token = this.#token();
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const address = `/api/auctions/${encodeURIComponent(this.#id)}/events?since=${since}&limit=${PAGE}`;
    const page = await this.#fetch(address, { headers }).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
    return page?.events ?? null;
  }
}
