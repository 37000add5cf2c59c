//! Sockets and HTTP: carries what people ask into rooms, and what rooms say to people.
//!
//! One task a socket. Nothing in here decides about a bid, keeps anything durable, or trusts a message to say who sent it.

mod api;
mod asyncapi;
mod caller;
mod conduit;
mod connection;
mod conversation;
mod documents;
mod drain;
mod export;
mod handshake;
mod heart;
mod impatient;
mod keys;
mod listen;
mod openapi;
mod pages;
mod pass;
mod polling;
mod secret;
mod session;
mod socket;
mod streams;
mod tls;
mod workers;
mod woven;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use ipnet::IpNet;
use tokio_rustls::TlsAcceptor;

pub use keys::{KeyError, Keys};
pub use listen::serve;
pub use session::{Admission, Claims, Sessions};
pub use tls::{Certificate, TlsError};
pub use workers::{Workers, runtime};

use crate::auction::Millis;
use crate::room::Rooms;
use caller::Proxies;

/// What the gateway is told.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// A ping so often, and something to read for everyone at least so often.
    pub heartbeat_interval: Duration,
    /// Nothing heard for the interval and this: gone.
    pub heartbeat_timeout: Duration,
    /// Who takes nothing for so long is closed.
    pub slow_after: Duration,
    /// Before a restart sockets are closed within this, each at a moment of its own …
    pub drain_spread: Duration,
    /// … and those in the last minute of an auction within this.
    pub drain_limit: Duration,
    /// Open connections at once; past this a newcomer is told to come back.
    pub connections: usize,
    /// Threads that carry connections; 0: as many as there are processors.
    pub threads: usize,
    /// Where there is one, TLS is spoken, and nothing else.
    pub tls: Option<Certificate>,
    /// Whether an HTTP/2 connection may carry sockets (RFC 8441).
    pub http2_sockets: bool,
    /// Proxies whose word on the client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whom it lets in, …
    pub admission: Admission,
    /// … and which pages of other origins may act for them: `https://example.org`.
    pub origins: Vec<String>,
    /// So long after its end a token still watches, while the next one is on its way. Nothing is done with it.
    pub grace: Duration,
    /// Pages from this directory instead of those in the binary: for developing them.
    pub web_dir: Option<PathBuf>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        GatewaySettings {
            heartbeat_interval: Duration::from_secs(25),
            heartbeat_timeout: Duration::from_secs(10),
            slow_after: Duration::from_secs(10),
            drain_spread: Duration::from_secs(10),
            drain_limit: Duration::from_secs(120),
            connections: 100_000,
            threads: 0,
            tls: None,
            http2_sockets: false,
            trusted_proxies: Vec::new(),
            admission: Admission::Open,
            origins: Vec::new(),
            grace: Duration::from_secs(25),
            web_dir: None,
        }
    }
}

/// A request's head, and a handshake's, must be here in this time.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// A request must be answered, its body read, in this time.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The most of a request's body that is read: the longest description of a lot, in any script, and the rest of its terms.
const BODY_LIMIT: usize = 32 * 1024;

/// What every request and socket may need. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    rooms: Rooms,
    sessions: Arc<Sessions>,
    settings: Arc<GatewaySettings>,
    heart: Arc<heart::Heart>,
    drain: Arc<drain::Drain>,
    proxies: Arc<Proxies>,
    site: Arc<pages::Site>,
    tls: Option<TlsAcceptor>,
}

impl Gateway {
    /// A gateway to `rooms` for those whom `sessions` knows. The error is of the certificate.
    pub fn new(rooms: Rooms, sessions: Sessions, settings: GatewaySettings) -> Result<Gateway, TlsError> {
        let tls = settings.tls.as_ref().map(tls::acceptor).transpose()?;
        let heart = Arc::new(heart::Heart::new(settings.heartbeat_interval, settings.heartbeat_timeout));
        let proxies = Arc::new(Proxies::new(settings.trusted_proxies.clone()));
        let drain = Arc::new(drain::Drain::new(settings.drain_spread, settings.drain_limit));
        let site = Arc::new(pages::Site::embedded().expect("a test renders every page in every language"));
        Ok(Gateway { rooms, sessions: Arc::new(sessions), settings: Arc::new(settings), heart, drain, proxies, site, tls })
    }

    /// Lets everyone go before a restart, one after the other, and nobody in. Returns once all are gone, or their time is over; what is left is
    /// then for [`Rooms::stop`].
    pub async fn drain(&self) {
        self.drain.run(&self.heart, self.rooms.clock()).await;
    }

    /// Until when a token that ends then may watch.
    fn lasts(&self, until: Option<Millis>) -> Millis {
        until.map_or(Millis::MAX, |until| until.saturating_add(heart::millis(self.settings.grace)))
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/ws", get(handshake::lobby).connect(handshake::lobby))
            .route("/ws/{auction}", get(handshake::room).connect(handshake::room))
            .route("/api/session", post(api::sign_in))
            .route("/api/auctions", get(api::list).post(api::create).layer(middleware::from_fn(pages::compressed)))
            .route("/api/auctions/{auction}", get(api::look).layer(middleware::from_fn(pages::compressed)))
            .route("/api/auctions/{auction}/commands", post(api::command))
            .route("/api/auctions/{auction}/log", get(export::log))
            .route("/healthz", get(async || "ok\n"))
            .route("/openapi.json", get(documents::openapi))
            .route("/asyncapi.json", get(documents::asyncapi))
            .route("/readyz", get(api::ready))
            .route("/", get(pages::lobby))
            .route("/a/{auction}", get(pages::auction))
            .route("/console", get(pages::console))
            .route("/api/{*rest}", axum::routing::any(api::nothing))
            .fallback(pages::file)
            .method_not_allowed_fallback(api::wrong_method)
            .layer(middleware::from_fn(api::in_time))
            // These take the time that they are asked to take.
            .route("/api/auctions/{auction}/events", get(polling::events))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .with_state(self.clone())
    }
}
