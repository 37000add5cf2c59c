//! A member that takes what it is given only in part: nothing is lost, doubled, torn or out of order, and others are not held up.

#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_util::task::noop_waker;
use proptest::prelude::*;
use subasta::room::{Drained, Ending, Feed, Member, Membership, Pipe};
use subasta::wire::{Format, Frame};

/// Takes so many bytes, then none until it is allowed more.
#[derive(Default)]
struct Narrow {
    taken: Mutex<Vec<u8>>,
    allowed: Mutex<usize>,
}

impl Pipe for Narrow {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut allowed = self.allowed.lock().unwrap();
        let mut written = 0;
        for slice in slices {
            let part = slice.len().min(*allowed);
            self.taken.lock().unwrap().extend_from_slice(&slice[..part]);
            *allowed -= part;
            written += part;
        }
        if written == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(written) }
    }

    fn poll_write(&self, _: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self.write(slices) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            tried => Poll::Ready(tried),
        }
    }
}

impl Narrow {
    fn allow(&self, bytes: usize) {
        *self.allowed.lock().unwrap() = bytes;
    }

    /// The texts of all whole frames; the bytes must be a run of frames, the last perhaps cut.
    fn texts(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        let (mut texts, mut rest) = (Vec::new(), taken.as_slice());
        while rest.len() >= 2 {
            assert!([0x81, 0x82].contains(&rest[0]), "a frame begins where the one before it ends");
            let (header, length) =
                if rest[1] < 126 { (2, usize::from(rest[1])) } else { (4, usize::from(rest[2]) << 8 | usize::from(rest[3])) };
            let Some(text) = rest.get(header..header + length) else { break };
            texts.push(if rest[0] == 0x81 { serde_json::from_slice(text).unwrap() } else { rmp_serde::from_slice(text).unwrap() });
            rest = &rest[header + length..];
        }
        texts
    }
}

fn frame(text: &str) -> Frame {
    Frame::text(&serde_json::to_vec(text).unwrap())
}

/// An event of a length of its own, so that cuts fall everywhere.
fn event(seq: u64) -> String {
    format!("event {seq} {}", "x".repeat(usize::try_from(seq * 37 % 200).unwrap()))
}

fn join(feed: &Arc<Feed>, quiet: bool) -> (Arc<Member<Narrow>>, Membership) {
    join_as(feed, quiet, Format::Json)
}

fn join_as(feed: &Arc<Feed>, quiet: bool, format: Format) -> (Arc<Member<Narrow>>, Membership) {
    let member = Arc::new(Member::new(Narrow::default(), format));
    let membership = feed.cursor(None).unwrap().into_membership(member.clone(), quiet);
    (member, membership)
}

/// Its own task has a turn.
fn turn(membership: &Membership) -> Poll<io::Result<Drained>> {
    membership.poll_drain(&mut Context::from_waker(&noop_waker()))
}

fn numbers(texts: &[String]) -> Vec<u64> {
    texts.iter().filter_map(|text| text.strip_prefix("event ")?.split(' ').next()?.parse().ok()).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Publish(u64),
    Say,
    Tell,
    Live,
    Announce,
    Flush,
    Turn,
    Allow(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (1..20_u64).prop_map(Step::Publish),
        1 => Just(Step::Say),
        1 => Just(Step::Tell),
        1 => Just(Step::Live),
        1 => Just(Step::Announce),
        3 => Just(Step::Flush),
        2 => Just(Step::Turn),
        4 => (0..3_000_usize).prop_map(Step::Allow),
    ]
}

/// Where one text is among the others.
fn place(texts: &[String], text: &str) -> usize {
    let places: Vec<_> = texts.iter().enumerate().filter(|(_, other)| *other == text).map(|(place, _)| place).collect();
    assert_eq!(places.len(), 1, "{text} comes once: {texts:?}");
    places[0]
}

proptest! {
    #[test]
    fn whatever_is_taken_when_everything_comes_once_and_in_order(steps in proptest::collection::vec(step(), 1..80), packed: bool) {
        let format = if packed { Format::MessagePack } else { Format::Json };
        let feed = Arc::new(Feed::after(0));
        let (member, membership) = join_as(&feed, false, format);
        let (mut last, mut said, mut told, mut live, mut announced) = (0, 0, Vec::new(), 0, 0);
        for step in steps {
            match step {
                Step::Publish(count) => {
                    feed.publish((last + 1..=last + count).map(|seq| frame(&event(seq))));
                    last += count;
                }
                Step::Say => {
                    said += 1;
                    member.say_message(&frame(&format!("said {said}")));
                    member.flush();
                }
                Step::Tell => {
                    told.push(last);
                    member.tell_message(&frame(&format!("told {}", told.len())), feed.last());
                }
                Step::Live => {
                    live += 1;
                    feed.say(frame(&format!("live {live}")));
                }
                Step::Announce => {
                    announced += 1;
                    feed.announce(frame(&format!("text {announced}")));
                }
                Step::Flush => feed.flush(),
                Step::Turn => drop(turn(&membership)),
                Step::Allow(bytes) => member.pipe().allow(bytes),
            }
        }
        member.pipe().allow(usize::MAX);
        prop_assert!(matches!(turn(&membership), Poll::Ready(Ok(Drained::UpToDate))));
        let texts = member.pipe().texts();
        prop_assert_eq!(numbers(&texts), (1..=last).collect::<Vec<_>>());
        for number in 1..=said {
            place(&texts, &format!("said {number}"));
        }
        for (number, after) in told.iter().enumerate() {
            let verdict = place(&texts, &format!("told {}", number + 1));
            prop_assert!(*after == 0 || place(&texts, &event(*after)) < verdict, "a verdict overtook event {}", after);
        }
        if live > 0 {
            place(&texts, &format!("live {live}"));
        }
        if announced > 0 {
            place(&texts, &format!("text {announced}"));
        }
        let whole: usize = texts.iter().map(|text| format.bytes(None, &frame(text)).len()).sum();
        prop_assert_eq!(whole, member.pipe().taken.lock().unwrap().len());
    }
}

#[test]
fn one_who_takes_nothing_holds_up_nobody_and_goes_on_from_where_it_was() {
    let feed = Arc::new(Feed::after(0));
    let (slow, slow_place) = join(&feed, false);
    let (quick, quick_place) = join(&feed, false);
    quick.pipe().allow(usize::MAX);
    assert!(turn(&quick_place).is_ready() && turn(&slow_place).is_ready());
    slow.pipe().allow(5);
    for seq in 1..=100 {
        feed.publish([frame(&event(seq))]);
        feed.flush();
    }
    assert_eq!(numbers(&quick.pipe().texts()), (1..=100).collect::<Vec<_>>(), "written by the room alone");
    assert_eq!((slow.taken(), slow.queued()), (5, 0), "it keeps a place, no copies");
    slow.pipe().allow(usize::MAX);
    feed.flush();
    assert_eq!(slow.taken(), 5, "rooms pass it by until its own task has drained it");
    assert!(turn(&slow_place).is_ready());
    assert_eq!(numbers(&slow.pipe().texts()), (1..=100).collect::<Vec<_>>());
    feed.publish([frame(&event(101))]);
    feed.flush();
    assert_eq!(numbers(&slow.pipe().texts()).last(), Some(&101), "and then the room writes to it again");
}

#[test]
fn nothing_is_written_before_its_own_task_has_had_the_first_word() {
    let feed = Arc::new(Feed::after(0));
    let (member, membership) = join(&feed, false);
    member.pipe().allow(usize::MAX);
    feed.publish([frame(&event(1))]);
    feed.flush();
    assert_eq!(member.taken(), 0);
    member.say_message(&frame("welcome"));
    assert!(turn(&membership).is_ready());
    assert_eq!(member.pipe().texts(), ["welcome".to_owned(), event(1)]);
}

#[test]
fn one_who_is_left_behind_by_the_ring_is_told_so_after_the_frame_it_had_begun() {
    let feed = Arc::new(Feed::after(0));
    let (member, membership) = join(&feed, false);
    assert!(turn(&membership).is_ready());
    member.pipe().allow(3);
    feed.publish([frame(&event(1))]);
    feed.flush();
    feed.publish((2..=20_000).map(|seq| frame(&event(seq))));
    member.tell_message(&frame("verdict"), feed.last());
    assert!(turn(&membership).is_pending());
    member.pipe().allow(usize::MAX);
    assert!(matches!(turn(&membership), Poll::Ready(Ok(Drained::Lagged))));
    assert_eq!(member.pipe().texts(), [event(1)], "the verdict waits for the snapshot");
}

#[test]
fn one_who_wants_verdicts_alone_gets_no_events_and_learns_of_the_end() {
    let feed = Arc::new(Feed::after(0));
    let (member, membership) = join(&feed, true);
    member.pipe().allow(usize::MAX);
    assert!(matches!(turn(&membership), Poll::Ready(Ok(Drained::UpToDate))));
    feed.publish([frame(&event(1))]);
    feed.say(frame("live"));
    member.tell_message(&frame("verdict"), feed.last());
    feed.flush();
    assert_eq!(member.pipe().texts(), ["verdict"]);
    feed.end(Ending::Ended);
    assert!(matches!(turn(&membership), Poll::Ready(Ok(Drained::End(Ending::Ended)))));
}

#[tokio::test]
async fn a_large_room_is_flushed_by_tasks_of_its_own() {
    let feed = Arc::new(Feed::after(0));
    let crowd: Vec<_> = (0..3_000).map(|_| join(&feed, false)).collect();
    for (member, membership) in &crowd {
        member.pipe().allow(usize::MAX);
        assert!(turn(membership).is_ready());
    }
    feed.publish([frame(&event(1)), frame(&event(2))]);
    feed.flush();
    let everyone = async {
        while crowd.iter().any(|(member, _)| member.pipe().texts().len() < 2) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), everyone).await.unwrap();
    for (member, _) in &crowd {
        assert_eq!(member.pipe().texts(), [event(1), event(2)]);
    }
}

/// Takes everything, from its own task alone, and hands nothing on before it is flushed: TLS does so when its socket is full.
#[derive(Default)]
struct Keeping {
    held: Mutex<Vec<u8>>,
    gone: Mutex<Vec<u8>>,
    open: Mutex<bool>,
}

impl Pipe for Keeping {
    fn write(&self, _: &[IoSlice<'_>]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn poll_write(&self, _: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let mut held = self.held.lock().unwrap();
        slices.iter().for_each(|slice| held.extend_from_slice(slice));
        Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()))
    }

    fn poll_flush(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !*self.open.lock().unwrap() {
            return Poll::Pending;
        }
        self.gone.lock().unwrap().append(&mut self.held.lock().unwrap());
        Poll::Ready(Ok(()))
    }
}

#[test]
fn what_a_pipe_keeps_back_is_flushed_before_all_is_well() {
    let feed = Arc::new(Feed::after(0));
    let member = Arc::new(Member::new(Keeping::default(), Format::Json));
    let membership = feed.cursor(None).unwrap().into_membership(member.clone(), false);
    feed.publish([frame(&event(1))]);
    feed.flush();
    assert!(turn(&membership).is_pending(), "it was taken, and has not gone");
    feed.publish([frame(&event(2))]);
    feed.flush();
    *member.pipe().open.lock().unwrap() = true;
    assert!(turn(&membership).is_ready());
    let all = [1, 2].map(|seq| frame(&event(seq)).websocket().to_vec()).concat();
    assert_eq!(*member.pipe().gone.lock().unwrap(), all);
}
