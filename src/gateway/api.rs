//! HTTP: sign in, list, create, look, command. Refusals are problems (RFC 9457) with the code of the verdict.

use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::middleware::Next;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::caller::Caller;
use super::session::{COOKIE_NAME, Credentials, check_origin};
use super::{ANSWER_WITHIN, Gateway};
use crate::auction::{AuctionId, Command, Person, Refusal, RequestId, Status};
use crate::wire::{self, Inbound, Page, RefusedOut, Session, TermsIn, You};

/// Entries of a page of the list, unless asked otherwise, and at most.
const PAGE: usize = 50;
const PAGE_MOST: usize = 200;

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
        Refusal::Forbidden => StatusCode::FORBIDDEN,
        Refusal::UnknownAuction => StatusCode::NOT_FOUND,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::BadAmount | Refusal::BadTerms(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Busy | Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::NoVerdict => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::CONFLICT,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        #[derive(Serialize)]
        struct Out<'a> {
            title: &'a str,
            status: u16,
            detail: String,
            #[serde(flatten)]
            refused: RefusedOut<'a>,
        }
        let refused = wire::refused(self.request.as_ref(), &self.refusal);
        let title = self.status.canonical_reason().unwrap_or("Refused");
        let out = Out { title, status: self.status.as_u16(), detail: self.refusal.message(), refused };
        (self.status, [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")], wire::to_json(&out)).into_response()
    }
}

/// What an address answers.
pub type Answer = Result<Response<Body>, Problem>;

fn json<T: Serialize + ?Sized>(value: &T) -> Response<Body> {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], wire::to_json(value)).into_response()
}

fn body(read: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
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

/// The auction that the address names.
pub fn auction_id(text: &str) -> Result<AuctionId, Problem> {
    AuctionId::parse(text).ok_or_else(|| Refusal::UnknownAuction.into())
}

fn someone(gateway: &Gateway, headers: &HeaderMap, credentials: &Credentials) -> Result<Person, Problem> {
    Ok(gateway.sessions.identify(headers, credentials)?.ok_or(Refusal::SignIn)?)
}

/// Every request is answered in time, whatever it waits for.
pub async fn in_time(request: Request, next: Next) -> Response<Body> {
    match tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::from(Refusal::NoVerdict).into_response(),
    }
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

#[derive(Deserialize)]
struct NameIn {
    name: String,
}

/// `POST /api/session`.
pub async fn sign_in(
    State(gateway): State<Gateway>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    read: Result<Bytes, BytesRejection>,
) -> Answer {
    check_origin(&headers)?;
    let given: NameIn =
        serde_json::from_slice(&body(read)?).map_err(|_| Refusal::Malformed("The body must be {\"name\":\"…\"}.".to_owned()))?;
    let (person, token, expires_at) = gateway.sessions.sign_in(&given.name)?;
    let seconds = (expires_at - gateway.rooms.clock().now()) / 1_000;
    let secure = if caller.secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE_NAME}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    info!(name = %person.name, address = %caller.address, "signed in");
    let session = Session { token: &token, you: You::new(Some(&person)), expires_at };
    Ok(([(SET_COOKIE, cookie)], json(&session)).into_response())
}

/// Which part of the list.
#[derive(Deserialize)]
pub struct ListQuery {
    status: Option<String>,
    after: Option<String>,
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
    let terms = TermsIn::from_json(&body(read)?)?;
    let id = gateway.rooms.create(terms, seller).await?;
    // It is there, whether it can be looked at right now or not.
    let body = match gateway.rooms.look(&id).await {
        Ok(look) => json(&*look.auction),
        Err(_) => json(&serde_json::json!({ "id": id.as_str() })),
    };
    Ok((StatusCode::CREATED, [(LOCATION, format!("/api/auctions/{id}"))], body).into_response())
}

/// `GET /api/auctions/{auction}`.
pub async fn look(State(gateway): State<Gateway>, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    let look = gateway.rooms.look(&auction_id(&id)?).await?;
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
    Path(id): Path<String>,
    credentials: Result<Query<Credentials>, QueryRejection>,
    headers: HeaderMap,
    read: Result<Bytes, BytesRejection>,
) -> Answer {
    let id = auction_id(&id)?;
    let credentials = query(credentials)?;
    let inbound = wire::parse_http(&body(read)?).map_err(|rejected| Problem::of(rejected.request, rejected.refusal))?;
    let Inbound::Act { request, act } = inbound else {
        return Err(Refusal::Malformed("Only bid and say are commands of an auction.".to_owned()).into());
    };
    let problem = |refusal: Refusal| Problem::of(request.clone(), refusal);
    let by = someone(&gateway, &headers, &credentials).map_err(|denied| problem(denied.refusal))?;
    let verdict = gateway.rooms.command(&id, Command { by, request: request.clone(), act }).await;
    Ok(json(&wire::accepted(request.as_ref(), &verdict.map_err(problem)?)))
}
