//! The tower layer: takes requests, lets those go on that the policy allows, and answers the others.

use crate::{Authorizer, Caller, Question, Verdict};
use axum::Json;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::future::Either;
use percent_encoding::percent_decode_str;
use serde_json::json;
use std::borrow::Cow;
use std::future::{Ready, ready};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Puts [`Authorization`] before a service.
#[derive(Clone)]
pub struct AuthorizationLayer(Arc<Authorizer>);

impl AuthorizationLayer {
    /// A layer that asks this authorizer.
    pub fn new(authorizer: Arc<Authorizer>) -> Self {
        AuthorizationLayer(authorizer)
    }
}

impl<S> Layer<S> for AuthorizationLayer {
    type Service = Authorization<S>;

    fn layer(&self, inner: S) -> Authorization<S> {
        Authorization { authorizer: Arc::clone(&self.0), inner }
    }
}

/// A service behind a policy. Requests that are allowed carry a [`Caller`].
#[derive(Clone)]
pub struct Authorization<S> {
    authorizer: Arc<Authorizer>,
    inner: S,
}

impl<S, B> Service<Request<B>> for Authorization<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    /// A decision is short, most of it the check of a signature, and waits for nothing. So it is made here
    /// and now, not on a thread of its own.
    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match admit(&self.authorizer, &request) {
            ControlFlow::Continue(caller) => {
                request.extensions_mut().insert(caller);
                Either::Right(self.inner.call(request))
            }
            ControlFlow::Break(refusal) => Either::Left(ready(Ok(refusal))),
        }
    }
}

/// Who asks, if the request may go on; what is answered, if not.
fn admit<B>(authorizer: &Authorizer, request: &Request<B>) -> ControlFlow<Response, Caller> {
    let Some(path) = segments(request.uri().path()) else {
        return ControlFlow::Break(refusal(StatusCode::BAD_REQUEST, &["the path is no text".to_owned()]));
    };
    let question = Question { method: request.method().as_str(), path, token: bearer(request.headers()) };
    match authorizer.decide(&question) {
        Ok(Verdict::Allowed(caller)) => ControlFlow::Continue(caller),
        Ok(Verdict::Refused { caller: Caller(caller), reasons }) => {
            let status = if caller.is_some() { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
            ControlFlow::Break(refusal(status, &reasons))
        }
        Err(error) => {
            // What went wrong is for those who run the service, not for who asks.
            eprintln!("{error}");
            let reason = "the policy could not be evaluated".to_owned();
            ControlFlow::Break(refusal(StatusCode::INTERNAL_SERVER_ERROR, &[reason]))
        }
    }
}

fn refusal(status: StatusCode, reasons: &[String]) -> Response {
    let mut response = (status, Json(json!({"reasons": reasons}))).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Bearer"));
    }
    response
}

/// The segments of a path, each decoded by itself, as the router does it; none if it is no path or not UTF-8.
fn segments(path: &str) -> Option<Vec<Cow<'_, str>>> {
    path.strip_prefix('/')?.split('/').map(|segment| percent_decode_str(segment).decode_utf8().ok()).collect()
}

/// The token of the one header that there may be.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut headers = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (headers.next(), headers.next()) else { return None };
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
