//! What only the auctioneer does (`rules.md` §2, §6), given / when / then.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/scene.rs"]
mod scene;

use scene::{HOUR, MINUTE, Scene, given, terms};
use subasta::auction::{Act, ExtendMode, ExtendReason, Fact, Millis, Money, Offer, Outcome, SoftClose, Stage, Status, Terms, due};

/// Not yet open: it opens after a minute.
fn scheduled() -> Scene {
    given(Terms { starts_at: MINUTE, ..terms() })
}

fn amount(minor: i64) -> Act {
    Act::Bid(Offer::Exact(Money::new(minor).unwrap()))
}

/// One of each, the auctioneer's alone.
fn all() -> Vec<Act> {
    vec![
        Act::Open,
        Act::Pause,
        Act::Resume,
        Act::Warn(Stage::Once),
        Act::Hammer,
        Act::Extend(MINUTE),
        Act::Cancel("It is broken.".into()),
        Act::Announce("Soon!".into()),
        Act::Void { bid: 3, reason: "A mistake.".into(), preview: false },
    ]
}

#[test]
fn only_the_auctioneer_conducts() {
    for act in all() {
        scheduled().refused("Ana", act.clone(), "forbidden");
        given(terms()).when("Ana", amount(10_00)).refused("Ana", act.clone(), "forbidden");
        given(terms()).clock(HOUR).refused("Ana", act, "forbidden");
    }
}

#[test]
fn an_auction_that_has_ended_never_changes_again() {
    let ended = [|| given(terms()).clock(HOUR), || given(terms()).sol(Act::Hammer), || given(terms()).sol(Act::Cancel("no".into()))];
    for ended in ended {
        for act in all() {
            ended().refused("Sol", act, "closed");
        }
        assert!(due(&ended().auction, 10 * HOUR).is_none());
        assert_eq!(ended().auction.deadline(), None);
    }
}

#[test]
fn what_does_not_fit_is_refused_with_the_code_that_fits() {
    for (act, code) in [(Act::Pause, "not_open"), (Act::Resume, "not_open"), (Act::Warn(Stage::Once), "not_open")] {
        scheduled().refused("Sol", act, code);
    }
    scheduled().refused("Sol", Act::Hammer, "not_open").refused("Sol", Act::Extend(1), "not_open");
    given(terms()).refused("Sol", Act::Open, "not_now").refused("Sol", Act::Resume, "not_now");
    let paused = given(terms()).sol(Act::Pause);
    paused
        .refused("Sol", Act::Pause, "paused")
        .refused("Sol", Act::Open, "paused")
        .refused("Sol", Act::Warn(Stage::Once), "paused")
        // Nobody could answer it.
        .refused("Sol", Act::Hammer, "paused");
}

#[test]
fn an_opening_before_its_time_moves_nothing_else() {
    let scene = scheduled().at(10_000).refused("Ana", amount(10_00), "not_open").sol(Act::Open).then_is(Status::Open, HOUR);
    let scene = scene.when("Ana", amount(10_00)).clock(MINUTE);
    assert!(!matches!(scene.facts[..], [Fact::Opened { .. }]), "it does not open a second time");
    scene.clock(HOUR).then_is(Status::Closed, HOUR);
}

#[test]
fn while_it_is_paused_the_countdown_stops() {
    let scene = given(terms()).at(HOUR - MINUTE).sol(Act::Pause).then_is(Status::Paused, HOUR);
    assert_eq!((scene.auction.deadline(), scene.auction.paused_at()), (None, Some(HOUR - MINUTE)));
    let scene = scene.refused("Ana", amount(10_00), "paused").clock(3 * HOUR).then_is(Status::Paused, HOUR);
    // People may talk meanwhile, and at the end as it stood a minute was left.
    let scene = scene.when("Ana", Act::Say("hello?".into())).sol(Act::Resume).then_is(Status::Open, 3 * HOUR + MINUTE);
    assert_eq!((scene.auction.deadline(), scene.auction.paused_at()), (Some(3 * HOUR + MINUTE), None));
    let scene = scene.at(3 * HOUR + MINUTE - 1).when("Ana", amount(10_00)).at(3 * HOUR + MINUTE).refused("Ben", amount(20_00), "closed");
    scene.clock(3 * HOUR + MINUTE).then_is(Status::Closed, 3 * HOUR + MINUTE);
}

#[test]
fn every_pause_counts_and_no_stamp_out_of_order_takes_time_away() {
    let scene = given(terms()).at(1_000).sol(Act::Pause).at(3_000).sol(Act::Resume).then_is(Status::Open, HOUR + 2_000);
    let scene = scene.at(5_000).sol(Act::Pause).at(4_000).sol(Act::Resume).then_is(Status::Open, HOUR + 2_000);
    scene.at(6_000).sol(Act::Pause).at(7_000).sol(Act::Resume).then_is(Status::Open, HOUR + 3_000);
}

#[test]
fn more_time_is_given_while_open_or_paused() {
    let scene = given(terms()).sol(Act::Extend(MINUTE)).then_is(Status::Open, HOUR + MINUTE);
    let [Fact::Extended { reason: ExtendReason::Auctioneer { by, by_ms }, .. }] = &scene.facts[..] else { panic!("{:?}", scene.facts) };
    assert_eq!((&*by.who.name, *by_ms), ("Sol", MINUTE));
    let scene = scene.at(10_000).sol(Act::Pause).sol(Act::Extend(MINUTE)).at(11_000).sol(Act::Resume);
    scene.then_is(Status::Open, HOUR + 2 * MINUTE + 1_000).at(HOUR + MINUTE).when("Ana", amount(10_00));
    // Not for ever, and never back.
    let far = 5 * 366 * 24 * HOUR;
    let mut scene = given(Terms { ends_at: far, ..terms() });
    assert_eq!(scene.ask("Sol", None, Act::Extend(1)).unwrap_err().code(), "bad_terms");
    assert_eq!(scene.ask("Sol", None, Act::Extend(-1)).unwrap_err().code(), "bad_terms");
    assert_eq!(scene.ask("Sol", None, Act::Extend(Millis::MAX)).unwrap_err().code(), "bad_terms");
}

#[test]
fn the_auctioneer_may_go_past_the_latest_end_of_the_soft_close() {
    let soft = SoftClose { window_ms: MINUTE, extend_ms: MINUTE, mode: ExtendMode::Reset, latest: Some(HOUR) };
    let scene = given(Terms { soft_close: Some(soft), ..terms() }).sol(Act::Extend(MINUTE));
    scene.at(HOUR + 30_000).when("Ana", amount(10_00)).then_is(Status::Open, HOUR + MINUTE);
}

#[test]
fn a_bid_clears_the_fair_warning() {
    let automatic = |minor| Act::Bid(Offer::UpTo(Money::new(minor).unwrap()));
    let mut scene = given(terms()).when("Ana", automatic(50_00)).sol(Act::Warn(Stage::Once)).sol(Act::Warn(Stage::Twice));
    assert_eq!(scene.auction.warned(), Some(Stage::Twice));
    // Neither talk nor a raise that moves no price does.
    scene = scene.when("Ben", Act::Say("wait".into())).when("Ana", automatic(60_00));
    assert_eq!(scene.auction.warned(), Some(Stage::Twice));
    scene = scene.refused("Ben", amount(10_01), "bid_too_low");
    assert_eq!(scene.auction.warned(), Some(Stage::Twice));
    // Ana's maximum answers this one: the price has moved, and it begins anew.
    scene = scene.when("Ben", amount(20_00));
    assert_eq!(scene.auction.warned(), None);
    scene = scene.sol(Act::Warn(Stage::Once)).when("Ben", amount(90_00));
    assert_eq!(scene.auction.warned(), None);
    scene = scene.sol(Act::Warn(Stage::Once)).sol(Act::Hammer);
    assert_eq!(scene.auction.warned(), None);
}

#[test]
fn the_hammer_closes_by_the_rules_of_the_clock() {
    let outcome = |scene: Scene| match &scene.sol(Act::Hammer).facts[..] {
        [Fact::Closed { by: Some(by), outcome, winner, price, bids: None }] => {
            assert_eq!(&*by.who.name, "Sol");
            (*outcome, winner.as_ref().map(|who| who.name.to_string()), price.map(Money::minor))
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(outcome(given(terms())), (Outcome::Unsold, None, None));
    assert_eq!(outcome(given(terms()).when("Ana", amount(12_00))), (Outcome::Sold, Some("Ana".to_owned()), Some(12_00)));
    let reserved = given(Terms { reserve: Money::new(50_00), ..terms() }).when("Ana", amount(12_00));
    assert_eq!(outcome(reserved), (Outcome::ReserveNotMet, None, Some(12_00)));
}

#[test]
fn it_is_called_off_from_wherever_it_is() {
    for scene in [scheduled(), given(terms()).when("Ana", amount(10_00)), given(terms()).sol(Act::Pause)] {
        let scene = scene.at(5_000).sol(Act::Cancel("It is a fake.".into()));
        assert_eq!(
            (scene.auction.status(), scene.auction.cancelled(), scene.auction.outcome()),
            (Status::Cancelled, Some("It is a fake."), None)
        );
        assert_eq!(scene.auction.deadline(), None);
        scene.refused("Ana", amount(90_00), "closed");
    }
}

#[test]
fn live_text_leaves_no_trace() {
    let mut scene = given(terms());
    let before = scene.auction.clone();
    let verdict = scene.ask("Sol", Some("x"), Act::Announce("Any advance?".into())).unwrap();
    assert_eq!((verdict.seq, scene.auction == before), (None, true));
}

#[test]
fn a_request_id_has_one_verdict_here_too() {
    let acts = [
        (Act::Warn(Stage::Once), Act::Warn(Stage::Twice)),
        (Act::Extend(MINUTE), Act::Extend(MINUTE + 1)),
        (Act::Pause, Act::Resume),
        (Act::Resume, Act::Pause),
        (Act::Cancel("a".into()), Act::Cancel("b".into())),
    ];
    let mut scene = scheduled();
    let opened = scene.ask("Sol", Some("open"), Act::Open).unwrap();
    for (number, (act, other)) in acts.into_iter().enumerate() {
        scene.now += 1_000;
        let id = number.to_string();
        let first = scene.ask("Sol", Some(&id), act.clone()).unwrap();
        assert!(first.seq.is_some());
        let after = scene.auction.clone();
        scene.now += 1_000;
        assert_eq!(scene.ask("Sol", Some(&id), act), Ok(first), "the first verdict, though it would not fit any more");
        assert_eq!(scene.ask("Sol", Some(&id), other).unwrap_err().code(), "id_reused");
        assert!(scene.auction == after);
    }
    assert_eq!(scene.ask("Sol", Some("open"), Act::Open), Ok(opened));
    let mut scene = given(terms());
    let first = scene.ask("Sol", Some("x"), Act::Hammer).unwrap();
    assert_eq!(scene.ask("Sol", Some("x"), Act::Hammer), Ok(first));
    assert_eq!(scene.ask("Sol", Some("x"), Act::Open).unwrap_err().code(), "id_reused");
}
