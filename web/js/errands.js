// Commands under way: each is kept under its id until its verdict comes, and sent again over every new line. The server answers the same id
// with the same verdict, so sending again can never bid twice.

const MOST = 64; // as many as the server reads of one socket before it answers

const WORDS = {
  late: "It was not confirmed in time, and is not sent again by itself. It may count: send it again under the same id to find out.",
  somebody_else: "You are somebody else now, so it was not sent again. If it had arrived, it stands.",
  gone: "The connection is over. The command may count or not.",
  busy: "Too many commands are waiting for their verdicts.",
};

/** No verdict will come. `code`: `late`, `somebody_else`, `gone` or `busy`. `command` is as it was sent, with its id. */
export class Unanswered extends Error {
  constructor(code, command) {
    super(WORDS[code]);
    Object.assign(this, { name: "Unanswered", code, command });
  }
}

export class Errands {
  #open = new Map();
  #held = [];
  #tell;
  #way;

  /** `tell(message)` hears a verdict that came by another way than the line; `way()` says how to reach the server. */
  constructor({ tell, way }) {
    this.#tell = tell;
    this.#way = way;
  }

  /** A promise of the verdict; of a command under way the one there is. */
  add(command, { patience, at }) {
    const known = this.#open.get(command.id);
    if (known) return known.promise;
    if (this.#open.size >= MOST) return Promise.reject(new Unanswered("busy", command));
    const errand = { command, patience, at, line: null, by: undefined };
    errand.promise = new Promise((resolve, reject) => Object.assign(errand, { resolve, reject }));
    this.#open.set(command.id, errand);
    return errand.promise;
  }

  /** Sends what was not yet sent over this line, unless it is too late for it or somebody else's. */
  dispatch(line, you, now) {
    for (const errand of this.#open.values()) {
      if (errand.line === line) continue;
      const by = you?.id ?? null;
      if (errand.by !== undefined && errand.by !== by) this.#fail(errand, "somebody_else");
      else if (now - errand.at > errand.patience) this.#fail(errand, "late");
      else {
        Object.assign(errand, { line, by });
        line.send(errand.command);
      }
    }
  }

  /** Keeps back a verdict that came before its event, as it can where each has a way of its own. */
  early(message, seq) {
    const before = message.type === "accepted" && this.#open.has(message.id) && message.seq > seq;
    if (before) this.#held.push(message);
    return before;
  }

  /** The events are told up to this one. */
  reached(seq) {
    const due = this.#held.filter((message) => message.seq <= seq);
    if (due.length === 0) return;
    this.#held = this.#held.filter((message) => message.seq > seq);
    for (const message of due) this.#late(message);
  }

  /** A verdict, if it is one on a command of ours. */
  hear(message) {
    if (message.type !== "accepted" && message.type !== "refused") return;
    const errand = this.#open.get(message.id);
    this.#open.delete(message.id);
    errand?.resolve(message);
  }

  /** There will be no more lines. An auction that has ended is still asked, over HTTP: the same id gets its first verdict. */
  finish(ask) {
    for (const message of this.#held.splice(0)) this.#late(message);
    for (const errand of this.#open.values()) {
      if (!ask) this.#fail(errand, "gone");
      else if (errand.line !== "http") this.#ask(Object.assign(errand, { line: "http" }));
    }
  }

  async #ask(errand) {
    try {
      const { post } = await import("./carriers/post.js");
      this.#late(await post(this.#way(), errand.command));
    } catch {
      this.#fail(errand, "gone");
    }
  }

  #late(message) {
    if (!this.#open.has(message.id)) return;
    this.#tell(message);
    this.hear(message);
  }

  #fail(errand, code) {
    this.#open.delete(errand.command.id);
    errand.reject(new Unanswered(code, errand.command));
  }
}

export function requestId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // absent outside secure contexts
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
