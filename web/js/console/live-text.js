// Live text, on its way while it is being typed: one message at a time, at most ten a second, and always the newest.

import { refusalWords } from "../refusals.js";

const EVERY_MS = 110;
const AGAIN_MS = 1_000;

export class LiveText {
  #send;
  #refused;
  #wait;
  #wanted;
  #said;
  #busy = false;

  /** `send(text)` gives a promise of the verdict; `refused(message)` hears why one was not taken, "" when one was. */
  constructor({ send, refused, wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }) {
    this.#send = send;
    this.#refused = refused;
    this.#wait = wait;
  }

  /** What everyone shall see, from now on. */
  set(text) {
    this.#wanted = text;
    this.#go();
  }

  /** What everyone sees already. */
  known(text) {
    this.#said = text;
  }

  async #go() {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#wanted !== undefined && this.#wanted !== this.#said) {
      const text = this.#wanted;
      const [verdict] = await Promise.all([this.#send(text).catch(() => null), this.#wait(EVERY_MS)]);
      if (verdict?.type === "accepted") this.#said = text;
      else if (!(await this.#mayTryAgain(verdict))) break;
      if (verdict?.type === "accepted") this.#refused("");
    }
    this.#busy = false;
  }

  /** A full queue has room in a moment, a line comes back: all else is for the person to read. */
  async #mayTryAgain(verdict) {
    const soon = verdict === null || verdict.code === "busy" || verdict.code === "rate_limited";
    if (soon) await this.#wait(AGAIN_MS);
    else {
      this.#refused(refusalWords(verdict));
      this.#wanted = undefined;
    }
    return soon;
  }
}
