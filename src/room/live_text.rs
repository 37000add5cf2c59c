//! The auctioneer's live text: shown, never stored. It may come by the keystroke; everyone is told in turns, and the newest always arrives.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::Sleep;

use crate::auction::Person;
use crate::wire::{self, Frame};

/// Told at most so often.
const EVERY: Duration = Duration::from_millis(100);

/// What is announced in one room, for as long as it is awake.
#[derive(Default)]
pub struct LiveText {
    said: Option<(Box<str>, Person)>,
    hold: Option<Pin<Box<Sleep>>>,
    /// It has changed since everyone was told.
    stale: bool,
}

impl LiveText {
    /// Replaces the text; what is to be told now, if anything is.
    pub fn say(&mut self, text: Box<str>, by: Person) -> Option<Frame> {
        self.said = Some((text, by));
        self.stale = true;
        self.tell()
    }

    /// As a newcomer is told; `None` where there is none.
    pub fn text(&self) -> Option<&str> {
        self.said.as_ref().map(|(text, _)| &**text).filter(|text| !text.is_empty())
    }

    /// The wait until everyone may be told again.
    pub fn hold(&mut self) -> Option<&mut Pin<Box<Sleep>>> {
        self.hold.as_mut()
    }

    /// The hold is over; what is to be told now, if anything is.
    pub fn go_on(&mut self) -> Option<Frame> {
        self.hold = None;
        self.tell()
    }

    fn tell(&mut self) -> Option<Frame> {
        let (text, by) = self.said.as_ref().filter(|_| self.stale && self.hold.is_none())?;
        self.stale = false;
        self.hold = Some(Box::pin(tokio::time::sleep(EVERY)));
        Some(wire::announcing(text, by))
    }
}
