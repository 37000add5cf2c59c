//! An auction under test, and the time in it: given / when / then.

#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::missing_panics_doc)]

use subasta::auction::{
    Accepted, Act, Auction, AuctionId, Band, Command, Currency, Decision, Event, Fact, Format, Increments, Millis, Money, Offer, Outcome,
    Person, Preview, Refusal, Replay, RequestId, Status, Terms, create, decide, due,
};

pub const HOUR: Millis = 3_600_000;
pub const MINUTE: Millis = 60_000;

pub fn money(minor: i64) -> Money {
    Money::new(minor).unwrap()
}

pub fn person(name: &str) -> Person {
    Person::new(name, name)
}

/// One step, whatever the price.
pub fn step(step: i64) -> Increments {
    Increments::Table(vec![Band { from: Money::ZERO, step: money(step) }])
}

/// An hour from 0, from 10.00 in steps of the `ebay` table, without soft close.
pub fn terms() -> Terms {
    Terms {
        id: AuctionId::parse("lot").unwrap(),
        title: "A lot".to_owned(),
        description: String::new(),
        image: None,
        currency: Currency::new("EUR", 2).unwrap(),
        format: Format::English,
        start: money(10_00),
        reserve: None,
        buy_now: None,
        increments: Increments::Ebay,
        automatic_bids: true,
        starts_at: 0,
        ends_at: HOUR,
        soft_close: None,
        aliases: false,
    }
}

/// What may be asked for: an act, an offer, or an exact amount.
pub trait Asked {
    fn act(self) -> Act;
}

impl Asked for Act {
    fn act(self) -> Act {
        self
    }
}

impl Asked for Offer {
    fn act(self) -> Act {
        Act::Bid(self)
    }
}

impl Asked for i64 {
    fn act(self) -> Act {
        Act::Bid(Offer::Exact(money(self)))
    }
}

pub fn up_to(max: i64) -> Offer {
    Offer::UpTo(money(max))
}

pub struct Scene {
    pub auction: Auction,
    pub now: Millis,
    /// Of the last that happened.
    pub facts: Vec<Fact>,
    /// All that has happened.
    pub events: Vec<Event>,
    pub preview: Option<Box<Preview>>,
}

/// Sol offers these terms at 0.
pub fn given(terms: Terms) -> Scene {
    let events = create(terms, person("Sol"), None, 0).expect("these terms can stand");
    let mut auction = Auction::found(&events[0]).unwrap();
    events[1..].iter().for_each(|event| auction.evolve(event));
    Scene { auction, now: 0, facts: Vec::new(), events, preview: None }
}

impl Scene {
    /// An auction whose past is not known here.
    pub fn of(auction: Auction, now: Millis) -> Scene {
        Scene { auction, now, facts: Vec::new(), events: Vec::new(), preview: None }
    }

    pub fn at(mut self, now: Millis) -> Scene {
        self.now = now;
        self
    }

    pub fn ask(&mut self, who: &str, id: Option<&str>, asked: impl Asked) -> Result<Accepted, Refusal> {
        let command = Command { by: person(who), request: id.and_then(RequestId::parse), act: asked.act() };
        let mut decision = decide(&self.auction, &command, self.now)?;
        if let Decision::Replay(replay) = decision {
            decision = self.replayed(*replay)?;
        }
        match decision {
            Decision::Before(verdict) | Decision::Live(verdict) => Ok(verdict),
            Decision::Preview(verdict, preview) => {
                self.preview = Some(preview);
                Ok(verdict)
            }
            Decision::Happens(events) => Ok(self.happens(events)),
            Decision::Replay(_) => panic!("a replay that needs another"),
        }
    }

    fn replayed(&self, mut replay: Replay) -> Result<Decision, Refusal> {
        self.events.iter().for_each(|event| replay.fold(event));
        replay.conclude(&self.auction)
    }

    fn happens(&mut self, events: Vec<Event>) -> Accepted {
        let verdict = self.auction.verdict(&events[0]);
        events.iter().for_each(|event| self.auction.evolve(event));
        self.facts = events.iter().map(|event| event.fact.clone()).collect();
        self.events.extend(events);
        verdict
    }

    /// Must be accepted.
    #[track_caller]
    pub fn when(mut self, who: &str, asked: impl Asked) -> Scene {
        self.ask(who, None, asked).expect("accepted");
        self
    }

    /// Bids automatically; must be accepted.
    #[track_caller]
    pub fn when_max(self, who: &str, max: i64) -> Scene {
        self.when(who, up_to(max))
    }

    /// The auctioneer does it.
    #[track_caller]
    pub fn sol(self, asked: impl Asked) -> Scene {
        self.when("Sol", asked)
    }

    #[track_caller]
    pub fn refused(mut self, who: &str, asked: impl Asked, code: &str) -> Scene {
        let before = self.auction.clone();
        let refusal = self.ask(who, None, asked).expect_err("refused");
        assert_eq!(refusal.code(), code, "{refusal:?}");
        assert!(refusal.message().ends_with('.'), "a sentence: {}", refusal.message());
        assert!(self.auction == before, "nothing happened");
        self
    }

    #[track_caller]
    pub fn then(self, leader: &str, price: i64) -> Scene {
        assert_eq!(self.auction.leader().map(|who| who.name.to_string()).as_deref(), Some(leader));
        assert_eq!(self.auction.price().map(Money::minor), Some(price));
        self
    }

    #[track_caller]
    pub fn then_minimum(self, minimum: i64) -> Scene {
        assert_eq!(self.auction.minimum().minor(), minimum);
        self
    }

    #[track_caller]
    pub fn then_ends(self, ends_at: Millis) -> Scene {
        assert_eq!(self.auction.ends_at(), ends_at);
        self
    }

    #[track_caller]
    pub fn then_is(self, status: Status, ends_at: Millis) -> Scene {
        assert_eq!((self.auction.status(), self.auction.ends_at()), (status, ends_at));
        self
    }

    /// The clock's own acts at `now`.
    pub fn clock(mut self, now: Millis) -> Scene {
        self.now = now;
        while let Some(event) = due(&self.auction, now) {
            self.happens(vec![event]);
        }
        self
    }

    /// Has closed by the last that happened.
    #[track_caller]
    pub fn then_closed(&self, outcome: Outcome, winner: Option<&str>, price: Option<i64>) {
        let Some(Fact::Closed { outcome: how, winner: who, price: paid, .. }) = self.facts.last() else {
            panic!("not closed: {:?}", self.facts)
        };
        let who = who.as_ref().map(|who| who.name.to_string());
        assert_eq!((*how, who.as_deref(), paid.map(Money::minor)), (outcome, winner, price));
        assert_eq!(self.auction.status(), Status::Closed);
        assert_eq!(self.auction.outcome(), Some(outcome));
    }
}
