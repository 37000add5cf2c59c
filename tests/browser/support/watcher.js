// A client of web/js/client.js, and a record of everything it was told.

import { WebSocket } from "ws";
import { Client } from "../../../web/js/client.js";

const PATIENCE_MS = 30_000; // for conditions, never a measure of speed

/** Polls until it holds. */
export async function until(holds, what) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export class Watcher {
  client;
  log = []; // kind and seq of all that counts, in order
  seqs = [];
  events = [];
  snapshots = [];
  states = [];
  messages = [];
  welcomes = [];
  frames = new Set(); // text, binary

  constructor(origin, options = {}) {
    const { frames } = this;
    class Overheard extends WebSocket {
      constructor(...way) {
        super(...way);
        this.addEventListener("message", ({ data }) => frames.add(typeof data === "string" ? "text" : "binary"));
      }
    }
    this.client = new Client(origin, { WebSocket: Overheard, ...options });
    this.client.on("event", (event) => {
      this.events.push(event);
      this.seqs.push(event.seq);
    });
    this.client.on("snapshot", (auction) => {
      this.snapshots.push(auction);
      this.seqs = [auction.seq];
    });
    this.client.on("state", (state, code) => this.states.push(code === undefined ? state : `${state} ${code}`));
    this.client.on("message", (message) => this.messages.push(message));
    this.client.on("welcome", (message) => this.welcomes.push(message));
  }

  until(holds, what) {
    const told = () => `${what}; seq ${this.client.seq}, ${this.client.carrier}, ${this.states.slice(-6).join(", ")}`;
    return until(() => holds(this), told);
  }

  reached(seq) {
    return this.until(({ client }) => client.seq >= seq, `seq ${seq}`);
  }

  state(wanted) {
    return this.until(({ client }) => client.state === wanted, wanted);
  }

  /** Since its last snapshot: every event once, in order. */
  get unbroken() {
    return this.seqs.every((seq, at) => at === 0 || seq === this.seqs[at - 1] + 1);
  }
}
