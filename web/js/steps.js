// By how much a bid rises: the server's own rule (`increments` of the auction object), in minor units. Pure.

const MOST = 1_000_000_000_000; // the server's bound of an amount
const EBAY = [
  [1, 5], [100, 25], [500, 50], [2_500, 100], [10_000, 250], [25_000, 500], [50_000, 1_000], [100_000, 2_500], [250_000, 5_000], [500_000, 10_000],
].map(([from, step]) => ({ from, step }));

/** The step at a price; null where the rule is none that is known here. */
export function stepAt(increments, price) {
  if (increments === "ebay") return bandAt(EBAY, price).step;
  if (Array.isArray(increments) && increments.length > 0) return Math.max(1, bandAt(increments, price).step);
  if (Number.isInteger(increments?.percent)) return Math.max(1, increments.at_least, Math.floor(price * increments.percent / 100));
  return null;
}

/** The lower edge belongs to its band; below the first, that one holds. */
function bandAt(bands, price) {
  return bands.findLast(({ from }) => from <= price) ?? bands[0];
}

/** The least a bid can be, and some steps more: as many amounts as there are, rising. `beyond`: one's own maximum, where one leads under it. */
export function quickAmounts({ increments, minimum }, { beyond = null, count = 3 } = {}) {
  if (!increments || minimum === null || stepAt(increments, minimum) === null) return [];
  const amounts = [beyond !== null && beyond >= minimum ? beyond + stepAt(increments, beyond) : minimum];
  while (amounts.length < count) amounts.push(amounts.at(-1) + stepAt(increments, amounts.at(-1)));
  return amounts.filter((amount) => amount <= MOST);
}
