//! HTTP: sign in, list, create, look, command. Refusals are problems (RFC 9457) with the code of the verdict.

use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::middleware::Next;
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::caller::Caller;
use super::pass::Pass;
use super::session::{COOKIE_NAME, Credentials};
use super::{ANSWER_WITHIN, Gateway};
use crate::auction::{AuctionId, Command, Millis, Refusal, RequestId, Status};
use crate::wire::{self, Inbound, Page, Session, TermsIn, You};

/// Entries of a page of the list, unless asked otherwise, and at most.
const PAGE: usize = 50;
const PAGE_MOST: usize = 200;
/// A command's id, for those who leave its body alone.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A refusal as HTTP says it.
#[derive(Debug)]
pub struct Problem {
    request: Option<RequestId>,
    refusal: Refusal,
    status: StatusCode,
}

impl Problem {
    /// The refusal of this request, with the status that its code has.
    fn of(request: Option<RequestId>, refusal: Refusal) -> Problem {
        Problem { request, status: status(&refusal), refusal }
    }

    /// A refusal that HTTP has a word of its own for.
    pub const fn with_status(status: StatusCode, refusal: Refusal) -> Problem {
        Problem { request: None, refusal, status }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem::of(None, refusal)
    }
}

const fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
        Refusal::SignIn => StatusCode::UNAUTHORIZED,
        Refusal::Forbidden | Refusal::NotAuctioneer => StatusCode::FORBIDDEN,
        Refusal::UnknownAuction | Refusal::NoSuchBid(_) => StatusCode::NOT_FOUND,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::BadAmount | Refusal::BadTerms(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Busy | Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::NoVerdict => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::CONFLICT,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let title = self.status.canonical_reason().unwrap_or("Refused");
        let out = wire::problem(title, self.status.as_u16(), self.request.as_ref(), &self.refusal);
        (self.status, [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")], wire::to_json(&out)).into_response()
    }
}

/// What an address answers.
pub type Answer = Result<Response<Body>, Problem>;

fn json<T: Serialize + ?Sized>(value: &T) -> Response<Body> {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], wire::to_json(value)).into_response()
}

/// The body of a request that says it is JSON, or says nothing of use: what `curl -d` says by itself is no claim.
fn body(headers: &HeaderMap, read: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim());
    let kind = kind.map(str::to_ascii_lowercase);
    let is_fine = |kind: &str| {
        ["application/json", "application/x-www-form-urlencoded", "text/plain", ""].contains(&kind)
            || kind.starts_with("application/") && kind.ends_with("+json")
    };
    if kind.is_some_and(|kind| !is_fine(&kind)) {
        let refusal = Refusal::Malformed("The body must be JSON: say Content-Type: application/json.".to_owned());
        return Err(Problem { request: None, refusal, status: StatusCode::UNSUPPORTED_MEDIA_TYPE });
    }
    read.map_err(|rejection| {
        let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
        Problem::from(if too_large { Refusal::TooLarge } else { Refusal::Malformed("The body cannot be read.".to_owned()) })
    })
}

/// What the address asks for, read.
pub fn query<T>(read: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    let Query(query) = read.map_err(|rejection| Refusal::Malformed(format!("{}.", rejection.body_text())))?;
    Ok(query)
}

fn auction_id(text: &str) -> Result<AuctionId, Problem> {
    AuctionId::parse(text).ok_or_else(|| Refusal::UnknownAuction.into())
}

/// The auction that an address names.
pub fn named(path: Result<Path<String>, PathRejection>) -> Result<AuctionId, Problem> {
    // What is no text is no id either.
    auction_id(&path.map_or_else(|_| String::new(), |Path(id)| id))
}

/// What the client calls its command in the head of its request: bare, or in quotes.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<RequestId>, Problem> {
    let Some(given) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let text = given.to_str().unwrap_or_default();
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let one = headers.get_all(IDEMPOTENCY_KEY).iter().count() == 1;
    let request = RequestId::parse(bare).filter(|_| one);
    request.map(Some).ok_or_else(|| Refusal::Malformed("Idempotency-Key: one, of 1 to 64 characters of ASCII.".to_owned()).into())
}

fn someone(gateway: &Gateway, headers: &HeaderMap, credentials: &Credentials) -> Result<Pass, Problem> {
    Ok(gateway.sessions.identify(headers, credentials)?.ok_or(Refusal::SignIn)?)
}

/// Every request is answered in time, whatever it waits for.
pub async fn in_time(request: Request, next: Next) -> Response<Body> {
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::from(Refusal::NoVerdict).into_response(),
    }
}

/// `GET /readyz`: whether newcomers shall be sent here.
pub async fn ready(State(gateway): State<Gateway>) -> Response<Body> {
    if gateway.drain.is_on() { leaving(&gateway) } else { "ok\n".into_response() }
}

/// Said to who wants to stay where everyone is being let go.
pub fn leaving(gateway: &Gateway) -> Response<Body> {
    let wait = gateway.drain.retry_ms(gateway.rooms.clock().now()).div_ceil(1_000);
    let refusal = Refusal::Busy;
    ([(RETRY_AFTER, wait.max(1).to_string())], Problem::from(refusal)).into_response()
}

/// An address under `/api` that there is not.
pub async fn nothing() -> Response<Body> {
    let refusal = Refusal::Malformed("There is nothing at this address; see docs/protocol.md.".to_owned());
    Problem::with_status(StatusCode::NOT_FOUND, refusal).into_response()
}

/// A known address, asked in an unknown way.
pub async fn wrong_method() -> Response<Body> {
    let refusal = Refusal::Malformed("This address does not take this method; see docs/protocol.md.".to_owned());
    Problem::with_status(StatusCode::METHOD_NOT_ALLOWED, refusal).into_response()
}

/// `POST /api/session`.
pub async fn sign_in(
    State(gateway): State<Gateway>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    read: Result<Bytes, BytesRejection>,
) -> Answer {
    gateway.sessions.check_origin(&headers)?;
    let wrong = || Refusal::Malformed("The body must be {\"name\":\"…\"}, or {\"token\":\"…\"}.".to_owned());
    let given: wire::NameIn = serde_json::from_slice(&body(&headers, read)?).map_err(|_| wrong())?;
    let (pass, token) = match (given.name, given.token) {
        (Some(name), None) => gateway.sessions.sign_in(&name)?,
        (None, Some(token)) => (gateway.sessions.check(&token).ok_or(Refusal::SignIn)?, token),
        _ => return Err(wrong().into()),
    };
    let expires_at = pass.until.unwrap_or(Millis::MAX);
    let seconds = (expires_at - gateway.rooms.clock().now()) / 1_000;
    let secure = if caller.secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE_NAME}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    info!(name = %pass.person.name, address = %caller.address, "signed in");
    let session = Session { token: &token, you: You::new(Some(pass.you())), expires_at };
    Ok(([(SET_COOKIE, cookie)], json(&session)).into_response())
}

/// Which part of the list.
#[derive(Deserialize, JsonSchema)]
pub struct ListQuery {
    /// Only auctions of this status.
    #[schemars(extend("enum" = Status::ALL.map(Status::word)))]
    status: Option<String>,
    /// From behind this one on: the `next` of the page before.
    after: Option<String>,
    /// So many at most; 50 unless said otherwise.
    #[schemars(range(min = 1, max = PAGE_MOST))]
    limit: Option<usize>,
}

/// `GET /api/auctions`.
pub async fn list(State(gateway): State<Gateway>, read: Result<Query<ListQuery>, QueryRejection>) -> Answer {
    let ListQuery { status, after, limit } = query(read)?;
    let words = Status::ALL.map(Status::word);
    let label = status.map(|status| words.into_iter().find(|word| *word == status).ok_or(status)).transpose();
    let label = label.map_err(|_| Refusal::Malformed(format!("status: one of {}.", words.join(", "))))?;
    if let Some(after) = &after
        && !gateway.rooms.exists(&auction_id(after)?).await.map_err(|_| Refusal::Unavailable)?
    {
        return Err(Refusal::UnknownAuction.into());
    }
    let limit = limit.unwrap_or(PAGE).clamp(1, PAGE_MOST);
    // One more than is told: it says whether there is a next page.
    let mut auctions = gateway.rooms.list(label, after, limit + 1).await?;
    let more = auctions.len() > limit;
    auctions.truncate(limit);
    let next = auctions.last().filter(|_| more).map(|last| last.id.clone());
    Ok(json(&Page { auctions, next }))
}

/// `POST /api/auctions`.
pub async fn create(
    State(gateway): State<Gateway>,
    credentials: Result<Query<Credentials>, QueryRejection>,
    headers: HeaderMap,
    read: Result<Bytes, BytesRejection>,
) -> Answer {
    let seller = someone(&gateway, &headers, &query(credentials)?)?;
    seller.allow_creating(gateway.rooms.clock().now())?;
    let seller = seller.person;
    let request = idempotency_key(&headers)?;
    let problem = |refusal: Refusal| Problem::of(request.clone(), refusal);
    let terms = TermsIn::from_json(&body(&headers, read)?).map_err(problem)?;
    let created = match request.clone() {
        Some(request) => gateway.rooms.create_once(terms, seller, request).await.map(|created| created.id),
        None => gateway.rooms.create(terms, seller).await,
    };
    let id = created.map_err(problem)?;
    // It is there, whether it can be looked at right now or not.
    let body = match gateway.rooms.look(&id).await {
        Ok(look) => json(&*look.auction),
        Err(_) => json(&serde_json::json!({ "id": id.as_str() })),
    };
    Ok((StatusCode::CREATED, [(LOCATION, format!("/api/auctions/{id}"))], body).into_response())
}

/// `GET /api/auctions/{auction}`.
pub async fn look(State(gateway): State<Gateway>, path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Answer {
    let look = gateway.rooms.look(&named(path)?).await?;
    let tag = format!("\"{}\"", look.seq);
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    // Weak comparison (RFC 9110 §13.1.2).
    if known.map(|known| known.trim().trim_start_matches("W/")).any(|known| known == tag || known == "*") {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CACHE_CONTROL, "no-cache".to_owned()), (ETAG, tag)];
    Ok((headers, look.auction.get().to_owned()).into_response())
}

/// `POST /api/auctions/{auction}/commands`.
pub async fn command(
    State(gateway): State<Gateway>,
    path: Result<Path<String>, PathRejection>,
    credentials: Result<Query<Credentials>, QueryRejection>,
    headers: HeaderMap,
    read: Result<Bytes, BytesRejection>,
) -> Answer {
    let id = named(path)?;
    let credentials = query(credentials)?;
    let key = idempotency_key(&headers)?;
    let inbound = wire::parse_http(&body(&headers, read)?);
    let inbound = inbound.map_err(|rejected| Problem::of(rejected.request.or_else(|| key.clone()), rejected.refusal))?;
    let Inbound::Act { request, act } = inbound else {
        return Err(Refusal::Malformed(
            "This is no command of an auction: ping and auth are for sockets, create for the lobby.".to_owned(),
        )
        .into());
    };
    if request.is_some() && key.is_some() && request != key {
        return Err(
            Refusal::Malformed("Idempotency-Key and id are two names for this command: give one, or the same twice.".to_owned()).into()
        );
    }
    let request = request.or(key);
    let problem = |refusal: Refusal| Problem::of(request.clone(), refusal);
    let pass = someone(&gateway, &headers, &credentials).map_err(|denied| problem(denied.refusal))?;
    pass.open(&id).and_then(|()| pass.allow(&act, gateway.rooms.clock().now())).map_err(problem)?;
    let by = pass.person;
    let verdict = gateway.rooms.command(&id, Command { by, request: request.clone(), act }).await.map_err(problem)?;
    Ok(json(&wire::accepted(request.as_ref(), &verdict)))
}
