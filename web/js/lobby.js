// The lobby: every auction as a card, live.

import { Card } from "./card.js";
import { Client } from "./client.js";
import { byId, setText } from "./dom.js";
import { LinkLight } from "./link.js";
import { Session } from "./session.js";

const TICK_MS = 250;
const SECTIONS = [
  { name: "open", holds: ({ status }) => status === "open" || status === "paused", order: (a, b) => a.ends_at - b.ends_at },
  { name: "scheduled", holds: ({ status }) => status === "scheduled", order: (a, b) => a.starts_at - b.starts_at },
  { name: "ended", holds: ({ status }) => status === "closed" || status === "cancelled", order: (a, b) => b.ends_at - a.ends_at },
];

const session = new Session();
const cards = new Map();

const client = new Client(location.origin, { token: () => session.token, denied: () => session.forget() });
const light = new LinkLight(() => client.wake());

function welcomed({ you, auctions }) {
  setText(byId("who"), you?.name ? `You are ${you.name}` : "");
  const listed = new Set(auctions.map(({ id }) => id));
  for (const id of cards.keys()) if (!listed.has(id)) cards.delete(id);
  auctions.forEach(put);
  arrange();
}

function changed({ auction }) {
  put(auction);
  arrange();
}

function vanished({ id }) {
  cards.delete(id);
  arrange();
}

function put(auction) {
  if (!cards.has(auction.id)) cards.set(auction.id, new Card(auction));
  cards.get(auction.id).render(auction, client.now());
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

setInterval(() => cards.forEach((card) => card.tick(client.now())), TICK_MS);
client.on("state", (link, code) => light.show(link, code));
client.on("welcome", welcomed);
client.on("auction", changed);
client.on("gone", vanished);
client.connect();
