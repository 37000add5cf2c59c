// One live connection to a room or to the lobby: kept up, in order, resumable. It numbers what it hears
// and delivers nothing twice. It must not know what an auction is, nor that there is a page.

const FINAL = new Set([1000, 1002, 1003, 1007, 1009, 4403, 4404]);
const SIGN_IN_FIRST = 4401;

// Everything else that carries a seq is an event, also of a type this client has never heard of.
const NOT_EVENTS = new Set([
  "welcome", "accepted", "refused", "pong", "help", "presence", "tick", "resync", "goodbye", "auction", "gone",
]);

const WELCOME_WITHIN_MS = 10_000;
const ANSWER_WITHIN_MS = 5_000;
const SETTLED_AFTER_MS = 5_000;
const FIRST_PING_MS = 500;
const LAST_PING_MS = 20_000;

export class Client {
  #url;
  #session;
  #clock;
  #on;
  #socket = null;
  #state = "reconnecting";
  #seq = null;
  #gaps = 0;
  #repeats = 0;
  #attempt = 0;
  #notBefore = 0;
  #startedAt = 0;
  #welcomedAt = null;
  #heardAt = 0;
  #silenceMs = 60_000;
  #reconnect = { min_ms: 500, max_ms: 20_000 };
  #timers = {};

  /** `on`: { state(state, code), welcome(message), event(event), message(message), counted() }. */
  constructor(url, { session, clock, on }) {
    this.#url = url;
    this.#session = session;
    this.#clock = clock;
    this.#on = on;
  }

  get state() { return this.#state; }
  get seq() { return this.#seq; }
  get gaps() { return this.#gaps; }
  get repeats() { return this.#repeats; }

  /** True if it went out; whether it arrived, only a verdict tells. */
  send(command) {
    if (this.#state !== "connected" || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(command));
    return true;
  }

  /** Starts, or starts over as whoever the session now says. */
  connect() {
    this.#release();
    this.#become("reconnecting");
    this.#open();
  }

  /** The person is back, or the network: retry now, or find out whether the line is still alive. */
  wake() {
    if (this.#state === "connected") return this.#probe();
    const waiting = this.#state === "reconnecting" && this.#socket === null;
    if (waiting && this.#clock.local() >= this.#notBefore) this.#open();
  }

  #address() {
    const url = new URL(this.#url);
    if (this.#seq !== null) url.searchParams.set("since", this.#seq);
    if (this.#session.token) url.searchParams.set("token", this.#session.token);
    return url;
  }

  #open() {
    this.#release();
    this.#startedAt = this.#clock.local();
    this.#socket = new WebSocket(this.#address());
    this.#socket.onmessage = ({ data }) => this.#hear(data);
    this.#socket.onclose = ({ code }) => this.#closed(code);
    this.#after("welcome", WELCOME_WITHIN_MS, () => this.#closed());
  }

  #hear(data) {
    this.#heardAt = this.#clock.local();
    clearTimeout(this.#timers.probe);
    const message = parsed(data);
    if (message === null) return; // had it been an event, the next one shows the gap
    if (message.type === "welcome") return this.#welcome(message);
    if (Number.isInteger(message.seq) && !NOT_EVENTS.has(message.type)) return this.#event(message);
    if (message.type === "pong") this.#clock.sample(message.t, this.#heardAt, message.now);
    if (message.type === "goodbye") this.#notBefore = this.#heardAt + message.retry_after_ms;
    if (message.type === "resync") this.#seq = message.seq;
    this.#on.message(message);
  }

  #welcome(message) {
    if (message.resumed && message.seq !== this.#seq) {
      this.#seq = null; // it resumes something we do not have: only a fresh start can be right
      return this.#gap();
    }
    clearTimeout(this.#timers.welcome);
    this.#clock.sample(this.#startedAt, this.#heardAt, message.now);
    this.#welcomedAt = this.#heardAt;
    this.#silenceMs = (message.heartbeat_ms ?? 25_000) * 2 + 10_000;
    Object.assign(this.#reconnect, message.reconnect);
    if (!message.resumed) this.#seq = message.seq ?? null;
    this.#listen();
    this.#ping(FIRST_PING_MS);
    this.#state = "connected"; // before the handlers, which may send
    this.#on.welcome(message);
    this.#on.state("connected");
  }

  #event(event) {
    if (event.seq > this.#seq + 1) return this.#gap();
    if (event.seq <= this.#seq) {
      this.#repeats += 1;
      return this.#on.counted();
    }
    this.#seq = event.seq;
    this.#on.event(event);
  }

  #gap() {
    this.#gaps += 1;
    this.#on.counted();
    this.#closed();
  }

  /** With no code: we gave up on the socket, not the server. */
  #closed(code) {
    const settled = this.#welcomedAt !== null && this.#clock.local() - this.#welcomedAt > SETTLED_AFTER_MS;
    this.#release();
    if (settled) this.#attempt = 0;
    if (code === SIGN_IN_FIRST && this.#session.token) {
      this.#session.forget();
      return this.connect();
    }
    if (code === SIGN_IN_FIRST || FINAL.has(code)) return this.#become("gone", code);
    this.#become("reconnecting", code);
    this.#after("retry", this.#delay(), () => this.#open());
  }

  #delay() {
    const held = this.#notBefore - this.#clock.local();
    if (held > 0) return held;
    const { min_ms: min, max_ms: max } = this.#reconnect;
    const ceiling = Math.min(max, min * 2 ** (this.#attempt + 1));
    this.#attempt += 1;
    return min + Math.random() * (ceiling - min);
  }

  /** A socket that says nothing for two heartbeats is dead, whatever TCP believes. */
  #listen() {
    const left = this.#heardAt + this.#silenceMs - this.#clock.local();
    if (left <= 0) return this.#closed();
    this.#after("silence", left, () => this.#listen());
  }

  /** Quick at first for a good estimate of the clock, then now and then. */
  #ping(nextMs) {
    this.send({ type: "ping", t: Math.round(this.#clock.local()) });
    this.#after("ping", nextMs, () => this.#ping(Math.min(nextMs * 2, LAST_PING_MS)));
  }

  #probe() {
    this.send({ type: "ping", t: Math.round(this.#clock.local()) });
    this.#after("probe", ANSWER_WITHIN_MS, () => this.#closed());
  }

  #after(name, ms, run) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(run, ms);
  }

  /** Lets go of the socket at once: a close handshake with a dead peer can take a minute. */
  #release() {
    Object.values(this.#timers).forEach(clearTimeout);
    this.#welcomedAt = null;
    if (this.#socket === null) return;
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #become(state, code) {
    this.#state = state;
    this.#on.state(state, code);
  }
}

function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
