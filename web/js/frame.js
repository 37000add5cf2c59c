// What is drawn at most once a frame.

const HIDDEN_MS = 250; // a page that is not seen has no frames

/** A function after whose calls `run` runs once: at the next frame, or soon where there is none. */
export function soon(run) {
  let frame = null;
  let timer = null;
  const now = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = timer = null;
    run();
  };
  return () => {
    if (frame !== null) return;
    frame = requestAnimationFrame(now);
    timer = setTimeout(now, HIDDEN_MS);
  };
}
