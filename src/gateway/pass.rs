//! What somebody may do here, where, and for how long.

use std::sync::Arc;

use crate::auction::{Act, AuctionId, Millis, Person, Refusal, Roles};

/// Who somebody is, and what was granted to them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pass {
    /// Who.
    pub person: Person,
    /// What they may do.
    pub roles: Roles,
    /// Where alone; `None`: everywhere.
    pub auctions: Option<Arc<[AuctionId]>>,
    /// From this moment on it holds no more; `None`: a name that was given on the spot.
    pub until: Option<Millis>,
}

impl Pass {
    /// Of somebody who only said their name: where that is enough, everyone may do all that is theirs to do.
    pub fn of_name(person: Person) -> Pass {
        Pass { person, roles: Roles::ALL, auctions: None, until: None }
    }

    /// As messages tell it.
    pub fn you(&self) -> (&Person, Roles) {
        (&self.person, self.roles)
    }

    /// Refused where it does not hold in this auction.
    pub fn open(&self, auction: &AuctionId) -> Result<(), Refusal> {
        let here = self.auctions.as_ref().is_none_or(|auctions| auctions.contains(auction));
        here.then_some(()).ok_or(Refusal::Forbidden)
    }

    /// Refused where it does not reach for this act. Whose auction it is, is for the rules.
    pub fn allow(&self, act: &Act, now: Millis) -> Result<(), Refusal> {
        self.hold(now)?;
        match act {
            Act::Say(_) => Ok(()),
            Act::Bid(_) if self.roles.bidder => Ok(()),
            act if act.is_auctioneers() && self.roles.auctioneer => Ok(()),
            _ => Err(Refusal::Forbidden),
        }
    }

    /// Refused where no auction may be created with it. One for some auctions is for no others, not even new ones.
    pub fn allow_creating(&self, now: Millis) -> Result<(), Refusal> {
        self.hold(now)?;
        (self.roles.auctioneer && self.auctions.is_none()).then_some(()).ok_or(Refusal::Forbidden)
    }

    fn hold(&self, now: Millis) -> Result<(), Refusal> {
        self.until.is_none_or(|until| now < until).then_some(()).ok_or(Refusal::SignIn)
    }
}
