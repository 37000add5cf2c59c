// What the console's page is made of, where it needs no page.

import assert from "node:assert/strict";
import "./support/words.js";
import { test } from "node:test";
import { ACTS, actOf, timeTyped } from "../../web/js/console/commands.js";
import { LiveText } from "../../web/js/console/live-text.js";
import { formField, termsOf } from "../../web/js/console/terms.js";
import { Twice } from "../../web/js/console/twice.js";
import { Money } from "../../web/js/money.js";

const FORM = {
  title: "A lot", description: "", image: "", id: "", currency: "EUR", format: "english", start: "100", reserve: "", buy_now: "", step: "", every: "10", floor: "",
  starts: "now", starts_at: "", ends: "after", duration: "10", unit: "minutes", ends_at: "", automatic_bids: true, increments: "ebay", percent: "5", at_least: "",
  table: [{ from: "0", step: "" }], soft_close: true, window: "120", mode: "reset", extend: "120", latest: "", aliases: false,
};
const read = (changed, locale = "en-GB") => termsOf({ ...FORM, ...changed }, locale);
const sent = (terms) => JSON.parse(JSON.stringify(terms));

test("what stands in the form by default is a whole auction", () => {
  assert.deepEqual(sent(read({}).terms), {
    title: "A lot", currency: "EUR", format: "english", start: 10_000, duration_ms: 600_000, increments: "ebay", automatic_bids: true,
    soft_close: { window_ms: 120_000, extend_ms: 120_000, mode: "reset", latest: null },
  });
});

test("every term, in the writer's own way of writing numbers", () => {
  const lot = { id: "lot-1", description: "Old.", image: "/img/a.svg", currency: "chf", start: "1.234,50", reserve: "2.000", buy_now: "3.000,05", aliases: true };
  const rise = { increments: "table", table: [{ from: "0", step: "1,5" }, { from: "1.000", step: "50" }] };
  const { terms } = read({ ...lot, ...rise, soft_close: false, automatic_bids: false, duration: "2", unit: "hours" }, "de-DE");
  assert.deepEqual(sent(terms), {
    id: "lot-1", title: "A lot", description: "Old.", image: "/img/a.svg", currency: "CHF", format: "english", start: 123_450, reserve: 200_000, buy_now: 300_005,
    duration_ms: 7_200_000, aliases: true, increments: [{ from: 0, step: 150 }, { from: 100_000, step: 5_000 }], automatic_bids: false, soft_close: false,
  });
  assert.equal(read({ currency: "HUF", start: "100" }).terms.start, 10_000, "two decimals, though nobody uses them");
  assert.equal(read({ currency: "JPY", start: "100" }).terms.start, 100);
  assert.equal(read({ currency: "KWD", start: "1.5" }).terms.start, 1_500);
  assert.deepEqual(read({ increments: "percent", percent: "7", at_least: "2" }).terms.increments, { percent: 7, at_least: 200 });
});

test("what is not for a format is not sent", () => {
  const dutch = read({ format: "dutch", start: "100", step: "5", every: "30", floor: "20", reserve: "50", buy_now: "500" }).terms;
  assert.deepEqual(sent(dutch), {
    title: "A lot", currency: "EUR", format: "dutch", start: 10_000, duration_ms: 600_000, dutch: { floor: 2_000, step: 500, every_ms: 30_000 },
  });
  for (const format of ["sealed", "vickrey"]) {
    const sealed = sent(read({ format, reserve: "150", buy_now: "500" }).terms);
    assert.deepEqual(sealed, { title: "A lot", currency: "EUR", format, start: 10_000, reserve: 15_000, duration_ms: 600_000 });
  }
});

test("times are the writer's own", () => {
  const { terms } = read({ starts: "at", starts_at: "2030-01-02T03:04", ends: "at", ends_at: "2030-01-02T04:04:05" });
  assert.equal(terms.starts_at, new Date(2030, 0, 2, 3, 4).getTime());
  assert.equal(terms.ends_at, new Date(2030, 0, 2, 4, 4, 5).getTime());
  assert.equal(terms.duration_ms, undefined);
});

test("all that cannot be read is said at once, each at its field", () => {
  const { errors } = read({ title: " ", start: "a lot", buy_now: "1.5.0", duration: "0", window: "1.5", starts: "at", increments: "table" });
  assert.deepEqual(Object.keys(errors).sort(), ["buy_now", "duration", "start", "starts_at", "table", "title", "window"]);
  assert.deepEqual(Object.keys(read({ format: "dutch", every: "" }).errors).sort(), ["every", "floor", "step"]);
});

test("the server's fields have their place in the form", () => {
  const place = (field, changed = {}) => formField(field, { ...FORM, ...changed });
  const expected = { title: "title", buy_now: "buy_now", "dutch.step": "step", "dutch.every_ms": "every", dutch: "floor", "soft_close.window_ms": "window",
    "increments.percent": "percent", increments: "increments", ends_at: "duration", duration_ms: "duration", starts_at: null, aliases: "aliases", toString: null };
  for (const [field, name] of Object.entries(expected)) assert.equal(place(field), name, field);
  assert.equal(place("increments[1].from", { increments: "table" }), "table");
  assert.equal(place("increments.step", { increments: "table" }), "table");
  assert.equal(place("ends_at", { ends: "at" }), "ends_at");
  assert.equal(place("starts_at", { starts: "at" }), "starts_at");
});

test("each act has its own key, and only what makes sense can be done", () => {
  assert.equal(new Set(ACTS.map(({ key }) => key)).size, ACTS.length);
  const now = (state) => ACTS.filter(({ when }) => when({ format: "english", warned: null, history: [], envelopes: [], voids: [], ...state })).map(({ name }) => name).sort();
  const bids = { history: [{ seq: 3 }, { seq: 4 }], voids: [{ bid: 4 }] };
  assert.deepEqual(now({ status: "scheduled" }), ["announce", "cancel", "open"]);
  const open = ["announce", "cancel", "extend", "extend-30", "extend-60", "hammer", "pause", "warn-1", "warn-2"];
  assert.deepEqual(now({ status: "open" }), open);
  assert.deepEqual(now({ status: "open", warned: 1 }), open.filter((name) => name !== "warn-1"));
  assert.deepEqual(now({ status: "paused" }), ["announce", "cancel", "extend", "extend-30", "extend-60", "resume"]);
  assert.deepEqual(now({ status: "paused", ...bids }), ["announce", "bids", "cancel", "extend", "extend-30", "extend-60", "resume", "void"]);
  assert.deepEqual(now({ status: "paused", ...bids, voids: [{ bid: 3 }, { bid: 4 }] }).includes("void"), false);
  assert.ok(now({ status: "open", format: "sealed", envelopes: [{ seq: 3 }] }).includes("void"));
  for (const status of ["closed", "cancelled"]) assert.deepEqual(now({ status, ...bids }), [], status);
});

test("the hammer says what it will do", () => {
  const { twice } = ACTS.find(({ name }) => name === "hammer");
  const model = { money: new Money("EUR", 2, "en-GB"), named: (person) => person };
  const lot = { leader: { id: "ana", name: "Ana" }, price: 12_050, reserve: "none", format: "english", bids: 1 };
  assert.equal(twice(lot, model), "sold to Ana for €120.50");
  assert.equal(twice({ ...lot, reserve: "unmet" }, model), "unsold, the reserve is not met");
  assert.equal(twice({ ...lot, leader: null, price: null }, model), "unsold");
  assert.equal(twice({ ...lot, format: "sealed", leader: null }, model), "opens the sealed bids");
});

test("keys, on keyboards that want a shift for digits too", () => {
  assert.equal(actOf({ key: "h" }).name, "hammer");
  assert.equal(actOf({ key: "H", shiftKey: true }).name, "hammer");
  assert.equal(actOf({ key: "&", code: "Digit1" }).name, "warn-1");
  assert.equal(actOf({ key: "!", code: "Digit1", shiftKey: true }), undefined);
  assert.equal(actOf({ key: "z", code: "KeyZ" }), undefined);
});

test("more time is minutes, or minutes and seconds", () => {
  const times = { 5: 300_000, "2:30": 150_000, "0:30": 30_000, " 10 ": 600_000, 0: null, "0:00": null, "2:75": null, "": null, soon: null, "-1": null };
  for (const [typed, ms] of Object.entries(times)) assert.equal(timeTyped(typed), ms, typed);
});

test("a second press counts for a moment, and only for what was seen at the first", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const twice = new Twice(() => {});
  assert.equal(twice.press("hammer", "sold to Ana"), false);
  assert.equal(twice.press("hammer", "sold to Ana"), true);
  assert.equal(twice.press("hammer", "sold to Ana"), false, "a third one begins anew");
  t.mock.timers.tick(2_999);
  assert.equal(twice.armed, "hammer");
  t.mock.timers.tick(1);
  assert.equal(twice.armed, null);
  assert.equal(twice.press("hammer", "sold to Ana"), false);
  twice.check("sold to Ben");
  assert.equal(twice.armed, null, "somebody else leads");
  assert.equal(twice.press("hammer", "sold to Ana"), false);
  assert.equal(twice.press("hammer", "sold to Ben"), false);
});

test("live text: one message at a time, a pause between two, and always the newest", async () => {
  const [said, waits] = [[], []];
  let verdict;
  const live = new LiveText({
    send: (text) => new Promise((resolve) => { said.push(text); verdict = resolve; }),
    refused: () => {},
    wait: (ms) => new Promise((resolve) => waits.push({ ms, resolve })),
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  for (const text of ["D", "Do", "Do I", "Do I hear"]) live.set(text);
  assert.deepEqual(said, ["D"]);
  verdict({ type: "accepted" });
  await turn();
  assert.deepEqual(said, ["D"], "the pause is not over");
  assert.ok(waits[0].ms >= 100, "ten a second at most");
  waits.shift().resolve();
  await turn();
  assert.deepEqual(said, ["D", "Do I hear"]);
  live.set("");
  waits.shift().resolve();
  verdict(null); // the line broke
  await turn();
  waits.shift().resolve();
  await turn();
  assert.deepEqual(said, ["D", "Do I hear", ""], "the newest, once there is a line again");
});

test("live text that is refused is not sent again by itself", async () => {
  const [said, heard] = [[], []];
  const verdicts = [{ type: "refused", code: "forbidden", message: "Only its seller." }, { type: "accepted" }];
  const live = new LiveText({
    send: async (text) => { said.push(text); return verdicts.shift(); },
    refused: (message) => heard.push(message),
    wait: async () => {},
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  live.set("Hello");
  await turn();
  assert.deepEqual([said, heard], [["Hello"], ["Only its seller."]]);
  live.set("Hello again");
  await turn();
  assert.deepEqual([said, heard], [["Hello", "Hello again"], ["Only its seller.", ""]]);
});

