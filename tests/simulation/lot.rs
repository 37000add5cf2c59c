//! One auction as the naive rules have it, after so many records of its log: each record must be what they would have come to.

use std::sync::Arc;

use subasta::auction::{
    Act, BidPlaced, Command, Event, ExtendReason, Fact, Figures, Millis, Money, Offer, Outcome, Person, Reserve, Status, Voided,
};

use crate::naive::{Ask, Bid, English, SOL, Standing, person};

/// `rules.md` §2: an outage counts from so long before an end, and so much is left once it is over.
const OUTAGE_WINDOW: Millis = 60_000;
const OUTAGE_GRACE: Millis = 120_000;

#[derive(Clone, Debug)]
pub struct Lot {
    pub terms: Arc<English>,
    pub starts_at: Millis,
    /// Of the last public event.
    pub seq: u64,
    /// Of the last event.
    pub at: Millis,
    pub opened: bool,
    pub paused: Option<Millis>,
    pub end: Millis,
    /// Since when no bid counts any more, once that is for good.
    pub over: Option<Millis>,
    pub standing: Option<Standing>,
    /// Who has bought at once, and for what.
    bought: Option<(usize, i64)>,
    /// Every bid that was accepted, whatever became of it.
    all: Vec<Bid>,
    /// Those that count.
    bids: Vec<Bid>,
    out: Vec<u64>,
    /// Where the last record is an opening by the clock: when the one before was.
    opening: Option<Millis>,
    /// What must come next, in the same batch.
    next: Option<Next>,
    /// The server was away from and until then, as far as it can know.
    pub down: Option<(Millis, Millis)>,
    /// It must be granted time before anything else happens.
    pub owed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    /// The end, moved by a late bid.
    Extended(Millis),
    /// A purchase is the end.
    Sold,
}

fn who(person: &Person) -> usize {
    if person.id.as_ref() == "Sol" { SOL } else { person.id.strip_prefix('B').and_then(|digits| digits.parse().ok()).expect("one of ours") }
}

fn ask(offer: Offer) -> Ask {
    match offer {
        Offer::Exact(amount) => Ask::Exact(amount.minor()),
        Offer::UpTo(max) => Ask::UpTo(max.minor()),
        Offer::AsAsked => Ask::AsAsked,
    }
}

impl Lot {
    /// Before its first record.
    pub fn offered(terms: Arc<English>, starts_at: Millis, end: Millis) -> Lot {
        let (all, bids, out) = (Vec::new(), Vec::new(), Vec::new());
        let (opened, paused, over, standing, bought, opening, next, down, owed) = (false, None, None, None, None, None, None, None, false);
        Lot { terms, starts_at, seq: 0, at: 0, opened, paused, end, over, standing, bought, all, bids, out, opening, next, down, owed }
    }

    pub fn status(&self) -> Status {
        match (self.over, self.paused, self.opened) {
            (Some(_), ..) => Status::Closed,
            (_, Some(_), _) => Status::Paused,
            (.., true) => Status::Open,
            (.., false) => Status::Scheduled,
        }
    }

    pub fn minimum(&self) -> i64 {
        self.bought.map_or_else(|| self.terms.minimum(self.standing), |(_, price)| price + self.terms.steps.at(price))
    }

    /// The price, and who leads.
    pub fn stands(&self) -> Option<(i64, usize)> {
        self.bought.map(|(who, price)| (price, who)).or(self.standing.map(|standing| (standing.price, standing.leader)))
    }

    /// How many bids count for all to see.
    pub fn count(&self) -> u64 {
        self.bids.iter().filter(|bid| bid.seq.is_some()).count() as u64 + u64::from(self.bought.is_some())
    }

    /// The seqs of bids that everyone has seen.
    pub fn seen(&self) -> impl Iterator<Item = u64> {
        self.all.iter().filter_map(|bid| bid.seq)
    }

    /// Whether a batch is whole that ends here.
    pub fn is_whole(&self) -> bool {
        self.next.is_none()
    }

    /// A server is there again: what it knows of when it was not, and when it was not.
    pub fn came_back(&mut self, known: Option<(Millis, Millis)>, really: Option<(Millis, Millis)>) {
        self.down = known;
        let (Some((from, until)), Some(_)) = (really, known) else {
            self.owed = false;
            return;
        };
        self.owed = (self.owed || self.befell(from, until)) && self.may_be_granted(until);
    }

    fn befell(&self, from: Millis, until: Millis) -> bool {
        from < self.end && until > self.end - OUTAGE_WINDOW
    }

    fn may_be_granted(&self, until: Millis) -> bool {
        let runs = self.paused.is_none() && self.over.is_none() && (self.opened || self.starts_at <= until);
        runs && self.at < until && until + OUTAGE_GRACE > self.end
    }

    /// The next record of its log. It comes from `intruded` another server, or from ours.
    pub fn apply(&mut self, event: &Event, intruded: bool) {
        let public = !matches!(event.fact, Fact::Raised(_));
        assert_eq!(event.seq, public.then_some(self.seq + 1), "seq without gap and repeat: {event:?}");
        assert!(event.at >= self.at, "times in order: {event:?} after {}", self.at);
        assert!(self.over.is_none(), "it is over: {event:?}");
        let granted = matches!(event.fact, Fact::Extended { reason: ExtendReason::Outage, .. });
        // Another server has missed nothing.
        self.owed &= !intruded;
        assert!(!self.owed || granted || matches!(event.fact, Fact::Opened { by: None, .. }), "the outage is not made up for: {event:?}");
        let before = self.at;
        (self.seq, self.at) = (event.seq.unwrap_or(self.seq), event.at);
        match (self.next.take(), &event.fact) {
            (Some(Next::Extended(end)), Fact::Extended { ends_at, reason: ExtendReason::SoftClose }) if end == *ends_at => self.end = end,
            (Some(Next::Sold), fact @ Fact::Closed { by: None, .. }) => {
                self.check_close(fact);
                self.over = Some(event.at);
                self.end = self.end.min(event.at);
            }
            (Some(next), fact) => panic!("{next:?} must come next, not {fact:?}"),
            (None, fact) => self.happens(fact, event, before),
        }
    }

    fn happens(&mut self, fact: &Fact, event: &Event, before: Millis) {
        let (runs, opening) = (self.opened && self.paused.is_none(), self.opening.take());
        match fact {
            Fact::Created { .. } => assert_eq!(self.seq, 1, "created once"),
            Fact::Opened { by, ends_at } => {
                assert!(!self.opened && *ends_at == self.end && (by.is_some() || event.at >= self.starts_at), "{event:?}");
                (self.opened, self.opening) = (true, by.is_none().then_some(before));
            }
            Fact::Bid(bid) | Fact::Raised(bid) => self.bid(event, bid),
            Fact::Paused { ends_at, .. } => {
                assert!(runs && event.at < self.end && *ends_at == self.end, "{event:?}");
                self.paused = Some(event.at);
            }
            Fact::Resumed { ends_at, .. } => {
                self.end += event.at - self.paused.take().expect("paused");
                assert_eq!(*ends_at, self.end, "the time paused");
            }
            Fact::Extended { ends_at, reason: ExtendReason::Auctioneer { by_ms, .. } } => {
                self.end += by_ms;
                assert_eq!(*ends_at, self.end);
            }
            Fact::Extended { ends_at, reason: ExtendReason::Outage } => {
                let (from, until) = self.down.expect("the server was not away");
                // The opening that fell into it comes in the same breath.
                let since = opening.unwrap_or(before);
                let may = runs && since < until && self.befell(from, until) && event.at == until;
                assert!(may && *ends_at == until + OUTAGE_GRACE && *ends_at > self.end, "{event:?} in {self:?}");
                (self.end, self.owed) = (*ends_at, false);
            }
            Fact::Said { .. } => assert!(self.paused.is_some() || event.at < self.end, "said after the end: {event:?}"),
            Fact::Closed { by, .. } => {
                assert!(runs && if by.is_some() { event.at < self.end } else { event.at >= self.end }, "{event:?}: not at {}", self.end);
                self.check_close(fact);
                self.over = Some(if by.is_some() { event.at } else { self.end });
                self.end = self.end.min(event.at);
            }
            Fact::Voided(voided) => self.void(voided),
            other => panic!("nobody has asked for {other:?}"),
        }
    }

    fn bid(&mut self, event: &Event, bid: &BidPlaced) {
        assert!(self.opened && self.paused.is_none() && event.at < self.end, "no bid counts now: {event:?} in {self:?}");
        let (bidder, ask, before) = (who(&bid.bidder), ask(bid.offer), self.standing);
        assert_ne!(bidder, SOL, "the seller has bid");
        assert_eq!(bid.ends_at, self.end);
        let leads = |leader: usize, price: i64| assert_eq!((who(&bid.leader), bid.price.minor()), (leader, price), "{event:?} in {self:?}");
        if let Some(price) = self.purchase(ask) {
            leads(bidder, price);
            (self.bought, self.next) = (Some((bidder, price)), Some(Next::Sold));
            return;
        }
        let (max, floor) = self.terms.judge(&self.bids, bidder, ask).unwrap_or_else(|code| panic!("{code}: {event:?} in {self:?}"));
        // One that was taken out before is raised by nobody.
        let raised = self.bids.iter().rev().find(|bid| bid.who == bidder).map(|bid| bid.with);
        let with = event.seq.or(raised).expect("a silent raise raises a bid");
        self.bids.push(Bid { who: bidder, max, floor, at: event.at, seq: event.seq, with });
        let after = self.terms.next(before, &self.bids);
        assert_eq!((who(&bid.leader), bid.price.minor()), (after.leader, after.price), "{event:?} after {before:?}");
        assert_eq!(bid.minimum.minor(), self.terms.minimum(Some(after)), "the minimum");
        assert_eq!(bid.reserve, self.terms.reserve_state(Some(after)), "the reserve");
        let challenged = before.is_none_or(|before| before.leader != bidder);
        let public = challenged || before.map(|before| before.price) != Some(after.price);
        assert_eq!(matches!(event.fact, Fact::Bid(_)), public, "a raise that moves no price is nobody else's business");
        let end = if challenged { self.terms.extended(self.end, event.at) } else { self.end };
        self.next = (end != self.end).then_some(Next::Extended(end));
        self.standing = Some(after);
        self.all.extend(self.bids.last().cloned());
    }

    /// What it is bought for at once, if that is what is asked.
    fn purchase(&self, ask: Ask) -> Option<i64> {
        let price = self.terms.at_once(self.standing)?;
        (matches!(ask, Ask::Exact(amount) if amount >= price) || ask == Ask::AsAsked).then_some(price)
    }

    fn void(&mut self, voided: &Voided) {
        assert!(self.opened && self.stands_seq(voided.bid), "{voided:?} does not stand");
        self.out.push(voided.bid);
        self.bids = self.terms.without(&self.all, &self.out);
        self.standing = self.terms.standing(&self.bids);
        let Figures { price, leader, minimum, reserve, .. } = &voided.figures;
        let standing = self.standing.map(|standing| (standing.price, person(standing.leader)));
        assert_eq!(price.map(Money::minor).zip(leader.clone()), standing, "as if it had never been made");
        assert_eq!((minimum.minor(), *reserve, voided.bids), (self.minimum(), self.terms.reserve_state(self.standing), self.count()));
    }

    fn stands_seq(&self, seq: u64) -> bool {
        self.bids.iter().any(|bid| bid.seq == Some(seq))
    }

    fn check_close(&self, fact: &Fact) {
        let Fact::Closed { outcome, winner, price, bids: None, .. } = fact else { panic!("no close: {fact:?}") };
        let unmet = self.terms.reserve_state(self.standing) == Reserve::Unmet;
        let expected = match (self.bought, self.standing) {
            (Some((who, price)), _) => (Outcome::Sold, Some(person(who)), Some(price)),
            (_, None) => (Outcome::Unsold, None, None),
            (_, Some(standing)) if unmet => (Outcome::ReserveNotMet, None, Some(standing.price)),
            (_, Some(standing)) => (Outcome::Sold, Some(person(standing.leader)), Some(standing.price)),
        };
        assert_eq!((*outcome, winner.clone(), price.map(Money::minor)), expected);
    }

    /// What a command stamped `at` comes to: accepted, or refused with this code. Whether its id was used is not asked.
    pub fn expect(&self, command: &Command, at: Millis) -> Result<(), &'static str> {
        let (at, bidder) = (at.max(self.at), who(&command.by));
        let opened = self.opened || at >= self.starts_at;
        if self.over.is_some() || self.paused.is_none() && at >= self.end {
            return Err("closed");
        }
        match &command.act {
            Act::Say(_) => Ok(()),
            _ if !opened => Err("not_open"),
            Act::Extend(_) => Ok(()),
            Act::Resume => self.paused.map(drop).ok_or("not_now"),
            Act::Void { bid, .. } => {
                if self.stands_seq(*bid) {
                    Ok(())
                } else {
                    Err("no_such_bid")
                }
            }
            _ if self.paused.is_some() => Err("paused"),
            Act::Bid(_) if bidder == SOL => Err("own_auction"),
            Act::Bid(offer) if self.purchase(ask(*offer)).is_some() => Ok(()),
            Act::Bid(offer) => self.terms.judge(&self.bids, bidder, ask(*offer)).map(drop),
            _ => Ok(()),
        }
    }
}
