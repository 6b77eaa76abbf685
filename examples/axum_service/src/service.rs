//! What the layer guards, and the query that guards it.

use crate::{AuthorizationLayer, Authorizer, Caller};
use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::{Value, json};
use solon::{Compiler, Error, Query};
use std::sync::Arc;

/// Compiles a policy with the keys that may sign tokens, as a JSON Web Key Set.
pub fn prepare(policy: &str, keys: &str) -> Result<Query, Error> {
    let policy = Compiler::new().module("authz.rego", policy).data_at(&["keys"], keys).compile()?;
    policy.prepare("data.service.authz.decision")
}

/// The service. The layer comes last: it is before all routes, and also before what answers where there is none.
pub fn router(authorizer: Arc<Authorizer>) -> Router {
    Router::new()
        .route("/health", get(|| async { "well" }))
        .route("/accounts/{name}", get(account))
        .route("/accounts/{name}/close", post(close))
        .layer(AuthorizationLayer::new(authorizer))
}

async fn account(Path(name): Path<String>, Extension(Caller(caller)): Extension<Caller>) -> Json<Value> {
    Json(json!({"account": name, "read_by": caller}))
}

async fn close(Path(name): Path<String>, Extension(Caller(caller)): Extension<Caller>) -> Json<Value> {
    Json(json!({"account": name, "closed_by": caller}))
}
