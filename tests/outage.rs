//! The outage rule (`rules.md` §2): the server away in the last minute of an auction, or across its end. First what the rules say, then rooms
//! over a log that outlives them.

#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use subasta::auction::{
    Act, Auction, AuctionId, Command, Decision, Downtime, Event, ExtendReason, Fact, Grace, Millis, Money, Offer, Person, Refusal,
    RequestId, Status, create, decide, due, outage,
};
use subasta::clock::Clock;
use subasta::log::{EventLog, Fault, Mark, MemoryLog, Query};
use subasta::room::{RoomSettings, Rooms, Seat};
use subasta::wire::TermsIn;

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const PATIENCE: Duration = Duration::from_secs(30);

/// What `rules.md` names.
const RULE: Grace = Grace { window_ms: MINUTE, grace_ms: 2 * MINUTE };

fn person(name: &str) -> Person {
    Person::new(name, name)
}

fn lot() -> AuctionId {
    AuctionId::parse("lot").unwrap()
}

/// A lot of Sol's from 0 to [`HOUR`], unless `more` says otherwise.
fn terms(more: &Value) -> TermsIn {
    let mut terms = json!({"id": "lot", "title": "A lot", "start": 1000, "starts_at": 0, "ends_at": HOUR, "soft_close": false});
    terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    TermsIn::from_json(terms.to_string().as_bytes()).unwrap()
}

fn given(more: &Value) -> Auction {
    let events = create(terms(more).resolve(0).unwrap(), person("Sol"), None, 0).unwrap();
    let mut auction = Auction::found(&events[0]).unwrap();
    events[1..].iter().for_each(|event| auction.evolve(event));
    auction
}

fn command(who: &str, act: Act) -> Command {
    Command { by: person(who), request: None, act }
}

fn bid(who: &str, amount: i64) -> Command {
    command(who, Act::Bid(Offer::Exact(Money::new(amount).unwrap())))
}

/// Must be accepted.
#[track_caller]
fn when(auction: &mut Auction, command: &Command, at: Millis) {
    let Ok(Decision::Happens(events)) = decide(auction, command, at) else { panic!("refused: {command:?}") };
    events.iter().for_each(|event| auction.evolve(event));
}

/// The server was away from and until then; what that led to.
fn away(auction: &mut Auction, from: Millis, until: Millis) -> Vec<Event> {
    let events = outage(auction, Downtime::between(Some(from), until).unwrap(), RULE);
    events.iter().for_each(|event| auction.evolve(event));
    events
}

#[track_caller]
fn then_nothing(auction: &mut Auction, from: Millis, until: Millis) {
    let before = auction.clone();
    assert!(away(auction, from, until).is_empty(), "{from}–{until}");
    assert_eq!(*auction, before);
}

// --- §2, the rule

#[test]
fn outage_down_at_any_moment_of_the_last_minute_or_across_the_end() {
    for (from, until, ends_at) in [
        // Back as the last minute begins, or before: nothing was missed of it.
        (-70 * SECOND, -61 * SECOND, None),
        (-70 * SECOND, -60 * SECOND, None),
        (-70 * SECOND, -60 * SECOND + 1, Some(60 * SECOND + 1)),
        // Within it.
        (-30 * SECOND, -20 * SECOND, Some(100 * SECOND)),
        (-1, 0, Some(120 * SECOND)),
        // Across the end, however long.
        (-SECOND, 10 * SECOND, Some(130 * SECOND)),
        (-50 * MINUTE, HOUR, Some(HOUR + 120 * SECOND)),
        // It was there at the end.
        (0, 10 * SECOND, None),
        (SECOND, 10 * SECOND, None),
    ] {
        let mut auction = given(&json!({}));
        let events = away(&mut auction, HOUR + from, HOUR + until);
        assert_eq!(auction.ends_at(), HOUR + ends_at.unwrap_or(0), "{from}–{until}");
        match (&events[..], ends_at) {
            ([], None) => {}
            ([Event { seq: Some(3), at, fact: Fact::Extended { reason: ExtendReason::Outage, .. } }], Some(_)) => {
                assert_eq!(*at, HOUR + until, "it counts from when the server was back");
            }
            other => panic!("{from}–{until}: {other:?}"),
        }
    }
}

#[test]
fn outage_what_is_granted_is_never_less_than_was_left() {
    let long = Grace { window_ms: 10 * MINUTE, grace_ms: MINUTE };
    let auction = given(&json!({}));
    let down = |until| Downtime::between(Some(0), until).unwrap();
    assert!(outage(&auction, down(HOUR - 5 * MINUTE), long).is_empty());
    assert_eq!(outage(&auction, down(HOUR - 30 * SECOND), long).len(), 1);
}

#[test]
fn outage_is_granted_once() {
    let mut auction = given(&json!({}));
    assert_eq!(away(&mut auction, HOUR - MINUTE, HOUR + MINUTE).len(), 1);
    then_nothing(&mut auction, HOUR - MINUTE, HOUR + MINUTE);
    // Also where what is granted is shorter than the window, and the new end is still in reach of the outage.
    let down = Downtime { from: HOUR - MINUTE, until: HOUR + MINUTE };
    assert!(outage(&auction, down, Grace { window_ms: HOUR, grace_ms: 3 * MINUTE }).is_empty());
    // The next outage is another one.
    assert_eq!(away(&mut auction, HOUR + 2 * MINUTE, HOUR + 5 * MINUTE).len(), 1);
    assert_eq!(auction.ends_at(), HOUR + 7 * MINUTE);
}

#[test]
fn outage_bids_count_until_the_new_end_and_then_it_closes() {
    let mut auction = given(&json!({}));
    when(&mut auction, &bid("Ana", 1_000), HOUR - 90 * SECOND);
    away(&mut auction, HOUR - MINUTE, HOUR + MINUTE);
    assert!(due(&auction, HOUR + 3 * MINUTE - 1).is_none());
    when(&mut auction, &bid("Ben", 2_000), HOUR + 3 * MINUTE - 1);
    let closed = due(&auction, HOUR + 3 * MINUTE).unwrap();
    assert!(matches!(&closed.fact, Fact::Closed { winner: Some(who), .. } if *who == person("Ben")), "{closed:?}");
}

#[test]
fn outage_one_that_has_ended_stays_as_it_is() {
    let (mut closed, mut cancelled) = (given(&json!({})), given(&json!({})));
    when(&mut closed, &command("Sol", Act::Hammer), HOUR - 30 * SECOND);
    when(&mut cancelled, &command("Sol", Act::Cancel("It rains.".into())), HOUR - 30 * SECOND);
    for mut auction in [closed, cancelled] {
        then_nothing(&mut auction, HOUR - 20 * SECOND, HOUR + MINUTE);
    }
}

#[test]
fn outage_a_paused_auction_has_all_of_its_time_when_it_is_resumed() {
    let mut auction = given(&json!({}));
    when(&mut auction, &command("Sol", Act::Pause), HOUR - 10 * SECOND);
    then_nothing(&mut auction, HOUR - 5 * SECOND, HOUR + MINUTE);
    when(&mut auction, &command("Sol", Act::Resume), HOUR + MINUTE + SECOND);
    assert_eq!(auction.ends_at(), HOUR + MINUTE + SECOND + 10 * SECOND);
    // Looked at again, as by a room that has slept: its end is near the outage, which took nothing of it.
    then_nothing(&mut auction, HOUR - 5 * SECOND, HOUR + MINUTE);
}

#[test]
fn outage_an_opening_that_fell_into_it_comes_first() {
    let soon = json!({"starts_at": HOUR, "ends_at": HOUR + MINUTE});
    let mut auction = given(&soon);
    let events = away(&mut auction, HOUR - MINUTE, HOUR + 10 * MINUTE);
    assert!(matches!(events[..], [Event { fact: Fact::Opened { by: None, .. }, .. }, Event { fact: Fact::Extended { .. }, .. }]));
    assert_eq!((events[0].seq, events[1].seq), (Some(2), Some(3)));
    assert_eq!((auction.status(), auction.ends_at()), (Status::Open, HOUR + 12 * MINUTE));
    then_nothing(&mut auction, HOUR - MINUTE, HOUR + 10 * MINUTE);
    // It opens after the server is back: nobody has missed a moment of it.
    then_nothing(&mut given(&soon), HOUR - MINUTE, HOUR - 1);
    // The end is far away: the opening is the clock's own.
    then_nothing(&mut given(&json!({"starts_at": HOUR, "ends_at": 2 * HOUR})), HOUR - MINUTE, HOUR + MINUTE);
}

#[test]
fn outage_what_was_made_or_opened_since_has_missed_nothing() {
    // Made by the server that came back, for ten seconds: it may say that it has begun long ago.
    let (down, now) = ((HOUR, 2 * HOUR), 2 * HOUR);
    let short = terms(&json!({"ends_at": now + 10 * SECOND})).resolve(now).unwrap();
    let events = create(short, person("Sol"), None, now).unwrap();
    let mut auction = Auction::found(&events[0]).unwrap();
    then_nothing(&mut auction, down.0, down.1);
    events[1..].iter().for_each(|event| auction.evolve(event));
    then_nothing(&mut auction, down.0, down.1);
    // Opened by the auctioneer after the server came back.
    let mut early = given(&json!({"starts_at": 2 * HOUR + 5 * SECOND, "ends_at": 2 * HOUR + 20 * SECOND}));
    when(&mut early, &command("Sol", Act::Open), 2 * HOUR + SECOND);
    then_nothing(&mut early, down.0, down.1);
}

#[test]
fn outage_moves_the_end_past_the_latest_of_a_soft_close() {
    let soft = json!({"window_ms": MINUTE, "extend_ms": MINUTE, "mode": "reset", "latest": HOUR + MINUTE});
    let mut auction = given(&json!({"soft_close": soft}));
    away(&mut auction, HOUR - SECOND, HOUR + MINUTE);
    assert_eq!(auction.ends_at(), HOUR + 3 * MINUTE);
    // Late bids still move nothing past the latest, nor do they take back what was granted.
    when(&mut auction, &bid("Ana", 1_000), HOUR + 3 * MINUTE - 1);
    assert_eq!(auction.ends_at(), HOUR + 3 * MINUTE);
}

#[test]
fn outage_of_which_nothing_is_known() {
    assert_eq!(Downtime::between(None, HOUR), None, "the first start");
    assert_eq!(Downtime::between(Some(HOUR + 1), HOUR), None, "the clock was set back");
    assert_eq!(Downtime::between(Some(HOUR), HOUR), None);
}

#[test]
fn outage_at_the_edges_of_time() {
    let auction = given(&json!({}));
    for down in [(i64::MIN, i64::MAX), (i64::MIN, i64::MIN + 1), (i64::MAX - 1, i64::MAX), (0, i64::MAX)] {
        for ms in [0, 1, i64::MAX, i64::MIN] {
            let _ = outage(&auction, Downtime { from: down.0, until: down.1 }, Grace { window_ms: ms, grace_ms: ms });
        }
    }
}

// --- rooms

struct House {
    log: Arc<MemoryLog>,
    clock: Clock,
    rooms: Rooms,
}

/// A server that starts over `log` at `now`. One before it is as good as dead: its clock stands.
async fn house(log: Arc<MemoryLog>, now: Millis) -> House {
    let clock = Clock::manual(now);
    let settings = RoomSettings { idle_after: Duration::from_millis(20), ..RoomSettings::default() };
    let rooms = Rooms::open(log.clone(), clock.clone(), settings).await.unwrap();
    House { log, clock, rooms }
}

/// Waits for it.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("not {what}"));
}

impl House {
    /// The lot, with a bid of Ana's, as far as to this moment; then the server is lost.
    async fn lost_at(at: Millis, more: &Value) -> Arc<MemoryLog> {
        let house = house(Arc::default(), 0).await;
        house.rooms.create(terms(more), person("Sol")).await.unwrap();
        house.rooms.command(&lot(), bid("Ana", 1_000)).await.unwrap();
        house.clock.set(at);
        eventually("told to the log", async || house.log.last_alive().await.unwrap() == Some(at)).await;
        house.log
    }

    async fn look(&self) -> Value {
        serde_json::from_str(self.rooms.look(&lot()).await.unwrap().auction.get()).unwrap()
    }

    /// What the log says happened, by kind.
    async fn kinds(&self) -> Vec<String> {
        let records = self.log.read("lot", Mark::start("lot"), 100).await.unwrap();
        let kind = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["type"].as_str().unwrap().to_owned();
        records.iter().map(|record| kind(&record.body)).collect()
    }

    async fn has_closed(&self) -> bool {
        !self.log.entries(Query { label: Some("closed".to_owned()), limit: 1, ..Query::default() }).await.unwrap().is_empty()
    }
}

/// The next event of the seat.
async fn next(seat: &mut Seat) -> Value {
    let mut waiting = Vec::new();
    let taken = async {
        while waiting.is_empty() {
            seat.take(|_, frame| waiting.push(serde_json::from_slice::<Value>(frame.json()).unwrap()));
            waiting.retain(|message| message["seq"].is_u64());
            if waiting.is_empty() {
                std::future::poll_fn(|context| seat.poll_ready(context)).await;
            }
        }
    };
    tokio::time::timeout(PATIENCE, taken).await.expect("an event");
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    waiting.remove(0)
}

#[tokio::test]
async fn outage_whoever_resumes_sees_the_new_end_and_the_auction_goes_on() {
    let log = House::lost_at(HOUR - 10 * SECOND, &json!({})).await;
    let back = HOUR + 30 * SECOND;
    let after = house(log, back).await;
    let (mut seat, look, resumed) = after.rooms.join(&lot(), Some(3), None).await.unwrap();
    assert!(resumed);
    let look: Value = serde_json::from_str(look.auction.get()).unwrap();
    assert_eq!((&look["status"], &look["ends_at"], &look["seq"]), (&json!("open"), &json!(back + 120 * SECOND), &json!(4)));
    let extended = json!({"type": "extended", "seq": 4, "at": back, "ends_at": back + 120 * SECOND, "reason": "outage"});
    assert_eq!(next(&mut seat).await, extended);
    after.clock.set(back + 120 * SECOND - 1);
    after.rooms.command(&lot(), bid("Ben", 2_000)).await.unwrap();
    assert_eq!(next(&mut seat).await["type"], "bid");
    after.clock.set(back + 120 * SECOND);
    let closed = next(&mut seat).await;
    assert_eq!((&closed["type"], &closed["seq"], &closed["winner"]["name"]), (&json!("closed"), &json!(6), &json!("Ben")));
    // The form in which it is stored is read for ever.
    let records = after.log.read("lot", Mark::start("lot"), 100).await.unwrap();
    let stored = String::from_utf8(records[3].body.clone()).unwrap();
    let form = format!(r#"{{"v":1,"type":"extended","seq":4,"at":{back},"ends_at":{},"reason":"outage","salt":""#, back + 120 * SECOND);
    assert!(stored.starts_with(&form), "{stored}");
}

#[tokio::test]
async fn outage_the_lobby_shows_the_new_end_though_nobody_looks_at_the_auction() {
    let log = House::lost_at(HOUR - 10 * SECOND, &json!({})).await;
    let after = house(log, HOUR).await;
    eventually("listed with its new end", async || {
        after.rooms.list(None, None, 10).await.unwrap().iter().all(|listed| listed.ends_at == HOUR + 120 * SECOND)
    })
    .await;
}

#[tokio::test]
async fn outage_a_room_that_sleeps_and_wakes_again_is_granted_nothing_more() {
    let after = house(House::lost_at(HOUR - 10 * SECOND, &json!({})).await, HOUR).await;
    for _ in 0..3 {
        assert_eq!(after.look().await["ends_at"], HOUR + 120 * SECOND);
        eventually("asleep", async || format!("{:?}", after.rooms).contains("awake: 0")).await;
    }
    assert_eq!(after.kinds().await, ["created", "opened", "bid", "extended"]);
}

#[tokio::test]
async fn outage_one_whose_end_is_far_away_or_that_was_closed_is_left_alone() {
    let log = House::lost_at(HOUR - 10 * SECOND, &json!({"ends_at": 2 * HOUR})).await;
    let after = house(log, HOUR + MINUTE).await;
    assert_eq!((&after.look().await["ends_at"], after.kinds().await.len()), (&json!(2 * HOUR), 3));

    let before = house(Arc::default(), 0).await;
    before.rooms.create(terms(&json!({})), person("Sol")).await.unwrap();
    before.clock.set(HOUR);
    eventually("closed", async || before.has_closed().await).await;
    let after = house(before.log.clone(), HOUR + MINUTE).await;
    assert_eq!(after.look().await["status"], "closed");
    assert_eq!(after.kinds().await, ["created", "opened", "closed"]);
}

#[tokio::test]
async fn outage_a_server_that_was_there_at_the_end_closes_what_it_could_not() {
    // The log took no close, and then the server was lost; but it was there, and everybody could bid to the end.
    let before = house(Arc::default(), 0).await;
    before.rooms.create(terms(&json!({})), person("Sol")).await.unwrap();
    before.log.stall(true);
    before.clock.set(HOUR);
    eventually("told to the log", async || before.log.last_alive().await.unwrap() == Some(HOUR)).await;
    let unclosed = before.log.clone();
    let after = house(unclosed, HOUR + MINUTE).await;
    after.log.stall(false);
    eventually("closed", async || after.has_closed().await).await;
    assert!(!after.kinds().await.contains(&"extended".to_owned()));
}

#[tokio::test]
async fn outage_a_clean_stop_is_an_outage_like_any_other() {
    let before = house(Arc::default(), 0).await;
    before.rooms.create(terms(&json!({})), person("Sol")).await.unwrap();
    eventually("told to the log", async || before.log.last_alive().await.unwrap() == Some(0)).await;
    // Between two beats.
    before.clock.set(HOUR - 30 * SECOND);
    before.rooms.stop();
    tokio::time::timeout(PATIENCE, before.rooms.stopped()).await.unwrap();
    assert_eq!(before.log.last_alive().await.unwrap(), Some(HOUR - 30 * SECOND), "to the moment");
    let after = house(before.log.clone(), HOUR - 20 * SECOND).await;
    assert_eq!(after.look().await["ends_at"], HOUR + 100 * SECOND);
}

#[tokio::test]
async fn outage_a_clock_that_was_set_back_grants_nothing() {
    let log = House::lost_at(HOUR - 10 * SECOND, &json!({})).await;
    let after = house(log, HOUR - 20 * SECOND).await;
    assert_eq!(after.look().await["ends_at"], HOUR);
    eventually("believed again", async || after.log.last_alive().await.unwrap() == Some(HOUR - 20 * SECOND)).await;
}

#[tokio::test]
async fn outage_that_the_log_does_not_take_is_granted_later_and_closes_nothing() {
    let log = House::lost_at(HOUR - 10 * SECOND, &json!({})).await;
    log.inject(Fault::Fail);
    let after = house(log, HOUR).await;
    let unavailable = after.rooms.command(&lot(), bid("Ben", 2_000)).await;
    // Whoever asks first is refused; or this bid came when the room had been woken again, and counts.
    assert!(matches!(unavailable, Err(Refusal::Unavailable) | Ok(_)), "{unavailable:?}");
    eventually("there again", async || after.rooms.look(&lot()).await.is_ok()).await;
    assert_eq!(after.look().await["ends_at"], HOUR + 120 * SECOND);
    assert!(!after.kinds().await.contains(&"closed".to_owned()));
}

#[tokio::test]
async fn outage_is_not_forgotten_before_it_is_made_up_for() {
    let lost = HOUR - 10 * SECOND;
    let log = House::lost_at(lost, &json!({})).await;
    // A server comes back, but is lost again before the log has taken anything.
    log.stall(true);
    let second = house(log, HOUR + SECOND).await;
    eventually("waiting", async || second.log.waiting() > 0).await;
    second.clock.set(HOUR + MINUTE);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(second.log.last_alive().await.unwrap(), Some(lost), "the next one must know of the first outage");
    second.rooms.stop();
    second.log.stall(false);
    eventually("told to the log", async || second.kinds().await.contains(&"extended".to_owned())).await;
}

#[tokio::test]
async fn outage_that_the_log_did_not_take_is_known_to_the_next_server() {
    for unreadable in [false, true] {
        let log = House::lost_at(HOUR - 10 * SECOND, &json!({})).await;
        if unreadable {
            log.fail_reads(1);
        } else {
            log.inject(Fault::Fail);
        }
        // A server comes back after the end, and is lost before it tries again.
        let second = house(log, HOUR + SECOND).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        second.rooms.stop();
        let third = house(second.log.clone(), HOUR + MINUTE).await;
        assert_eq!(third.look().await["ends_at"], HOUR + 3 * MINUTE);
    }
}

#[tokio::test]
async fn outage_a_request_id_keeps_its_verdict_across_it() {
    let before = house(Arc::default(), 0).await;
    before.rooms.create(terms(&json!({})), person("Sol")).await.unwrap();
    let named = Command { request: RequestId::parse("1"), ..bid("Ana", 1_000) };
    before.clock.set(HOUR - SECOND);
    let first = before.rooms.command(&lot(), named.clone()).await.unwrap();
    let after = house(before.log.clone(), HOUR + MINUTE).await;
    assert_eq!(after.rooms.command(&lot(), named).await.unwrap(), first);
    assert_eq!(after.kinds().await, ["created", "opened", "bid", "extended"]);
}
