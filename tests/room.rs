//! A room: what it shows and when, over a log that fails, stalls and conflicts on request, and by a clock that a test sets.

#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use subasta::auction::{Act, AuctionId, Command, Money, Offer, Person, Refusal, RequestId, Standing};
use subasta::clock::Clock;
use subasta::log::{EventLog, Fault, Mark, MemoryLog, Query};
use subasta::room::{Ending, RoomSettings, Rooms, Seat, Taken, Verdict};
use subasta::wire::TermsIn;
use tokio::task::JoinHandle;

const HOUR: i64 = 3_600_000;

struct House {
    log: Arc<MemoryLog>,
    clock: Clock,
    rooms: Rooms,
}

async fn house() -> House {
    house_over(Arc::new(MemoryLog::default()), Clock::manual(0)).await
}

async fn house_over(log: Arc<MemoryLog>, clock: Clock) -> House {
    let settings = RoomSettings { idle_after: Duration::from_millis(20), ..RoomSettings::default() };
    let rooms = Rooms::open(log.clone(), clock.clone(), settings).await.unwrap();
    House { log, clock, rooms }
}

fn id(text: &str) -> AuctionId {
    AuctionId::parse(text).unwrap()
}

fn person(name: &str) -> Person {
    Person::new(name, name)
}

fn bid(who: &str, request: &str, amount: i64) -> Command {
    let act = Act::Bid(Offer::Exact(Money::new(amount).unwrap()));
    Command { by: person(who), request: RequestId::parse(request), act }
}

impl House {
    /// A lot of Sol's from 10.00, for an hour from now.
    async fn lot(&self) -> AuctionId {
        let terms = json!({"id": "lot", "title": "A lot", "start": 1000, "duration_ms": HOUR, "soft_close": false});
        self.rooms.create(TermsIn::from_json(terms.to_string().as_bytes()).unwrap(), person("Sol")).await.unwrap()
    }

    async fn bid(&self, who: &str, request: &str, amount: i64) -> Verdict {
        self.rooms.command(&id("lot"), bid(who, request, amount)).await
    }

    /// Bids without waiting for the verdict.
    fn ask(&self, who: &'static str, amount: i64) -> JoinHandle<Verdict> {
        let rooms = self.rooms.clone();
        tokio::spawn(async move { rooms.command(&id("lot"), bid(who, "1", amount)).await })
    }

    async fn seat(&self) -> (Seat, Value) {
        let (seat, look, _) = self.rooms.join(&id("lot"), None, None).await.unwrap();
        (seat, serde_json::from_str(look.auction.get()).unwrap())
    }

    async fn look(&self) -> Value {
        serde_json::from_str(self.rooms.look(&id("lot")).await.unwrap().auction.get()).unwrap()
    }
}

/// All that is there to take, presence aside.
fn take(seat: &mut Seat) -> (Vec<Value>, Taken) {
    let mut taken = Vec::new();
    let how = seat.take(|_, frame| taken.push(serde_json::from_slice(frame.json()).unwrap()));
    taken.retain(|message: &Value| message["type"] != "presence");
    (taken, how)
}

/// Waits until the seat has an event of this type, and returns all up to there.
async fn until(seat: &mut Seat, kind: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            all.extend(take(seat).0);
            if all.iter().any(|message| message["type"] == kind) {
                return;
            }
            std::future::poll_fn(|context| seat.poll_ready(context)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("no {kind} in {all:?}"));
    all
}

/// Lets every other task do what it can.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(5)).await;
}

#[tokio::test]
async fn nothing_is_acknowledged_or_shown_before_it_is_durable() {
    let house = house().await;
    house.lot().await;
    let (mut seat, _) = house.seat().await;
    house.log.stall(true);
    let asked = house.ask("Ana", 1_000);
    settle().await;
    assert!(!asked.is_finished(), "not acknowledged");
    assert_eq!(take(&mut seat).0, Vec::<Value>::new(), "not shown");
    house.log.stall(false);
    let accepted = asked.await.unwrap().unwrap();
    assert_eq!(accepted.seq, Some(3));
    let shown = until(&mut seat, "bid").await;
    assert_eq!((shown[0]["seq"].as_u64(), shown.len()), (Some(3), 1));
}

#[tokio::test]
async fn where_the_log_cannot_write_nothing_happened() {
    let house = house().await;
    house.lot().await;
    let (mut seat, _) = house.seat().await;
    house.log.inject(Fault::Fail);
    assert_eq!(house.bid("Ana", "1", 5_000).await, Err(Refusal::Unavailable));
    assert_eq!(take(&mut seat).0, Vec::<Value>::new());
    assert_eq!(house.look().await["price"], Value::Null);
    // The next bid is judged as if the lost one had never been, and takes its seq; the lost one may be tried again under its id.
    assert_eq!(house.bid("Ben", "1", 1_000).await.unwrap().seq, Some(3));
    assert_eq!(house.bid("Ana", "1", 5_000).await.unwrap().seq, Some(4));
}

#[tokio::test]
async fn a_request_id_of_a_bid_that_was_not_stored_is_free_again() {
    let house = house().await;
    house.lot().await;
    house.seat().await;
    assert!(house.bid("Ana", "1", 1_000).await.is_ok());
    house.log.inject(Fault::Fail);
    assert_eq!(house.bid("Ben", "1", 5_000).await, Err(Refusal::Unavailable));
    // Another bid under the same id: were the lost one remembered, this would be an id used twice.
    assert_eq!(house.bid("Ben", "1", 6_000).await.unwrap().seq, Some(4));
    assert_eq!(house.bid("Ana", "1", 1_000).await.unwrap().seq, Some(3), "what was stored keeps its verdict");
}

#[tokio::test]
async fn a_whole_batch_stands_or_falls_together() {
    let house = house().await;
    house.lot().await;
    house.seat().await;
    house.log.stall(true);
    // The first is being appended; the others wait for the next append, which fails.
    let first = house.ask("Ana", 1_000);
    settle().await;
    let (second, third) = (house.ask("Ben", 9_000), house.ask("Cleo", 2_000));
    settle().await;
    house.log.inject_after(1, Fault::Fail);
    house.log.stall(false);
    assert!(first.await.unwrap().is_ok());
    // Cleo's bid was too low only against Ben's, which never happened: it is not refused for that.
    assert_eq!(second.await.unwrap(), Err(Refusal::Unavailable));
    assert_eq!(third.await.unwrap(), Err(Refusal::Unavailable));
    assert_eq!(house.look().await["leader"]["name"], "Ana");
}

#[tokio::test]
async fn after_a_conflict_the_bid_is_judged_against_what_the_other_wrote() {
    let log = Arc::new(MemoryLog::default());
    let (one, other) = (house_over(log.clone(), Clock::manual(0)).await, house_over(log.clone(), Clock::manual(0)).await);
    one.lot().await;
    let (mut seat, _) = one.seat().await;
    assert!(other.bid("Ben", "1", 3_000).await.is_ok());
    match one.bid("Ana", "1", 2_000).await {
        Err(Refusal::BidTooLow { minimum, .. }) => assert_eq!(minimum.minor(), 3_100),
        verdict => panic!("{verdict:?}"),
    }
    assert_eq!(one.bid("Ana", "2", 4_000).await.unwrap().seq, Some(4));
    let shown = until(&mut seat, "bid").await;
    let leaders: Vec<_> = shown.iter().map(|event| event["leader"]["name"].as_str().unwrap()).collect();
    assert_eq!(leaders[0], "Ben", "what the other server wrote is shown here too");
}

#[tokio::test]
async fn a_conflict_out_of_nothing_is_survived() {
    let house = house().await;
    house.lot().await;
    house.seat().await;
    house.log.inject(Fault::Conflict);
    assert_eq!(house.bid("Ana", "1", 1_000).await.unwrap().seq, Some(3));
}

#[tokio::test]
async fn a_bid_stamped_before_the_end_is_judged_before_the_close_however_long_the_queue() {
    let house = house().await;
    house.lot().await;
    let (mut seat, _) = house.seat().await;
    house.log.stall(true);
    house.clock.set(HOUR - 1);
    let first = house.ask("Ana", 1_000);
    settle().await;
    // These wait behind an append that stalls until long after the end.
    let second = house.ask("Ben", 2_000);
    settle().await;
    house.clock.set(HOUR);
    let late = house.ask("Cleo", 9_000);
    settle().await;
    house.clock.set(HOUR + 5_000);
    house.log.stall(false);
    assert!(first.await.unwrap().is_ok());
    assert!(second.await.unwrap().is_ok(), "read before the end: it counts");
    assert_eq!(late.await.unwrap().map_err(|refusal| refusal.code()), Err("closed"));
    let shown = until(&mut seat, "closed").await;
    assert_eq!(shown.last().unwrap()["winner"]["name"], "Ben");
    assert_eq!(take(&mut seat).1, Taken::End(Ending::Ended));
}

#[tokio::test]
async fn a_bid_that_is_still_arriving_holds_up_the_close() {
    let house = house().await;
    house.lot().await;
    let (mut seat, _) = house.seat().await;
    let (other, _) = house.seat().await;
    house.clock.set(HOUR - 1);
    // Its stamp is taken, but it has not reached the mailbox when the end comes.
    let arrival = other.arrive();
    house.clock.set(HOUR);
    settle().await;
    assert_eq!(take(&mut seat).0, Vec::<Value>::new(), "not closed yet");
    let verdict = arrival.ask(bid("Ana", "1", 1_000)).unwrap();
    assert!(verdict.await.unwrap().is_ok());
    let shown = until(&mut seat, "closed").await;
    assert_eq!(shown.last().unwrap()["winner"]["name"], "Ana");
}

#[tokio::test]
async fn a_bid_stamped_before_the_hammer_counts_although_the_hammer_came_first() {
    for act in [Act::Hammer, Act::Pause, Act::Cancel("It rains.".into())] {
        let house = house().await;
        house.lot().await;
        let (seat, _) = house.seat().await;
        // Its stamp is taken, but it has not reached the mailbox when the auctioneer's command does.
        let arrival = seat.arrive();
        house.clock.set(1);
        let rooms = house.rooms.clone();
        let conducted = tokio::spawn(async move { rooms.command(&id("lot"), Command { by: person("Sol"), request: None, act }).await });
        settle().await;
        assert!(!conducted.is_finished());
        let verdict = arrival.ask(bid("Ana", "1", 1_000)).unwrap();
        assert_eq!(verdict.await.unwrap().unwrap().seq, Some(3));
        assert_eq!(conducted.await.unwrap().unwrap().seq, Some(4));
        assert_eq!(house.bid("Ben", "1", 9_000).await.map_err(|refusal| refusal.code() != "bid_too_low"), Err(true));
    }
}

#[tokio::test]
async fn a_paused_room_sleeps_past_its_end_and_goes_on() {
    let house = house().await;
    house.lot().await;
    let conduct = async |act: Act| house.rooms.command(&id("lot"), Command { by: person("Sol"), request: None, act }).await.unwrap();
    house.clock.set(HOUR - 1_000);
    conduct(Act::Pause).await;
    house.clock.set(3 * HOUR);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let after = house_over(house.log.clone(), house.clock.clone()).await;
    assert_eq!(after.look().await["status"], "paused");
    after.rooms.command(&id("lot"), Command { by: person("Sol"), request: None, act: Act::Resume }).await.unwrap();
    assert_eq!(after.look().await["ends_at"], 3 * HOUR + 1_000);
    let (mut seat, _) = after.seat().await;
    assert!(after.bid("Ana", "1", 1_000).await.is_ok());
    after.clock.set(3 * HOUR + 1_000);
    assert_eq!(until(&mut seat, "closed").await.last().unwrap()["winner"]["name"], "Ana");
}

#[tokio::test]
async fn an_opening_beside_a_void_is_stored_like_any_other() {
    let house = house().await;
    let terms = json!({"id": "lot", "title": "A lot", "start": 1000, "starts_at": HOUR, "duration_ms": HOUR, "soft_close": false});
    house.rooms.create(TermsIn::from_json(terms.to_string().as_bytes()).unwrap(), person("Sol")).await.unwrap();
    let (mut seat, _) = house.seat().await;
    settle().await;
    // The room wakes to open, and finds this in its mail.
    house.clock.set(HOUR);
    let void = Command { by: person("Sol"), request: None, act: Act::Void { bid: 2, reason: "a slip".into(), preview: false } };
    assert_eq!(house.rooms.command(&id("lot"), void).await, Err(Refusal::NoSuchBid(2)));
    assert_eq!(until(&mut seat, "opened").await[0]["seq"].as_u64(), Some(2));
    assert_eq!(house.bid("Ana", "1", 1_000).await.unwrap().seq, Some(3));
    let before = house.look().await;
    drop((seat, house.rooms));
    let house = house_over(house.log, house.clock).await;
    let after = house.look().await;
    for member in ["status", "seq", "price", "bids", "recent"] {
        assert_eq!(after[member], before[member], "{member}");
    }
}

#[tokio::test]
async fn a_falling_price_is_shown_as_it_is_although_nobody_watches() {
    let house = house().await;
    let fall = json!({"floor": 100, "step": 10, "every_ms": 1_000});
    let terms = json!({"id": "lot", "title": "A lot", "format": "dutch", "start": 1000, "dutch": fall, "duration_ms": HOUR});
    house.rooms.create(TermsIn::from_json(terms.to_string().as_bytes()).unwrap(), person("Sol")).await.unwrap();
    // So that the room stays awake, and remembers what it has shown.
    let announce = Command { by: person("Sol"), request: None, act: Act::Announce("Soon!".into()) };
    house.rooms.command(&id("lot"), announce).await.unwrap();
    for (now, price) in [(0, 1_000), (999, 1_000), (1_000, 990), (5_500, 950), (2 * HOUR / 3, 100)] {
        house.clock.set(now);
        let look = house.look().await;
        assert_eq!((&look["price"], &look["minimum"]), (&json!(price), &json!(price)), "at {now}");
    }
}

#[tokio::test]
async fn however_many_voids_are_tried_at_once_others_wait_for_one() {
    let house = house().await;
    house.lot().await;
    let first = house.bid("Ana", "1", 1_000).await.unwrap().seq.unwrap();
    house.log.stall(true);
    let ben = house.ask("Ben", 2_000);
    settle().await;
    // All of these wait behind it.
    let try_as = |who: &'static str| {
        let act = Act::Void { bid: first, reason: "".into(), preview: true };
        let (rooms, command) = (house.rooms.clone(), Command { by: person(who), request: None, act });
        tokio::spawn(async move { rooms.command(&id("lot"), command).await.map(|granted| granted.preview.is_some()) })
    };
    let asked = [try_as("Ana"), try_as("Sol"), try_as("Sol"), try_as("Sol")];
    settle().await;
    let last = house.ask("Cleo", 3_000);
    settle().await;
    house.log.stall(false);
    let mut verdicts = Vec::new();
    for asked in asked {
        verdicts.push(asked.await.unwrap());
    }
    assert_eq!(verdicts, [Err(Refusal::NotAuctioneer), Ok(true), Err(Refusal::Busy), Err(Refusal::Busy)]);
    assert!(ben.await.unwrap().is_ok() && last.await.unwrap().is_ok());
    assert_eq!(try_as("Sol").await.unwrap(), Ok(true), "and later again");
}

#[tokio::test]
async fn what_is_announced_stands_as_long_as_the_auction_and_a_batch_that_is_not_stored_announces_nothing() {
    let house = house().await;
    house.lot().await;
    let announce = |text: &str| Command { by: person("Sol"), request: None, act: Act::Announce(text.into()) };
    house.rooms.command(&id("lot"), announce("Soon!")).await.unwrap();
    // Nobody watches for longer than any room stays awake.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(house.look().await["live"], "Soon!");
    // In one batch with a bid: both wait behind an append that stalls.
    house.log.stall(true);
    let first = house.ask("Ana", 1_000);
    settle().await;
    let rooms = house.rooms.clone();
    let announced = tokio::spawn(async move { rooms.command(&id("lot"), announce("Never")).await });
    let second = house.ask("Ben", 2_000);
    settle().await;
    house.log.inject_after(1, Fault::Fail);
    house.log.stall(false);
    assert!(first.await.unwrap().is_ok());
    assert_eq!(second.await.unwrap(), Err(Refusal::Unavailable));
    assert_eq!(announced.await.unwrap(), Err(Refusal::Unavailable));
    assert_eq!(house.look().await["live"], "Soon!");
}

#[tokio::test]
async fn a_creation_asked_twice_at_once_makes_one_auction() {
    let house = house().await;
    house.log.stall(true);
    let ask = || {
        let rooms = house.rooms.clone();
        let terms = TermsIn::from_json(br#"{"title":"A lot","start":1000,"duration_ms":1000}"#).unwrap();
        tokio::spawn(async move { rooms.create_once(terms, person("Sol"), RequestId::parse("x").unwrap()).await })
    };
    let (one, two) = (ask(), ask());
    settle().await;
    assert_eq!(house.log.waiting(), 2, "neither knows of the other");
    house.log.stall(false);
    let (one, two) = (one.await.unwrap().unwrap(), two.await.unwrap().unwrap());
    assert_eq!(one, two);
    assert_eq!(house.rooms.list(None, None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_house_s_names_are_nobody_else_s() {
    let log = Arc::new(MemoryLog::default());
    let settings = RoomSettings { house_names: vec![id("demo")], ..RoomSettings::default() };
    let rooms = Rooms::open(log, Clock::manual(0), settings).await.unwrap();
    let create = async |name: &str, seller: &str| {
        let terms = json!({"id": name, "title": "A lot", "start": 1, "duration_ms": HOUR}).to_string();
        rooms.create(TermsIn::from_json(terms.as_bytes()).unwrap(), person(seller)).await
    };
    for name in ["demo", "demo-2", "demo-17"] {
        assert_eq!(create(name, "Eve").await.unwrap_err().code(), "bad_terms", "{name}");
        assert!(create(name, "@house").await.is_ok());
    }
    assert!(create("demo-x", "Eve").await.is_ok());
    assert!(create("demolition", "Eve").await.is_ok());
}

#[tokio::test]
async fn a_summary_that_is_not_understood_costs_a_fold_and_no_auction() {
    let before = house().await;
    before.lot().await;
    before.bid("Ana", "1", 1_000).await.unwrap();
    before.log.tamper_summary("lot", b"{\"v\":0}".to_vec());
    let after = house_over(before.log.clone(), before.clock.clone()).await;
    assert!(after.rooms.lobby().is_live(&id("lot")));
    let list = after.rooms.list(None, None, 10).await.unwrap();
    assert_eq!((list[0].id.as_str(), list[0].price), ("lot", Some(1_000)));
}

#[tokio::test]
async fn whoever_comes_to_the_lobby_misses_no_change() {
    let house = house_over(Arc::new(MemoryLog::default()), Clock::system()).await;
    house.lot().await;
    let _awake = house.seat().await;
    for price in [1_000, 2_000, 3_000, 4_000, 5_000] {
        house.bid(&format!("bidder-{price}"), "1", price).await.unwrap();
        let (list, mut cursor) = house.rooms.lobby().join();
        let list: Value = serde_json::from_str(list.get()).unwrap();
        let mut told = list[0]["price"].as_i64();
        let caught_up = tokio::time::timeout(Duration::from_secs(20), async {
            while told != Some(price) {
                std::future::poll_fn(|context| cursor.poll_ready(context)).await;
                cursor.take(|_, frame| told = serde_json::from_slice::<Value>(frame.json()).unwrap()["auction"]["price"].as_i64());
            }
        });
        caught_up.await.unwrap_or_else(|_| panic!("{price} is never told, only {told:?}"));
        // At different moments of the turns in which the lobby tells.
        tokio::time::sleep(Duration::from_millis(u64::try_from(price).unwrap() / 20)).await;
    }
}

#[tokio::test]
async fn the_lobby_knows_of_an_end_at_once() {
    let house = house().await;
    house.lot().await;
    let (mut seat, _) = house.seat().await;
    house.bid("Ana", "1", 1_000).await.unwrap();
    assert_eq!((house.rooms.lobby().is_live(&id("lot")), house.rooms.lobby().live_count()), (true, 1));
    house.clock.set(HOUR);
    until(&mut seat, "closed").await;
    settle().await;
    // Within the second in which nothing but this is told.
    assert_eq!((house.rooms.lobby().is_live(&id("lot")), house.rooms.lobby().live_count()), (false, 0));
    assert_eq!(house.rooms.list(None, None, 1).await.unwrap()[0].price, Some(1_000));
}

#[tokio::test]
async fn a_sleeping_room_wakes_for_its_deadline() {
    let house = house().await;
    house.lot().await;
    house.bid("Ana", "1", 1_000).await.unwrap();
    // Nobody watches: the room sleeps.
    tokio::time::timeout(Duration::from_secs(20), async {
        while !format!("{:?}", house.rooms).contains("awake: 0") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("it falls asleep");
    house.clock.set(HOUR);
    tokio::time::timeout(Duration::from_secs(20), async {
        while house.log.entries(closed()).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("it closes");
    assert_eq!(house.look().await["outcome"], "sold");
}

fn closed() -> subasta::log::Query {
    subasta::log::Query { label: Some("closed".to_owned()), limit: 1, ..Default::default() }
}

#[tokio::test]
async fn a_deadline_outlives_a_room_that_could_not_be_loaded() {
    let house = house().await;
    house.lot().await;
    // The room has never been awake; when the alarm wakes it for its end, the log does not answer.
    house.log.fail_reads(1);
    house.clock.set(HOUR);
    settle().await;
    assert!(house.log.entries(closed()).await.unwrap().is_empty());
    // Nobody asks for it; it is tried again by itself.
    house.clock.set(HOUR + 10_000);
    tokio::time::timeout(Duration::from_secs(20), async {
        while house.log.entries(closed()).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("it closes");
}

#[tokio::test]
async fn what_should_have_ended_while_nobody_ran_ends_two_minutes_after_the_start() {
    let before = house().await;
    before.lot().await;
    before.bid("Ana", "1", 1_000).await.unwrap();
    let after = house_over(before.log.clone(), Clock::manual(2 * HOUR)).await;
    let (mut seat, look) = after.seat().await;
    assert_eq!((&look["status"], &look["ends_at"]), (&json!("open"), &json!(2 * HOUR + 120_000)));
    after.clock.set(2 * HOUR + 120_000);
    let _ = until(&mut seat, "closed").await;
    assert_eq!(after.look().await["leader"]["name"], "Ana");
}

#[tokio::test]
async fn a_close_that_the_log_refuses_is_tried_again() {
    let house = house().await;
    house.lot().await;
    let (mut seat, _) = house.seat().await;
    house.log.inject(Fault::Fail);
    house.clock.set(HOUR);
    settle().await;
    assert_eq!(take(&mut seat).0, Vec::<Value>::new());
    assert_eq!(house.bid("Ana", "1", 1_000).await.map_err(|refusal| refusal.code()), Err("closed"), "and no bid slips in");
    house.clock.set(HOUR + 1_000);
    until(&mut seat, "closed").await;
}

#[tokio::test]
async fn a_request_id_keeps_its_verdict_across_a_restart() {
    let before = house().await;
    before.lot().await;
    let first = before.bid("Ana", "x", 1_000).await.unwrap();
    before.bid("Ben", "x", 2_000).await.unwrap();
    let after = house_over(before.log.clone(), before.clock.clone()).await;
    assert_eq!(after.bid("Ana", "x", 1_000).await, Ok(first));
    assert_eq!(after.bid("Ana", "x", 3_000).await.unwrap_err().code(), "id_reused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_has_no_gap_and_no_repeat_while_bids_pour_in() {
    let house = house().await;
    house.lot().await;
    let rooms = house.rooms.clone();
    let pouring = tokio::spawn(async move {
        for amount in 0.. {
            let who = if amount % 2 == 0 { "Ana" } else { "Ben" };
            rooms.command(&id("lot"), bid(who, "", 1_000 + amount * 100_000)).await.unwrap();
        }
    });
    let mut seen = 0;
    for _ in 0..200 {
        let (mut seat, look) = house.seat().await;
        let start = look["seq"].as_u64().unwrap();
        assert_eq!(look["recent"].as_array().unwrap().last().unwrap()["seq"].as_u64(), Some(start));
        let events = until(&mut seat, "bid").await;
        let seqs: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
        assert_eq!(seqs, (start + 1..).take(seqs.len()).collect::<Vec<_>>());
        seen += seqs.len();
    }
    pouring.abort();
    assert!(seen >= 200, "only {seen} events");
}

#[tokio::test]
async fn resume_is_all_or_nothing() {
    let house = house().await;
    house.lot().await;
    for amount in 1..=5 {
        house.bid(if amount % 2 == 0 { "Ana" } else { "Ben" }, "", amount * 10_000).await.unwrap();
    }
    let join = async |since| house.rooms.join(&id("lot"), Some(since), None).await.unwrap();
    let (mut seat, _, resumed) = join(4).await;
    let seqs: Vec<_> = take(&mut seat).0.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!((resumed, seqs), (true, vec![5, 6, 7]));
    let (mut seat, _, resumed) = join(7).await;
    assert_eq!((resumed, take(&mut seat).0.len()), (true, 0));
    let (mut seat, look, resumed) = join(8).await;
    assert_eq!((resumed, look.seq, take(&mut seat).0.len()), (false, 7, 0), "a seq from the future");
    let (_, _, resumed) = join(u64::MAX).await;
    assert!(!resumed);
}

#[tokio::test]
async fn who_falls_behind_the_ring_is_told_so() {
    let house = house().await;
    house.lot().await;
    let (mut slow, _) = house.seat().await;
    for count in 0..10_001 {
        let act = Act::Say(count.to_string().into());
        house.rooms.command(&id("lot"), Command { by: person("Ana"), request: None, act }).await.unwrap();
    }
    assert_eq!(take(&mut slow).1, Taken::Lagged);
}

#[tokio::test]
async fn a_full_mailbox_says_busy() {
    let log = Arc::new(MemoryLog::default());
    let settings = RoomSettings { mailbox: 4, ..RoomSettings::default() };
    let rooms = Rooms::open(log.clone(), Clock::manual(0), settings).await.unwrap();
    let house = House { log, clock: Clock::manual(0), rooms };
    house.lot().await;
    let (seat, _) = house.seat().await;
    house.log.stall(true);
    let mut waiting = Vec::new();
    let mut busy = 0;
    for number in 0..20 {
        match seat.arrive().ask(bid("Ana", &number.to_string(), 1_000)) {
            Ok(verdict) => waiting.push(verdict),
            Err(refusal) => {
                assert_eq!(refusal.code(), "busy");
                busy += 1;
            }
        }
    }
    assert_eq!((waiting.len(), busy), (4, 16));
    house.log.stall(false);
    for verdict in waiting {
        verdict.await.unwrap().ok();
    }
    assert!(house.bid("Ben", "1", 5_000).await.is_ok(), "and goes on when there is room again");
}

#[tokio::test]
async fn a_broken_chain_refuses_that_auction_and_no_other() {
    let house = house().await;
    house.lot().await;
    let other = json!({"id": "other", "title": "Another", "start": 1, "duration_ms": HOUR});
    house.rooms.create(TermsIn::from_json(other.to_string().as_bytes()).unwrap(), person("Sol")).await.unwrap();
    house.log.tamper("lot", 1, |body| body[20] ^= 1);
    assert_eq!(house.rooms.look(&id("lot")).await.unwrap_err(), Refusal::Unavailable);
    assert_eq!(house.bid("Ana", "1", 1_000).await, Err(Refusal::Unavailable));
    assert!(house.rooms.look(&id("other")).await.is_ok());
}

/// A lot with some 9,000 records: two parts of a snapshot, and a tail. Every second bid has a request id.
async fn long_sale(house: &House) -> u64 {
    house.lot().await;
    let _awake = house.seat().await;
    for number in 0..8_900 {
        let (who, request) =
            (if number % 2 == 0 { "Ana" } else { "Ben" }, if number % 2 == 0 { number.to_string() } else { String::new() });
        house.bid(who, &request, 1_000 + number * 20_000).await.unwrap();
    }
    house.look().await["seq"].as_u64().unwrap()
}

/// What a house that starts over the same log shows.
async fn again(house: &House) -> Result<Value, Refusal> {
    let rooms = house_over(house.log.clone(), house.clock.clone()).await.rooms;
    let mut look: Value = serde_json::from_str(rooms.look(&id("lot")).await?.auction.get()).unwrap();
    look.as_object_mut().unwrap().remove("watching");
    Ok(look)
}

#[tokio::test]
async fn a_room_wakes_from_its_snapshot_as_from_all_its_records() {
    let house = house().await;
    let last = long_sale(&house).await;
    let first = again(&house).await.unwrap();
    assert_eq!((first["seq"].as_u64(), first["recent"].as_array().unwrap().len()), (Some(last), 50));
    let after = house_over(house.log.clone(), house.clock.clone()).await;
    // A verdict from before the snapshot, and one from after it.
    for number in [2, 8_898] {
        let verdict = after.bid("Ana", &number.to_string(), 1_000 + number * 20_000).await.unwrap();
        assert_eq!(verdict.seq, Some(u64::try_from(number).unwrap() + 3));
    }
    assert_eq!(after.bid("Ana", "2", 1).await.unwrap_err().code(), "id_reused");
    // Older events than the room has read are there for whoever asks.
    for since in [last - 10, 5, last] {
        let (mut seat, _, resumed) = after.rooms.join(&id("lot"), Some(since), None).await.unwrap();
        assert!(resumed, "{since}");
        let mut seqs = Vec::new();
        while seqs.last() != Some(&last) && seqs.len() < usize::try_from(last - since).unwrap() {
            seqs.extend(take(&mut seat).0.iter().map(|event| event["seq"].as_u64().unwrap()));
        }
        assert_eq!(seqs, (since + 1..=last).collect::<Vec<_>>());
    }
    // One that lies is not believed: all records are read.
    house.log.tamper_snapshot("lot", |_, body| *body.last_mut().unwrap() ^= 1);
    assert_eq!(again(&house).await.unwrap(), first);
    house.log.tamper_snapshot("lot", |_, body| *body.last_mut().unwrap() ^= 1);
    house.log.tamper_snapshot("lot", |position, _| *position += 1);
    assert_eq!(again(&house).await.unwrap(), first);
    house.log.tamper_snapshot("lot", |position, _| *position -= 1);
    // And it was used all the time: a record before it that is damaged is not even read …
    house.log.tamper("lot", 5, |body| body[20] ^= 1);
    assert_eq!(again(&house).await.unwrap(), first);
    // … until somebody wants to have what it says, or the snapshot cannot be used.
    let after = house_over(house.log.clone(), house.clock.clone()).await;
    assert!(!after.rooms.join(&id("lot"), Some(3), None).await.unwrap().2);
    assert!(after.rooms.join(&id("lot"), Some(last - 10), None).await.unwrap().2);
    house.log.tamper_snapshot("lot", |_, body| *body.last_mut().unwrap() ^= 1);
    assert_eq!(again(&house).await, Err(Refusal::Unavailable));
}

#[tokio::test]
async fn a_snapshot_hides_no_damage_behind_it() {
    let house = house().await;
    let last = long_sale(&house).await;
    house.log.tamper("lot", last, |body| body[20] ^= 1);
    assert_eq!(again(&house).await, Err(Refusal::Unavailable));
}

#[tokio::test]
async fn a_snapshot_that_could_not_be_stored_is_taken_again() {
    let house = house().await;
    house.lot().await;
    let _awake = house.seat().await;
    for number in 0..4_200 {
        let who = if number % 2 == 0 { "Ana" } else { "Ben" };
        let price = 1_000 + number * 20_000;
        if number > 4_085 && number % 3 == 0 {
            house.log.inject(Fault::Fail);
            assert_eq!(house.bid(who, &number.to_string(), price).await, Err(Refusal::Unavailable));
        }
        house.bid(who, &number.to_string(), price).await.unwrap();
    }
    let first = again(&house).await.unwrap();
    house.log.tamper("lot", 5, |body| body[20] ^= 1);
    assert_eq!(again(&house).await.unwrap(), first, "there is one, and it is right");
    let after = house_over(house.log.clone(), house.clock.clone()).await;
    assert_eq!(after.bid("Ben", "4089", 1_000 + 4_089 * 20_000).await.unwrap().seq, Some(4_092));
}

/// A record without its salt, which is its last member and no two times the same.
fn unsalted(record: &[u8]) -> String {
    let record = std::str::from_utf8(record).unwrap();
    let (rest, salt) = record.rsplit_once(",\"salt\":\"").unwrap();
    let salt = salt.strip_suffix("\"}").unwrap();
    assert!(salt.len() == 32 && salt.bytes().all(|digit| digit.is_ascii_hexdigit()), "{record}");
    format!("{rest}}}")
}

/// Records are read for ever: to change one of these lines is to lose every auction there is.
#[tokio::test]
async fn what_is_stored_keeps_its_form() {
    let house = house().await;
    let terms = json!({
        "id": "lot", "title": "A \"lot\", \u{e9}t\u{e9} \\", "description": "two\nlines", "image": "/x.png", "currency": "JPY", "start": 1000,
        "reserve": 2000, "increments": {"percent": 5, "at_least": 10}, "duration_ms": HOUR,
        "soft_close": {"window_ms": 120_000, "extend_ms": 60_000, "mode": "add", "latest": 2 * HOUR}
    });
    house
        .rooms
        .create(TermsIn::from_json(terms.to_string().as_bytes()).unwrap(), Person::new("sol", "S\u{f3}l \"the\" seller"))
        .await
        .unwrap();
    let ask = async |who: &str, request: Option<&str>, act: Act| {
        let command = Command { by: person(who), request: request.and_then(RequestId::parse), act };
        house.rooms.command(&id("lot"), command).await.unwrap()
    };
    let money = |minor| Money::new(minor).unwrap();
    ask("Ana", Some("r\t1"), Act::Bid(Offer::Exact(money(1_000)))).await;
    ask("Ben", None, Act::Bid(Offer::UpTo(money(5_000)))).await;
    ask("Ben", Some("\u{1f528}"), Act::Bid(Offer::UpTo(money(6_000)))).await;
    ask("Ana", None, Act::Say("a \u{7} \"bell\"".into())).await;
    house.clock.set(HOUR - 1);
    ask("Cleo", None, Act::Bid(Offer::Exact(money(7_000)))).await;
    let out = Act::Void { bid: 3, reason: "a slip".into(), preview: false };
    let sol = Command { by: Person::new("sol", "S\u{f3}l \"the\" seller"), request: RequestId::parse("out"), act: out };
    house.rooms.command(&id("lot"), sol).await.unwrap();
    house.clock.set(HOUR + 60_000);
    while house.log.entries(closed()).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let others = [json!([{"from": 0, "step": 1}, {"from": 500, "step": 7}]), json!("ebay")];
    for (number, increments) in others.into_iter().enumerate() {
        let terms = json!({"id": format!("other-{number}"), "title": "Another", "start": 1, "increments": increments, "duration_ms": 1, "soft_close": false});
        house.rooms.create(TermsIn::from_json(terms.to_string().as_bytes()).unwrap(), person("Sol")).await.unwrap();
    }
    for terms in [
        json!({"id": "sealed", "title": "Another", "start": 1, "reserve": 2, "duration_ms": HOUR, "format": "sealed", "aliases": true}),
        json!({"id": "dutch", "title": "Another", "start": 9, "duration_ms": HOUR, "format": "dutch", "dutch": {"floor": 1, "step": 2, "every_ms": 10}}),
        json!({"id": "english", "title": "Another", "start": 10, "duration_ms": HOUR, "buy_now": 13, "soft_close": false}),
    ] {
        house.rooms.create(TermsIn::from_json(terms.to_string().as_bytes()).unwrap(), person("Sol")).await.unwrap();
    }
    let of = async |auction: &str, who: &str, act: Act| {
        house.rooms.command(&id(auction), Command { by: person(who), request: None, act }).await.unwrap()
    };
    of("sealed", "Ana", Act::Bid(Offer::Exact(money(5)))).await;
    of("sealed", "Ben", Act::Bid(Offer::Exact(money(7)))).await;
    of("sealed", "Ben", Act::Bid(Offer::Exact(money(6)))).await;
    of("sealed", "Sol", Act::Void { bid: 5, reason: "too low".into(), preview: false }).await;
    of("sealed", "Sol", Act::Hammer).await;
    of("dutch", "Ana", Act::Bid(Offer::AsAsked)).await;
    of("english", "Ana", Act::Bid(Offer::Exact(money(13)))).await;
    let mut stored = Vec::new();
    for auction in ["lot", "other-0", "other-1", "sealed", "dutch", "english"] {
        let records = house.log.read(auction, Mark::start(auction), 100).await.unwrap();
        stored.extend(records.into_iter().map(|record| unsalted(&record.body)));
    }
    for entry in house.log.entries(Query { limit: 1, ..Query::default() }).await.unwrap() {
        stored.push(String::from_utf8(entry.summary).unwrap());
    }
    let expected: Vec<_> = include_str!("support/stored.txt").lines().collect();
    assert_eq!(stored, expected);
    // And what they say is understood, and what was said before some of it could be said.
    let (records, _summary) = include_str!("support/stored-before.txt").trim_end().rsplit_once('\n').unwrap();
    for before in records.lines() {
        subasta::room::record::decode(before.as_bytes(), &mut subasta::room::record::People::default()).unwrap();
    }
    let again = house_over(house.log.clone(), house.clock.clone()).await;
    let look = again.look().await;
    assert_eq!((&look["seller"]["name"], &look["recent"][4]["text"]), (&json!("S\u{f3}l \"the\" seller"), &json!("a \u{7} \"bell\"")));
    assert_eq!((&look["title"], &look["winner"], &look["price"]), (&json!("A \"lot\", \u{e9}t\u{e9} \\"), &Value::Null, &json!(7_000)));
    let repeated = Command { by: person("Ben"), request: RequestId::parse("\u{1f528}"), act: Act::Bid(Offer::UpTo(money(6_000))) };
    let first = again.rooms.command(&id("lot"), repeated).await.unwrap().standing;
    assert!(matches!(first, Some(Standing::Ranked { price, .. }) if price == money(2_000)), "{first:?}");
}

#[tokio::test]
async fn the_log_is_the_auction_and_nothing_else_is() {
    let house = house().await;
    house.lot().await;
    house.bid("Ana", "1", 1_000).await.unwrap();
    house.rooms.command(&id("lot"), Command { by: person("Ben"), request: None, act: Act::Say("¿Quién da más?".into()) }).await.unwrap();
    let records = house.log.read("lot", Mark::start("lot"), 100).await.unwrap();
    let kinds: Vec<_> =
        records.iter().map(|record| serde_json::from_slice::<Value>(&record.body).unwrap()["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["created", "opened", "bid", "said"]);
    let again = house_over(house.log.clone(), house.clock.clone()).await;
    let (mut one, mut two) = (house.look().await, again.look().await);
    for look in [&mut one, &mut two] {
        look.as_object_mut().unwrap().remove("watching");
    }
    assert_eq!(one, two, "the fold of the log is the state");
}
