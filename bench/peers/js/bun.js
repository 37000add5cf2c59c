// Bun: publish and subscribe of its own WebSocket server, which is uWebSockets underneath.
import { Auction, at, listening, port, roomOf } from "./auction.js";

const auctions = new Map();

const server = Bun.serve({
  hostname: "127.0.0.1",
  port,
  fetch(request, server) {
    const data = { room: roomOf(new URL(request.url).pathname) };
    if (!server.upgrade(request, { data })) return new Response("a WebSocket, please", { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      socket.subscribe(socket.data.room);
    },
    message(socket, text) {
      const { room } = socket.data;
      const auction = at(auctions, room, () => new Auction());
      const bid = JSON.parse(text);
      const event = auction.bid(bid);
      if (event) server.publish(room, JSON.stringify(event));
      else socket.send(JSON.stringify(auction.refusal(bid)));
    },
  },
});

listening(server.port);
