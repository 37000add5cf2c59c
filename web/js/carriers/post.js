// What every way over HTTP needs: addresses, who one is, what a status means, and commands.

const VERDICT_WITHIN_MS = 15_000;

/** A problem's code as the code of a close. What is not here is the carrier's trouble, not the auction's. */
const CLOSES = { sign_in: 4401, forbidden: 4403, unknown_auction: 4404, busy: 1013, unavailable: 1013 };

/** Asks the server as whoever one is. */
export function ask({ base, token, name, fetch }, path, { query = {}, headers = {}, ...init } = {}) {
  const url = new URL(path, base);
  for (const [key, value] of Object.entries({ ...query, name: token ? null : name })) {
    if (value !== null && value !== undefined) url.searchParams.set(key, value);
  }
  const who = token ? { authorization: `Bearer ${token}` } : {};
  return fetch(url, { ...init, headers: { ...headers, ...who }, cache: "no-store" });
}

export const pathOf = (auction, rest = "") => `/api/auctions/${encodeURIComponent(auction)}${rest}`;

/** Why a request failed, as a close code; undefined where it says nothing of the auction. */
export async function closeCode(response) {
  const problem = await response.json().catch(() => null);
  return CLOSES[problem?.code];
}

/** Gives a command, and resolves with its verdict as a socket would have told it. Rejects where there is none. */
export async function post(way, command, signal = null) {
  const create = way.auction === null && command.type === "create";
  const path = create ? "/api/auctions" : pathOf(way.auction, "/commands");
  const within = AbortSignal.timeout(VERDICT_WITHIN_MS);
  const response = await ask(way, path, {
    method: "POST",
    headers: { "content-type": "application/json", ...(create && { "idempotency-key": command.id }) },
    body: JSON.stringify(create ? command.terms : command),
    signal: signal && AbortSignal.any ? AbortSignal.any([signal, within]) : within,
  });
  const answer = await response.json();
  if (response.ok && create) return { type: "accepted", id: command.id, seq: null, auction: answer.id };
  if (response.ok) return { ...answer, type: "accepted", id: command.id };
  if (!answer.code || answer.code === "no_verdict") throw new Error("no verdict");
  const { title: _, status: __, detail, ...refused } = answer;
  return { ...refused, message: answer.message ?? detail, type: "refused", id: command.id };
}

/** The half of a carrier over HTTP that goes up. */
export class Upward {
  pings = false;
  onmessage = null;
  onclose = null;
  since;
  token;
  way;
  stop = new AbortController();
  #last = Promise.resolve();

  constructor(way) {
    Object.assign(this, { way, since: way.since, token: way.token });
  }

  /** One after the other, in the order they were given. */
  send(command) {
    this.#last = this.#last.then(() => post(this.way, command, this.stop.signal)).then((verdict) => this.hear(verdict));
    this.#last.catch(() => this.end());
  }

  hear(message) {
    this.onmessage?.(message);
  }

  /** Once, and nothing after it. */
  end(code) {
    const { onclose } = this;
    this.close();
    onclose?.(code);
  }

  close() {
    this.onmessage = this.onclose = null;
    this.stop.abort();
  }
}
