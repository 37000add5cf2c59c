// Where the price is drawn. What draws it is fetched once that comes into sight, and draws only while it is.

import { byId } from "./dom.js";

const NEAR = "200px";

export class ChartBox {
  #node = byId("chart");
  #past;
  #chart = null;
  #model = null;
  #inSight = false;
  #asked = false;

  /** `past` holds the events. */
  constructor(past) {
    this.#past = past;
    new IntersectionObserver((entries) => this.#seen(entries.at(-1).isIntersecting), { rootMargin: NEAR }).observe(this.#node);
    document.addEventListener("visibilitychange", () => this.#draw());
  }

  render(model) {
    this.#model = model;
    this.#draw();
  }

  #seen(inSight) {
    this.#inSight = inSight;
    this.#draw();
  }

  #draw() {
    if (!this.#inSight || !this.#model || document.hidden) return;
    if (this.#chart) return this.#chart.render(this.#model, this.#past);
    if (this.#asked) return;
    this.#asked = true;
    this.#past.load();
    import("./chart.js").then(async ({ Chart }) => {
      this.#chart = await Chart.in(this.#node);
      this.#draw();
    }).catch(() => { this.#asked = false; }); // the line is down: the next time
  }
}
