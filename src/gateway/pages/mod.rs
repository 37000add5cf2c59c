//! The pages: from the binary, or from a directory while they are being made.

mod coding;
mod files;
mod joined;
mod policy;
mod shown;
mod view;
mod words;

use std::path::Path as FilePath;
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use axum::body::{Body, HttpBody};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, ETAG, IF_NONE_MATCH,
    LOCATION, REFERRER_POLICY, SET_COOKIE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::IntoResponse;
use minijinja::{Value, context};
use tokio::sync::Semaphore;
use tracing::error;

use super::{Gateway, api};
use crate::auction::Refusal;
use coding::Coding;
pub use files::hex;
use files::{File, Files};
use shown::Shown;
use view::Views;

/// A file under its versioned address never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const CODINGS: [Coding; 3] = [Coding::Identity, Coding::Gzip, Coding::Brotli];

/// The pages and all their files.
#[derive(Debug)]
pub struct Site {
    files: Arc<Files>,
    views: Views,
}

impl Site {
    /// Of the files in the binary.
    pub fn embedded() -> Result<Site, String> {
        Site::new(Files::embedded())
    }

    fn of(directory: &FilePath) -> Result<Site, String> {
        Site::new(Files::of(directory).map_err(|error| format!("{}: {error}", directory.display()))?)
    }

    fn new(files: Files) -> Result<Site, String> {
        let files = Arc::new(files);
        Ok(Site { views: Views::new(files.clone())?, files })
    }
}

/// While pages are being made, each look reads them anew.
fn site(gateway: &Gateway) -> Result<Arc<Site>, String> {
    gateway.settings.web_dir.as_deref().map_or_else(|| Ok(gateway.site.clone()), |directory| Site::of(directory).map(Arc::new))
}

/// Pages that are made at once: half of the processors at most, so that however many people open one, bids are judged meanwhile. Who comes when
/// all are busy waits.
static MAKING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new((available_parallelism().map_or(1, usize::from) / 2).max(1)));
/// Cards that stand in the lobby's page before any script runs.
const CARDS: usize = 36;

/// `GET /`.
pub async fn lobby(State(gateway): State<Gateway>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let (list, now) = (gateway.rooms.lobby().first(CARDS), gateway.rooms.clock().now());
    let given = move || {
        let cards: Vec<_> = list.iter().map(|summary| serde_json::to_value(&**summary).unwrap_or_default()).collect();
        let cards: Vec<_> = cards.iter().map(|summary| Shown::new(summary, now).card()).collect();
        context! { now, cards }
    };
    page(&gateway, StatusCode::OK, "index.html", &uri, &headers, given).await
}

/// `GET /a/{auction}`: as it stands, so that whoever opens the page sees the price with it. Where the room cannot be asked right now, the page
/// does that by itself.
pub async fn auction(
    State(gateway): State<Gateway>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let look = match api::named(path) {
        Ok(id) => gateway.rooms.look(&id).await,
        Err(_) => Err(Refusal::UnknownAuction),
    };
    let status = if matches!(look, Err(Refusal::UnknownAuction)) { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let now = gateway.rooms.clock().now();
    let given = move || {
        let Ok(look) = look else { return context! { now, lot => Value::from(()) } };
        // In a page `</script>` would end what is no script.
        let first = format!("{{\"now\":{now},\"auction\":{}}}", look.auction.get()).replace('<', "\\u003c");
        let auction = serde_json::from_str(look.auction.get()).unwrap_or_default();
        context! { now, lot => Shown::new(&auction, now).lot(), first => Value::from_safe_string(first) }
    };
    page(&gateway, status, "auction.html", &uri, &headers, given).await
}

/// `GET /console`: the auctioneer's own. Who may conduct is decided where commands are judged; the page asks who one is.
pub async fn console(State(gateway): State<Gateway>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    page(&gateway, StatusCode::OK, "console.html", &uri, &headers, || context! {}).await
}

/// Any other address: a file of the pages, if there is one. `/v/VERSION/js/x.js` is `/js/x.js` for those who have that version of all of them
/// in hand, and may be kept; an old one is answered with what there is now, so that a page from before an update goes on.
pub async fn file(State(gateway): State<Gateway>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let site = match site(&gateway) {
        Ok(site) => site,
        Err(problem) => return unmade(&problem, uri.path()),
    };
    let path = uri.path().trim_start_matches('/');
    let versioned = path.strip_prefix("v/").and_then(|rest| rest.split_once('/'));
    let (kept, path) = versioned.map_or((false, path), |(version, path)| (version == site.files.version(), path));
    // Those are templates.
    let found = site.files.get(path).filter(|file| !file.is_template());
    found.map_or_else(|| (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response(), |file| serve(file, kept, &headers))
}

/// A page in the language somebody wants; `?lang=` is how they say so for good.
async fn page(
    gateway: &Gateway,
    status: StatusCode,
    name: &'static str,
    uri: &Uri,
    headers: &HeaderMap,
    given: impl FnOnce() -> Value + Send + 'static,
) -> Response<Body> {
    if let Some(language) = asked(uri).and_then(words::known) {
        let kept = format!("{}={language}; SameSite=Lax; Path=/; Max-Age=31536000", words::COOKIE);
        return (StatusCode::SEE_OTHER, [(SET_COOKIE, kept), (LOCATION, without_language(uri))]).into_response();
    }
    let site = match site(gateway) {
        Ok(site) => site,
        Err(problem) => return unmade(&problem, name),
    };
    let (language, coding, languages_on) = (language(headers), Coding::preferred(headers, &CODINGS), without_language(uri));
    let names = gateway.sessions.take_names();
    let permit = MAKING.acquire().await;
    let make = move || {
        let _making = permit;
        let made = site.views.render(name, language, context! { languages_on, names, ..given() })?;
        Ok((made.policy, coding.encode(made.html.into_bytes())))
    };
    // Not on a thread that carries bids.
    let made = tokio::task::spawn_blocking(make).await.unwrap_or_else(|error| Err(error.to_string()));
    let (policy, body) = match made {
        Ok(made) => made,
        Err(problem) => return unmade(&problem, name),
    };
    let head = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (VARY, "Accept-Language, Cookie, Accept-Encoding"),
        (CONTENT_SECURITY_POLICY, &policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Tokens may stand in addresses.
        (REFERRER_POLICY, "no-referrer"),
    ];
    encoded(coding, (status, head, body).into_response())
}

fn unmade(problem: &str, page: &str) -> Response<Body> {
    error!(%problem, page, "a page cannot be made");
    (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown; the server's log says why.\n").into_response()
}

fn encoded(coding: Coding, mut response: Response<Body>) -> Response<Body> {
    if let Some(name) = coding.name() {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
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

fn serve(file: &File, kept: bool, headers: &HeaderMap) -> Response<Body> {
    let coding = Coding::preferred(headers, &file.codings());
    let (bytes, tag) = file.form(coding);
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|known| known.contains(&tag));
    let mut head = HeaderMap::new();
    head.insert(CACHE_CONTROL, HeaderValue::from_static(if kept { FOR_EVER } else { "no-cache" }));
    head.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    head.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // A page asks for dozens of files: none says more than somebody needs to hear.
    if !kept && let Ok(tag) = HeaderValue::from_str(&tag) {
        head.insert(ETAG, tag);
    }
    if file.is_document() {
        head.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy::NOTHING));
    }
    if known {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    encoded(coding, (head, [(CONTENT_TYPE, file.kind())], bytes).into_response())
}

/// Compresses what an address answers, where it is worth it.
pub async fn compressed(request: Request, next: Next) -> Response<Body> {
    let coding = Coding::preferred(request.headers(), &CODINGS);
    let (mut head, body) = next.run(request).await.into_parts();
    head.headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    // Its length is known, and with it that it is there already.
    let worth_it = usize::try_from(body.size_hint().exact().unwrap_or(0)).is_ok_and(|size| size >= coding::WORTH_IT);
    if coding == Coding::Identity || !worth_it || head.headers.contains_key(CONTENT_ENCODING) {
        return Response::from_parts(head, body);
    }
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    // Not the same bytes, but the same thing.
    if let Some(weak) = head.headers.get(ETAG).and_then(|tag| HeaderValue::from_str(&format!("W/{}", tag.to_str().ok()?)).ok()) {
        head.headers.insert(ETAG, weak);
    }
    head.headers.remove(CONTENT_LENGTH);
    encoded(coding, Response::from_parts(head, coding.encode(body.into()).into()))
}
