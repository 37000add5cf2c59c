// Deno: its own HTTP server, the standard WebSocket, a set of sockets a room, and a send to each.
import { Auction, at, listening, port, roomOf } from "./auction.js";

const rooms = new Map();

const server = Deno.serve({ hostname: "127.0.0.1", port, onListen: ({ port }) => listening(port) }, (request) => {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response("a WebSocket, please", { status: 426 });
  const { socket, response } = Deno.upgradeWebSocket(request);
  const room = at(rooms, roomOf(new URL(request.url).pathname), () => ({ auction: new Auction(), sockets: new Set() }));
  socket.onopen = () => room.sockets.add(socket);
  socket.onclose = () => room.sockets.delete(socket);
  socket.onmessage = ({ data }) => {
    const bid = JSON.parse(data);
    const event = room.auction.bid(bid);
    if (!event) return socket.send(JSON.stringify(room.auction.refusal(bid)));
    const text = JSON.stringify(event);
    for (const each of room.sockets) {
      if (each.readyState === WebSocket.OPEN) each.send(text);
    }
  };
  return response;
});

await server.finished;
