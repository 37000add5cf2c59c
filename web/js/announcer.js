// Tells a screen reader of the price as it moves: the newest word every few seconds, never all of them.

const EVERY_MS = 4_000;

export class Announcer {
  #region;
  #next = null;
  #timer = null;

  constructor(region) {
    this.#region = region;
  }

  say(text) {
    this.#next = text;
    if (this.#timer === null) this.#speak();
  }

  #speak() {
    this.#timer = null;
    if (this.#next === null) return;
    this.#region.textContent = this.#next;
    this.#next = null;
    this.#timer = setTimeout(() => this.#speak(), EVERY_MS);
  }
}
