// Which bid is the last one that stands. Pure.

import { bidsOf, voidOf } from "../auction-state.js";

export function latestStanding(state) {
  return bidsOf(state).findLast((bid) => !voidOf(state, bid)) ?? null;
}
