// What an auctioneer can do: the key for it, what it is called (a key of the words), when it makes sense, and the command it becomes. Pure.

import { isolated } from "../names.js";
import { t } from "../words.js";
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
  { name: "open", key: "o", label: "console.act_open", done: "console.done_open", once: true, when: ({ status }) => status === "scheduled", command: { type: "open" } },
  { name: "pause", key: "p", label: "console.act_pause", done: "console.done_pause", when: open, command: { type: "pause" } },
  { name: "resume", key: "r", label: "console.act_resume", done: "console.done_resume", when: ({ status }) => status === "paused", command: { type: "resume" } },
  { name: "warn-1", key: "1", label: "console.act_warn_1", done: "console.done_warn_1", when: warnable(1), command: { type: "warn", stage: 1 } },
  { name: "warn-2", key: "2", label: "console.act_warn_2", done: "console.done_warn_2", when: warnable(2), command: { type: "warn", stage: 2 } },
  { name: "hammer", key: "h", label: "console.act_hammer", done: "console.done_hammer", when: open, command: { type: "hammer" }, twice: hammerWords },
  { name: "extend-30", key: "e", label: "console.act_extend_30", done: "console.done_extend_30", when: running, command: { type: "extend", by_ms: 30_000 } },
  { name: "extend-60", key: "m", label: "console.act_extend_60", done: "console.done_extend_60", when: running, command: { type: "extend", by_ms: 60_000 } },
  { name: "extend", key: "x", label: "console.act_extend", when: running, asks: "extend" },
  { name: "announce", key: "a", label: "console.act_announce", when: live, asks: "announce" },
  { name: "void", key: "v", label: "console.act_void", when: (state) => running(state) && hasBids(state), asks: "void" },
  { name: "bids", key: "b", label: "console.act_bids", when: (state) => running(state) && hasBids(state), asks: "bids" },
  { name: "cancel", key: "c", label: "console.act_cancel", when: live, asks: "cancel" },
];

const hasBids = (state) => latestStanding(state) !== null;

/** What a hammer would do now: the same as the clock would. */
function hammerWords({ leader, price, reserve, format, bids }, { money, named }) {
  if (format === "sealed" || format === "vickrey") return t(bids === 0 ? "console.hammer_none" : "console.hammer_reveals");
  if (!leader) return t("console.hammer_unsold");
  if (reserve === "unmet") return t("console.hammer_reserve");
  return t("console.hammer_sold", { name: isolated(named(leader).name), price: money.format(price) });
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
