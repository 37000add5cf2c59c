// What one knows of an auction: a snapshot, and what has happened since. Pure; every state is a new, frozen object.

const KEPT = 200;

export function fromSnapshot(auction) {
  const { recent = [], ...figures } = auction;
  const blank = { ...figures, history: [], chat: [], extension: null, winner: null };
  // Only the lists come from replaying: the figures of the snapshot are newer than those of `recent`.
  const { history, chat, extension } = recent.reduce(apply, blank);
  const winner = figures.outcome === "sold" ? figures.leader : null;
  return Object.freeze({ ...figures, history, chat, extension, winner });
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

/** `leading`, `outbid`, or `none` where one has not bid as far back as is known. */
export function standingOf(state, you) {
  if (!you?.id) return "none";
  if (state.leader?.id === you.id) return "leading";
  return state.history.some((bid) => bid.bidder.id === you.id) ? "outbid" : "none";
}

const evolve = {
  created: (_, { starts_at, ends_at }) => ({ starts_at, ends_at }),

  opened: (_, { ends_at }) => ({ status: "open", ends_at }),

  paused: (_, { at, ends_at }) => ({ status: "paused", ends_at, paused_at: at }),

  resumed: (_, { ends_at }) => ({ status: "open", ends_at, paused_at: null }),

  warned: (_, { stage }) => ({ warned: stage }),

  cancelled: (_, { at, reason }) => ({ status: "cancelled", reason, warned: null, paused_at: null, closed_at: at }),

  bid: (state, event) => {
    const { seq, at, bidder, amount, automatic, price, leader, minimum, ends_at, reserve } = event;
    const history = appended(state.history, { seq, at, bidder, amount, automatic, leader, price });
    return { price, leader, minimum, ends_at, reserve, history, bids: state.bids + 1, warned: null };
  },

  extended: (_, { at, ends_at, reason }) => ({ ends_at, extension: Object.freeze({ at, ends_at, reason }) }),

  said: (state, { seq, at, from, text }) => ({ chat: appended(state.chat, { seq, at, from, text }) }),

  closed: (_, { at, outcome, winner, price }) => {
    const figures = { status: "closed", outcome, winner, warned: null, closed_at: at };
    return price === null ? figures : { ...figures, price };
  },
};

function appended(list, entry) {
  return Object.freeze([...list, Object.freeze(entry)].slice(-KEPT));
}
