// Tells a screen reader of the price as it moves: the newest word every few seconds, never all of them.

const EVERY_MS = 4_000;

export class Announcer {
  #region;
  #next = null;
  #timer = null;

  constructor(region) {
    this.#region = region;
  }

  /** `text`, or what gives it when it is said. */
  say(text) {
    this.#next = text;
    if (this.#timer === null) this.#speak();
  }

  #speak() {
    this.#timer = null;
    if (this.#next === null) return;
    const text = typeof this.#next === "function" ? this.#next() : this.#next;
    this.#next = null;
    if (!text) return;
    this.#region.textContent = text;
    this.#timer = setTimeout(() => this.#speak(), EVERY_MS);
  }
}
