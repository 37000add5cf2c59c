//! `subasta watch` and `subasta bid`, the real binary against a real server: in a pipe, in a terminal, and with the server killed in between.

#![allow(missing_docs, clippy::unwrap_used, clippy::result_large_err)] // a handshake's callback has the type it has

mod support;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::{Value, json};
use subasta::clock::Clock;
use subasta::log::MemoryLog;
use subasta::serve::Server;
use support::{Process, TestServer, create};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// Long enough for a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

fn subasta(args: &[&str]) -> Command {
    let mut command = Command::new(support::binary());
    // A port in the environment is the server's affair, and must not be in the way.
    command.args(args).env_remove("SUBASTA_NAME").env_remove("SUBASTA_TOKEN").env("SUBASTA_PORT", "1").kill_on_drop(true);
    command
}

async fn run(args: &[&str]) -> Output {
    timeout(PATIENCE, subasta(args).stdin(Stdio::null()).output()).await.expect("it ends").unwrap()
}

/// The exit code, and what was said on both outputs.
fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

fn page(address: SocketAddr, id: &str) -> String {
    format!("http://{address}/a/{id}")
}

/// A `watch` in a pipe.
struct Watch {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watch {
    fn start(args: &[&str]) -> Watch {
        let mut child = subasta(&[&["watch"], args].concat()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Watch { child, lines }
    }

    async fn line(&mut self) -> Option<String> {
        timeout(PATIENCE, self.lines.next_line()).await.expect("a line").unwrap()
    }

    async fn exit_code(&mut self) -> Option<i32> {
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap().code()
    }
}

async fn offer(address: SocketAddr, who: &str, amount: i64) {
    let url = format!("http://{address}/api/auctions/lot/commands?name={who}");
    let answer = reqwest::Client::new().post(url).json(&json!({"type": "bid", "amount": amount})).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

async fn auction(address: SocketAddr) -> Value {
    reqwest::get(format!("http://{address}/api/auctions/lot")).await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn in_a_pipe_each_event_is_a_line_until_the_auction_ends() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::manual(1_764_000_000_000));
    let (_tell, fatal) = tokio::sync::oneshot::channel();
    let server = Server::start_with(support::config(dir.path()), Arc::new(MemoryLog::default()), clock.clone(), fatal).await;
    let server = server.map_err(|error| error.0).unwrap();
    create(server.address(), "lot", json!({"currency": "JPY"})).await;
    let mut watch = Watch::start(&[&page(server.address(), "lot"), "--since", "0"]);
    for line in [
        "2025-11-24T16:00:00.000Z #2 now open, no bid, minimum 1000 JPY, ends 2025-11-24T17:00:00.000Z, A lot",
        "2025-11-24T16:00:00.000Z #1 created by Sol, ends 2025-11-24T17:00:00.000Z",
        "2025-11-24T16:00:00.000Z #2 opened, ends 2025-11-24T17:00:00.000Z",
    ] {
        assert_eq!(watch.line().await.as_deref(), Some(line));
    }
    clock.set(1_764_003_600_000);
    assert_eq!(watch.line().await.as_deref(), Some("2025-11-24T17:00:00.000Z #3 closed, not sold"));
    assert_eq!((watch.line().await, watch.exit_code().await), (None, Some(0)));

    // Then it is over for whoever comes, and that is no error.
    let output = run(&["watch", &page(server.address(), "lot")]).await;
    assert_eq!(said(&output), (Some(0), "2025-11-24T17:00:00.000Z #3 now closed, not sold, A lot\n".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_in_between_costs_a_watcher_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = Process::start(dir.path(), 0, &[]).await;
    let address = process.address;
    create(address, "lot", json!({"increments": [{"from": 0, "step": 1}]})).await;
    let (socket, page) = (format!("ws://{address}/ws/lot"), page(address, "lot"));
    let mut json = Watch::start(&[&socket, "--since", "0", "--json"]);
    let mut words = Watch::start(&[&page, "--since", "0"]);
    // Who finds no server at all gives up at once: both must have been there.
    let both = async { while auction(address).await["watching"] != 2 {} };
    timeout(PATIENCE, both).await.expect("both watch");
    for round in 0..3 {
        for amount in 0..20 {
            offer(address, if amount % 2 == 0 { "Ana" } else { "Ben" }, 1_000 + round * 100 + amount).await;
        }
        // Whatever the watchers have seen of it by now. Once with a goodbye.
        if round == 1 {
            process.signal("TERM");
            timeout(PATIENCE, process.exit_code()).await.expect("it stops");
        } else {
            process.kill();
        }
        process = Process::start(dir.path(), address.port(), &[]).await;
    }
    let last = auction(address).await["seq"].as_u64().unwrap();
    assert_eq!(last, 62);
    let (mut expected, mut welcomes) = (1, 0);
    while expected <= last {
        let line = json.line().await.expect("more lines");
        let message: Value = serde_json::from_str(&line).unwrap();
        welcomes += u32::from(message["type"] == "welcome");
        if support::is_event(message["type"].as_str().unwrap()) {
            assert_eq!(message["seq"], expected, "{line}");
            expected += 1;
        }
    }
    assert!(welcomes > 1, "it was never away: {welcomes}");
    let mut expected = 1;
    while expected <= last {
        let line = words.line().await.expect("more lines");
        if !line.contains(" now ") {
            assert!(line.contains(&format!("Z #{expected} ")), "{expected}: {line}");
            expected += 1;
        }
    }
}

#[tokio::test]
async fn a_reader_who_has_seen_enough_ends_it_quietly() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let mut command = subasta(&["watch", &page(server.address(), "lot")]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(timeout(PATIENCE, out.next_line()).await.unwrap().unwrap().unwrap().contains("now open"));
    // As `| head -1` does; nothing more happens in the auction.
    drop(out);
    let output = timeout(PATIENCE, child.wait_with_output()).await.expect("it ends").unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[tokio::test]
async fn what_cannot_be_watched_is_said_in_one_line() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (nobody, lot) = (page(gone, "lot"), page(server.address(), "lot"));
    for (args, code, words) in [
        (vec![page(server.address(), "none")], 1, "there is no auction"),
        (vec![nobody], 1, "cannot be reached"),
        (vec![lot.clone(), "--token".to_owned(), "none".to_owned()], 1, "does not hold"),
        (vec![lot.replace("http", "https"), "--insecure".to_owned()], 1, "TLS"),
        (vec![lot.replace("http", "https"), "--ca".to_owned(), "no-such-file".to_owned()], 2, "--ca no-such-file"),
        (vec!["http://127.0.0.1/".to_owned()], 2, "leads to no auction"),
    ] {
        let args: Vec<_> = std::iter::once("watch").chain(args.iter().map(String::as_str)).collect();
        let (exit, what) = said(&run(&args).await);
        assert_eq!((exit, what.lines().count()), (Some(code), 1), "{args:?}: {what}");
        assert!(what.starts_with("subasta: ") && what.contains(words), "{args:?}: {what}");
    }
}

#[tokio::test]
async fn a_bid_ends_with_its_verdict() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let lot = page(server.address(), "lot");
    let bid = |args: &[&str]| {
        let args: Vec<String> = ["bid", &lot].iter().chain(args).map(ToString::to_string).collect();
        async move { said(&run(&args.iter().map(String::as_str).collect::<Vec<_>>()).await) }
    };
    assert_eq!(
        bid(&["12.50", "--name", "Ana"]).await,
        (Some(0), "accepted, leading, price 12.50 EUR, minimum 13.00 EUR (event #3)\n".to_owned())
    );
    assert_eq!(bid(&["20", "--max", "--name", "Ben"]).await.0, Some(0));
    let (code, words) = bid(&["15.5", "--name", "Ana"]).await;
    assert_eq!(code, Some(3), "{words}");
    assert!(words.starts_with("accepted, outbid at once, price 16.00 EUR, minimum 16.50 EUR"), "{words}");
    let (code, words) = bid(&["1", "--name", "Ana"]).await;
    assert_eq!(code, Some(2), "{words}");
    assert!(words.starts_with("refused (bid_too_low): ") && words.contains("16.50 EUR"), "{words}");
    // As it came: minor units.
    let (code, json) = bid(&["30", "--name", "Ana", "--json"]).await;
    let verdict: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &verdict["standing"], &verdict["price"]), (Some(0), &json!("leading"), &json!(3000)));

    // Nothing that could be meant otherwise is sent.
    for amount in ["1,200", "1.234", "1.200,00", "1e3", "", "40.", "0", "12 50", "€50", "99999999999999999999"] {
        let (code, words) = bid(&["--name", "Ana", "--", amount]).await;
        assert_eq!((code, words.lines().count()), (Some(2), 1), "{amount}: {words}");
    }
    assert_eq!(auction(server.address()).await["bids"], 4);
    let (code, words) = bid(&["50"]).await;
    assert!(code == Some(2) && words.contains("--name"), "{words}");
    let (code, words) = said(&run(&["bid", &page(server.address(), "none"), "50", "--name", "Ana"]).await);
    assert!(code == Some(1) && words.contains("/a/none"), "{words}");
}

#[tokio::test]
async fn a_price_that_falls_is_taken_as_it_is_and_a_sealed_bid_is_placed() {
    let server = TestServer::start().await;
    let falls = json!({"floor": 990, "step": 10, "every_ms": 10});
    server.auction("dutch", json!({"format": "dutch", "dutch": falls, "soft_close": null})).await;
    server.auction("sealed", json!({"format": "sealed", "soft_close": null})).await;
    tokio::time::sleep(Duration::from_millis(30)).await; // it has fallen to its floor then
    let bid = async |id: &str, args: &[&str]| said(&run(&[&["bid", &page(server.address(), id), "--name", "Ana"], args].concat()).await);
    let (code, words) = bid("dutch", &[]).await;
    assert_eq!((code, words.as_str()), (Some(0), "accepted, leading, price 9.90 EUR, minimum 9.90 EUR (event #3)\n"));
    assert_eq!(bid("sealed", &["12"]).await, (Some(0), "accepted, placed (event #3)\n".to_owned()));
    let (code, words) = bid("sealed", &[]).await;
    assert!(code == Some(2) && words.starts_with("refused (not_for_format): "), "{words}");
    assert_eq!(bid("sealed", &["--max"]).await.0, Some(2));
}

#[tokio::test]
async fn an_amount_is_read_in_the_auctions_own_currency() {
    let server = TestServer::start().await;
    server.auction("yen", json!({"currency": "JPY"})).await;
    server.auction("dinar", json!({"currency": "KWD"})).await;
    let bid = async |id: &str, amount: &str| said(&run(&["bid", &page(server.address(), id), amount, "--name", "Ana"]).await);
    assert_eq!(bid("yen", "1200.50").await.0, Some(2));
    assert!(bid("yen", "1200").await.1.contains("price 1200 JPY"));
    assert!(bid("dinar", "1.2345").await.0 == Some(2));
    assert!(bid("dinar", "1.234").await.1.contains("price 1.234 KWD"));
}

/// A server that says what it is told to, one list a connection, each ended by a close code; then no more comes. Gives the addresses that
/// it was asked for.
async fn scripted(connections: Vec<(Vec<Value>, u16)>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let noted = asked.clone();
    tokio::spawn(async move {
        for (messages, code) in connections {
            let (stream, _) = listener.accept().await.unwrap();
            let mut ws = accept_hdr_async(stream, |request: &Request, response: Response| {
                noted.lock().unwrap().push(request.uri().to_string());
                Ok(response)
            })
            .await
            .unwrap();
            for message in messages {
                ws.send(Message::text(message.to_string())).await.unwrap();
            }
            ws.close(Some(CloseFrame { code: code.into(), reason: "".into() })).await.unwrap();
            while let Some(Ok(_)) = ws.next().await {}
        }
    });
    (address, asked)
}

fn welcome(seq: u64, resumed: bool) -> Value {
    let auction = json!({"title": "A lot", "currency": "EUR", "decimals": 2, "status": "open", "starts_at": 0, "ends_at": 0, "price": null,
        "leader": null, "minimum": 1000, "reserve": "none", "outcome": null, "seq": seq});
    json!({"type": "welcome", "now": 0, "you": {"id": null, "name": null}, "auction": auction, "seq": seq, "resumed": resumed,
        "heartbeat_ms": 25_000, "reconnect": {"min_ms": 1, "max_ms": 5}})
}

fn chat(seq: u64) -> Value {
    json!({"type": "said", "seq": seq, "at": 0, "from": {"id": "ben", "name": "Ben"}, "text": format!("line {seq}\u{1b}[2J\u{9b}")})
}

/// The lines of a `watch` of what is scripted, its exit code, and what else it said.
async fn watched(address: SocketAddr) -> (Vec<String>, Option<i32>, String) {
    let output = run(&["watch", &page(address, "lot")]).await;
    let (lines, aside) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    (lines.lines().map(|line| line.split_once("Z ").unwrap().1.to_owned()).collect(), output.status.code(), aside)
}

#[tokio::test]
async fn repeats_are_dropped_gaps_filled_and_nothing_moves_the_cursor() {
    let (address, asked) = scripted(vec![
        (vec![welcome(2, false), chat(3), chat(3), json!({"type": "unheard-of"}), chat(5)], 4408),
        (vec![welcome(3, true), chat(3), chat(4), chat(5)], 4409),
        (vec![welcome(9, true)], 1012),
        (vec![welcome(7, false), chat(8)], 1000),
    ])
    .await;
    let (lines, code, aside) = watched(address).await;
    let line = |seq| format!("#{seq} said Ben: line {seq}\u{fffd}[2J\u{fffd}");
    let now = |seq| format!("#{seq} now open, no bid, minimum 10.00 EUR, ends 1970-01-01T00:00:00.000Z, A lot");
    assert_eq!(lines, [now(2), line(3), line(4), line(5), now(7), line(8)], "{aside}");
    assert_eq!(code, Some(0));
    // It goes on from the last event it has; where the server goes on from elsewhere, it begins anew.
    assert_eq!(*asked.lock().unwrap(), ["/ws/lot", "/ws/lot?since=3", "/ws/lot?since=5", "/ws/lot"]);
    assert!(aside.contains("an event was missing") && aside.contains("4409"), "{aside}");
}

#[tokio::test]
async fn codes_that_are_final_are() {
    for (code, words) in [(1007, "found fault"), (4401, "--name"), (4403, "does not allow"), (4404, "no auction")] {
        let (address, asked) = scripted(vec![(vec![welcome(2, false)], code), (vec![welcome(2, true)], 1000)]).await;
        let (_, exit, aside) = watched(address).await;
        assert!(exit == Some(1) && aside.lines().count() == 1 && aside.contains(words), "{code}: {aside}");
        assert_eq!(asked.lock().unwrap().len(), 1, "{code}");
    }
    for code in [1001, 1011, 1012, 1013, 4408, 4409, 4429] {
        let (address, asked) = scripted(vec![(vec![welcome(2, false)], code), (vec![welcome(2, true)], 1000)]).await;
        assert_eq!((watched(address).await.1, asked.lock().unwrap().len()), (Some(0), 2), "{code}");
    }
}

#[tokio::test]
async fn a_goodbye_says_when_to_come_back() {
    let goodbye = json!({"type": "goodbye", "retry_after_ms": 1_230});
    let (address, _) = scripted(vec![(vec![welcome(2, false), goodbye], 1012), (vec![welcome(2, true)], 1000)]).await;
    let (_, code, aside) = watched(address).await;
    assert!(code == Some(0) && aside.contains("trying again in 1.2 s"), "{aside}");
}

/// TLS in front of a server, under a certificate of its own making for `name`; the certificate too. `authority`: one that may sign others.
async fn secured(server: SocketAddr, name: &str, authority: bool) -> (SocketAddr, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut wanted = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    if authority {
        wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    }
    let certificate = wanted.self_signed(&key).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider())).with_safe_default_protocol_versions().unwrap();
    let secret = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], secret).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let (acceptor, mut far) = (acceptor.clone(), TcpStream::connect(server).await.unwrap());
            tokio::spawn(async move {
                // Who does not believe us leaves here.
                if let Ok(mut near) = acceptor.accept(near).await {
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                }
            });
        }
    });
    (address, certificate.pem())
}

#[tokio::test]
async fn a_server_is_believed_by_its_own_certificate_and_by_no_other() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, pem: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (_, stranger) = secured(server.address(), "127.0.0.1", true).await;
    let stranger = file("stranger.pem", &stranger);
    for (count, (name, authority)) in [("127.0.0.1", false), ("127.0.0.1", true), ("example.org", false)].into_iter().enumerate() {
        let (address, pem) = secured(server.address(), name, authority).await;
        let own = file("own.pem", &pem);
        let (lot, amount) = (format!("https://{address}/a/lot"), format!("{}", 20 + count * 20));
        let bid = async |more: &[&str]| said(&run(&[&["bid", &lot, &amount, "--name", "Ana"], more].concat()).await);
        for wary in [&[][..], &["--ca", &stranger]] {
            let (code, words) = bid(wary).await;
            assert!(code == Some(1) && words.contains("--ca FILE"), "{words}");
        }
        let (code, words) = bid(&["--ca", &own]).await;
        assert!(code == Some(0) && words.starts_with("accepted, leading"), "{name}: {words}");
        assert_eq!(bid(&["--insecure"]).await.0, Some(2), "it leads already");
        let socket = format!("wss://{address}/ws/lot");
        let mut watch = Watch::start(&[&socket, "--ca", &own]);
        assert!(watch.line().await.unwrap().contains(" now open"));
    }
    assert_eq!(auction(server.address()).await["bids"], 3);
}

/// Lets requests through, one a connection, and loses the answers to those of these numbers.
async fn lossy(server: SocketAddr, losing: &'static [usize]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(server).await.unwrap();
            if losing.contains(&number) {
                let (mut asks, _near) = near.into_split();
                let (mut answers, mut passed) = far.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut asks, &mut passed).await });
                // It has been judged; that is as far as it comes.
                let _ = answers.read_u8().await;
            } else {
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
            }
        }
    });
    address
}

#[tokio::test]
async fn a_bid_whose_verdict_is_lost_counts_once() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    // The first request asks for the currency.
    let lossy = lossy(server.address(), &[1, 2]).await;
    let args = ["12.50", "--name", "Ana", "--id", "mine"];
    let (code, words) = said(&run(&[&["bid", &page(lossy, "lot")], &args[..]].concat()).await);
    assert_eq!((code, words.as_str()), (Some(0), "accepted, leading, price 12.50 EUR, minimum 13.00 EUR (event #3)\n"));
    assert_eq!(auction(server.address()).await["bids"], 1);
    // Asked again, it is the first verdict; under another id it is another bid.
    assert_eq!(said(&run(&[&["bid", &page(server.address(), "lot")], &args[..]].concat()).await), (code, words));
    assert_eq!(said(&run(&["bid", &page(server.address(), "lot"), "12.50", "--name", "Ana"]).await).0, Some(2));
    assert_eq!(auction(server.address()).await["bids"], 1);
}

#[tokio::test]
async fn a_bid_without_a_verdict_says_how_to_ask_again() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let lossy = lossy(server.address(), &[1, 2, 3, 4, 5, 6, 7, 8, 9]).await;
    let args = ["bid", &page(lossy, "lot"), "12.50", "--name", "Ana", "--id", "mine", "--patience", "2s"];
    let (code, words) = said(&run(&args).await);
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("may count or not") && words.contains("--id mine"), "{words}");
}

/// A terminal that nobody sees. Both sides: ours, and the program's.
fn terminal(columns: u16, rows: u16) -> (File, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = OpenOptions::new().read(true).write(true).open(Path::new(name.to_str().unwrap())).unwrap();
    tcsetwinsize(&theirs, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    (ours.into(), theirs)
}

/// What has appeared on it.
struct Shown {
    chunks: tokio::sync::mpsc::UnboundedReceiver<Vec<u8>>,
    text: String,
}

impl Shown {
    fn of(terminal: &File) -> Shown {
        let (tell, chunks) = tokio::sync::mpsc::unbounded_channel();
        let mut terminal = terminal.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut chunk = vec![0; 4096];
            while let Ok(read @ 1..) = terminal.read(&mut chunk) {
                if tell.send(chunk[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Shown { chunks, text: String::new() }
    }

    async fn until(&mut self, words: &str) {
        let found = async {
            while !self.text.contains(words) {
                let chunk = self.chunks.recv().await.unwrap_or_else(|| panic!("no {words:?} in {:?}", self.text));
                self.text.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        let found = timeout(PATIENCE, found).await.is_ok();
        assert!(found, "no {words:?} in {:?}", self.text);
    }
}

#[tokio::test]
async fn in_a_terminal_one_watches_and_bids_and_gets_it_back() {
    let server = TestServer::start().await;
    server.auction("lot", json!({"title": "Brass sextant"})).await;
    let (mut ours, theirs) = terminal(100, 30);
    let mut shown = Shown::of(&ours);
    let mut command = subasta(&["watch", &page(server.address(), "lot"), "--name", "Ana"]);
    let side = || Stdio::from(theirs.try_clone().unwrap());
    let mut child = command.stdin(side()).stdout(side()).stderr(side()).env("TERM", "xterm-256color").spawn().unwrap();
    drop((command, theirs));
    shown.until("Brass sextant").await;
    shown.until("no bid yet").await;
    ours.write_all(b"120.50\r").unwrap();
    shown.until("120.50 EUR").await;
    shown.until("you lead").await;
    assert_eq!(auction(server.address()).await["price"], 12_050);
    // Another size is drawn anew.
    shown.text.clear();
    tcsetwinsize(&ours, Winsize { ws_row: 20, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap(),
        rustix::process::Signal::WINCH,
    )
    .unwrap();
    shown.until("Brass sextant").await;
    // Again and again, as a person would: crossterm may sit on a key that comes in the same instant as a new size.
    let mut keys = ours.try_clone().unwrap();
    let pressing = tokio::spawn(async move {
        while keys.write_all(b"q").is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    });
    // The other screen, then the last word on this one.
    shown.until("\u{1b}[?1049l").await;
    shown.until("open, price 120.50 EUR, leader Ana").await;
    pressing.abort();
    assert_eq!(timeout(PATIENCE, child.wait()).await.unwrap().unwrap().code(), Some(0));
}
