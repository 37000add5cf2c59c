//! The schemas that the server publishes, and whether something is what they say.

use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use subasta::wire::{Dialect, schemas};

/// How strictly a member that no schema names is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unknown {
    /// As clients shall: it is ignored.
    Ignored,
    /// What the server says, and what the document shows, is told in full by its schema.
    Wrong,
}

/// Every schema, ready to check with.
pub struct Schemas {
    pub all: Map<String, Value>,
    ready: HashMap<String, Validator>,
}

impl Schemas {
    pub fn new(unknown: Unknown) -> Schemas {
        Schemas::of(schemas(Dialect::Draft2020), unknown)
    }

    pub fn of(all: Map<String, Value>, unknown: Unknown) -> Schemas {
        let mut components = json!({ "schemas": all });
        if unknown == Unknown::Wrong {
            close(&mut components);
        }
        let ready = all.keys().map(|name| {
            let schema = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$ref": format!("#/components/schemas/{name}"), "components": components,
            });
            (name.clone(), jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name} is no schema: {error}")))
        });
        Schemas { ready: ready.collect(), all }
    }

    pub fn is(&self, name: &str, value: &Value) -> bool {
        self.ready[name].is_valid(value)
    }

    /// What is wrong with `value`, if anything is.
    pub fn fault(&self, name: &str, value: &Value) -> Option<String> {
        let validator = self.ready.get(name).unwrap_or_else(|| panic!("there is no schema {name} for {value}"));
        let faults: Vec<_> = validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        (!faults.is_empty()).then(|| format!("{value} is no {name}: {}", faults.join("; ")))
    }

    /// The schema's name of something that the server said.
    pub fn said(&self, message: &Value) -> String {
        let has = |member: &str| message.get(member).is_some();
        match message["type"].as_str().unwrap_or_default() {
            "" if has("events") => "Events".to_owned(),
            "" if has("auctions") => "Page".to_owned(),
            "" if has("token") => "Session".to_owned(),
            "" if has("recent") => "Auction".to_owned(),
            "welcome" if has("auctions") => "LobbyWelcome".to_owned(),
            "accepted" if has("auction") => "Created".to_owned(),
            "refused" if has("status") => "Problem".to_owned(),
            "auction" => "LobbyAuction".to_owned(),
            kind => {
                let title = title(kind);
                let event = format!("{title}Event");
                if self.all.contains_key(&event) { event } else { title }
            }
        }
    }

    /// The schemas of what the server says, whole.
    pub fn all_said(&self) -> Vec<&str> {
        let asked = |name: &str| name.ends_with("Command") || ["Terms", "SignIn"].contains(&name);
        let is_object = |schema: &Value| schema.get("properties").is_some();
        self.all.iter().filter(|(name, schema)| !asked(name) && is_object(schema)).map(|(name, _)| name.as_str()).collect()
    }
}

pub fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Whatever has members has no others.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.contains_key("properties") && members["properties"].is_object() && members.contains_key("type") {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
