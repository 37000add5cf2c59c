// The lists of cards: brings them into the order that is wanted with as few moves as can be, a little in each frame.

import { SECTIONS } from "./shelf.js";
import { byId } from "./dom.js";
import { staying } from "./staying.js";

const AT_ONCE_MS = 8; // of a frame of 16
const FIRST = 24; // so many are always placed at once: more than a screen shows

export class Rack {
  #lists = Object.fromEntries(SECTIONS.map((name) => [name, byId(name)]));
  #cardOf;
  #wanted = Object.fromEntries(SECTIONS.map((name) => [name, []]));
  #frame = null;

  /** `cardOf(id)` gives the node, made where there is none yet. */
  constructor(cardOf) {
    this.#cardOf = cardOf;
  }

  /** Ids by section. */
  show(sections) {
    this.#wanted = sections;
    this.#place();
  }

  /** How many cards would stand elsewhere, come or go. */
  movesTo(sections) {
    const kept = new Set(SECTIONS.flatMap((name) => sections[name]));
    return SECTIONS.reduce((sum, name) => {
      const [current, wanted] = [this.#wanted[name], sections[name]];
      if (current.length === wanted.length && current.every((id, at) => id === wanted[at])) return sum;
      return sum + wanted.length - staying(current, wanted).size + current.filter((id) => !kept.has(id)).length;
    }, 0);
  }

  #place() {
    cancelAnimationFrame(this.#frame);
    const until = performance.now() + AT_ONCE_MS;
    const focused = document.activeElement;
    const done = SECTIONS.every((name) => this.#fill(name, until));
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true }); // a card that is moved loses it
    if (!done) this.#frame = requestAnimationFrame(() => this.#place());
  }

  /** Whether all of it is there. */
  #fill(name, until) {
    const [list, wanted] = [this.#lists[name], this.#wanted[name]];
    const keep = new Set(wanted);
    for (const node of [...list.children]) if (!keep.has(node.dataset.auction)) node.remove();
    const stay = staying([...list.children].map((node) => node.dataset.auction), wanted);
    let here = list.firstElementChild; // what is placed already stands before it
    for (const [at, id] of wanted.entries()) {
      if (at >= FIRST && performance.now() > until) return false;
      const node = this.#cardOf(id);
      if (stay.has(id) || node === here) here = node.nextElementSibling;
      else list.insertBefore(node, here);
    }
    return true;
  }
}
