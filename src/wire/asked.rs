//! What clients send, as the documents say it. Commands are read as one flat struct ([`parse`](super::parse)), for speed; here each stands by
//! itself, and `tests/documents.rs` holds the two against each other.

use schemars::JsonSchema;
use serde::Deserialize;

use super::terms::TermsIn;
use crate::auction::{Act, Millis, Money, RequestId};

/// Who signs in.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SignIn")]
pub struct NameIn {
    /// 1–40 characters, the first a letter or a digit. Where a name is enough.
    pub name: Option<String>,
    /// Somebody else's word on who one is: a signed token (JWT), which the browser then keeps as a cookie.
    pub token: Option<String>,
}

/// What may be asked for. Fields that are not named are ignored.
#[derive(JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "Command")]
#[expect(dead_code, reason = "it is read as one flat struct; this one is for the documents")]
pub(super) enum CommandIn {
    /// A bid: exact, or up to a maximum.
    #[serde(rename = "bid")]
    BidExact {
        id: Option<Id>,
        /// Minor units.
        amount: Amount,
    },
    #[serde(rename = "bid")]
    BidUpTo {
        id: Option<Id>,
        /// Minor units: the server bids for one up to here, and no more than it must.
        max: Amount,
    },
    /// Buys: in a Dutch auction at the price of the moment, in an English one at once.
    #[serde(rename = "bid")]
    #[schemars(extend("not" = serde_json::json!({"anyOf": [
        {"required": ["amount"], "properties": {"amount": {"not": {"type": "null"}}}},
        {"required": ["max"], "properties": {"max": {"not": {"type": "null"}}}},
    ]})))]
    BidAsAsked { id: Option<Id> },
    /// Chat.
    Say { id: Option<Id>, text: Text },
    /// Asks for a `pong`. Sockets only.
    Ping {
        id: Option<Id>,
        /// Comes back as it is.
        t: serde_json::Number,
    },
    /// A token that holds longer than the one that the socket came with. Sockets only.
    Auth { id: Option<Id>, token: String },
    /// A new auction. Lobby socket only.
    Create { id: Option<Id>, terms: Box<TermsIn> },
    /// Opens before its time; the end stays where it is.
    Open { id: Option<Id> },
    /// Bids are refused, and the countdown stands still.
    Pause { id: Option<Id> },
    /// Goes on; the end moves by the time paused.
    Resume { id: Option<Id> },
    /// Fair warning: 1 (going once) or 2 (going twice).
    Warn {
        id: Option<Id>,
        #[schemars(range(min = 1, max = 2))]
        stage: u8,
    },
    /// Closes now, with the outcome that the clock would give.
    Hammer { id: Option<Id> },
    /// Moves the end.
    Extend {
        id: Option<Id>,
        #[schemars(range(min = 1, max = Act::MAX_EXTEND_MS))]
        by_ms: Millis,
    },
    /// Calls the auction off.
    Cancel { id: Option<Id>, reason: Text },
    /// Takes a bid out, and judges all the others again without it.
    Void {
        id: Option<Id>,
        /// Of the bid's event.
        seq: u64,
        reason: Text,
        #[schemars(extend("enum" = [false, null]))]
        preview: Option<bool>,
    },
    /// Only says what taking this bid out would change.
    #[serde(rename = "void")]
    VoidPreview {
        id: Option<Id>,
        /// Of the bid's event.
        seq: u64,
        #[schemars(length(max = Act::MAX_SAY))]
        reason: Option<String>,
        #[schemars(extend("const" = true))]
        preview: bool,
    },
    /// Live text: each replaces the last, an empty one takes it away.
    Announce {
        id: Option<Id>,
        #[schemars(length(max = Act::MAX_SAY))]
        text: String,
    },
}

/// The client's name for a command, which makes it idempotent.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "for the documents")]
pub(super) struct Id(#[schemars(length(min = 1, max = RequestId::MAX_CHARS))] String);

/// Minor units.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "for the documents")]
pub(super) struct Amount(#[schemars(range(min = 1, max = Money::MAX.minor()))] i64);

/// Something to be read by people.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "for the documents")]
pub(super) struct Text(#[schemars(length(min = 1, max = Act::MAX_SAY), regex(pattern = r"\S"))] String);
