// Which of a list may stay where they are while it is brought into another order. Pure.

/** The most of `current` that stand in `wanted` in the same order: a longest increasing subsequence. Everything else has to move. */
export function staying(current, wanted) {
  const place = new Map(wanted.map((item, at) => [item, at]));
  const items = current.filter((item) => place.has(item));
  const places = items.map((item) => place.get(item));
  const before = new Array(items.length);
  const ends = []; // of the best run of each length, the one that ends lowest: where it ends
  places.forEach((at, index) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[ends[middle]] < at) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1];
    ends[low] = index;
  });
  const stay = new Set();
  for (let index = ends.at(-1); index !== undefined; index = before[index]) stay.add(items[index]);
  return stay;
}
