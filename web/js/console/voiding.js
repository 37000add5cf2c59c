// Taking out a bid: first what would become of the auction without it, then the reason.

import { make, nameOf, setContent } from "../dom.js";
import { moment } from "../time.js";

const RESERVE = { none: "none", unmet: "not met", met: "met" };

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
    this.#table.replaceChildren(make("p", "muted", "Working out what would be without it…"));
    this.#dialog.ask({
      head: "Take out this bid?",
      body: make("div", "reason-body", whichBid(bid, model), this.#table),
      label: "Take it out",
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
    const verdict = await this.#send(command).catch((problem) => ({ type: "refused", message: problem.message }));
    if (asked !== this.#asked || this.#bid === null) return;
    this.#preview = verdict.preview ?? null;
    if (verdict.type === "refused") this.#dialog.refuse(verdict.message);
    else this.#draw(this.#preview);
    this.#dialog.refresh();
  }

  #draw({ before, after }) {
    const { money, named } = this.#model;
    const amount = (minor) => (minor === null ? "–" : money.format(minor));
    const rows = [
      ["Price", ({ price }) => amount(price)],
      ["Leader", ({ leader }) => (leader ? named(leader).name : "nobody")],
      ["Next bid at least", ({ minimum }) => amount(minimum)],
      ["Bids", ({ bids }) => String(bids)],
      ["Reserve", ({ reserve }) => RESERVE[reserve] ?? reserve],
    ];
    const head = make("tr", "", make("td", ""), columnHead("Now"), columnHead("Without it"));
    const body = rows.map(([label, read]) => previewRow(label, read(before), read(after)));
    setContent(this.#table, make("table", "preview-table", make("thead", "", head), make("tbody", "", ...body)));
  }
}

function whichBid({ bidder, amount, at }, { money, named, now }) {
  const when = `at ${moment(at, now())}`;
  if (!bidder) return make("p", "", `The sealed bid that came ${when}. Whose it is shows at the end.`);
  return make("p", "", nameOf(named(bidder)), `, ${money.format(amount)}, ${when}`);
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
