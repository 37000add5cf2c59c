// Which bid is the last one that stands. Pure.

import { voidOf } from "../auction-state.js";

export function latestStanding(state) {
  return state.history.findLast((bid) => !voidOf(state, bid)) ?? null;
}
