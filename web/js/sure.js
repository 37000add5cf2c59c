// Asks once more before something that cannot be taken back.

import { byId, setText } from "./dom.js";

const HASTY_MS = 500; // the second press of a double one is no answer

export class Sure {
  #dialog = byId("sure");
  #yes = byId("sure-yes");
  #hasty = null;
  #asked = null;

  constructor() {
    this.#dialog.addEventListener("close", () => {
      const asked = this.#asked;
      this.#asked = null;
      if (this.#dialog.returnValue === "yes" && asked?.holds()) asked.done();
    });
  }

  /** `done` runs on a yes, and only while `holds()` says that it still can be done. */
  ask({ head, why, label, holds, done }) {
    setText(byId("sure-head"), head);
    setText(byId("sure-why"), why);
    setText(this.#yes, label);
    this.#yes.disabled = true;
    clearTimeout(this.#hasty);
    this.#hasty = setTimeout(() => { this.#yes.disabled = false; }, HASTY_MS);
    this.#asked = { holds, done };
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
    byId("sure-head").focus(); // so that no key answers before the question has been read
  }

  /** Takes back a question that has been overtaken. */
  check() {
    if (this.#asked && !this.#asked.holds()) this.#dialog.close("");
  }
}
