//! What one bid costs in each part it passes: parse, decide, fold, encode, append, feed. `cargo bench -p subasta-bench`.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use subasta::auction::{self, Act, Auction, Command, Decision, Event, Money, Offer, Person, RequestId};
use subasta::log::{Batch, EventLog, MemoryLog, SqliteLog};
use subasta::room::{Feed, Member, Membership, Pipe, record};
use subasta::wire::{self, TermsIn};

const TERMS: &str = r#"{"id":"lot","title":"A lot","currency":"EUR","start":1,"duration_ms":3600000,"increments":[{"from":0,"step":1}]}"#;
const BID: &str = r#"{"type":"bid","id":"a-request-of-mine-17","amount":1700}"#;

/// An auction with so many bids, each under a request id, by two who outbid each other.
fn auction(bids: i64) -> Auction {
    let terms = TermsIn::from_json(TERMS.as_bytes()).unwrap().resolve(0).unwrap();
    let events = auction::create(terms, Person::new("sol", "Sol"), None, 0).unwrap();
    let mut auction = Auction::found(&events[0]).unwrap();
    events[1..].iter().for_each(|event| auction.evolve(event));
    for number in 1..=bids {
        for event in happens(&auction, number) {
            auction.evolve(&event);
        }
        auction.settle();
    }
    auction
}

fn command(number: i64) -> Command {
    let who = if number % 2 == 0 { "Ana" } else { "Ben" };
    let act = Act::Bid(Offer::Exact(Money::new(number).unwrap()));
    Command { by: Person::new(who, who), request: RequestId::parse(&format!("request-{number}")), act }
}

fn happens(auction: &Auction, number: i64) -> Vec<Event> {
    bid(auction, &command(number))
}

fn bid(auction: &Auction, command: &Command) -> Vec<Event> {
    match auction::decide(auction, command, 1).unwrap() {
        Decision::Happens(events) => events,
        _ => panic!("here are only bids, each made once"),
    }
}

fn rules(criterion: &mut Criterion) {
    for bids in [10, 100_000] {
        let auction = auction(bids);
        let command = command(bids + 1);
        criterion.bench_function(&format!("decide, after {bids} bids"), |bencher| {
            bencher.iter(|| auction::decide(black_box(&auction), black_box(&command), 1));
        });
    }
    let before = auction(10);
    let events = happens(&before, 11);
    criterion.bench_function("fold a bid in", |bencher| {
        bencher.iter_batched_ref(|| before.clone(), |auction| auction.evolve(black_box(&events[0])), BatchSize::SmallInput);
    });
}

/// What the next bid costs where so many have bid already: decided and folded in, with a request id, as live ones are.
fn crowds(criterion: &mut Criterion) {
    // An auction that grows while it is timed would not be the one it is named after.
    const ROUND: u64 = 1_000;
    let mut group = criterion.benchmark_group("decide and fold a bid in");
    // What is not timed, a fresh copy for each round, takes longer than what is.
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for bidders in [10_i64, 1_000, 100_000] {
        let mut auction = auction(0);
        for number in 1..=bidders {
            let happened = bid(&auction, &command_by(number, number));
            happened.iter().for_each(|event| auction.evolve(event));
            auction.settle();
        }
        let next: Vec<_> =
            (bidders + 1..).take(usize::try_from(ROUND).unwrap()).map(|number| command_by(number % bidders + 1, number)).collect();
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{bidders} bidders"), |bencher| {
            bencher.iter_custom(|times| {
                let mut took = Duration::ZERO;
                let mut left = times;
                while left > 0 {
                    let round = left.min(ROUND);
                    let mut auction = auction.clone();
                    let start = Instant::now();
                    for command in next.iter().take(usize::try_from(round).unwrap()) {
                        bid(&auction, black_box(command)).iter().for_each(|event| auction.evolve(event));
                    }
                    took += start.elapsed();
                    left -= round;
                }
                took
            });
        });
    }
}

fn command_by(bidder: i64, number: i64) -> Command {
    let name = format!("bidder-{bidder}");
    Command { by: Person::new(&name, &name), ..command(number) }
}

fn words(criterion: &mut Criterion) {
    let auction = auction(10);
    let events = happens(&auction, 11);
    let currency = Some(auction.terms().currency);
    criterion.bench_function("parse a bid", |bencher| bencher.iter(|| wire::parse(black_box(BID), currency)));
    criterion.bench_function("encode a bid's record", |bencher| bencher.iter(|| record::encode(black_box(&events[0]))));
    criterion.bench_function("encode a bid's record, without its salt", |bencher| bencher.iter(|| record::bare(black_box(&events[0]))));
    criterion.bench_function("encode a bid, framed", |bencher| bencher.iter(|| wire::event(black_box(&events[0]))));
}

fn appends(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let sqlite: Arc<dyn EventLog> = Arc::new(SqliteLog::open(dir.path(), |why| panic!("{why}")).map_err(|error| error.0).unwrap());
    let memory: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
    for (name, log) in [("sqlite, synced", sqlite), ("memory", memory)] {
        for records in [1_u64, 256] {
            let auction: Arc<str> = format!("lot-{records}").into();
            let mut expected = 0;
            let mut group = criterion.benchmark_group("append");
            group.throughput(Throughput::Elements(records));
            group.bench_function(format!("{records} records, {name}"), |bencher| {
                bencher.iter(|| {
                    let batch = Batch {
                        auction: auction.clone(),
                        expected,
                        records: vec![vec![b'x'; 300]; usize::try_from(records).unwrap()],
                        summary: vec![b'x'; 400],
                        label: "open",
                        deadline: Some(1),
                        key: None,
                        snapshot: None,
                    };
                    expected = runtime.block_on(log.append(batch)).unwrap().position;
                });
            });
        }
    }
}

/// Takes everything, and costs nothing.
struct Nowhere;

impl Pipe for Nowhere {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn poll_write(&self, _: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write(slices))
    }
}

fn feed(criterion: &mut Criterion) {
    const MEMBERS: u64 = 256;
    let feed = Arc::new(Feed::after(0));
    let crowd: Vec<Membership> = (0..MEMBERS)
        .map(|_| feed.cursor(None).unwrap().into_membership(Arc::new(Member::new(Nowhere, wire::Format::Json)), false))
        .collect();
    for membership in &crowd {
        assert!(membership.poll_drain(&mut Context::from_waker(Waker::noop())).is_ready());
    }
    let frame = wire::event(&happens(&auction(10), 11)[0]).unwrap();
    for events in [1_usize, 16] {
        let mut group = criterion.benchmark_group("publish and flush to 256 members, no kernel");
        group.throughput(Throughput::Elements(MEMBERS * events as u64));
        group.bench_function(format!("{events} events a flush"), |bencher| {
            bencher.iter(|| {
                feed.publish(std::iter::repeat_n(frame.clone(), events));
                feed.flush();
            });
        });
    }
}

criterion_group!(micro, rules, crowds, words, appends, feed);
criterion_main!(micro);
