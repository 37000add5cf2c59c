//! `subasta bid`: one bid, exactly once, and what became of it.
//!
//! Over HTTP: there a request id has its verdict also after the auction's end, when a socket would only be told that it is over.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use super::back_off::BackOff;
use super::dial::{Dial, Trouble};
use super::flags::BidFlags;
use super::message::{Accepted, Auction, Refused, show};
use super::text::{Text, one_line};
use super::{TROUBLE, USAGE, block_on, fail, words};
use crate::auction::{Currency, Money, RequestId};
use crate::clock::{Clock, Millis};
use crate::wire;

/// Accepted, but others go further.
const OUTBID: u8 = 3;
/// It does not count.
const REFUSED: u8 = 2;

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// A line for standard output, and the exit code.
    Verdict { line: String, code: u8 },
    /// It was not tried, and never will be as it stands.
    Wrong(String),
    /// There is no verdict: why.
    Trouble(String),
}

/// Bids, and waits for the verdict: 0 leading (or placed), 3 outbid at once, 2 refused, 1 none.
pub fn bid(flags: &BidFlags) -> ExitCode {
    let outcome = match prepare(flags) {
        Ok((dial, id)) => block_on(make(&dial, flags, &id)),
        Err(why) => Ok(Outcome::Wrong(why)),
    };
    match outcome {
        Ok(Outcome::Verdict { line, code }) => match writeln!(io::stdout(), "{line}") {
            // Who closed the pipe reads the exit code.
            Ok(()) => ExitCode::from(code),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(code),
            Err(error) => fail(TROUBLE, &format!("cannot write: {error}; it was: {line}")),
        },
        Ok(Outcome::Wrong(why)) => fail(USAGE, &why),
        Ok(Outcome::Trouble(why)) | Err(why) => fail(TROUBLE, &why),
    }
}

fn prepare(flags: &BidFlags) -> Result<(Dial, RequestId), String> {
    let dial = flags.server.dial()?;
    if !dial.is_signed() {
        return Err("say who bids: --name NAME, or --token TOKEN".to_owned());
    }
    let id = flags.id.clone().unwrap_or_else(|| Uuid::now_v7().to_string());
    Ok((dial, RequestId::parse(&id).ok_or("--id: 1 to 64 characters")?))
}

async fn make(dial: &Dial, flags: &BidFlags, id: &RequestId) -> Outcome {
    let currency = match currency(dial).await {
        Ok(currency) => currency,
        Err(trouble) => return Outcome::Trouble(trouble.why),
    };
    let amount = match flags.amount.as_ref().map(|amount| wire::major(amount.trim(), currency)).transpose() {
        Ok(amount) => amount,
        Err(refusal) => return Outcome::Wrong(refusal.message()),
    };
    let command = command(amount, flags.max, id);
    let clock = Clock::system();
    let until = clock.now().saturating_add(Millis::try_from(flags.patience.as_millis()).unwrap_or(Millis::MAX));
    let mut back_off = BackOff::default();
    loop {
        let asked = dial.request(Method::POST, "/commands", command.clone()).await;
        let trouble = match asked.and_then(|(status, body)| verdict(status, &body, flags.json, currency)) {
            Ok(outcome) => return outcome,
            Err(trouble) => trouble,
        };
        let wait = back_off.next();
        if trouble.hopeless || clock.now().saturating_add(millis(wait)) >= until {
            let again = format!("the bid may count or not; to find out ask again with --id {}", id.as_str());
            return Outcome::Trouble(format!("{}; {again}", trouble.why));
        }
        // The same id again: had it counted, this would be its verdict.
        sleep(wait).await;
    }
}

fn millis(wait: Duration) -> Millis {
    Millis::try_from(wait.as_millis()).unwrap_or(Millis::MAX)
}

fn command(amount: Option<Money>, max: bool, id: &RequestId) -> String {
    let field = if max { "max" } else { "amount" };
    let mut command = json!({"type": "bid", "id": id.as_str()});
    if let Some(amount) = amount {
        command[field] = json!(amount.minor());
    }
    command.to_string()
}

async fn currency(dial: &Dial) -> Result<Currency, Trouble> {
    let (status, body) = dial.request(Method::GET, "", String::new()).await?;
    if status == StatusCode::OK {
        let currency = serde_json::from_slice::<Auction>(&body).ok().and_then(|auction| auction.currency());
        return currency.ok_or(Trouble { why: "this is not a server of Subasta".to_owned(), hopeless: true });
    }
    let why = match serde_json::from_slice::<Refused>(&body) {
        Ok(refused) => format!("{}: {}", dial.address(), refused.message),
        Err(_) => format!("{}: the server answers {status}", dial.address()),
    };
    Err(Trouble { why, hopeless: true })
}

/// What the server's answer means. An error: it is no verdict.
fn verdict(status: StatusCode, body: &Bytes, raw: bool, currency: Currency) -> Result<Outcome, Trouble> {
    let line = |words: String| if raw { one_line(&String::from_utf8_lossy(body)) } else { words };
    let no_verdict = |why: String, hopeless| Err(Trouble { why, hopeless });
    if status == StatusCode::OK {
        return match serde_json::from_slice::<Accepted>(body) {
            Ok(accepted) => {
                let (words, code) = yes(&accepted, currency);
                Ok(Outcome::Verdict { line: line(words), code })
            }
            Err(_) => no_verdict("the server's answer is not a verdict".to_owned(), true),
        };
    }
    match serde_json::from_slice::<Refused>(body) {
        // Nothing was judged, or nobody knows.
        Ok(refused) if is_passing(status) => no_verdict(format!("the server answers {}: {}", refused.code, refused.message), false),
        Ok(refused) => {
            let words = format!("refused ({}): {}", refused.code, words::refusal(&refused, currency));
            Ok(Outcome::Verdict { line: line(words), code: REFUSED })
        }
        Err(_) => no_verdict(format!("the server answers {status}"), !is_passing(status)),
    }
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

fn yes(verdict: &Accepted, currency: Currency) -> (String, u8) {
    let outbid = verdict.standing.as_ref().is_some_and(|standing| standing.as_str() == "outbid");
    let standing = verdict.standing.as_ref().map_or("placed", Text::as_str);
    let part = |part: Option<String>| part.unwrap_or_default();
    let line = [
        format!("accepted, {standing}{}", if outbid { " at once" } else { "" }),
        part(verdict.price.map(|price| format!(", price {}", show(currency, price)))),
        part(verdict.minimum.map(|minimum| format!(", minimum {}", show(currency, minimum)))),
        part(verdict.seq.map(|seq| format!(" (event #{seq})"))),
        part(verdict.why.as_ref().map(|why| format!(": {why}"))),
    ]
    .concat();
    (line, if outbid { OUTBID } else { 0 })
}
