// The two lists that grow: bids and chat.

import { voidWords } from "./acts.js";
import { isSealed, voidOf } from "./auction-state.js";
import { byId, make, nameOf, setNote } from "./dom.js";
import { count, isOver } from "./figures.js";
import { moment } from "./time.js";
import { parts, t } from "./words.js";

/** Draws only what is new; `reset` when what came before may have changed. */
class Growing {
  #list;
  #drawn = 0;

  constructor(list) {
    this.#list = list;
  }

  reset() {
    this.#drawn = 0;
    this.#list.replaceChildren();
  }

  draw(entries, node, place) {
    for (const entry of entries.filter(({ seq }) => seq > this.#drawn)) {
      this.#list[place](node(entry));
      this.#drawn = entry.seq;
    }
    const oldest = place === "prepend" ? "lastChild" : "firstChild";
    while (this.#list.childElementCount > entries.length) this.#list[oldest].remove();
  }
}

export class History {
  #node = byId("history");
  #list = new Growing(this.#node);
  #revealed = null;
  #more;

  /** `more(bid)`: what else stands beside a bid that was not taken out. With it, sealed bids have their line, too. */
  constructor(more = null) {
    this.#more = more;
  }

  reset() {
    this.#list.reset();
    this.#revealed = null;
  }

  render(model) {
    const { state, now } = model;
    if (state.revealed) this.#reveal(model);
    else if (isSealed(state)) this.#list.draw(this.#more ? state.envelopes : [], (bid) => this.#item(bid, model), "prepend");
    else this.#list.draw(state.history, (bid) => this.#item(bid, model), "prepend"); // newest first
    setNote(byId("history-empty"), noBids(state));
    byId("history-earlier").hidden = isSealed(state) || standing(state) >= state.bids;
  }

  #item(bid, model) {
    const item = bid.bidder ? bidItem(bid, model, model.now()) : envelopeItem(bid, model, model.now());
    if (this.#more && !voidOf(model.state, bid)) item.append(this.#more(bid));
    return item;
  }

  /** After a sealed auction: all bids, the best first. */
  #reveal(model) {
    const { state, now } = model;
    if (this.#revealed === state.revealed) return;
    this.#revealed = state.revealed;
    this.#node.replaceChildren(...state.revealed.map((bid) => revealedItem(bid, model, now())));
  }
}

function standing(state) {
  return state.history.filter((bid) => !voidOf(state, bid)).length;
}

function noBids(state) {
  const over = isOver(state);
  if (isSealed(state)) return sealedWords(state, over);
  if (state.bids > 0 || state.history.length > 0) return "";
  if (state.dutch) return t(over ? "lot.list_unbought" : "lot.list_dutch");
  return t(over ? "lot.list_none" : "lot.list_none_yet");
}

function sealedWords({ bids, revealed, status }, over) {
  if (revealed?.length) return "";
  if (status === "cancelled") return t("lot.list_stay_sealed");
  if (over) return t("lot.list_none");
  if (bids === 0) return t("lot.list_sealed_none");
  return t("lot.list_sealed", { bids: count(bids, "sealed bid") });
}

function bidItem(bid, { state, money, mine, named }, now) {
  const who = make("span", "who-bid", nameOf(named(bid.bidder)));
  if (mine(bid.bidder)) who.append(make("span", "tag", t("lot.tag_you")));
  if (bid.automatic) who.append(make("span", "tag", t("lot.tag_automatic")));
  const taken = voidWords(state, bid);
  const amount = make(taken ? "s" : "span", "amount", money.format(bid.amount));
  const item = make("li", "bid", who, amount, timeOf(bid.at, now));
  item.dataset.seq = bid.seq;
  if (taken) {
    item.dataset.voided = "";
    item.append(make("p", "answer", taken));
  } else if (bid.leader.id !== bid.bidder.id) {
    // A maximum left earlier has answered it, which is no event of its own.
    item.append(answer(bid, money, mine, named));
  }
  return item;
}

function envelopeItem(bid, { state }, now) {
  const taken = voidWords(state, bid);
  const item = make("li", "bid", make("span", "who-bid", t("lot.a_sealed_bid")), make("span", "amount"), timeOf(bid.at, now));
  if (taken) {
    item.dataset.voided = "";
    item.append(make("p", "answer", taken));
  }
  return item;
}

function answer({ leader, price }, money, mine, named) {
  const given = { name: nameOf(named(leader)), price: money.format(price) };
  return make("p", "answer", ...(mine(leader) ? parts("lot.you_stay", given) : parts("lot.stays", given)));
}

function revealedItem({ bidder, amount, at }, { money, mine, named }, now) {
  const who = make("span", "who-bid", nameOf(named(bidder)));
  if (mine(bidder)) who.append(make("span", "tag", t("lot.tag_you")));
  return make("li", "bid", who, make("span", "amount", money.format(amount)), timeOf(at, now));
}

export class ChatLog {
  #node = byId("chat-log");
  #list = new Growing(this.#node);

  reset() { this.#list.reset(); }

  render({ state, now }) {
    const { scrollHeight, scrollTop, clientHeight } = this.#node;
    const atEnd = scrollHeight - scrollTop - clientHeight < 40; // else one is reading back
    this.#list.draw(state.chat, (said) => chatLine(said, now()), "append");
    byId("chat-empty").hidden = state.chat.length > 0;
    if (atEnd) this.#node.scrollTop = this.#node.scrollHeight;
  }
}

function chatLine({ from, text, at }, now) {
  const words = make("p", "", text);
  words.dir = "auto";
  return make("div", "said", nameOf(from), timeOf(at, now), words);
}

function timeOf(at, now) {
  const node = make("time", "at", moment(at, now));
  node.dateTime = new Date(at).toISOString();
  return node;
}
