// The two lists that grow: bids and chat.

import { byId, make, nameOf, setNote } from "./dom.js";
import { isOver } from "./figures.js";
import { moment } from "./time.js";

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
  #list = new Growing(byId("history"));

  reset() { this.#list.reset(); }

  render({ state, you, money, now }) {
    this.#list.draw(state.history, (bid) => bidItem(bid, you, money, now()), "prepend"); // newest first
    const earlier = state.bids - state.history.length;
    setNote(byId("history-empty"), noBids(state));
    byId("history-earlier").hidden = earlier <= 0;
  }
}

function noBids(state) {
  if (state.bids > 0) return "";
  return isOver(state) ? "There were no bids." : "No bids yet. The first one leads.";
}

function bidItem(bid, you, money, now) {
  const who = make("span", "who-bid", nameOf(bid.bidder));
  if (bid.bidder.id === you.id) who.append(make("span", "tag", "you"));
  if (bid.automatic) who.append(make("span", "tag", "automatic"));
  const item = make("li", "bid", who, make("span", "amount", money.format(bid.amount)), timeOf(bid.at, now));
  // A maximum left earlier has answered it, which is no event of its own.
  if (bid.leader.id !== bid.bidder.id) item.append(answer(bid, you, money));
  return item;
}

function answer({ leader, price }, you, money) {
  const who = leader.id === you.id ? ["You stay"] : [nameOf(leader), " stays"];
  return make("p", "answer", ...who, ` ahead at ${money.format(price)}`);
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
