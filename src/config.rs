//! Configuration: flags before environment (`SUBASTA_…`) before `config.toml` before defaults, into one struct.
//!
//! Unknown keys and bad values are refused in one line that names file, key and what is allowed. Each part is handed its own settings.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use serde::Deserialize;

use crate::auction::{AuctionId, Grace};
use crate::gateway::{Admission, Certificate, GatewaySettings};
use crate::replay::ReplayFlags;
use crate::room::{Listing, RoomSettings};
use crate::terminal::{BidFlags, WatchFlags};
use crate::token::TokenFlags;
use crate::verify::VerifyFlags;
use crate::wire::TermsIn;

/// The command line.
#[derive(Parser, Debug)]
#[command(name = "subasta", version, about = "An auction server: everyone sees every bid the moment it is made.")]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; `serve` when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

/// What the program can do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run the server (this is what happens when no command is given)
    Serve(Flags),
    /// Watch an auction: a live view in a terminal, one line an event in a pipe
    Watch(WatchFlags),
    /// Make one bid, and say what became of it
    Bid(BidFlags),
    /// Judge a log again: its chain of hashes, and every decision in it
    Verify(VerifyFlags),
    /// Replay recorded bids (CSV) through the rules
    Replay(ReplayFlags),
    /// Sign a token for somebody, for a server that lets in only who has one
    Token(TokenFlags),
}

/// Flags of `serve`; each is also an environment variable, and a key of config.toml.
#[derive(Args, Debug, Default, Clone)]
pub struct Flags {
    /// The file to read the rest from [default: config.toml, where there is one]
    #[arg(long, env = "SUBASTA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The address to listen at [default: 127.0.0.1]
    #[arg(long, env = "SUBASTA_LISTEN", value_name = "ADDR")]
    listen: Option<IpAddr>,
    /// The port to listen at; 0 takes a free one [default: 8080]
    #[arg(long, env = "SUBASTA_PORT")]
    port: Option<u16>,
    /// Threads that carry connections; 0 takes as many as there are processors [default: 0]
    #[arg(long, env = "SUBASTA_THREADS")]
    threads: Option<usize>,
    /// Where the log and the signing key are kept [default: data]
    #[arg(long, env = "SUBASTA_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The certificate for HTTPS, its chain behind it: a PEM file, with --tls-key
    #[arg(long, env = "SUBASTA_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key: a PEM file
    #[arg(long, env = "SUBASTA_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// HTTPS with a certificate that the server makes for itself and keeps in the data directory
    #[arg(long, env = "SUBASTA_TLS_SELF_SIGNED", conflicts_with_all = ["tls_cert", "tls_key"])]
    tls_self_signed: bool,
    /// Who gets in: anyone under any name, or who has a token [default: open]
    #[arg(long, env = "SUBASTA_AUTH", value_name = "MODE")]
    auth: Option<AuthMode>,
    /// The keys (RFC 7517) that tokens are signed with [default: auth-keys.json in the data directory, made where it is missing]
    #[arg(long, env = "SUBASTA_AUTH_KEY", value_name = "FILE")]
    auth_key: Option<PathBuf>,
    /// A ping to every socket so often [default: 25s]
    #[arg(long, env = "SUBASTA_HEARTBEAT_INTERVAL", value_name = "DURATION")]
    heartbeat_interval: Option<Humane>,
    /// Nothing heard for the interval and this: the socket is closed [default: 10s]
    #[arg(long, env = "SUBASTA_HEARTBEAT_TIMEOUT", value_name = "DURATION")]
    heartbeat_timeout: Option<Humane>,
    /// Before a restart (SIGTERM) sockets are closed within this, each at a moment of its own [default: 10s]
    #[arg(long, env = "SUBASTA_DRAIN_SPREAD", value_name = "DURATION")]
    drain_spread: Option<Humane>,
    /// Those in the last minute of an auction are closed within this [default: 2m]
    #[arg(long, env = "SUBASTA_DRAIN_LIMIT", value_name = "DURATION")]
    drain_limit: Option<Humane>,
    /// What to log: error, warn, info, debug, trace, or by module: `info,subasta::room=debug` [default: info]
    #[arg(long, env = "SUBASTA_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How to log [default: text]
    #[arg(long, env = "SUBASTA_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// Serve the pages from this directory instead of from the binary: for working on them
    #[arg(long, env = "SUBASTA_WEB_DIR", value_name = "DIR")]
    web_dir: Option<PathBuf>,
}

/// How log lines look.
#[derive(ValueEnum, Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs, one object a line.
    Json,
}

/// Who gets in.
#[derive(ValueEnum, Deserialize, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
enum AuthMode {
    /// Anyone, under any name.
    #[default]
    Open,
    /// Who has a token.
    Token,
}

/// A duration as a person writes it: `25s`, `500ms`, `1m 30s`.
#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(try_from = "String")]
struct Humane(Duration);

impl FromStr for Humane {
    type Err = String;

    fn from_str(text: &str) -> Result<Humane, String> {
        let bad = |_| format!("\"{text}\" is not a duration; write it like \"25s\", \"500ms\" or \"1m 30s\"");
        humantime::parse_duration(text).map(Humane).map_err(bad)
    }
}

impl TryFrom<String> for Humane {
    type Error = String;

    fn try_from(text: String) -> Result<Humane, String> {
        text.parse()
    }
}

/// An address, or all that begin alike: `127.0.0.1`, `10.0.0.0/8`.
#[derive(Deserialize, Debug, Clone, Copy)]
#[serde(try_from = "String")]
struct Net(IpNet);

impl TryFrom<String> for Net {
    type Error = String;

    fn try_from(text: String) -> Result<Net, String> {
        let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(Net).map_err(|_| format!("\"{text}\" is neither an address nor a net; write it like \"127.0.0.1\" or \"10.0.0.0/8\""))
    }
}

/// `config.toml` as it is written; every key may be left out.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    listen: Option<IpAddr>,
    port: Option<u16>,
    threads: Option<usize>,
    data_dir: Option<PathBuf>,
    log: Option<String>,
    log_format: Option<LogFormat>,
    web_dir: Option<PathBuf>,
    trusted_proxies: Vec<Net>,
    tls: TlsKeys,
    http2: Http2Keys,
    heartbeat: HeartbeatKeys,
    drain: DrainKeys,
    outage: OutageKeys,
    limits: LimitKeys,
    auth: AuthKeys,
    auction: Vec<toml::Table>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct TlsKeys {
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    self_signed: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Http2Keys {
    websocket: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct HeartbeatKeys {
    interval: Option<Humane>,
    timeout: Option<Humane>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct DrainKeys {
    spread: Option<Humane>,
    limit: Option<Humane>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct OutageKeys {
    window: Option<Humane>,
    grace: Option<Humane>,
    pulse: Option<Humane>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct LimitKeys {
    connections: Option<usize>,
    mailbox: Option<usize>,
    auctions: Option<usize>,
    slow_after: Option<Humane>,
    room_idle: Option<Humane>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct AuthKeys {
    mode: Option<AuthMode>,
    key: Option<PathBuf>,
    origins: Vec<String>,
    grace: Option<Humane>,
    open_anywhere: bool,
}

/// Everything the server is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the log and the key are kept.
    pub data_dir: PathBuf,
    /// What to log.
    pub log: String,
    /// How to log.
    pub log_format: LogFormat,
    /// For the gateway.
    pub gateway: GatewaySettings,
    /// For the rooms.
    pub rooms: RoomSettings,
    /// What the house lists.
    pub listings: Vec<Listing>,
}

/// One line for whoever starts the server.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Read where no other file is named, if it is there.
const DEFAULT_FILE: &str = "config.toml";

impl Cli {
    /// What to do.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.flags))
    }
}

impl Config {
    /// Puts flags, environment (which clap has read) and file together.
    pub fn load(flags: Flags) -> Result<Config, ConfigError> {
        let (path, text) = read(flags.config.as_deref())?;
        let name = path.display().to_string();
        let file = parse(&name, &text)?;
        let listings = file.auction.into_iter().enumerate();
        let listings = listings.map(|(index, table)| listing(&name, index + 1, table)).collect::<Result<Vec<_>, _>>()?;
        for (index, listing) in listings.iter().enumerate() {
            if listings[..index].iter().any(|before| before.name == listing.name) {
                return Err(ConfigError(format!("{name}: auction {}: id: \"{}\" is there already", index + 1, listing.name)));
            }
        }
        let (limits, rooms, gateway) = (file.limits, RoomSettings::default(), GatewaySettings::default());
        let within = |key: &str, value: Option<Humane>, or: Duration| match value.map_or(or, |humane| humane.0) {
            value if (MIN_WAIT..=MAX_WAIT).contains(&value) => Ok(value),
            _ => Err(ConfigError(format!("{name}, flags and environment: {key}: must be from 100ms to 1day"))),
        };
        let count = |key: &str, value: Option<usize>, or: usize| match value.unwrap_or(or) {
            value if (1..=MAX_COUNT).contains(&value) => Ok(value),
            _ => Err(ConfigError(format!("{name}: {key}: must be from 1 to {MAX_COUNT}"))),
        };
        let listen =
            SocketAddr::new(flags.listen.or(file.listen).unwrap_or(Ipv4Addr::LOCALHOST.into()), flags.port.or(file.port).unwrap_or(8080));
        let data_dir = flags.data_dir.or(file.data_dir).unwrap_or_else(|| "data".into());
        let by_flag = TlsKeys { cert: flags.tls_cert, key: flags.tls_key, self_signed: flags.tls_self_signed };
        let tls = if by_flag.cert.is_some() || by_flag.self_signed { by_flag } else { file.tls };
        let tls = certificate(tls, listen.ip(), &data_dir).map_err(|why| ConfigError(format!("{name}: tls: {why}")))?;
        let admission = file.auth.admission(flags.auth, flags.auth_key, &data_dir);
        let origins = file.auth.origins.into_iter().map(origin).collect::<Result<_, _>>();
        let origins = origins.map_err(|why| ConfigError(format!("{name}: auth.origins: {why}")))?;
        let interval = flags.heartbeat_interval.or(file.heartbeat.interval);
        let timeout = flags.heartbeat_timeout.or(file.heartbeat.timeout);
        let (spread, limit) = (flags.drain_spread.or(file.drain.spread), flags.drain_limit.or(file.drain.limit));
        let config = Config {
            listen,
            data_dir,
            log: flags.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            log_format: flags.log_format.or(file.log_format).unwrap_or_default(),
            gateway: GatewaySettings {
                heartbeat_interval: within("heartbeat.interval", interval, gateway.heartbeat_interval)?,
                heartbeat_timeout: within("heartbeat.timeout", timeout, gateway.heartbeat_timeout)?,
                drain_spread: within("drain.spread", spread, gateway.drain_spread)?,
                drain_limit: within("drain.limit", limit, gateway.drain_limit)?,
                slow_after: within("limits.slow_after", limits.slow_after, gateway.slow_after)?,
                connections: count("limits.connections", limits.connections, gateway.connections)?,
                threads: flags.threads.or(file.threads).unwrap_or(0).min(MAX_THREADS),
                tls,
                http2_sockets: file.http2.websocket,
                trusted_proxies: file.trusted_proxies.into_iter().map(|net| net.0).collect(),
                admission,
                origins,
                grace: within("auth.grace", file.auth.grace, gateway.grace)?,
                web_dir: flags.web_dir.or(file.web_dir),
            },
            rooms: RoomSettings {
                mailbox: count("limits.mailbox", limits.mailbox, rooms.mailbox)?,
                auctions: count("limits.auctions", limits.auctions, rooms.auctions)?,
                idle_after: within("limits.room_idle", limits.room_idle, rooms.idle_after)?,
                outage: file.outage.grace(rooms.outage).map_err(|why| ConfigError(format!("{name}: {why}")))?,
                pulse: file.outage.pulse(rooms.pulse).map_err(|why| ConfigError(format!("{name}: {why}")))?,
                house_names: listings.iter().map(|listing| listing.name.clone()).collect(),
            },
            listings,
        };
        if let Some(directory) = config.gateway.web_dir.as_deref().filter(|directory| !directory.is_dir()) {
            return Err(ConfigError(format!("{name}, flags and environment: web_dir: there is no directory {}", directory.display())));
        }
        check_open_mode(&config, file.auth.open_anywhere)?;
        Ok(config)
    }
}

impl AuthKeys {
    fn admission(&self, mode: Option<AuthMode>, key: Option<PathBuf>, data_dir: &Path) -> Admission {
        match mode.or(self.mode).unwrap_or_default() {
            AuthMode::Open => Admission::Open,
            AuthMode::Token => {
                Admission::Token { keys: key.or_else(|| self.key.clone()).unwrap_or_else(|| data_dir.join("auth-keys.json")) }
            }
        }
    }
}

impl OutageKeys {
    fn grace(&self, or: Grace) -> Result<Grace, &'static str> {
        let ms = |value: Option<Humane>, or: i64, wrong: &'static str| match value {
            None => Ok(or),
            Some(Humane(value)) if (MIN_WAIT..=MAX_WAIT).contains(&value) => i64::try_from(value.as_millis()).map_err(|_| wrong),
            Some(_) => Err(wrong),
        };
        Ok(Grace {
            window_ms: ms(self.window, or.window_ms, "outage.window: must be from 100ms to 1day")?,
            grace_ms: ms(self.grace, or.grace_ms, "outage.grace: must be from 100ms to 1day")?,
        })
    }

    fn pulse(&self, or: Duration) -> Result<Duration, &'static str> {
        let value = self.pulse.map_or(or, |humane| humane.0);
        let good = (MIN_WAIT..=MAX_PULSE).contains(&value);
        good.then_some(value).ok_or("outage.pulse: must be from 100ms to 1m")
    }
}

/// An id's characters, less those of a number.
const LONGEST_RELISTED: usize = AuctionId::MAX_LEN - 13;
const MIN_WAIT: Duration = Duration::from_millis(100);
const MAX_WAIT: Duration = Duration::from_secs(24 * 3_600);
/// What is known of an outage is at most so old.
const MAX_PULSE: Duration = Duration::from_secs(60);
const MAX_COUNT: usize = 1_000_000;
const MAX_THREADS: usize = 256;

/// In open mode a name is taken on trust: only this machine may ask, unless somebody has said otherwise.
fn check_open_mode(config: &Config, open_anywhere: bool) -> Result<(), ConfigError> {
    let open = config.gateway.admission == Admission::Open;
    if !open || config.listen.ip().is_loopback() || open_anywhere {
        return Ok(());
    }
    Err(ConfigError(format!(
        "listen: {} is not a loopback address, and anyone could sign in under any name: let in who has a token (--auth token), or set open_anywhere = true under [auth] in config.toml to allow that",
        config.listen.ip()
    )))
}

/// The origin of a page as browsers send it (RFC 6454 §6.2): nothing behind the host and port.
fn origin(text: String) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let good = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '?', '#', '@', ' ']));
    if good { Ok(text) } else { Err(format!("\"{text}\" is no origin; write it like \"https://example.org\"")) }
}

/// Which certificate is meant, if any.
fn certificate(keys: TlsKeys, listen: IpAddr, data_dir: &Path) -> Result<Option<Certificate>, &'static str> {
    match (keys.cert, keys.key, keys.self_signed) {
        (None, None, false) => Ok(None),
        (Some(chain), Some(key), false) => Ok(Some(Certificate::Files { chain, key })),
        (None, None, true) => {
            let names = if listen.is_unspecified() || listen.is_loopback() { Vec::new() } else { vec![listen.to_string()] };
            Ok(Some(Certificate::SelfSigned { file: data_dir.join("self-signed.pem"), names }))
        }
        (_, _, true) => Err("self_signed, or cert and key, not both"),
        _ => Err("cert and key belong together"),
    }
}

fn read(named: Option<&Path>) -> Result<(PathBuf, String), ConfigError> {
    let path = named.unwrap_or(Path::new(DEFAULT_FILE));
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((path.to_owned(), text)),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok((path.to_owned(), String::new())),
        Err(error) => Err(ConfigError(format!("{}: cannot be read: {error}", path.display()))),
    }
}

fn parse(name: &str, text: &str) -> Result<File, ConfigError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.matches('\n').count() + 1);
        ConfigError(format!("{name}: line {line}: {}", one_line(error.message())))
    })?;
    serde_path_to_error::deserialize(table).map_err(|error| at_key(name, "", &error))
}

/// An `[[auction]]`: terms as in the protocol, and how it is listed. `number` counts from 1.
fn listing(name: &str, number: usize, mut table: toml::Table) -> Result<Listing, ConfigError> {
    let wrong = |key: &str, why: &str| ConfigError(format!("{name}: auction {number}: {key}: {why}"));
    for key in ["starts_at", "ends_at", "duration_ms"] {
        if table.contains_key(key) {
            return Err(wrong(key, "not here; give duration = \"10m\""));
        }
    }
    let relist = match table.remove("relist") {
        None => false,
        Some(toml::Value::Boolean(relist)) => relist,
        Some(_) => return Err(wrong("relist", "true or false")),
    };
    let duration = table.remove("duration").and_then(|value| value.as_str().map(str::to_owned));
    let duration: Humane =
        duration.ok_or_else(|| wrong("duration", "required, like \"10m\""))?.parse().map_err(|why: String| wrong("duration", &why))?;
    let duration_ms = i64::try_from(duration.0.as_millis()).map_err(|_| wrong("duration", "at most five years"))?;
    if duration.0.is_zero() {
        return Err(wrong("duration", "longer than nothing"));
    }
    let terms: TermsIn = serde_path_to_error::deserialize(table).map_err(|error| at_key(name, &format!("auction {number}: "), &error))?;
    // What cannot stand today cannot stand later: it is better said at the start.
    let checked = terms.clone().lasting(duration_ms).resolve(0).and_then(|terms| terms.check(0));
    checked.map_err(|fault| wrong(&fault.field, &fault.why))?;
    let id = terms.id().and_then(AuctionId::parse).ok_or_else(|| wrong("id", "required: its name in addresses"))?;
    if relist && id.as_str().len() > LONGEST_RELISTED {
        return Err(wrong("id", "at most 50 characters, so that a number fits behind it"));
    }
    Ok(Listing { name: id, terms, duration_ms, relist })
}

fn at_key(name: &str, part: &str, error: &serde_path_to_error::Error<toml::de::Error>) -> ConfigError {
    let path = error.path().to_string();
    let key = if path == "." { String::new() } else { format!("{path}: ") };
    ConfigError(format!("{name}: {part}{key}{}", one_line(error.inner().message())))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
