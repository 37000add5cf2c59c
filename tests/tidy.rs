//! Style as a test: who may import whom, how long things may be, who reads the clock, and whether the protocol and its document agree.

#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

const FUNCTION_LINES: usize = 70;
const FILE_LINES: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `folder` with this ending, and what it says.
fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("vendor") {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push((path.strip_prefix(root()).unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no .{ending} under {folder}");
    found
}

fn document() -> String {
    fs::read_to_string(root().join("docs/protocol.md")).unwrap()
}

/// The part of the house a file of `src` is in: a folder, or the file itself.
fn room_of(path: &Path) -> String {
    path.components().nth(1).unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

#[test]
fn imports_point_one_way() {
    let allowed = |room: &str| -> &[&str] {
        match room {
            "auction" | "clock" | "log" | "limits" => &[],
            "wire" => &["auction"],
            "room" => &["auction", "log", "wire", "clock"],
            "gateway" => &["room", "wire", "clock", "auction"],
            // A client: the server is somewhere else.
            "terminal" => &["wire", "clock", "auction"],
            "config" => &["auction", "wire", "room", "gateway", "terminal"],
            "telemetry" => &["config"],
            "serve" => &["clock", "config", "gateway", "log", "room"],
            "lib" | "main" => &["config", "gateway", "serve", "telemetry", "limits", "terminal"],
            other => panic!("{other} has no place in the import rule yet"),
        }
    };
    for (path, text) in files("src", "rs") {
        let room = room_of(&path);
        assert!(!text.contains("crate::{"), "{}: one import a line, so that this test can read it", path.display());
        for part in text.split("crate::").skip(1).chain(text.split("subasta::").skip(1)) {
            let used: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(
                used == room || used.is_empty() || allowed(&room).contains(&used.as_str()),
                "{}: {room} imports {used}",
                path.display()
            );
        }
    }
}

#[test]
fn the_rules_use_the_standard_library_alone() {
    for (path, text) in files("src/auction", "rs") {
        for foreign in ["serde", "tokio", "async ", "std::fs", "std::net", "std::time", "std::io", "tracing", "f32", "f64"] {
            assert!(!text.contains(foreign), "{}: {foreign}", path.display());
        }
    }
}

#[test]
fn only_the_clock_reads_the_time() {
    for (path, text) in files("src", "rs") {
        for read in ["Instant::now", "SystemTime", "UNIX_EPOCH", ".elapsed()"] {
            assert!(path.ends_with("clock.rs") || !text.contains(read), "{}: {read}", path.display());
        }
    }
}

#[test]
fn functions_fit_a_screen_and_files_one_noun() {
    for (path, text) in files("src", "rs").into_iter().chain(files("bench", "rs")) {
        let lines: Vec<_> = text.lines().collect();
        assert!(lines.len() <= FILE_LINES, "{}: {} lines", path.display(), lines.len());
        for (start, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            let is_function = code.split("fn ").next().is_some_and(|before| {
                code.contains("fn ")
                    && before.split_whitespace().all(|word| word.starts_with("pub") || ["const", "async", "unsafe", "in"].contains(&word))
            });
            if !is_function || line.ends_with(['}', ';']) {
                continue;
            }
            let end = format!("{}}}", &line[..line.len() - code.len()]);
            let length = lines[start..].iter().position(|line| **line == end).unwrap_or(0) + 1;
            assert!(length <= FUNCTION_LINES, "{}:{}: {length} lines", path.display(), start + 1);
        }
    }
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    for (path, text) in files("src", "rs") {
        for panic in [".unwrap()", "todo!(", "unimplemented!(", "dbg!(", "println!("] {
            let excused = panic == "println!(" && path.ends_with("main.rs");
            assert!(excused || !text.contains(panic), "{}: {panic}", path.display());
        }
    }
}

/// What stands between quotes after each occurrence of `before`.
fn quoted_after<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next())
}

fn source(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn every_message_code_and_event_is_in_the_protocol_s_document() {
    let document = document();
    let mut names: Vec<String> = Vec::new();
    for (_, text) in files("src/wire", "rs") {
        names.extend(quoted_after(&text, "tag = \"type\", rename = \"").map(str::to_owned));
    }
    // Events are the variants of one enum.
    let events = source("src/wire/event.rs");
    let events = events.split("enum EventOut<'a> {").nth(1).unwrap().split("\n}").next().unwrap().to_owned();
    names.extend(events.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     ")).filter_map(|line| {
        let name: String = line.trim().chars().take_while(|c| c.is_alphanumeric()).collect();
        (!name.is_empty()).then(|| name.to_lowercase())
    }));
    let commands = source("src/wire/command.rs");
    names.extend(commands.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>").map(|(name, _)| name.to_owned())));
    names.extend(quoted_after(&source("src/auction/refusal.rs"), "=> \"").filter(|code| !code.contains(' ')).map(str::to_owned));
    let codes = source("src/wire/frame.rs");
    let codes = codes.split("pub enum CloseCode {").nth(1).unwrap().split('}').next().unwrap().to_owned();
    names.extend(codes.split(" = ").skip(1).map(|rest| rest.chars().take_while(char::is_ascii_digit).collect()));
    assert!(names.len() > 45, "the sources are not read as they used to be: {names:?}");
    for name in names {
        let named = document.contains(&format!("`{name}`"))
            || document.contains(&format!("\"{name}\""))
            || document.contains(&format!("| {name}"))
            || document.contains(&format!(", {name}"));
        assert!(named, "docs/protocol.md does not mention {name}");
    }
}

#[test]
fn every_example_in_the_protocol_s_document_is_json() {
    let document = document();
    let mut examples = 0;
    for block in document.split("```json\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for example in serde_json::Deserializer::from_str(block).into_iter::<serde_json::Value>() {
            let example = example.unwrap_or_else(|error| panic!("{error} in\n{block}"));
            assert!(example.is_object());
            examples += 1;
        }
    }
    assert!(examples > 15, "only {examples}");
}

#[test]
fn every_key_and_flag_is_in_the_configuration_file() {
    let (config, source) = (source("config.toml"), source("src/config.rs"));
    for name in quoted_after(&source, "env = \"") {
        assert!(config.contains(name) || name == "SUBASTA_CONFIG", "config.toml does not mention {name}");
    }
    let keys = source.split("struct File {").nth(1).unwrap().split("/// Everything the server is told").next().unwrap();
    let mut count = 0;
    for key in keys.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(": ").map(|(key, _)| key)) {
        assert!(config.contains(key), "config.toml does not mention {key}");
        count += 1;
    }
    assert!(count > 12, "only {count}");
}

#[test]
fn pages_take_text_as_text() {
    for (path, text) in files("web", "js").into_iter().chain(files("web", "html")) {
        for risk in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "setAttribute(\"on",
            " style=\"",
            " onclick=",
        ] {
            assert!(!text.contains(risk), "{}: {risk}", path.display());
        }
        let inline = text.split("<script").skip(1).any(|rest| !rest.split('>').next().unwrap().contains("src="));
        assert!(!inline, "{}: a script in the page", path.display());
    }
}
