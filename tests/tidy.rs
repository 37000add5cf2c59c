//! Style as a test: who may import whom, how long things may be, who reads the clock, and whether the protocol and its document agree.

#![allow(dead_code, missing_docs, clippy::unwrap_used)]

#[path = "support/schemas.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use subasta::wire::{Dialect, schemas};
use support::{Schemas, Unknown, title};

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
            // Judges again what rooms have stored: of them it knows the form of a record.
            "verify" => &["auction", "log", "wire", "room"],
            // A file in, a table out.
            "replay" => &["auction", "wire"],
            // Flags in, a token out.
            "token" => &["clock", "gateway"],
            "config" => &["auction", "wire", "room", "gateway", "terminal", "token", "replay", "verify"],
            "telemetry" => &["config"],
            "serve" => &["clock", "config", "gateway", "log", "room"],
            "lib" | "main" => &["config", "gateway", "serve", "telemetry", "limits", "terminal", "token", "replay", "verify"],
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

/// Every example of the document, with the heading it stands under.
fn examples(document: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for section in document.split("\n## ").skip(1) {
        let heading = section.lines().next().unwrap();
        for block in section.split("```json\n").skip(1) {
            let block = block.split("```").next().unwrap();
            for example in serde_json::Deserializer::from_str(block).into_iter() {
                found.push((heading.to_owned(), example.unwrap_or_else(|error| panic!("{error} in\n{block}"))));
            }
        }
    }
    assert!(found.len() > 40, "only {}", found.len());
    found
}

/// Sets the whole object where an example has `{"id":"demo"}`: in a list, as much of it as lists have.
fn unfold(example: &mut Value, whole: &Value, entry: &Value) {
    let demo = serde_json::json!({"id": "demo"});
    for (name, member) in example.as_object_mut().unwrap() {
        match member {
            Value::Array(list) if name == "auctions" => {
                list.iter_mut().filter(|short| **short == demo).for_each(|short| *short = entry.clone());
            }
            short if name == "auction" && *short == demo => *short = whole.clone(),
            _ => {}
        }
    }
}

#[test]
fn every_example_in_the_protocol_s_document_is_what_its_schema_says() {
    let schemas = Schemas::new(Unknown::Wrong);
    let examples = examples(&document());
    let (_, whole) = examples.iter().find(|(heading, _)| heading == "The auction object").unwrap();
    let mut entry = whole.clone();
    let in_lists = schemas.all["Summary"]["properties"].as_object().unwrap();
    entry.as_object_mut().unwrap().retain(|name, _| in_lists.contains_key(name));
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (heading, mut example) in examples.clone() {
        let is_entry = example["type"] == "auction";
        unfold(&mut example, if is_entry { &entry } else { whole }, &entry);
        let name = match heading.split(':').next().unwrap() {
            "Commands" => title(example["type"].as_str().unwrap()) + "Command",
            "Terms" => "Terms".to_owned(),
            _ => schemas.said(&example),
        };
        assert_eq!(schemas.fault(&name, &example), None, "docs/protocol.md, {heading}");
        shown.entry(name).or_default().extend(example.as_object().unwrap().keys().cloned());
    }
    // What has changed shows in an example, or there is none.
    let within = ["Person", "You", "Reconnect", "Summary", "Known", "Figures", "Preview", "Revealed", "Dutch"];
    let commands = schemas.all.keys().map(String::as_str).filter(|name| name.ends_with("Command") && *name != "Command");
    for name in schemas.all_said().into_iter().chain(commands).chain(["Terms"]).filter(|name| !within.contains(name)) {
        let shown = shown.get(name).unwrap_or_else(|| panic!("docs/protocol.md has no example of {name}"));
        let schema = &schemas.all[name];
        let parts = schema.get("oneOf").and_then(Value::as_array).filter(|_| schema.get("properties").is_none());
        for member in parts.unwrap_or(&vec![schema.clone()]).iter().flat_map(|part| part["properties"].as_object().unwrap().keys()) {
            assert!(shown.contains(member) || member == "id", "docs/protocol.md has no example of {name} with {member}");
        }
    }
}

/// Calls `found` with every word that a schema has for one of a few things.
fn words<'a>(schema: &'a Value, found: &mut impl FnMut(&'a str)) {
    match schema {
        Value::Object(members) => {
            members.get("const").and_then(Value::as_str).into_iter().for_each(&mut *found);
            members.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).for_each(&mut *found);
            members.values().for_each(|member| words(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        _ => {}
    }
}

#[test]
fn every_type_member_and_word_of_a_schema_is_in_the_protocol_s_document() {
    let document = document();
    let schemas = schemas(Dialect::Draft2020);
    let is_named = |name: &str| document.contains(&format!("`{name}`")) || document.contains(&format!("\"{name}\""));
    let mut count = 0;
    for (schema_name, schema) in &schemas {
        words(schema, &mut |word| assert!(is_named(word), "docs/protocol.md does not mention {word} of {schema_name}"));
        let Some(members) = schema["properties"].as_object() else { continue };
        // A type that has a row in a table has all of its members there.
        let kind = schema
            .pointer("/properties/type/const")
            .and_then(Value::as_str)
            .filter(|_| !["Created", "Problem"].contains(&schema_name.as_str()));
        let rows: String = document
            .lines()
            .filter(|line| {
                kind.is_some_and(|kind| line.starts_with("| ") && line.split('|').nth(1).unwrap().contains(&format!("`{kind}`")))
            })
            .collect();
        for member in members.keys() {
            assert!(is_named(member), "docs/protocol.md does not mention {member} of {schema_name}");
            let common = ["type", "id", "seq", "at"].contains(&member.as_str());
            assert!(
                rows.is_empty() || common || rows.contains(&format!("`{member}")),
                "docs/protocol.md: the row of {schema_name} lacks {member}"
            );
            count += 1;
        }
    }
    assert!(count > 150, "only {count}");
    let entry = document.split("An entry has these members").nth(1).unwrap().split("\n\n").next().unwrap();
    for member in schemas["Summary"]["properties"].as_object().unwrap().keys() {
        assert!(entry.contains(&format!("`{member}`")), "docs/protocol.md: an entry of the list has {member}");
    }
}

#[test]
fn every_code_is_in_the_schema() {
    let source = source("src/auction/refusal.rs");
    let given: BTreeSet<_> = quoted_after(&source, "=> \"").filter(|code| !code.contains(' ')).collect();
    assert_eq!(given, subasta::auction::Refusal::CODES.into_iter().collect());
}

/// What the router says, the document says.
#[test]
fn every_address_is_in_the_documents() {
    let (router, documents) = (source("src/gateway/mod.rs"), source("src/gateway/openapi.rs"));
    let mut count = 0;
    for address in quoted_after(&router, ".route(\"").filter(|address| !address.contains("{*")) {
        assert!(documents.contains(&format!("\"{address}\":")), "src/gateway/openapi.rs does not mention {address}");
        count += 1;
    }
    assert!(count > 10, "only {count}");
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
        // Data is no script.
        let is_fine = |tag: &str| tag.contains("src=") || tag.contains("type=\"application/json\"");
        let inline = text.split("<script").skip(1).any(|rest| !is_fine(rest.split('>').next().unwrap()));
        assert!(!inline, "{}: a script in the page", path.display());
    }
}
