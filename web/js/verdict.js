// What became of one's own bid, in words. Pure.

import { isSealed } from "./auction-state.js";
import { nameOf } from "./dom.js";
import { isOver } from "./figures.js";
import { refusalWords } from "./refusals.js";
import { stepAt } from "./steps.js";
import { parts, t } from "./words.js";

/** { state, words }; state: idle, sending, unconfirmed, late, refused, leading, outbid, placed, stale. `words`: pieces of a text, some of them nodes. */
export function verdictOf(model) {
  const { state, you, money, standing, desk, sealed, current } = model;
  const { phase, order, refusal, why } = desk;
  if (phase === "sending") return said("sending", desk.slow ? "bid.slow" : "bid.sending", orderWords(order, money));
  if (phase === "unconfirmed") return said("unconfirmed", "bid.unconfirmed", orderWords(order, money));
  if (phase === "late") return { state: "late", words: lateWords(model) };
  if (phase === "refused") return said("refused", "bid.refused", { why: refusalWords(refusal, money) });
  if (isOver(state) || !you.id) return NOTHING;
  if (!current) return { state: "stale", words: staleWords(state, money, standing) };
  if (standing === "leading") return { state: "leading", words: leadingWords(model) };
  if (standing === "outbid" || why) return { state: "outbid", words: outbidWords(model) };
  if (isSealed(state) && sealed !== null) {
    return said("placed", phase === "accepted" ? "bid.sealed_accepted" : "bid.sealed_stands", { amount: money.format(sealed) });
  }
  return NOTHING;
}

const NOTHING = Object.freeze({ state: "idle", words: [] });

/** What a screen reader is told: not every price, only when it has become another thing. */
export function verdictKind({ desk, standing }, { state }) {
  return [state, desk.phase, standing, desk.slow ?? false].join();
}

function said(state, key, given) {
  return { state, words: [t(key, given)] };
}

/** "of €5.00", or "up to €5.00". */
function orderWords(order, money) {
  return { amount: order.max ? t("bid.up_to", { amount: money.format(order.max) }) : t("bid.of", { amount: money.format(order.amount) }) };
}

function lateWords({ desk, money, price }) {
  const { order, meantAt } = desk;
  const words = [t("bid.late", orderWords(order, money))];
  if (Number.isInteger(meantAt) && meantAt !== price) words.push(" ", t("bid.late_moved", { then: money.format(meantAt), now: money.format(price) }));
  return words;
}

function leadingWords({ state, money, maximum, desk }) {
  const words = [t(desk.phase === "accepted" ? "bid.accepted_leading" : "bid.leading", { price: money.format(state.price) })];
  if (maximum > state.price) words.push(" ", t("bid.automatic_up_to", { maximum: money.format(maximum) }));
  if (state.reserve === "unmet") words.push(" ", t("bid.reserve_unmet"));
  return words;
}

/** Nobody knows who leads by now. */
function staleWords(state, money, standing) {
  if (standing === "none") return [];
  return [t(standing === "leading" ? "bid.last_leading" : "bid.last_outbid", { price: money.format(state.price) })];
}

function outbidWords({ state, money, desk, named }) {
  if (desk.why) return [t("bid.outbid_at_once"), " ", answeredWords(desk, state)];
  if (!state.leader) return [];
  return parts("bid.outbid", { name: nameOf(named(state.leader)), price: money.format(state.price) });
}

/** Why a bid that was high enough does not lead: somebody had left as much, or more. */
function answeredWords({ order, price, why }, { increments }) {
  const own = order.max ?? order.amount;
  if (!Number.isInteger(price)) return why;
  if (price === own) return t("bid.answered_tie");
  return t(price < own + (stepAt(increments, own) ?? 0) ? "bid.answered_cap" : "bid.answered_maximum");
}
