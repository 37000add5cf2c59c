// Why the price is what it is: the server says which rule made it, here it is only put into words. Pure.

import { t } from "./words.js";

const KNOWN = new Set(["start", "step", "cap", "tie", "stated", "reserve", "held", "buy_now", "clock"]);

/** One sentence, or "" where there is nothing to explain. */
export function whyWords({ why, price }, money) {
  return price !== null && KNOWN.has(why) ? t(`lot.why_${why}`, { price: money.format(price) }) : "";
}
