// What a chart of the price shows, made of the events of an auction. Pure; times in ms, money in minor units.

import { isSealed } from "./auction-state.js";

const MOST_STEPS = 2_000; // of a price that falls
const END_SHARE = 0.6; // the end is shown once what is left is no more than this much of what has been
const AIR = 0.03; // of the time shown, beside what is at its edges

/**
 * `line`: `[at, price]` from step to step, a price of null where there is none. `bids`: every bid with `own` and `voided`. `marks`: `{at, kind, …}`.
 * `from`, `to`: the time to show. `mine(person)` says whether that is one.
 */
export function priceLine(state, events, { now, mine }) {
  const until = isOver(state) ? state.ends_at : Math.max(now, events.at(-1)?.at ?? now);
  const folded = fold(events, state);
  const bids = isSealed(state) ? revealed(state) : folded.bids;
  const shown = bids.map((bid) => ({ ...bid, own: mine(bid.bidder), voided: folded.struck.has(bid.seq) }));
  const line = closedLine(state.dutch ? falling(state, events, until) : folded.line, until);
  const marks = [...folded.marks, ...ending(state)].sort((a, b) => a.at - b.at);
  return { line, bids: shown, marks, ...span(state, { first: shown[0]?.at ?? line[0]?.[0] ?? null, now, until }) };
}

/** The bid nearest to a moment; -1 where there is none. */
export function nearest(bids, at) {
  let [low, high] = [0, bids.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bids[middle].at < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - bids[low - 1].at <= bids[low].at - at ? low - 1 : Math.min(low, bids.length - 1);
}

function isOver({ status }) {
  return status === "closed" || status === "cancelled";
}

function fold(events, state) {
  const known = { line: [], bids: [], marks: [], struck: new Set(), end: null, reserve: beginning(events, state) };
  for (const event of events) if (Object.hasOwn(READ, event.type)) READ[event.type](known, event);
  return known;
}

/** Whether the reserve was met before the first of these events: unknown where something is before them. */
function beginning(events, { reserve }) {
  return reserve !== "none" && (events[0]?.seq ?? 1) <= 1 ? "unmet" : null;
}

const READ = {
  created: (known, { ends_at }) => { known.end = ends_at; },
  opened: (known, { ends_at }) => { known.end = ends_at; },

  bid: (known, { seq, at, bidder, amount, price, reserve }) => {
    known.bids.push({ seq, at, bidder, amount });
    known.line.push([at, price]);
    judge(known, at, reserve);
  },

  voided: (known, { at, bid, price, reserve }) => {
    known.struck.add(bid);
    known.line.push([at, price]);
    judge(known, at, reserve);
  },

  extended: (known, { at, ends_at, reason }) => {
    if (known.end !== null && known.end < ends_at) known.marks.push({ at: known.end, kind: "old_end" });
    known.marks.push({ at, kind: "extended", reason, by: known.end === null ? null : ends_at - known.end });
    known.end = ends_at;
  },

  paused: (known, { at }) => { known.marks.push({ at, kind: "paused" }); },

  resumed: (known, { at, ends_at }) => {
    known.marks.push({ at, kind: "resumed" });
    known.end = ends_at;
  },

  warned: (known, { at, stage }) => { known.marks.push({ at, kind: stage === 1 ? "once" : "twice" }); },
  closed: (known, { at, by }) => { known.marks.push({ at, kind: by ? "hammer" : "closed" }); },
  cancelled: (known, { at }) => { known.marks.push({ at, kind: "cancelled" }); },
};

function judge(known, at, reserve) {
  if (known.reserve === "unmet" && reserve === "met") known.marks.push({ at, kind: "reserve" });
  known.reserve = reserve;
}

function revealed({ revealed: bids }) {
  return (bids ?? []).map(({ bidder, amount, at }) => ({ seq: null, bidder, amount, at })).sort((a, b) => a.at - b.at);
}

/** The last price holds until now, or until the end. */
function closedLine(line, until) {
  const last = line.at(-1);
  return last && last[0] < until ? [...line, [until, last[1]]] : line;
}

/** It falls while the clock runs, as long as nobody has bought. */
function falling({ start, dutch }, events, until) {
  const { floor, step, every_ms: every } = dutch;
  const steps = Math.ceil((start - floor) / step);
  const stride = Math.ceil(steps / MOST_STEPS);
  const line = [];
  let gone = 0; // ms that the clock has run
  for (const [begins, ends] of running(dutch, events, until)) {
    for (let at = Math.ceil(gone / every); at <= steps && begins + at * every - gone <= ends; at += stride) {
      line.push([begins + at * every - gone, Math.max(floor, start - step * at)]);
    }
    gone += ends - begins;
  }
  return line;
}

/** From when to when the clock has run. */
function running({ since }, events, until) {
  const bought = events.find(({ type }) => type === "bid")?.at ?? until;
  const begun = events.find(({ type }) => type === "opened");
  if (!begun) return since === null ? [] : [[since, bought]]; // stops from before what is known moved `since`
  const spans = [[begun.at, null]];
  for (const { type, at } of events) {
    if (type === "paused") spans.at(-1)[1] = at;
    if (type === "resumed") spans.push([at, null]);
  }
  return spans.map(([begins, ends]) => [begins, Math.min(ends ?? bought, bought)]);
}

function ending({ status, ends_at }) {
  return status === "open" ? [{ at: ends_at, kind: "end" }] : [];
}

/** Not a long wait before the first bid, nor a long one until the end: what happens is to be seen. */
function span(state, { first, now, until }) {
  const opened = Math.min(state.starts_at, first ?? state.starts_at);
  const begins = first !== null && first - opened > until - first ? first : opened;
  const soon = state.status === "open" && state.ends_at - now <= (until - begins) * END_SHARE;
  const ends = Math.max(soon ? state.ends_at : until, begins + 1_000);
  const air = (ends - begins) * AIR;
  return { from: begins - air, to: ends + air };
}
