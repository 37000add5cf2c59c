// The box one writes chat in. What is written stays in it until the server has taken it.

import { byId, setText } from "./dom.js";
import { requestId } from "./bid-desk.js";

export class ChatBox {
  #form = byId("chat-form");
  #text = byId("chat-text");
  #button = byId("chat-button");
  #note = byId("chat-note");
  #pending = null;
  #waiting = false;

  constructor(submit) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#text.value.trim();
      if (text !== "" && !this.#waiting) submit(text);
    });
  }

  /** The command for a text: under the same id while the last try of that very text has no verdict. */
  command(text) {
    if (this.#pending?.text !== text) this.#pending = { type: "say", id: requestId(), text };
    this.#waiting = true;
    setText(this.#note, "");
    return this.#pending;
  }

  hear(message) {
    if (message.id === undefined || message.id !== this.#pending?.id) return;
    this.#waiting = false;
    if (message.type === "refused") return setText(this.#note, message.message);
    if (this.#text.value.trim() === this.#pending.text) this.#text.value = "";
    this.#pending = null;
  }

  lineLost() {
    if (this.#waiting) setText(this.#note, "Not confirmed yet: send it again once connected; it will appear once only.");
    this.#waiting = false;
  }

  render({ link }) {
    this.#button.disabled = link !== "connected";
    this.#form.hidden = link === "gone";
  }
}
