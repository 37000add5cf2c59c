//! Bidders who outbid each other in the auction `lot` as fast as verdicts come, and what they were told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

use super::{Client, PATIENCE, bid};

pub const BIDDERS: usize = 6;

/// What the server has said yes to: by bidder and request id, the seq, the amount.
pub type Acknowledged = Arc<Mutex<BTreeMap<(usize, String), (u64, i64)>>>;

/// A bidder who outbids whoever leads, as fast as verdicts come, until the server is gone.
async fn bidder(address: SocketAddr, number: usize, round: u64, acknowledged: Acknowledged) {
    let Ok(mut client) = Client::connect(address, &format!("/ws/lot?name=bidder-{number}")).await else { return };
    let mut minimum = client.welcome["auction"]["minimum"].as_i64().unwrap();
    for count in 0.. {
        let id = format!("{round}.{count}");
        let command = Message::text(bid(&id, minimum).to_string());
        if client.ws.send(command).await.is_err() {
            return;
        }
        loop {
            let Ok(message) = client.receive().await else { return };
            match message["type"].as_str().unwrap() {
                "bid" => minimum = message["minimum"].as_i64().unwrap(),
                "accepted" => {
                    let seq = message["seq"].as_u64().unwrap();
                    let amount = message["price"].as_i64().unwrap();
                    acknowledged.lock().unwrap().insert((number, id), (seq, amount));
                    break;
                }
                // In the last moments, when the log cannot write, there is no minimum.
                "refused" => {
                    minimum = message["minimum"].as_i64().unwrap_or(minimum);
                    break;
                }
                _ => {}
            }
        }
    }
}

/// All of them, until the server is gone.
pub fn bidders(address: SocketAddr, round: u64, acknowledged: &Acknowledged) -> Vec<JoinHandle<()>> {
    (0..BIDDERS).map(|number| tokio::spawn(bidder(address, number, round, acknowledged.clone()))).collect()
}

/// Returns once the server has said yes to some more than `before`.
pub async fn under_way(acknowledged: &Acknowledged, before: usize) {
    let under_way = async {
        while acknowledged.lock().unwrap().len() <= before + 10 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, under_way).await.expect("bids are under way");
}

/// Returns once they have all noticed that the server is gone.
pub async fn all_gone(bidders: Vec<JoinHandle<()>>) {
    for bidder in bidders {
        tokio::time::timeout(PATIENCE, bidder).await.expect("the server is gone").unwrap();
    }
}

/// Everything the log holds, as a client sees it who resumes from the beginning.
pub async fn history(address: SocketAddr) -> Vec<Value> {
    let mut client = Client::connect(address, "/ws/lot?since=0").await.unwrap();
    assert_eq!(client.welcome["resumed"], true);
    let head = client.welcome["auction"]["seq"].as_u64().unwrap();
    while client.seq < head {
        client.receive().await.unwrap();
    }
    client.events
}

/// Every acknowledged bid is in its place, and there is no gap and no repeat.
pub fn check(events: &[Value], acknowledged: &Acknowledged) {
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], index as u64 + 1, "no gap, no repeat");
    }
    let lost: Vec<_> = acknowledged.lock().unwrap().values().map(|(seq, _)| *seq).filter(|seq| *seq > events.len() as u64).collect();
    assert!(lost.is_empty(), "there are {} events: {lost:?} were acknowledged, and are lost", events.len());
    for ((number, id), (seq, amount)) in acknowledged.lock().unwrap().iter() {
        let event = &events[usize::try_from(*seq).unwrap() - 1];
        let name = format!("bidder-{number}");
        assert_eq!((&event["type"], &event["bidder"]["name"], &event["amount"]), (&json!("bid"), &json!(name), &json!(amount)), "{id}");
    }
}
