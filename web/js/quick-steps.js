// Buttons for the amounts one is most likely to bid: the least that counts, and one and two steps more.

import { byId, setHidden, setText } from "./dom.js";

export class QuickSteps {
  #row = byId("quick");
  #buttons = [];

  /** `pick(minor)`: fill it in. */
  constructor(pick) {
    this.#buttons = [...this.#row.children].map((button) => {
      button.addEventListener("click", () => pick(Number(button.value)));
      return { button, amount: button.querySelector(".quick-amount") };
    });
  }

  /** `amounts` in minor units; none: nothing is offered. `chosen`: what stands in the box. */
  render(amounts, money, { chosen, disabled }) {
    setHidden(this.#row, amounts.length === 0);
    this.#buttons.forEach(({ button, amount }, at) => {
      const minor = amounts[at];
      setHidden(button, minor === undefined);
      if (button.hidden) return;
      button.value = minor;
      button.disabled = disabled;
      button.setAttribute("aria-pressed", minor === chosen);
      setText(amount, money.format(minor));
    });
  }
}
