// Times and durations in words.

import { locale, t } from "./words.js";

const pad = (number) => String(number).padStart(2, "0");

/** "2 d 4 h", "1:05:09", "5:09". Rounded up: it says 0:00 only when nothing is left. */
export function remaining(ms) {
  const total = Math.max(0, Math.ceil(ms / 1000));
  const seconds = total % 60;
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  if (hours >= 24) return t("shared.days_hours", { days: Math.floor(hours / 24), hours: hours % 24 });
  if (hours > 0) return `${hours}:${pad(minutes)}:${pad(seconds)}`;
  return `${minutes}:${pad(seconds)}`;
}

const tenthFormat = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2, minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Of less than a minute, to the tenth of a second: "0:09.4". */
export function tenths(ms) {
  return `0:${tenthFormat.format(Math.ceil(ms / 100) / 10)}`;
}

const clockFormat = new Intl.DateTimeFormat(locale, {
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const dayFormat = new Intl.DateTimeFormat(locale, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});

/** To the second on the day itself, else with the date. `today` is a time on the day that counts as today. */
export function moment(ms, today) {
  return (isSameDay(ms, today) ? clockFormat : dayFormat).format(new Date(ms));
}

const fullFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });

/** With the date and to the second, whatever the day. */
export function inFull(ms) {
  return fullFormat.format(new Date(ms));
}

/** The moment as a part of a sentence: "at 19:03:05". */
export function at(ms, today) {
  return t(isSameDay(ms, today) ? "shared.at_time" : "shared.at_date", { time: moment(ms, today) });
}

/** As `at`: "to 19:03:05". */
export function to(ms, today) {
  return t(isSameDay(ms, today) ? "shared.to_time" : "shared.to_date", { time: moment(ms, today) });
}

function isSameDay(ms, today) {
  return new Date(ms).toDateString() === new Date(today).toDateString();
}
