// Server-Sent Events, read by `fetch`, which shows what an EventSource hides: who one is goes in a header, and a refusal has a reason.

import { ask, closeCode, pathOf, Upward } from "./post.js";

const LONGEST = 4 * 1024 * 1024; // characters of one message; a welcome has the last events in it
const ENDED = 1000;

export class Stream extends Upward {
  #over = false;

  constructor(way) {
    super(way);
    this.#run().catch(() => this.end());
  }

  async #run() {
    const { way } = this;
    const headers = { accept: "text/event-stream" };
    const query = { since: this.since };
    const response = await ask(way, pathOf(way.auction, "/events"), { headers, query, signal: this.stop.signal });
    if (response.status === 204) return this.end(ENDED); // we had its last event
    if (!response.ok || !response.headers.get("content-type")?.startsWith("text/event-stream")) return this.end(await closeCode(response));
    for await (const data of dataOf(response.body)) this.#read(JSON.parse(data));
    this.end(this.#over ? ENDED : undefined);
  }

  #read(message) {
    const last = message.type === "welcome" || message.type === "resync" ? message.auction?.status : message.type;
    this.#over ||= last === "closed" || last === "cancelled";
    this.hear(message);
  }
}

/** The data of each message (HTML §9.2.6), comments and other fields left out. */
export async function* dataOf(body) {
  let data = [];
  for await (const line of linesOf(body)) {
    if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
    if (line !== "" || data.length === 0) continue;
    yield data.join("\n");
    data = [];
  }
}

async function* linesOf(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop();
      if (rest.length > LONGEST) throw new Error("a line too long");
      for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
