// Shows how the line is, in words; and whether what the page shows is how it stands.

import { byId, setData, setHidden, setNote, setText } from "./dom.js";
import { moment } from "./time.js";
import { t } from "./words.js";

const FIRST_LOOK_MS = 2_000; // so long a page that has just been opened may still be connecting
const KNOWN = new Set([1000, 4401, 4403, 4404]); // close codes after which nobody comes back

export class LinkLight {
  #light = byId("light");
  #notice = byId("notice");
  #noticeText = byId("notice-text");
  #retry = byId("retry");
  #wayOut = byId("way-out"); // not in the lobby, which is where it leads
  #asOf = byId("as-of"); // beside a price
  #lost = byId("lost"); // in place of what there is nothing of
  #seen = false;
  #patient = true;
  #last = ["reconnecting", undefined, {}];

  /** `impatient`: the page is not just opening any more. */
  constructor(retry, impatient = () => {}) {
    this.#retry.addEventListener("click", retry);
    setTimeout(() => {
      this.#patient = false;
      this.show(...this.#last);
      impatient();
    }, FIRST_LOOK_MS);
  }

  /** Whether it may still be that nothing is wrong. */
  get opening() {
    return !this.#seen && this.#patient;
  }

  /** `current`: whether the figures are to be believed; `heardAt`: from when they are. */
  show(state, code, { current = state === "connected", heardAt = null } = {}) {
    this.#last = [state, code, { current, heardAt }];
    this.#seen ||= state === "connected";
    const first = !this.#seen && code === undefined;
    const old = state === "reconnecting" ? !first || !this.#patient : state === "connected" && !current;
    const [label, notice] = this.#words(state, code, first, heardAt);
    const { dataset } = document.documentElement;
    setData(this.#light, "state", state);
    dataset.link = state;
    dataset.current = !old;
    setText(this.#light, label);
    setText(this.#noticeText, notice);
    setHidden(this.#notice, notice === "");
    setHidden(this.#retry, state === "gone");
    if (this.#lost) this.#showLost(state === "gone" && code !== 1000, label);
    if (this.#wayOut) setHidden(this.#wayOut, state !== "gone");
    if (this.#asOf) setNote(this.#asOf, old && heardAt !== null ? t("shared.as_of", { time: moment(heardAt, heardAt) }) : "");
  }

  /** A page without anything on it says so in its heading. */
  #showLost(gone, label) {
    const head = byId("lost-head");
    const shown = [...document.querySelectorAll("h1")].some((other) => other !== head && other.checkVisibility());
    setHidden(this.#lost, !gone || shown);
    setText(head, label);
  }

  #words(state, code, first, heardAt) {
    if (state === "connected") return [t("shared.connected"), ""];
    if (state === "gone") return goneWords(code);
    if (first) return [t("shared.connecting"), ""];
    const notice = heardAt === null ? t("shared.down") : t("shared.down_since", { time: moment(heardAt, heardAt) });
    return [t("shared.reconnecting"), notice];
  }
}

function goneWords(code) {
  const end = KNOWN.has(code) ? code : "lost";
  return [t(`shared.gone_${end}`), code === 1000 ? "" : t(`shared.gone_why_${end}`)];
}
