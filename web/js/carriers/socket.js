// A WebSocket: JSON in text frames, or MessagePack in binary ones where both sides speak it.

const JSON_PROTOCOL = "subasta.v1.json";
const BINARY_PROTOCOL = "subasta.v1.msgpack";

export class Socket {
  pings = true;
  onmessage = null;
  onclose = null;
  since;
  token;
  #socket;
  #codec;

  constructor({ base, auction, since, token, name, WebSocket, codec }) {
    Object.assign(this, { since, token });
    this.#codec = codec;
    this.#socket = new WebSocket(address(base, auction, { since, token, name }), codec ? [BINARY_PROTOCOL, JSON_PROTOCOL] : []);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => this.onmessage?.(this.#read(data));
    this.#socket.onclose = ({ code }) => this.onclose?.(code);
    this.#socket.onerror = () => {}; // its close says it, too
  }

  /** What does not go out here is sent again over the next line. */
  send(message) {
    if (this.#socket.readyState !== 1) return;
    this.#socket.send(this.#socket.protocol === BINARY_PROTOCOL ? this.#codec.encode(message) : JSON.stringify(message));
  }

  close() {
    this.#socket.close();
  }

  #read(data) {
    try {
      return typeof data === "string" ? JSON.parse(data) : this.#codec.decode(new Uint8Array(data));
    } catch {
      return null;
    }
  }
}

function address(base, auction, query) {
  const url = new URL(auction === null ? "/ws" : `/ws/${encodeURIComponent(auction)}`, base);
  url.protocol = url.protocol.replace("http", "ws");
  for (const [key, value] of Object.entries(query)) if (value !== null) url.searchParams.set(key, value);
  return url;
}
