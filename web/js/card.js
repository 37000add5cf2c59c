// One auction in the lobby.

import { isSealed } from "./auction-state.js";
import { byId, nameOf, setContent, setNote, setText } from "./dom.js";
import { countdownWords, isOver } from "./figures.js";
import { isFalling, listedPrice } from "./falling.js";
import { Money } from "./money.js";
import { orPlate, picture } from "./picture.js";
import { parts, t } from "./words.js";

const FRESH_MS = 2_500; // so long a card says that its price is a new one
const SOON_MS = 60_000;
const STATUSES = ["scheduled", "open", "paused", "closed", "cancelled"];
const FORMATS = ["dutch", "sealed", "vickrey"]; // a rising price is the usual thing: not said

export class Card {
  node;
  auction = null;
  #parts = {};
  #money;
  #image;
  #freshUntil = null;

  /** `node`: one that the server has drawn already. */
  constructor({ id, title, image, currency, decimals }, node = null) {
    this.node = node ?? byId("card").content.firstElementChild.cloneNode(true);
    for (const part of this.node.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
    this.#parts.link.href = `/a/${encodeURIComponent(id)}`;
    this.node.dataset.auction = id;
    this.#money = moneyOf(currency, decimals);
    const drawn = node?.querySelector("img.picture");
    if (drawn && drawn.getAttribute("src") === image) {
      this.#image = image;
      orPlate(drawn, { id, title });
    }
  }

  /** `you`: the id of whoever looks, or null. */
  render(auction, now, you) {
    const before = this.auction;
    this.auction = auction;
    const { link, status, standing, watching, format } = this.#parts;
    this.#picture();
    if (this.node.dataset.status !== auction.status) this.node.dataset.status = auction.status;
    setText(link, auction.title);
    setText(status, statusWords(auction));
    setNote(format, FORMATS.includes(auction.format) ? t(`lobby.format_${auction.format}`) : "");
    setContent(standing, ...standingWords(auction, you));
    setText(this.#parts.reserve, reserveWords(auction));
    setText(watching, isOver(auction) || auction.watching === 0 ? "" : t("lobby.watching", { count: auction.watching }));
    this.#own(auction.seller?.id === you && you !== null);
    if (before && !isOver(auction) && before.price !== auction.price) this.#fresh(now);
    this.tick(now);
  }

  tick(now) {
    const [label, minor] = priceWords(this.auction, now);
    setText(this.#parts.priceLabel, label);
    setText(this.#parts.price, this.#money.format(minor));
    const [timeLabel, time] = countdownWords(this.auction, now);
    setText(this.#parts.timeLabel, timeLabel);
    setText(this.#parts.time, time);
    const soon = this.auction.status === "open" && this.auction.ends_at - now <= SOON_MS;
    if (this.node.classList.contains("soon") !== soon) this.node.classList.toggle("soon", soon);
    if (this.#freshUntil !== null && now >= this.#freshUntil) this.#fresh(null);
  }

  /** With null: not any more. */
  #fresh(now) {
    this.#freshUntil = now === null ? null : now + FRESH_MS;
    setNote(this.#parts.fresh, now === null ? "" : t("lobby.new_price"));
    this.node.classList.toggle("is-fresh", now !== null);
  }

  #picture() {
    const { image } = this.auction;
    if (this.#image === image) return;
    this.#image = image;
    this.#parts.picture.replaceChildren(picture(this.auction, "", { lazy: true })); // the title stands beside it
  }

  #own(mine) {
    const { own, ownFoot, conduct } = this.#parts;
    setNote(own, mine ? t("lobby.own") : "");
    this.node.classList.toggle("is-own", mine);
    ownFoot.hidden = !mine || isOver(this.auction);
    if (ownFoot.hidden) return;
    const { id, title } = this.auction;
    conduct.href = `/console?auction=${encodeURIComponent(id)}`;
    conduct.setAttribute("aria-label", t("lobby.conduct_name", { title }));
    setText(conduct, t("lobby.conduct"));
  }
}

// What writes an amount takes long to make, and there are more cards than currencies.
const monies = new Map();

export function moneyOf(currency, decimals) {
  const key = `${currency} ${decimals}`;
  if (!monies.has(key)) monies.set(key, new Money(currency, decimals));
  return monies.get(key);
}

function statusWords({ status }) {
  return STATUSES.includes(status) ? t(`lobby.status_${status}`) : status;
}

function priceWords(auction, now) {
  const { price, start, outcome } = auction;
  if (outcome === "sold") return [t("lobby.sold_for"), price];
  if (isSealed(auction)) return [t("lobby.sealed_from"), start];
  if (isFalling(auction)) return listedPrice(auction, now);
  if (price === null) return [isOver(auction) ? t("lobby.started_at") : t("lobby.starts_at"), start];
  return [isOver(auction) ? t("lobby.highest_bid") : t("lobby.current_bid"), price];
}

function standingWords({ format, outcome, leader, bids, status }, you) {
  const mine = you !== null && leader?.id === you;
  if (outcome === "sold") return mine ? [t("lobby.sold_to_you")] : parts("lobby.sold_to", { name: nameOf(leader) });
  if (outcome === "unsold") return [t("lobby.unsold")];
  if (outcome === "reserve_not_met") return [t("lobby.reserve_not_met")];
  const counted = bids === 0 ? t("lobby.no_bids") : isSealed({ format }) ? t("lobby.sealed_bids", { count: bids }) : t("lobby.bids", { count: bids });
  return mine && status !== "cancelled" ? [t("lobby.you_lead"), ` · ${counted}`] : [counted];
}

function reserveWords(auction) {
  const { reserve } = auction;
  if (isOver(auction) || reserve === "none") return ""; // the outcome says it
  if (isSealed(auction)) return t("lobby.reserve_hidden");
  return reserve === "met" ? t("lobby.reserve_met") : t("lobby.reserve_unmet");
}
