//! Lines as a person types them into a terminal. The one place that reads major units.

use super::command::{self, Inbound};
use crate::auction::{Act, Currency, Money, Offer, Refusal};

/// What `/help` answers.
pub const HELP: [&str; 15] = [
    "120.50            bid exactly 120.50",
    "max 200           bid automatically, up to 200.00",
    "/buy              at the price of the moment, where it falls",
    "/say hello        chat",
    "/who              who is watching",
    "/open             the auctioneer: open before time",
    "/pause /resume    stop the countdown, go on",
    "/warn 1           going once; /warn 2 going twice",
    "/hammer           close now",
    "/extend 60        60 seconds more",
    "/void 7 reason    take out the bid of event 7",
    "/cancel reason    call it off",
    "/announce text    live text; each replaces the last",
    "/help             these lines",
    "{\"type\":…}        any command of the protocol, as JSON in minor units",
];

/// Reads a line; amounts are in major units of `currency`.
pub fn read(line: &str, currency: Currency) -> Result<Inbound, Refusal> {
    let line = line.trim();
    let bid = |text: &str, offer: fn(Money) -> Offer| {
        let amount = major(text.trim(), currency)?;
        Ok(Inbound::Act { request: None, act: Act::Bid(offer(amount)) })
    };
    if line == "/help" {
        Ok(Inbound::Help)
    } else if line == "/who" {
        Ok(Inbound::Who)
    } else if line == "/buy" {
        Ok(Inbound::Act { request: None, act: Act::Bid(Offer::AsAsked) })
    } else if let Some(text) = line.strip_prefix("/say ") {
        Ok(Inbound::Act { request: None, act: command::say(text.trim())? })
    } else if let Some(text) = line.strip_prefix("max ") {
        bid(text, Offer::UpTo)
    } else if let Some(command) = line.strip_prefix('/') {
        Ok(Inbound::Act { request: None, act: auctioneer(command)? })
    } else if line.starts_with(|first: char| first.is_ascii_digit()) {
        bid(line, Offer::Exact)
    } else {
        Err(unknown())
    }
}

/// What only the auctioneer types: a word, and what it needs.
fn auctioneer(command: &str) -> Result<Act, Refusal> {
    let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
    let rest = rest.trim();
    match (word, rest.is_empty()) {
        ("open", true) => Ok(Act::Open),
        ("pause", true) => Ok(Act::Pause),
        ("resume", true) => Ok(Act::Resume),
        ("hammer", true) => Ok(Act::Hammer),
        ("warn", _) => command::warn(Some(rest)),
        ("extend", _) => command::extend(rest.parse().ok().and_then(|seconds: i64| seconds.checked_mul(1_000)))
            .map_err(|_| Refusal::Malformed("Type the seconds, from 1 to 86400, like /extend 60.".to_owned())),
        ("void", _) => {
            let (seq, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            command::void(Some(seq), reason.trim(), false)
        }
        ("cancel", _) => command::cancel(rest),
        ("announce", _) => command::announce(rest),
        _ => Err(unknown()),
    }
}

fn unknown() -> Refusal {
    Refusal::Malformed("Not understood. Type an amount like 120.50 to bid, or /help.".to_owned())
}

/// `120`, `120.5`, `120.50` as minor units, without rounding; anything else, grouped thousands too, is refused.
pub fn major(text: &str, currency: Currency) -> Result<Money, Refusal> {
    let decimals = usize::from(currency.decimals());
    let wrong = || Refusal::Malformed(format!("\"{}\" is not an amount. {}", short(text), example(currency)));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > decimals || text.ends_with('.') {
        return Err(wrong());
    }
    let minor: i64 = format!("{whole}{part:0<decimals$}").parse().map_err(|_| Refusal::BadAmount)?;
    Money::new(minor).ok_or(Refusal::BadAmount)
}

fn example(currency: Currency) -> &'static str {
    if currency.decimals() == 0 { "Type whole units, like 120." } else { "Type it like 120.50." }
}

fn short(text: &str) -> String {
    text.chars().take(24).collect()
}
