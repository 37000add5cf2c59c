// The form for a new auction: what is asked depends on the format, and what is wrong stands at its field.

import { byId, make, setNote, setText } from "../dom.js";
import { requestId } from "../errands.js";
import { refusalWords } from "../refusals.js";
import { t } from "../words.js";
import { faultWords, formField, termsOf } from "./terms.js";

const LONGEST_TABLE = 20; // rows, in this form

export class CreateForm {
  #form = byId("create-form");
  #button = byId("create-button");
  #session;
  #asked = null;
  #table = byId("table");

  constructor(session) {
    this.#session = session;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#form.addEventListener("input", ({ target }) => this.#clear(target.name));
    this.#form.addEventListener("change", () => this.#arrange());
    byId("add-row").addEventListener("click", () => this.#addRow());
    this.#addRow("0");
    this.#arrange();
  }

  show() {
    byId("create").hidden = false;
    this.#form.elements.title.focus();
  }

  #values() {
    const { elements } = this.#form;
    const values = {};
    for (const field of elements) {
      if (!field.name) continue;
      if (field.type === "checkbox") values[field.name] = field.checked;
      else if (field.type !== "radio" || field.checked) values[field.name] = field.value;
    }
    const cells = (row) => [...row.querySelectorAll("input")].map(({ value }) => value);
    values.table = [...this.#table.children].map(cells).map(([from, step]) => ({ from, step }));
    return values;
  }

  /** Only what the chosen format asks for is there. */
  #arrange() {
    const { format, increments, starts, ends, soft_close } = this.#values();
    const chosen = { format, increments, starts, ends, soft_close: String(soft_close) };
    for (const part of this.#form.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").every((rule) => {
        const [name, wanted] = rule.split("=");
        return wanted.split("|").includes(chosen[name]);
      });
    }
    setText(byId("start-label"), t(`console.form_start_${format === "vickrey" ? "sealed" : format}`));
    setText(byId("format-note"), t(`console.form_note_${format}`));
  }

  #addRow(from = "") {
    const count = this.#table.childElementCount;
    if (count === LONGEST_TABLE) return;
    const cell = (label, value) => {
      const input = make("input", "field");
      Object.assign(input, { type: "text", inputMode: "decimal", maxLength: 30, value });
      input.dataset.table = "";
      return make("label", "", make("span", "label", label), input);
    };
    const remove = make("button", "link", t("console.form_remove"));
    remove.type = "button";
    const row = make("li", "step-row", cell(t("console.form_from"), from), cell(t("console.form_steps_of"), ""), remove);
    remove.addEventListener("click", () => row.remove());
    remove.hidden = count === 0;
    this.#table.append(row);
    if (count > 0) row.querySelector("input").focus();
  }

  #clear(name) {
    this.#problem(name || "table", "");
    setNote(byId("create-problem"), "");
  }

  async #submit() {
    const values = this.#values();
    const { terms, errors } = termsOf(values);
    for (const note of this.#form.querySelectorAll(".problem")) setNote(note, "");
    this.#form.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
    if (errors) return this.#show(errors);
    this.#button.disabled = true;
    try {
      await this.#create(terms, values);
    } finally {
      this.#button.disabled = false;
    }
  }

  async #create(terms, values) {
    const body = JSON.stringify(terms);
    if (this.#asked?.body !== body) this.#asked = { body, id: requestId() };
    const headers = { "content-type": "application/json", "idempotency-key": this.#asked.id };
    if (this.#session.token) headers.authorization = `Bearer ${this.#session.token}`;
    const answer = await fetch("/api/auctions", { method: "POST", headers, body }).catch(() => null);
    const made = await answer?.json().catch(() => null);
    if (!answer || !made) return setNote(byId("create-problem"), t("console.form_lost"));
    if (answer.status === 201) return location.assign(`/console?auction=${encodeURIComponent(made.id)}`);
    this.#refused(made, values);
  }

  /** What the server says of a field is about its own names for things; the form has words of its own for most. */
  #refused(refusal, values) {
    const name = refusal.field ? formField(refusal.field, values) : null;
    if (name) this.#show({ [name]: faultWords(name) ?? refusalWords(refusal) });
    else setNote(byId("create-problem"), refusalWords(refusal));
  }

  /** All that is wrong, each at its field; the first one has the focus. */
  #show(errors) {
    const first = [...this.#form.querySelectorAll("[data-problem]")].find((note) => Object.hasOwn(errors, note.dataset.problem));
    for (const [name, words] of Object.entries(errors)) this.#problem(name, words);
    const field = this.#fieldOf(first?.dataset.problem);
    field?.closest("details")?.setAttribute("open", "");
    field?.focus();
  }

  #problem(name, words) {
    const note = this.#form.querySelector(`[data-problem="${CSS.escape(name)}"]`);
    if (note) setNote(note, words);
    const field = this.#fieldOf(name);
    if (words) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }

  #fieldOf(name) {
    if (name === "table") return this.#table.querySelector("input");
    const field = name ? this.#form.elements[name] : null;
    return field instanceof RadioNodeList ? field[0] : field;
  }
}
