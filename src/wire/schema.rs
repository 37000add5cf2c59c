//! JSON Schema of everything that travels, from the types that write and read it.

use std::collections::BTreeMap;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::asked::{CommandIn, NameIn};
use super::event::EventOut;
use super::message::{
    AcceptedOut, AliasOut, AnnouncingOut, AuthOut, CreatedOut, Events, GoneOut, GoodbyeOut, HelpOut, LobbyAuctionOut, LobbyWelcome,
    OutbidOut, Page, PongOut, PresenceOut, ProblemOut, RefusedOut, ResyncOut, Session, TickOut, Welcome,
};
use super::terms::TermsIn;
use super::{AuctionOut, Summary};

/// In which dialect schemas are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// 2020-12, as OpenAPI 3.1 has it.
    Draft2020,
    /// Draft 7, as AsyncAPI 3.0 has it.
    Draft7,
}

/// Where schemas find one another.
const HOME: &str = "/components/schemas";

/// One type's schema.
type Of = fn(&mut SchemaGenerator) -> Schema;

/// What the server says, beside events.
const SAID: [(&str, Of); 24] = [
    ("Welcome", tagged::<Welcome>),
    ("LobbyWelcome", tagged::<LobbyWelcome>),
    ("Auth", tagged::<AuthOut>),
    ("Accepted", tagged::<AcceptedOut>),
    ("Created", tagged::<CreatedOut>),
    ("Refused", tagged::<RefusedOut>),
    ("Outbid", tagged::<OutbidOut>),
    ("Alias", tagged::<AliasOut>),
    ("Pong", tagged::<PongOut>),
    ("Help", tagged::<HelpOut>),
    ("Presence", tagged::<PresenceOut>),
    ("Announcing", tagged::<AnnouncingOut>),
    ("Tick", tagged::<TickOut>),
    ("Resync", tagged::<ResyncOut>),
    ("Goodbye", tagged::<GoodbyeOut>),
    ("LobbyAuction", tagged::<LobbyAuctionOut>),
    ("Gone", tagged::<GoneOut>),
    ("Auction", AuctionOut::json_schema),
    ("Summary", Summary::json_schema),
    ("Events", Events::json_schema),
    ("Page", Page::json_schema),
    ("Session", Session::json_schema),
    ("Problem", problem),
    ("Event", EventOut::json_schema),
];

/// What clients say.
const ASKED: [(&str, Of); 3] = [("Command", CommandIn::json_schema), ("Terms", TermsIn::json_schema), ("SignIn", NameIn::json_schema)];

/// A message: with its `type`, which for serde is the type's own name.
fn tagged<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    tag(T::json_schema(generator), &T::schema_name())
}

/// It holds a refusal, `type` and all.
fn problem(generator: &mut SchemaGenerator) -> Schema {
    tag(ProblemOut::json_schema(generator), &RefusedOut::schema_name())
}

fn tag(mut schema: Schema, kind: &str) -> Schema {
    let members = schema.ensure_object();
    let properties = members.entry("properties").or_insert_with(|| json!({}));
    properties["type"] = json!({"type": "string", "const": kind});
    if let Some(required) = members.entry("required").or_insert_with(|| json!([])).as_array_mut() {
        required.insert(0, json!("type"));
    }
    schema
}

/// Unions told apart by `type`, and what ends the names of their parts.
const UNIONS: [&str; 2] = ["Event", "Command"];

/// Every schema by its name, each naming others as `#/components/schemas/…`. Of events and commands there is one for each `type`
/// (`BidEvent`, `BidCommand`), and `Event` and `Command` are any of these.
pub fn schemas(dialect: Dialect) -> Map<String, Value> {
    let mut all = generate(settings(dialect).for_serialize(), &SAID);
    for (name, schema) in generate(settings(dialect).for_deserialize(), &ASKED) {
        let fits = all.get(&name).is_none_or(|known| *known == schema);
        debug_assert!(fits, "{name} is asked in another form than it is said: give it another name");
        all.insert(name, schema);
    }
    UNIONS.iter().for_each(|union| split(&mut all, union));
    all
}

fn settings(dialect: Dialect) -> SchemaSettings {
    let settings = match dialect {
        Dialect::Draft2020 => SchemaSettings::draft2020_12(),
        Dialect::Draft7 => SchemaSettings::draft07(),
    };
    settings.with(|settings| {
        settings.definitions_path = HOME.into();
        settings.meta_schema = None;
    })
}

fn generate(settings: SchemaSettings, types: &[(&str, Of)]) -> Map<String, Value> {
    let mut generator = SchemaGenerator::new(settings);
    for (name, of) in types {
        let schema = of(&mut generator).to_value();
        generator.definitions_mut().insert((*name).to_owned(), schema);
    }
    generator.take_definitions(true)
}

/// Gives each part of a union a name, so that a document can speak of it.
fn split(all: &mut Map<String, Value>, union: &str) {
    let Some(schema) = all.get_mut(union).and_then(Value::as_object_mut) else { return };
    let parts = ["oneOf", "anyOf"].iter().find_map(|how| schema.remove(*how));
    let mut named: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for part in parts.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let kind = part.pointer("/properties/type/const").and_then(Value::as_str).unwrap_or_default();
        named.entry(title(kind) + union).or_default().push(part.clone());
    }
    let refs: Vec<_> = named.keys().map(|name| json!({"$ref": format!("#{HOME}/{name}")})).collect();
    schema.insert("oneOf".to_owned(), Value::Array(refs));
    for (name, mut parts) in named {
        let part = if parts.len() == 1 { parts.pop() } else { None };
        all.insert(name, part.unwrap_or_else(|| json!({"oneOf": parts})));
    }
}

fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
