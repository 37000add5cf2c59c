//! `subasta token`: signs a token for somebody, with the key that the server checks it by.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::clock::Clock;
use crate::gateway::{Claims, Keys};

/// Flags of `token`.
#[derive(Args, Debug)]
pub struct TokenFlags {
    /// Who, for good: 1 to 64 characters, the first a letter or a digit
    #[arg(long, value_name = "ID")]
    sub: String,
    /// What they are called [default: the same]
    #[arg(long)]
    name: Option<String>,
    /// What they may do, once for each; without one they watch and talk
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<RoleFlag>,
    /// An auction that it is for, once for each; without one it is for all
    #[arg(long = "auction", value_name = "ID")]
    auctions: Vec<String>,
    /// How long it holds
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    ttl: humantime::Duration,
    /// The key set (RFC 7517) to sign with: the first key in it that can; made where it is missing
    #[arg(long, env = "SUBASTA_AUTH_KEY", value_name = "FILE", default_value = "data/auth-keys.json")]
    auth_key: PathBuf,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum RoleFlag {
    /// Bids
    Bidder,
    /// Creates auctions, and runs their own
    Auctioneer,
}

/// Prints the token. The exit code is 2 where none can be made.
pub fn token(flags: &TokenFlags) -> ExitCode {
    match made(flags) {
        Ok(token) => {
            // A pipe that nobody reads is no reason to panic.
            let _ = writeln!(std::io::stdout(), "{token}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "subasta: {why}");
            ExitCode::from(2)
        }
    }
}

fn made(flags: &TokenFlags) -> Result<String, String> {
    let now = Clock::system().now() / 1_000;
    let ttl = i64::try_from(flags.ttl.as_secs()).ok().filter(|ttl| *ttl > 0).ok_or("--ttl: one second or more")?;
    let word = |role: &RoleFlag| role.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let claims = Claims {
        sub: flags.sub.clone(),
        name: flags.name.clone(),
        roles: Some(flags.roles.iter().map(word).collect()),
        auctions: Some(flags.auctions.clone()).filter(|auctions| !auctions.is_empty()),
        exp: now.saturating_add(ttl),
        nbf: None,
    };
    // What the server would not take is not given out.
    claims.check().ok_or("--sub, --name, --auction: what the server would not take; see docs/protocol.md, Tokens")?;
    if let Some(directory) = flags.auth_key.parent() {
        std::fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    }
    Keys::open(&flags.auth_key).and_then(|keys| keys.sign(&claims)).map_err(|error| error.0)
}
