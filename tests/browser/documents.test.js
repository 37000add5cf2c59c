// The documents for programs, against the official descriptions of what such documents are.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { Server } from "./support/server.js";

let server;
before(async () => { server = await Server.start(); });
after(() => server?.stop());

const document = async (path) => (await fetch(server.url(path))).json();

test("openapi.json is OpenAPI 3.1, its schemas too", async () => {
  const validator = new Validator({ strict: false });
  const openapi = await document("/openapi.json");
  const { valid, errors } = await validator.validate(openapi);
  assert.ok(valid, JSON.stringify(errors, null, 1));
  assert.equal(validator.version, "3.1");
  openapi.paths["/ws"].get.responses = [];
  assert.equal((await validator.validate(openapi)).valid, false, "it would be noticed");
});

test("asyncapi.json is AsyncAPI 3.0", async () => {
  const meta = JSON.parse(await readFile(new URL("node_modules/@asyncapi/specs/schemas/3.0.0.json", import.meta.url)));
  // It brings the schema of schemas itself.
  const ajv = new Ajv({ meta: false, validateSchema: false, strict: false });
  addFormats(ajv);
  const validate = ajv.compile(meta);
  const asyncapi = await document("/asyncapi.json");
  assert.ok(validate(asyncapi), JSON.stringify(validate.errors, null, 1));
  asyncapi.operations.tellRoom.action = "shout";
  assert.equal(validate(asyncapi), false, "it would be noticed");
});
