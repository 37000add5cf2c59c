//! Commands as they arrive. A flat struct: an internally tagged enum decodes at half the speed.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{TermsIn, line, msgpack};
use crate::auction::{Act, Currency, Money, Offer, Refusal, RequestId, Stage};

/// What a client asks for.
#[derive(Debug)]
pub enum Inbound {
    /// For the auction's decider.
    Act {
        /// The client's name for it.
        request: Option<RequestId>,
        /// What.
        act: Act,
    },
    /// Asks for a `pong`.
    Ping {
        /// Any number, given back as it came.
        t: serde_json::Number,
    },
    /// A token in place of the one that the socket came with.
    Auth {
        /// The client's name for it.
        request: Option<RequestId>,
        /// Never logged.
        token: String,
    },
    /// Who is watching?
    Who,
    /// Which lines are there?
    Help,
    /// A new auction.
    Create {
        /// The client's name for it.
        request: Option<RequestId>,
        /// As written.
        terms: Box<TermsIn>,
    },
}

/// A message that is no command, with the id it gave, if it got that far.
#[derive(Debug)]
pub struct Rejected {
    /// To be given back.
    pub request: Option<RequestId>,
    /// Why.
    pub refusal: Refusal,
}

#[derive(Deserialize)]
struct Flat<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    amount: Option<&'a RawValue>,
    #[serde(borrow)]
    max: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    stage: Option<&'a RawValue>,
    #[serde(borrow)]
    by_ms: Option<&'a RawValue>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    seq: Option<&'a RawValue>,
    preview: Option<bool>,
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    t: Option<serde_json::Number>,
    #[serde(borrow)]
    terms: Option<&'a RawValue>,
}

/// Reads a text frame: a JSON object, or a line where the socket is in a room with a `currency`.
pub fn parse(text: &str, currency: Option<Currency>) -> Result<Inbound, Rejected> {
    if text.trim_start().starts_with('{') {
        return json(text);
    }
    let refused = |refusal| Rejected { request: None, refusal };
    match currency {
        Some(currency) => line::read(text, currency).map_err(refused),
        None if text.trim() == "/help" => Ok(Inbound::Help),
        None => Err(refused(Refusal::Malformed("This is the lobby: send JSON, or connect to /ws/{auction} to bid.".to_owned()))),
    }
}

/// Reads the body of a POST: JSON and nothing else.
pub fn parse_http(body: &[u8]) -> Result<Inbound, Rejected> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Rejected { request: None, refusal: Refusal::Malformed("The body must be JSON in UTF-8.".to_owned()) })?;
    // serde would also read an array, field by field.
    if !text.trim_start().starts_with('{') {
        let refusal = Refusal::Malformed("The body must be a JSON object, like {\"type\":\"bid\",\"amount\":12050}.".to_owned());
        return Err(Rejected { request: None, refusal });
    }
    json(text)
}

/// Reads a binary frame: a command in MessagePack.
pub fn parse_packed(packed: &[u8]) -> Result<Inbound, Rejected> {
    let text = msgpack::to_json(packed).map_err(|refusal| Rejected { request: None, refusal })?;
    if !text.starts_with('{') {
        let refusal = Refusal::Malformed("A command is a map, like {\"type\":\"bid\",\"amount\":12050} in MessagePack.".to_owned());
        return Err(Rejected { request: None, refusal });
    }
    json(&text)
}

fn json(text: &str) -> Result<Inbound, Rejected> {
    let flat: Flat = serde_json::from_str(text).map_err(|error| {
        let refusal = Refusal::Malformed(format!("Not a command: {error}."));
        Rejected { request: id_of(text), refusal }
    })?;
    let request = match flat.id.as_deref().map(RequestId::parse) {
        None => None,
        Some(Some(id)) => Some(id),
        Some(None) => {
            let refusal = Refusal::Malformed("id: 1 to 64 characters.".to_owned());
            return Err(Rejected { request: None, refusal });
        }
    };
    inbound(&flat, request.clone()).map_err(|refusal| Rejected { request, refusal })
}

/// The id of an object that is otherwise no command, so that the refusal can name it.
fn id_of(text: &str) -> Option<RequestId> {
    #[derive(Deserialize)]
    struct OnlyId<'a> {
        #[serde(borrow)]
        id: Cow<'a, str>,
    }
    serde_json::from_str::<OnlyId>(text).ok().and_then(|only| RequestId::parse(&only.id))
}

fn inbound(flat: &Flat, request: Option<RequestId>) -> Result<Inbound, Refusal> {
    let act = match flat.kind.as_ref() {
        "bid" => Act::Bid(offer(flat)?),
        "say" => say(flat.text.as_deref().ok_or_else(|| Refusal::Malformed("say needs text.".to_owned()))?)?,
        "open" => Act::Open,
        "pause" => Act::Pause,
        "resume" => Act::Resume,
        "warn" => warn(flat.stage.map(RawValue::get))?,
        "hammer" => Act::Hammer,
        "extend" => extend(flat.by_ms.and_then(|by_ms| by_ms.get().parse().ok()))?,
        "cancel" => cancel(flat.reason.as_deref().unwrap_or_default())?,
        "void" => void(flat.seq.map(RawValue::get), flat.reason.as_deref().unwrap_or_default(), flat.preview == Some(true))?,
        "announce" => announce(flat.text.as_deref().ok_or_else(|| Refusal::Malformed("announce needs text.".to_owned()))?)?,
        _ => return other(flat, request),
    };
    Ok(Inbound::Act { request, act })
}

/// What is not for an auction's decider.
fn other(flat: &Flat, request: Option<RequestId>) -> Result<Inbound, Refusal> {
    match flat.kind.as_ref() {
        "ping" => {
            let t = flat.t.clone().ok_or_else(|| Refusal::Malformed("ping needs t, a number.".to_owned()))?;
            Ok(Inbound::Ping { t })
        }
        "auth" => {
            let token = flat.token.as_deref().ok_or_else(|| Refusal::Malformed("auth needs token.".to_owned()))?;
            Ok(Inbound::Auth { request, token: token.to_owned() })
        }
        "create" => {
            let terms = flat.terms.ok_or_else(|| Refusal::Malformed("create needs terms.".to_owned()))?;
            Ok(Inbound::Create { request, terms: Box::new(TermsIn::from_json(terms.get().as_bytes())?) })
        }
        unknown => {
            let shown: String = unknown.chars().take(32).collect();
            Err(Refusal::Malformed(format!(
                "There is no command \"{shown}\"; there are bid, say, ping, auth and create, and for the auctioneer open, pause, resume, warn, hammer, \
                 extend, cancel, void and announce."
            )))
        }
    }
}

fn offer(flat: &Flat) -> Result<Offer, Refusal> {
    match (flat.amount, flat.max) {
        (Some(amount), None) => Ok(Offer::Exact(money(amount)?)),
        (None, Some(max)) => Ok(Offer::UpTo(money(max)?)),
        (None, None) => Ok(Offer::AsAsked),
        (Some(_), Some(_)) => Err(Refusal::Malformed("bid takes amount or max, not both.".to_owned())),
    }
}

fn money(raw: &RawValue) -> Result<Money, Refusal> {
    raw.get().parse().ok().and_then(Money::new).ok_or(Refusal::BadAmount)
}

/// Chat, checked for length.
pub(super) fn say(text: &str) -> Result<Act, Refusal> {
    some_text("text", text).map(Act::Say)
}

/// Fair warning of the stage `1` or `2`.
pub(super) fn warn(stage: Option<&str>) -> Result<Act, Refusal> {
    let stage = stage.and_then(|stage| stage.parse().ok()).and_then(Stage::of);
    stage.map(Act::Warn).ok_or_else(|| Refusal::Malformed("stage: 1 (going once) or 2 (going twice).".to_owned()))
}

/// More time, checked for its length.
pub(super) fn extend(by_ms: Option<i64>) -> Result<Act, Refusal> {
    let by_ms = by_ms.filter(|by_ms| (1..=Act::MAX_EXTEND_MS).contains(by_ms));
    let wrong = || Refusal::Malformed(format!("by_ms: a whole number of milliseconds from 1 to {} (a day).", Act::MAX_EXTEND_MS));
    by_ms.map(Act::Extend).ok_or_else(wrong)
}

/// Calling off, its reason checked for length.
pub(super) fn cancel(reason: &str) -> Result<Act, Refusal> {
    some_text("reason", reason).map(Act::Cancel)
}

/// Taking out the bid of this seq; what is only previewed needs no reason.
pub(super) fn void(seq: Option<&str>, reason: &str, preview: bool) -> Result<Act, Refusal> {
    let bid = seq.and_then(|seq| seq.parse().ok());
    let bid = bid.ok_or_else(|| Refusal::Malformed("seq: the seq of the bid that is to be taken out.".to_owned()))?;
    let reason = if preview && reason.trim().is_empty() { Box::default() } else { some_text("reason", reason)? };
    Ok(Act::Void { bid, reason, preview })
}

/// Live text, checked for length; none takes the last one away.
pub(super) fn announce(text: &str) -> Result<Act, Refusal> {
    if text.chars().count() > Act::MAX_SAY {
        return Err(Refusal::Malformed(format!("text: at most {} characters.", Act::MAX_SAY)));
    }
    Ok(Act::Announce(text.trim().into()))
}

fn some_text(field: &str, text: &str) -> Result<Box<str>, Refusal> {
    if text.trim().is_empty() || text.chars().count() > Act::MAX_SAY {
        return Err(Refusal::Malformed(format!("{field}: 1 to {} characters.", Act::MAX_SAY)));
    }
    Ok(text.into())
}
