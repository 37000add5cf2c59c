//! What the tests share: running the bench, and reading what it wrote.

#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::missing_panics_doc)]

use std::net::SocketAddr;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the bench against `address`, and answers its JSON.
pub fn bench(address: SocketAddr, arguments: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("out.json");
    let output = try_bench(address, &format!("{arguments} --json {}", json.display()));
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap()
}

/// Runs the bench, whatever comes of it.
pub fn try_bench(address: SocketAddr, arguments: &str) -> Output {
    let url = format!("ws://{address}");
    Command::new(env!("CARGO_BIN_EXE_subasta-bench")).args(arguments.split(' ')).args(["--url", &url]).output().unwrap()
}

/// What a failed run said.
pub fn complaint(address: SocketAddr, arguments: &str) -> String {
    let output = try_bench(address, arguments);
    assert!(!output.status.success(), "{arguments} should fail");
    String::from_utf8(output.stderr).unwrap()
}
