// What the auctioneer says, seen by everyone while it is being typed.

import { byId, setNote } from "../dom.js";
import { LiveText } from "./live-text.js";

export class AnnounceBox {
  #field = byId("announce-text");
  #live;

  /** `send(command)` gives a promise of the verdict. */
  constructor(send) {
    this.#live = new LiveText({
      send: (text) => send({ type: "announce", text }),
      refused: (message) => setNote(byId("announce-problem"), message),
    });
    this.#field.addEventListener("input", () => this.#live.set(this.#field.value));
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    byId("announce-clear").addEventListener("click", () => this.#clear());
  }

  /** What everyone reads, as the server has it: from before this page was opened, or nothing any more after a restart. */
  known(text) {
    this.#live.known(text);
    if (document.activeElement === this.#field) this.#live.set(this.#field.value);
    else this.#field.value = text;
  }

  render({ ready }) {
    this.#field.disabled = !ready;
    byId("announce-clear").disabled = !ready;
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") this.#clear();
    if (event.key === "Enter") event.preventDefault(); // it is out already
    if (event.key === "Escape" || event.key === "Enter") this.#field.blur(); // the keys work again
  }

  #clear() {
    this.#field.value = "";
    this.#live.set("");
  }
}
