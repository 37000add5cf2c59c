//! Terms as a seller writes them: in a POST, in `create`, in `config.toml`.

use iso_currency::Currency as Iso;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::to_json;
use super::words::FormatOut;
use crate::auction::formats::dutch::Fall;
use crate::auction::{
    AuctionId, Band, Currency, ExtendMode, Format, Increments, Millis, Money, Refusal, SoftClose, Terms, TermsError, terms_digest,
};

/// Terms of an auction. Money is in minor units, times are milliseconds of UTC; what is left out has its default.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Terms", extend("oneOf" = serde_json::json!([{"required": ["ends_at"]}, {"required": ["duration_ms"]}])))]
pub struct TermsIn {
    /// Made up where none is given.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,62}$"))]
    id: Option<String>,
    #[schemars(required, length(min = 1, max = 200))]
    title: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 5_000))]
    description: String,
    /// An http(s) URL, or a path of this server beginning with `/`.
    #[schemars(length(max = 2_000))]
    image: Option<String>,
    /// ISO 4217; EUR unless said otherwise.
    currency: Option<String>,
    #[schemars(with = "Option<FormatOut>")]
    format: Option<String>,
    /// The lowest first bid.
    #[schemars(required, range(min = 1, max = Money::MAX.minor()))]
    start: Option<i64>,
    /// Below it there is no sale. It is never shown.
    #[schemars(range(min = 1, max = Money::MAX.minor()))]
    reserve: Option<i64>,
    /// English: at this price it can be had at once, until somebody bids; at least 1.3 times the start.
    #[schemars(range(min = 1, max = Money::MAX.minor()))]
    buy_now: Option<i64>,
    /// Dutch, and required there: how the price falls.
    dutch: Option<FallIn>,
    /// Whether bidders are known to each other by numbers alone; no unless said otherwise.
    aliases: Option<bool>,
    /// English: by how much a bid must rise; `ebay` unless said otherwise.
    increments: Option<IncrementsIn>,
    /// English: whether bidders may leave a maximum; yes unless said otherwise.
    automatic_bids: Option<bool>,
    /// Now unless said otherwise.
    starts_at: Option<Millis>,
    ends_at: Option<Millis>,
    /// In place of `ends_at`: how long after the start.
    #[schemars(range(min = 1))]
    duration_ms: Option<i64>,
    /// English: how late bids move the end; two minutes unless said otherwise, or false for none.
    soft_close: Option<SoftCloseIn>,
    /// Of the JSON it was read from: whether two are the same shall not depend on what this program knows of terms.
    #[serde(skip)]
    digest: u64,
}

#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[schemars(inline)]
#[serde(untagged, expecting = "\"ebay\", [{from, step}] or {percent, at_least}")]
enum IncrementsIn {
    Named(#[schemars(extend("const" = "ebay"))] String),
    Table(Vec<BandIn>),
    Percent(PercentIn),
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(super) struct BandIn {
    /// From this price on, a bid rises by the step.
    #[schemars(range(min = 0, max = Money::MAX.minor()))]
    from: i64,
    #[schemars(range(min = 1, max = Money::MAX.minor()))]
    step: i64,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(super) struct PercentIn {
    #[schemars(range(min = 1, max = 100))]
    percent: u32,
    #[schemars(range(min = 1, max = Money::MAX.minor()))]
    at_least: i64,
}

#[derive(Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct FallIn {
    /// The price falls no further.
    #[schemars(range(min = 1, max = Money::MAX.minor()))]
    floor: i64,
    #[schemars(range(min = 1, max = Money::MAX.minor()))]
    step: i64,
    #[schemars(range(min = *Fall::EVERY_MS.start(), max = *Fall::EVERY_MS.end()))]
    every_ms: Millis,
}

#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[schemars(inline)]
#[serde(untagged, expecting = "false, or {window_ms, extend_ms, mode: \"reset\" or \"add\", latest}")]
enum SoftCloseIn {
    Off(#[schemars(extend("const" = false))] bool),
    On(SoftCloseOut),
}

/// The soft close as it travels, both ways.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct SoftCloseOut {
    /// A bid with at most this much left moves the end.
    #[schemars(range(min = 1, max = SoftClose::LONGEST_MS))]
    window_ms: i64,
    #[schemars(range(min = 1, max = SoftClose::LONGEST_MS))]
    extend_ms: i64,
    #[serde(default)]
    mode: Mode,
    /// The end never moves past this.
    latest: Option<Millis>,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Mode {
    /// From the bid: as much is left again.
    #[default]
    Reset,
    /// From the end: each bid adds as much.
    Add,
}

impl TermsIn {
    /// Reads terms from JSON.
    pub fn from_json(json: &[u8]) -> Result<TermsIn, Refusal> {
        // serde would also read an array, field by field.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(Refusal::Malformed("Terms are a JSON object.".to_owned()));
        }
        let mut reader = serde_json::Deserializer::from_slice(json);
        let terms: TermsIn = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let field = error.path().to_string();
            let error = error.into_inner();
            if !error.is_data() {
                return Refusal::Malformed(format!("The terms are not JSON: {error}."));
            }
            Refusal::BadTerms(TermsError::new(&field, plain(&error.to_string())))
        })?;
        reader.end().map_err(|_| Refusal::Malformed("The body must be one JSON object and no more.".to_owned()))?;
        // Members in the order of the alphabet, no blanks.
        let canonical: serde_json::Value = serde_json::from_slice(json).map_err(|error| Refusal::Malformed(format!("{error}.")))?;
        Ok(TermsIn { digest: terms_digest(&to_json(&canonical)), ..terms })
    }

    /// Tells these terms, as they were written, from others.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// The id that was asked for, if any.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The same terms under another id.
    #[must_use]
    pub fn named(self, id: &str) -> TermsIn {
        TermsIn { id: Some(id.to_owned()), ..self }
    }

    /// The same terms for this long.
    #[must_use]
    pub fn lasting(self, duration_ms: i64) -> TermsIn {
        TermsIn { duration_ms: Some(duration_ms), ..self }
    }

    /// Fills in what was left out. Whether the result can stand is asked when the auction is created.
    pub fn resolve(self, now: Millis) -> Result<Terms, TermsError> {
        let id = match &self.id {
            Some(id) => AuctionId::parse(id).ok_or_else(|| TermsError::new("id", "1 to 63 of a-z, 0-9 and -, not beginning with -"))?,
            None => AuctionId::parse(&uuid::Uuid::now_v7().to_string()).expect("a UUID is a slug"),
        };
        let format = self.competes_by()?;
        let english = format == Format::English;
        let starts_at = self.starts_at.unwrap_or(now);
        let ends_at = match (self.ends_at, self.duration_ms) {
            (Some(ends_at), None) => ends_at,
            (None, Some(duration)) if duration > 0 => starts_at.saturating_add(duration),
            (None, Some(_)) => return Err(TermsError::new("duration_ms", "1 or more")),
            (None, None) => return Err(TermsError::new("ends_at", "required, or duration_ms in its place")),
            (Some(_), Some(_)) => return Err(TermsError::new("duration_ms", "not together with ends_at")),
        };
        Ok(Terms {
            id,
            title: self.title.ok_or_else(|| TermsError::new("title", "required"))?,
            description: self.description,
            image: self.image,
            currency: currency(self.currency.as_deref().unwrap_or("EUR"))?,
            format,
            start: money("start", self.start.ok_or_else(|| TermsError::new("start", "required"))?)?,
            reserve: self.reserve.map(|reserve| money("reserve", reserve)).transpose()?,
            buy_now: self.buy_now.map(|buy_now| money("buy_now", buy_now)).transpose()?,
            increments: self.increments.map_or(Ok(Increments::Ebay), increments)?,
            automatic_bids: self.automatic_bids.unwrap_or(english),
            starts_at,
            ends_at,
            soft_close: soft_close(self.soft_close.as_ref(), english)?,
            aliases: self.aliases.unwrap_or(false),
        })
    }

    /// The format, and that what belongs to another is left out.
    fn competes_by(&self) -> Result<Format, TermsError> {
        let format = match (self.format.as_deref(), self.dutch) {
            (Some("dutch"), Some(FallIn { floor, step, every_ms })) => {
                let (floor, step) = (money("dutch.floor", floor)?, money("dutch.step", step)?);
                Format::Dutch(Fall { floor, step, every_ms })
            }
            (Some("dutch"), None) => return Err(TermsError::new("dutch", "required: {floor, step, every_ms}")),
            (_, Some(_)) => return Err(TermsError::new("dutch", "for the format dutch alone")),
            (None | Some("english"), None) => Format::English,
            (Some("sealed"), None) => Format::Sealed,
            (Some("vickrey"), None) => Format::Vickrey,
            (Some(_), None) => return Err(TermsError::new("format", "\"english\", \"dutch\", \"sealed\" or \"vickrey\"")),
        };
        if self.increments.is_some() && format != Format::English {
            return Err(TermsError::new("increments", "for the format english alone"));
        }
        Ok(format)
    }
}

/// serde's words without the place in the text, which helps nobody who has the field.
fn plain(error: &str) -> &str {
    error.split(" at line ").next().unwrap_or(error)
}

fn money(field: &str, minor: i64) -> Result<Money, TermsError> {
    Money::new(minor).ok_or_else(|| TermsError::new(field, "a whole number of minor units from 1 to 1000000000000"))
}

/// The currency of this ISO 4217 code, with its decimals.
fn currency(code: &str) -> Result<Currency, TermsError> {
    let known = Iso::from_code(code).and_then(|iso| {
        let decimals = iso.exponent().unwrap_or(0);
        Currency::new(code, u8::try_from(decimals).ok()?)
    });
    known.ok_or_else(|| TermsError::new("currency", "an ISO 4217 code such as EUR"))
}

/// The `increments` of an auction object, as rules take them; none where it names none.
pub fn increments_of(auction: &serde_json::Value) -> Option<Increments> {
    let given = IncrementsIn::deserialize(auction.get("increments")?).ok()?;
    increments(given).ok()
}

fn increments(given: IncrementsIn) -> Result<Increments, TermsError> {
    let wrong = |field: &str| TermsError::new(field, "a whole number of minor units from 1 to 1000000000000");
    match given {
        IncrementsIn::Named(name) if name == "ebay" => Ok(Increments::Ebay),
        IncrementsIn::Named(_) => Err(TermsError::new("increments", "\"ebay\", [{from, step}] or {percent, at_least}")),
        IncrementsIn::Table(bands) => {
            let band = |band: BandIn| {
                let from = if band.from == 0 { Some(Money::ZERO) } else { Money::new(band.from) };
                let step = Money::new(band.step).ok_or_else(|| wrong("increments.step"))?;
                Ok(Band { from: from.ok_or_else(|| wrong("increments.from"))?, step })
            };
            Ok(Increments::Table(bands.into_iter().map(band).collect::<Result<_, _>>()?))
        }
        IncrementsIn::Percent(PercentIn { percent, at_least }) => {
            let at_least = Money::new(at_least).ok_or_else(|| wrong("increments.at_least"))?;
            Ok(Increments::Percent { percent, at_least })
        }
    }
}

fn soft_close(given: Option<&SoftCloseIn>, english: bool) -> Result<Option<SoftClose>, TermsError> {
    match given {
        None => Ok(english.then_some(SoftClose::DEFAULT)),
        Some(SoftCloseIn::Off(false)) => Ok(None),
        Some(SoftCloseIn::Off(true)) => Err(TermsError::new("soft_close", "false, or {window_ms, extend_ms, mode, latest}")),
        Some(&SoftCloseIn::On(SoftCloseOut { window_ms, extend_ms, mode, latest })) => {
            let mode = match mode {
                Mode::Reset => ExtendMode::Reset,
                Mode::Add => ExtendMode::Add,
            };
            Ok(Some(SoftClose { window_ms, extend_ms, mode, latest }))
        }
    }
}

impl From<SoftClose> for SoftCloseOut {
    fn from(soft: SoftClose) -> Self {
        let mode = match soft.mode {
            ExtendMode::Reset => Mode::Reset,
            ExtendMode::Add => Mode::Add,
        };
        SoftCloseOut { window_ms: soft.window_ms, extend_ms: soft.extend_ms, mode, latest: soft.latest }
    }
}

/// Increments as they travel out.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Increments")]
pub(super) enum IncrementsOut {
    Named(#[schemars(extend("const" = "ebay"))] &'static str),
    Table(Vec<BandIn>),
    Percent(PercentIn),
}

impl From<&Increments> for IncrementsOut {
    fn from(increments: &Increments) -> Self {
        match increments {
            Increments::Ebay => IncrementsOut::Named("ebay"),
            Increments::Table(bands) => {
                IncrementsOut::Table(bands.iter().map(|band| BandIn { from: band.from.minor(), step: band.step.minor() }).collect())
            }
            Increments::Percent { percent, at_least } => {
                IncrementsOut::Percent(PercentIn { percent: *percent, at_least: at_least.minor() })
            }
        }
    }
}
