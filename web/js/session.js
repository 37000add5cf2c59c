// Who this window is. The token lives in sessionStorage, so that two windows of one browser can be two people.

import { t } from "./words.js";

const KEY = "subasta.token";

export class Session {
  #token = stored();

  get token() { return this.#token; }

  forget() {
    this.#token = null;
    store(null);
  }

  /** `said`: `{name}`, or `{token}`. Resolves once one is somebody; rejects with a sentence for a person. */
  async signIn(said) {
    const response = await fetch("/api/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(said),
    }).catch(() => { throw new Error(t("shared.unreachable")); });
    const body = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(body.message ?? body.detail ?? t("shared.name_refused"));
    this.#token = body.token;
    store(body.token);
  }
}

// Storage may be forbidden; then the session lasts as long as the page.
function stored() {
  const given = /^#token=([\w.-]+)$/.exec(location.hash)?.[1]; // a link that was made for one: it does not stay in the address
  if (given) {
    history.replaceState(history.state, "", location.pathname + location.search);
    store(given);
    return given;
  }
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function store(token) {
  try {
    if (token === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
  } catch { /* as above */ }
}
