// Node.js with Socket.IO: its rooms, over WebSocket alone.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { Auction, at, listening, port } from "./auction.js";

const auctions = new Map();
const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  const { room } = socket.handshake.query;
  // As its manual advises, to save memory.
  socket.conn.request = null;
  const auction = at(auctions, room, () => new Auction());
  socket.join(room);
  socket.on("bid", (bid) => {
    const event = auction.bid(bid);
    if (event) io.to(room).emit("bid", event);
    else socket.emit("refused", auction.refusal(bid));
  });
});

http.listen(port, "127.0.0.1", () => listening(http.address().port));
