// Why the price is what it is: the server says which rule made it, here it is only put into words. Pure.

const WORDS = {
  start: (price) => `${price} is the start: nobody else has bid.`,
  step: (price) => `${price} is one step above the next highest offer.`,
  cap: (price) => `${price} is as far as the leader goes: less than a step above the next highest offer.`,
  tie: (price) => `Two have offered ${price}. The earlier one leads.`,
  stated: (price) => `The leader has bid ${price} outright.`,
  reserve: (price) => `The leader goes as far as the hidden reserve, so the price is the reserve: ${price}.`,
  held: (price) => `A price once reached does not fall: it stays at ${price}.`,
  buy_now: (price) => `It was bought at once, for ${price}.`,
  clock: (price) => `${price} was the price at the moment somebody said yes.`,
};

/** One sentence, or "" where there is nothing to explain. */
export function whyWords({ why, price }, money) {
  return price !== null && Object.hasOwn(WORDS, why ?? "") ? WORDS[why](money.format(price)) : "";
}
