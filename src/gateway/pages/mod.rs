//! The pages: from the binary, or from a directory while they are being made.

mod view;
mod words;

use std::path::{Component, Path as FilePath};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, ETAG, IF_NONE_MATCH, LOCATION, REFERRER_POLICY,
    SET_COOKIE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use minijinja::context;
use rust_embed::{Embed, EmbeddedFile};
use tracing::error;

use super::Gateway;
pub use view::Views;

#[derive(Embed)]
#[folder = "web/"]
struct Web;

/// Only what we serve may run, and nobody may frame it. Pictures of lots may come from anywhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: http: data:; connect-src 'self'; \
                      font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// `GET /`.
pub async fn lobby(State(gateway): State<Gateway>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    page(&gateway, "index.html", &uri, &headers)
}

/// `GET /a/{auction}`: the page finds out by itself whether there is such an auction.
pub async fn auction(State(gateway): State<Gateway>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    page(&gateway, "auction.html", &uri, &headers)
}

/// `GET /console`: the auctioneer's own. Who may conduct is decided where commands are judged; the page asks who one is.
pub async fn console(State(gateway): State<Gateway>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    page(&gateway, "console.html", &uri, &headers)
}

/// Any other address: a file of the pages, if there is one.
pub async fn file(State(gateway): State<Gateway>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let path = uri.path().trim_start_matches('/');
    // Those are templates.
    serve(&gateway, if path.ends_with(".html") { "" } else { path }, &headers)
}

/// The views of the files in the binary, or of those in `directory`.
pub fn views(directory: Option<&FilePath>) -> Result<Views, String> {
    let directory = directory.map(FilePath::to_owned);
    Views::new(move |path| find(directory.as_deref(), path).map(|file| file.data.into_owned()))
}

/// A page in the language somebody wants; `?lang=` is how they say so for good.
fn page(gateway: &Gateway, name: &str, uri: &Uri, headers: &HeaderMap) -> Response<Body> {
    if let Some(language) = asked(uri).and_then(words::known) {
        let kept = format!("{}={language}; SameSite=Lax; Path=/; Max-Age=31536000", words::COOKIE);
        return (StatusCode::SEE_OTHER, [(SET_COOKIE, kept), (LOCATION, without_language(uri))]).into_response();
    }
    let language = language(headers);
    // While pages are being made, each look reads them anew.
    let made = gateway.settings.web_dir.as_deref().map(|directory| views(Some(directory)).map(Arc::new));
    let views = made.unwrap_or_else(|| Ok(gateway.views.clone()));
    let given = context! { languages_on => without_language(uri) };
    let page = match views.and_then(|views| views.render(name, language, given)) {
        Ok(page) => page,
        Err(problem) => {
            error!(%problem, page = name, "a page cannot be made");
            return (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown; the server's log says why.\n").into_response();
        }
    };
    let head = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (VARY, "Accept-Language, Cookie"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Tokens may stand in addresses.
        (REFERRER_POLICY, "no-referrer"),
    ];
    (head, page).into_response()
}

fn language(headers: &HeaderMap) -> &'static str {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let chosen = cookies.filter_map(|cookie| cookie.trim().split_once('=')).find(|(name, _)| *name == words::COOKIE);
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    chosen.and_then(|(_, language)| words::known(language)).unwrap_or_else(|| words::preferred(accepted))
}

fn asked(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("lang="))
}

/// The same address, for a page in whatever language. A path that begins with `//` would be another host's.
fn without_language(uri: &Uri) -> String {
    let rest: Vec<_> = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")).collect();
    let path = format!("/{}", uri.path().trim_start_matches('/'));
    if rest.is_empty() { path } else { format!("{path}?{}", rest.join("&")) }
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
