// Whether somebody is just now busy with a part of the page: nothing should move under their hands.

const POINTER_RESTS_MS = 10_000; // a mouse that has lain there so long points at nothing
const TOUCH_RESTS_MS = 1_500;

export class Stillness {
  #area;
  #over = false;
  #pointedAt = -Infinity;
  #touchedAt = -Infinity;

  constructor(area) {
    this.#area = area;
    const passive = { passive: true };
    area.addEventListener("pointerover", (event) => this.#pointer(event), passive);
    area.addEventListener("pointermove", (event) => this.#pointer(event), passive);
    area.addEventListener("pointerleave", () => { this.#over = false; }, passive);
    for (const kind of ["touchstart", "touchmove", "wheel"]) area.addEventListener(kind, () => this.#touched(), passive);
    document.addEventListener("scroll", () => this.#touched(), passive);
  }

  /** `now` as of `performance.now()`. */
  isBusy(now) {
    const pointing = this.#over && now - this.#pointedAt < POINTER_RESTS_MS;
    return pointing || now - this.#touchedAt < TOUCH_RESTS_MS || this.#area.querySelector(":focus-visible") !== null;
  }

  #pointer({ pointerType }) {
    if (pointerType !== "mouse") return this.#touched();
    this.#over = true;
    this.#pointedAt = performance.now();
  }

  #touched() {
    this.#touchedAt = performance.now();
  }
}
