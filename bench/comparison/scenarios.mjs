// What is run, what is read from it, and what is to be shown. Options are those of subasta-bench.

const EVERYONE = ["subasta", "floor", "bun", "ws", "socketio", "deno", "naive"];
// Where bids come faster than they can be written one by one.
const BATCHING = EVERYONE.toSpliced(2, 0, "floor-batch");
const OURS = ["subasta"];

/** Every figure that a table may show: what it is called, in which unit, with how many digits, and where it is in a run's JSON. */
export const FIGURES = {
  cpu: { label: "CPU a delivery", unit: "µs", digits: 3, of: (run) => run.cpu_us_per_delivery },
  perCpu: { label: "deliveries a CPU-second", unit: "/s", digits: 0, of: (run) => run.deliveries_per_cpu_s },
  deliveries: { label: "deliveries", unit: "/s", digits: 0, of: (run) => run.deliveries_per_s },
  delivered: { label: "of what was offered", unit: "%", digits: 1, of: (run) => share(run.deliveries_per_s, offered(run)) },
  p50: { label: "p50", unit: "ms", digits: 2, of: (run) => latency(run, 0.5, run.latency_us?.p50) },
  p99: { label: "p99", unit: "ms", digits: 2, of: (run) => latency(run, 0.99, run.latency_us?.p99) },
  last: { label: "p99 of the last viewer", unit: "ms", digits: 2, of: (run) => latency(run, 0.99, run.last_latency_us?.p99) },
  memory: { label: "memory a socket", unit: "B", digits: 0, of: (run) => run.bytes_per_socket },
  bids: { label: "accepted bids", unit: "/s", digits: 0, of: (run) => run.bids_accepted_per_s },
  acceptedP50: { label: "to `accepted`, p50", unit: "ms", digits: 3, of: (run) => ms(run.accepted_us?.p50) },
  acceptedP99: { label: "to `accepted`, p99", unit: "ms", digits: 3, of: (run) => ms(run.accepted_us?.p99) },
  sync: { label: "one fdatasync, p50", unit: "ms", digits: 3, of: (run) => ms(run.sync_us?.p50) },
  syncs: { label: "`accepted` in fdatasyncs", unit: "×", digits: 2, of: (run) => ratio(run.accepted_us?.p50, run.sync_us?.p50) },
  cpuBid: { label: "CPU a bid", unit: "µs", digits: 2, of: (run) => run.cpu_us_per_bid },
  connects: { label: "connects", unit: "/s", digits: 0, of: (run) => run.connects_per_s },
  connectCpu: { label: "CPU a connect", unit: "µs", digits: 1, of: (run) => run.connect_cpu_us },
};

const ms = (us) => (us == null ? null : us / 1000);
const ratio = (a, b) => (a == null || !b ? null : a / b);
const share = (a, b) => (a == null || !b ? null : (100 * a) / b);

/** What arrived is not all there is: where more than the quantile leaves was given up, the quantile is beyond all measure. */
function latency(run, quantile, us) {
  const bids = run.bids_sent_per_s * (run.seconds + (run.options?.warmup ?? 0));
  return run.bids_unfinished > (1 - quantile) * bids ? Infinity : ms(us);
}

const offered = (run) => (run.options?.rate && run.rooms ? (run.options.rate * run.sockets) / run.rooms : null);

/**
 * `figures`: the first is what the scenario is about, and has its spread and its ratios shown.
 * A target: `figure` of `who` (Subasta unless said otherwise), divided by that of `against` where there is one, is `atMost` or `atLeast`.
 * Below `plausible` it is the measurement that failed. One bidder a room: the bids of several overtake each other, and are refused.
 */
export const SCENARIOS = [
  {
    name: "one-in-flight",
    title: "One room of 1,000, one bid in flight",
    mode: "fanout",
    options: { rooms: 1, viewers: 1000, bidders: 1, window: 1 },
    servers: EVERYONE,
    figures: ["cpu", "deliveries", "p50", "p99"],
    targets: [{ what: "CPU a delivery, 1 room × 1,000, one bid in flight", figure: "cpu", against: "floor", atMost: 1.05 }],
  },
  {
    name: "10k-4",
    title: "One room of 10,000, four bids in flight",
    mode: "fanout",
    options: { rooms: 1, viewers: 10000, bidders: 1, window: 4 },
    servers: BATCHING,
    figures: ["perCpu", "deliveries", "p50", "p99"],
    targets: [{ what: "Deliveries a CPU-second, 1 × 10,000, four in flight", figure: "perCpu", against: "bun", atLeast: 1.8 }],
  },
  {
    name: "1k-16",
    title: "One room of 1,000, sixteen bids in flight",
    mode: "fanout",
    options: { rooms: 1, viewers: 1000, bidders: 1, window: 16 },
    servers: BATCHING,
    figures: ["perCpu", "deliveries", "p50", "p99"],
    targets: [{ what: "Deliveries a CPU-second, 1 × 1,000, sixteen in flight", figure: "perCpu", against: "bun", atLeast: 1.0 }],
  },
  {
    name: "5k-10",
    title: "One room of 5,000, ten bids a second",
    mode: "fanout",
    options: { rooms: 1, viewers: 5000, bidders: 1, rate: 10 },
    servers: EVERYONE,
    figures: ["p99", "p50", "last", "cpu"],
    targets: [{ what: "p99 to any viewer, 1 × 5,000, ten bids a second", figure: "p99", against: "floor", atMost: 1.1 }],
  },
  {
    name: "500-5000",
    title: "One room of 500, 5,000 bids a second offered",
    mode: "fanout",
    options: { rooms: 1, viewers: 500, bidders: 1, rate: 5000 },
    servers: BATCHING,
    figures: ["p99", "p50", "deliveries", "delivered"],
    targets: [
      { what: "All delivered, 1 × 500, 5,000 bids/s offered", figure: "delivered", atLeast: 99 },
      { what: "p99, 1 × 500, 5,000 bids/s offered", figure: "p99", against: "floor", atMost: 2 },
    ],
  },
  {
    name: "500-20000",
    title: "One room of 500, 20,000 bids a second offered",
    mode: "fanout",
    options: { rooms: 1, viewers: 500, bidders: 1, rate: 20000 },
    servers: BATCHING,
    figures: ["deliveries", "delivered", "p50", "p99"],
    targets: [{ what: "Deliveries/s, 1 × 500, 20,000 bids/s offered", figure: "deliveries", against: "bun", atLeast: 1.5 }],
  },
  {
    name: "1000-rooms",
    title: "1,000 rooms of ten, one bid in flight in each",
    mode: "fanout",
    options: { rooms: 1000, viewers: 10, bidders: 1, window: 1 },
    servers: EVERYONE,
    figures: ["cpu", "deliveries", "p50", "p99"],
    targets: [
      { what: "CPU a delivery, 1,000 rooms × 10, one in flight each", figure: "cpu", against: "floor", atMost: 1.15 },
      { what: "p99, 1,000 rooms × 10, one in flight each", figure: "p99", against: "bun", atMost: 1.2 },
    ],
  },
  {
    name: "two-cores",
    title: "One room of 10,000 on two cores, four bids in flight",
    mode: "fanout",
    options: { rooms: 1, viewers: 10000, bidders: 1, window: 4 },
    servers: ["subasta", "subasta-2"],
    figures: ["perCpu", "deliveries", "p50", "p99"],
    targets: [
      {
        what: "Deliveries a CPU-second on two cores against one, 1 × 10,000 (0.85 each is 1.7 in all)",
        figure: "perCpu",
        who: "subasta-2",
        against: "subasta",
        atLeast: 0.85,
      },
    ],
  },
  {
    name: "idle",
    title: "19,000 idle sockets",
    mode: "idle",
    options: { sockets: 19000 },
    servers: EVERYONE,
    figures: ["memory"],
    targets: [{ what: "Resident memory an idle socket, 19,000 sockets", figure: "memory", atMost: 4096 }],
  },
  {
    name: "bids-1",
    title: "Bids, one bidder",
    mode: "bids",
    options: { rooms: 1, bidders: 1, window: 1 },
    sync: true,
    servers: OURS,
    figures: ["syncs", "acceptedP50", "sync", "bids"],
    targets: [{ what: "`accepted`, p50, one bidder, in fdatasyncs of the same run", figure: "syncs", atMost: 1.5, plausible: 0.5 }],
  },
  {
    name: "bids-256",
    title: "Bids, one room, 256 bidders who hear verdicts only",
    mode: "bids",
    options: { rooms: 1, bidders: 256, quiet: true },
    sync: true,
    servers: OURS,
    figures: ["bids", "acceptedP50", "acceptedP99", "cpuBid"],
    targets: [
      { what: "Accepted bids/s, one room, 256 bidders", figure: "bids", atLeast: 50000 },
      { what: "`accepted`, p50, one room, 256 bidders", figure: "acceptedP50", atMost: 3 },
    ],
  },
  {
    name: "bids-256-watching",
    title: "Bids, one room, 256 bidders who see every bid",
    mode: "bids",
    options: { rooms: 1, bidders: 256 },
    servers: OURS,
    figures: ["bids", "acceptedP50", "acceptedP99", "cpuBid"],
    targets: [],
  },
  {
    name: "bids-1000-rooms",
    title: "Bids over 1,000 rooms",
    mode: "bids",
    options: { rooms: 1000, bidders: 2 },
    servers: OURS,
    figures: ["bids", "acceptedP50", "acceptedP99", "cpuBid"],
    targets: [{ what: "Accepted bids/s over 1,000 rooms", figure: "bids", atLeast: 50000 }],
  },
  {
    name: "storm",
    title: "Everyone comes at once",
    mode: "storm",
    options: { sockets: 10000 },
    servers: EVERYONE,
    figures: ["connects", "connectCpu"],
    targets: [{ what: "Connects/s on one core", figure: "connects", atLeast: 20000 }],
  },
];
