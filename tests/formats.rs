//! Dutch, sealed and Vickrey auctions, buying at once, aliases (`rules.md` §1, §5), given / when / then.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/scene.rs"]
mod scene;

use scene::{HOUR, MINUTE, Scene, given, money, person, step, terms, up_to};
use subasta::auction::formats::dutch::Fall;
use subasta::auction::{
    Act, Fact, Format, Millis, Money, Offer, Outcome, Refusal, Reserve, SoftClose, Standing, Status, Terms, Why, create,
};

// --- §5, dutch

/// dss: from 1000, falling linearly to nothing in an hour; here to a floor of 10.
fn dutch() -> Terms {
    let fall = Fall { floor: money(10), step: money(1), every_ms: 3_600 };
    Terms { format: Format::Dutch(fall), start: money(1_000), automatic_bids: false, ..terms() }
}

fn price_at(scene: &Scene, now: Millis) -> i64 {
    scene.auction.figures(now).price.unwrap().minor()
}

#[test]
fn dss_the_price_is_a_function_of_time() {
    let scene = given(dutch());
    for (now, price) in [(0, 1_000), (3_599, 1_000), (3_600, 999), (360_000, 900), (HOUR - 1, 10), (36 * HOUR, 10), (-5, 1_000)] {
        assert_eq!(price_at(&scene, now), price, "after {now} ms");
    }
    assert_eq!(scene.auction.next_step(0), Some(3_600));
    assert_eq!(scene.auction.next_step(3_600), Some(7_200));
    assert_eq!(scene.auction.next_step(990 * 3_600), None, "at its floor");
}

#[test]
fn dutch_the_first_bid_buys_at_the_price_at_its_stamp() {
    for (bid, paid) in [(Offer::AsAsked, 900), (Offer::Exact(money(900)), 900), (Offer::Exact(money(5_000)), 900)] {
        let scene = given(dutch()).at(360_000).when("Ana", bid);
        scene.then_closed(Outcome::Sold, Some("Ana"), Some(paid));
        let figures = scene.auction.figures(HOUR);
        assert_eq!((figures.price, figures.why), (Some(money(paid)), Some(Why::Clock)), "and there it stays");
        scene.refused("Ben", Offer::AsAsked, "closed");
    }
}

#[test]
fn dutch_less_than_the_price_is_too_little() {
    let mut scene = given(dutch()).at(360_000).refused("Ana", up_to(2_000), "not_for_format").refused("Sol", Offer::AsAsked, "own_auction");
    let refusal = scene.ask("Ana", None, 899).unwrap_err();
    assert_eq!(refusal, Refusal::BidTooLow { minimum: money(900), price: Some(money(900)), ends_at: HOUR, currency: terms().currency });
    let scene = scene.clock(HOUR);
    scene.then_closed(Outcome::Unsold, None, None);
    assert_eq!(price_at(&scene, HOUR), price_at(&scene, 2 * HOUR), "what nobody took falls no further");
}

#[test]
fn dutch_pauses_are_excluded() {
    let scene = given(dutch()).at(360_000).sol(Act::Pause);
    assert_eq!(price_at(&scene, 720_000), 900, "it stands still");
    assert_eq!(scene.auction.next_step(360_000), None);
    let scene = scene.at(720_000).refused("Ana", Offer::AsAsked, "paused").sol(Act::Resume);
    assert_eq!((price_at(&scene, 720_000), price_at(&scene, 723_600)), (900, 899));
    assert_eq!(scene.auction.next_step(720_000), Some(723_600));
    scene.at(1_080_000).when("Ana", Offer::AsAsked).then_closed(Outcome::Sold, Some("Ana"), Some(800));
}

#[test]
fn dutch_falls_from_its_opening() {
    let terms = Terms { starts_at: MINUTE, ..dutch() };
    let scene = given(terms.clone()).refused("Ana", Offer::AsAsked, "not_open").clock(MINUTE);
    assert_eq!((price_at(&scene, MINUTE), price_at(&scene, MINUTE + 3_600)), (1_000, 999));
    let early = given(terms).at(1_000).sol(Act::Open);
    assert_eq!(price_at(&early, 4_600), 999);
}

// --- §5, sealed and vickrey

fn sealed(format: Format) -> Terms {
    Terms { format, start: money(50), automatic_bids: false, ..terms() }
}

#[test]
fn vickrey_kata() {
    let scene = given(Terms { reserve: Some(money(100)), ..sealed(Format::Vickrey) });
    let bids = [("A", 110), ("A", 130), ("C", 125), ("D", 105), ("D", 115), ("D", 90), ("E", 132), ("E", 135), ("E", 140)];
    let scene = bids.into_iter().fold(scene, |scene, (who, amount)| scene.when(who, amount));
    assert_eq!(scene.auction.bids(), 4);
    let scene = scene.clock(HOUR);
    scene.then_closed(Outcome::Sold, Some("E"), Some(130));
    assert_eq!(scene.auction.reserve(), Reserve::Met);
    let revealed = scene.auction.book().revealed().unwrap();
    let revealed: Vec<_> = revealed.iter().map(|bid| (&*bid.bidder.name, bid.amount.minor())).collect();
    assert_eq!(revealed, [("E", 140), ("A", 130), ("C", 125), ("D", 90)], "all, the best first, the last one of each");
}

#[test]
fn what_the_winner_of_sealed_bids_pays() {
    type Case = (Format, Option<i64>, &'static [(&'static str, i64)], Outcome, Option<(&'static str, i64)>);
    let cases: [Case; 9] = [
        (Format::Sealed, None, &[("A", 70), ("B", 90), ("C", 80)], Outcome::Sold, Some(("B", 90))),
        (Format::Vickrey, None, &[("A", 70), ("B", 90), ("C", 80)], Outcome::Sold, Some(("B", 80))),
        (Format::Vickrey, None, &[("A", 70)], Outcome::Sold, Some(("A", 50))),
        (Format::Vickrey, Some(60), &[("A", 70)], Outcome::Sold, Some(("A", 60))),
        (Format::Vickrey, Some(75), &[("A", 70), ("B", 80)], Outcome::Sold, Some(("B", 75))),
        (Format::Vickrey, Some(100), &[("A", 70), ("B", 80)], Outcome::ReserveNotMet, None),
        (Format::Sealed, Some(100), &[("A", 100)], Outcome::Sold, Some(("A", 100))),
        (Format::Sealed, Some(100), &[("A", 99)], Outcome::ReserveNotMet, None),
        (Format::Sealed, None, &[], Outcome::Unsold, None),
    ];
    for (format, reserve, bids, outcome, won) in cases {
        let scene = given(Terms { reserve: reserve.map(money), ..sealed(format) });
        let scene = bids.iter().fold(scene, |scene, (who, amount)| scene.when(who, *amount)).clock(HOUR);
        let Some(Fact::Closed { outcome: how, winner, price, .. }) = scene.facts.last() else { panic!() };
        assert_eq!(*how, outcome, "{format:?} {reserve:?} {bids:?}");
        let bought = winner.as_ref().map(|who| (&*who.name, price.unwrap().minor()));
        assert_eq!(bought, won, "{format:?} {reserve:?} {bids:?}");
    }
}

#[test]
fn sealed_ties_go_to_the_earliest_and_a_replaced_bid_is_as_old_as_its_last() {
    given(sealed(Format::Sealed)).when("A", 70).when("B", 70).clock(HOUR).then_closed(Outcome::Sold, Some("A"), Some(70));
    let scene = given(sealed(Format::Sealed)).when("A", 60).when("B", 70).when("A", 70);
    scene.clock(HOUR).then_closed(Outcome::Sold, Some("B"), Some(70));
}

#[test]
fn sealed_bids_show_nothing_but_how_many() {
    for format in [Format::Sealed, Format::Vickrey] {
        let mut scene = given(Terms { reserve: Some(money(60)), ..sealed(format) });
        assert_eq!(scene.ask("A", None, 90).unwrap().standing, Some(Standing::Placed));
        let scene = scene.when("B", 70).when("A", 95);
        assert!(matches!(scene.facts[..], [Fact::Sealed { count: 2, .. }]), "{:?}", scene.facts);
        let figures = scene.auction.figures(MINUTE);
        assert_eq!((figures.price, figures.leader, figures.minimum, figures.reserve), (None, None, money(50), Reserve::Unmet));
        assert_eq!((scene.auction.bids(), scene.auction.book().revealed()), (2, None));
        scene.refused("C", 49, "bid_too_low").refused("C", up_to(90), "not_for_format").refused("C", Offer::AsAsked, "not_for_format");
    }
}

#[test]
fn a_sealed_bid_extends_nothing() {
    let scene = given(sealed(Format::Sealed)).at(HOUR - 1).when("A", 90).then_ends(HOUR);
    assert_eq!(scene.facts.len(), 1);
}

#[test]
fn what_was_not_stored_was_never_sealed() {
    let mut scene = given(Terms { aliases: true, ..sealed(Format::Sealed) }).when("A", 90);
    let before = scene.auction.clone();
    let savepoint = scene.auction.savepoint();
    scene = scene.when("A", 95).when("B", 70);
    assert_eq!((scene.auction.bids(), scene.auction.aliases_given()), (2, 2));
    scene.auction.restore(savepoint);
    assert!(scene.auction == before);
}

// --- §1, buy_now

fn buy_now() -> Terms {
    Terms { start: money(1_000), buy_now: Some(money(5_000)), increments: step(100), ..terms() }
}

#[test]
fn ebay_buying_at_once_ends_the_auction() {
    for offered in [5_000, 9_999] {
        let scene = given(buy_now()).when("Ana", offered);
        assert!(matches!(&scene.facts[..], [Fact::Bid(bid), Fact::Closed { by: None, .. }] if bid.why == Some(Why::BuyNow)));
        scene.then_closed(Outcome::Sold, Some("Ana"), Some(5_000));
    }
    given(buy_now()).when("Ana", 4_999).then("Ana", 4_999);
    given(buy_now()).when("Ana", up_to(9_999)).then("Ana", 1_000);
}

#[test]
fn ebay_buying_at_once_is_gone_with_the_first_bid() {
    let scene = given(buy_now()).when("Ana", 1_000).when("Ben", 6_000).then("Ben", 6_000);
    assert_eq!(scene.auction.status(), Status::Open);
}

#[test]
fn ebay_buying_at_once_is_gone_once_the_reserve_is_met() {
    let terms = Terms { reserve: Some(money(3_000)), ..buy_now() };
    let unmet = || given(terms.clone()).when("Ana", 1_000).when("Ben", up_to(2_999));
    unmet().when("Cleo", 5_000).then_closed(Outcome::Sold, Some("Cleo"), Some(5_000));
    assert_eq!(unmet().when("Ben", 5_000).auction.status(), Status::Closed, "the leader may, too");
    let scene = unmet().when("Cleo", up_to(3_000)).when("Ana", 5_000).then("Ana", 5_000);
    assert_eq!(scene.auction.status(), Status::Open);
}

#[test]
fn buying_at_once_or_nothing() {
    given(buy_now()).when("Ana", Offer::AsAsked).then_closed(Outcome::Sold, Some("Ana"), Some(5_000));
    given(buy_now()).when("Ana", 1_000).refused("Ben", Offer::AsAsked, "not_now").then("Ana", 1_000);
    given(terms()).refused("Ana", Offer::AsAsked, "malformed");
}

// --- §1, aliases

#[test]
fn bidders_are_known_by_the_order_in_which_they_appear() {
    let said = |scene: &Scene| match &scene.facts[..] {
        [Fact::Said { from, .. }] => from.alias.map(std::num::NonZeroU32::get),
        [Fact::Bid(bid), ..] => bid.bidder.alias.map(std::num::NonZeroU32::get),
        facts => panic!("{facts:?}"),
    };
    let scene = given(Terms { aliases: true, ..terms() }).when("Ana", Act::Say("Hello".into()));
    assert_eq!(said(&scene), Some(1));
    let scene = scene.refused("Ben", 1, "bid_too_low").when("Cleo", 10_00);
    assert_eq!(said(&scene), Some(2), "who was refused has not appeared");
    let scene = scene.when("Ana", 20_00);
    assert_eq!(said(&scene), Some(1));
    let Fact::Bid(bid) = &scene.facts[0] else { panic!() };
    assert_eq!((bid.leader.alias, &*bid.leader.name), (bid.bidder.alias, "Ana"), "the record knows who it is");
    let scene = scene.sol(Act::Say("Any more?".into()));
    assert_eq!(said(&scene), None, "the seller has no number");
    let known: Vec<_> = scene.auction.aliases().iter().map(|who| (who.name.to_string(), who.alias.unwrap().get())).collect();
    assert_eq!(known, [("Ana".to_owned(), 1), ("Cleo".to_owned(), 2)]);
    assert_eq!(scene.auction.alias(&person("Ben")), None);
}

#[test]
fn without_aliases_nobody_has_a_number() {
    let scene = given(terms()).when("Ana", 10_00);
    assert_eq!((scene.auction.leader().unwrap().alias, scene.auction.aliases_given()), (None, 0));
}

// --- §3, why

#[test]
fn every_price_has_its_reason() {
    let why = |scene: Scene| scene.auction.figures(0).why.unwrap();
    let stepped = || given(Terms { start: money(1_000), increments: step(100), ..terms() });
    assert_eq!(why(stepped().when_max("A", 5_000)), Why::Start);
    assert_eq!(why(stepped().when_max("A", 5_000).when_max("B", 2_000)), Why::Step);
    assert_eq!(why(stepped().when_max("A", 5_000).when_max("B", 4_950)), Why::Cap);
    assert_eq!(why(stepped().when_max("A", 5_000).when_max("B", 5_000)), Why::Tie);
    assert_eq!(why(stepped().when("A", 1_000)), Why::Stated);
    assert_eq!(why(stepped().when("A", 1_000).when("B", 3_000)), Why::Stated);
    let reserved = || given(Terms { start: money(1_000), reserve: Some(money(3_000)), increments: step(100), ..terms() });
    assert_eq!(why(reserved().when_max("A", 3_500)), Why::Reserve);
    assert_eq!(why(reserved().when_max("A", 5_000).when_max("B", 4_000)), Why::Step);
    let held = stepped().when("A", 3_000).when_max("A", 5_000);
    assert_eq!(why(held), Why::Stated, "what the leader has stated stands");
}

// --- §1, terms

#[test]
fn what_belongs_to_another_format_is_refused_naming_the_field() {
    type Spoil = fn(&mut Terms);
    let with = |floor: i64, every_ms| Format::Dutch(Fall { floor: money(floor), step: money(1), every_ms });
    let cases: [(&str, Terms, Spoil); 11] = [
        ("buy_now", terms(), |t| t.buy_now = Some(money(12_99))),
        ("reserve", terms(), |t| (t.buy_now, t.reserve) = (Some(money(13_00)), Some(money(13_01)))),
        ("buy_now", sealed(Format::Sealed), |t| t.buy_now = Some(money(1_000))),
        ("automatic_bids", sealed(Format::Vickrey), |t| t.automatic_bids = true),
        ("soft_close", sealed(Format::Vickrey), |t| t.soft_close = Some(SoftClose::DEFAULT)),
        ("reserve", sealed(Format::Sealed), |t| t.reserve = Some(money(49))),
        ("reserve", dutch(), |t| t.reserve = Some(money(2_000))),
        ("buy_now", dutch(), |t| t.buy_now = Some(money(2_000))),
        ("dutch.floor", Terms { format: with(1_000, 1_000), ..dutch() }, |_| ()),
        ("dutch.every_ms", Terms { format: with(1, 9), ..dutch() }, |_| ()),
        ("dutch.every_ms", Terms { format: with(1, Millis::MAX), ..dutch() }, |_| ()),
    ];
    for (field, mut bad, spoil) in cases {
        spoil(&mut bad);
        match create(bad, person("Sol"), None, 0) {
            Err(Refusal::BadTerms(fault)) => assert_eq!(fault.field, field, "{fault}"),
            other => panic!("{field}: {other:?}"),
        }
    }
    assert!(create(Terms { buy_now: Some(money(13_00)), ..terms() }, person("Sol"), None, 0).is_ok(), "1.3 times the start");
}

#[test]
fn extremes_overflow_nothing() {
    let fall = Fall { floor: money(1), step: Money::MAX, every_ms: 10 };
    let scene = given(Terms { format: Format::Dutch(fall), start: Money::MAX, automatic_bids: false, ..terms() });
    assert_eq!((price_at(&scene, 9), price_at(&scene, 10), price_at(&scene, Millis::MAX)), (Money::MAX.minor(), 1, 1));
    assert_eq!(price_at(&scene, Millis::MIN), Money::MAX.minor());
    scene.auction.next_step(Millis::MAX);
}
