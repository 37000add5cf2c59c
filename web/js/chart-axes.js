// What stands beside a chart: amounts and times as the reader writes them.

import { locale } from "./words.js";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const AIR = 14;
const [ONE_LINE, TWO_LINES] = [28, 44]; // px

/** Amounts in whole units where the steps are whole. */
export function axisMoney({ currency, decimals }, font) {
  const unit = 10 ** decimals;
  const [whole, exact] = [0, decimals].map((places) => formatOf(currency, places));
  const values = (_, splits, axis, space, step) => splits.map((minor) => (step % unit === 0 ? whole : exact)(minor / unit));
  return { values, size: (plot, shown) => widest(plot, shown ?? [], font) };
}

function formatOf(currency, places) {
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
  try {
    const format = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol", ...digits });
    return (amount) => format.format(amount);
  } catch {
    const format = new Intl.NumberFormat(locale, digits); // a currency this browser has never heard of
    return (amount) => `${format.format(amount)} ${currency}`;
  }
}

function widest(plot, shown, font) {
  plot.ctx.save();
  plot.ctx.font = font;
  const width = Math.max(0, ...shown.map((text) => plot.ctx.measureText(text).width));
  plot.ctx.restore();
  return Math.ceil(width) + AIR;
}

/** The day stands under the first time of each day, unless all is today. */
export function axisTimes(now) {
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const exact = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
  const values = (_, splits, axis, space, step) => {
    const today = day.format(now());
    const allToday = splits.every((at) => day.format(at) === today);
    return splits.map((at, place) => {
      const date = day.format(at);
      if (step >= DAY_MS) return date;
      const time = (step < MINUTE_MS ? exact : clock).format(at);
      const said = allToday || (place > 0 && day.format(splits[place - 1]) === date);
      return said ? time : `${time}\n${date}`;
    });
  };
  return { values, size: (_, shown) => (shown?.some((text) => text.includes("\n")) ? TWO_LINES : ONE_LINE) };
}
