//! The pages: from the binary, or from a directory while they are being made.

use std::path::{Component, Path as FilePath};

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use rust_embed::{Embed, EmbeddedFile};

use super::Gateway;

#[derive(Embed)]
#[folder = "web/"]
struct Web;

/// Only what we serve may run, and nobody may frame it. Pictures of lots may come from anywhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: http: data:; connect-src 'self'; \
                      font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// `GET /`.
pub async fn lobby(State(gateway): State<Gateway>, headers: HeaderMap) -> Response<Body> {
    serve(&gateway, "index.html", &headers)
}

/// `GET /a/{auction}`: the page finds out by itself whether there is such an auction.
pub async fn auction(State(gateway): State<Gateway>, headers: HeaderMap) -> Response<Body> {
    serve(&gateway, "auction.html", &headers)
}

/// `GET /console`: the auctioneer's own. Who may conduct is decided where commands are judged; the page asks who one is.
pub async fn console(State(gateway): State<Gateway>, headers: HeaderMap) -> Response<Body> {
    serve(&gateway, "console.html", &headers)
}

/// Any other address: a file of the pages, if there is one.
pub async fn file(State(gateway): State<Gateway>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    serve(&gateway, uri.path().trim_start_matches('/'), &headers)
}

fn serve(gateway: &Gateway, path: &str, headers: &HeaderMap) -> Response<Body> {
    let Some(file) = find(gateway.settings.web_dir.as_deref(), path) else {
        return (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response();
    };
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()));
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|known| known.contains(&tag));
    let common = [
        (ETAG, tag),
        (CACHE_CONTROL, "no-cache".to_owned()),
        (CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        // Tokens may stand in addresses.
        (REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let kind = [(CONTENT_TYPE, content_type(&file))];
    (common, kind, Body::from(file.data.into_owned())).into_response()
}

fn find(directory: Option<&FilePath>, path: &str) -> Option<EmbeddedFile> {
    let Some(directory) = directory else { return Web::get(path) };
    let plain = FilePath::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !plain {
        return None;
    }
    rust_embed::utils::read_file_from_fs(&directory.join(path)).ok()
}

fn content_type(file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

/// The first 16 bytes in hexadecimal.
pub fn hex(hash: &[u8; 32]) -> String {
    let (high, _) = hash.split_at(16);
    format!("{:032x}", u128::from_be_bytes(high.try_into().expect("half of 32 bytes are 16")))
}
