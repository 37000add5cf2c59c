//! Events as they are stored: JSON, versioned, for ever readable. The one place where events meet their stored form.

use serde::{Deserialize, Serialize};

use super::salt::Salt;
pub use super::stored::People;
use super::stored::{OUTCOMES, RESERVES, StoredAmended, StoredSealed, StoredTerms, Text, WHYS, Who, amount, meaning_of, why, word_of};
use crate::auction::{Author, BidPlaced, Event, ExtendReason, Fact, Figures, Millis, Money, Offer, Person, RequestId, Stage, Voided};

/// The version that is written.
const VERSION: u32 = 1;

/// Any record, flat: which fields are there depends on `type`.
#[derive(Serialize, Deserialize, Default)]
struct Stored<'a> {
    v: u32,
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    at: Millis,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    by: Option<Who<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    request: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    leader: Option<Who<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Millis>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    reserve: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    reason: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_ms: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<u8>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    text: Option<Text<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    why: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// The seq of the bid that was taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    bid: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    after: Option<StoredAmended<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    bids: Option<Vec<StoredSealed<'a>>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    outcome: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<Box<StoredTerms>>,
    /// Of what was asked under the request id; stored where the record does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<u64>,
    /// The last member: its hash betrays nothing of a record that is not known whole. Records from before there were any have none.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    salt: Option<Text<'a>>,
}

/// The bytes to be stored: never twice the same.
pub fn encode(event: &Event) -> Vec<u8> {
    let salt = Salt::fresh();
    write(event, Some(salt.as_str().into()))
}

/// All that is stored of an event but the salt: of two events that are the same in everything, names too, the bytes are.
pub fn bare(event: &Event) -> Vec<u8> {
    write(event, None)
}

fn write<'a>(event: &'a Event, salt: Option<Text<'a>>) -> Vec<u8> {
    let mut out = Stored { v: VERSION, seq: event.seq, at: event.at, salt, ..Stored::default() };
    match &event.fact {
        Fact::Created { terms, by, request } => {
            out.kind = "created".into();
            out.by = Some(by.into());
            out.terms = Some(Box::new(StoredTerms::from(&**terms)));
            out.request = request.as_ref().map(|(request, _)| request.as_str().into());
            out.digest = request.as_ref().map(|(_, digest)| *digest);
        }
        Fact::Opened { by, ends_at } => out.conducted("opened", by.as_ref()).ends_at = Some(*ends_at),
        Fact::Paused { by, ends_at } => out.conducted("paused", Some(by)).ends_at = Some(*ends_at),
        Fact::Resumed { by, ends_at } => out.conducted("resumed", Some(by)).ends_at = Some(*ends_at),
        Fact::Warned { by, stage } => out.conducted("warned", Some(by)).stage = Some(stage.number()),
        Fact::Cancelled { by, reason } => out.conducted("cancelled", Some(by)).text = Some((&**reason).into()),
        Fact::Bid(bid) => encode_bid(&mut out, "bid", bid),
        Fact::Raised(bid) => encode_bid(&mut out, "raised", bid),
        Fact::Extended { ends_at, reason } => {
            let (word, by, by_ms) = match reason {
                ExtendReason::SoftClose => ("soft_close", None, None),
                ExtendReason::Auctioneer { by, by_ms } => ("auctioneer", Some(by), Some(*by_ms)),
                ExtendReason::Outage => ("outage", None, None),
            };
            out.conducted("extended", by).reason = Some(word.into());
            (out.ends_at, out.by_ms) = (Some(*ends_at), by_ms);
        }
        Fact::Said { from, text, request } => {
            out.kind = "said".into();
            out.by = Some(from.into());
            out.text = Some((&**text).into());
            out.request = request.as_ref().map(|request| request.as_str().into());
        }
        Fact::Sealed { bidder, amount, request, count } => {
            out.kind = "sealed".into();
            out.by = Some(bidder.into());
            out.request = request.as_ref().map(|request| request.as_str().into());
            (out.amount, out.count) = (Some(amount.minor()), Some(*count));
        }
        Fact::Voided(voided) => encode_voided(&mut out, voided),
        Fact::Closed { by, outcome, winner, price, bids } => {
            out.bids = bids.as_ref().map(|bids| bids.iter().map(Into::into).collect());
            out.conducted("closed", by.as_ref()).outcome = Some(word_of(&OUTCOMES, *outcome).into());
            out.leader = winner.as_ref().map(Into::into);
            out.price = price.map(Money::minor);
        }
    }
    let mut bytes = Vec::with_capacity(out.size());
    serde_json::to_writer(&mut bytes, &out).expect("a record has string keys and whole numbers: it always encodes");
    bytes
}

impl<'a> Stored<'a> {
    /// Makes it a record of this kind, by this author where it has one.
    fn conducted(&mut self, kind: &'static str, by: Option<&'a Author>) -> &mut Self {
        self.kind = kind.into();
        self.by = by.map(|by| (&by.who).into());
        self.request = by.and_then(|by| by.request.as_ref()).map(|request| request.as_str().into());
        self
    }

    /// About so many bytes when encoded, rather too many.
    fn size(&self) -> usize {
        const BARE: usize = 320;
        const TERMS: usize = 768;
        let who = |who: &Option<Who>| who.as_ref().map_or(0, |who| who.id.len() + who.name.len());
        let text = |text: &Option<Text>| text.as_ref().map_or(0, |text| text.len());
        let terms = self.terms.as_ref().map_or(0, |terms| TERMS + terms.title.len() + terms.description.len());
        BARE + who(&self.by) + who(&self.leader) + text(&self.request) + text(&self.text) + terms
    }
}

fn encode_bid<'a>(out: &mut Stored<'a>, kind: &'static str, bid: &'a BidPlaced) {
    out.kind = kind.into();
    out.by = Some((&bid.bidder).into());
    out.request = bid.request.as_ref().map(|request| request.as_str().into());
    match bid.offer {
        Offer::Exact(amount) => out.amount = Some(amount.minor()),
        Offer::UpTo(max) => out.max = Some(max.minor()),
        Offer::AsAsked => {}
    }
    out.why = bid.why.map(|why| word_of(&WHYS, why).into());
    out.leader = Some((&bid.leader).into());
    out.price = Some(bid.price.minor());
    out.minimum = Some(bid.minimum.minor());
    out.ends_at = Some(bid.ends_at);
    out.reserve = Some(word_of(&RESERVES, bid.reserve).into());
}

fn encode_voided<'a>(out: &mut Stored<'a>, voided: &'a Voided) {
    let Voided { by, bid, reason, after, figures, bids } = voided;
    out.conducted("voided", Some(by)).text = Some((&**reason).into());
    (out.bid, out.count) = (Some(*bid), Some(*bids));
    out.after = Some(after.into());
    out.price = figures.price.map(Money::minor);
    out.leader = figures.leader.as_ref().map(Into::into);
    out.minimum = Some(figures.minimum.minor());
    out.reserve = Some(word_of(&RESERVES, figures.reserve).into());
    out.why = figures.why.map(|why| word_of(&WHYS, why).into());
}

/// The event that was stored; the error says what is not understood.
pub fn decode(bytes: &[u8], people: &mut People) -> Result<Event, String> {
    let stored: Stored = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if stored.v != VERSION {
        return Err(format!("it has version {}, this program knows {VERSION}: use a newer one", stored.v));
    }
    let fact = fact(&stored, people).ok_or_else(|| format!("a \"{}\" must not look like this", &*stored.kind))?;
    Ok(Event { seq: stored.seq, at: stored.at, fact })
}

fn fact(stored: &Stored, people: &mut People) -> Option<Fact> {
    let by = stored.by.as_ref().map(|who| people.meet(who));
    let request = || stored.request.as_deref().and_then(RequestId::parse);
    let author = |who: Option<Person>| who.map(|who| Author { who, request: request() });
    Some(match &*stored.kind {
        "created" => Fact::Created {
            terms: std::sync::Arc::new(stored.terms.as_deref()?.to_terms()?),
            by: by?,
            request: match stored.digest {
                Some(digest) => Some((request()?, digest)),
                None => None,
            },
        },
        "opened" => Fact::Opened { by: author(by), ends_at: stored.ends_at? },
        "paused" => Fact::Paused { by: author(by)?, ends_at: stored.ends_at? },
        "resumed" => Fact::Resumed { by: author(by)?, ends_at: stored.ends_at? },
        "warned" => Fact::Warned { by: author(by)?, stage: Stage::of(stored.stage?)? },
        "cancelled" => Fact::Cancelled { by: author(by)?, reason: stored.text.as_deref()?.into() },
        "bid" => Fact::Bid(Box::new(bid(stored, people, by?, request())?)),
        "raised" => Fact::Raised(Box::new(bid(stored, people, by?, request())?)),
        "extended" => Fact::Extended {
            ends_at: stored.ends_at?,
            reason: match stored.reason.as_deref()? {
                "soft_close" => ExtendReason::SoftClose,
                "auctioneer" => ExtendReason::Auctioneer { by: author(by)?, by_ms: stored.by_ms? },
                "outage" => ExtendReason::Outage,
                _ => return None,
            },
        },
        "said" => Fact::Said { from: by?, text: stored.text.as_deref()?.into(), request: request() },
        "sealed" => Fact::Sealed { bidder: by?, amount: amount(stored.amount?)?, request: request(), count: stored.count? },
        "voided" => Fact::Voided(Box::new(voided(stored, people, author(by)?)?)),
        "closed" => Fact::Closed {
            by: author(by),
            outcome: meaning_of(&OUTCOMES, stored.outcome.as_deref()?)?,
            winner: stored.leader.as_ref().map(|who| people.meet(who)),
            price: match stored.price {
                Some(price) => Some(amount(price)?),
                None => None,
            },
            bids: match &stored.bids {
                Some(bids) => Some(bids.iter().map(|bid| bid.revealed(people)).collect::<Option<_>>()?),
                None => None,
            },
        },
        _ => return None,
    })
}

fn voided(stored: &Stored, people: &mut People, by: Author) -> Option<Voided> {
    let after = stored.after.as_ref()?.to_amended(people)?;
    let figures = Figures {
        price: match stored.price {
            Some(price) => Some(amount(price)?),
            None => None,
        },
        leader: stored.leader.as_ref().map(|who| people.meet(who)),
        minimum: Money::beyond(stored.minimum?)?,
        reserve: meaning_of(&RESERVES, stored.reserve.as_deref()?)?,
        why: why(stored.why.as_deref())?,
    };
    Some(Voided { by, bid: stored.bid?, reason: stored.text.as_deref()?.into(), after, figures, bids: stored.count? })
}

fn bid(stored: &Stored, people: &mut People, bidder: Person, request: Option<RequestId>) -> Option<BidPlaced> {
    let offer = match (stored.amount, stored.max) {
        (Some(exact), None) => Offer::Exact(amount(exact)?),
        (None, Some(max)) => Offer::UpTo(amount(max)?),
        (None, None) => Offer::AsAsked,
        (Some(_), Some(_)) => return None,
    };
    Some(BidPlaced {
        bidder,
        offer,
        request,
        leader: people.meet(stored.leader.as_ref()?),
        price: amount(stored.price?)?,
        minimum: Money::beyond(stored.minimum?)?,
        ends_at: stored.ends_at?,
        reserve: meaning_of(&RESERVES, stored.reserve.as_deref()?)?,
        why: why(stored.why.as_deref())?,
    })
}
