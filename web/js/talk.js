// The two lists that grow: bids and chat.

import { voidWords } from "./acts.js";
import { isSealed, voidOf } from "./auction-state.js";
import { byId, make, nameOf, setNote, setText } from "./dom.js";
import { count, isOver } from "./figures.js";
import { moment } from "./time.js";
import { parts, t } from "./words.js";

const SHOWN = 50; // bids, until somebody asks for more
const MORE = 100;

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

  /** Whether they are drawn already. */
  has(entries) {
    return entries.length === this.#list.childElementCount && (entries.at(-1)?.seq ?? 0) === this.#drawn;
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
  #filter = byId("own-only");
  #list = new Growing(this.#node);
  #revealed = null;
  #more;
  #model = null;
  #limit;

  /**
   * `more(bid)`: what else stands beside a bid that was not taken out. With it, all bids are there, and sealed ones have their line, too.
   * `earlier()`: somebody wants to see more than the last ones.
   */
  constructor({ more = null, earlier = () => {} } = {}) {
    this.#more = more;
    this.#limit = more ? Infinity : SHOWN;
    byId("more-bids")?.addEventListener("click", () => this.#show(this.#limit + MORE, earlier));
    this.#filter?.addEventListener("change", () => this.#again());
    let limit = null;
    window.addEventListener("beforeprint", () => { // on paper all of them
      limit ??= this.#limit;
      this.#show(Infinity);
    });
    window.addEventListener("afterprint", () => {
      if (limit !== null) this.#show(limit);
      limit = null;
    });
  }

  reset() {
    this.#list.reset();
    this.#revealed = null;
  }

  render(model) {
    this.#model = model;
    const { state, mine } = model;
    const entries = this.#entries(state);
    const own = this.#filter ? entries.filter(({ bidder }) => bidder && mine(bidder)) : [];
    this.#renderFilter(own.length);
    const wanted = this.#ownOnly ? own : entries;
    if (state.revealed) this.#reveal(wanted);
    else this.#list.draw(wanted.slice(-this.#limit), (bid) => this.#item(bid, model), "prepend"); // newest first
    setNote(byId("history-empty"), noBids(state));
    this.#renderMore(wanted);
  }

  get #ownOnly() { return Boolean(this.#filter?.checked); }

  #entries(state) {
    if (state.revealed) return state.revealed;
    if (!isSealed(state)) return state.history;
    return this.#more ? state.envelopes : [];
  }

  #show(limit, earlier = () => {}) {
    this.#limit = limit;
    earlier();
    this.#again();
  }

  #again() {
    if (!this.#model) return;
    this.reset();
    this.render(this.#model);
  }

  /** One's own alone, where there are any. */
  #renderFilter(own) {
    if (!this.#filter) return;
    byId("own-filter").hidden = own === 0 && !this.#filter.checked;
    setText(byId("own-label"), t("lot.own_only", { count: own }));
  }

  /** Whether there is more to see; and where it cannot be had, that there was more. */
  #renderMore(entries) {
    const { state, past } = this.#model;
    const inHand = entries.length > this.#limit;
    const more = byId("history-more");
    const canCome = Boolean(past) && !past.loaded;
    if (more) more.hidden = isSealed(state) || (!inHand && !canCome);
    const missing = past ? past.loaded && !past.complete && !inHand : standing(state) < state.bids;
    byId("history-earlier").hidden = isSealed(state) || !missing;
  }

  #item(bid, model) {
    const item = bid.bidder ? bidItem(bid, model, model.now()) : envelopeItem(bid, model, model.now());
    if (this.#more && !voidOf(model.state, bid)) item.append(this.#more(bid));
    return item;
  }

  /** After a sealed auction: all bids, the best first. */
  #reveal(bids) {
    const { state, now } = this.#model;
    if (this.#revealed === state.revealed) return;
    this.#revealed = state.revealed;
    this.#node.replaceChildren(...bids.map((bid) => revealedItem(bid, this.#model, now())));
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
  const who = whoBid(bid.bidder, mine, named);
  if (bid.automatic) who.append(" ", make("span", "tag", t("lot.tag_automatic")));
  const taken = voidWords(state, bid);
  const amount = make(taken ? "s" : "span", "amount", money.format(bid.amount));
  const item = make("li", "bid", who, amount, timeOf(bid.at, now));
  item.dataset.seq = bid.seq;
  if (mine(bid.bidder)) item.dataset.own = "";
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
  const item = make("li", "bid", whoBid(bidder, mine, named), make("span", "amount", money.format(amount)), timeOf(at, now));
  if (mine(bidder)) item.dataset.own = "";
  return item;
}

function whoBid(bidder, mine, named) {
  const who = make("span", "who-bid", nameOf(named(bidder)));
  if (mine(bidder)) who.append(" ", make("span", "tag", t("lot.tag_you")));
  return who;
}

export class ChatLog {
  #node = byId("chat-log");
  #list = new Growing(this.#node);

  reset() { this.#list.reset(); }

  render({ state, now }) {
    if (this.#list.has(state.chat)) return; // to measure lays everything out
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
