// Asks once more before something that cannot be taken back.

import { byId, setText } from "./dom.js";

export class Sure {
  #dialog = byId("sure");
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
    setText(byId("sure-yes"), label);
    this.#asked = { holds, done };
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }

  /** Takes back a question that has been overtaken. */
  check() {
    if (this.#asked && !this.#asked.holds()) this.#dialog.close("");
  }
}
