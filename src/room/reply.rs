//! How a verdict gets back to whoever asked: through a channel, or straight into a member's way out.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::door::Verdict;
use super::member::Member;
use crate::auction::{Refusal, RequestId};
use crate::wire::{self, Frame};

/// Somebody waits for a verdict. Dropping it says that there is none.
#[derive(Debug)]
pub struct Reply(Option<To>);

#[derive(Debug)]
enum To {
    Asker(oneshot::Sender<Verdict>),
    Member { member: Arc<Member>, request: Option<RequestId> },
}

impl Reply {
    /// To whoever holds the other end.
    pub fn channel() -> (Reply, oneshot::Receiver<Verdict>) {
        let (sender, receiver) = oneshot::channel();
        (Reply(Some(To::Asker(sender))), receiver)
    }

    /// To `member`, as the answer to its `request`.
    pub fn member(member: Arc<Member>, request: Option<RequestId>) -> Reply {
        member.expect();
        Reply(Some(To::Member { member, request }))
    }

    /// Gives the verdict, behind the event `seq`. A member is answered, whose bytes are still to be written.
    pub(super) fn give(mut self, verdict: Verdict, seq: u64) -> Option<Arc<Member>> {
        match self.0.take()? {
            To::Asker(asker) => {
                // Whoever has hung up asks again with the same id.
                let _ = asker.send(verdict);
                None
            }
            To::Member { member, request } => {
                tell(&member, request.as_ref(), &verdict, seq);
                Some(member)
            }
        }
    }

    /// Nothing was handed in: whoever asked is told so in another way.
    pub(super) fn withdraw(mut self) {
        if let Some(To::Member { member, .. }) = self.0.take() {
            member.expect_less();
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(To::Member { member, request }) = self.0.take() {
            tell(&member, request.as_ref(), &Err(Refusal::NoVerdict), 0);
            member.beckon();
        }
    }
}

fn tell(member: &Member, request: Option<&RequestId>, verdict: &Verdict, seq: u64) {
    let json = match verdict {
        Ok(accepted) => wire::to_json(&wire::accepted(request, accepted)),
        Err(refusal) => wire::to_json(&wire::refused(request, refusal)),
    };
    member.tell_message(&Frame::text(&json), seq);
    if member.expect_less() {
        member.beckon();
    }
}
