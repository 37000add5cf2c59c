//! Who somebody is: names in open mode, and the signed tokens that carry them.

use std::fmt;
use std::io;
use std::path::Path;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret;
use crate::auction::{Millis, Person, Refusal};
use crate::clock::Clock;

/// The session cookie's name.
pub const COOKIE_NAME: &str = "subasta";
/// How long a token holds.
const HOLDS_SECONDS: i64 = 30 * 24 * 3_600;
const NAME_CHARS: usize = 40;
const KEY_BYTES: usize = 32;

/// Signs people in and knows them again.
pub struct Sessions {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    clock: Clock,
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

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    name: String,
    exp: i64,
}

/// Why the signing key cannot be had: a sentence for whoever starts the server.
#[derive(Debug)]
pub struct KeyError(pub String);

impl Sessions {
    /// Sessions signed with the key in `path`, which is made where it is missing.
    pub fn open(path: &Path, clock: Clock) -> Result<Sessions, KeyError> {
        let key = read_or_make_key(path).map_err(|error| KeyError(format!("{}: {error}", path.display())))?;
        let mut validation = Validation::new(Algorithm::HS256);
        // Expiry is checked against our own clock, the only one there is.
        validation.validate_exp = false;
        Ok(Sessions { signing: EncodingKey::from_secret(&key), checking: DecodingKey::from_secret(&key), validation, clock })
    }

    /// A token for whoever says that this is their name, and until when it holds.
    pub fn sign_in(&self, name: &str) -> Result<(Person, String, Millis), Refusal> {
        let person = person(name)?;
        let exp = self.clock.now() / 1_000 + HOLDS_SECONDS;
        let claims = Claims { sub: person.id.to_string(), name: person.name.to_string(), exp };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            Refusal::Unavailable
        })?;
        Ok((person, token, exp * 1_000))
    }

    /// Who is asking. `None`: nobody in particular. An error: a token was shown that does not hold, or a page of another origin asks.
    pub fn identify(&self, headers: &HeaderMap, credentials: &Credentials) -> Result<Option<Person>, Refusal> {
        check_origin(headers)?;
        // Another scheme is somebody else's: a proxy's, say.
        let header = headers.get_all(AUTHORIZATION).iter().filter_map(|value| value.to_str().ok()).find_map(bearer);
        if let Some(token) = header.or(credentials.token.as_deref()) {
            return self.check(token).map(Some).ok_or(Refusal::SignIn);
        }
        // A cookie is sent whether one wants it or not: one that does not hold counts as none.
        if let Some(person) = cookies(headers).find_map(|token| self.check(token)) {
            return Ok(Some(person));
        }
        credentials.name.as_deref().map(person).transpose()
    }

    fn check(&self, token: &str) -> Option<Person> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation).ok()?.claims;
        (claims.exp > self.clock.now() / 1_000).then(|| Person::new(&claims.sub, &claims.name))
    }
}

/// The person of this name. In open mode the name is the identity, whatever its case and spacing. It begins with a letter or a digit, so
/// that nobody can take an id that the house keeps for itself (`@house`).
fn person(name: &str) -> Result<Person, Refusal> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let visible = name.chars().all(|c| !c.is_control() && !is_invisible(c));
    if !visible || name.chars().count() > NAME_CHARS || !name.starts_with(char::is_alphanumeric) {
        return Err(Refusal::Malformed(format!("name: 1 to {NAME_CHARS} characters, the first a letter or a digit.")));
    }
    Ok(Person::new(&name.to_lowercase(), &name))
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

/// A browser tells which page is asking. A foreign one must not act here, whoever its user is: cookies and open mode would let it.
pub fn check_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let same = authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host));
    if same { Ok(()) } else { Err(Refusal::Forbidden) }
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
