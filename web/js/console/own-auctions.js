// One's own auctions at a glance, live.

import { Client } from "../client.js";
import { isSealed } from "../auction-state.js";
import { byId, make, nameOf, setContent, setText } from "../dom.js";
import { isFalling, listedPrice } from "../falling.js";
import { countdownWords, isOver } from "../figures.js";
import { Money } from "../money.js";
import { language, parts, t } from "../words.js";

const TICK_MS = 250;
const RANK = { open: 0, paused: 0, scheduled: 1, closed: 2, cancelled: 2 };

export class OwnAuctions {
  #client;
  #clock;
  #changed;
  #you = null;
  #rows = new Map();

  /** `changed(you, link, code)` whenever the connection, or who one is, has. */
  constructor({ session, clock, changed }) {
    this.#clock = clock;
    this.#changed = changed;
    this.#client = new Client(location.origin, { clock, token: () => session.token, denied: () => session.forget() });
    this.#client.on("welcome", (message) => this.#welcomed(message));
    this.#client.on("auction", ({ auction }) => {
      this.#put(auction);
      this.#arrange();
    });
    this.#client.on("gone", ({ id }) => {
      this.#rows.delete(id);
      this.#arrange();
    });
    this.#client.on("state", (link, code) => this.#changed(this.#you, link, code));
    setInterval(() => this.#rows.forEach((row) => row.tick(clock.now())), TICK_MS);
  }

  connect() { this.#client.connect(); }
  wake() { this.#client.wake(); }
  show() { byId("own").hidden = false; }

  #welcomed({ you, auctions }) {
    this.#you = you;
    this.#rows.clear();
    auctions.forEach((auction) => this.#put(auction));
    this.#arrange();
  }

  #put(auction) {
    if (!this.#you?.id || auction.seller?.id !== this.#you.id) return;
    if (!this.#rows.has(auction.id)) this.#rows.set(auction.id, new Row(auction));
    this.#rows.get(auction.id).render(auction, this.#clock.now());
  }

  #arrange() {
    const order = (a, b) => RANK[a.status] - RANK[b.status] || (isOver(a) ? b.ends_at - a.ends_at : a.ends_at - b.ends_at);
    const nodes = [...this.#rows.values()].sort((a, b) => order(a.auction, b.auction)).map(({ node }) => node);
    const list = byId("own-list");
    for (const node of [...list.children]) if (!nodes.includes(node)) node.remove();
    nodes.forEach((node, at) => { // moved as little as it can be: what is moved loses the focus
      if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
    });
    byId("own-empty").hidden = nodes.length > 0;
  }
}

class Row {
  node;
  auction;
  #parts = {};
  #money;

  constructor({ id, currency, decimals }) {
    this.node = byId("row").content.firstElementChild.cloneNode(true);
    for (const part of this.node.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
    this.#parts.link.href = `/console?auction=${encodeURIComponent(id)}`;
    this.node.dataset.auction = id;
    this.#money = new Money(currency, decimals);
  }

  render(auction, now) {
    this.auction = auction;
    const { link, status, leader, bids, watching } = this.#parts;
    this.node.dataset.status = auction.status;
    setText(link, auction.title);
    setText(status, t(`console.status_${auction.status}`));
    setContent(leader, ...this.#leader());
    setText(bids, auction.format === "dutch" ? "" : t(isSealed(auction) ? "console.row_sealed" : "console.row_bids", { count: auction.bids }));
    setText(watching, isOver(auction) ? "" : t("console.row_watching", { count: auction.watching }));
    this.tick(now);
  }

  tick(now) {
    setText(this.#parts.price, this.#price(now));
    setText(this.#parts.time, countdownWords(this.auction, now).join(" "));
  }

  #price(now) {
    const { price, start } = this.auction;
    if (isFalling(this.auction)) {
      const [label, minor] = listedPrice(this.auction, now);
      return `${label.toLocaleLowerCase(language)} ${this.#money.format(minor)}`;
    }
    return price === null ? t("console.row_from", { price: this.#money.format(start) }) : this.#money.format(price);
  }

  #leader() {
    const { outcome, leader } = this.auction;
    if (outcome === "sold") return parts("console.row_sold", { name: nameOf(leader) });
    if (outcome === "reserve_not_met") return [t("console.row_reserve")];
    if (outcome === "unsold") return [t("console.row_unsold")];
    return leader ? parts("console.row_leads", { name: nameOf(leader) }) : [make("span", "muted", t("console.row_nobody"))];
  }
}
