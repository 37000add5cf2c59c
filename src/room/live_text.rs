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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(frame: Option<Frame>) -> Option<String> {
        let told: serde_json::Value = serde_json::from_slice(frame?.json()).expect("a frame is JSON");
        told["text"].as_str().map(str::to_owned)
    }

    #[tokio::test]
    async fn keystrokes_wait_their_turn_and_the_newest_always_comes() {
        let (mut live, sol) = (LiveText::default(), Person::new("sol", "Sol"));
        assert_eq!(said(live.say("G".into(), sol.clone())).as_deref(), Some("G"));
        assert_eq!(said(live.say("Go".into(), sol.clone())), None);
        assert_eq!(said(live.say("Gone".into(), sol.clone())), None);
        assert_eq!(live.text(), Some("Gone"), "a newcomer need not wait");
        assert_eq!(said(live.go_on()).as_deref(), Some("Gone"));
        assert_eq!(said(live.go_on()), None, "nothing new");
        assert_eq!(said(live.say("".into(), sol)).as_deref(), Some(""));
        assert_eq!(live.text(), None);
    }
}
