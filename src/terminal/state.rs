//! What one knows of an auction: what the first word said, and what has happened since. A fold; it does nothing.

use std::collections::VecDeque;

use super::message::{Accepted, Auction, Event, Fact, Live, Message, Refused, Somebody, Welcome, show};
use super::server_time::ServerTime;
use super::words;
use crate::auction::{Currency, Millis};

/// Events, and chat lines, that are kept to be shown.
const KEPT: usize = 200;

/// All that is shown.
#[derive(Clone, Debug)]
pub struct State {
    /// The figures as they stand.
    pub auction: Auction,
    /// What they are in.
    pub currency: Currency,
    /// Who the server takes us for.
    pub you: Somebody,
    /// What happened, oldest first, without the chat.
    pub events: VecDeque<Event>,
    /// Who said what, oldest first.
    pub chat: VecDeque<Event>,
    /// Whether it is up, and why not.
    pub connection: Connection,
    /// The last answer to us.
    pub notice: Option<Notice>,
    /// The server's clock.
    pub time: ServerTime,
    /// Whether who watches is to be said.
    asked_who: bool,
}

/// Whether the link is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It is.
    Up,
    /// It is not, and this is why.
    Down(String),
    /// It will not be again.
    Over,
}

/// A sentence for whoever sits there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is a good one.
    pub good: bool,
    /// What.
    pub text: String,
}

impl Notice {
    /// A good one.
    pub fn good(text: impl Into<String>) -> Notice {
        Notice { good: true, text: text.into() }
    }

    /// One that asks for attention.
    pub fn bad(text: impl Into<String>) -> Notice {
        Notice { good: false, text: text.into() }
    }
}

impl State {
    /// From the first word. `None`: its currency is none.
    pub fn new(welcome: &Welcome, now: Millis) -> Option<State> {
        let auction = welcome.auction.clone();
        let mut state = State {
            currency: auction.currency()?,
            you: welcome.you.clone(),
            events: VecDeque::new(),
            chat: VecDeque::new(),
            connection: Connection::Up,
            notice: None,
            time: ServerTime::default(),
            asked_who: false,
            auction,
        };
        state.time.told(welcome.now, now);
        state.recall();
        Some(state)
    }

    /// A later first word. Where it goes on from where we were, the events to come bring the rest.
    pub fn back(&mut self, welcome: &Welcome, now: Millis) {
        self.connection = Connection::Up;
        self.you = welcome.you.clone();
        self.time.told(welcome.now, now);
        if !welcome.resumed {
            self.start_again(&welcome.auction);
        }
    }

    /// A message, heard at `now`.
    pub fn hear(&mut self, message: &Message, now: Millis) {
        match message {
            Message::Event(event) => self.happened(event),
            Message::Resync(resync) => self.start_again(&resync.auction),
            Message::Presence(presence) => {
                self.auction.watching = presence.watching;
                if std::mem::take(&mut self.asked_who) {
                    self.notice = Some(Notice::good(words::watching(presence)));
                }
            }
            Message::Announcing(live) => self.auction.live = Some(live.clone()),
            Message::Tick(tick) => {
                self.time.told(tick.now, now);
                self.auction.price = tick.price.or(self.auction.price);
            }
            Message::Pong(pong) => self.time.answered(pong.t, pong.now, now),
            Message::Accepted(verdict) => self.notice = accepted(verdict, self.currency),
            Message::Refused(verdict) => self.notice = Some(refused(verdict, self.currency)),
            Message::Outbid(outbid) => {
                let (price, minimum) = (show(self.currency, outbid.price), show(self.currency, outbid.minimum));
                self.notice = Some(Notice::bad(format!("You have been outbid at {price}; {minimum} counts next.")));
            }
            Message::Help(help) => {
                let lines: Vec<_> = help.lines.iter().map(|line| line.as_str().split_whitespace().collect::<Vec<_>>().join(" ")).collect();
                self.notice = Some(Notice::good(lines.join(" · ")));
            }
            Message::Welcome(_) | Message::Goodbye(_) | Message::Other => {}
        }
    }

    /// A line of ours is on its way: the answer will take its place.
    pub fn sent(&mut self, line: &str) {
        self.asked_who = line == "/who";
        self.notice = Some(Notice::good(format!("Sent: {line}")));
    }

    /// Whether we are somebody to the server.
    pub fn is_signed_in(&self) -> bool {
        self.you.id.is_some()
    }

    /// Whether we lead.
    pub fn leads(&self) -> bool {
        self.is_signed_in() && self.auction.leader.as_ref().is_some_and(|leader| leader.id == self.you.id)
    }

    /// How long until the end, by the server's clock; none while that stands still.
    pub fn left_ms(&self, now: Millis) -> Option<Millis> {
        let until = |at: Millis| Some((at - self.time.at(now)).max(0));
        match self.auction.status.as_str() {
            "open" => until(self.auction.ends_at),
            "scheduled" => until(self.auction.starts_at),
            _ => None,
        }
    }

    fn start_again(&mut self, auction: &Auction) {
        self.currency = auction.currency().unwrap_or(self.currency);
        self.auction = auction.clone();
        self.recall();
    }

    /// Takes the lists from the last events that came with the auction: its figures are newer than theirs.
    fn recall(&mut self) {
        self.events.clear();
        self.chat.clear();
        let recent: Vec<_> = self.auction.recent().collect();
        recent.iter().for_each(|event| self.remember(event));
    }

    fn remember(&mut self, event: &Event) {
        let list = if matches!(event.fact, Fact::Said { .. }) { &mut self.chat } else { &mut self.events };
        if list.len() == KEPT {
            list.pop_front();
        }
        list.push_back(event.clone());
    }

    fn happened(&mut self, event: &Event) {
        self.remember(event);
        let auction = &mut self.auction;
        auction.seq = event.seq;
        let word = |word: &str| word.to_owned().into();
        match &event.fact {
            Fact::Opened { ends_at } | Fact::Resumed { ends_at, .. } => {
                auction.status = word("open");
                auction.ends_at = *ends_at;
            }
            Fact::Paused { .. } => auction.status = word("paused"),
            Fact::Bid(bid) => {
                auction.bids += 1;
                auction.price = Some(bid.price);
                auction.leader = Some(bid.leader.clone());
                auction.minimum = Some(bid.minimum);
                auction.ends_at = bid.ends_at;
                auction.reserve = bid.reserve.clone();
            }
            Fact::Sealed { count } => auction.bids = *count,
            Fact::Created { ends_at, .. } | Fact::Extended { ends_at, .. } => auction.ends_at = *ends_at,
            Fact::Voided { price, leader, minimum, bids, reserve, .. } => {
                auction.bids = bids.unwrap_or(auction.bids);
                auction.reserve = reserve.clone().unwrap_or_else(|| auction.reserve.clone());
                auction.price = *price;
                auction.leader.clone_from(leader);
                auction.minimum = minimum.or(auction.minimum);
            }
            Fact::Closed { outcome, winner, price, .. } => {
                auction.status = word("closed");
                auction.outcome = Some(outcome.clone());
                auction.leader = winner.clone().or_else(|| auction.leader.clone());
                auction.price = price.or(auction.price);
            }
            Fact::Cancelled { .. } => auction.status = word("cancelled"),
            Fact::Warned { .. } | Fact::Said { .. } | Fact::Unknown(_) => {}
        }
    }
}

/// The live text that there is.
pub fn announced(auction: &Auction) -> Option<&str> {
    auction.live.as_ref().map(Live::text).filter(|text| !text.is_empty())
}

fn accepted(verdict: &Accepted, currency: Currency) -> Option<Notice> {
    let price = verdict.price.map_or_else(String::new, |price| format!(" at {}", show(currency, price)));
    match verdict.standing.as_ref()?.as_str() {
        "leading" => Some(Notice::good(format!("Accepted: you lead{price}."))),
        "outbid" => {
            let why = verdict.why.as_ref().map_or_else(String::new, |why| format!(" {why}"));
            Some(Notice::bad(format!("Accepted, and outbid at once{price}.{why}")))
        }
        _ => Some(Notice::good("Accepted: your bid is placed.")),
    }
}

fn refused(verdict: &Refused, currency: Currency) -> Notice {
    Notice::bad(format!("Refused: {}", words::refusal(verdict, currency)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn auction(more: &Value) -> Value {
        let mut auction = json!({"id": "globe", "title": "A globe", "currency": "EUR", "decimals": 2, "status": "open",
            "starts_at": 0, "ends_at": 600_000, "price": null, "leader": null, "minimum": 10_000, "bids": 0, "reserve": "none",
            "outcome": null, "seq": 2, "watching": 1, "names": null, "live": null, "recent": []});
        auction.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        auction
    }

    fn state(more: &Value) -> State {
        let welcome = json!({"type": "welcome", "protocol": 1, "now": 100_000, "you": {"id": "ana", "name": "Ana", "roles": []},
            "auction": auction(more), "seq": 2, "resumed": false, "heartbeat_ms": 25_000, "reconnect": {"min_ms": 500, "max_ms": 20_000}});
        let Some(Message::Welcome(welcome)) = Message::read(&welcome.to_string()) else { panic!("a welcome") };
        State::new(&welcome, 0).expect("a currency")
    }

    fn hear(state: &mut State, message: &Value) {
        state.hear(&Message::read(&message.to_string()).expect("a message"), 0);
    }

    fn bid(seq: u64, who: &str, price: i64) -> Value {
        let who = json!({"id": who, "name": who});
        json!({"type": "bid", "seq": seq, "at": 1_000, "bidder": who, "amount": price, "automatic": false, "price": price, "leader": who,
            "minimum": price + 100, "ends_at": 700_000, "reserve": "unmet"})
    }

    #[test]
    fn events_move_the_figures() {
        let mut state = state(&json!({}));
        hear(&mut state, &bid(3, "ana", 12_000));
        assert!(state.leads());
        assert_eq!((state.auction.price, state.auction.minimum, state.auction.bids, state.auction.seq), (Some(12_000), Some(12_100), 1, 3));
        hear(&mut state, &json!({"type": "paused", "seq": 4, "at": 1, "by": null}));
        assert_eq!((state.auction.status.as_str(), state.left_ms(0)), ("paused", None));
        hear(&mut state, &json!({"type": "resumed", "seq": 5, "at": 1, "by": null, "ends_at": 800_000}));
        // The server's clock is 100 s ahead.
        assert_eq!(state.left_ms(0), Some(700_000));
        hear(
            &mut state,
            &json!({"type": "voided", "seq": 6, "at": 1, "bid": 3, "reason": "a slip", "price": null, "leader": null, "minimum": 10_000}),
        );
        assert_eq!((state.auction.price, state.auction.leader.clone(), state.auction.minimum), (None, None, Some(10_000)));
        hear(&mut state, &json!({"type": "closed", "seq": 7, "at": 1, "outcome": "unsold", "winner": null, "price": null}));
        assert!(state.auction.has_ended());
    }

    #[test]
    fn what_is_not_known_moves_the_seq_alone() {
        let mut state = state(&json!({}));
        hear(&mut state, &json!({"type": "applauded", "seq": 3, "at": 1, "loudness": 11}));
        hear(&mut state, &json!({"type": "weather", "sunny": true}));
        // A bid that is none is not half taken.
        hear(&mut state, &json!({"type": "bid", "seq": 4, "at": 1, "price": "a lot"}));
        assert_eq!((state.auction.seq, state.auction.price, state.events.len()), (4, None, 2));
    }

    #[test]
    fn the_recent_past_fills_the_lists_and_leaves_the_figures() {
        let said = json!({"type": "said", "seq": 2, "at": 1, "from": {"id": "ben", "name": "Ben"}, "text": "Nice"});
        let state = state(&json!({"price": 13_000, "bids": 9, "recent": [bid(1, "ana", 12_000), said]}));
        assert_eq!((state.events.len(), state.chat.len(), state.auction.price, state.auction.bids), (1, 1, Some(13_000), 9));
    }

    #[test]
    fn a_resync_is_the_truth() {
        let mut state = state(&json!({}));
        hear(&mut state, &bid(3, "ana", 12_000));
        hear(&mut state, &json!({"type": "resync", "seq": 90, "auction": auction(&json!({"price": 99_000, "seq": 90}))}));
        assert_eq!((state.auction.price, state.auction.seq, state.events.len()), (Some(99_000), 90, 0));
    }

    #[test]
    fn lists_are_bounded() {
        let mut state = state(&json!({}));
        (3..1_000).for_each(|seq| hear(&mut state, &bid(seq, "ana", 12_000)));
        assert_eq!((state.events.len(), state.events.back().map(|event| event.seq)), (KEPT, Some(999)));
    }

    #[test]
    fn answers_become_a_sentence() {
        let mut state = state(&json!({}));
        let notice = |state: &State| state.notice.clone().map(|notice| notice.text).unwrap_or_default();
        hear(&mut state, &json!({"type": "accepted", "seq": 3, "at": 1, "standing": "leading", "price": 12_050, "minimum": 12_300}));
        assert_eq!(notice(&state), "Accepted: you lead at 120.50 EUR.");
        hear(&mut state, &json!({"type": "refused", "code": "already_leading", "message": "You lead.", "minimum": 12_300}));
        assert_eq!(notice(&state), "Refused: You lead. The minimum is 123.00 EUR.");
        hear(&mut state, &json!({"type": "outbid", "price": 13_000, "minimum": 13_300}));
        assert_eq!(notice(&state), "You have been outbid at 130.00 EUR; 133.00 EUR counts next.");
        // Names come and go; only who asks is told.
        let presence = json!({"type": "presence", "watching": 2, "names": ["Ana", "Ben"]});
        hear(&mut state, &presence);
        assert!(notice(&state).starts_with("You have been outbid"));
        state.sent("/who");
        hear(&mut state, &presence);
        assert_eq!(notice(&state), "2 watching: Ana, Ben");
    }
}
