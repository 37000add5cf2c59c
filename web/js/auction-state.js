// What one knows of an auction: a snapshot, and what has happened since. Pure; every state is a new, frozen object.

const KEPT = 200;

/** `kept`: how many bids, and how much chat, are remembered. */
export function fromSnapshot(auction, kept = KEPT) {
  const { recent = [], ...figures } = auction;
  const blank = { ...figures, kept, history: [], envelopes: [], voids: [], chat: [], extension: null, act: null, winner: null };
  // Only the lists come from replaying: the figures of the snapshot are newer than those of `recent`.
  const { history, envelopes, voids, chat, extension, act } = recent.reduce(apply, blank);
  const winner = figures.outcome === "sold" ? figures.leader : null;
  return Object.freeze({ ...figures, kept, history, envelopes, voids, chat, extension, act, winner });
}

/** The state after an event. One of an unknown type only moves the seq. */
export function apply(state, event) {
  const change = Object.hasOwn(evolve, event.type) ? evolve[event.type](state, event) : {};
  return Object.freeze({ ...state, ...change, seq: event.seq });
}

/** Who watches is live, not an event: it has no seq. */
export function withPresence(state, { watching, names }) {
  return Object.freeze({ ...state, watching, names });
}

/** What the auctioneer says is live, too: each text replaces the last, and none takes it away. */
export function withText(state, { text }) {
  return Object.freeze({ ...state, live: text || null });
}

/** Events from before all that is known, as a page of history has them: the bids in them go in front. */
export function withEarlier(state, events) {
  const blank = { history: [], envelopes: [], voids: [] };
  const earlier = events.reduce(apply, { ...state, ...blank });
  const joined = Object.keys(blank).map((list) => [list, Object.freeze([...earlier[list], ...state[list]].slice(-state.kept))]);
  return Object.freeze({ ...state, ...Object.fromEntries(joined) });
}

/** All that is known: the lists anew, from all events up to this state's. `kept`: as in `fromSnapshot`, from now on. */
export function withAll(state, events, kept) {
  return withEarlier({ ...state, kept, history: [], envelopes: [], voids: [] }, events);
}

/** What can be taken out, oldest first: bids; or, where those are sealed, when each of them came. */
export function bidsOf(state) {
  return isSealed(state) ? state.envelopes : state.history;
}

/** How a bid was taken out, if it was: `{bid, at, by, reason}`. */
export function voidOf(state, { seq }) {
  return state.voids.find(({ bid }) => bid === seq) ?? null;
}

/** `leading`, `outbid`, or `none` where no bid of theirs stands as far back as is known. `mine(person)` says whether that is one. */
export function standingOf(state, mine) {
  if (state.leader && mine(state.leader)) return "leading";
  return state.history.some((bid) => mine(bid.bidder) && !voidOf(state, bid)) ? "outbid" : "none";
}

/** Whether nobody sees the bids of others before the end. */
export function isSealed({ format }) {
  return format === "sealed" || format === "vickrey";
}

/** Whether it can be bought at once: before the first bid, or as long as the reserve is not met. */
export function canBuyNow({ buy_now, status, leader, reserve }) {
  return Boolean(buy_now) && status === "open" && (leader === null || reserve === "unmet");
}

const evolve = {
  created: (_, { starts_at, ends_at }) => ({ starts_at, ends_at }),

  opened: (state, event) => {
    const act = event.by === null ? null : acted(event);
    return { status: "open", ends_at: event.ends_at, dutch: fallingSince(state, event.at), act };
  },

  paused: (_, event) => ({ status: "paused", ends_at: event.ends_at, paused_at: event.at, act: acted(event) }),

  resumed: (state, event) => {
    const since = (state.dutch?.since ?? 0) + event.at - state.paused_at; // the price stood still
    return { status: "open", ends_at: event.ends_at, paused_at: null, dutch: fallingSince(state, since), act: acted(event) };
  },

  warned: (_, { stage }) => ({ warned: stage }),

  cancelled: (state, event) => {
    const ends_at = Math.min(state.ends_at, event.at);
    return { status: "cancelled", reason: event.reason, warned: null, paused_at: null, ends_at, act: acted(event) };
  },

  bid: (state, event) => {
    const { seq, at, bidder, amount, automatic, price, leader, minimum, ends_at, reserve, why = null } = event;
    const history = appended(state, "history", { seq, at, bidder, amount, automatic, leader, price });
    return { price, leader, minimum, ends_at, reserve, why, history, bids: state.bids + 1, warned: null, act: null };
  },

  sealed: (state, { seq, at, count }) => ({ envelopes: appended(state, "envelopes", { seq, at }), bids: count, warned: null, act: null }),

  voided: (state, event) => {
    const { at, by, bid, reason, price, leader, minimum, bids, reserve, why = null } = event;
    const voids = appended(state, "voids", { bid, at, by, reason });
    return { price, leader, minimum, bids, reserve, why, voids, warned: null, act: acted(event) };
  },

  extended: (_, event) => {
    const { at, ends_at, reason } = event;
    const change = { ends_at, extension: Object.freeze({ at, ends_at, reason }) };
    return reason === "soft_close" ? change : { ...change, act: acted(event) };
  },

  said: (state, { seq, at, from, text }) => ({ chat: appended(state, "chat", { seq, at, from, text }) }),

  closed: (state, event) => {
    const { at, by, outcome, winner, price, bids = null } = event;
    const act = by ? acted(event) : null;
    const leader = winner ?? state.leader;
    const figures = { status: "closed", outcome, winner, leader, revealed: bids, warned: null, ends_at: Math.min(state.ends_at, at), act };
    return price === null ? figures : { ...figures, price };
  },
};

function fallingSince({ dutch }, since) {
  return dutch ? Object.freeze({ ...dutch, since }) : null;
}

/** What the auctioneer, or the house, has just done. */
function acted({ type, at, by = null, ends_at = null, reason = null, bid = null }) {
  return Object.freeze({ type, at, by, ends_at, reason, bid });
}

function appended(state, list, entry) {
  return Object.freeze([...state[list], Object.freeze(entry)].slice(-state.kept));
}
