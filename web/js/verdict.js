// What became of one's own bid, in words. Pure.

import { isSealed } from "./auction-state.js";
import { isOver } from "./figures.js";

/** { state, text }; state: idle, sending, unconfirmed, late, refused, leading, outbid, placed, stale. */
export function verdictOf(model) {
  const { state, you, money, standing, desk, maximum, sealed, link, named } = model;
  const { phase, order, refusal, why } = desk;
  const amount = order && (order.max ? `up to ${money.format(order.max)}` : `of ${money.format(order.amount)}`);
  if (phase === "sending") return { state: "sending", text: `Sending your bid ${amount}…` };
  if (phase === "unconfirmed") {
    return { state: "unconfirmed", text: `Not confirmed yet: the line dropped before the answer to your bid ${amount}.` };
  }
  if (phase === "late") {
    const text = `Your bid ${amount} is still not confirmed. Send it again? If it had arrived after all, it counts once only.`;
    return { state: "late", text };
  }
  if (phase === "refused") return { state: "refused", text: `Refused: ${refusal.message}` };
  if (isOver(state) || !you.id) return { state: "idle", text: "" };
  if (link !== "connected") return { state: "stale", text: staleWords(state, money, standing) };
  if (standing === "leading") {
    const lead = phase === "accepted" ? "Accepted: you are leading" : "You are leading";
    return { state: "leading", text: lead + leadingWords(state, money, maximum) };
  }
  if (standing === "outbid" || why) return { state: "outbid", text: outbidWords(state, money, why, named) };
  if (isSealed(state) && sealed !== null) return { state: "placed", text: sealedWords(money.format(sealed), phase) };
  return { state: "idle", text: "" };
}

function leadingWords(state, money, maximum) {
  const limit = maximum > state.price ? ` Automatic up to ${money.format(maximum)}; only you see that.` : "";
  const reserve = state.reserve === "unmet" ? " The reserve is not yet met." : "";
  return ` at ${money.format(state.price)}.${limit}${reserve}`;
}

/** Nobody knows who leads by now. */
function staleWords(state, money, standing) {
  if (standing === "none") return "";
  return `When last heard, you were ${standing} at ${money.format(state.price)}.`;
}

function outbidWords(state, money, why, named) {
  if (why) return `Outbid at once. ${why}`;
  if (!state.leader) return "";
  return `You have been outbid: ${named(state.leader).name} leads at ${money.format(state.price)}.`;
}

function sealedWords(amount, phase) {
  const stands = phase === "accepted" ? `Accepted: your sealed bid of ${amount} is in.` : `Your sealed bid of ${amount} stands.`;
  return `${stands} Nobody sees it before the end; until then you may replace it.`;
}
