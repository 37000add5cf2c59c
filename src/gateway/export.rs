//! `GET /api/auctions/{auction}/log`: the log of an auction, to be kept and checked.

use std::io;

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use futures_util::stream;

use super::Gateway;
use super::api::{Answer, named, query};
use super::session::Credentials;
use super::streams::NDJSON;

/// `GET /api/auctions/{auction}/log`.
pub async fn log(
    State(gateway): State<Gateway>,
    path: Result<Path<String>, PathRejection>,
    credentials: Result<Query<Credentials>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    let id = named(path)?;
    let who = gateway.sessions.identify(&headers, &query(credentials)?)?;
    who.as_ref().map_or(Ok(()), |pass| pass.open(&id))?;
    let export = gateway.rooms.export(&id, who.as_ref().map(|pass| &pass.person)).await?;
    // The next page is read once this one is taken. Where one cannot be read the answer is cut short, so that nobody takes it for all.
    let pages = stream::try_unfold(export, |mut export| async move {
        let page = export.next().await.map_err(|_| io::Error::other("the log cannot be read"))?;
        Ok::<_, io::Error>(page.map(|page| (page, export)))
    });
    let name = format!("attachment; filename=\"{id}.ndjson\"");
    let headers = [(CONTENT_TYPE, NDJSON.to_owned()), (CACHE_CONTROL, "no-store".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(pages)).into_response())
}
