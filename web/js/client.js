/**
 * A client of Subasta, for pages and for Node 20 and newer; no page in it, no dependency, no build step. Every option and message is
 * described in `client.d.ts` beside it, what travels in docs/protocol.md.
 *
 *     const client = new Client("https://auctions.example", { auction: "sextant", name: "Ana" });
 *     client.on("snapshot", (auction) => …); // how it stands: at first, and wherever the thread was lost
 *     client.on("event", (event) => …);      // what has happened since: every event once, in order
 *     await client.connect();
 *     const verdict = await client.send({ type: "bid", amount: 12050 }); // accepted or refused
 *     client.close();
 */

import { watchSleep } from "./awake.js";
import { ServerClock } from "./clock.js";
import { Errands, requestId } from "./errands.js";
import { Socket } from "./carriers/socket.js";

export { Unanswered } from "./errands.js";

/** Close codes after which nobody comes back, and why. */
const FINAL = new Map([
  [1000, "the auction has ended"], [1002, "protocol error"], [1003, "a message of the wrong kind"], [1007, "a message that is no text"],
  [1009, "a message too large"], [4401, "sign in first"], [4403, "not allowed here"], [4404, "there is no such auction"],
]);
const ENDED = 1000;
const SIGN_IN_FIRST = 4401;

// Everything else that carries a seq is an event, also of a type this client has never heard of.
const NOT_EVENTS = new Set(["welcome", "accepted", "refused", "pong", "help", "presence", "tick", "resync", "goodbye", "auction", "gone"]);

const CARRIERS = {
  websocket: async () => Socket,
  sse: async () => (await import("./carriers/stream.js")).Stream,
  poll: async () => (await import("./carriers/poll.js")).Poll,
};

const WELCOME_WITHIN_MS = 10_000;
const ANSWER_WITHIN_MS = 5_000;
const SETTLED_AFTER_MS = 5_000;
const SILENCE_GRACE_MS = 10_000;
const FIRST_PING_MS = 500;
const LAST_PING_MS = 20_000;
const UNSURE_MS = 5_000; // of silence, before somebody came back
const REFUSALS = 2; // a carrier that cannot be had this often, while the server is there, is given up for the next
const LONGEST_RISE_MS = 600_000;

export class Client {
  #way; // what every carrier needs to know
  #known; // how it stood, from elsewhere; told once
  #carriers;
  #session;
  #clock;
  #format;
  #riseAfterMs;
  #riseMs;
  #handlers = new Map();
  #errands;
  #line = null;
  #trial = null;
  #turn = 0;
  #rung = 0;
  #refusals = 0;
  #state = "idle";
  #code;
  #you = null;
  #seq = null;
  #overlap = 0;
  #gaps = 0;
  #repeats = 0;
  #attempt = 0;
  #notBefore = 0;
  #welcomedAt = null;
  #heardAt = 0;
  #heard = { wall: 0, at: null };
  #unsureSince = null; // by the local clock: only what was asked after it can tell
  #resting = false;
  #awake = null;
  #heartbeatMs = 25_000;
  #reconnect = { min_ms: 500, max_ms: 20_000 };
  #timers = {};
  #first = deferred();

  /** @param {string|URL} server its address @param {import("./client.d.ts").Options} [options] without `auction`: the lobby */
  constructor(server, options = {}) {
    const { auction = null, name = null, token = null, denied, clock = new ServerClock(), format = "json", riseAfterMs = 60_000 } = options;
    this.#known = auction === null ? null : (options.known ?? null);
    const { WebSocket = globalThis.WebSocket, fetch = (...request) => globalThis.fetch(...request) } = options;
    const possible = Object.keys(CARRIERS).filter((kind) => (kind !== "websocket" || WebSocket) && (kind !== "sse" || auction !== null));
    this.#carriers = (options.carriers ?? possible).filter((kind) => possible.includes(kind));
    if (this.#carriers.length === 0) throw new TypeError("None of these carriers can be had here.");
    this.#way = { base: new URL(server), auction, name, clock, WebSocket, fetch };
    this.#session = { token: typeof token === "function" ? token : () => token, denied };
    this.#clock = clock;
    this.#format = format;
    this.#riseAfterMs = this.#riseMs = riseAfterMs;
    this.#errands = new Errands({ tell: (message) => this.#say(message), way: () => this.#where() });
    this.#first.promise.catch(() => {}); // who does not wait need not know
  }

  /** `idle`, `reconnecting`, `connected`, `gone` (it will not come back by itself: `code`, `reason`), `closed` (by `close()`). */
  get state() { return this.#state; }
  /** The last close code, if there was one. */
  get code() { return this.#code; }
  /** Why it is gone, in words. */
  get reason() { return this.#state === "gone" ? FINAL.get(this.#code) : null; }
  /** Who the server takes one for: `{id, name, roles}`; null before the first welcome. */
  get you() { return this.#you; }
  /** The seq of the last event heard. */
  get seq() { return this.#seq; }
  /** How often an event was missing, and one came twice. Both are mended before anyone hears of it. */
  get gaps() { return this.#gaps; }
  get repeats() { return this.#repeats; }
  /** What carries it: `websocket`, `sse` or `poll`. */
  get carrier() { return this.#carriers[this.#rung]; }
  /** Whether what one knows is how it stands: connected, and not just woken from a sleep that the server has not answered yet. */
  get current() { return this.#state === "connected" && this.#unsureSince === null; }
  /** When the server was last heard, by its own clock; null for never. */
  get heardAt() { return this.#heard.at; }
  /** The server's clock, estimated, in milliseconds of UTC. */
  now() { return this.#clock.now(); }

  /** Kinds: `state`, `current`, `welcome`, `snapshot`, `event`, `message`, `counted`, or the type of a message. Returns what takes the handler off again. */
  on(kind, handler) {
    if (!this.#handlers.has(kind)) this.#handlers.set(kind, new Set());
    this.#handlers.get(kind).add(handler);
    return () => this.#handlers.get(kind).delete(handler);
  }

  /** Starts, or starts over as whoever `token` now says. Resolves with the next welcome; rejects if there will be none. */
  connect() {
    if (this.#state === "idle" || this.#state === "closed") this.#watch(true);
    if (this.#state !== "reconnecting" && this.#state !== "idle") this.#renew();
    this.#begin();
    this.#become("reconnecting");
    this.#open();
    return this.#first.promise;
  }

  /**
   * Resolves with the verdict. Until it comes the command goes out over every new line, always under the same id: it counts once. After
   * `patience` ms it does not any more. Rejects with an `Unanswered` where there will be no verdict.
   */
  send(command, { patience = Infinity } = {}) {
    const at = this.#clock.local();
    const errand = this.#errands.add({ ...command, id: command.id ?? requestId() }, { patience, at });
    if (this.#state === "connected") this.#errands.dispatch(this.#line, this.#you, at);
    else if (this.#state === "gone" || this.#state === "closed") this.#errands.finish(this.#state === "gone" && this.#code === ENDED);
    return errand;
  }

  /**
   * The person is back, or the network: retry now, or find out whether the line is still alive. `doubt`: the machine may have slept, so nothing
   * known is `current` before the server has answered; `moved`: the local clock may have stood still.
   */
  wake({ doubt = false, moved = false } = {}) {
    if (moved) this.#clock.forget?.();
    if (this.#state === "connected") {
      const silent = Math.max(this.#clock.local() - this.#heardAt, Date.now() - this.#heard.wall);
      if (silent > this.#heartbeatMs || (doubt && !this.#line.pings)) return this.#replace();
      if (doubt || silent > UNSURE_MS) this.#doubtAll();
      return this.#probe();
    }
    if (this.#resting) return;
    const waiting = this.#state === "reconnecting" && this.#timers.retry !== undefined;
    if (waiting && this.#clock.local() >= this.#notBefore) this.#open();
  }

  /** Lets go of everything. `connect()` begins anew where it was. */
  close() {
    this.#watch(false);
    this.#release();
    this.#become("closed");
    this.#first.reject(new Error("closed"));
    this.#errands.finish(false);
  }

  /** The page is put away: a line that stays open would keep the browser from keeping it, and the house counts who watches. */
  rest() {
    if (this.#state !== "connected" && this.#state !== "reconnecting") return;
    this.#resting = true;
    this.#release();
    this.#become("reconnecting");
  }

  #back() {
    if (!this.#resting) return;
    this.#clock.forget?.();
    this.#open();
  }

  /** A line that was silent over a sleep is not asked: a new one knows sooner. */
  #replace() {
    this.#release();
    this.#become("reconnecting");
    this.#open();
  }

  #doubtAll() {
    this.#unsureSince = this.#clock.local();
    this.#tell("current", false);
  }

  #certain() {
    if (this.#unsureSince === null) return;
    this.#unsureSince = null;
    this.#tell("current", true);
  }

  /** What is known already is how it stood, not yet how it stands: the line goes on from there. */
  #begin() {
    const known = this.#known;
    this.#known = null;
    if (known === null || this.#seq !== null) return;
    this.#heard.at = known.now;
    this.#restart({ seq: known.auction.seq, auction: known.auction });
  }

  #where() {
    return { ...this.#way, since: this.#seq, token: this.#session.token() };
  }

  async #open() {
    this.#resting = false;
    this.#release();
    const turn = this.#turn;
    this.#after("welcome", WELCOME_WITHIN_MS, () => this.#closed());
    const line = await this.#reach(this.#rung).catch(() => null);
    if (turn !== this.#turn) return line?.close();
    if (line === null) return this.#closed();
    this.#use(line);
  }

  async #reach(rung) {
    const Carrier = await CARRIERS[this.#carriers[rung]]();
    const codec = this.#format === "msgpack" ? await import("./msgpack.js") : null;
    const line = new Carrier({ ...this.#where(), codec });
    return Object.assign(line, { startedAt: this.#clock.local() });
  }

  #use(line) {
    this.#line = line;
    line.onmessage = (message) => this.#hear(message);
    line.onclose = (code) => this.#closed(code);
  }

  #hear(message) {
    this.#heardAt = this.#clock.local();
    this.#heard.wall = Date.now();
    clearTimeout(this.#timers.probe);
    if (typeof message?.type !== "string") return; // had it been an event, the next one shows the gap
    if (message.type === "welcome") return this.#welcome(message);
    if (this.#welcomedAt === null) return; // the first word is the welcome
    if (Number.isInteger(message.seq) && !NOT_EVENTS.has(message.type)) return this.#event(message);
    if (message.type === "pong") this.#pong(message);
    this.#heard.at = this.#clock.now();
    if (message.type === "goodbye") this.#notBefore = this.#heardAt + message.retry_after_ms;
    if (message.type === "resync") this.#restart(message);
    if (this.#way.auction !== null && this.#errands.early(message, this.#seq)) return;
    this.#say(message);
    this.#errands.hear(message);
  }

  /** What the server had said before it, it has said by now. */
  #pong({ t, now }) {
    this.#clock.sample(t, this.#heardAt, now);
    if (this.#unsureSince !== null && t >= Math.floor(this.#unsureSince)) this.#certain();
  }

  #say(message) {
    this.#tell("message", message);
    this.#tell(message.type, message);
  }

  #welcome(message) {
    const { since, startedAt } = this.#line;
    if (message.resumed && message.seq !== since) {
      this.#seq = null; // it resumes something we do not have: only a fresh start can be right
      return this.#gap();
    }
    clearTimeout(this.#timers.welcome);
    if (message.now !== undefined) this.#clock.sample(startedAt, this.#heardAt, message.now);
    this.#heard.at = this.#clock.now();
    this.#unsureSince = null;
    this.#welcomedAt = this.#heardAt;
    this.#refusals = 0;
    this.#heartbeatMs = message.heartbeat_ms ?? this.#heartbeatMs;
    Object.assign(this.#reconnect, message.reconnect);
    this.#you = message.you ?? null;
    this.#listen();
    this.#ping(FIRST_PING_MS);
    if (this.#rung > 0) this.#riseLater();
    this.#state = "connected"; // before the handlers, which may send
    this.#tell("welcome", message);
    if (!message.resumed) this.#restart(message);
    this.#tell("state", "connected");
    this.#first.resolve(message);
    this.#errands.dispatch(this.#line, this.#you, this.#clock.local());
  }

  #restart({ seq, auction }) {
    this.#seq = seq ?? null;
    if (auction) this.#tell("snapshot", auction);
    this.#errands.reached(this.#seq);
  }

  #event(event) {
    this.#heard.at = this.#clock.now();
    if (event.seq > this.#seq + 1) return this.#gap();
    if (event.seq <= this.#seq) {
      if (event.seq <= this.#overlap) return; // the line before this one was quicker
      this.#repeats += 1;
      return this.#tell("counted");
    }
    this.#seq = event.seq;
    this.#tell("event", event);
    this.#tell(event.type, event);
    this.#errands.reached(this.#seq);
  }

  #gap() {
    this.#gaps += 1;
    this.#tell("counted");
    this.#closed();
  }

  /** With no code: we gave up on the line, not the server. */
  #closed(code) {
    const welcomedAt = this.#welcomedAt;
    const shown = this.#line?.token;
    this.#release();
    this.#code = code;
    if (welcomedAt !== null && this.#clock.local() - welcomedAt > SETTLED_AFTER_MS) this.#attempt = 0;
    if (code === SIGN_IN_FIRST && shown && this.#session.denied) {
      this.#session.denied();
      if (this.#session.token() !== shown) return this.#retry(undefined, this.#attempt === 0);
    }
    if (FINAL.has(code)) return this.#giveUp(code);
    if (welcomedAt === null && (code === undefined || code === 1006)) this.#doubt();
    this.#retry(code);
  }

  #retry(code, now = false) {
    this.#become("reconnecting", code);
    const wait = this.#delay();
    this.#after("retry", now ? 0 : wait, () => this.#open());
  }

  #giveUp(code) {
    this.#become("gone", code);
    this.#first.reject(new Error(FINAL.get(code)));
    this.#errands.finish(code === ENDED);
  }

  #delay() {
    const held = this.#notBefore - this.#clock.local();
    if (held > 0) return held;
    const { min_ms: min, max_ms: max } = this.#reconnect;
    const ceiling = Math.min(max, min * 2 ** (this.#attempt + 1));
    this.#attempt += 1;
    return min + Math.random() * (ceiling - min);
  }

  /** It would not open. Is it the server that is away, or does something between refuse this carrier? */
  async #doubt() {
    const rung = this.#rung;
    if (this.#carriers.length === 1) return;
    const health = new URL("/healthz", this.#way.base);
    const there = await this.#way.fetch(health, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).then(({ ok }) => ok, () => false);
    if (!there || rung !== this.#rung || this.#state !== "reconnecting") return;
    this.#refusals += 1;
    if (this.#refusals < REFUSALS) return;
    this.#refusals = this.#attempt = 0;
    this.#rung = (rung + 1) % this.#carriers.length;
  }

  #riseLater() {
    this.#after("rise", this.#riseMs * (1 + Math.random()), () => this.#rise());
    this.#riseMs = Math.min(this.#riseMs * 2, LONGEST_RISE_MS);
  }

  /** Tries the best carrier beside the one there is, and changes over without a pause once it is welcomed. */
  async #rise() {
    const turn = this.#turn;
    const line = await this.#reach(0).catch(() => null);
    if (turn !== this.#turn) return line?.close();
    if (line === null) return this.#riseLater();
    const fail = () => {
      clearTimeout(this.#timers.trial);
      line.close();
      this.#trial = null;
      this.#riseLater();
    };
    this.#trial = line;
    line.onmessage = (message) => (message?.type === "welcome" ? this.#changeOver(line, message) : fail());
    line.onclose = fail;
    this.#after("trial", WELCOME_WITHIN_MS, fail);
  }

  #changeOver(line, welcome) {
    this.#trial = null;
    this.#release();
    this.#rung = 0;
    this.#riseMs = this.#riseAfterMs;
    this.#overlap = this.#seq;
    this.#use(line);
    this.#hear(welcome);
  }

  /** A line that says nothing for longer than a heartbeat is dead, whatever TCP believes. */
  #listen() {
    const left = this.#heardAt + this.#heartbeatMs + SILENCE_GRACE_MS - this.#clock.local();
    if (left <= 0) return left < -UNSURE_MS ? this.#replace() : this.#closed(); // so late a timer has slept
    this.#after("silence", left, () => this.#listen());
  }

  /** Quick at first for a good estimate of the clock, then now and then. */
  #ping(nextMs) {
    if (!this.#line.pings) return;
    this.#line.send({ type: "ping", t: Math.round(this.#clock.local()) });
    this.#after("ping", nextMs, () => this.#ping(Math.min(nextMs * 2, LAST_PING_MS)));
  }

  #probe() {
    if (!this.#line.pings) {
      if (this.#clock.local() - this.#heardAt > this.#heartbeatMs) this.#closed();
      return;
    }
    this.#line.send({ type: "ping", t: Math.round(this.#clock.local()) });
    this.#after("probe", ANSWER_WITHIN_MS, () => this.#closed());
  }

  #after(name, ms, run) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(run, ms);
  }

  /** Lets go of the line at once: a close handshake with a dead peer can take a minute. */
  #release() {
    this.#turn += 1; // whatever is still being opened is not wanted any more
    Object.values(this.#timers).forEach(clearTimeout);
    this.#timers = {};
    this.#welcomedAt = null;
    for (const line of [this.#line, this.#trial]) {
      if (line === null) continue;
      line.onmessage = line.onclose = null;
      line.close();
    }
    this.#line = this.#trial = null;
  }

  #renew() {
    this.#first = deferred();
    this.#first.promise.catch(() => {});
  }

  #become(state, code) {
    this.#state = state;
    this.#tell("state", state, code);
  }

  /** One who listens badly must not keep the others, or the line, from going on. */
  #tell(kind, ...what) {
    for (const handler of this.#handlers.get(kind) ?? []) {
      try {
        handler(...what);
      } catch (error) {
        if (globalThis.reportError) reportError(error);
        else setTimeout(() => { throw error; });
      }
    }
  }

  #watch(on) {
    this.#awake?.();
    this.#awake = on ? watchSleep({ woke: (how) => this.wake(how), rest: () => this.rest(), back: () => this.#back() }) : null;
  }
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
