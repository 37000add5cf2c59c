// The lobby: every auction as a card, live.

import { Card, moneyOf } from "./card.js";
import { Client } from "./client.js";
import { byId, setNote, setText } from "./dom.js";
import { Filters } from "./filters.js";
import { LinkLight } from "./link.js";
import { Rack } from "./rack.js";
import { Session } from "./session.js";
import { mayMove, SECTIONS, shelve } from "./shelf.js";
import { SignIn } from "./sign-in.js";
import { Stillness } from "./stillness.js";
import { renderWho } from "./who.js";
import { t } from "./words.js";

const TICK_MS = 250;
const UNSEEN_A_TICK = 30; // cards out of sight are kept right, too, but not all at once
const TELLS_SIGHT = "oncontentvisibilityautostatechange" in document.documentElement; // where not, all cards count as seen
const ORDER_MS = 1_000; // a list that is put in order more often than that cannot be read
const ANEW_MS = 5_000; // prices fall, and with them the order by price, without any message

const session = new Session();
const signIn = new SignIn(session);
const auctions = new Map();
const cards = new Map();
const decimals = new Map(); // by currency
const waiting = new Set(); // ids whose cards are to be drawn
const inSight = new Set();
const drawn = new Map([...document.querySelectorAll("#lobby [data-auction]")].map((node) => [node.dataset.auction, node]));

let you = null;
let welcome = false;
let unordered = false;
let frame = null;
let hand = cards.values();
let orderedAt = 0;

const client = new Client(location.origin, { token: () => session.token, denied: () => session.forget() });
const light = new LinkLight(() => client.wake());
const filters = new Filters({ changed: wished, money: (currency) => moneyIn(currency) });
const rack = new Rack((id) => cardOf(id).node);
const stillness = new Stillness(byId("lobby"));

function welcomed(message) {
  you = message.you ?? null;
  renderSelf();
  const listed = new Set(message.auctions.map(({ id }) => id));
  for (const id of auctions.keys()) if (!listed.has(id)) vanished({ id });
  for (const auction of message.auctions) put(auction);
  for (const id of cards.keys()) waiting.add(id); // whose is whose may be another matter now
  const first = !welcome;
  welcome = true;
  draw([...waiting]);
  arrange({ now: first, anew: first });
}

function changed({ auction }) {
  put(auction);
  if (inSight.has(auction.id)) frame ??= requestAnimationFrame(drawFrame);
}

function vanished({ id }) {
  auctions.delete(id);
  unordered = true;
}

function put(auction) {
  const before = auctions.get(auction.id);
  auctions.set(auction.id, auction);
  unordered ||= mayMove(before, auction, filters.wish);
  if (!decimals.has(auction.currency)) {
    decimals.set(auction.currency, auction.decimals);
    filters.offer([...decimals.keys()]);
  }
  if (cards.has(auction.id)) waiting.add(auction.id);
}

/** However much has come since the last frame: each card that can be seen once. The others have time. */
function drawFrame() {
  frame = null;
  draw([...inSight].filter((id) => waiting.has(id)));
}

function draw(ids) {
  const now = client.now();
  for (const id of ids) {
    waiting.delete(id);
    if (auctions.has(id)) cards.get(id)?.render(auctions.get(id), now, you?.id ?? null);
  }
}

/** Nothing moves under somebody's hands, unless they have asked for it: `now`. */
function arrange({ now = false, anew = false } = {}) {
  unordered = false;
  orderedAt = performance.now();
  const shelf = shelve(auctions.values(), filters.wish, client.now());
  filters.tell(shelf, { anew });
  const moves = rack.movesTo(shelf.sections);
  const held = moves > 0 && !now && stillness.isBusy(performance.now());
  byId("own-link").hidden = !you?.id || !shelf.sellers.has(you.id);
  tellMoved(held ? moves : 0);
  if (held) {
    unordered = true; // until they are done
    return;
  }
  if (moves > 0 || now) rack.show(shelf.sections);
  for (const name of SECTIONS) byId(`${name}-section`).hidden = shelf.sections[name].length === 0 && !explains(name);
  byId("open-empty").hidden = shelf.sections.open.length > 0 || !explains("open");
  for (const id of cards.keys()) if (!auctions.has(id)) forget(id);
}

function tellMoved(count) {
  const words = count > 0 ? t("lobby.moved", { count }) : "";
  if (words && byId("moved").hidden) setText(byId("announcer"), words); // said once, however often the number changes
  setNote(byId("moved"), words);
}

/** Nothing open is worth a word, where it was not the filters that left it out. */
function explains(name) {
  const { q, status, format, currency } = filters.wish;
  return name === "open" && q.trim() === "" && format === "all" && currency === "" && (status === "all" || status === "open");
}

function cardOf(id) {
  if (!cards.has(id)) {
    const auction = auctions.get(id);
    const card = new Card(auction, drawn.get(id));
    card.render(auction, client.now(), you?.id ?? null);
    cards.set(id, card);
    card.node.addEventListener("contentvisibilityautostatechange", seen);
    if (!TELLS_SIGHT || isInSight(drawn.get(id))) inSight.add(id);
  }
  return cards.get(id);
}

/** Of a card that the server has drawn the browser has told before anyone listened. */
function isInSight(node) {
  return node?.firstElementChild.checkVisibility({ contentVisibilityAuto: true }) ?? false;
}

function forget(id) {
  inSight.delete(id);
  cards.delete(id);
}

/** The browser says which cards it leaves out, as they cannot be seen: an observer of ours would work it out once more, for every frame. */
function seen({ target, skipped }) {
  const id = target.dataset.auction;
  if (skipped) return inSight.delete(id);
  if (!cards.has(id)) return;
  inSight.add(id);
  if (waiting.has(id)) draw([id]);
  else cards.get(id).tick(client.now());
}

function tick() {
  if (document.hidden || !welcome) return;
  const now = client.now();
  for (const id of inSight) cards.get(id)?.tick(now);
  draw([...waiting].slice(0, UNSEEN_A_TICK));
  for (let step = 0; step < UNSEEN_A_TICK; step += 1) {
    const { done, value: card } = hand.next();
    if (done) hand = cards.values();
    else card.tick(now);
  }
  if (performance.now() - orderedAt >= (unordered ? ORDER_MS : ANEW_MS)) arrange();
}

function wished() {
  if (welcome) arrange({ now: true, anew: true });
}

function moneyIn(currency) {
  return decimals.has(currency) ? moneyOf(currency, decimals.get(currency)) : null;
}

function renderSelf() {
  renderWho(you);
  byId("sell").hidden = Boolean(you?.name) && !you.roles?.includes("auctioneer");
}

byId("sell").addEventListener("click", (event) => {
  if (you?.name || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  signIn.ask({ why: t("lobby.sell_why"), label: t("lobby.sell_go"), done: () => location.assign(byId("sell").href) });
});
byId("change-who").addEventListener("click", () => {
  const done = () => client.connect();
  signIn.ask({ why: t("lobby.who_why"), label: t("shared.continue"), name: you?.name ?? "", done });
});
byId("moved").addEventListener("click", () => {
  arrange({ now: true });
  byId("found").focus({ preventScroll: true }); // the button is gone
});
setInterval(tick, TICK_MS);
client.on("state", (link, code) => light.show(link, code));
client.on("welcome", welcomed);
client.on("auction", changed);
client.on("gone", vanished);
client.connect();
