//! A creation that was asked for under a request id: found again by it, in the log, for ever.

use super::record::{self, People};
use crate::auction::{AuctionId, Fact, Millis, Person, Refusal, RequestId};
use crate::log::{EventLog, Mark};

/// The verdict on a creation that was accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Created {
    /// The auction's.
    pub id: AuctionId,
    /// When it was created.
    pub at: Millis,
}

/// What the log finds an auction by that `seller` asked for as `request`. The length keeps two pairs from being one text.
pub fn key(seller: &Person, request: &RequestId) -> String {
    format!("{}:{}{}", seller.id.len(), seller.id, request.as_str())
}

/// The first verdict on what `seller` asked for, its name and the digest of its body; `None` where it was never accepted.
pub async fn before(log: &dyn EventLog, seller: &Person, (request, digest): &(RequestId, u64)) -> Result<Option<Created>, Refusal> {
    let unreadable = |error: String| {
        tracing::error!(%error, "cannot look up what was created before");
        Refusal::Unavailable
    };
    let found = log.find(&key(seller, request)).await.map_err(|error| unreadable(error.to_string()))?;
    let Some(id) = found.as_deref().and_then(AuctionId::parse) else { return Ok(None) };
    let first = log.read(id.as_str(), Mark::start(id.as_str()), 1).await.map_err(|error| unreadable(error.to_string()))?;
    let first = first.first().ok_or_else(|| unreadable("it has no records".to_owned()))?;
    let event = record::decode(&first.body, &mut People::default()).map_err(unreadable)?;
    match event.fact {
        Fact::Created { request: Some((_, known)), .. } if known == *digest => Ok(Some(Created { id, at: event.at })),
        _ => Err(Refusal::IdReused(request.clone())),
    }
}
