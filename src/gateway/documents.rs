//! The documents that programs read: what there is to ask and to hear, as OpenAPI and as AsyncAPI. Their schemas come from the types that
//! write and read the messages, so that they cannot say something else.

use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{asyncapi, openapi, pages};
use crate::wire;

/// A document, written down once.
struct Document {
    tag: String,
    bytes: Bytes,
}

impl Document {
    fn new(value: &Value) -> Document {
        let bytes = wire::to_json(value);
        Document { tag: format!("\"{}\"", pages::hex(&Sha256::digest(&bytes).into())), bytes: bytes.into() }
    }
}

static OPENAPI: LazyLock<Document> = LazyLock::new(|| Document::new(&openapi::document()));
static ASYNCAPI: LazyLock<Document> = LazyLock::new(|| Document::new(&asyncapi::document()));

/// `GET /openapi.json`.
pub async fn openapi(headers: HeaderMap) -> Response<Body> {
    serve(&OPENAPI, &headers)
}

/// `GET /asyncapi.json`.
pub async fn asyncapi(headers: HeaderMap) -> Response<Body> {
    serve(&ASYNCAPI, &headers)
}

fn serve(document: &'static Document, headers: &HeaderMap) -> Response<Body> {
    let common = [(ETAG, document.tag.as_str()), (CACHE_CONTROL, "no-cache")];
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|known| known.contains(&document.tag));
    if known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(CONTENT_TYPE, "application/json")], document.bytes.clone()).into_response()
}

/// What both documents begin with.
pub fn info() -> Value {
    json!({
        "title": "Subasta",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "An auction server: the same commands and events over WebSocket, HTTP, event streams and long polls.",
        "description": "Money is a whole number of minor units (cents), time is whole milliseconds of UTC. \
                        docs/protocol.md says in words what is promised.",
        "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
    })
}

/// The members of a query, each by its name: what it is for, and its schema.
pub fn query<T: JsonSchema>() -> Vec<(String, String, Value)> {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    let members = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    members.into_iter().map(|(name, mut schema)| (name, description(&mut schema), sole(schema))).collect()
}

fn description(schema: &mut Value) -> String {
    let text = schema.as_object_mut().and_then(|members| members.remove("description"));
    text.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// An address cannot say null: what may be left out is left out.
fn sole(mut schema: Value) -> Value {
    if let Some(one) = schema.get("type").and_then(Value::as_array).and_then(|types| types.first()).cloned() {
        schema["type"] = one;
    }
    schema
}
