// The dialog that asks for a name, when one is first needed.

import { byId, setNote, setText } from "./dom.js";
import { t } from "./words.js";

export class SignIn {
  #dialog = byId("sign-in");
  #form = byId("sign-in-form");
  #name = byId("sign-in-name");
  #problem = byId("sign-in-problem");
  #submit = byId("sign-in-submit");
  #session;
  #done = null;

  constructor(session) {
    this.#session = session;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    byId("sign-in-cancel").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => { this.#done = null; });
  }

  /** `done` runs only if the person signs in. `label` says what that will do. */
  ask({ why, label, name = "", done }) {
    setText(byId("sign-in-why"), why);
    setText(this.#submit, label);
    setNote(this.#problem, "");
    this.#name.value = this.#asks === "name" ? name : "";
    this.#done = done;
    this.#dialog.showModal();
    this.#name.select();
  }

  /** `name`, or `token` where a name is not enough. */
  get #asks() {
    return this.#name.dataset.asks;
  }

  async #send() {
    const name = this.#name.value.trim();
    if (!/[\p{L}\p{N}]/u.test(name)) return this.#refuse(t("shared.name_letter"));
    this.#submit.disabled = true;
    try {
      await this.#session.signIn({ [this.#asks]: name });
      const done = this.#done; // null if the dialog was closed meanwhile
      this.#dialog.close();
      done?.();
    } catch (problem) {
      this.#refuse(problem.message);
    } finally {
      this.#submit.disabled = false;
    }
  }

  #refuse(message) {
    setNote(this.#problem, message);
    this.#name.focus();
  }
}
