// Every page in every state, for everybody. ONLY in the environment: a part of the name of the states to look at.

import { test } from "node:test";
import { assertAccessible } from "./support/axe.js";
import { NOT_FOUND, SERVER_AWAY, SOCKET_FAILED } from "./support/browser.js";
import { stage } from "./support/stage.js";
import { STATES } from "./support/states.js";

const house = await stage({ expected: [SOCKET_FAILED, SERVER_AWAY, NOT_FOUND] });
const IN_SPANISH = ["lobby, full", "auction, outbid", "console, form with problems", "console, conducting"];

async function look(name, options) {
  const cleanup = [];
  try {
    const person = await STATES[name]({ ...house, options, later: (run) => cleanup.push(run) });
    await assertAccessible(person, name);
  } finally {
    await Promise.all(cleanup.map((run) => run()));
  }
}

for (const name of Object.keys(STATES).filter((each) => each.includes(process.env.ONLY ?? ""))) {
  test(name, () => look(name, {}));
  if (IN_SPANISH.includes(name)) test(`${name}, in Spanish`, () => look(name, { locale: "es-ES" }));
}
