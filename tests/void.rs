//! Taking a bid out (`rules.md` §6, void), given / when / then.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/scene.rs"]
mod scene;

use scene::{HOUR, Scene, given, money, step, terms, up_to};
use subasta::auction::formats::dutch::Fall;
use subasta::auction::{Act, Fact, Format, Money, Offer, Outcome, Reserve, SoftClose, Stage, Terms};

fn lot() -> Scene {
    given(Terms { start: money(10), increments: step(1), ..terms() })
}

/// Takes out the `nth` bid that everyone has seen, from 0.
fn void(scene: &Scene, nth: usize) -> Act {
    let bids = scene.events.iter().filter(|event| matches!(event.fact, Fact::Bid(_) | Fact::Sealed { .. }));
    let bid = bids.clone().nth(nth).unwrap().seq.unwrap();
    Act::Void { bid, reason: "A slip of the finger.".into(), preview: false }
}

fn voided(scene: Scene, nth: usize) -> Scene {
    let act = void(&scene, nth);
    scene.sol(act)
}

/// Leader, price, minimum, and how many bids count.
fn stands(scene: &Scene) -> (Option<String>, Option<i64>, i64, u64) {
    let figures = scene.auction.figures(scene.now);
    let leader = figures.leader.map(|who| who.name.to_string());
    (leader, figures.price.map(Money::minor), figures.minimum.minor(), scene.auction.bids())
}

#[test]
fn the_others_are_judged_as_if_it_had_never_been_made() {
    // A typo by Ben: a thousand, not a hundred.
    let scene = lot().when_max("Ana", 50).when("Ben", 1_000).when("Cleo", up_to(1_200));
    assert_eq!(stands(&scene), (Some("Cleo".into()), Some(1_001), 1_002, 3));
    let scene = voided(scene, 1);
    assert_eq!(stands(&scene), (Some("Cleo".into()), Some(51), 52, 2));
    let [Fact::Voided(out)] = &scene.facts[..] else { panic!("{:?}", scene.facts) };
    assert_eq!((&*out.reason, out.bids, out.figures.price), ("A slip of the finger.", 2, Some(money(51))));
    // And it goes on from there.
    let scene = scene.when("Ana", 60);
    assert_eq!(stands(&scene), (Some("Cleo".into()), Some(61), 62, 3));
}

#[test]
fn without_its_only_bid_an_auction_is_as_it_began() {
    let scene = voided(lot().when("Ana", 500), 0);
    assert_eq!(stands(&scene), (None, None, 10, 0));
    voided(lot().when("Ana", 500), 0).clock(HOUR).then_closed(Outcome::Unsold, None, None);
    scene.when("Ben", 10).then("Ben", 10);
}

#[test]
fn the_reserve_is_unmet_again_and_can_be_bought_at_once_again() {
    let terms = Terms { start: money(10), increments: step(1), reserve: Some(money(100)), buy_now: Some(money(200)), ..terms() };
    let scene = given(terms).when("Ana", 20).when("Ben", up_to(150));
    assert_eq!(scene.auction.reserve(), Reserve::Met);
    let scene = voided(scene, 1);
    assert_eq!((scene.auction.reserve(), stands(&scene)), (Reserve::Unmet, (Some("Ana".into()), Some(20), 21, 1)));
    scene.when("Cleo", 200).then_closed(Outcome::Sold, Some("Cleo"), Some(200));
}

#[test]
fn a_bid_that_was_no_purchase_does_not_become_one() {
    let terms = Terms { start: money(10), increments: step(1), buy_now: Some(money(100)), ..terms() };
    let scene = voided(given(terms).when("Ana", 10).when("Ben", 300), 0);
    assert_eq!(stands(&scene), (Some("Ben".into()), Some(300), 301, 1));
}

#[test]
fn a_raise_that_nobody_saw_goes_with_the_bid_it_raised() {
    let scene = lot().when_max("Ana", 50).when_max("Ana", 500).when_max("Ben", 60);
    assert_eq!(stands(&scene), (Some("Ana".into()), Some(61), 62, 2));
    let scene = voided(scene, 0);
    assert_eq!(stands(&scene), (Some("Ben".into()), Some(10), 11, 1));
    // That of another bid of theirs stays.
    let scene = lot().when("Ana", 10).when("Ben", 20).when_max("Ana", 50).when_max("Ana", 500).when_max("Ben", 60);
    assert_eq!(stands(&voided(scene, 0)), (Some("Ana".into()), Some(61), 62, 3));
}

#[test]
fn a_raise_goes_with_the_bid_it_raised_and_with_no_other() {
    // Ben's last bid is out and his first leads again: it is that one which he raises.
    let scene = lot().when("Ana", 10).when("Ben", 20).when("Cleo", 30).when("Ben", 40);
    let scene = voided(voided(scene, 3), 2).when_max("Ben", 500);
    assert_eq!(stands(&scene), (Some("Ben".into()), Some(20), 21, 2));
    let raised = voided(scene, 0).when("Ana", 100);
    assert_eq!(stands(&raised), (Some("Ben".into()), Some(101), 102, 2));
    // And with that it goes.
    let scene = voided(raised, 1);
    assert_eq!(stands(&scene), (Some("Ana".into()), Some(100), 101, 1));
    // A bid that was no more when somebody raised another takes no raise with it, and its own goes still.
    let scene = lot().when("Ana", 10).when("Ben", 20).when("Cleo", 30).when("Ben", 40).when_max("Ben", 400);
    let scene = voided(voided(scene, 3), 2).when_max("Ben", 50);
    assert_eq!(stands(&voided(scene, 0).when("Ana", 100)), (Some("Ana".into()), Some(100), 101, 2));
}

#[test]
fn what_is_refused_without_it_counts_no_more() {
    // Ana could raise from 30 to 40 only because Ben led.
    let scene = lot().when_max("Ana", 100).when_max("Ben", 200).when("Ana", 300);
    assert_eq!(stands(&voided(scene, 1)), (Some("Ana".into()), Some(300), 301, 2));
    let scene = lot().when("Ana", 100).when("Ben", 200).when("Cleo", 201);
    let scene = voided(scene, 2);
    assert_eq!(stands(&voided(scene, 1)), (Some("Ana".into()), Some(100), 101, 1));
}

#[test]
fn ends_already_extended_stay_extended_and_a_void_extends_nothing() {
    let scene = given(Terms { start: money(10), increments: step(1), soft_close: Some(SoftClose::DEFAULT), ..terms() });
    let scene = scene.when("Ana", 10).at(HOUR - 1_000).when("Ben", 20).then_ends(HOUR + 119_000);
    let scene = voided(scene.sol(Act::Warn(Stage::Once)), 1).then_ends(HOUR + 119_000);
    assert_eq!((scene.facts.len(), scene.auction.warned()), (1, None), "the warning was for another price");
    assert_eq!(stands(&scene), (Some("Ana".into()), Some(10), 11, 1));
}

#[test]
fn only_a_bid_that_stands_can_be_taken_out() {
    let scene = lot().when("Ana", 10).when("Ana", Act::Say("Hm".into())).when("Ben", 20);
    let out = void(&scene, 0);
    let at = |bid| Act::Void { bid, reason: "No.".into(), preview: false };
    let scene = scene.refused("Sol", at(0), "no_such_bid").refused("Sol", at(1), "no_such_bid").refused("Sol", at(4), "no_such_bid");
    let scene = scene.refused("Sol", at(u64::MAX), "no_such_bid").refused("Ben", out.clone(), "forbidden");
    let scene = scene.sol(out.clone()).refused("Sol", out, "no_such_bid");
    let last = void(&scene, 1);
    scene.sol(Act::Pause).sol(last.clone()).sol(Act::Resume).clock(2 * HOUR).refused("Sol", last, "closed");
}

#[test]
fn a_preview_changes_nothing_and_says_before_and_after() {
    let mut scene = lot().when_max("Ana", 50).when("Ben", 1_000);
    let before = scene.auction.clone();
    let Act::Void { bid, .. } = void(&scene, 1) else { panic!() };
    let verdict = scene.ask("Sol", Some("x"), Act::Void { bid, reason: "".into(), preview: true }).unwrap();
    let preview = scene.preview.take().unwrap();
    assert_eq!((verdict.seq, preview.before.1, preview.after.1), (None, 2, 1));
    assert_eq!((preview.before.0.price, preview.after.0.price), (Some(money(1_000)), Some(money(10))));
    assert_eq!(preview.after.0.leader.map(|who| who.name.to_string()).as_deref(), Some("Ana"));
    assert!(scene.auction == before);
    // Under the same id it may then be done; and is done once.
    let act = Act::Void { bid, reason: "A slip.".into(), preview: false };
    let first = scene.ask("Sol", Some("x"), act.clone()).unwrap();
    assert_eq!(scene.ask("Sol", Some("x"), act).unwrap(), first);
    assert_eq!(scene.ask("Sol", Some("x"), Act::Pause).unwrap_err().code(), "id_reused");
}

#[test]
fn a_sealed_bid_taken_out_leaves_the_one_before_it() {
    let terms = Terms { format: Format::Vickrey, start: money(10), automatic_bids: false, ..terms() };
    let scene = given(terms).when("Ana", 50).when("Ben", 40).when("Ana", 5_000);
    let scene = voided(scene, 2);
    assert_eq!(scene.auction.bids(), 2);
    let [Fact::Voided(out)] = &scene.facts[..] else { panic!() };
    assert_eq!((out.figures.price, out.figures.leader.as_ref()), (None, None), "nothing shows");
    let scene = voided(scene, 1);
    assert_eq!(scene.auction.bids(), 1, "Ben has none left");
    scene.clock(HOUR).then_closed(Outcome::Sold, Some("Ana"), Some(10));
}

#[test]
fn a_dutch_sale_is_final() {
    let fall = Fall { floor: money(1), step: money(1), every_ms: 1_000 };
    let terms = Terms { format: Format::Dutch(fall), automatic_bids: false, ..terms() };
    let scene = given(terms).when("Ana", Offer::AsAsked);
    let act = void(&scene, 0);
    scene.refused("Sol", act, "closed");
}

#[test]
fn with_aliases_everyone_keeps_their_number() {
    let scene = given(Terms { start: money(10), increments: step(1), aliases: true, ..terms() });
    let scene = voided(scene.when("Ana", 10).when("Ben", 20).when("Ana", 30).when("Cleo", 40), 1);
    let scene = scene.when("Ben", 50);
    let numbers: Vec<_> = scene.auction.aliases().iter().map(|who| who.name.to_string()).collect();
    assert_eq!(numbers, ["Ana", "Ben", "Cleo"]);
    assert_eq!(scene.auction.leader().unwrap().alias.unwrap().get(), 2);
}

#[test]
fn a_raise_that_needed_no_step_only_because_the_bidder_led_is_refused_without_that() {
    // Ana led, and so might raise by less than a step. Without the bid by which she led, hers is a challenge, and too low.
    let scene = given(Terms { start: money(10), increments: step(10), ..terms() });
    let scene = scene.when_max("Ana", 100).when("Ben", 100).when("Ana", 105);
    assert_eq!(stands(&scene), (Some("Ana".into()), Some(105), 115, 3));
    let last = void(&scene, 2);
    let scene = voided(scene, 0);
    assert_eq!(stands(&scene), (Some("Ben".into()), Some(100), 110, 1), "two bids count no more");
    scene.refused("Sol", last, "no_such_bid");
}
