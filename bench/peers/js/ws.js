// Node.js with `ws`: a set of sockets a room, and a send to each.
import { WebSocketServer } from "ws";
import { Auction, at, listening, port, roomOf } from "./auction.js";

const rooms = new Map();
const server = new WebSocketServer({ host: "127.0.0.1", port, perMessageDeflate: false, clientTracking: false });

server.on("connection", (socket, request) => {
  const room = at(rooms, roomOf(request.url), () => ({ auction: new Auction(), sockets: new Set() }));
  room.sockets.add(socket);
  socket.on("close", () => room.sockets.delete(socket));
  socket.on("error", () => {});
  socket.on("message", (text) => {
    const bid = JSON.parse(text);
    const event = room.auction.bid(bid);
    if (!event) return socket.send(JSON.stringify(room.auction.refusal(bid)));
    const frame = Buffer.from(JSON.stringify(event));
    for (const each of room.sockets) each.send(frame, { binary: false });
  });
});

server.on("listening", () => listening(server.address().port));
