//! Everything the server says that is not an event of the log.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::event::EventOut;
use super::words::{ReserveOut, RoleOut, StandingOut};
use super::{AuctionOut, Frame, Live, Moves, PROTOCOL, PersonOut, Summary, line, to_json};
use crate::auction::{AuctionId, Figures, Granted, Millis, Money, OutbidBy, Person, Refusal, RequestId, Roles, Standing};

/// Who the server takes one for. All empty for one who only watches.
#[derive(Serialize, JsonSchema, Clone, Debug)]
pub struct You<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    roles: &'a [RoleOut],
}

impl<'a> You<'a> {
    /// `None`: somebody who only watches.
    pub fn new(you: Option<(&'a Person, Roles)>) -> You<'a> {
        let roles: &[RoleOut] = match you.map_or((false, false), |(_, roles)| (roles.bidder, roles.auctioneer)) {
            (true, true) => &[RoleOut::Bidder, RoleOut::Auctioneer],
            (true, false) => &[RoleOut::Bidder],
            (false, true) => &[RoleOut::Auctioneer],
            (false, false) => &[],
        };
        You { id: you.map(|(person, _)| person.id.as_ref()), name: you.map(|(person, _)| person.name.as_ref()), roles }
    }
}

/// How a client shall come back.
#[derive(Serialize, JsonSchema, Clone, Copy, Debug)]
pub struct Reconnect {
    min_ms: u64,
    max_ms: u64,
}

impl Reconnect {
    /// The bounds of the back-off, full jitter.
    pub const DEFAULT: Reconnect = Reconnect { min_ms: 500, max_ms: 20_000 };
}

/// The first frame in a room.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "welcome")]
pub struct Welcome<'a> {
    /// See [`PROTOCOL`].
    protocol: u32,
    /// The server's clock.
    pub now: Millis,
    /// Who one is.
    pub you: You<'a>,
    /// The auction object as it is now.
    #[schemars(with = "AuctionOut<'a>")]
    pub auction: &'a RawValue,
    /// The next event has this and one.
    pub seq: u64,
    /// Whether the stream goes on from `since`.
    pub resumed: bool,
    /// Where bidders are known by numbers: who is who, as far as one may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    aliases: Option<Vec<KnownOut<'a>>>,
    /// How far one goes, where one leads or has a sealed bid in: nobody else is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<i64>,
    /// How often at least something is heard.
    pub heartbeat_ms: u64,
    /// How to come back.
    reconnect: Reconnect,
}

/// Encodes the first frame in a room; `auction` and what one may know of who is who, as it is now.
pub fn welcome(
    now: Millis,
    you: Option<(&Person, Roles)>,
    (auction, aliases, own): Seen<'_>,
    seq: u64,
    resumed: bool,
    heartbeat_ms: u64,
) -> Frame {
    let (protocol, reconnect) = (PROTOCOL, Reconnect::DEFAULT);
    let (you, aliases, own) = (You::new(you), aliases.map(known), own.map(Money::minor));
    Frame::text(&to_json(&Welcome { protocol, now, you, auction, seq, resumed, aliases, own, heartbeat_ms, reconnect }))
}

/// An auction object; where its bidders are known by numbers, who is who as far as one may know; and how far one goes oneself.
pub type Seen<'a> = (&'a RawValue, Option<&'a [Person]>, Option<Money>);

/// The first frame in the lobby.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "welcome")]
pub struct LobbyWelcome<'a> {
    protocol: u32,
    now: Millis,
    you: You<'a>,
    #[schemars(with = "Vec<Summary>")]
    auctions: &'a RawValue,
    heartbeat_ms: u64,
    reconnect: Reconnect,
}

/// Encodes the first frame in the lobby; `auctions` from [`summaries`](super::summaries).
pub fn lobby_welcome(now: Millis, you: Option<(&Person, Roles)>, auctions: &RawValue, heartbeat_ms: u64) -> Frame {
    let (protocol, reconnect) = (PROTOCOL, Reconnect::DEFAULT);
    Frame::text(&to_json(&LobbyWelcome { protocol, now, you: You::new(you), auctions, heartbeat_ms, reconnect }))
}

/// A token that takes the place of the one before.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "auth")]
pub struct AuthOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    you: You<'a>,
    /// From then on it holds no more.
    expires_at: Option<Millis>,
}

/// Encodes that a token was taken.
pub fn auth(request: Option<&RequestId>, you: (&Person, Roles), expires_at: Option<Millis>) -> Frame {
    Frame::text(&to_json(&AuthOut { id: request.map(RequestId::as_str), you: You::new(Some(you)), expires_at }))
}

/// A verdict that says yes.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "accepted")]
pub struct AcceptedOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    seq: Option<u64>,
    at: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<StandingOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<PersonOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<PreviewOut<'a>>,
}

/// What taking a bid out would change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Preview")]
struct PreviewOut<'a> {
    before: FiguresOut<'a>,
    after: FiguresOut<'a>,
}

/// How an auction stands, or would.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Figures")]
struct FiguresOut<'a> {
    price: Option<i64>,
    leader: Option<PersonOut<'a>>,
    minimum: i64,
    reserve: ReserveOut,
    bids: u64,
}

impl<'a> From<&'a (Figures, u64)> for FiguresOut<'a> {
    fn from((figures, bids): &'a (Figures, u64)) -> Self {
        FiguresOut {
            price: figures.price.map(Money::minor),
            leader: figures.leader.as_ref().map(Into::into),
            minimum: figures.minimum.minor(),
            reserve: figures.reserve.into(),
            bids: *bids,
        }
    }
}

/// A verdict that says yes, for a socket or the body of an answer.
pub fn accepted<'a>(request: Option<&'a RequestId>, verdict: &'a Granted) -> AcceptedOut<'a> {
    let ranked = match verdict.standing {
        Some(Standing::Ranked { outbid, price, minimum }) => Some((outbid, price, minimum)),
        Some(Standing::Placed) | None => None,
    };
    AcceptedOut {
        id: request.map(RequestId::as_str),
        seq: verdict.seq,
        at: verdict.at,
        standing: verdict.standing.map(|standing| match standing {
            Standing::Placed => StandingOut::Placed,
            Standing::Ranked { outbid: None, .. } => StandingOut::Leading,
            Standing::Ranked { outbid: Some(_), .. } => StandingOut::Outbid,
        }),
        price: ranked.map(|(_, price, _)| price.minor()),
        minimum: ranked.map(|(.., minimum)| minimum.minor()),
        why: ranked.and_then(|(outbid, ..)| outbid).map(|by| match by {
            OutbidBy::Tie => "Someone had left the same maximum before you: the earlier bid leads.",
            OutbidBy::Cap => "Someone had left a higher maximum, by less than a step: it caps the price.",
            OutbidBy::Maximum => "Someone had left a higher maximum.",
        }),
        alias: verdict.alias.map(PersonOut::numbered),
        preview: verdict.preview.as_deref().map(|preview| PreviewOut { before: (&preview.before).into(), after: (&preview.after).into() }),
    }
}

/// Who is who, where bidders are known by numbers: for the auctioneer, and for whoever it is.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "alias")]
pub struct AliasOut<'a> {
    alias: PersonOut<'a>,
    person: PersonOut<'a>,
}

/// A pair of these in a `welcome`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Known")]
pub struct KnownOut<'a> {
    alias: PersonOut<'a>,
    person: PersonOut<'a>,
}

/// Who is who, framed; `None` for one who has no number.
pub fn alias(person: &Person) -> Option<Frame> {
    let alias = PersonOut::numbered(person.alias?);
    Some(Frame::text(&to_json(&AliasOut { alias, person: PersonOut::named(person) })))
}

/// Who is who, as a `welcome` or a poll has it.
pub fn known(people: &[Person]) -> Vec<KnownOut<'_>> {
    let pair = |person| KnownOut { alias: PersonOut::from(person), person: PersonOut::named(person) };
    people.iter().map(pair).collect()
}

/// The verdict on a `create`.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "accepted")]
pub(super) struct CreatedOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    seq: u64,
    at: Millis,
    auction: &'a str,
}

/// The verdict on a `create`.
pub fn created(request: Option<&RequestId>, auction: &AuctionId, at: Millis) -> Frame {
    Frame::text(&to_json(&CreatedOut { id: request.map(RequestId::as_str), seq: 1, at, auction: auction.as_str() }))
}

/// A verdict that says no.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "refused")]
pub struct RefusedOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[schemars(extend("enum" = Refusal::CODES))]
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

/// A verdict that says no, for a socket or the body of an answer.
pub fn refused<'a>(request: Option<&'a RequestId>, refusal: &'a Refusal) -> RefusedOut<'a> {
    let mut out = RefusedOut {
        id: request.map(RequestId::as_str),
        code: refusal.code(),
        message: refusal.message(),
        minimum: None,
        price: None,
        ends_at: None,
        field: None,
    };
    match refusal {
        Refusal::BidTooLow { minimum, price, ends_at, .. } => {
            out.minimum = Some(minimum.minor());
            out.price = price.map(Money::minor);
            out.ends_at = Some(*ends_at);
        }
        Refusal::AlreadyLeading { price, minimum, ends_at } => {
            out.minimum = Some(minimum.minor());
            out.price = Some(price.minor());
            out.ends_at = Some(*ends_at);
        }
        Refusal::Closed { ends_at } => out.ends_at = Some(*ends_at),
        Refusal::BadTerms(fault) => out.field = Some(&fault.field),
        _ => {}
    }
    out
}

/// A refusal as HTTP says it (RFC 9457).
#[derive(Serialize, JsonSchema)]
pub struct ProblemOut<'a> {
    title: &'a str,
    status: u16,
    detail: String,
    #[serde(flatten)]
    refused: RefusedOut<'a>,
}

/// What HTTP says of this status (`title` are its words), and with it the verdict.
pub fn problem<'a>(title: &'a str, status: u16, request: Option<&'a RequestId>, refusal: &'a Refusal) -> ProblemOut<'a> {
    ProblemOut { title, status, detail: refusal.message(), refused: refused(request, refusal) }
}

/// Who is watching.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "presence")]
pub struct PresenceOut<'a> {
    watching: usize,
    names: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<&'a [String]>,
}

/// Who is watching, framed; with `moves` where it is told to all.
pub fn presence(live: &Live, moves: Option<&Moves>) -> Frame {
    Frame::text(&to_json(&PresenceOut {
        watching: live.watching,
        names: live.names.as_deref(),
        joined: moves.map(|moves| moves.joined.as_slice()),
        left: moves.map(|moves| moves.left.as_slice()),
    }))
}

/// The auctioneer's live text.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "announcing")]
pub(super) struct AnnouncingOut<'a> {
    text: &'a str,
    by: PersonOut<'a>,
}

/// The auctioneer's live text.
pub fn announcing(text: &str, by: &Person) -> Frame {
    Frame::text(&to_json(&AnnouncingOut { text, by: by.into() }))
}

/// Somebody else leads now: to whoever did before.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "outbid")]
pub(super) struct OutbidOut {
    price: Option<i64>,
    minimum: i64,
}

/// Somebody else leads now: to whoever did before.
pub fn outbid(price: Option<Money>, minimum: Money) -> Frame {
    Frame::text(&to_json(&OutbidOut { price: price.map(Money::minor), minimum: minimum.minor() }))
}

/// Start again from here.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "resync")]
pub(super) struct ResyncOut<'a> {
    #[schemars(with = "AuctionOut<'a>")]
    auction: &'a RawValue,
    seq: u64,
}

/// Start again from here.
pub fn resync(auction: &RawValue, seq: u64) -> Frame {
    Frame::text(&to_json(&ResyncOut { auction, seq }))
}

/// Nothing else was to be said.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "tick")]
pub(super) struct TickOut {
    now: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
}

/// Nothing else was to be said; or the price that falls has come to this.
pub fn tick(now: Millis, price: Option<Money>) -> Frame {
    Frame::text(&to_json(&TickOut { now, price: price.map(Money::minor) }))
}

/// The answer to a `ping`.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "pong")]
pub(super) struct PongOut<'a> {
    t: &'a serde_json::Number,
    now: Millis,
}

/// The answer to a `ping`.
pub fn pong(t: &serde_json::Number, now: Millis) -> Frame {
    Frame::text(&to_json(&PongOut { t, now }))
}

/// The lines one may type.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "help")]
pub(super) struct HelpOut {
    lines: &'static [&'static str],
}

/// The lines one may type.
pub fn help() -> Frame {
    Frame::text(&to_json(&HelpOut { lines: &line::HELP }))
}

/// The server stops; come back in so long.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "goodbye")]
pub(super) struct GoodbyeOut {
    retry_after_ms: u64,
}

/// The server stops; come back in so long.
pub fn goodbye(retry_after_ms: u64) -> Frame {
    Frame::text(&to_json(&GoodbyeOut { retry_after_ms }))
}

/// An auction in the lobby was created or changed.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "auction")]
pub(super) struct LobbyAuctionOut<'a> {
    auction: &'a Summary,
}

/// An auction in the lobby was created or changed.
pub fn lobby_auction(summary: &Summary) -> Frame {
    Frame::text(&to_json(&LobbyAuctionOut { auction: summary }))
}

/// An auction has left the lobby.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename = "gone")]
pub(super) struct GoneOut<'a> {
    id: &'a str,
}

/// An auction has left the lobby.
pub fn gone(id: &AuctionId) -> Frame {
    Frame::text(&to_json(&GoneOut { id: id.as_str() }))
}

/// Events, where they are not streamed: a long poll, or a page of history.
#[derive(Serialize, JsonSchema)]
pub struct Events<'a> {
    /// Ask for what comes after this next.
    pub seq: u64,
    /// Whether these are all events after the one asked for; if not, the auction object is the truth.
    pub resumed: bool,
    /// There will be no more.
    pub ended: bool,
    /// The server's time.
    pub now: Millis,
    /// Who is asking, where that makes a difference: in a long poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub you: Option<You<'a>>,
    /// Where bidders are known by numbers: who is who, as far as whoever asks may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aliases: Option<Vec<KnownOut<'a>>>,
    /// In a long poll: how far one goes, where one leads or has a sealed bid in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<i64>,
    /// Oldest first.
    #[schemars(with = "Vec<EventOut<'a>>")]
    pub events: &'a [&'a RawValue],
    /// The auction object, where a poll could not go on from where it was asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AuctionOut<'a>>")]
    pub auction: Option<&'a RawValue>,
}

/// A page of the list.
#[derive(Serialize, JsonSchema)]
pub struct Page {
    /// Oldest first.
    pub auctions: Vec<Summary>,
    /// Give it as `after`; null on the last page.
    pub next: Option<String>,
}

/// The answer to signing in.
#[derive(Serialize, JsonSchema)]
pub struct Session<'a> {
    /// A bearer token.
    pub token: &'a str,
    /// Who one now is.
    pub you: You<'a>,
    /// When the token stops holding.
    pub expires_at: Millis,
}
