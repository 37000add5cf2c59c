// The types of client.js: what one may give it, and what it tells. docs/protocol.md is the reference of all that travels.

export interface Person { id: string; name: string }
export interface You { id: string | null; name: string | null; roles: string[] }
export type Carrier = "websocket" | "sse" | "poll";
export type State = "idle" | "reconnecting" | "connected" | "gone" | "closed";

export interface Options {
  /** The id of an auction; without it one is in the lobby. */
  auction?: string | null;
  /** Who one is, where the server is open to whoever gives a name. */
  name?: string | null;
  /** Who one is, from `POST /api/session`; a function is asked anew at every connection. */
  token?: string | null | (() => string | null);
  /** The token does not hold: forget it. With this the client goes on with what `token` then says; without, or with the same again, 4401 ends it. */
  denied?: () => void;
  /** The ways to try, the best first. By default all that can be had: WebSocket, event stream and POST, long poll and POST. */
  carriers?: Carrier[];
  /**
   * How the auction stood at `now`, where one knows that already, as from the page that the server sent: told as a `snapshot` at once, and the
   * connection goes on after it. Not `current` until there is one.
   */
  known?: { now: number; auction: Auction } | null;
  /** Of a WebSocket; the other carriers speak JSON. */
  format?: "json" | "msgpack";
  /** On a lesser carrier the best one is tried again after one to two times this, then ever more rarely, at last every ten to twenty minutes; 60,000. */
  riseAfterMs?: number;
  /** The server's clock as it is estimated; to be shared by clients of one server. */
  clock?: { local(): number; now(): number; sample(sent: number, received: number, now: number): void; forget?(): void };
  /** Where the platform has none: Node 20, with the one of the package `ws`. */
  WebSocket?: unknown;
  fetch?: typeof fetch;
}

/** The auction object. */
export interface Auction { id: string; title: string; status: string; seq: number; price: number | null; minimum: number | null; [member: string]: unknown }
/** A public event: `bid`, `extended`, `closed`, … */
export interface Event { type: string; seq: number; at: number; [member: string]: any }
export interface Message { type: string; [member: string]: any }
export interface Accepted extends Message {
  type: "accepted"; id: string; seq: number | null;
  /** Of a bid; `placed`: sealed, and nobody knows more before the end. */
  standing?: "leading" | "outbid" | "placed";
  /** In an auction with aliases: who one is for the others. */
  alias?: Person;
  /** Of a `void` that is only tried. */
  preview?: { before: Figures; after: Figures };
}
/** How an auction stands. */
export interface Figures { price: number | null; leader: Person | null; minimum: number; reserve: "none" | "unmet" | "met"; bids: number }
/** Who goes by which alias, as far as one may know it: `welcome.aliases`, and the message `alias`. */
export interface Alias { alias: Person; person: Person }
export interface Refused extends Message { type: "refused"; id: string; code: string; message: string }
export type Verdict = Accepted | Refused;
export interface Command { type: string; /** One is chosen where it is left out. */ id?: string; [member: string]: unknown }

/** No verdict will come. */
export class Unanswered extends Error {
  /**
   * `late`: past its patience, it may count; the same id asks again. `somebody_else`: one has signed in as another since. `gone`: the
   * connection is over, it may count. `busy`: 64 commands are waiting already, it was not sent.
   */
  code: "late" | "somebody_else" | "gone" | "busy";
  command: Command;
}

export class Client {
  /** @param server its address, as `https://auctions.example` */
  constructor(server: string | URL, options?: Options);

  /** `gone`: it will not come back by itself, `code` and `reason` say why. `closed`: by `close()`. */
  readonly state: State;
  readonly code: number | undefined;
  readonly reason: string | null;
  /** Who the server takes one for; null before the first welcome. */
  readonly you: You | null;
  /** Of the last event heard. */
  readonly seq: number | null;
  /** How often an event was missing, or came twice. Nobody hears of either: it is mended before. */
  readonly gaps: number;
  readonly repeats: number;
  readonly carrier: Carrier;
  /** Whether what one knows is how it stands: connected, and not just woken from a sleep that the server has not answered yet. */
  readonly current: boolean;
  /** When the server was last heard, by its own clock; null for never. */
  readonly heardAt: number | null;
  /** The server's clock, estimated, in milliseconds of UTC. */
  now(): number;

  /** What it returns takes the handler off again. */
  on(kind: "state", handler: (state: State, code?: number) => void): () => boolean;
  /** A connection stands. Comes before its snapshot. Only an event stream and a socket tell everything in it when they resume. */
  on(kind: "welcome", handler: (welcome: Message) => void): () => boolean;
  /** Forget what you knew: this is how it stands. */
  on(kind: "snapshot", handler: (auction: Auction) => void): () => boolean;
  /** A public event, once and in order. */
  on(kind: "event", handler: (event: Event) => void): () => boolean;
  /** Everything else: `presence`, `outbid`, verdicts, in the lobby `auction` and `gone`, … */
  on(kind: "message", handler: (message: Message) => void): () => boolean;
  /** `current` has changed while connected. */
  on(kind: "current", handler: (current: boolean) => void): () => boolean;
  /** `gaps` or `repeats` have changed. */
  on(kind: "counted", handler: () => void): () => boolean;
  /** Events and messages go by their type, too: `bid`, `closed`, `presence`, … */
  on(kind: string, handler: (message: any) => void): () => boolean;

  /** Starts, or starts over as whoever `token` now says. Resolves with the next welcome; rejects where there will be none. */
  connect(): Promise<Message>;
  /**
   * Gives a command and resolves with its verdict; without a connection it waits for one. Until the verdict comes, the command goes out over
   * every new connection under the same id: it counts once. The same id while it is under way gives the same promise.
   * @param options.patience milliseconds after which it does not go out any more by itself; for ever unless given
   * @throws {Unanswered}
   */
  send(command: Command, options?: { patience?: number }): Promise<Verdict>;
  /**
   * The person is back, or the network: retries now, or finds out whether the connection still lives. In a window it does so by itself, as after a
   * sleep. `doubt`: nothing known is `current` before the server has answered. `moved`: nor is the local clock to be trusted.
   */
  wake(how?: { doubt?: boolean; moved?: boolean }): void;
  /** Lets go of the connection and keeps everything else, as when a page is put away; in a window it does so, and comes back, by itself. */
  rest(): void;
  /** Lets go of everything. `connect()` goes on where it was. */
  close(): void;
}
