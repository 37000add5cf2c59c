//! What one bid costs in each part it passes: parse, decide, fold, encode, append, feed. `cargo bench -p subasta-bench`.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

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
    match auction::decide(auction, &command(number), 1).unwrap() {
        Decision::Happens(events) => events,
        Decision::Before(_) | Decision::Live(_) => panic!("nobody asks twice here, or announces"),
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

criterion_group!(micro, rules, words, appends, feed);
criterion_main!(micro);
