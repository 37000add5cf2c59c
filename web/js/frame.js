// What is drawn at most once a frame, and rests after it where drawing costs much.

const HIDDEN_MS = 250; // a page that is not seen has no frames
const REST = 100; // so many times as long as it took: a flood takes a small part of a core, however slow that is
const LONGEST_REST_MS = 800;
const CREDIT_MS = 1_600; // of rest: a few that come together are drawn as they come

/**
 * A function after whose calls `run` runs once: at the next frame that is not in its rest, or soon where there are no frames. Its `waits()`
 * says whether that is still to come.
 */
export function soon(run) {
  let pending = false;
  let restUntil = 0; // with all the rest that is owed
  let frame = null;
  let timer = null;
  const rest = () => restUntil - CREDIT_MS - performance.now();
  const now = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    if (rest() > 0) return wait();
    pending = false;
    const began = performance.now();
    run();
    // What the browser makes of it comes after the script, and counts.
    setTimeout(() => { restUntil = Math.max(restUntil, began) + Math.min(LONGEST_REST_MS, (performance.now() - began) * REST); });
  };
  const wait = () => {
    const left = rest();
    if (left > 0) {
      timer = setTimeout(wait, left);
      return;
    }
    frame = requestAnimationFrame(now);
    timer = setTimeout(now, HIDDEN_MS);
  };
  const ask = () => {
    if (pending) return;
    pending = true;
    wait();
  };
  return Object.assign(ask, { waits: () => pending });
}
