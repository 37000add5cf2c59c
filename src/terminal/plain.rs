//! An auction in lines: one an event, to be read, searched and piped.

use std::io::{self, Write};

use super::link::{End, Link, News};
use super::message::{Event, Message, Welcome};
use super::{text, words};
use crate::auction::Currency;
use crate::clock;

/// What a line is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Words.
    Words,
    /// JSON, as it came.
    Json,
}

/// How it came to an end.
#[derive(Debug)]
pub enum Finish {
    /// The link's last word.
    Link(End),
    /// Nobody reads the lines any more.
    Unread,
    /// The lines cannot be written.
    Unwritten(io::Error),
}

impl From<io::Error> for Finish {
    fn from(error: io::Error) -> Finish {
        if error.kind() == io::ErrorKind::BrokenPipe { Finish::Unread } else { Finish::Unwritten(error) }
    }
}

/// Prints what the link tells: what happens in the auction to `out`, what happens to the connection to `aside`.
pub async fn print(link: &mut Link, form: Form, out: &mut impl Write, aside: &mut impl Write) -> Finish {
    let mut currency = None;
    while let Some(news) = link.news.recv().await {
        if let News::Over(end) = news {
            return Finish::Link(end);
        }
        let written = tell(&news, form, &mut currency, aside).into_iter().try_for_each(|line| writeln!(out, "{line}"));
        if let Err(error) = written.and_then(|()| out.flush()) {
            return error.into();
        }
    }
    Finish::Link(End::Failed("the connection's task has ended".to_owned()))
}

/// The lines for `out`. What goes `aside` may be lost.
fn tell(news: &News, form: Form, currency: &mut Option<Currency>, aside: &mut impl Write) -> Vec<String> {
    let mut say = |what: String| drop(writeln!(aside, "subasta: {what}"));
    match news {
        News::Up { welcome, missed, json } => {
            let first = currency.is_none();
            *currency = welcome.auction.currency().or(*currency);
            if *missed {
                say("the server does not go back so far: events are missing".to_owned());
            } else if !first {
                say("connected again".to_owned());
            }
            match form {
                Form::Json => vec![text::one_line(json)],
                Form::Words if first || *missed => currency.map(|currency| standing(welcome, currency)).into_iter().collect(),
                Form::Words => Vec::new(),
            }
        }
        News::Heard { json, .. } if form == Form::Json => vec![text::one_line(json)],
        News::Heard { message: Message::Event(event), .. } => currency.map(|currency| happened(event, currency)).into_iter().collect(),
        News::Heard { message: Message::Resync(resync), .. } => {
            say("too slow to follow: events are missing".to_owned());
            currency.map(|currency| format!("now {}", words::standing(&resync.auction, currency))).into_iter().collect()
        }
        News::Heard { .. } | News::Over(_) => Vec::new(),
        News::Down { why, back_in } => {
            say(format!("{why}; trying again in {}.{} s", back_in.as_secs(), back_in.subsec_millis() / 100));
            Vec::new()
        }
    }
}

fn standing(welcome: &Welcome, currency: Currency) -> String {
    format!("{} #{} now {}", clock::utc(welcome.now), welcome.auction.seq, words::standing(&welcome.auction, currency))
}

/// When, its number, what.
fn happened(event: &Event, currency: Currency) -> String {
    format!("{} #{} {}", clock::utc(event.at), event.seq, words::event(event, currency))
}
