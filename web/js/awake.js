// Tells when somebody is back, and when the machine has slept: by what the browser says, and where it says nothing, by two clocks that no longer
// agree. The monotonic one may stand still while a machine is suspended; the other does not.

const LOOK_EVERY_MS = 1_000;
const DRIFT_MS = 2_000; // between two looks: nobody's clock is that bad
const STALLED_MS = 10_000; // no timer of a page that is seen is this late

/**
 * `woke({ doubt, moved })`: somebody is back, or the network. `doubt`: what was known before may be old; `moved`: and the clocks have moved against
 * each other. `rest()`: the page is put away, perhaps to come back as it is; then `back()`. Returns what ends it.
 */
export function watchSleep({ woke, rest, back }) {
  const { window, document } = globalThis;
  const seen = () => !document?.hidden;
  const clocks = new Clocks(document);
  const look = () => {
    const slept = clocks.look();
    if (slept) woke(slept);
    return Boolean(slept);
  };
  const on = [
    [window, "online", () => woke({})],
    [window, "offline", () => woke({ doubt: true })],
    [window, "pagehide", () => rest()],
    [window, "pageshow", ({ persisted }) => persisted && back()],
    [document, "resume", () => look() || woke({ doubt: true })],
    [document, "visibilitychange", () => seen() && (look() || woke({}))],
  ];
  for (const [target, type, run] of on) target?.addEventListener(type, run);
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref?.(); // it keeps no program alive
  return () => {
    clearInterval(timer);
    for (const [target, type, run] of on) target?.removeEventListener(type, run);
  };
}

/** Two clocks, looked at again and again. */
export class Clocks {
  #document;
  #wall;
  #monotonic;
  #hidden;

  constructor(document = null) {
    this.#document = document;
    this.#read();
  }

  /** `{ doubt, moved }` where it has slept since the last look; else null. */
  look() {
    const [wall, monotonic, hidden] = [this.#wall, this.#monotonic, this.#hidden];
    this.#read();
    const passed = this.#monotonic - monotonic;
    if (Math.abs(this.#wall - wall - passed) > DRIFT_MS) return { doubt: true, moved: true };
    // The timers of a page that nobody sees are held back: that is no sleep.
    return passed > STALLED_MS && !hidden && !this.#hidden ? { doubt: true, moved: false } : null;
  }

  #read() {
    this.#wall = Date.now();
    this.#monotonic = performance.now();
    this.#hidden = this.#document?.hidden ?? false;
  }
}
