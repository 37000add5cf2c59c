//! The keys that tokens are signed with: a JSON Web Key Set (RFC 7517) in a file of its own, which may change while the server runs.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::{info, warn};

use super::secret;
use crate::auction::Millis;

/// A shared secret has at least so many bytes (RFC 7518 §3.2), and one that is made here so many.
const SECRET_BYTES: usize = 32;
/// The file is looked at no more often than this.
const LOOK_MS: Millis = 1_000;
/// More keys than these are nobody's rotation.
const MOST_KEYS: usize = 16;
/// What stands before the 32 bytes of a private Ed25519 key in PKCS #8 (RFC 8410 §7).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// A set of keys, each of which is known by its `kid`. Those of a shared secret (`oct`) sign HS256, those of a pair (`OKP`, Ed25519) EdDSA; of a
/// pair the public half is enough to check.
pub struct Keys {
    path: PathBuf,
    known: Mutex<Known>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Keys").field(&self.path).finish()
    }
}

struct Known {
    keys: Vec<Key>,
    version: Version,
    looked_at: Millis,
}

#[derive(Clone)]
struct Key {
    kid: Option<String>,
    algorithm: Algorithm,
    checking: DecodingKey,
    signing: Option<EncodingKey>,
}

/// Changes with the file.
type Version = (u64, u64, i64, i64);

#[derive(Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

/// What is read of a key; whatever else it has is ignored (RFC 7517 §4).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    crv: Option<String>,
    /// The secret.
    k: Option<String>,
    /// The public half.
    x: Option<String>,
    /// The private half.
    d: Option<String>,
}

/// Why there are no keys: a sentence for whoever starts the server.
#[derive(Debug)]
pub struct KeyError(pub String);

impl Keys {
    /// The keys in `path`; where there is no such file, one is made, with one secret in it.
    pub fn open(path: &Path) -> Result<Keys, KeyError> {
        let wrong = |error: io::Error| KeyError(format!("{}: {error}", path.display()));
        secret::read_or_make(path, fresh).map_err(wrong)?;
        let version = version(path).map_err(wrong)?;
        let keys = read(path).map_err(|why| KeyError(format!("{}: {why}", path.display())))?;
        Ok(Keys { path: path.to_owned(), known: Mutex::new(Known { keys, version, looked_at: 0 }) })
    }

    /// What a token says, if it was signed with a key that is known at `now`. Whether it holds is for whoever asks.
    pub fn check<T: DeserializeOwned>(&self, token: &str, now: Millis) -> Option<T> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid;
        let key = self.key(kid.as_deref(), now)?;
        // The key says how it signs, never the token.
        let mut validation = Validation::new(key.algorithm);
        // Our own clock is the only one there is.
        validation.validate_exp = false;
        validation.validate_aud = false;
        jsonwebtoken::decode(token, &key.checking, &validation).ok().map(|token| token.claims)
    }

    /// Signs with the first key that can.
    pub fn sign<T: Serialize>(&self, claims: &T) -> Result<String, KeyError> {
        let key = self.known().keys.iter().find(|key| key.signing.is_some()).cloned();
        let signing = key.as_ref().and_then(|key| Some((key, key.signing.as_ref()?)));
        let (key, signing) = signing.ok_or_else(|| KeyError(format!("{}: no key in it can sign, only check", self.path.display())))?;
        let header = Header { kid: key.kid.clone(), ..Header::new(key.algorithm) };
        jsonwebtoken::encode(&header, claims, signing).map_err(|error| KeyError(format!("{}: {error}", self.path.display())))
    }

    /// The key of this name; a token without one means the only key there is.
    fn key(&self, kid: Option<&str>, now: Millis) -> Option<Key> {
        let mut known = self.known();
        if now - known.looked_at >= LOOK_MS {
            known.looked_at = now;
            self.look(&mut known);
        }
        match (kid, &known.keys[..]) {
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
            (Some(_), keys) => keys.iter().find(|key| key.kid.as_deref() == kid).cloned(),
        }
    }

    /// Reads the file again where it has changed. Where that fails, what was known goes on.
    fn look(&self, known: &mut Known) {
        let Ok(version) = version(&self.path) else { return };
        if version == known.version {
            return;
        }
        known.version = version;
        match read(&self.path) {
            Ok(keys) => {
                info!(file = %self.path.display(), keys = keys.len(), "the keys for tokens were read again");
                known.keys = keys;
            }
            Err(why) => warn!(file = %self.path.display(), why, "the keys for tokens cannot be read again: those from before go on"),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn version(path: &Path) -> io::Result<Version> {
    let meta = std::fs::metadata(path)?;
    Ok((meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec()))
}

fn fresh() -> io::Result<Vec<u8>> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    let kid = format!("{:08x}", fastrand::u32(..));
    let set = json!({"keys": [{"kty": "oct", "alg": "HS256", "kid": kid, "k": URL_SAFE_NO_PAD.encode(secret)}]});
    Ok(format!("{set:#}\n").into_bytes())
}

fn read(path: &Path) -> Result<Vec<Key>, String> {
    let text = std::fs::read(path).map_err(|error| error.to_string())?;
    let set: Set = serde_json::from_slice(&text).map_err(|error| format!("not a JSON Web Key Set (RFC 7517): {error}"))?;
    if set.keys.is_empty() || set.keys.len() > MOST_KEYS {
        return Err(format!("a set of 1 to {MOST_KEYS} keys"));
    }
    let keys = set.keys.iter().enumerate().map(|(at, jwk)| key(jwk).map_err(|why| format!("key {}: {why}", at + 1)));
    let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
    let twice = keys.iter().enumerate().any(|(at, key)| keys[..at].iter().any(|before| before.kid == key.kid));
    if twice { Err("two keys have the same kid, or none: a token must name its key".to_owned()) } else { Ok(keys) }
}

fn key(jwk: &Jwk) -> Result<Key, String> {
    let bytes = |what: &str, text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| format!("{what}: base64url, without padding"));
    match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("oct", _) => {
            let secret = bytes("k", jwk.k.as_deref().ok_or("k is missing")?)?;
            if secret.len() < SECRET_BYTES {
                return Err(format!("k: a secret of {SECRET_BYTES} bytes or more"));
            }
            let (checking, signing) = (DecodingKey::from_secret(&secret), EncodingKey::from_secret(&secret));
            Ok(Key { kid: jwk.kid.clone(), algorithm: Algorithm::HS256, checking, signing: Some(signing) })
        }
        ("OKP", Some("Ed25519")) => {
            let x = jwk.x.as_deref().ok_or("x is missing")?;
            let checking = DecodingKey::from_ed_components(x).map_err(|error| format!("x: {error}"))?;
            let private = jwk.d.as_deref().map(|d| bytes("d", d)).transpose()?;
            let signing = private.map(|private| EncodingKey::from_ed_der(&[&PKCS8[..], &private].concat()));
            Ok(Key { kid: jwk.kid.clone(), algorithm: Algorithm::EdDSA, checking, signing })
        }
        _ => Err("kty: \"oct\" (HS256), or \"OKP\" with crv \"Ed25519\" (EdDSA)".to_owned()),
    }
}
