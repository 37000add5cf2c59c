// What stands between a client and the server, and does not always do as it is asked; and servers that lie.

import { createServer, request } from "node:http";
import { connect } from "node:net";
import { WebSocketServer } from "ws";

/** A proxy, `at` a port if one is said. `upgrades`: whether WebSockets pass. `streams`: whether event streams do; else they are kept back, as some proxies do. */
export class Proxy {
  upgrades = true;
  streams = true;
  refused = 0;
  #http;
  #sockets = new Set();

  static async before(port, { upgrades = true, streams = true, at = 0 } = {}) {
    const proxy = Object.assign(new Proxy(), { upgrades, streams });
    proxy.#http = createServer((asked, answer) => proxy.#pass(asked, answer, port));
    proxy.#http.on("upgrade", (asked, socket, head) => proxy.#upgrade(asked, socket, head, port));
    proxy.#http.on("connection", (socket) => proxy.#keep(socket));
    await new Promise((resolve) => proxy.#http.listen(at, "127.0.0.1", resolve));
    return proxy;
  }

  get origin() { return `http://127.0.0.1:${this.#http.address().port}`; }

  #pass(asked, answer, port) {
    if (!this.streams && asked.headers.accept === "text/event-stream") {
      this.refused += 1;
      return answer.writeHead(502, { "content-type": "text/plain" }).end("no streams here");
    }
    const { url: path, method, headers } = asked;
    const onward = request({ host: "127.0.0.1", port, path, method, headers }, (answered) => {
      answer.writeHead(answered.statusCode, answered.headers);
      answered.pipe(answer);
      answered.on("error", () => answer.destroy());
    });
    onward.on("error", () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
    asked.pipe(onward);
    answer.on("close", () => onward.destroy());
  }

  #upgrade(asked, socket, head, port) {
    if (!this.upgrades) {
      this.refused += 1;
      return socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    const onward = connect(port, "127.0.0.1", () => {
      const lines = [`${asked.method} ${asked.url} HTTP/1.1`];
      for (let at = 0; at < asked.rawHeaders.length; at += 2) lines.push(`${asked.rawHeaders[at]}: ${asked.rawHeaders[at + 1]}`);
      onward.write(`${lines.join("\r\n")}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    this.#keep(onward);
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  }

  #keep(socket) {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
  }

  /** Cuts every connection there is. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

/** A server that says what it is told to: `script(socket, url, visit)` for each socket, visits counted from 1. */
export class Liar {
  visits = 0;
  asked = [];
  #http;
  #sockets;

  static async start(script) {
    const liar = new Liar();
    liar.#http = createServer((_, answer) => answer.writeHead(200).end("ok"));
    liar.#sockets = new WebSocketServer({ server: liar.#http });
    liar.#sockets.on("connection", (socket, { url }) => {
      liar.visits += 1;
      liar.asked.push(url);
      const say = (message) => socket.send(JSON.stringify(message));
      script({ socket, say, url: new URL(url, "ws://liar"), visit: liar.visits });
    });
    await new Promise((resolve) => liar.#http.listen(0, "127.0.0.1", resolve));
    return liar;
  }

  get origin() { return `http://127.0.0.1:${this.#http.address().port}`; }

  async stop() {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}
