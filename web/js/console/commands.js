// What an auctioneer can do: the key for it, what it is called, when it makes sense, and the command it becomes. Pure.

import { latestStanding } from "./standing.js";

const open = ({ status }) => status === "open";
const running = ({ status }) => status === "open" || status === "paused";
const live = ({ status }) => running({ status }) || status === "scheduled";
const warnable = (stage) => (state) => open(state) && state.warned !== stage;

/**
 * `command`: what is sent at once, and `done` what is then said. `asks`: what is asked for first. `twice`: to be pressed again, and the words for it.
 * `once`: gone for good when it cannot be done any more.
 */
export const ACTS = [
  { name: "open", key: "o", label: "Open now", done: "It is open.", once: true, when: ({ status }) => status === "scheduled", command: { type: "open" } },
  { name: "pause", key: "p", label: "Pause", done: "The clock stands still.", when: open, command: { type: "pause" } },
  { name: "resume", key: "r", label: "Resume", done: "The clock runs again.", when: ({ status }) => status === "paused", command: { type: "resume" } },
  { name: "warn-1", key: "1", label: "Going once", done: "Going once.", when: warnable(1), command: { type: "warn", stage: 1 } },
  { name: "warn-2", key: "2", label: "Going twice", done: "Going twice.", when: warnable(2), command: { type: "warn", stage: 2 } },
  { name: "hammer", key: "h", label: "Hammer", done: "The hammer is down.", when: open, command: { type: "hammer" }, twice: hammerWords },
  { name: "extend-30", key: "e", label: "+ 30 seconds", done: "30 seconds more.", when: running, command: { type: "extend", by_ms: 30_000 } },
  { name: "extend-60", key: "m", label: "+ 1 minute", done: "1 minute more.", when: running, command: { type: "extend", by_ms: 60_000 } },
  { name: "extend", key: "x", label: "More time …", when: running, asks: "extend" },
  { name: "announce", key: "a", label: "Live text …", when: live, asks: "announce" },
  { name: "void", key: "v", label: "Take out the last bid …", when: (state) => running(state) && hasBids(state), asks: "void" },
  { name: "bids", key: "b", label: "Pick a bid …", when: (state) => running(state) && hasBids(state), asks: "bids" },
  { name: "cancel", key: "c", label: "Call it off …", when: live, asks: "cancel" },
];

const hasBids = (state) => latestStanding(state) !== null;

/** What a hammer would do now: the same as the clock would. */
function hammerWords({ leader, price, reserve, format, bids }, { money, named }) {
  if (format === "sealed" || format === "vickrey") return bids === 0 ? "no bids" : "opens the sealed bids";
  if (!leader) return "unsold";
  if (reserve === "unmet") return "unsold, the reserve is not met";
  return `sold to ${named(leader).name} for ${money.format(price)}`;
}

/** `m:ss`, or whole minutes; in milliseconds, null where it is neither. */
export function timeTyped(text) {
  const parts = /^\s*(\d{1,4})(?::([0-5]\d))?\s*$/.exec(text);
  const ms = parts ? Number(parts[1]) * 60_000 + Number(parts[2] ?? 0) * 1_000 : 0;
  return ms > 0 ? ms : null;
}

/** The act a key stands for. A digit also where the keyboard wants a shift for it. */
export function actOf({ key, code = "", shiftKey = false }) {
  const digit = shiftKey ? undefined : /^Digit(\d)$/.exec(code)?.[1];
  return ACTS.find((act) => act.key === key.toLowerCase()) ?? ACTS.find((act) => act.key === digit);
}
