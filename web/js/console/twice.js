// What is to be pressed twice: the first press arms it for a moment, and for what was to be seen then.

const ARMED_MS = 3_000;

export class Twice {
  #changed;
  #armed = null;
  #timer = null;

  /** `changed()` when something is armed, or not any more. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** The name of what is armed; null for nothing. */
  get armed() { return this.#armed?.name ?? null; }

  /** True for the second press. `sight`: what the person saw; where that has changed, the first press counts as none. */
  press(name, sight) {
    const second = this.#armed?.name === name && this.#armed.sight === sight;
    if (second) this.disarm();
    else this.#arm(name, sight);
    return second;
  }

  disarm() {
    if (this.#armed === null) return;
    clearTimeout(this.#timer);
    this.#armed = null;
    this.#changed();
  }

  #arm(name, sight) {
    clearTimeout(this.#timer);
    this.#armed = { name, sight };
    this.#timer = setTimeout(() => this.disarm(), ARMED_MS);
    this.#changed();
  }

  /** Takes the first press back where what was seen is no longer so. */
  check(sight) {
    if (this.#armed !== null && this.#armed.sight !== sight) this.disarm();
  }
}

/** A key that is held down is one press. */
export function noRepeats(event) {
  if (event.repeat && (event.key === "Enter" || event.key === " ")) event.preventDefault();
}
