// One auction in the lobby.

import { isSealed } from "./auction-state.js";
import { byId, nameOf, setContent, setText } from "./dom.js";
import { count, countdownWords, isOver } from "./figures.js";
import { isFalling, listedPrice } from "./falling.js";
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
    const { link, status, standing, watching } = this.#parts;
    this.#picture();
    this.node.dataset.status = auction.status;
    setText(link, auction.title);
    setText(status, STATUS[auction.status] ?? auction.status);
    setContent(standing, ...this.#standing());
    setText(watching, isOver(auction) || auction.watching === 0 ? "" : `${auction.watching} watching`);
    this.tick(now);
  }

  tick(now) {
    this.#renderPrice(now);
    const [label, time] = countdownWords(this.auction, now);
    setText(this.#parts.timeLabel, label);
    setText(this.#parts.time, time);
  }

  #picture() {
    if (this.#image === this.auction.image) return;
    this.#image = this.auction.image;
    this.#parts.picture.replaceChildren(picture(this.auction, "")); // the title stands beside it
  }

  #renderPrice(now) {
    const [label, minor] = this.#price(now);
    setText(this.#parts.priceLabel, label);
    setText(this.#parts.price, this.#money.format(minor));
  }

  #price(now) {
    const { price, start, outcome } = this.auction;
    if (outcome === "sold") return ["Sold for", price];
    if (isSealed(this.auction)) return ["Sealed bids from", start];
    if (isFalling(this.auction)) return listedPrice(this.auction, now);
    if (price === null) return [outcome ? "Started at" : "Starts at", start];
    return [outcome ? "Highest bid" : "Current bid", price];
  }

  #standing() {
    const { outcome, leader, bids } = this.auction;
    if (outcome === "sold") return ["Sold to ", nameOf(leader)];
    if (outcome === "unsold") return ["Unsold"];
    if (outcome === "reserve_not_met") return ["Reserve not met"];
    return [bids === 0 ? "No bids yet" : count(bids, isSealed(this.auction) ? "sealed bid" : "bid")];
  }
}
