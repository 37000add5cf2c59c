// MessagePack (github.com/msgpack/msgpack, spec.md), as much of it as JSON has: no bytes, no extensions, whole numbers to 2^53.

const DEEPEST = 64;
const START = 256; // bytes

/** As JSON would: members that are undefined are left out. */
export function encode(value) {
  return new Writer().write(value, 0).bytes();
}

/** The one value these bytes are. Throws where they are none, or more. */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.read(0);
  if (!reader.atEnd) throw new RangeError("MessagePack: more than one value");
  return value;
}

class Writer {
  #bytes = new Uint8Array(START);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  bytes() { return this.#bytes.subarray(0, this.#at); }

  write(value, depth) {
    if (depth > DEEPEST) throw new RangeError("MessagePack: too deep");
    if (value === null || value === undefined) this.#byte(0xc0);
    else if (typeof value === "boolean") this.#byte(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "string") this.#string(value);
    else if (Array.isArray(value)) this.#array(value, depth);
    else if (typeof value === "object") this.#map(value, depth);
    else throw new TypeError(`MessagePack: no ${typeof value}`);
    return this;
  }

  #number(value) {
    if (!Number.isSafeInteger(value)) this.#put(0xcb, 8, (at) => this.#view.setFloat64(at, value));
    else if (value >= 0) this.#unsigned(value);
    else this.#signed(value);
  }

  #unsigned(value) {
    if (value < 0x80) this.#byte(value);
    else if (value <= 0xff) this.#put(0xcc, 1, (at) => this.#view.setUint8(at, value));
    else if (value <= 0xffff) this.#put(0xcd, 2, (at) => this.#view.setUint16(at, value));
    else if (value <= 0xffff_ffff) this.#put(0xce, 4, (at) => this.#view.setUint32(at, value));
    else this.#put(0xcf, 8, (at) => this.#view.setBigUint64(at, BigInt(value)));
  }

  #signed(value) {
    if (value >= -0x20) this.#byte(value & 0xff);
    else if (value >= -0x80) this.#put(0xd0, 1, (at) => this.#view.setInt8(at, value));
    else if (value >= -0x8000) this.#put(0xd1, 2, (at) => this.#view.setInt16(at, value));
    else if (value >= -0x8000_0000) this.#put(0xd2, 4, (at) => this.#view.setInt32(at, value));
    else this.#put(0xd3, 8, (at) => this.#view.setBigInt64(at, BigInt(value)));
  }

  #string(text) {
    const utf8 = new TextEncoder().encode(text);
    this.#head(utf8.length, [0xa0, 0x20], [0xd9, 0xda, 0xdb]);
    this.#room(utf8.length);
    this.#bytes.set(utf8, this.#at);
    this.#at += utf8.length;
  }

  #array(list, depth) {
    this.#head(list.length, [0x90, 0x10], [null, 0xdc, 0xdd]);
    for (const value of list) this.write(value, depth + 1);
  }

  #map(object, depth) {
    const entries = Object.entries(object).filter(([, value]) => value !== undefined);
    this.#head(entries.length, [0x80, 0x10], [null, 0xde, 0xdf]);
    for (const [key, value] of entries) {
      this.#string(key);
      this.write(value, depth + 1);
    }
  }

  /** The shortest head that holds the length: in the byte itself below `limit`, else in 1, 2 or 4 bytes after it. */
  #head(length, [fix, limit], [one, two, four]) {
    if (length < limit) this.#byte(fix | length);
    else if (one !== null && length <= 0xff) this.#put(one, 1, (at) => this.#view.setUint8(at, length));
    else if (length <= 0xffff) this.#put(two, 2, (at) => this.#view.setUint16(at, length));
    else this.#put(four, 4, (at) => this.#view.setUint32(at, length));
  }

  #byte(byte) {
    this.#room(1);
    this.#bytes[this.#at] = byte;
    this.#at += 1;
  }

  #put(mark, size, set) {
    this.#byte(mark);
    this.#room(size);
    set(this.#at);
    this.#at += size;
  }

  #room(size) {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + size));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

class Reader {
  #bytes;
  #view;
  #at = 0;
  #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd() { return this.#at === this.#bytes.length; }

  read(depth) {
    if (depth > DEEPEST) throw new RangeError("MessagePack: too deep");
    const mark = this.#number(1, "getUint8");
    if (mark < 0x80) return mark;
    if (mark < 0x90) return this.#map(mark & 0x0f, depth);
    if (mark < 0xa0) return this.#array(mark & 0x0f, depth);
    if (mark < 0xc0) return this.#string(mark & 0x1f);
    if (mark >= 0xe0) return mark - 0x100;
    return this.#marked(mark, depth);
  }

  #marked(mark, depth) {
    switch (mark) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xca: return this.#number(4, "getFloat32");
      case 0xcb: return this.#number(8, "getFloat64");
      case 0xcc: return this.#number(1, "getUint8");
      case 0xcd: return this.#number(2, "getUint16");
      case 0xce: return this.#number(4, "getUint32");
      case 0xcf: return this.#exact(this.#number(8, "getBigUint64"));
      case 0xd0: return this.#number(1, "getInt8");
      case 0xd1: return this.#number(2, "getInt16");
      case 0xd2: return this.#number(4, "getInt32");
      case 0xd3: return this.#exact(this.#number(8, "getBigInt64"));
      case 0xd9: return this.#string(this.#number(1, "getUint8"));
      case 0xda: return this.#string(this.#number(2, "getUint16"));
      case 0xdb: return this.#string(this.#number(4, "getUint32"));
      case 0xdc: return this.#array(this.#number(2, "getUint16"), depth);
      case 0xdd: return this.#array(this.#number(4, "getUint32"), depth);
      case 0xde: return this.#map(this.#number(2, "getUint16"), depth);
      case 0xdf: return this.#map(this.#number(4, "getUint32"), depth);
      default: throw new RangeError(`MessagePack: 0x${mark.toString(16)} is nothing that JSON has`);
    }
  }

  #array(length, depth) {
    const list = []; // grows as it is read: a length alone must not take memory
    for (let index = 0; index < length; index += 1) list.push(this.read(depth + 1));
    return list;
  }

  #map(length, depth) {
    const entries = [];
    for (let index = 0; index < length; index += 1) {
      const key = this.read(depth + 1);
      if (typeof key !== "string") throw new RangeError("MessagePack: a key that is no text");
      entries.push([key, this.read(depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  #string(length) {
    if (this.#at + length > this.#bytes.length) throw new RangeError("MessagePack: cut short");
    this.#at += length;
    return this.#utf8.decode(this.#bytes.subarray(this.#at - length, this.#at));
  }

  /** Throws beyond the end by itself. */
  #number(size, get) {
    const value = this.#view[get](this.#at);
    this.#at += size;
    return value;
  }

  #exact(big) {
    const value = Number(big);
    if (!Number.isSafeInteger(value)) throw new RangeError("MessagePack: a number beyond 2^53");
    return value;
  }
}
