//! Configuration: what is wrong is said in one line that names file, key and what is allowed; exit code 2.

#![allow(missing_docs, clippy::unwrap_used)]

use std::process::{Command, Output};

fn run(dir: &std::path::Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_subasta")).current_dir(dir).args(args).envs(env.iter().copied()).output().unwrap()
}

#[track_caller]
fn refused(config: &str, parts: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.toml"), config).unwrap();
    // The port makes sure that nothing runs on for long if the configuration should be accepted after all.
    let output = run(dir.path(), &[], &[("SUBASTA_PORT", "1")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{config}: {said}");
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    for part in ["config.toml"].iter().chain(parts) {
        assert!(said.contains(part), "{part:?} is missing in: {said}");
    }
}

#[test]
fn unknown_keys_and_bad_values_are_named() {
    refused("colour = 1", &["colour", "unknown field", "data_dir"]);
    refused("[heartbeat]\nintervall = \"1s\"", &["heartbeat", "intervall", "interval"]);
    refused("[heartbeat]\ninterval = \"soon\"", &["heartbeat.interval", "soon", "25s"]);
    refused("[heartbeat]\ninterval = \"1ms\"", &["heartbeat.interval", "100ms"]);
    refused("[heartbeat]\ninterval = 25", &["heartbeat.interval"]);
    refused("port = 70000", &["port", "u16"]);
    refused("listen = \"everywhere\"", &["listen", "IP address"]);
    refused("log_format = \"xml\"", &["log_format", "text", "json"]);
    refused("[limits]\nconnections = 0", &["limits.connections", "from 1 to"]);
    refused("[outage]\nwindow = \"2days\"", &["outage.window", "from 100ms to 1day"]);
    refused("[outage]\ngrace = \"0s\"", &["outage.grace", "from 100ms to 1day"]);
    refused("[outage]\npulse = \"2m\"", &["outage.pulse", "from 100ms to 1m"]);
    refused("web_dir = \"nowhere\"", &["web_dir", "nowhere"]);
    refused("port = \n", &["line 1"]);
}

#[test]
fn bad_auctions_are_named() {
    let auction = |more: &str| format!("[[auction]]\nid = \"a\"\ntitle = \"A\"\nstart = 1\nduration = \"1m\"\n[[auction]]\n{more}");
    let rest = "id = \"b\"\ntitle = \"B\"\nstart = 1\n";
    refused(&auction("id = \"b\"\nstart = 1\nduration = \"1m\""), &["auction 2", "title", "required"]);
    refused(&auction(rest), &["auction 2", "duration", "10m"]);
    refused(&auction(&format!("{rest}duration = \"x\"")), &["auction 2", "duration", "25s"]);
    refused(&auction(&format!("{rest}duration = \"1m\"\nrelist = 1")), &["auction 2", "relist", "true or false"]);
    refused(&auction(&format!("{rest}duration = \"1m\"\nends_at = 1")), &["auction 2", "ends_at", "duration"]);
    refused(&auction(&format!("{rest}duration = \"1m\"\ncolour = 1")), &["auction 2", "colour"]);
    refused(&auction("id = \"b\"\ntitle = \"B\"\nstart = 0\nduration = \"1m\""), &["auction 2", "start", "1 to"]);
    refused(&auction("title = \"B\"\nstart = 1\nduration = \"1m\""), &["auction 2", "id", "required"]);
}

#[test]
fn open_mode_does_not_leave_the_machine_unasked() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["--listen", "0.0.0.0", "--port", "1"], &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("open_anywhere = true under [auth]"), "{said}");
}

#[test]
fn a_named_file_must_be_there() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["--config", "nowhere.toml"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("nowhere.toml"));
}

#[test]
fn flags_come_before_environment_before_file() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.toml"), "[heartbeat]\ninterval = \"bad\"").unwrap();
    std::fs::write(dir.path().join("good.toml"), "listen = \"10.0.0.1\"").unwrap();
    // Each source is seen by what is wrong with it: all are refused as not loopback, by the address that won.
    let won = |args: &[&str], env: &[(&str, &str)]| String::from_utf8(run(dir.path(), args, env).stderr).unwrap();
    assert!(won(&["--config", "good.toml"], &[]).contains("10.0.0.1"));
    assert!(won(&["--config", "good.toml"], &[("SUBASTA_LISTEN", "10.0.0.2")]).contains("10.0.0.2"));
    assert!(won(&["serve", "--config", "good.toml"], &[("SUBASTA_LISTEN", "10.0.0.2")]).contains("10.0.0.2"));
    assert!(won(&["--config", "good.toml", "--listen", "10.0.0.3"], &[("SUBASTA_LISTEN", "10.0.0.2")]).contains("10.0.0.3"));
    assert!(won(&["serve", "--listen", "10.0.0.4"], &[("SUBASTA_CONFIG", "good.toml")]).contains("10.0.0.4"));
}

#[test]
fn the_project_s_own_file_can_be_loaded() {
    let file = format!("{}/config.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap();
    // Every default that stands in a comment is a key that exists: uncommented, the file still loads.
    let all: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.contains(" = ") && key.starts_with(|c: char| c.is_ascii_lowercase()) => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(all.lines().filter(|line| line.starts_with("data_dir") || line.starts_with("interval")).count() == 2, "{all}");
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("web")).unwrap();
    std::fs::write(dir.path().join("config.toml"), all.replace("127.0.0.1", "10.9.8.7")).unwrap();
    let said = String::from_utf8(run(dir.path(), &[], &[]).stderr).unwrap();
    assert!(said.contains("10.9.8.7 is not a loopback address"), "{said}");
}
