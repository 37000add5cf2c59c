// A button for each thing that an auctioneer can do, with its key on it.

import { byId, make, setText } from "../dom.js";
import { t } from "../words.js";
import { ACTS } from "./commands.js";
import { Twice, noRepeats } from "./twice.js";

export class ActButtons {
  #node = byId("acts");
  #run;
  #buttons = new Map();
  #model = null;
  #ready = false;
  #twice = new Twice(() => this.#draw());

  /** `run(act)` does it. */
  constructor(run) {
    this.#run = run;
    this.#node.addEventListener("keydown", noRepeats);
    for (const act of ACTS) {
      const button = make("button", "button quiet act-button", make("span", "act-label", t(act.label)), make("kbd", "", act.key));
      Object.assign(button, { type: "button", id: `act-${act.name}` });
      button.setAttribute("aria-keyshortcuts", act.key);
      button.addEventListener("click", () => this.press(act.name));
      this.#buttons.set(act.name, button);
      this.#node.append(button);
    }
  }

  /** As if the button were clicked: nothing where it makes no sense now. */
  press(name) {
    const act = ACTS.find((known) => known.name === name);
    if (!this.#can(act)) return;
    if (act.twice && !this.#twice.press(name, this.#sight(act))) return;
    if (!act.twice) this.#twice.disarm();
    this.#run(act);
  }

  render(model, ready) {
    this.#model = model;
    this.#ready = ready;
    const armed = ACTS.find(({ name }) => name === this.#twice.armed);
    if (armed && this.#can(armed)) this.#twice.check(this.#sight(armed));
    else this.#twice.disarm();
    this.#draw();
  }

  #can(act) {
    return this.#ready && act.when(this.#model.state);
  }

  /** What it would lead to: the words on the button. */
  #sight(act) {
    return act.twice(this.#model.state, this.#model);
  }

  #draw() {
    for (const act of ACTS) {
      const button = this.#buttons.get(act.name);
      const armed = this.#twice.armed === act.name;
      const able = this.#can(act);
      if (!able && document.activeElement === button) this.#node.focus(); // a disabled button would drop the focus
      button.disabled = !able;
      button.hidden = Boolean(act.once) && !able;
      button.dataset.armed = armed;
      setText(button.firstChild, armed ? t("console.press_again", { what: this.#sight(act) }) : t(act.label));
    }
  }
}
