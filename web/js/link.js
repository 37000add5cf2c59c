// Shows how the line is, in words.

import { byId, setText } from "./dom.js";

const GONE = {
  1000: ["Ended", ""],
  4401: ["Sign in first", "You have to sign in to watch this one."],
  4403: ["Not allowed", "You are not allowed in this room."],
  4404: ["Not found", "There is no auction at this address."],
};
const BROKEN = ["Disconnected", "The connection ended and will not come back by itself. Reload the page to go on."];

export class LinkLight {
  #light = byId("light");
  #notice = byId("notice");
  #noticeText = byId("notice-text");
  #retry = byId("retry");
  #wayOut = byId("way-out"); // not in the lobby, which is where it leads
  #seen = false;

  constructor(retry) {
    this.#retry.addEventListener("click", retry);
  }

  show(state, code) {
    const [label, notice] = this.#words(state, code);
    this.#seen ||= state === "connected";
    this.#light.dataset.state = state;
    document.documentElement.dataset.link = state;
    setText(this.#light, label);
    setText(this.#noticeText, notice);
    this.#notice.hidden = notice === "";
    this.#retry.hidden = state === "gone";
    if (this.#wayOut) this.#wayOut.hidden = state !== "gone";
  }

  #words(state, code) {
    if (state === "connected") return ["Connected", ""];
    if (state === "gone") return GONE[code] ?? BROKEN;
    if (!this.#seen && code === undefined) return ["Connecting…", ""];
    return ["Reconnecting…", "The connection is down. What you see may be out of date until it is back."];
  }
}
