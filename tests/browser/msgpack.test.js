// Our MessagePack against the specification's own figures, and against the package that everyone uses.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as theirs from "@msgpack/msgpack";
import { decode, encode } from "../../web/js/msgpack.js";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"));

// value, shortest encoding; each at the edge of a format of spec.md
const VECTORS = [
  [null, "c0"], [false, "c2"], [true, "c3"],
  [0, "00"], [127, "7f"], [128, "cc80"], [255, "ccff"], [256, "cd0100"], [65_535, "cdffff"], [65_536, "ce00010000"],
  [4_294_967_295, "ceffffffff"], [4_294_967_296, "cf0000000100000000"], [Number.MAX_SAFE_INTEGER, "cf001fffffffffffff"],
  [-1, "ff"], [-32, "e0"], [-33, "d0df"], [-128, "d080"], [-129, "d1ff7f"], [-32_768, "d18000"], [-32_769, "d2ffff7fff"],
  [-2_147_483_648, "d280000000"], [-2_147_483_649, "d3ffffffff7fffffff"], [Number.MIN_SAFE_INTEGER, "d3ffe0000000000001"],
  [1.5, "cb3ff8000000000000"], [2 ** 53, "cb4340000000000000"],
  ["", "a0"], ["a", "a161"], ["ñ€😀", "a9c3b1e282acf09f9880"], ["x".repeat(31), `bf${"78".repeat(31)}`],
  ["x".repeat(32), `d920${"78".repeat(32)}`], ["x".repeat(256), `da0100${"78".repeat(256)}`], ["x".repeat(65_536), `db00010000${"78".repeat(65_536)}`],
  [[], "90"], [[1, [2]], "92019102"], [Array(16).fill(0), `dc0010${"00".repeat(16)}`], [Array(65_536).fill(0), `dd00010000${"00".repeat(65_536)}`],
  [{}, "80"], [{ type: "bid", amount: 12_050 }, "82a474797065a3626964a6616d6f756e74cd2f12"],
];

test("values are the bytes the specification says, both ways", () => {
  for (const [value, expected] of VECTORS) {
    assert.equal(hex(encode(value)), expected);
    assert.deepEqual(decode(bytes(expected)), value);
  }
});

test("what one writes the other reads, whatever it is", () => {
  let seed = 20_261_121;
  const random = (below) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const anything = (depth) => {
    const kinds = [
      () => null, () => random(2) === 1, () => random(2 ** 31) * 2 ** random(22), () => -random(2 ** 31) * 2 ** random(22), () => random(1_000) / 7,
      () => String.fromCodePoint(...Array.from({ length: random(40) }, () => 1 + random(0xd000))),
      () => Array.from({ length: random(depth > 3 ? 1 : 20) }, () => anything(depth + 1)),
      () => Object.fromEntries(Array.from({ length: random(depth > 3 ? 1 : 20) }, (_, at) => [`key${at}`, anything(depth + 1)])),
    ];
    return kinds[random(kinds.length)]();
  };
  for (let round = 0; round < 2_000; round += 1) {
    const value = anything(0);
    assert.deepEqual(decode(encode(value)), JSON.parse(JSON.stringify(value)));
    assert.deepEqual(theirs.decode(encode(value)), JSON.parse(JSON.stringify(value)));
    assert.deepEqual(decode(theirs.encode(value)), JSON.parse(JSON.stringify(value)));
  }
});

test("members without a value are left out, as in JSON; floats of four bytes are read", () => {
  assert.equal(hex(encode({ a: undefined, b: 1 })), "81a16201");
  assert.equal(decode(bytes("ca3fc00000")), 1.5);
});

test("a member may be called what it likes", () => {
  const object = decode(encode(JSON.parse('{"__proto__":{"admin":true},"constructor":1}')));
  assert.equal(object.admin, undefined);
  assert.ok(Object.hasOwn(object, "__proto__"));
});

test("what is no value is refused: cut short, too long, too deep, or nothing that JSON has", () => {
  const whole = encode({ list: [1, "two", { three: 3.5 }], big: 2 ** 40 });
  for (let length = 0; length < whole.length; length += 1) assert.throws(() => decode(whole.subarray(0, length)), RangeError);
  for (const wrong of ["c0c0", "c1", "c40100", "d40100", "c70000", "dfffffffff", "ddffffffff", "dbffffffff", "8101c0", "cfffffffffffffffff", "a1ff"]) {
    assert.throws(() => decode(bytes(wrong)), wrong);
  }
  assert.throws(() => decode(bytes("91".repeat(100_000))), RangeError);
  const ring = [];
  ring.push(ring);
  assert.throws(() => encode(ring), RangeError);
  assert.throws(() => encode(() => 1), TypeError);
});
