// The page of one auction: ties the connection to the state, and the state to what is seen.

import { actWords } from "./acts.js";
import { Alerts } from "./alerts.js";
import { Aliases } from "./aliases.js";
import { Announcer } from "./announcer.js";
import { apply, canBuyNow, fromSnapshot, isSealed, standingOf, withAll, withPresence, withText } from "./auction-state.js";
import { BidBox } from "./bid-box.js";
import { BidDesk } from "./bid-desk.js";
import { ChartBox } from "./chart-box.js";
import { ChatBox } from "./chat-box.js";
import { Client } from "./client.js";
import { ServerClock } from "./clock.js";
import { renderCrowd } from "./crowd.js";
import { byId, nameOf, setContent, setData, setHidden, setText } from "./dom.js";
import { Draft } from "./draft.js";
import { Figures, isOver, priceAt } from "./figures.js";
import { firstLook, readClock } from "./first.js";
import { soon } from "./frame.js";
import { LinkLight } from "./link.js";
import { Money } from "./money.js";
import { renderOutcome } from "./outcome.js";
import { isolated } from "./names.js";
import { MOST, Past } from "./past.js";
import { picture } from "./picture.js";
import { renderRecord } from "./record.js";
import { renderRostrum, warningText } from "./rostrum.js";
import { SealedNote } from "./sealed-note.js";
import { Session } from "./session.js";
import { SignIn } from "./sign-in.js";
import { Sure } from "./sure.js";
import { ChatLog, History } from "./talk.js";
import { lastMinute } from "./title.js";
import { renderWho } from "./who.js";
import { parts, t } from "./words.js";

const TICK_MS = 200;
const INTENT_MS = 10_000; // what one wanted before signing in is forgotten after that
const ENDED = 1000;
const NOBODY = { id: null, name: null, roles: [] };

const id = location.pathname.split("/").filter(Boolean).at(-1);
const clock = new ServerClock();
const known = firstLook();
if (known) readClock(clock, known);
const session = new Session();
const signIn = new SignIn(session);
const announcer = new Announcer(byId("announcer"));
const figures = new Figures();
const past = new Past(id, { token: () => session.token, changed: recalled });
const chart = new ChartBox(past);
const history = new History({ earlier: () => past.load() });
const chatLog = new ChatLog();
const aliases = new Aliases();
const sealedNote = new SealedNote(id);
const sure = new Sure();
const alerts = new Alerts();
const draft = new Draft(id);

let state = null;
let you = NOBODY;
let money = null;
let intent = null;

/** At most once a frame, however much is heard. */
const renderSoon = soon(render);

const client = new Client(location.origin, { auction: id, clock, known, token: () => session.token, denied: () => session.forget() });
const light = new LinkLight(() => client.wake(), renderSoon);
const desk = new BidDesk({ send: (...bid) => client.send(...bid), changed: deskChanged, keep: (pending) => draft.keepPending(pending) });
const bidBox = new BidBox({
  bid: (order) => asSomebody(() => place(order), t("bid.why_bid"), orderLabel(order)),
  buyNow: askToBuy,
  typed: () => desk.settle(),
  again: () => desk.sendAgain(),
  leave: () => desk.leave(),
  ask: (question) => sure.ask(question),
}, draft);
const chatBox = new ChatBox((text) => asSomebody(() => chatBox.send(client, text), t("bid.why_chat"), t("bid.continue_send")));

function welcomed(message) {
  const before = you;
  you = message.you ?? NOBODY;
  aliases.begin(you, message.aliases);
  desk.learnOwn(you.id, message.own);
  // A bid of somebody else's, in this very tab, stays where it is: they may come back.
  if (draft.pending?.bidder === you.id) desk.recall(draft.pending);
  // The events to come bring the rest.
  if (message.resumed && message.auction) state = withText(withPresence(state, message.auction), { text: message.auction.live });
  if (before.id !== you.id) redrawLists();
}

function takeSnapshot(auction) {
  state = fromSnapshot(auction);
  past.begin(auction);
  if (past.events.length > auction.recent.length) state = withAll(state, past.events, MOST);
  money = new Money(state.currency, state.decimals);
  setData(document.documentElement, "currency", state.currency);
  setText(byId("title"), state.title);
  setText(byId("description"), state.description ?? "");
  setContent(byId("seller"), ...(state.seller ? parts("lot.offered_by", { name: nameOf(state.seller) }) : []));
  byId("conduct-link").href = `/console?auction=${encodeURIComponent(state.id)}`;
  byId("picture").replaceChildren(picture(state, state.title));
  redrawLists();
}

/** The bids from before what the snapshot knew. */
function recalled() {
  state = withAll(state, past.events, MOST);
  history.reset();
  render();
}

function redrawLists() {
  history.reset();
  chatLog.reset();
}

function linkChanged(link, code) {
  showLink(code);
  if (link === "connected") {
    desk.lineBack();
    resumeIntent();
  } else {
    desk.lineLost();
    draft.interrupt();
    chatBox.lineLost();
  }
  if (link === "gone" && code === ENDED) desk.sendAgain(); // the room has closed over an unanswered bid
  render();
}

function showLink(code = client.code) {
  light.show(client.state, client.state === "connected" ? undefined : code, { current: client.current, heardAt: client.heardAt });
}

function happened(event) {
  const before = standingOf(state, aliases.mine);
  state = apply(state, event);
  past.add(event);
  if (event.type === "voided") {
    history.reset(); // what is drawn already has changed
    desk.forgetOwn();
    desk.settle();
  }
  // A refusal stays to be read; what was said of an accepted bid is old once somebody has bid again.
  const overtaken = event.type === "bid" && !event.automatic && desk.view.phase === "accepted";
  if (standingOf(state, aliases.mine) !== before || overtaken) desk.settle();
  if (Object.hasOwn(SPOKEN, event.type)) announcer.say(() => SPOKEN[event.type](event));
  renderSoon();
}

const SPOKEN = {
  bid: () => t("bid.said_bid", { price: money.format(state.price), leader: leaderText() }),
  sealed: ({ count: bids }) => t("bid.said_sealed", { count: bids }),
  extended: ({ reason }) => (reason === "soft_close" ? t("bid.said_extended") : spokenAct()),
  voided: () => spokenAct(),
  opened: () => t("bid.said_open"),
  resumed: () => t("bid.said_open"),
  paused: () => t("bid.said_paused"),
  warned: ({ stage }) => warningText(stage),
};

function spokenAct() {
  return actWords(state, { money, named: aliases.named, now: clock.now() });
}

function leaderText() {
  return aliases.mine(state.leader) ? t("bid.said_you_lead") : t("bid.said_leads", { name: isolated(aliases.named(state.leader).name) });
}

function heard(message) {
  if (message.type === "presence") state = withPresence(state, message);
  if (message.type === "announcing") {
    state = withText(state, message);
    announcer.say(message.text);
  }
  if (message.type === "alias") learnAlias(message);
  renderSoon();
}

function learnAlias(pair) {
  aliases.learn(pair);
  redrawLists(); // a bid of one's own may stand there already
}

function deskChanged({ phase, order, bidder, seq, alias }) {
  if (phase === "accepted") {
    if (alias) learnAlias({ alias, person: you });
    if (isSealed(state)) sealedNote.remember(bidder, { seq, amount: order.amount });
    bidBox.forget();
  }
  render();
}

/** It ends the auction: asked once more. */
function askToBuy() {
  const buys = state.buy_now;
  const price = money.format(buys);
  const buy = () => asSomebody(() => place({ buys }), t("bid.why_buy"), t("bid.continue_buy", { price }));
  const holds = () => canBuyNow(state);
  sure.ask({ head: t("bid.buy_head"), why: t("bid.buy_why", { price }), label: t("bid.buy_label", { price }), holds, done: buy });
}

function place(order) {
  desk.place(order, you.id, priceAt(state, clock.now()));
}

/** Does it as whoever one is, or asks who one is first. */
function asSomebody(run, why, label) {
  if (you.id) return run();
  signIn.ask({ why, label, done: () => signedIn(run) });
}

function signedIn(run = null) {
  intent = run && { run, at: clock.local() };
  client.connect();
}

function resumeIntent() {
  const wanted = intent;
  intent = null;
  if (wanted && you.id && clock.local() - wanted.at < INTENT_MS) wanted.run();
}

function orderLabel(order) {
  if (order.max) return t("bid.continue_up_to", { amount: money.format(order.max) });
  return t("bid.continue_bid", { amount: money.format(order.amount) });
}

function render() {
  const link = client.state;
  chatBox.render({ link });
  renderSelf();
  if (state) renderAuction(link);
  count();
}

function renderAuction(link) {
  const { current } = client;
  const ready = current && state.status === "open" && !desk.busy;
  const standing = standingOf(state, aliases.mine);
  const [maximum, sealed] = [desk.ownOf(you), desk.ownOf(you) ?? sealedNote.amountOf(you.id, state)];
  const { mine, named } = aliases;
  const { opening } = light;
  const model = { state, you, mine, named, money, link, opening, current, ready, standing, maximum, sealed, desk: desk.view, past, now: () => clock.now() };
  setHidden(byId("auction"), false);
  setData(document.documentElement, "status", state.status);
  if (isOver(state) && !desk.busy) draft.forget();
  figures.render(model);
  renderOutcome(model);
  renderRostrum(model);
  renderRecord(model);
  bidBox.render(model);
  history.render(model);
  chart.render(model);
  chatLog.render(model);
  renderCrowd(state);
  sure.check();
  alerts.render(model);
}

function renderSelf() {
  const shown = aliases.own ? t("shared.alias_here", { name: you.name, alias: aliases.own.name }) : you.name ?? "";
  renderWho(you, { shown, nobody: t("shared.only_watching") });
  byId("change-who").style.visibility = client.state === "gone" ? "hidden" : ""; // its place stays
}

/** For tests, and for anyone who looks. Last, so that what it promises is already on the page. */
function count() {
  const { dataset } = document.documentElement;
  dataset.seq = client.seq ?? 0;
  dataset.gaps = client.gaps;
  dataset.repeats = client.repeats;
}

byId("change-who").addEventListener("click", () => {
  const why = t("bid.why_change");
  signIn.ask({ why, label: t("shared.continue"), name: you.name ?? "", done: () => signedIn() });
});
setInterval(() => {
  // What is about to be drawn anyway brings the time with it; at the end every tick counts.
  if (!renderSoon.waits() || state && lastMinute(state, clock.now()) !== null) {
    figures.tick(clock.now());
    bidBox.tick();
  }
  alerts.tick();
}, TICK_MS);
client.on("state", linkChanged);
client.on("current", () => {
  showLink();
  render();
});
client.on("welcome", welcomed);
client.on("snapshot", takeSnapshot);
client.on("event", happened);
client.on("message", heard);
client.on("counted", count);
client.connect();
