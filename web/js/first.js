// What the server has put into the page: how it stood when the page was made.

/** `{now, auction}`, or null where there is none. */
export function firstLook() {
  const node = document.getElementById("first");
  return node ? JSON.parse(node.textContent) : null;
}

/** The first word on the server's clock is the page itself, where it came over the network just now, and not out of the browser's memory. */
export function readClock(clock, { now }, [navigation] = performance.getEntriesByType("navigation")) {
  if (!navigation || navigation.type === "back_forward" || !(navigation.transferSize > 0) || !(navigation.responseStart > 0)) return;
  const { timeOrigin } = performance;
  clock.sample(timeOrigin + navigation.requestStart, timeOrigin + navigation.responseStart, now);
}
