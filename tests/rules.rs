//! The rules of an auction (`rules.md`), given / when / then. Each test names the source of its rule.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/scene.rs"]
mod scene;

use scene::{HOUR, MINUTE, Scene, given, money, person, step, terms};
use subasta::auction::{
    Act, Auction, Band, BidPlaced, Command, Decision, Event, ExtendMode, Fact, Increments, Millis, Money, Offer, Outcome, Refusal, Reserve,
    SoftClose, Stage, Standing, Status, Terms, create, decide, due,
};

/// `A max 12.00 → A 9.99`, a line a bid: who, how much, and how it then stands (leader, price, and if given the minimum), or the code.
#[track_caller]
fn table(terms: Terms, lines: &str) {
    let cents = |text: &str| -> i64 {
        let (major, minor) = text.split_once('.').unwrap_or((text, "00"));
        major.parse::<i64>().unwrap() * 100 + minor.parse::<i64>().unwrap()
    };
    let mut scene = given(terms);
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (left, right) = line.split_once('→').unwrap();
        let left: Vec<_> = left.split_whitespace().collect();
        let right: Vec<_> = right.split_whitespace().collect();
        let offer = match left[1..] {
            ["max", amount] => Offer::UpTo(money(cents(amount))),
            [amount] => Offer::Exact(money(cents(amount))),
            _ => panic!("what is {line}?"),
        };
        let verdict = scene.ask(left[0], None, Act::Bid(offer));
        match right[..] {
            [code] => assert_eq!(verdict.expect_err(line).code(), code, "{line}"),
            [leader, price] | [leader, price, _] => {
                verdict.unwrap_or_else(|refusal| panic!("{line}: {refusal:?}"));
                assert_eq!(scene.auction.leader().unwrap().name.as_ref(), leader, "{line}");
                assert_eq!(scene.auction.price().unwrap().minor(), cents(price), "{line}");
            }
            _ => panic!("what is {line}?"),
        }
        if let [_, _, minimum] = right[..] {
            assert_eq!(scene.auction.minimum().minor(), cents(minimum), "{line}: minimum");
        }
    }
}

// --- §3, exact bids and increments

#[test]
fn exact_bids_lead_at_what_they_state() {
    table(
        terms(),
        "A  9.99 → bid_too_low
         A 10.00 → A 10.00 10.50
         B 10.49 → bid_too_low
         B 10.50 → B 10.50 11.00
         A 40.00 → A 40.00 41.00
         A 40.00 → already_leading
         A 39.00 → already_leading
         A 50.00 → A 50.00 51.00
         C 50.99 → bid_too_low
         C 51.00 → C 51.00 52.00",
    );
}

#[test]
fn the_ebay_table_has_its_edges() {
    for (price, minimum) in [
        (1, 6),
        (99, 1_04),
        (1_00, 1_25),
        (4_99, 5_24),
        (5_00, 5_50),
        (24_99, 25_49),
        (25_00, 26_00),
        (99_99, 100_99),
        (100_00, 102_50),
        (249_99, 252_49),
        (250_00, 255_00),
        (499_99, 504_99),
        (500_00, 510_00),
        (999_99, 1_009_99),
        (1_000_00, 1_025_00),
        (2_499_99, 2_524_99),
        (2_500_00, 2_550_00),
        (4_999_99, 5_049_99),
        (5_000_00, 5_100_00),
        (1_000_000_00, 1_000_100_00),
    ] {
        given(Terms { start: money(1), ..terms() }).when("A", price).then("A", price).then_minimum(minimum);
    }
}

#[test]
fn a_table_s_lower_edge_belongs_to_its_band() {
    let bands = [(0, 1), (100, 10), (1_000, 100)]
        .map(|(from, step)| Band { from: if from == 0 { Money::ZERO } else { money(from) }, step: money(step) });
    let terms = Terms { start: money(1), increments: Increments::Table(bands.to_vec()), ..terms() };
    for (price, minimum) in [(1, 2), (99, 100), (100, 110), (999, 1_009), (1_000, 1_100)] {
        given(terms.clone()).when("A", price).then_minimum(minimum);
    }
}

#[test]
fn a_percentage_step_rounds_down_but_not_below_its_least() {
    let terms = Terms { start: money(1), increments: Increments::Percent { percent: 5, at_least: money(50) }, ..terms() };
    for (price, minimum) in [(1, 51), (1_000, 1_050), (1_019, 1_069), (1_020, 1_071), (1_039, 1_090), (10_000, 10_500)] {
        given(terms.clone()).when("A", price).then_minimum(minimum);
    }
}

#[test]
fn the_highest_price_leaves_nothing_to_bid() {
    given(terms()).when("A", Money::MAX.minor()).refused("B", Offer::Exact(Money::MAX), "bid_too_low");
    assert_eq!(Money::new(Money::MAX.minor() + 1), None);
    assert_eq!((Money::new(0), Money::new(-1)), (None, None));
}

// --- §3, automatic bids: the worked examples of the houses

#[test]
fn ebay_user_a_leader_is_capped_at_their_maximum() {
    table(
        Terms { start: money(9_99), ..terms() },
        "A max 12.00 → A  9.99
         B max 11.75 → A 12.00 12.50",
    );
}

#[test]
fn experts123_the_earlier_of_equals_leads() {
    table(
        Terms { start: money(1_00), increments: step(1_00), ..terms() },
        "A max 100 → A   1
         B max  35 → A  36
         B max  75 → A  76
         B max 100 → A 100",
    );
}

#[test]
fn live_auctioneers_a_higher_maximum_pays_a_step_over_the_second() {
    table(
        Terms { start: money(70_00), increments: step(10_00), ..terms() },
        "A max 100 → A  70
         B max 300 → B 110",
    );
}

#[test]
fn maxsold_a_challenger_s_maximum_caps_the_price_too() {
    table(
        Terms { start: money(81_00), increments: step(5_00), ..terms() },
        "C  81     → C  81
         A max 100 → A  86
         B max 101 → B 101",
    );
}

#[test]
fn fishauctions_three_runs() {
    let terms = Terms { start: money(5_00), increments: step(1_00), ..terms() };
    table(terms.clone(), "A max 10 → A 5 \n B max 6 → A 7");
    table(terms.clone(), "A max 5 → A 5 \n B max 7 → B 6 \n C max 7 → B 7");
    table(terms, "A max 10 → A 5 \n B max 10 → A 10 \n A max 15 → A 11");
}

#[test]
fn ozbid_the_first_bid_stands_at_the_start() {
    table(Terms { start: money(550_00), increments: step(50_00), ..terms() }, "A max 800 → A 550 \n B max 600 → A 650");
}

#[test]
fn an_exact_bid_meets_an_automatic_one() {
    table(
        Terms { increments: step(1_00), ..terms() },
        "A max 20 → A 10
         B     15 → A 16
         B     20 → A 20
         B     21 → B 21
         A max 30 → A 22
         A     25 → already_leading
         A     35 → A 35",
    );
}

#[test]
fn one_outbid_at_once_learns_why() {
    let scene = || given(Terms { increments: step(1_00), ..terms() }).when_max("A", 20_00);
    for (max, why) in [(20_00, "Tie"), (19_50, "Cap"), (15_00, "Maximum")] {
        let verdict = scene().ask("B", None, Act::Bid(Offer::UpTo(money(max)))).unwrap();
        let Some(Standing::Ranked { outbid: Some(by), .. }) = verdict.standing else { panic!("{verdict:?}") };
        assert_eq!(format!("{by:?}"), why);
    }
}

#[test]
fn a_raise_that_moves_no_price_is_nobody_else_s_business() {
    let mut scene = given(terms()).when_max("A", 20_00);
    let seq = scene.auction.seq();
    let verdict = scene.ask("A", None, Act::Bid(Offer::UpTo(money(30_00)))).unwrap();
    assert_eq!((verdict.seq, scene.auction.seq(), scene.auction.bids()), (None, seq, 1));
    assert!(matches!(scene.facts[..], [Fact::Raised(_)]));
    scene.when_max("B", 25_00).then("A", 26_00);
}

#[test]
fn where_automatic_bids_are_off_a_maximum_is_not_for_the_format() {
    given(Terms { automatic_bids: false, ..terms() })
        .refused("A", Offer::UpTo(money(20_00)), "not_for_format")
        .when("A", 20_00)
        .then("A", 20_00);
}

// --- §3, reserve

#[test]
fn below_the_reserve_there_are_ordinary_steps_and_then_a_jump() {
    let reserved = || given(Terms { start: money(100_00), reserve: Some(money(2_500_00)), ..terms() });
    let scene = reserved().when_max("A", 1_800_00).then("A", 100_00);
    assert_eq!(scene.auction.reserve(), Reserve::Unmet);
    let scene = reserved().when_max("A", 3_000_00).then("A", 2_500_00);
    assert_eq!(scene.auction.reserve(), Reserve::Met);
    // The leader's own raise can meet it: that moves the price, and so it is public.
    let scene = reserved().when_max("A", 1_800_00).when_max("A", 2_500_00).then("A", 2_500_00);
    assert!(matches!(scene.facts[..], [Fact::Bid(_)]));
}

#[test]
fn sold_only_if_the_reserve_is_met() {
    let reserved = Terms { reserve: Some(money(50_00)), ..terms() };
    given(reserved.clone()).when("A", 49_00).clock(HOUR).then_closed(Outcome::ReserveNotMet, None, Some(49_00));
    given(reserved).when("A", 50_00).clock(HOUR).then_closed(Outcome::Sold, Some("A"), Some(50_00));
    given(terms()).clock(HOUR).then_closed(Outcome::Unsold, None, None);
}

// --- §2, time and life

#[test]
fn nouns_a_bid_counts_if_and_only_if_now_is_before_the_end() {
    given(terms()).at(HOUR - 1).when("A", 10_00).then("A", 10_00);
    given(terms()).at(HOUR).refused("A", Offer::Exact(money(10_00)), "closed");
    given(terms()).clock(HOUR).at(HOUR - 1).refused("A", Offer::Exact(money(10_00)), "closed");
}

#[test]
fn a_scheduled_auction_opens_by_the_clock() {
    let scheduled = || given(Terms { starts_at: MINUTE, ..terms() });
    assert_eq!(scheduled().auction.deadline(), Some(MINUTE));
    scheduled().at(MINUTE - 1).refused("A", Offer::Exact(money(10_00)), "not_open");
    let scene = scheduled().clock(MINUTE).when("A", 10_00).then("A", 10_00);
    assert_eq!(scene.auction.deadline(), Some(HOUR));
    // Down from before the start until after the end: it opens and closes, in this order.
    let scene = scheduled().clock(2 * HOUR);
    assert_eq!((scene.auction.status(), scene.auction.seq()), (Status::Closed, 3));
}

#[test]
fn a_closed_auction_never_changes_again() {
    let mut scene = given(terms()).when("A", 10_00).clock(HOUR);
    assert_eq!(due(&scene.auction, 10 * HOUR).map(|event| event.seq), None);
    assert_eq!(scene.auction.deadline(), None);
    assert_eq!(scene.ask("A", None, Act::Say("hello".into())).unwrap_err().code(), "closed");
}

#[test]
fn times_never_run_backwards_in_a_log() {
    let mut scene = given(terms()).at(5_000).when("A", 10_00).at(4_000);
    let verdict = scene.ask("B", None, Act::Bid(Offer::Exact(money(20_00)))).unwrap();
    assert_eq!(verdict.at, 5_000);
}

#[test]
fn the_seller_cannot_bid() {
    given(terms()).refused("Sol", Offer::Exact(money(10_00)), "own_auction");
}

// --- §4, soft close

fn soft(mode: ExtendMode, window: Millis, extend: Millis, latest: Option<Millis>) -> Terms {
    let soft = SoftClose { window_ms: window, extend_ms: extend, mode, latest };
    Terms { soft_close: Some(soft), starts_at: 0, ends_at: HOUR, ..terms() }
}

#[test]
fn maxsold_reset_two_minutes() {
    given(soft(ExtendMode::Reset, 2 * MINUTE, 2 * MINUTE, None))
        .at(HOUR - 10_000)
        .when("A", 10_00)
        .then_ends(HOUR + 110_000)
        .at(HOUR + 45_000)
        .when("B", 20_00)
        .then_ends(HOUR + 165_000);
}

#[test]
fn gunauction_reset_ten_minutes() {
    given(soft(ExtendMode::Reset, 10 * MINUTE, 10 * MINUTE, None)).at(HOUR - 2 * MINUTE).when("A", 10_00).then_ends(HOUR + 8 * MINUTE);
}

#[test]
fn carbidium_add_one_minute() {
    given(soft(ExtendMode::Add, MINUTE, MINUTE, None)).at(HOUR - 50_000).when("A", 10_00).then_ends(HOUR + MINUTE);
}

#[test]
fn auction_collective_the_window_s_edge_belongs_to_it() {
    given(soft(ExtendMode::Add, MINUTE, 2 * MINUTE, None)).at(HOUR - MINUTE).when("A", 10_00).then_ends(HOUR + 2 * MINUTE);
    given(soft(ExtendMode::Add, MINUTE, 2 * MINUTE, None)).at(HOUR - MINUTE - 1).when("A", 10_00).then_ends(HOUR);
}

#[test]
fn nouns_reset_fifteen_minutes() {
    given(soft(ExtendMode::Reset, 15 * MINUTE, 15 * MINUTE, None)).at(HOUR - 5 * MINUTE).when("A", 10_00).then_ends(HOUR + 10 * MINUTE);
}

#[test]
fn nothing_extends_past_the_latest() {
    given(soft(ExtendMode::Add, MINUTE, 10 * MINUTE, Some(HOUR + 30_000)))
        .at(HOUR - 1)
        .when("A", 10_00)
        .then_ends(HOUR + 30_000)
        .at(HOUR + 29_000)
        .when("B", 20_00)
        .then_ends(HOUR + 30_000);
}

#[test]
fn only_an_accepted_challenger_extends() {
    let scene = given(soft(ExtendMode::Reset, 2 * MINUTE, 2 * MINUTE, None))
        .when_max("A", 20_00)
        .at(HOUR - 1_000)
        .refused("B", Offer::Exact(money(5_00)), "bid_too_low")
        .then_ends(HOUR)
        // The leader's raises do not, public or not.
        .when_max("A", 30_00)
        .when("A", 40_00)
        .then_ends(HOUR)
        // A challenger who is outbid at once by the leader's maximum does.
        .when_max("A", 60_00)
        .when("B", 45_00)
        .then("A", 46_00)
        .then_ends(HOUR + 119_000);
    assert!(matches!(scene.facts[..], [Fact::Bid(_), Fact::Extended { .. }]), "an event of its own");
}

// --- request ids

#[test]
fn a_request_id_has_one_verdict_for_the_life_of_the_auction() {
    let act = || Act::Bid(Offer::Exact(money(10_00)));
    let mut scene = given(terms());
    let first = scene.ask("A", Some("x"), act()).unwrap();
    scene = scene.when("B", 20_00);
    let seq = scene.auction.seq();
    assert_eq!(scene.ask("A", Some("x"), act()).unwrap(), first, "although it would now be too low");
    assert_eq!(scene.ask("A", Some("x"), Act::Say("hi".into())).unwrap_err().code(), "id_reused");
    assert_eq!(scene.ask("A", Some("x"), Act::Bid(Offer::UpTo(money(10_00)))).unwrap_err().code(), "id_reused");
    assert_eq!(scene.auction.seq(), seq);
    // Ids are one's own, and the verdict outlives the auction.
    assert!(scene.ask("C", Some("x"), Act::Bid(Offer::Exact(money(30_00)))).is_ok());
    scene = scene.clock(HOUR);
    assert_eq!(scene.ask("A", Some("x"), act()).unwrap(), first);
}

#[test]
fn a_refused_bid_is_not_remembered() {
    let mut scene = given(terms());
    assert!(scene.ask("A", Some("x"), Act::Bid(Offer::Exact(money(5_00)))).is_err());
    assert!(scene.ask("A", Some("x"), Act::Bid(Offer::Exact(money(10_00)))).is_ok());
}

#[test]
fn what_was_judged_once_is_not_judged_again() {
    // A record of other rules than today's: Ben leads at a price that today's formula would not give.
    let mut scene = given(terms()).when("Ana", 10_00);
    let placed = BidPlaced {
        bidder: person("Ben"),
        offer: Offer::UpTo(money(50_00)),
        request: None,
        leader: person("Ben"),
        price: money(33_33),
        minimum: money(34_00),
        ends_at: HOUR,
        reserve: Reserve::None,
        why: None,
    };
    scene.auction.evolve(&Event { seq: Some(4), at: 1, fact: Fact::Bid(Box::new(placed)) });
    scene.then("Ben", 33_33).when("Ana", 40_00).then("Ben", 41_00);
}

// --- §1, terms

#[test]
fn bad_terms_are_refused_whole_naming_the_field() {
    type Spoil = fn(&mut Terms);
    let cases: [(&str, Spoil); 14] = [
        ("title", |t| t.title = String::new()),
        ("title", |t| t.title = "x".repeat(201)),
        ("description", |t| t.description = "x".repeat(5_001)),
        ("image", |t| t.image = Some("javascript:alert(1)".to_owned())),
        ("image", |t| t.image = Some("//elsewhere.example/x.png".to_owned())),
        ("reserve", |t| t.reserve = Some(money(9_99))),
        ("increments", |t| t.increments = Increments::Table(Vec::new())),
        ("increments", |t| t.increments = Increments::Table(vec![Band { from: money(1), step: money(1) }])),
        ("increments", |t| t.increments = Increments::Percent { percent: 0, at_least: money(1) }),
        ("ends_at", |t| t.ends_at = t.starts_at),
        ("ends_at", |t| t.ends_at = i64::MAX),
        ("starts_at", |t| t.starts_at = -1),
        ("soft_close.window_ms", |t| t.soft_close = Some(SoftClose { window_ms: 0, ..SoftClose::DEFAULT })),
        ("soft_close.latest", |t| t.soft_close = Some(SoftClose { latest: Some(1), ..SoftClose::DEFAULT })),
    ];
    for (field, spoil) in cases {
        let mut bad = terms();
        spoil(&mut bad);
        match create(bad, person("Sol"), None, 0) {
            Err(Refusal::BadTerms(fault)) => assert_eq!(fault.field, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    struct Try {
        who: usize,
        amount: i64,
        automatic: bool,
        after_ms: i64,
    }

    fn tries() -> impl Strategy<Value = Vec<Try>> {
        let amount = prop_oneof![1..5_000_i64, 1..=Money::MAX.minor()];
        let one = (0..4_usize, amount, any::<bool>(), 0..300_000_i64);
        let one = one.prop_map(|(who, amount, automatic, after_ms)| Try { who, amount, automatic, after_ms });
        prop::collection::vec(one, 1..60)
    }

    /// Everything anyone can learn of an auction.
    fn observed(auction: &Auction) -> String {
        let ended = (auction.status(), auction.ends_at(), auction.deadline(), auction.outcome(), auction.paused_at(), auction.warned());
        let bids = (auction.price(), auction.leader(), auction.minimum(), auction.reserve(), auction.bids());
        format!("{ended:?} {bids:?} {} {}", auction.seq(), auction.at())
    }

    proptest! {
        /// Restore gives back the auction as it was at the savepoint: what it shows, how it judges, and every verdict under a request id.
        #[test]
        fn restore_undoes_everything_and_nothing_else(kept in tries(), undone in tries(), closes in any::<bool>()) {
            let mut scene = given(Terms { soft_close: Some(SoftClose::DEFAULT), ..terms() });
            let (mut asked, mut number) = (Vec::new(), 0);
            let mut run = |scene: &mut Scene, tries: &[Try]| {
                for Try { who, amount, automatic, after_ms } in tries {
                    scene.now += after_ms;
                    number += 1;
                    let (name, request) = (["A", "B", "C", "D"][*who], number.to_string());
                    let offer = if *automatic { Offer::UpTo(money(*amount)) } else { Offer::Exact(money(*amount)) };
                    let act = match amount % 14 {
                        0 | 7 => Act::Say(amount.to_string().into()),
                        1 => Act::Pause,
                        2 | 3 => Act::Resume,
                        4 => Act::Extend(*amount),
                        5 => Act::Warn(Stage::Once),
                        _ => Act::Bid(offer),
                    };
                    let name = if act.is_auctioneers() { "Sol" } else { name };
                    let verdict = scene.ask(name, Some(&request), act.clone());
                    asked.push((name, request, act, verdict));
                }
            };
            run(&mut scene, &kept);
            let (before, now) = (scene.auction.clone(), scene.now);
            let savepoint = scene.auction.savepoint();
            run(&mut scene, &undone);
            if closes {
                scene = scene.clock(i64::MAX);
            }
            scene.auction.restore(savepoint);
            scene.now = now;
            prop_assert!(scene.auction == before);
            prop_assert_eq!(observed(&scene.auction), observed(&before));
            for (index, (name, request, act, verdict)) in asked.into_iter().enumerate() {
                if index < kept.len() {
                    if let Ok(verdict) = verdict {
                        prop_assert_eq!(scene.ask(name, Some(&request), act), Ok(verdict), "it keeps its verdict");
                    }
                } else {
                    // Judged anew, as in an auction where it was never asked.
                    let mut twin = Scene::of(before.clone(), now);
                    let mut again = Scene::of(scene.auction.clone(), now);
                    prop_assert_eq!(again.ask(name, Some(&request), act.clone()), twin.ask(name, Some(&request), act));
                }
            }
        }

        /// Whatever is asked: no panic, the price never falls, nobody pays more than their maximum, the fold of events is the state, the minimum
        /// is always enough and one unit less never is.
        #[test]
        fn the_decider_holds_its_promises(tries in tries(), reserve in prop::option::of(10_00..5_000_i64)) {
            let mut scene = given(Terms { reserve: reserve.map(money), soft_close: Some(SoftClose::DEFAULT), ..terms() });
            let mut twin = scene.auction.clone();
            let mut maximum = [0_i64; 4];
            for Try { who, amount, automatic, after_ms } in tries {
                scene.now += after_ms;
                let name = ["A", "B", "C", "D"][who];
                let offer = if automatic { Offer::UpTo(money(amount)) } else { Offer::Exact(money(amount)) };
                let before = scene.auction.price();
                let command = Command { by: person(name), request: None, act: Act::Bid(offer) };
                if let Ok(Decision::Happens(events)) = decide(&scene.auction, &command, scene.now) {
                    for event in &events {
                        scene.auction.evolve(event);
                        twin.evolve(event);
                    }
                    maximum[who] = maximum[who].max(amount);
                }
                prop_assert!(scene.auction.price() >= before);
                prop_assert_eq!(format!("{:?}", scene.auction), format!("{twin:?}"));
                let challenge = |offered: i64| {
                    let offer = Offer::Exact(Money::new(offered)?);
                    let command = Command { by: person("Eve"), request: None, act: Act::Bid(offer) };
                    Some(decide(&scene.auction, &command, scene.now).is_ok())
                };
                if let (Some(leader), Some(price)) = (scene.auction.leader(), scene.auction.price()) {
                    let index = ["A", "B", "C", "D"].iter().position(|name| *name == &*leader.name).unwrap();
                    prop_assert!(price.minor() <= maximum[index]);
                    prop_assert_eq!(maximum[index], *maximum.iter().max().unwrap());
                }
                let minimum = scene.auction.minimum().minor();
                if scene.now < scene.auction.ends_at() {
                    prop_assert_ne!(challenge(minimum), Some(false));
                }
                prop_assert_ne!(challenge(minimum - 1), Some(true));
            }
        }
    }
}
