// Asks for a reason, shows what the reason is for, and stays until the server has taken it.

import { byId, setNote, setText } from "../dom.js";
import { refusalWords } from "../refusals.js";
import { language, t } from "../words.js";
import { Twice, noRepeats } from "./twice.js";

/** A command without an answer, as if it were refused. */
export const unanswered = ({ code, message }) => ({ type: "refused", code, message });

export class ReasonDialog {
  #dialog = byId("reason-dialog");
  #reason = byId("reason");
  #problem = byId("reason-problem");
  #submit = byId("reason-submit");
  #twice = new Twice(() => this.#render());
  #asked = null;
  #busy = false;

  constructor() {
    byId("reason-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(this.#asked);
    });
    byId("reason-form").addEventListener("keydown", noRepeats);
    this.#reason.addEventListener("input", () => this.#render());
    byId("reason-cancel").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#closed());
  }

  get isOpen() { return this.#asked !== null; }

  /** `send(reason)` gives a promise of the verdict. `ready()` says whether there is anything to be confirmed yet. */
  ask({ head, body, label, twice = false, ready = () => true, send, closed = () => {} }) {
    setText(byId("reason-head"), head);
    byId("reason-body").replaceChildren(body);
    setNote(this.#problem, "");
    this.#reason.value = "";
    this.#asked = { label, twice, ready, send, closed };
    this.#render();
    this.#dialog.showModal();
    this.#reason.focus();
  }

  /** What `ready` says may have changed. */
  refresh() {
    if (this.#asked) this.#render();
  }

  refuse(refusal) {
    setNote(this.#problem, refusalWords(refusal));
  }

  close() {
    this.#dialog.close();
  }

  #closed() {
    const asked = this.#asked;
    this.#asked = null;
    this.#twice.disarm();
    asked?.closed();
  }

  #render() {
    if (!this.#asked) return;
    const { label, ready } = this.#asked;
    setText(this.#submit, this.#twice.armed ? t("console.press_again", { what: label.toLocaleLowerCase(language) }) : label);
    this.#submit.dataset.armed = this.#twice.armed !== null;
    this.#submit.disabled = this.#busy || !ready() || this.#reason.value.trim() === "";
  }

  async #send(asked) {
    const reason = this.#reason.value.trim();
    if (this.#busy || reason === "" || !asked.ready()) return;
    if (asked.twice && !this.#twice.press("send", reason)) return;
    this.#busy = true;
    this.#render();
    const verdict = await asked.send(reason).catch(unanswered);
    this.#busy = false;
    if (this.#asked !== asked) return;
    if (verdict.type === "accepted") return this.#dialog.close();
    this.refuse(verdict);
    this.#render();
  }
}
