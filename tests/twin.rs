//! The rules against a naive twin: it was written from `rules.md` §3–§6 alone, keeps nothing but the list of accepted bids, and works
//! everything out from its beginning again. Whatever is done, in whatever order, both must say the same.
//!
//! `PROPTEST_CASES` runs more cases than the 256 of each property.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/naive.rs"]
mod naive;

use std::collections::BTreeMap;

use naive::{Ask, Bid, English, SOL, Soft, Standing, Steps, person};

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use subasta::auction::{
    Act, Auction, Command, Decision, Downtime, Event, ExtendReason, Fact, Grace, Millis, Money, Offer, Outcome, Refusal, RequestId,
    Reserve, Stage, Status, create, decide, due, opening, outage,
};
use subasta::wire::{self, AuctionOut, Live, Summary, TermsIn};

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const MOST: i64 = 1_000_000_000_000;
const PEOPLE: usize = 4;
/// A soft close's window that often comes up, so that its edge is met.
const WINDOW: Millis = 30_000;

fn cases() -> ProptestConfig {
    // What is found becomes a test with a name; no file is left behind.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Nobody who ever bids: only asks what a bid would come to.
const STRANGER: usize = 98;

// --- what is done

/// How much, relative to how it stands.
#[derive(Clone, Copy, Debug)]
enum Amount {
    Minimum(i64),
    LeadersMax(i64),
    Reserve(i64),
    BuyNow(i64),
    Any(i64),
}

#[derive(Clone, Copy, Debug)]
enum Wait {
    For(Millis),
    /// Until so long before the end.
    BeforeEnd(Millis),
}

#[derive(Clone, Debug)]
enum Deed {
    Bid {
        who: usize,
        kind: u8,
        amount: Amount,
    },
    Pause,
    Resume,
    Extend(Millis),
    Warn,
    Say(usize),
    /// One of the bids that everyone has seen.
    Void(Index),
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        6 => (-2..=150_i64).prop_map(Amount::Minimum),
        3 => (-60..=60_i64).prop_map(Amount::LeadersMax),
        1 => (-1..=1_i64).prop_map(Amount::Reserve),
        1 => (-1..=1_i64).prop_map(Amount::BuyNow),
        3 => (1..=12_000_i64).prop_map(Amount::Any),
        1 => (MOST - 3..=MOST).prop_map(Amount::Any),
    ]
}

fn wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        4 => Just(Wait::For(0)),
        4 => (1..20_000_i64).prop_map(Wait::For),
        2 => (-1..=1_i64).prop_map(Wait::BeforeEnd),
        2 => (WINDOW - 1..=WINDOW + 1).prop_map(Wait::BeforeEnd),
        3 => (0..3 * MINUTE).prop_map(Wait::BeforeEnd),
    ]
}

fn deeds(voids: u32) -> impl Strategy<Value = Vec<(Wait, Deed)>> {
    let who = prop_oneof![30 => 0..PEOPLE, 1 => Just(SOL)];
    let bid = (who, 0..20_u8, amount()).prop_map(|(who, kind, amount)| Deed::Bid { who, kind, amount });
    let deed = prop_oneof![
        40 => bid,
        1 => Just(Deed::Pause),
        3 => Just(Deed::Resume),
        1 => (1..HOUR).prop_map(Deed::Extend),
        1 => Just(Deed::Warn),
        1 => (0..PEOPLE).prop_map(Deed::Say),
        voids => any::<Index>().prop_map(Deed::Void),
    ];
    prop::collection::vec((wait(), deed), 1..40)
}

fn steps() -> impl Strategy<Value = Steps> {
    // Also tables whose steps do not rise with the price.
    let table = prop::collection::vec((1..3_000_i64, 1..400_i64), 0..4).prop_map(|above| {
        let bands: BTreeMap<i64, i64> = std::iter::once((0, 7)).chain(above).collect();
        Steps::Table(bands.into_iter().collect())
    });
    prop_oneof![
        Just(Steps::Ebay),
        Just(Steps::Table(vec![(0, 1)])),
        table,
        (1..=100_i64, 1..500_i64).prop_map(|(p, l)| Steps::Percent(p, l))
    ]
}

fn soft() -> impl Strategy<Value = Soft> {
    let latest = prop::option::of(0..20 * MINUTE);
    (prop_oneof![Just(WINDOW), 1..5 * MINUTE], 1..5 * MINUTE, any::<bool>(), latest).prop_map(|(window, extend, add, latest)| Soft {
        window,
        extend,
        add,
        latest: latest.map(|after| HOUR + after),
    })
}

fn english() -> impl Strategy<Value = English> {
    let (start, above) = (1..4_000_i64, prop::option::of(0..6_000_i64));
    (start, above, prop::option::weighted(0.25, 0..3_000_i64), steps(), any::<bool>(), prop::option::of(soft())).prop_map(
        |(start, above, at_once, steps, manual, soft)| {
            let reserve = above.map(|above| start + above);
            let buy_now = at_once.map(|above| above + (start * 13 + 9) / 10).map(|price| price.max(reserve.unwrap_or(0)));
            // Mostly with automatic bids.
            English { start, reserve, buy_now, steps, automatic: !manual || start % 3 > 0, soft }
        },
    )
}

// --- both, side by side

/// An auction, and all that has happened in it.
struct Run {
    auction: Auction,
    events: Vec<Event>,
    now: Millis,
}

impl Run {
    fn new(terms: &Value) -> Run {
        let mut all = json!({"id": "lot", "title": "A lot", "starts_at": 0, "ends_at": HOUR});
        all.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
        let terms = TermsIn::from_json(all.to_string().as_bytes()).unwrap().resolve(0).unwrap();
        let events = create(terms, person(SOL), None, 0).unwrap_or_else(|refusal| panic!("{all}: {refusal:?}"));
        let mut auction = Auction::found(&events[0]).unwrap();
        events[1..].iter().for_each(|event| auction.evolve(event));
        Run { auction, events, now: 0 }
    }

    fn wait(&mut self, wait: Wait) {
        self.now = self.now.max(match wait {
            Wait::For(ms) => self.now + ms,
            Wait::BeforeEnd(ms) => self.auction.ends_at() - ms,
        });
    }

    fn happen(&mut self, events: &[Event]) {
        events.iter().for_each(|event| self.auction.evolve(event));
        self.events.extend_from_slice(events);
    }

    /// What an act comes to; it is folded in.
    fn ask(&mut self, who: usize, act: Act) -> Result<Vec<Event>, Refusal> {
        let command = Command { by: person(who), request: None, act };
        let mut decision = decide(&self.auction, &command, self.now)?;
        if let Decision::Replay(mut replay) = decision {
            self.events.iter().for_each(|event| replay.fold(event));
            decision = replay.conclude(&self.auction)?;
        }
        let Decision::Happens(events) = decision else { return Ok(Vec::new()) };
        assert!(!events.is_empty());
        self.happen(&events);
        Ok(events)
    }

    /// The code of what a bid of somebody's would come to; nothing happens.
    fn would(&self, who: usize, ask: Ask) -> Option<&'static str> {
        decide(&self.auction, &Command { by: person(who), request: None, act: ask.act() }, self.now).err().map(|refusal| refusal.code())
    }

    fn clock(&mut self) {
        while let Some(event) = due(&self.auction, self.now) {
            self.happen(&[event]);
        }
    }

    /// Seqs without gaps, times in order, and the state is the fold.
    fn check_log(&self) {
        let mut again = Auction::found(&self.events[0]).unwrap();
        self.events[1..].iter().for_each(|event| again.evolve(event));
        assert!(again == self.auction, "the fold of the events is the state");
        let seqs: Vec<_> = self.events.iter().filter_map(|event| event.seq).collect();
        assert!(seqs.iter().copied().eq(1..=seqs.len() as u64), "{seqs:?}");
        assert!(self.events.is_sorted_by_key(|event| event.at));
    }
}

/// An English auction and its twin.
struct Pair {
    run: Run,
    terms: English,
    /// Every bid that was accepted, whatever became of it later.
    all: Vec<Bid>,
    /// Those that count.
    bids: Vec<Bid>,
    out: Vec<u64>,
    end: Millis,
    paused: Option<Millis>,
    /// Who has bought at once, and for what.
    bought: Option<(usize, i64)>,
}

impl Pair {
    fn new(terms: English) -> Pair {
        let run = Run::new(&terms.json());
        Pair { run, terms, all: Vec::new(), bids: Vec::new(), out: Vec::new(), end: HOUR, paused: None, bought: None }
    }

    fn standing(&self) -> Option<Standing> {
        self.terms.standing(&self.bids)
    }

    fn amount(&self, amount: Amount) -> i64 {
        let standing = self.standing();
        let minor = match amount {
            Amount::Minimum(more) => self.terms.minimum(standing) + more,
            Amount::LeadersMax(more) => standing.map_or(self.terms.start, |standing| standing.max) + more,
            Amount::Reserve(more) => self.terms.reserve.unwrap_or(1_000) + more,
            Amount::BuyNow(more) => self.terms.buy_now.unwrap_or(1_000) + more,
            Amount::Any(minor) => minor,
        };
        minor.clamp(1, MOST)
    }

    fn step(&mut self, wait: Wait, deed: &Deed) {
        self.run.wait(wait);
        let now = self.run.now;
        let price = self.run.auction.price();
        let over = self.bought.is_some() || self.paused.is_none() && now >= self.end;
        match deed {
            Deed::Bid { who, kind, amount } => self.bid(*who, *kind, *amount, over),
            Deed::Void(index) => self.void(*index, over),
            Deed::Say(who) => drop(self.run.ask(*who, Act::Say("Hm.".into()))),
            Deed::Warn => drop(self.run.ask(SOL, Act::Warn(Stage::Once))),
            Deed::Pause if self.run.ask(SOL, Act::Pause).is_ok() => self.paused = Some(now),
            Deed::Resume if self.run.ask(SOL, Act::Resume).is_ok() => self.end += now - self.paused.take().unwrap(),
            Deed::Extend(by) if self.run.ask(SOL, Act::Extend(*by)).is_ok() => self.end += by,
            Deed::Pause | Deed::Resume | Deed::Extend(_) => {}
        }
        if !matches!(deed, Deed::Void(_)) {
            assert!(self.run.auction.price() >= price, "a price falls only where a bid is taken out");
        }
        self.check();
    }

    fn bid(&mut self, who: usize, kind: u8, amount: Amount, over: bool) {
        let minor = self.amount(amount);
        let ask = match kind {
            0 => Ask::AsAsked,
            kind if kind % 2 == 0 => Ask::UpTo(minor),
            _ => Ask::Exact(minor),
        };
        let (before, now) = (self.standing(), self.run.now);
        let bought =
            self.terms.at_once(before).filter(|price| matches!(ask, Ask::Exact(amount) if amount >= *price) || ask == Ask::AsAsked);
        let expected = match (over, self.paused, who) {
            (true, ..) => Err("closed"),
            (_, Some(_), _) => Err("paused"),
            (.., SOL) => Err("own_auction"),
            _ if bought.is_some() => Ok((0, 0)),
            _ => self.terms.judge(&self.bids, who, ask),
        };
        let happened = self.run.ask(who, ask.act());
        let (max, floor) = match (expected, &happened) {
            (Ok(accepted), Ok(_)) => accepted,
            (Err(code), Err(refusal)) => return assert_eq!(refusal.code(), code, "{ask:?} by {who}"),
            other => panic!("{ask:?} by {who}: {other:?}, before {before:?}"),
        };
        let facts: Vec<_> = happened.iter().flatten().map(|event| &event.fact).collect();
        if let Some(price) = bought {
            assert!(matches!(facts[..], [Fact::Bid(_), Fact::Closed { outcome: Outcome::Sold, .. }]), "{facts:?}");
            self.bought = Some((who, price));
            return;
        }
        let seq = happened.iter().flatten().next().unwrap().seq;
        // One that was taken out before is raised by nobody.
        let raised = self.bids.iter().rev().find(|bid| bid.who == who).map(|bid| bid.with);
        let bid = Bid { who, max, floor, at: now, seq, with: seq.or(raised).unwrap() };
        self.bids.push(bid.clone());
        let after = self.standing();
        let challenged = before.is_none_or(|before| before.leader != who);
        let public = challenged || before.map(|before| before.price) != after.map(|after| after.price);
        assert_eq!(bid.seq.is_some(), public, "a raise that moves no price is nobody else's business");
        assert!(matches!((public, facts[0]), (true, Fact::Bid(_)) | (false, Fact::Raised(_))));
        let end = if challenged { self.terms.extended(self.end, now) } else { self.end };
        match facts[1..] {
            [] => assert_eq!(end, self.end, "an extension is missing"),
            [Fact::Extended { ends_at, reason: ExtendReason::SoftClose }] => assert!(end > self.end && *ends_at == end),
            _ => panic!("{facts:?}"),
        }
        self.end = end;
        self.all.push(bid);
    }

    fn void(&mut self, index: Index, over: bool) {
        let seqs: Vec<u64> = self.all.iter().filter_map(|bid| bid.seq).collect();
        let seq = if seqs.is_empty() { index.index(9) as u64 } else { seqs[index.index(seqs.len())] };
        let act = Act::Void { bid: seq, reason: "A slip.".into(), preview: false };
        let stands = self.bids.iter().any(|bid| bid.seq == Some(seq));
        match self.run.ask(SOL, act) {
            Ok(events) => {
                assert!(!over && stands, "{seq} does not stand");
                assert!(matches!(&events[..], [Event { fact: Fact::Voided(voided), .. }] if voided.bid == seq));
                self.out.push(seq);
                self.bids = self.terms.without(&self.all, &self.out);
            }
            Err(refusal) if over => assert_eq!(refusal.code(), "closed"),
            Err(refusal) => assert_eq!((refusal.code(), stands), ("no_such_bid", false), "{seq}"),
        }
    }

    /// Both stand alike, and what the rules promise holds whatever the twin says.
    fn check(&self) {
        let (auction, standing) = (&self.run.auction, self.standing());
        // A purchase is the end.
        assert_eq!(auction.ends_at(), if self.bought.is_some() { self.end.min(auction.at()) } else { self.end });
        if let Some((who, price)) = self.bought {
            let stands = (auction.leader(), auction.price().map(Money::minor), auction.status());
            return assert_eq!(stands, (Some(person(who)), Some(price), Status::Closed));
        }
        assert_eq!(auction.leader(), standing.map(|standing| person(standing.leader)), "leader");
        assert_eq!(auction.price().map(Money::minor), standing.map(|standing| standing.price), "price");
        assert_eq!(auction.minimum().minor(), self.terms.minimum(standing), "minimum");
        assert_eq!(auction.reserve(), self.terms.reserve_state(standing), "reserve");
        assert_eq!(auction.bids(), self.bids.iter().filter(|bid| bid.seq.is_some()).count() as u64, "bids that count");
        if let Some(Standing { leader, max, price }) = standing {
            assert!(price <= max, "nobody pays more than their maximum");
            assert!(self.bids.iter().all(|bid| bid.max <= max), "the leader has the highest maximum");
            assert!(self.bids.iter().find(|bid| bid.max == max).unwrap().who == leader, "the earlier of equals leads");
        }
        self.check_minimum();
    }

    /// A challenger's minimum is always accepted, one unit less never.
    fn check_minimum(&self) {
        let (minimum, run) = (self.run.auction.minimum().minor(), &self.run);
        if self.paused.is_some() || run.now >= self.end {
            return assert_eq!(run.would(STRANGER, Ask::Exact(1)), Some(if self.paused.is_some() { "paused" } else { "closed" }));
        }
        let last = Run { auction: run.auction.clone(), events: Vec::new(), now: (self.end - 1).max(run.now) };
        for run in [run, &last] {
            if minimum <= MOST {
                assert_eq!(run.would(STRANGER, Ask::Exact(minimum)), None);
                assert_eq!(run.would(STRANGER, Ask::UpTo(minimum)), (!self.terms.automatic).then_some("not_for_format"));
            }
            // Whoever buys at once, does.
            let less = (minimum - 1).min(MOST);
            if less > 0 && self.terms.at_once(self.standing()).is_none_or(|price| less < price) {
                assert_eq!(run.would(STRANGER, Ask::Exact(less)), Some("bid_too_low"));
            }
        }
    }

    /// The clock comes to the end.
    fn finish(&mut self) {
        if self.paused.is_some() && self.run.ask(SOL, Act::Resume).is_ok() {
            self.end += self.run.now - self.paused.take().unwrap();
        }
        self.run.now = self.run.now.max(self.end);
        self.run.clock();
        self.run.check_log();
        let Some(Event { fact: Fact::Closed { outcome, winner, price, bids: None, .. }, .. }) = self.run.events.last() else {
            panic!("not closed: {:?}", self.run.events.last())
        };
        let standing = self.standing();
        let expected = match (self.bought, standing, self.terms.reserve_state(standing)) {
            (Some((who, price)), ..) => (Outcome::Sold, Some(person(who)), Some(price)),
            (_, None, _) => (Outcome::Unsold, None, None),
            (_, Some(standing), Reserve::Unmet) => (Outcome::ReserveNotMet, None, Some(standing.price)),
            (_, Some(standing), _) => (Outcome::Sold, Some(person(standing.leader)), Some(standing.price)),
        };
        assert_eq!((*outcome, winner.clone(), price.map(Money::minor)), expected);
    }
}

fn side_by_side(terms: English, deeds: &[(Wait, Deed)]) {
    let mut pair = Pair::new(terms);
    for (wait, deed) in deeds {
        pair.step(*wait, deed);
    }
    pair.finish();
}

proptest! {
    #![proptest_config(cases())]

    /// §3, §4, buy-now: price, leader, minimum, reserve, end, what is public, verdicts, the close.
    #[test]
    fn an_english_auction_is_what_its_bids_come_to(terms in english(), deeds in deeds(0)) {
        side_by_side(terms, &deeds);
    }

    /// §6: an auction without bid k is the run without bid k.
    #[test]
    fn a_bid_taken_out_was_never_made(terms in english(), deeds in deeds(10)) {
        side_by_side(terms, &deeds);
    }
}

// --- §5, dutch

#[derive(Clone, Debug)]
struct Dutch {
    start: i64,
    floor: i64,
    step: i64,
    every: Millis,
}

#[derive(Clone, Debug)]
enum Take {
    AsAsked,
    /// So much more than the price.
    Exact(i64),
    UpTo,
    Pause,
    Resume,
    Extend(Millis),
}

fn takes() -> impl Strategy<Value = Vec<(Wait, Take)>> {
    let wait = prop_oneof![(0..30 * MINUTE).prop_map(Wait::For), (0..3_i64).prop_map(Wait::For), (-1..=1_i64).prop_map(Wait::BeforeEnd)];
    let take = prop_oneof![
        1 => Just(Take::AsAsked),
        6 => (-200..=-1_i64).prop_map(Take::Exact),
        1 => (0..=50_i64).prop_map(Take::Exact),
        1 => Just(Take::UpTo),
        3 => Just(Take::Pause),
        3 => Just(Take::Resume),
        1 => (1..HOUR).prop_map(Take::Extend),
    ];
    prop::collection::vec((wait, take), 1..20)
}

proptest! {
    #![proptest_config(cases())]

    /// §5, dutch: the price is a function of time alone, pauses excluded; the first bid buys at the price at its stamp.
    #[test]
    fn a_dutch_price_is_a_function_of_time(
        (floor, above, step, every) in (1..5_000_i64, 1..5_000_i64, 1..6_000_i64, 10..40 * MINUTE), takes in takes(),
    ) {
        let terms = Dutch { start: floor + above, floor, step, every };
        let mut run = Run::new(&json!({"format": "dutch", "start": terms.start, "dutch": {"floor": floor, "step": step, "every_ms": every}}));
        let (mut pauses, mut paused, mut end, mut sold) = (Vec::<(Millis, Millis)>::new(), None::<Millis>, HOUR, None::<i64>);
        for (wait, take) in takes {
            run.wait(wait);
            let now = run.now;
            let stood: Millis = pauses.iter().map(|(from, until)| until - from).sum::<Millis>() + paused.map_or(0, |since| now - since);
            let price = (terms.start - terms.step * ((now - stood) / terms.every)).max(terms.floor);
            let figures = run.auction.figures(now);
            assert_eq!(figures.price.map(Money::minor), Some(sold.unwrap_or(price)));
            assert_eq!(figures.leader.is_some(), sold.is_some());
            let over = sold.is_some() || paused.is_none() && now >= end;
            let ask = match take {
                Take::AsAsked => Ask::AsAsked,
                Take::Exact(more) => Ask::Exact((price + more).max(1)),
                Take::UpTo => Ask::UpTo(price),
                Take::Pause => {
                    if run.ask(SOL, Act::Pause).is_ok() {
                        paused = Some(now);
                    }
                    continue;
                }
                Take::Resume => {
                    if run.ask(SOL, Act::Resume).is_ok() {
                        let since = paused.take().unwrap();
                        pauses.push((since, now));
                        end += now - since;
                    }
                    continue;
                }
                Take::Extend(by) => {
                    if run.ask(SOL, Act::Extend(by)).is_ok() {
                        end += by;
                    }
                    continue;
                }
            };
            let expected = match (over, paused, ask) {
                (true, ..) => Err("closed"),
                (_, Some(_), _) => Err("paused"),
                (.., Ask::UpTo(_)) => Err("not_for_format"),
                (.., Ask::Exact(amount)) if amount < price => Err("bid_too_low"),
                _ => Ok(()),
            };
            let happened = run.ask(0, ask.act());
            assert_eq!(happened.as_ref().map(|_| ()).map_err(Refusal::code), expected, "{ask:?} at {price}");
            if let Ok(events) = happened {
                sold = Some(price);
                let [bought, closed] = &events[..] else { panic!("{events:?}") };
                assert!(matches!(&bought.fact, Fact::Bid(bid) if bid.price.minor() == price && bid.leader == person(0)));
                assert!(matches!(closed.fact, Fact::Closed { outcome: Outcome::Sold, price: Some(paid), .. } if paid.minor() == price));
            }
            // A sale is the end.
            assert_eq!(run.auction.ends_at(), if sold.is_some() { end.min(run.auction.at()) } else { end });
        }
        if paused.is_some() {
            run.ask(SOL, Act::Resume).unwrap();
        }
        run.now = run.now.max(run.auction.ends_at());
        run.clock();
        run.check_log();
        let unsold = matches!(run.events.last().unwrap().fact, Fact::Closed { outcome: Outcome::Unsold, winner: None, price: None, .. });
        assert_eq!(unsold, sold.is_none());
    }
}

// --- §5, sealed and vickrey

#[derive(Clone, Debug)]
enum Hand {
    In { who: usize, amount: i64 },
    Void(Index),
}

fn hands() -> impl Strategy<Value = Vec<(Millis, Hand)>> {
    // Few different amounts, so that there are ties; none looks like any other number that travels.
    let amount = (0..12_i64).prop_map(|amount| 731_940_000_000 + amount);
    let hand = prop_oneof![
        8 => (0..PEOPLE, amount).prop_map(|(who, amount)| Hand::In { who, amount }),
        1 => any::<Index>().prop_map(Hand::Void),
    ];
    prop::collection::vec((0..3_i64, hand), 0..25)
}

/// The last one of each bidder, the best first.
fn revealed(all: &[Bid], out: &[u64]) -> Vec<Bid> {
    let kept: Vec<_> = all.iter().filter(|bid| !out.contains(&bid.seq.unwrap())).collect();
    let last = |bid: &&Bid| kept.iter().rfind(|other| other.who == bid.who).unwrap().seq == bid.seq;
    let mut last: Vec<Bid> = kept.iter().copied().filter(last).cloned().collect();
    // A stable sort: of equals in the same millisecond the earlier stays first.
    last.sort_by_key(|bid| (-bid.max, bid.at));
    last
}

proptest! {
    #![proptest_config(cases())]

    /// §5, sealed and vickrey: the last bid of each counts, the highest wins, the earliest of equals; and no frame tells an amount before.
    #[test]
    fn sealed_bids_are_hidden_until_the_close_and_the_best_wins(
        hands in hands(), second_price in any::<bool>(), start in 0..6_i64, reserve in prop::option::of(0..12_i64),
    ) {
        let start = 731_940_000_000 + start;
        let reserve = reserve.map(|reserve| (731_940_000_000 + reserve).max(start));
        let format = if second_price { "vickrey" } else { "sealed" };
        let mut run = Run::new(&json!({"format": format, "start": start, "reserve": reserve}));
        let (mut all, mut out) = (Vec::<Bid>::new(), Vec::<u64>::new());
        for (later, hand) in hands {
            run.now += later;
            match hand {
                Hand::In { who, amount } => {
                    assert_eq!(run.would(who, Ask::UpTo(amount)), Some("not_for_format"));
                    assert_eq!(run.would(who, Ask::AsAsked), Some("not_for_format"));
                    match run.ask(who, Ask::Exact(amount).act()) {
                        Ok(events) => {
                            assert!(amount >= start);
                            let [Event { seq, fact: Fact::Sealed { count, .. }, .. }] = events[..] else { panic!("{events:?}") };
                            all.push(Bid { who, max: amount, floor: amount, at: run.now, seq, with: seq.unwrap_or_default() });
                            assert_eq!(count, revealed(&all, &out).len() as u64);
                        }
                        Err(refusal) => assert_eq!((refusal.code(), amount < start), ("bid_too_low", true)),
                    }
                }
                Hand::Void(_) if all.is_empty() => {}
                Hand::Void(index) => {
                    let seq = all[index.index(all.len())].seq.unwrap();
                    let stands = revealed(&all, &out).iter().any(|bid| bid.seq == Some(seq));
                    let voided = run.ask(SOL, Act::Void { bid: seq, reason: "A slip.".into(), preview: false });
                    // One that was replaced changes nothing when it is taken out; whether it may be, the rules do not say.
                    assert!(voided.is_ok() || !stands, "{voided:?}");
                    out.extend(voided.is_ok().then_some(seq));
                }
            }
            let standing = revealed(&all, &out);
            let auction = &run.auction;
            assert_eq!((auction.bids(), auction.price(), auction.leader()), (standing.len() as u64, None, None));
            assert_eq!((auction.minimum().minor(), auction.reserve() == Reserve::Unmet), (start, reserve.is_some()));
            // What one may know of it: the start, and nothing else that looks like an amount.
            let frames = run.events.iter().filter_map(wire::event).map(|frame| String::from_utf8(frame.json().to_vec()).unwrap());
            let object = AuctionOut::encode(auction, &Live::default(), &[], run.now).get().to_owned();
            let listed = serde_json::to_string(&Summary::new(auction, 0)).unwrap();
            for text in frames.chain([object, listed]) {
                assert!(!text.replace(&start.to_string(), "").contains("73194"), "{text}");
            }
        }
        run.now = HOUR;
        run.clock();
        run.check_log();
        let best = revealed(&all, &out);
        let Some(Event { fact: Fact::Closed { outcome, winner, price, bids: Some(told), .. }, .. }) = run.events.last() else { panic!() };
        let told: Vec<_> = told.iter().map(|bid| (bid.bidder.clone(), bid.amount.minor(), bid.at)).collect();
        assert_eq!(told, best.iter().map(|bid| (person(bid.who), bid.max, bid.at)).collect::<Vec<_>>());
        let Some(first) = best.first() else {
            assert_eq!(*outcome, Outcome::Unsold);
            return Ok(());
        };
        if reserve.is_some_and(|reserve| first.max < reserve) {
            assert_eq!((*outcome, winner), (Outcome::ReserveNotMet, &None));
            return Ok(());
        }
        let second = best.get(1).map_or(0, |bid| bid.max).max(reserve.unwrap_or(start)).max(start);
        let pays = if second_price { second } else { first.max };
        assert_eq!((*outcome, winner.clone(), price.unwrap().minor()), (Outcome::Sold, Some(person(first.who)), pays));
        assert!(pays <= first.max, "nobody pays more than their bid");
    }
}

// --- anything at all

fn any_terms() -> impl Strategy<Value = Value> {
    let money = || prop_oneof![1..20_000_i64, 1..=MOST, Just(MOST)];
    let format = prop_oneof![
        4 => english().prop_map(|terms| terms.json()),
        1 => (money(), 1..=MOST, 10..86_400_000_i64).prop_filter_map("a floor", |(start, step, every)| (start > 1)
            .then(|| json!({"format": "dutch", "start": start, "dutch": {"floor": start / 2, "step": step, "every_ms": every}}))),
        1 => money().prop_map(|start| json!({"format": "sealed", "start": start})),
        1 => money().prop_map(|start| json!({"format": "vickrey", "start": start, "reserve": start})),
        1 => (1..=100_i64, money()).prop_map(|(percent, start)| json!({
            "start": start, "reserve": MOST, "increments": {"percent": percent, "at_least": MOST}, "soft_close": false,
        })),
    ];
    (format, any::<bool>(), any::<bool>()).prop_map(|(mut terms, aliases, later)| {
        terms["aliases"] = json!(aliases);
        if later {
            terms["starts_at"] = json!(MINUTE);
        }
        terms
    })
}

fn any_time() -> impl Strategy<Value = Millis> {
    prop_oneof![4 => 0..2 * HOUR, 1 => HOUR - 3..HOUR + 3, 1 => any::<i64>(), 1 => Just(i64::MAX), 1 => Just(i64::MIN)]
}

fn any_act() -> impl Strategy<Value = Act> {
    let minor = || prop_oneof![1..20_000_i64, 1..=MOST, Just(MOST)].prop_map(|minor| Money::new(minor).unwrap());
    let text = || prop_oneof![Just(""), Just("Hm."), Just("\u{0}\u{202e}é")].prop_map(Box::<str>::from);
    prop_oneof![
        6 => minor().prop_map(|amount| Act::Bid(Offer::Exact(amount))),
        6 => minor().prop_map(|max| Act::Bid(Offer::UpTo(max))),
        1 => Just(Act::Bid(Offer::AsAsked)),
        1 => text().prop_map(Act::Say),
        2 => Just(Act::Open),
        1 => Just(Act::Pause),
        2 => Just(Act::Resume),
        1 => prop_oneof![Just(Stage::Once), Just(Stage::Twice)].prop_map(Act::Warn),
        1 => prop_oneof![9 => Just(Act::Say("Not yet.".into())), 1 => Just(Act::Hammer)],
        1 => any_time().prop_map(Act::Extend),
        1 => prop_oneof![9 => Just(Act::Say("Not yet.".into())), 1 => text().prop_map(Act::Cancel)],
        1 => text().prop_map(Act::Announce),
        3 => (prop_oneof![0..20_u64, any::<u64>()], text(), any::<bool>()).prop_map(|(bid, reason, preview)| Act::Void { bid, reason, preview }),
    ]
}

proptest! {
    #![proptest_config(cases())]

    /// Whatever is asked by whomever and whenever, there is an answer, the log stays in order, and the state is its fold.
    #[test]
    fn nothing_that_is_asked_breaks_the_decider(
        terms in any_terms(),
        asked in prop::collection::vec((prop_oneof![0..PEOPLE, Just(SOL)], any_act(), any_time(), 0..12_u8, any::<u8>()), 0..40),
        (window_ms, grace_ms) in (any::<i64>(), any::<i64>()),
    ) {
        let mut run = Run::new(&terms);
        let mut before = None;
        for (who, act, at, by_clock, id) in asked {
            run.now = at;
            match by_clock {
                0 => run.clock(),
                1 => opening(&run.auction, at).into_iter().for_each(|event| run.happen(&[event])),
                2 => {
                    let down = Downtime { from: before.unwrap_or(i64::MIN), until: at };
                    let granted = outage(&run.auction, down, Grace { window_ms, grace_ms });
                    run.happen(&granted);
                }
                // Under an id, which may have been used.
                3..6 => {
                    let command = Command { by: person(who), request: RequestId::parse(&format!("{}", id % 3)), act };
                    if let Ok(Decision::Happens(events)) = decide(&run.auction, &command, at) {
                        run.happen(&events);
                        let again = decide(&run.auction, &command, at.saturating_add(1));
                        assert!(matches!(again, Ok(Decision::Before(_))), "one verdict for ever: {again:?}");
                    }
                }
                _ => drop(run.ask(who, act)),
            }
            before = Some(at);
            for now in [at, run.auction.at(), i64::MIN, i64::MAX] {
                let (figures, _) = (run.auction.figures(now), run.auction.next_step(now));
                assert!(figures.minimum.minor() >= 1);
                let _ = AuctionOut::encode(&run.auction, &Live::default(), &[], now);
            }
            let _ = (run.auction.deadline(), run.events.iter().rev().take(3).filter_map(wire::event).count());
        }
        run.check_log();
    }
}
