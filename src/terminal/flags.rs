//! What `watch` and `bid` are told.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::address::Address;
use super::dial::Dial;
use super::tls::Trust;

/// Which auction, who asks, and whom to believe that they are the server.
#[derive(Args, Debug)]
pub struct ServerFlags {
    /// The auction: its page's address, its socket's (ws://…/ws/ID), or its id alone for the server on this machine, port 8080
    url: String,
    /// Sign in under this name
    #[arg(long, env = "SUBASTA_NAME", value_name = "NAME")]
    name: Option<String>,
    /// Sign in by this token; it comes before a name
    #[arg(long, env = "SUBASTA_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Believe these certificates (PEM) instead of those that the system trusts: for a server that has signed its own
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    ca: Option<PathBuf>,
    /// Believe any certificate
    #[arg(long)]
    insecure: bool,
}

impl ServerFlags {
    /// Where to ask, and as whom. The error is a sentence.
    pub fn dial(&self) -> Result<Dial, String> {
        let mut address = Address::parse(&self.url)?;
        let (name, token) = (self.name.as_deref(), self.token.as_deref());
        address.sign(name.filter(|_| token.is_none()), token.is_some());
        let trust = match &self.ca {
            Some(file) => Trust::File(file.clone()),
            None if self.insecure => Trust::Anyone,
            None => Trust::System,
        };
        Dial::new(address, token, &trust)
    }
}

/// Watch an auction: a live view in a terminal, one line an event in a pipe.
#[derive(Args, Debug)]
pub struct WatchFlags {
    #[command(flatten)]
    pub(super) server: ServerFlags,
    /// Print every message as the server sends it, one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
    /// Print lines, also in a terminal
    #[arg(long)]
    pub(super) plain: bool,
    /// Lines: begin after the event of this number; 0 is the beginning
    #[arg(long, value_name = "SEQ")]
    pub(super) since: Option<u64>,
    /// Give up when the server has not been there for so long
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = humantime::parse_duration)]
    pub(super) patience: Duration,
}

/// Make one bid, and say what became of it.
#[derive(Args, Debug)]
#[command(after_help = "Exit status: 0 you lead (or the bid is placed), 3 accepted but outbid at once, 2 refused, 1 no verdict.")]
pub struct BidFlags {
    #[command(flatten)]
    pub(super) server: ServerFlags,
    /// How much, as one writes it in the auction's currency: 120 or 120.50. Left out where the price falls: what it is at the moment
    pub(super) amount: Option<String>,
    /// Bid automatically, up to the amount
    #[arg(long, requires = "amount")]
    pub(super) max: bool,
    /// Print the verdict as the server sends it
    #[arg(long)]
    pub(super) json: bool,
    /// The request's id, to ask again for the verdict on a bid that may count already [default: a new one]
    #[arg(long, value_name = "ID")]
    pub(super) id: Option<String>,
    /// Give up when there is no verdict after so long
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration)]
    pub(super) patience: Duration,
}
