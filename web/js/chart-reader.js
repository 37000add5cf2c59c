// Reads a chart bid by bid: under the pointer, or by the arrow keys.

import { byId, make, setText } from "./dom.js";
import { bidWords } from "./chart-words.js";
import { nearest } from "./price-line.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };

export class Reader {
  #node;
  #of;
  #words = byId("chart-read");
  #ring = make("div", "chart-ring");
  #at = null; // the bid that is read
  #key = null; // by its place, where keys moved it

  /** `of()`: `{plot, shown, model}` as they are. */
  constructor(node, of) {
    this.#node = node;
    this.#of = of;
    node.addEventListener("keydown", (event) => this.#pressed(event));
    node.addEventListener("blur", () => this.#leave());
    node.addEventListener("pointerleave", () => this.#leave());
  }

  /** The pointer is over the chart, or has left it. */
  pointed(plot) {
    if (this.#key !== null) return;
    const { left } = plot.cursor;
    const bids = this.#of().shown?.bids ?? [];
    if (left === null || left < 0 || bids.length === 0) return this.#show(null);
    this.#words.setAttribute("aria-live", "off"); // whoever points, looks
    this.#show(bids[nearest(bids, plot.posToVal(left, "x"))]);
  }

  /** The chart has been drawn anew: what is read has moved. */
  moved() {
    if (this.#at) this.#place();
  }

  #pressed(event) {
    const { shown } = this.#of();
    const most = (shown?.bids.length ?? 0) - 1;
    if (most < 0) return;
    const here = this.#key ?? most + (event.key === "ArrowLeft" ? 1 : 0);
    const wanted = { Home: 0, End: most, Escape: null }[event.key];
    if (wanted === null) return this.#leave();
    if (wanted === undefined && !STEPS[event.key]) return;
    event.preventDefault();
    this.#key = Math.min(most, Math.max(0, wanted ?? here + STEPS[event.key]));
    this.#words.setAttribute("aria-live", "polite");
    this.#show(shown.bids[this.#key]);
  }

  #leave() {
    this.#key = null;
    this.#show(null);
  }

  #show(bid) {
    this.#at = bid;
    setText(this.#words, bid ? bidWords(bid, this.#of().model) : "");
    this.#ring.hidden = !bid;
    if (bid) this.#place();
  }

  #place() {
    const { plot } = this.#of();
    if (!plot) return;
    if (this.#ring.parentNode !== plot.over) plot.over.append(this.#ring);
    const [x, y] = [plot.valToPos(this.#at.at, "x"), plot.valToPos(this.#at.amount, "y")];
    this.#ring.style.translate = `${x}px ${y}px`;
  }
}
