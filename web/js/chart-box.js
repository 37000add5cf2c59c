// Where the price is drawn. What draws it is fetched once that comes into sight, and draws only while it is.

import { byId } from "./dom.js";
import { isOver } from "./figures.js";

const NEAR = "200px";
const SPREAD_MS = 20_000; // those who have seen it end do not all ask at once

export class ChartBox {
  #node = byId("chart");
  #past;
  #chart = null;
  #model = null;
  #inSight = false;
  #asked = false;
  #ended = false;

  /** `past` holds the events. */
  constructor(past) {
    this.#past = past;
    new IntersectionObserver((entries) => this.#seen(entries.at(-1).isIntersecting), { rootMargin: NEAR }).observe(this.#node);
    document.addEventListener("visibilitychange", () => this.#draw());
  }

  render(model) {
    const live = this.#model !== null;
    this.#model = model;
    if (isOver(model.state)) this.#complete(live);
    this.#draw();
  }

  /** Once it is over, all bids are wanted: on paper, too. */
  #complete(live) {
    if (this.#ended) return;
    this.#ended = true;
    setTimeout(() => this.#past.load(), live ? Math.random() * SPREAD_MS : 0);
  }

  #seen(inSight) {
    this.#inSight = inSight;
    this.#draw();
  }

  #draw() {
    if (!this.#inSight || document.hidden) this.#chart?.sleep();
    if (!this.#inSight || !this.#model || document.hidden) return;
    if (this.#chart) return this.#chart.render(this.#model, this.#past);
    if (this.#asked) return;
    this.#asked = true;
    this.#past.load();
    idle().then(() => import("./chart.js")).then(async ({ Chart }) => {
      this.#chart = await Chart.in(this.#node);
      await idle(); // a slow phone answers a finger in between
      this.#draw();
    }).catch(() => { this.#asked = false; }); // the line is down: the next time
  }
}

/** Resolves when there is nothing more urgent, and in a second at the latest. */
function idle() {
  return new Promise((resolve) => {
    if (globalThis.requestIdleCallback) requestIdleCallback(resolve, { timeout: 1_000 });
    else setTimeout(resolve);
  });
}
