//! What the fold of an auction's records comes to, as it is stored beside them: a room that wakes reads this, and of the records only
//! those after it. It says nothing that the records do not: what is not understood, or does not fit, is passed over for the whole fold.
//!
//! It comes in parts, so that each costs what has happened since the one before, however long the auction: every part has the state, and the
//! verdicts that came since the part before. A line of JSON, then the verdicts as small numbers (LEB128), most of them differences.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::stored::{OUTCOMES, People, StoredBook, StoredTerms, meaning_of, word_of};
use crate::auction::formats::english;
use crate::auction::{Accepted, Answers, Asked, Auction, Book, Millis, Money, OutbidBy, Person, RequestId, Stage, Standing, State, Status};
use crate::log::Part;

/// The version that is written. Another one where the form changes, or what the fold of the same records comes to.
const VERSION: u32 = 3;
/// Records from one part to the next, at least.
const EVERY: u64 = 4_096;
/// Verdicts in one part at most, which bounds its bytes; an auction that has more of them and no snapshot stays without.
const MOST: usize = 1_000_000;

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    v: u32,
    /// Where the part before was taken; 0: the snapshot begins here.
    from: u64,
    answers: usize,
    terms: StoredTerms,
    seller: (String, String),
    status: String,
    ends_at: Millis,
    paused_at: Option<Millis>,
    warned: Option<u8>,
    cancelled: Option<String>,
    #[serde(borrow)]
    book: Option<StoredBook<'a>>,
    bids: u64,
    voided: Vec<u64>,
    outcome: Option<String>,
    seq: u64,
    at: Millis,
}

/// The next part, if one is due: `auction` is as it will stand after `position` records, the last part was taken at `from` (0: none).
///
/// Only of what holds no more than a few bids: an auction that must remember everyone's (sealed bids, aliases) is always folded whole.
pub fn part(auction: &Auction, from: u64, position: u64) -> Option<Part> {
    let answers = if from == 0 { auction.answers().len() } else { auction.fresh().len() };
    if position < from + EVERY || answers > MOST || auction.terms().aliases {
        return None;
    }
    let Book::English(book) = auction.book() else { return None };
    Some(encode(auction, book.as_ref(), from, answers))
}

fn encode(auction: &Auction, book: Option<&english::Book>, from: u64, answers: usize) -> Part {
    let mut body =
        serde_json::to_vec(&head(auction.state(), book, from, answers)).expect("a snapshot's head has string keys and whole numbers");
    body.push(b'\n');
    let mut out = Writer { out: body, people: HashMap::new(), at: 0, seq: 0 };
    if from == 0 {
        let mut all: Vec<_> = auction.answers().iter().collect();
        all.sort_unstable_by_key(|(_, (_, verdict))| (verdict.at, verdict.seq));
        all.into_iter().for_each(|answer| out.answer(answer));
    } else {
        auction.fresh().for_each(|answer| out.answer(answer));
    }
    Part { begins: from == 0, body: out.out }
}

/// The auction as it stood when the last of `parts` was taken; `None` where they are not understood.
pub fn auction(parts: &[(u64, Vec<u8>)]) -> Option<Auction> {
    let parts = parts.iter().map(|(position, body)| open(*position, body)).collect::<Option<Vec<_>>>()?;
    // A verdict takes more than a byte: no number that is made up reserves more than is there.
    let (mut answers, mut people) = (Answers::new(), HashMap::new());
    answers.reserve(parts.iter().map(|(_, head, rest)| head.answers.min(rest.len())).sum());
    let (mut before, mut last) = (0, None);
    for (position, head, rest) in parts {
        if head.v != VERSION || head.from != before {
            return None;
        }
        let mut reader = Reader { rest, people: &mut people, known: Vec::new(), at: 0, seq: 0 };
        for _ in 0..head.answers {
            let (asked, answer) = reader.answer()?;
            answers.insert(asked, answer);
        }
        if !reader.rest.is_empty() {
            return None;
        }
        (before, last) = (position, Some(head));
    }
    let head = last?;
    let book = match &head.book {
        Some(book) => Some(book.to_book(&mut People::default())?),
        None => None,
    };
    Some(Auction::resume(state(head)?, Book::English(book), answers))
}

/// A part's head, and the bytes of its verdicts.
fn open(position: u64, body: &[u8]) -> Option<(u64, Head<'_>, &[u8])> {
    let line = body.iter().position(|byte| *byte == b'\n')?;
    let head = serde_json::from_slice(body.get(..line)?).ok()?;
    Some((position, head, body.get(line + 1..)?))
}

fn head<'a>(state: &State, book: Option<&'a english::Book>, from: u64, answers: usize) -> Head<'a> {
    let who = |person: &Person| (person.id.to_string(), person.name.to_string());
    Head {
        v: VERSION,
        from,
        answers,
        terms: (&*state.terms).into(),
        seller: who(&state.seller),
        status: state.status.word().to_owned(),
        ends_at: state.ends_at,
        paused_at: state.paused_at,
        warned: state.warned.map(Stage::number),
        cancelled: state.cancelled.as_deref().map(str::to_owned),
        book: book.map(Into::into),
        bids: state.bids,
        voided: state.voided.to_vec(),
        outcome: state.outcome.map(|outcome| word_of(&OUTCOMES, outcome).to_owned()),
        seq: state.seq,
        at: state.at,
    }
}

fn state(head: Head) -> Option<State> {
    let who = |(id, name): (String, String)| Person::new(&id, &name);
    let outcome = match head.outcome {
        Some(word) => Some(meaning_of(&OUTCOMES, &word)?),
        None => None,
    };
    let warned = match head.warned {
        Some(stage) => Some(Stage::of(stage)?),
        None => None,
    };
    Some(State {
        terms: Arc::new(head.terms.to_terms()?),
        seller: who(head.seller),
        status: Status::ALL.into_iter().find(|status| status.word() == head.status)?,
        ends_at: head.ends_at,
        paused_at: head.paused_at,
        warned,
        cancelled: head.cancelled.map(Into::into),
        bids: head.bids,
        voided: head.voided.into(),
        outcome,
        seq: head.seq,
        at: head.at,
    })
}

/// A verdict begins with a byte that says what follows: whether it has a seq, whether it is on a bid, and why that did not lead.
const SEQ: u8 = 1;
const BID: u8 = 2;
const WHY: u8 = 2;

/// Writes verdicts, each in its difference from the one before.
struct Writer<'a> {
    out: Vec<u8>,
    /// The number of each person: a new one is spelt out.
    people: HashMap<&'a str, u64>,
    at: Millis,
    seq: u64,
}

impl<'a> Writer<'a> {
    fn answer(&mut self, ((by, request), (digest, verdict)): (&'a Asked, &'a (u64, Accepted))) {
        let ranked = match verdict.standing {
            Some(Standing::Ranked { outbid, price, minimum }) => Some((outbid, price, minimum)),
            Some(Standing::Placed) | None => None, // a sealed auction has no snapshot
        };
        let outbid = ranked.and_then(|(outbid, ..)| outbid);
        let why = outbid.map_or(0, |by| match by {
            OutbidBy::Tie => 1,
            OutbidBy::Cap => 2,
            OutbidBy::Maximum => 3_u8,
        });
        let (seq, bid) = (verdict.seq.map_or(0, |_| SEQ), ranked.map_or(0, |_| BID));
        self.out.push(seq | bid | why << WHY);
        self.person(by);
        self.text(request.as_str());
        self.out.extend(digest.to_le_bytes());
        self.number(verdict.at.wrapping_sub(self.at).cast_unsigned());
        self.at = verdict.at;
        if let Some(seq) = verdict.seq {
            self.number(seq.wrapping_sub(self.seq));
            self.seq = seq;
        }
        if let Some((_, price, minimum)) = ranked {
            self.number(price.minor().cast_unsigned());
            self.number(minimum.minor().cast_unsigned());
        }
    }

    fn person(&mut self, id: &'a str) {
        let next = self.people.len() as u64;
        let number = *self.people.entry(id).or_insert(next);
        self.number(number);
        if number == next {
            self.text(id);
        }
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.out.extend(text.as_bytes());
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.out.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.out.push(number.to_le_bytes()[0]);
    }
}

/// Reads what a [`Writer`] has written; `None` where it has not.
struct Reader<'a, 'p> {
    rest: &'a [u8],
    /// Of all parts: a person is in memory once.
    people: &'p mut HashMap<&'a str, Arc<str>>,
    /// Of this part, by number.
    known: Vec<Arc<str>>,
    at: Millis,
    seq: u64,
}

impl<'a> Reader<'a, '_> {
    fn answer(&mut self) -> Option<(Asked, (u64, Accepted))> {
        let kind = *self.take(1)?.first()?;
        let by = self.person()?;
        let request = RequestId::parse(self.text()?)?;
        let digest = u64::from_le_bytes(self.take(8)?.try_into().ok()?);
        self.at = self.at.wrapping_add(self.number()?.cast_signed());
        if kind & SEQ != 0 {
            self.seq = self.seq.wrapping_add(self.number()?);
        }
        let mut standing = None;
        if kind & BID != 0 {
            let outbid = match kind >> WHY {
                0 => None,
                1 => Some(OutbidBy::Tie),
                2 => Some(OutbidBy::Cap),
                3 => Some(OutbidBy::Maximum),
                _ => return None,
            };
            let mut money = || Money::beyond(self.number()?.cast_signed());
            standing = Some(Standing::Ranked { outbid, price: money()?, minimum: money()? });
        }
        let seq = (kind & SEQ != 0).then_some(self.seq);
        Some(((by, request), (digest, Accepted { seq, at: self.at, standing })))
    }

    fn person(&mut self) -> Option<Arc<str>> {
        let number = usize::try_from(self.number()?).ok()?;
        if number == self.known.len() {
            let id = self.text()?;
            let person = self.people.entry(id).or_insert_with(|| id.into()).clone();
            self.known.push(person);
        }
        self.known.get(number).cloned()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        str::from_utf8(self.take(length)?).ok()
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::record::{self, People};
    use super::*;
    use crate::auction::{Act, Command, Decision, Offer, create, decide, due};
    use crate::wire::TermsIn;

    fn founded(automatic: bool) -> Auction {
        let terms = format!(r#"{{"id":"lot","title":"A lot","start":1,"reserve":500,"duration_ms":9000000,"automatic_bids":{automatic}}}"#);
        let terms = TermsIn::from_json(terms.as_bytes()).expect("these are terms").resolve(0).expect("these terms can stand");
        let events = create(terms, Person::new("sol", "Sol"), None, 0).expect("nobody has this auction yet");
        let mut auction = events.first().and_then(Auction::found).expect("its creation");
        events.iter().skip(1).for_each(|event| auction.evolve(event));
        auction
    }

    type Parts = Vec<(u64, Vec<u8>)>;

    /// Something that only the auctioneer does.
    fn conduct(number: i64) -> Act {
        match number % 8 {
            0 => Act::Pause,
            1 | 2 => Act::Resume,
            3 => Act::Warn(Stage::Once),
            4 => Act::Warn(Stage::Twice),
            5 | 6 => Act::Extend(number),
            _ if number % 64 == 7 => Act::Hammer,
            _ if number % 64 == 15 => Act::Cancel("no\"more\u{1f528}".into()),
            _ => Act::Announce("sold?".into()),
        }
    }

    /// Who, how much, whether as a maximum, whether under an id, how much later, whether a part is taken after it.
    type Step = (usize, i64, bool, bool, i64, bool);

    /// The auction by the fold, and by the parts that were taken on the way and the fold of what came after the last.
    fn both(steps: &[Step], automatic: bool, closes: bool) -> (Auction, Option<Auction>, Parts) {
        let (mut folded, mut now, mut tail, mut parts) = (founded(automatic), 0, Vec::new(), Vec::new());
        for (number, (who, amount, max, named, later, part)) in steps.iter().enumerate() {
            now += later;
            let money = Money::new(*amount).expect("an amount");
            let by = ["Ana", "Ben", "Cl\u{e9}o", "D"].map(|name| Person::new(&name.to_lowercase(), name))[*who].clone();
            let act = match amount % 10 {
                0 | 5 => Act::Say("hm".into()),
                1 if *max => conduct(amount / 10),
                _ => Act::Bid(if *max { Offer::UpTo(money) } else { Offer::Exact(money) }),
            };
            let by = if act.is_auctioneers() { Person::new("sol", "Sol") } else { by };
            let request = named.then(|| RequestId::parse(&format!("\u{1f528}{number}"))).flatten();
            if let Ok(Decision::Happens(events)) = decide(&folded, &Command { by, request, act }, now) {
                events.iter().for_each(|event| folded.evolve(event));
                // As they come back from the log.
                let back = |event| record::decode(&record::encode(event), &mut People::default()).expect("what is stored is understood");
                tail.extend(events.iter().map(back));
            }
            if *part {
                let from = parts.last().map_or(0, |(position, _): &(u64, Vec<u8>)| *position);
                let answers = if from == 0 { folded.answers().len() } else { folded.fresh().len() };
                let Book::English(book) = folded.book() else { panic!("it is an English auction") };
                parts.push((number as u64 + 1, encode(&folded, book.as_ref(), from, answers).body));
                folded.settle();
                tail.clear();
            }
        }
        while let Some(event) = due(&folded, if closes { Millis::MAX } else { now }) {
            folded.evolve(&event);
            tail.push(event);
        }
        let mut resumed = auction(&parts);
        if let Some(resumed) = &mut resumed {
            tail.iter().for_each(|event| resumed.evolve(event));
        }
        (folded, resumed, parts)
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let amount = prop_oneof![1..2_000_i64, 1..=Money::MAX.minor()];
        prop::collection::vec((0..4_usize, amount, any::<bool>(), any::<bool>(), 0..400_000_i64, prop::bool::weighted(0.2)), 1..80)
    }

    proptest! {
        #[test]
        fn a_snapshot_and_what_came_after_are_the_fold(steps in steps(), automatic in any::<bool>(), closes in any::<bool>()) {
            let (folded, resumed, parts) = both(&steps, automatic, closes);
            prop_assert_eq!(resumed.is_some(), !parts.is_empty());
            if let Some(resumed) = resumed {
                prop_assert!(resumed == folded);
                // Names too, which make nobody another person.
                prop_assert_eq!(format!("{:?} {:?}", resumed.state(), resumed.book()), format!("{:?} {:?}", folded.state(), folded.book()));
            }
        }

        #[test]
        fn no_bytes_are_worse_than_not_understood(steps in steps(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
            let (_, _, mut parts) = both(&steps, true, false);
            if let Some((_, body)) = parts.last_mut() {
                let at = at.index(body.len());
                body[at] = byte;
                if cut {
                    body.truncate(at);
                }
            }
            let _ = auction(&parts);
        }
    }

    #[test]
    fn parts_that_do_not_follow_each_other_are_not_understood() {
        let steps: Vec<Step> =
            (0..9_usize).zip(0..).map(|(number, more)| (number % 2, 11 + 10 * more, false, true, 1, number % 3 == 2)).collect();
        let (_, _, parts) = both(&steps, true, false);
        assert!(parts.len() == 3 && auction(&parts).is_some() && auction(&parts[..2]).is_some());
        assert!(auction(&parts[1..]).is_none() && auction(&[parts[0].clone(), parts[2].clone()]).is_none());
        assert!(auction(&[]).is_none());
    }
}
