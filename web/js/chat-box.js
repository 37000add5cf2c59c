// The box one writes chat in. What is written stays in it until the server has taken it.

import { byId, setText } from "./dom.js";
import { requestId } from "./errands.js";
import { t } from "./words.js";

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

  /** Under the same id while the last try of that very text has no verdict. */
  send(client, text) {
    if (this.#pending?.text !== text) this.#pending = { type: "say", id: requestId(), text };
    const pending = this.#pending;
    this.#waiting = true;
    setText(this.#note, "");
    // Of no patience: after a break it is the person who says whether it is still to be said.
    client.send(pending, { patience: 0 }).then((verdict) => this.#hear(verdict, pending), () => this.lineLost());
  }

  #hear(verdict, pending) {
    if (pending !== this.#pending) return;
    this.#waiting = false;
    if (verdict.type === "refused") return setText(this.#note, verdict.message);
    if (this.#text.value.trim() === pending.text) this.#text.value = "";
    this.#pending = null;
  }

  lineLost() {
    if (this.#waiting) setText(this.#note, t("lot.chat_unconfirmed"));
    this.#waiting = false;
  }

  render({ link }) {
    this.#button.disabled = link !== "connected";
    this.#form.hidden = link === "gone";
  }
}
