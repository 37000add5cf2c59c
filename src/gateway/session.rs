//! Who somebody is: a name that they say, or a token that somebody signed whom we trust.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keys::{KeyError, Keys};
use super::pass::Pass;
use super::secret;
use crate::auction::{AuctionId, Person, Refusal, Roles};
use crate::clock::Clock;

/// The session cookie's name.
pub const COOKIE_NAME: &str = "subasta";
/// How long a token holds.
const HOLDS_SECONDS: i64 = 30 * 24 * 3_600;
const NAME_CHARS: usize = 40;
const KEY_BYTES: usize = 32;

/// The longest id of somebody, in characters.
const SUB_CHARS: usize = 64;
/// A token for some auctions names at most so many.
const MOST_AUCTIONS: usize = 100;

/// Who gets in, and on whose word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Anyone signs in under any name.
    Open,
    /// Who has a token that was signed with one of the keys in this file. See [`Keys`].
    Token {
        /// A JSON Web Key Set; made where it is missing.
        keys: PathBuf,
    },
}

/// Signs people in and knows them again.
pub struct Sessions {
    trust: Trust,
    /// Pages of other origins that may act here: `https://example.org`.
    origins: Vec<String>,
    clock: Clock,
}

enum Trust {
    Names { signing: EncodingKey, checking: DecodingKey },
    Keys(Keys),
}

impl fmt::Debug for Sessions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Sessions")
    }
}

/// What a request's address says of who is asking. Never logged.
#[derive(Deserialize, JsonSchema, Default)]
pub struct Credentials {
    /// Signs in on the spot, where names need no proof.
    name: Option<String>,
    /// From `POST /api/session`.
    token: Option<String>,
}

/// What a token says (RFC 7519 §4). Whatever else it says is ignored.
#[derive(Serialize, Deserialize, Debug)]
pub struct Claims {
    /// Who, for good: 1 to 64 characters.
    pub sub: String,
    /// What they are called; their `sub` where this is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `bidder`, `auctioneer`; none: they may watch and talk. Others mean nothing here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// Where alone; everywhere where this is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auctions: Option<Vec<String>>,
    /// From this second on it holds no more.
    pub exp: i64,
    /// Before this second it does not hold yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
}

impl Sessions {
    /// Sessions of those whom `admission` lets in. Names are known again by what is signed with our `own_key`. Keys are made where they are missing.
    pub fn open(admission: &Admission, own_key: &Path, origins: Vec<String>, clock: Clock) -> Result<Sessions, KeyError> {
        let trust = match admission {
            Admission::Token { keys } => Trust::Keys(Keys::open(keys)?),
            Admission::Open => {
                let key = read_or_make_key(own_key).map_err(|error| KeyError(format!("{}: {error}", own_key.display())))?;
                Trust::Names { signing: EncodingKey::from_secret(&key), checking: DecodingKey::from_secret(&key) }
            }
        };
        Ok(Sessions { trust, origins, clock })
    }

    /// Whether a name is enough.
    pub fn take_names(&self) -> bool {
        matches!(self.trust, Trust::Names { .. })
    }

    /// A token for whoever says that this is their name.
    pub fn sign_in(&self, name: &str) -> Result<(Pass, String), Refusal> {
        let Trust::Names { signing, .. } = &self.trust else { return Err(Refusal::SignIn) };
        let person = person(name)?;
        let exp = self.clock.now() / 1_000 + HOLDS_SECONDS;
        let claims =
            Claims { sub: person.id.to_string(), name: Some(person.name.to_string()), roles: None, auctions: None, exp, nbf: None };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, signing).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            Refusal::Unavailable
        })?;
        Ok((Pass { until: Some(exp * 1_000), ..Pass::of_name(person) }, token))
    }

    /// Who is asking. `None`: nobody in particular. An error: a token was shown that does not hold, or a page of another origin asks.
    pub fn identify(&self, headers: &HeaderMap, credentials: &Credentials) -> Result<Option<Pass>, Refusal> {
        self.check_origin(headers)?;
        // Another scheme is somebody else's: a proxy's, say.
        let header = headers.get_all(AUTHORIZATION).iter().filter_map(|value| value.to_str().ok()).find_map(bearer);
        if let Some(token) = header.or(credentials.token.as_deref()) {
            return self.check(token).map(Some).ok_or(Refusal::SignIn);
        }
        // A cookie is sent whether one wants it or not: one that does not hold counts as none.
        if let Some(pass) = cookies(headers).find_map(|token| self.check(token)) {
            return Ok(Some(pass));
        }
        let name = credentials.name.as_deref();
        if name.is_some() && !self.take_names() {
            return Err(Refusal::SignIn);
        }
        name.map(|name| person(name).map(Pass::of_name)).transpose()
    }

    /// What a token grants; nothing where it does not hold.
    pub fn check(&self, token: &str) -> Option<Pass> {
        let now = self.clock.now();
        let (claims, roles) = match &self.trust {
            Trust::Names { checking, .. } => {
                let mut validation = Validation::new(Algorithm::HS256);
                // Expiry is checked against our own clock, the only one there is.
                validation.validate_exp = false;
                (jsonwebtoken::decode::<Claims>(token, checking, &validation).ok()?.claims, Roles::ALL)
            }
            Trust::Keys(keys) => {
                let claims: Claims = keys.check(token, now)?;
                let has = |role: &str| claims.roles.iter().flatten().any(|claimed| claimed == role);
                let roles = Roles { bidder: has("bidder"), auctioneer: has("auctioneer") };
                (claims, roles)
            }
        };
        let seconds = now / 1_000;
        if claims.exp <= seconds || claims.nbf.is_some_and(|nbf| nbf > seconds) {
            return None;
        }
        let (person, auctions) = claims.check()?;
        Some(Pass { person, roles, auctions, until: Some(claims.exp.saturating_mul(1_000)) })
    }

    /// A browser tells which page is asking. A foreign one must not act here, whoever its user is: cookies and open mode would let it.
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
        let origin = origin.to_str().unwrap_or_default();
        if self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
            return Ok(());
        }
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let same = authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host));
        if same { Ok(()) } else { Err(Refusal::Forbidden) }
    }
}

impl Claims {
    /// Whom it is about, and where alone; `None` where it says what cannot be.
    pub fn check(&self) -> Option<(Person, Option<Arc<[AuctionId]>>)> {
        let auctions = self.auctions.as_deref().map(auctions).transpose().ok()?;
        Some((named(&self.sub, self.name.as_deref())?, auctions))
    }
}

/// The auctions of a token. One that names what is no auction does not hold.
fn auctions(named: &[String]) -> Result<Arc<[AuctionId]>, ()> {
    let ids: Option<Vec<_>> = named.iter().take(MOST_AUCTIONS + 1).map(|id| AuctionId::parse(id)).collect();
    ids.filter(|ids| ids.len() <= MOST_AUCTIONS).map(Arc::from).ok_or(())
}

/// Somebody as a token names them.
fn named(sub: &str, name: Option<&str>) -> Option<Person> {
    let fits = is_visible(sub) && sub.chars().count() <= SUB_CHARS && sub.starts_with(char::is_alphanumeric);
    let name = person(name.unwrap_or(sub)).ok()?.name;
    fits.then(|| Person::new(sub, &name))
}

/// The person of this name. In open mode the name is the identity, whatever its case and spacing. It begins with a letter or a digit, so
/// that nobody can take an id that the house keeps for itself (`@house`).
fn person(name: &str) -> Result<Person, Refusal> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if !is_visible(&name) || name.chars().count() > NAME_CHARS || !name.starts_with(char::is_alphanumeric) {
        return Err(Refusal::Malformed(format!("name: 1 to {NAME_CHARS} characters, the first a letter or a digit.")));
    }
    Ok(Person::new(&name.to_lowercase(), &name))
}

fn is_visible(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() && !is_invisible(c))
}

/// Marks that change the direction of the text around them, or take no room: one name could be made to look like another.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
    )
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(name, _)| *name == COOKIE_NAME).map(|(_, token)| token)
}

fn read_or_make_key(path: &Path) -> io::Result<Vec<u8>> {
    let key = secret::read_or_make(path, || {
        let mut key = vec![0; KEY_BYTES];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Ok(key)
    })?;
    if key.len() == KEY_BYTES {
        Ok(key)
    } else {
        Err(io::Error::other("this is not a key of 32 bytes; remove it, and everyone must sign in again"))
    }
}
