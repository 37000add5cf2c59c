//! Lines as a person types them into a terminal. The one place that reads major units.

use super::command::Inbound;
use crate::auction::{Act, Currency, Money, Offer, Refusal};

/// What `/help` answers.
pub const HELP: [&str; 5] = [
    "120.50        bid exactly 120.50",
    "max 200       bid automatically, up to 200.00",
    "/say hello    chat",
    "/who          who is watching",
    "{\"type\":…}    any command of the protocol, as JSON in minor units",
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
    } else if let Some(text) = line.strip_prefix("/say ") {
        Ok(Inbound::Act { request: None, act: super::command::say(text.trim())? })
    } else if let Some(text) = line.strip_prefix("max ") {
        bid(text, Offer::UpTo)
    } else if line.starts_with(|first: char| first.is_ascii_digit()) {
        bid(line, Offer::Exact)
    } else {
        Err(Refusal::Malformed("Not understood. Type an amount like 120.50 to bid, or /help.".to_owned()))
    }
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
