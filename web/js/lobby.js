// The lobby: every auction as a card, live.

import { Card } from "./card.js";
import { Client } from "./client.js";
import { ServerClock } from "./clock.js";
import { byId, setText } from "./dom.js";
import { keepAwake, LinkLight, socketUrl } from "./link.js";
import { Session } from "./session.js";

const TICK_MS = 250;
const SECTIONS = [
  { name: "open", holds: ({ status }) => status === "open" || status === "paused", order: (a, b) => a.ends_at - b.ends_at },
  { name: "scheduled", holds: ({ status }) => status === "scheduled", order: (a, b) => a.starts_at - b.starts_at },
  { name: "ended", holds: ({ status }) => status === "closed" || status === "cancelled", order: (a, b) => b.ends_at - a.ends_at },
];

const clock = new ServerClock();
const cards = new Map();

const client = new Client(socketUrl("/ws"), {
  session: new Session(),
  clock,
  on: { state: linkChanged, welcome: welcomed, message: heard, event() {}, counted() {} },
});
const light = new LinkLight(() => client.wake());

function linkChanged(link, code) {
  light.show(link, code);
}

function welcomed({ you, auctions }) {
  setText(byId("who"), you?.name ? `You are ${you.name}` : "");
  const listed = new Set(auctions.map(({ id }) => id));
  for (const id of cards.keys()) if (!listed.has(id)) cards.delete(id);
  auctions.forEach(put);
  arrange();
}

function heard(message) {
  if (message.type === "auction") put(message.auction);
  if (message.type === "gone") cards.delete(message.id);
  if (message.type === "auction" || message.type === "gone") arrange();
}

function put(auction) {
  if (!cards.has(auction.id)) cards.set(auction.id, new Card(auction));
  cards.get(auction.id).render(auction, clock.now());
}

function arrange() {
  for (const { name, holds, order } of SECTIONS) {
    const wanted = [...cards.values()].filter(({ auction }) => holds(auction)).sort((a, b) => order(a.auction, b.auction));
    fill(byId(name), wanted.map(({ node }) => node));
    byId(`${name}-section`).hidden = wanted.length === 0 && name !== "open";
  }
  byId("open-empty").hidden = byId("open").childElementCount > 0;
  byId("lobby").hidden = false;
}

/** Moves as little as it can: a card that is moved loses the focus. */
function fill(list, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...list.children]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, at) => {
    if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
  });
}

setInterval(() => cards.forEach((card) => card.tick(clock.now())), TICK_MS);
keepAwake(client);
client.connect();
