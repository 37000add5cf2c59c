// What is drawn over the line of the price: bids as points, and the moments that mattered.

import { markWords } from "./chart-words.js";

const FONT_PX = 11;
const ROW_PX = 15;
const ROWS = 3;
const CROWD = 6; // where the end has moved more often, short lines say so
const TICK_PX = 10;
const SHORT = new Set(["extended", "old_end"]);
const DASHES = { old_end: [2, 4], end: [], closed: [], hammer: [], cancelled: [], extended: [6, 3], reserve: [1, 2], paused: [2, 2], resumed: [2, 2], once: [4, 2], twice: [4, 2] };
const RANK = ["hammer", "closed", "cancelled", "end", "reserve", "twice", "once", "extended", "old_end", "paused", "resumed"]; // whose name is shown where not all can be

export class Marker {
  /** What the names of the marks take, in px. */
  height = ROW_PX * ROWS + 6;

  draw(plot, { bids, marks, from, to }, colours) {
    const { ctx } = plot;
    ctx.save();
    ctx.scale(devicePixelRatio, devicePixelRatio);
    const box = scaled(plot.bbox);
    this.#lines(plot, box, marks.filter(({ at }) => at >= from && at <= to), colours);
    this.#points(plot, bids, colours);
    ctx.restore();
  }

  #lines(plot, box, marks, colours) {
    const { ctx } = plot;
    const placed = marks.map((mark) => ({ ...mark, x: Math.round(plot.valToPos(mark.at, "x") + box.left) + 0.5 }));
    const rows = Array.from({ length: ROWS }, () => []);
    ctx.font = `${FONT_PX}px system-ui, sans-serif`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    const crowded = marks.filter(({ kind }) => SHORT.has(kind)).length > CROWD;
    for (const { kind, x } of placed) {
      ctx.beginPath();
      ctx.setLineDash(DASHES[kind]);
      ctx.strokeStyle = kind === "old_end" ? colours.grid : colours.quiet;
      ctx.lineWidth = kind === "end" || kind === "hammer" || kind === "closed" ? 1.5 : 1;
      ctx.moveTo(x, box.top);
      ctx.lineTo(x, box.top + (crowded && SHORT.has(kind) ? TICK_PX : box.height));
      ctx.stroke();
    }
    ctx.setLineDash([]);
    const first = [...placed].sort((a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind) || b.at - a.at);
    for (const mark of first) this.#name(ctx, box, mark, rows, colours);
  }

  /** In the lowest row with room for it; else it goes without, and the reader says it. */
  #name(ctx, box, mark, rows, colours) {
    const text = markWords(mark);
    const width = ctx.measureText(text).width;
    const left = Math.min(Math.max(mark.x - width / 2, box.left), box.left + box.width - width);
    const row = rows.find((taken) => taken.every(([begins, ends]) => left > ends + 6 || left + width + 6 < begins));
    if (!row) return;
    row.push([left, left + width]);
    ctx.fillStyle = mark.kind === "old_end" ? colours.quiet : colours.ink;
    const y = box.top - ROW_PX * (rows.indexOf(row) + 0.5) - 2;
    ctx.fillText(text, left, y);
  }

  /** Where many stand on one spot, one is drawn; one's own on top. */
  #points(plot, bids, colours) {
    const { ctx } = plot;
    const box = scaled(plot.bbox);
    const spots = new Set();
    const own = [];
    const place = ({ at, amount }) => [plot.valToPos(at, "x") + box.left, Math.max(plot.valToPos(amount, "y"), 0) + box.top];
    ctx.lineWidth = 1.5;
    for (const bid of bids) {
      const [x, y] = place(bid);
      if (bid.own && !bid.voided) {
        own.push([x, y]);
        continue;
      }
      const spot = `${Math.round(x / 2)},${Math.round(y / 2)},${bid.voided}`;
      if (spots.has(spot)) continue;
      spots.add(spot);
      if (bid.voided) cross(ctx, x, y, colours);
      else dot(ctx, x, y, colours);
    }
    for (const [x, y] of own) diamond(ctx, x, y, colours);
  }
}

function scaled({ left, top, width, height }) {
  const ratio = devicePixelRatio;
  return { left: left / ratio, top: top / ratio, width: width / ratio, height: height / ratio };
}

function dot(ctx, x, y, colours) {
  ctx.beginPath();
  ctx.arc(x, y, 3, 0, 2 * Math.PI);
  ctx.fillStyle = colours.ink;
  ctx.fill();
}

function diamond(ctx, x, y, colours) {
  ctx.beginPath();
  for (const [dx, dy] of [[0, -6], [6, 0], [0, 6], [-6, 0]]) ctx.lineTo(x + dx, y + dy);
  ctx.closePath();
  ctx.fillStyle = colours.own;
  ctx.strokeStyle = colours.ground;
  ctx.fill();
  ctx.stroke();
}

function cross(ctx, x, y, colours) {
  ctx.beginPath();
  ctx.strokeStyle = colours.quiet;
  for (const [dx, dy] of [[-4, -4], [-4, 4]]) {
    ctx.moveTo(x + dx, y + dy);
    ctx.lineTo(x - dx, y - dy);
  }
  ctx.stroke();
}
