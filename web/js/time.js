// Times and durations in words.

import { locale } from "./words.js";

const pad = (number) => String(number).padStart(2, "0");

/** "2 d 4 h", "1:05:09", "5:09". Rounded up: it says 0:00 only when nothing is left. */
export function remaining(ms) {
  const total = Math.max(0, Math.ceil(ms / 1000));
  const seconds = total % 60;
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours > 0) return `${hours}:${pad(minutes)}:${pad(seconds)}`;
  return `${minutes}:${pad(seconds)}`;
}

const clockFormat = new Intl.DateTimeFormat(locale, {
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const dayFormat = new Intl.DateTimeFormat(locale, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});

/** To the second on the day itself, else with the date. `today` is a time on the day that counts as today. */
export function moment(ms, today) {
  const then = new Date(ms);
  const sameDay = then.toDateString() === new Date(today).toDateString();
  return (sameDay ? clockFormat : dayFormat).format(then);
}
