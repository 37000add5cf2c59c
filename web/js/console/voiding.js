// Taking out a bid: first what would become of the auction without it, then the reason.

import { make, nameOf, setContent } from "../dom.js";
import { moment } from "../time.js";
import { parts, t } from "../words.js";
import { unanswered } from "./reason-dialog.js";

export class Voiding {
  #dialog;
  #send;
  #bid = null;
  #model = null;
  #table = make("div", "preview");
  #preview = null;
  #asked = 0;

  /** `send(command)` gives a promise of the verdict. */
  constructor({ dialog, send }) {
    this.#dialog = dialog;
    this.#send = send;
  }

  ask(bid, model) {
    this.#bid = bid;
    this.#model = model;
    this.#preview = null;
    this.#table.replaceChildren(make("p", "muted", t("console.void_working")));
    this.#dialog.ask({
      head: t("console.void_head"),
      body: make("div", "reason-body", whichBid(bid, model), this.#table),
      label: t("console.void_do"),
      ready: () => this.#preview !== null,
      send: (reason) => this.#send({ type: "void", seq: bid.seq, reason }),
      closed: () => { this.#bid = null; },
    });
    this.refresh(model);
  }

  /** Asks again: what would be without it changes with every bid. */
  async refresh(model) {
    if (this.#bid === null) return;
    this.#model = model;
    const asked = this.#asked += 1;
    const command = { type: "void", seq: this.#bid.seq, preview: true };
    const verdict = await this.#send(command).catch(unanswered);
    if (asked !== this.#asked || this.#bid === null) return;
    this.#preview = verdict.preview ?? null;
    if (verdict.type === "refused") this.#dialog.refuse(verdict);
    else this.#draw(this.#preview);
    this.#dialog.refresh();
  }

  #draw({ before, after }) {
    const { money, named } = this.#model;
    const amount = (minor) => (minor === null ? "–" : money.format(minor));
    const rows = [
      [t("console.void_price"), ({ price }) => amount(price)],
      [t("console.void_leader"), ({ leader }) => (leader ? named(leader).name : t("console.void_nobody"))],
      [t("console.next_bid"), ({ minimum }) => amount(minimum)],
      [t("console.void_bids"), ({ bids }) => String(bids)],
      [t("console.void_reserve"), ({ reserve }) => t(`console.void_reserve_${reserve}`)],
    ];
    const head = make("tr", "", make("td", ""), columnHead(t("console.void_now")), columnHead(t("console.void_without")));
    const body = rows.map(([label, read]) => previewRow(label, read(before), read(after)));
    setContent(this.#table, make("table", "preview-table", make("thead", "", head), make("tbody", "", ...body)));
  }
}

function whichBid({ bidder, amount, at }, { money, named, now }) {
  const time = moment(at, now());
  if (!bidder) return make("p", "", t("console.void_sealed", { time }));
  return make("p", "", ...parts("console.void_bid", { name: nameOf(named(bidder)), amount: money.format(amount), time }));
}

function previewRow(label, before, after) {
  return make("tr", before === after ? "" : "changed", rowHead(label), make("td", "", before), make("td", "", after));
}

function columnHead(text) {
  return Object.assign(make("th", "", text), { scope: "col" });
}

function rowHead(text) {
  return Object.assign(make("th", "", text), { scope: "row" });
}
