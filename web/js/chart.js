// The price over time, drawn: every bid a point, and what moved the end, met the reserve or ended it a line with its name.

import uPlot from "../vendor/uplot/uplot.js";
import { make, setText } from "./dom.js";
import { Marker } from "./chart-marks.js";
import { Reader } from "./chart-reader.js";
import { summary } from "./chart-words.js";
import { priceLine } from "./price-line.js";
import { axisMoney, axisTimes } from "./chart-axes.js";

const REST = 100; // it rests so many times as long as it has drawn: at most 1 % of the time
const LONGEST_REST_MS = 2_500; // the first time takes long
const STILL_MS = 1_000; // the time goes on also where nothing happens
const STEPS = [1, 2, 2.5, 5].flatMap((lead) => Array.from({ length: 14 }, (_, zeros) => lead * 10 ** zeros)).filter(Number.isInteger).sort((a, b) => a - b);
const TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000].map((s) => s * 1_000);

export class Chart {
  #node;
  #plot = null;
  #shown = null;
  #model = null;
  #past = null;
  #frame = null;
  #timer = null;
  #restUntil = 0;
  #colours = null;
  #marker = null;
  #scale = 1;
  #reader;

  /** Once its style is there. */
  static async in(node) {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/vendor/uplot/uplot.css" });
    await new Promise((resolve, reject) => {
      Object.assign(link, { onload: resolve, onerror: reject });
      document.head.append(link);
    });
    return new Chart(node);
  }

  constructor(node) {
    this.#node = node;
    this.#reader = new Reader(node, () => ({ plot: this.#plot, shown: this.#shown, model: this.#model }));
    new ResizeObserver(() => this.#resize()).observe(node);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => {
        this.#colours = null;
        this.#plot?.redraw();
      });
    }
  }

  /** At the next frame, or when it has rested. */
  render(model, past) {
    this.#model = model;
    this.#past = past;
    this.#later(Math.max(0, this.#restUntil - performance.now()));
  }

  /** Nobody sees it. */
  sleep() {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #later(wait) {
    if (this.#frame !== null) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#frame ??= requestAnimationFrame(() => {
        this.#frame = null;
        this.#draw();
      });
    }, wait);
  }

  #draw() {
    const began = performance.now();
    const { state, mine, now } = this.#model;
    this.#shown = priceLine(state, this.#past.events, { now: now(), mine });
    const { line, bids } = this.#shown;
    const empty = line.length === 0 && bids.length === 0;
    this.#node.dataset.empty = empty;
    setText(this.#caption(), empty ? summary(this.#shown, this.#model) : "");
    this.#node.setAttribute("aria-label", summary(this.#shown, this.#model));
    this.#node.dataset.bids = bids.length;
    if (!empty) this.#plotted([line.map(([at]) => at), line.map(([, price]) => price)]);
    const drawn = performance.now();
    this.#restUntil = drawn + Math.min(LONGEST_REST_MS, (drawn - began) * REST);
    if (state.status === "open" && !document.hidden) this.#later(Math.max(STILL_MS, this.#restUntil - drawn));
  }

  #caption() {
    return this.#node.querySelector(".chart-empty") ?? this.#node.appendChild(make("p", "chart-empty"));
  }

  #plotted(line) {
    const data = line[0].length === 0 ? [[this.#shown.from, this.#shown.to], [null, null]] : line;
    if (!this.#plot) this.#plot = this.#made(data);
    else this.#plot.batch(() => this.#plot.setData(data)); // at once, so that what it costs is known
    this.#reader.moved();
  }

  #made(data) {
    this.#scale = scaleOfPage();
    this.#marker = new Marker(this.#scale);
    return new uPlot(this.#options(), data, this.#node);
  }

  #options() {
    const scale = this.#scale;
    const colour = (name) => () => this.#palette[name];
    const font = `${12 * scale}px system-ui, sans-serif`;
    const axis = { font, stroke: colour("quiet"), ticks: { show: false } };
    const { state } = this.#model;
    return {
      ...this.#size(),
      ms: 1,
      legend: { show: false },
      padding: [this.#marker.height, 28 * scale, 0, 0],
      cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { show: false } },
      scales: { x: { time: true, range: () => [this.#shown.from, this.#shown.to] }, y: { range: () => this.#range() } },
      axes: [
        { ...axis, grid: { show: false }, space: 72 * scale, incrs: TIMES, ...axisTimes(() => this.#model.now(), scale) },
        { ...axis, grid: { stroke: colour("grid"), width: 1 }, incrs: STEPS, space: 36 * scale, ...axisMoney(state, font, scale) },
      ],
      series: [{}, {
        stroke: colour("line"), width: 2 * scale, points: { show: false }, spanGaps: false, paths: uPlot.paths.stepped({ align: 1 }),
      }],
      hooks: {
        draw: [(plot) => this.#marker.draw(plot, this.#shown, this.#palette)],
        setCursor: [(plot) => this.#reader.pointed(plot)],
      },
    };
  }

  /** All bids that stand and the price now, with some air; what was taken out may lie beyond. */
  #range() {
    let [low, high] = [Infinity, -Infinity];
    const reach = (value) => {
      if (value === null) return;
      if (value < low) low = value;
      if (value > high) high = value;
    };
    const { line, bids } = this.#shown;
    if (this.#model.state.dutch) for (const [, price] of line) reach(price);
    else reach(line.at(-1)?.[1] ?? null);
    for (const { amount, voided } of bids) if (!voided) reach(amount);
    if (low > high) for (const { amount } of bids) reach(amount);
    if (low > high) return [0, 1];
    const air = Math.max((high - low) * 0.1, high * 0.01, 1);
    return [Math.max(0, low - air), high + air];
  }

  #size() {
    return { width: this.#node.clientWidth, height: this.#node.clientHeight };
  }

  #resize() {
    if (!this.#plot || this.#node.clientWidth === 0) return;
    if (this.#scale === scaleOfPage()) return this.#plot.setSize(this.#size());
    const { data } = this.#plot;
    this.#plot.destroy();
    this.#plot = this.#made(data);
  }

  get #palette() {
    this.#colours ??= coloursOf(this.#node);
    return this.#colours;
  }
}

/** The page grows on a large screen, and for whoever wants larger letters. */
function scaleOfPage() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}

function coloursOf(node) {
  if (matchMedia("(forced-colors: active)").matches) {
    return { ink: "CanvasText", quiet: "CanvasText", grid: "GrayText", line: "CanvasText", own: "Highlight", ground: "Canvas" };
  }
  const style = getComputedStyle(node);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), quiet: of("--ink-quiet"), grid: of("--line"), line: of("--ink-quiet"), own: of("--accent"), ground: of("--ground") };
}
