// The server's clock, estimated: only the server decides when an auction ends.

const KEPT = 8;

/** Monotonic, so that somebody setting their wall clock moves no countdown. */
function monotonic() {
  return performance.timeOrigin + performance.now();
}

export class ServerClock {
  #local;
  #samples = [];
  #offset = 0;

  constructor(local = monotonic) {
    this.#local = local;
  }

  local() {
    return this.#local();
  }

  now() {
    return this.#local() + this.#offset;
  }

  /** The machine may have slept, and this clock with it: the next sample alone is to be believed. */
  forget() {
    this.#samples = [];
  }

  /** The server read `now` somewhere between `sent` and `received`, both local. */
  sample(sent, received, now) {
    const rtt = Math.max(0, received - sent);
    const fresh = { rtt, offset: now - (sent + rtt / 2) };
    // Each sample is right to within half its rtt. Two that cannot both be right mean that a clock
    // was moved or the machine slept: what was known before is worth nothing.
    if (this.#samples.some((old) => !compatible(old, fresh))) this.#samples = [];
    this.#samples = [...this.#samples, fresh].slice(-KEPT);
    this.#offset = this.#samples.reduce((best, next) => (next.rtt < best.rtt ? next : best)).offset;
  }
}

const SLACK_MS = 50; // rounding to milliseconds, and drift over a few minutes

function compatible(a, b) {
  return Math.abs(a.offset - b.offset) <= (a.rtt + b.rtt) / 2 + SLACK_MS;
}
