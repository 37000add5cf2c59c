//! Who is watching: every carrier counts, and people come and go by name.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use futures_util::StreamExt;
use serde_json::{Value, json};
use support::carrier::{Carrier, Form, Http};
use support::{Client, TestServer};

/// Everyone who joined or left, in the order told, until `watching` are there.
async fn moves_until(client: &mut Client, watching: usize) -> (Vec<Value>, Vec<Value>) {
    let (mut joined, mut left) = (Vec::new(), Vec::new());
    loop {
        let presence = client.until("presence").await;
        joined.extend(presence["joined"].as_array().unwrap().iter().cloned());
        left.extend(presence["left"].as_array().unwrap().iter().cloned());
        if presence["watching"] == watching {
            return (joined, left);
        }
    }
}

#[tokio::test]
async fn people_come_and_go_by_name_and_each_once() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    assert_eq!(moves_until(&mut ana, 1).await, (vec![json!("Ana")], vec![]));
    let (ben, ben_again) = (server.join("/ws/lot?name=Ben").await, server.join("/ws/lot?name=Ben").await);
    let nobody = server.join("/ws/lot").await;
    assert_eq!(moves_until(&mut ana, 4).await, (vec![json!("Ben")], vec![]), "two tabs are one person");
    ana.send("/who").await;
    let mine = ana.until("presence").await;
    assert_eq!((&mine["names"], mine.get("joined")), (&json!(["Ana", "Ben"]), None), "who is there, to one alone");
    drop((ben, nobody));
    assert_eq!(moves_until(&mut ana, 2).await, (vec![], vec![]), "one of two tabs is closed");
    drop(ben_again);
    assert_eq!(moves_until(&mut ana, 1).await, (vec![], vec![json!("Ben")]));
}

#[tokio::test]
async fn whoever_reads_a_stream_is_watching_too() {
    let server = TestServer::start().await;
    server.auction("lot", json!({})).await;
    let mut ana = server.join("/ws/lot?name=Ana").await;
    assert_eq!(moves_until(&mut ana, 1).await.0, [json!("Ana")]);
    for form in [Form::EventStream, Form::Ndjson] {
        let mut stream = server.place(&[]).follow(Carrier { form, http: Http::One }, "lot", None).await;
        assert_eq!(stream.next().await.unwrap()["type"], "welcome");
        assert_eq!(moves_until(&mut ana, 2).await, (vec![], vec![]), "{form:?}");
        drop(stream);
        assert_eq!(moves_until(&mut ana, 1).await, (vec![], vec![]), "{form:?}");
    }
}
