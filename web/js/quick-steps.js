// Buttons for the amounts one is most likely to bid: the least that counts, and one and two steps more.

import { byId, make, setText } from "./dom.js";
import { t } from "./words.js";

export class QuickSteps {
  #row = byId("quick");
  #buttons = [];

  /** `pick(minor)`: fill it in. */
  constructor(pick) {
    this.#buttons = ["bid.quick_least", "bid.quick_one", "bid.quick_two"].map((key) => {
      const [amount, label] = [make("b", "quick-amount"), make("span", "quick-label", t(key))];
      const button = make("button", "quick-step", label, " ", amount);
      button.type = "button";
      button.addEventListener("click", () => pick(Number(button.value)));
      this.#row.append(button);
      return { button, amount };
    });
  }

  /** `amounts` in minor units; none: nothing is offered. `chosen`: what stands in the box. */
  render(amounts, money, { chosen, disabled }) {
    this.#row.hidden = amounts.length === 0;
    this.#buttons.forEach(({ button, amount }, at) => {
      const minor = amounts[at];
      button.hidden = minor === undefined;
      if (button.hidden) return;
      button.value = minor;
      button.disabled = disabled;
      button.setAttribute("aria-pressed", minor === chosen);
      setText(amount, money.format(minor));
    });
  }
}
