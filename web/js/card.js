// One auction in the lobby.

import { isSealed } from "./auction-state.js";
import { byId, nameOf, setContent, setText } from "./dom.js";
import { count, countdownWords, isOver } from "./figures.js";
import { Money } from "./money.js";
import { picture } from "./picture.js";

const STATUS = { scheduled: "Coming up", open: "Open", paused: "Paused", closed: "Ended", cancelled: "Cancelled" };

export class Card {
  node;
  auction;
  #parts = {};
  #money;
  #image;

  constructor({ id, currency, decimals }) {
    this.node = byId("card").content.firstElementChild.cloneNode(true);
    for (const part of this.node.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
    this.#parts.link.href = `/a/${encodeURIComponent(id)}`;
    this.node.dataset.auction = id;
    this.#money = new Money(currency, decimals);
  }

  render(auction, now) {
    this.auction = auction;
    const { link, status, priceLabel, price, standing, watching } = this.#parts;
    this.#picture();
    this.node.dataset.status = auction.status;
    setText(link, auction.title);
    setText(status, STATUS[auction.status] ?? auction.status);
    setText(priceLabel, this.#priceLabel());
    setText(price, this.#money.format(this.#price()));
    setContent(standing, ...this.#standing());
    setText(watching, isOver(auction) || auction.watching === 0 ? "" : `${auction.watching} watching`);
    this.tick(now);
  }

  tick(now) {
    const [label, time] = countdownWords(this.auction, now);
    setText(this.#parts.timeLabel, label);
    setText(this.#parts.time, time);
  }

  #picture() {
    if (this.#image === this.auction.image) return;
    this.#image = this.auction.image;
    this.#parts.picture.replaceChildren(picture(this.auction, "")); // the title stands beside it
  }

  /** Of a price that falls a list knows only where it began. */
  #price() {
    const { format, price, outcome, start } = this.auction;
    return format === "dutch" && outcome !== "sold" ? start : price ?? start;
  }

  #priceLabel() {
    const { format, price, outcome } = this.auction;
    if (outcome === "sold") return "Sold for";
    if (format === "dutch") return outcome ? "Fell from" : "Falls from";
    if (isSealed(this.auction)) return "Sealed bids from";
    if (price === null) return outcome ? "Started at" : "Starts at";
    return outcome ? "Highest bid" : "Current bid";
  }

  #standing() {
    const { outcome, leader, bids } = this.auction;
    if (outcome === "sold") return ["Sold to ", nameOf(leader)];
    if (outcome === "unsold") return ["Unsold"];
    if (outcome === "reserve_not_met") return ["Reserve not met"];
    return [bids === 0 ? "No bids yet" : count(bids, isSealed(this.auction) ? "sealed bid" : "bid")];
  }
}
