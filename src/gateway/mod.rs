//! Sockets and HTTP: carries what people ask into rooms, and what rooms say to people.
//!
//! One task a socket. Nothing in here decides about a bid, keeps anything durable, or trusts a message to say who sent it.

mod api;
mod conversation;
mod handshake;
mod heart;
mod impatient;
mod listen;
mod pages;
mod plain;
mod polling;
mod session;
mod socket;
mod streams;
mod workers;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

pub use listen::serve;
pub use session::{KeyError, Sessions};
pub use workers::{Workers, runtime};

use crate::room::Rooms;

/// What the gateway is told.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// A ping so often, and something to read for everyone at least so often.
    pub heartbeat_interval: Duration,
    /// Nothing heard for the interval and this: gone.
    pub heartbeat_timeout: Duration,
    /// Who takes nothing for so long is closed.
    pub slow_after: Duration,
    /// Open connections at once; past this a newcomer is told to come back.
    pub connections: usize,
    /// Threads that carry connections; 0: as many as there are processors.
    pub threads: usize,
    /// Pages from this directory instead of those in the binary: for developing them.
    pub web_dir: Option<PathBuf>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        GatewaySettings {
            heartbeat_interval: Duration::from_secs(25),
            heartbeat_timeout: Duration::from_secs(10),
            slow_after: Duration::from_secs(10),
            connections: 100_000,
            threads: 0,
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
#[derive(Clone, Debug)]
pub struct Gateway {
    rooms: Rooms,
    sessions: Arc<Sessions>,
    settings: Arc<GatewaySettings>,
    heart: Arc<heart::Heart>,
}

impl Gateway {
    /// A gateway to `rooms` for those whom `sessions` knows.
    pub fn new(rooms: Rooms, sessions: Sessions, settings: GatewaySettings) -> Gateway {
        let heart = heart::Heart::new(settings.heartbeat_interval, settings.heartbeat_timeout);
        Gateway { rooms, sessions: Arc::new(sessions), settings: Arc::new(settings), heart: Arc::new(heart) }
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/ws", get(handshake::lobby))
            .route("/ws/{auction}", get(handshake::room))
            .route("/api/session", post(api::sign_in))
            .route("/api/auctions", get(api::list).post(api::create))
            .route("/api/auctions/{auction}", get(api::look))
            .route("/api/auctions/{auction}/commands", post(api::command))
            .route("/healthz", get(async || "ok\n"))
            .route("/", get(pages::lobby))
            .route("/a/{auction}", get(pages::auction))
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
