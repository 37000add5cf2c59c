//! The log of an auction, given out and judged again: a real run stands, and whatever is changed in it is found, and where.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use http_body_util::BodyExt;
use rusqlite::Connection;
use serde_json::{Value, json};
use subasta::auction::AuctionId;
use subasta::clock::Clock;
use subasta::log::Mark;
use support::carrier::{Http, whole};
use support::{TestServer, binary};

/// Has a command judged by HTTP; it must be accepted.
async fn ask(server: &TestServer, auction: &str, who: &str, command: Value) -> Value {
    let url = server.url(&format!("/api/auctions/{auction}/commands?name={who}"));
    let response = reqwest::Client::new().post(url).json(&command).send().await.unwrap();
    let status = response.status();
    let verdict: Value = response.json().await.unwrap();
    assert_eq!(status, 200, "{command}: {verdict}");
    verdict
}

/// The log of an auction as `who` gets it, or somebody who is nobody.
async fn log(server: &TestServer, auction: &str, who: Option<&str>) -> String {
    let who = who.map(|who| format!("?name={who}")).unwrap_or_default();
    let mut requests = server.place(&[]).requests(Http::One).await;
    let response = requests.get(&format!("/api/auctions/{auction}/log{who}"), &[]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    whole(response).await
}

/// A whole English auction with a bit of everything. What everyone saw shortly before its end, and the whole log after it.
async fn english(server: &TestServer, id: &str) -> (String, String) {
    let soft_close = json!({"window_ms": 86_400_000, "extend_ms": 1_000, "mode": "add"});
    server.auction(id, json!({"reserve": 30_000, "soft_close": soft_close})).await;
    let bid = |max: i64| json!({"type": "bid", "max": max});
    ask(server, id, "Ana", bid(5_000)).await;
    ask(server, id, "Ben", json!({"type": "bid", "id": "once", "amount": 2_000})).await;
    ask(server, id, "Ana", bid(9_000)).await;
    let high = ask(server, id, "Cleo", json!({"type": "bid", "amount": 20_000})).await;
    ask(server, id, "Sol", json!({"type": "void", "seq": high["seq"], "reason": "She meant 200."})).await;
    ask(server, id, "Sol", json!({"type": "pause"})).await;
    ask(server, id, "Ben", json!({"type": "say", "text": "¿Quién da \"más\"?\n"})).await;
    ask(server, id, "Sol", json!({"type": "resume"})).await;
    ask(server, id, "BEN", bid(40_000)).await;
    ask(server, id, "Ben", bid(50_000)).await;
    ask(server, id, "Sol", json!({"type": "extend", "by_ms": 1_000})).await;
    ask(server, id, "Sol", json!({"type": "warn", "stage": 1})).await;
    let public = log(server, id, None).await;
    ask(server, id, "Sol", json!({"type": "hammer", "id": "down"})).await;
    (public, log(server, id, None).await)
}

/// What `subasta verify` says: the exit code, and both outputs.
fn verify(arguments: &[&Path]) -> (i32, String) {
    said(Command::new(binary()).arg("verify").args(arguments).stdin(Stdio::null()))
}

fn said(command: &mut Command) -> (i32, String) {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn file(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

const PUBLIC: &str = "--public";
const DATA_DIR: &str = "--data-dir";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_run_is_all_right() {
    // Given an auction of every kind, some of them over, some not
    let server = TestServer::start().await;
    let dir = tempfile::tempdir().unwrap();
    let (public, lot) = english(&server, "lot").await;
    server.auction("dutch", json!({"format": "dutch", "dutch": {"floor": 500, "step": 1, "every_ms": 3_600_000}})).await;
    ask(&server, "dutch", "Ana", json!({"type": "bid"})).await;
    server.auction("at-once", json!({"buy_now": 9_000})).await;
    ask(&server, "at-once", "Ana", json!({"type": "bid", "amount": 9_000})).await;
    for format in ["sealed", "vickrey"] {
        server.auction(format, json!({"format": format, "aliases": true})).await;
        for (who, amount) in [("Ana", 3_000), ("Ben", 2_000), ("Ana", 2_500), ("Cleo", 2_100)] {
            ask(&server, format, who, json!({"type": "bid", "amount": amount})).await;
        }
        ask(&server, format, "Sol", json!({"type": "void", "seq": 3, "reason": "Withdrawn."})).await;
        ask(&server, format, "Sol", json!({"type": "hammer"})).await;
    }
    server.auction("off", json!({"aliases": true})).await;
    ask(&server, "off", "Ana", json!({"type": "bid", "amount": 3_000})).await;
    ask(&server, "off", "Ben", json!({"type": "say", "text": "Ooh"})).await;
    ask(&server, "off", "Sol", json!({"type": "cancel", "reason": "Broken."})).await;
    let tomorrow = Clock::system().now() + 86_400_000;
    server.auction("waits", json!({"starts_at": tomorrow, "ends_at": tomorrow + 1})).await;
    server.auction("runs", json!({})).await;
    ask(&server, "runs", "Ana", json!({"type": "bid", "max": 3_000})).await;

    // When it is judged again, then every one of them stands: from a file, with what everyone saw before, from a pipe …
    let (lot, public) = (file(dir.path(), "lot", &lot), file(dir.path(), "public", &public));
    let right = "lot: 19 records, sold to BEN for 300.00 EUR: all is right\n";
    assert_eq!(verify(&[&lot]), (0, right.to_owned()));
    assert_eq!(verify(&[&lot, PUBLIC.as_ref(), &public]), (0, right.to_owned()));
    let mut piped = Command::new(binary());
    assert_eq!(said(piped.args(["verify", "-"]).stdin(std::fs::File::open(&lot).unwrap())), (0, right.to_owned()));
    for (id, who) in [("dutch", None), ("at-once", None), ("sealed", Some("Sol")), ("vickrey", Some("Sol"))] {
        let log = file(dir.path(), id, &log(&server, id, who).await);
        let (code, said) = verify(&[&log]);
        assert_eq!(code, 0, "{said}");
    }
    // … and from the directory, while the server runs.
    let (code, said) = verify(&[DATA_DIR.as_ref(), server.dir.path(), PUBLIC.as_ref(), &public]);
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("8 auctions, ") && said.ends_with(": all is right\n"), "{said}");
    let (code, said) = verify(&[DATA_DIR.as_ref(), server.dir.path(), "--all".as_ref()]);
    assert_eq!((code, said.lines().count()), (0, 9), "{said}");
    assert!(said.contains("runs: 3 records, open, Ana leads at 10.00 EUR: all is right\n"), "{said}");
    server.server.stop().await.unwrap();
    assert_eq!(verify(&[DATA_DIR.as_ref(), server.dir.path()]).0, 0, "where no server runs");
}

/// A log that somebody works on: the header's members, and the records as they are stored.
struct Forged {
    header: Value,
    records: Vec<(u64, String, String)>,
}

impl Forged {
    fn read(log: &str) -> Forged {
        let mut lines = log.lines();
        let header = serde_json::from_str(lines.next().unwrap()).unwrap();
        let record = |line: &str| {
            let (head, record) = line.split_once(",\"record\":").unwrap();
            let head: Value = serde_json::from_str(&format!("{head}}}")).unwrap();
            (head["position"].as_u64().unwrap(), head["hash"].as_str().unwrap().to_owned(), record.strip_suffix('}').unwrap().to_owned())
        };
        Forged { header, records: lines.map(record).collect() }
    }

    /// The place of the last record of this type, counted from 0.
    fn last(&self, kind: &str) -> usize {
        self.records.iter().rposition(|(_, _, record)| record.contains(&format!("\"type\":\"{kind}\""))).unwrap()
    }

    fn replace(&mut self, index: usize, from: &str, to: &str) {
        let record = &mut self.records[index].2;
        assert!(record.contains(from), "{record}");
        *record = record.replacen(from, to, 1);
    }

    /// What a forger does who knows how the chain is made.
    fn chained_anew(mut self) -> Forged {
        self.header["records"] = json!(self.records.len());
        let mut mark = Mark::start(self.header["auction"].as_str().unwrap());
        for (position, hash, record) in &mut self.records {
            mark = mark.then(record.as_bytes());
            (*position, *hash) = (mark.position, mark.hash.to_string());
        }
        self
    }

    fn text(&self) -> String {
        let line = |(position, hash, record): &(u64, String, String)| {
            format!("{{\"position\":{position},\"hash\":\"{hash}\",\"record\":{record}}}\n")
        };
        format!("{}\n{}", self.header, self.records.iter().map(line).collect::<String>())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_changed_is_found_and_where() {
    let server = TestServer::start().await;
    let dir = tempfile::tempdir().unwrap();
    let (public, lot) = english(&server, "lot").await;
    let (public, other) = (file(dir.path(), "public", &public), file(dir.path(), "other", &english(&server, "other").await.0));
    let real = || Forged::read(&lot);
    assert_eq!(real().text(), lot.replace(&lot.lines().next().unwrap().to_owned(), &real().header.to_string()));
    let last = real().records.len() as u64;
    let bid = real().last("bid");
    let differs = |forged: &Forged, position: u64, what: &str| {
        let (code, said) = verify(&[&file(dir.path(), "forged", &forged.text())]);
        assert!(
            code == 1 && said.starts_with(&format!("lot: differs at record {position}: ")) && said.contains(what),
            "{what}: {code} {said}"
        );
    };
    let change = |index: usize, from: &str, to: &str| {
        let mut forged = real();
        forged.replace(index, from, to);
        forged
    };
    let at = |index: usize| index as u64 + 1;

    // By somebody who does not know of the chain:
    differs(&change(bid, "\"max\":4", "\"max\":5"), at(bid), "hash does not follow");
    differs(&change(bid, "\"salt\":\"", "\"salt\":\"0"), at(bid), "hash does not follow");
    let mut forged = real();
    forged.records.remove(bid);
    differs(&forged, at(bid), "stands in its place");
    let mut forged = real();
    forged.records.swap(bid, bid + 1);
    differs(&forged, at(bid), "stands in its place");
    let mut forged = real();
    forged.records.pop();
    differs(&forged, last, "the first line says");
    forged.header["records"] = json!(last - 1);
    differs(&forged, last, "the auction has not ended");

    // By somebody who does: the rules say otherwise.
    let closed = real().last("closed");
    differs(&change(closed, "\"price\":30000", "\"price\":10000").chained_anew(), last, "the rules say otherwise");
    differs(&change(closed, "\"outcome\":\"sold\"", "\"outcome\":\"unsold\"").chained_anew(), last, "the rules say otherwise");
    differs(
        &change(closed, "\"leader\":{\"id\":\"ben\",\"name\":\"BEN\"}", "\"leader\":{\"id\":\"ben\",\"name\":\"Bea\"}").chained_anew(),
        last,
        "Bea",
    );
    differs(&change(bid, "\"price\":30000", "\"price\":29000").chained_anew(), at(bid), "the rules say otherwise");
    differs(&change(bid, "\"max\":40000", "\"max\":10").chained_anew(), at(bid), "by the rules it is refused");
    let voided = real().last("voided");
    differs(&change(voided, "\"price\":", "\"price\":1").chained_anew(), at(voided), "the rules say otherwise");
    let mut forged = real();
    forged.records.remove(voided);
    differs(&forged.chained_anew(), at(voided), "the rules say otherwise");
    let mut forged = real();
    let once = forged.records.iter().position(|(_, _, record)| record.contains("\"request\":\"once\"")).unwrap();
    let again = forged.records[once].clone();
    // Behind what came of it.
    forged.records.insert(once + 2, again);
    differs(&forged.chained_anew(), at(once) + 2, "had its verdict before");
    let (mut forged, extended) = (real(), real().last("extended"));
    forged.records[extended].2 =
        format!("{{\"v\":1,\"type\":\"extended\",\"seq\":{extended},\"at\":1,\"reason\":\"soft_close\",\"ends_at\":9}}");
    differs(&forged.chained_anew(), at(extended), "nothing happens here by itself");
    let mut forged = real();
    forged.header["auction"] = json!("other");
    let (code, said) = verify(&[&file(dir.path(), "forged", &forged.chained_anew().text())]);
    assert!(code == 1 && said.starts_with("other: differs at record 1: this is the creation of lot"), "{said}");

    // A record from before it was stored why a price is what it is stands all the same.
    let mut old = real();
    let why = old.records[bid].2.split(",\"why\":").nth(1).unwrap().split(',').next().unwrap().to_owned();
    old.replace(bid, &format!(",\"why\":{why}"), "");
    assert_eq!(verify(&[&file(dir.path(), "old", &old.chained_anew().text())]).0, 0);

    // By somebody who keeps to the rules as well: then it is not what everyone saw.
    let held = |forged: &Forged| verify(&[&file(dir.path(), "forged", &forged.text()), PUBLIC.as_ref(), &public]);
    let again = change(0, "\"salt\":\"", "\"salt\":\"0").chained_anew();
    let (code, said) = held(&again);
    assert!(code == 1 && said.starts_with("lot: differs at record 1: it had another hash when everyone saw it (line 2 of "), "{said}");
    let raised = real().last("raised");
    let mut forged = real();
    forged.records.remove(raised);
    let forged = forged.chained_anew();
    assert_eq!(verify(&[&file(dir.path(), "forged", &forged.text())]).0, 0, "nobody saw this raise, and it moved nothing");
    let (code, said) = held(&forged);
    assert!(code == 1 && said.starts_with(&format!("lot: differs at record {}: it had another hash", at(raised))), "{said}");
    let said = change(real().last("said"), "Quién", "Quien").chained_anew();
    let (code, said) = held(&said);
    assert!(code == 1 && said.contains("everyone saw something else"), "{said}");
    let (code, said) = verify(&[&file(dir.path(), "real", &lot), PUBLIC.as_ref(), &other]);
    assert!(code == 2 && said.contains("two auctions, lot and other"), "{said}");
    let mut more = std::fs::OpenOptions::new().append(true).open(&public).unwrap();
    more.write_all(lot.lines().next_back().unwrap().replace("\"record\"", "\"event\"").as_bytes()).unwrap();
    let (code, said) = held(&real());
    assert!(code == 1 && said.contains("everyone saw something else"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_directory_each_auction_is_judged_for_itself() {
    let server = TestServer::start().await;
    for id in ["a", "b", "c", "d"] {
        english(&server, id).await;
    }
    let dir = server.dir.path().to_owned();
    let all = |more: &[&Path]| verify(&[&[DATA_DIR.as_ref(), &*dir], more].concat());
    assert_eq!(all(&[]).0, 0);
    let public = file(&dir, "public", "{\"subasta\":\"log\",\"version\":1,\"auction\":\"gone\",\"whole\":false,\"records\":null}\n");
    let (code, said) = all(&[PUBLIC.as_ref(), &public]);
    assert!(code == 1 && said.contains("gone: differs at record 1: everyone saw it, but there is no such auction"), "{said}");
    let store = Connection::open(dir.join("subasta.db")).unwrap();
    let execute = |sql: &str| assert_eq!(store.execute(sql, []).unwrap(), 1, "{sql}");
    execute("UPDATE record SET body = CAST(replace(CAST(body AS TEXT), '5000', '6000') AS BLOB) WHERE auction = 2 AND position = 3");
    execute("DELETE FROM record WHERE auction = 3 AND position = (SELECT head FROM auction WHERE number = 3)");
    execute("UPDATE auction SET head = head - 1 WHERE number = 4");
    let (code, said) = all(&[]);
    assert_eq!(code, 1, "{said}");
    for found in [
        "b: differs at record 3: its hash",
        "c: differs at record 19: the records end at 18",
        "d: differs at record 19: the records end at 18",
    ] {
        assert!(said.contains(found), "{found}: {said}");
    }
    assert!(said.contains("\n4 auctions, 19 records that are right: 3 differ, 0 cannot be judged\n"), "{said}");
}

#[test]
fn what_cannot_be_read_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let cannot = |arguments: &[&Path], why: &str| {
        let (code, said) = verify(arguments);
        assert!(code == 2 && said.contains(why), "{why}: {code} {said}");
    };
    cannot(&[], "required");
    cannot(&[&dir.path().join("nothing")], "No such file");
    cannot(&[&file(dir.path(), "empty", "")], "its first line is not that of an auction's log");
    cannot(
        &[&file(dir.path(), "new", "{\"subasta\":\"log\",\"version\":2,\"auction\":\"a\",\"whole\":true,\"records\":1}\n")],
        "use a newer one",
    );
    let public = file(dir.path(), "public", "{\"subasta\":\"log\",\"version\":1,\"auction\":\"a\",\"whole\":false,\"records\":null}\n");
    cannot(&[&public], "what everyone saw");
    cannot(&[DATA_DIR.as_ref(), dir.path()], "cannot open the log");
    Connection::open(dir.path().join("subasta.db")).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    cannot(&[DATA_DIR.as_ref(), dir.path()], "cannot open the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_end_a_log_tells_what_everyone_saw_and_a_promise_of_the_rest() {
    let server = TestServer::start().await;
    let (public, all) = english(&server, "lot").await;
    let (public, all): (Vec<Value>, Vec<Value>) =
        [public, all].map(|log| log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()).into();
    // Given the public log: every event, as everyone was told, and nothing else
    assert_eq!(public[0], json!({"subasta": "log", "version": 1, "auction": "lot", "whole": false, "records": null}));
    let history: Value = reqwest::get(server.url("/api/auctions/lot/events?limit=1000")).await.unwrap().json().await.unwrap();
    let events: Vec<_> = public[1..].iter().map(|line| line["event"].clone()).collect();
    assert_eq!(events, history["events"].as_array().unwrap()[..events.len()]);
    for line in &public[1..] {
        assert_eq!(line.as_object().unwrap().keys().collect::<Vec<_>>(), ["event", "hash"], "no position, whose gaps would tell");
    }
    // Then the whole log, later, has each of these hashes, on the record of that event; and the raises between, which nobody saw
    assert_eq!(all[0]["records"], all.len() - 1);
    let of_events: Vec<_> = all[1..].iter().filter(|line| line["record"]["seq"].is_u64()).collect();
    for (seen, record) in public[1..].iter().zip(&of_events) {
        assert_eq!((&seen["hash"], &seen["event"]["seq"]), (&record["hash"], &record["record"]["seq"]));
    }
    assert!(all.len() - 1 > of_events.len());
    let salts: std::collections::HashSet<_> = all[1..].iter().map(|line| line["record"]["salt"].as_str().unwrap()).collect();
    assert_eq!(salts.len(), all.len() - 1, "without the salt of its own a hidden maximum could be guessed by the hash");

    // And the address answers as any other does.
    for http in [Http::One, Http::Two] {
        let mut requests = server.place(&[]).requests(http).await;
        let (status, problem) = requests.json("/api/auctions/nothing/log", &[]).await;
        assert_eq!((status, &problem["code"]), (404, &json!("unknown_auction")));
        let got = whole(requests.get("/api/auctions/lot/log", &[]).await).await;
        assert_eq!(got.lines().count(), all.len());
        let head = requests.send("HEAD", "/api/auctions/lot/log", &[], "").await;
        assert_eq!((head.status().as_u16(), head.into_body().collect().await.unwrap().to_bytes().len()), (200, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_who_is_the_auctioneer_s_to_know_after_the_end_too() {
    let server = TestServer::start().await;
    server.auction("masked", json!({"aliases": true})).await;
    ask(&server, "masked", "Ana", json!({"type": "bid", "amount": 2_000})).await;
    ask(&server, "masked", "Sol", json!({"type": "hammer"})).await;
    for who in [None, Some("Ana"), Some("Ben")] {
        let log = log(&server, "masked", who).await;
        assert!(log.contains("\"whole\":false") && log.contains("\"bidder-1\"") && !log.contains("Ana") && !log.contains("ana"), "{log}");
    }
    let log = log(&server, "masked", Some("Sol")).await;
    assert!(log.contains("\"whole\":true") && log.contains("\"name\":\"Ana\""), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_log_comes_in_pages_that_tell_nothing_of_what_is_between() {
    let server = TestServer::start().await;
    server.auction("long", json!({"increments": [{"from": 0, "step": 1}]})).await;
    let mut ana = server.join("/ws/long?name=Ana").await;
    // Raises that nobody sees, more of them as time goes by.
    for number in 0..700_i64 {
        let command = if number % 3 == 0 { json!({"type": "say", "text": "Hm"}) } else { json!({"type": "bid", "max": 1_000 + number}) };
        assert_eq!(ana.ask(command).await["type"], "accepted");
    }
    let pages = async |auction: &str| {
        let mut export = server.server.rooms().export(&AuctionId::parse(auction).unwrap(), None).await.unwrap();
        let mut lines = Vec::new();
        while let Some(page) = export.next().await.unwrap() {
            lines.push(page.split(|byte| *byte == b'\n').count() - 1);
        }
        lines
    };
    // created, opened, the first bid, and what was said; the header before them
    assert_eq!(pages("long").await, [1 + 2 + 1 + 234]);
    for _ in 0..100 {
        ana.ask(json!({"type": "say", "text": "Hm"})).await;
    }
    assert_eq!(pages("long").await, [256, 338 - 256], "a page is as long as ever, whatever lies between its lines");
    ask(&server, "long", "Sol", json!({"type": "hammer"})).await;
    assert_eq!(pages("long").await, [256, 256, 256, 804 - 3 * 256]);
    let whole = log(&server, "long", None).await;
    assert_eq!(verify(&[&file(server.dir.path(), "long.ndjson", &whole)]).0, 0);
}
