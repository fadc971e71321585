//! All functions and the operations at their routes.

use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

/// A function as its code describes it.
pub struct Function {
    /// The name of its folder, package and binary.
    pub name: &'static str,
    /// Its operations and their schemas; `servers` if it has a Function URL.
    pub document: OpenApi,
}

impl Function {
    /// Tells whether the function answers at its own URL instead of through the HTTP API.
    #[must_use]
    pub fn has_url(&self) -> bool {
        self.document.servers.is_some()
    }
}

/// Returns all functions, by name. A new function is added here and to xtask/Cargo.toml, as the contract test demands.
#[must_use]
pub fn all() -> Vec<Function> {
    vec![
        Function { name: "auth-email-confirmation", document: auth_email_confirmation::routes() },
        Function {
            name: "auth-email-confirmation-confirm",
            document: auth_email_confirmation_confirm::routes(),
        },
        Function { name: "auth-login", document: auth_login::routes() },
        Function { name: "auth-logout", document: auth_logout::routes() },
        Function { name: "auth-password-reset", document: auth_password_reset::routes() },
        Function { name: "auth-password-reset-confirm", document: auth_password_reset_confirm::routes() },
        Function { name: "auth-refresh", document: auth_refresh::routes() },
        Function { name: "auth-register", document: auth_register::routes() },
        Function { name: "docs", document: docs::routes() },
        Function { name: "example", document: example::routes() },
        Function { name: "fallback", document: fallback::routes() },
        Function { name: "health", document: health::routes() },
        Function { name: "jwks", document: jwks::routes() },
        Function { name: "payments", document: payments::routes() },
        Function { name: "posts", document: posts::routes() },
        Function { name: "posts-id", document: posts_id::routes() },
        Function { name: "problems", document: problems::routes() },
        Function { name: "problems-id", document: problems_id::routes() },
        Function { name: "profile", document: profile::routes() },
        Function { name: "protected", document: protected::routes() },
        Function { name: "search", document: search::routes() },
        Function { name: "public", document: public::routes() },
        Function { name: "session", document: session::routes() },
        Function { name: "sessions", document: sessions::routes() },
        Function { name: "sessions-id", document: sessions_id::routes() },
        Function { name: "stream", document: stream::routes() },
        Function { name: "upload", document: upload::routes() },
        Function { name: "upload-id", document: upload_id::routes() },
        Function { name: "upload-presign", document: upload_presign::routes() },
        Function { name: "users", document: users::routes() },
        Function { name: "users-id", document: users_id::routes() },
        Function { name: "weather", document: weather::routes() },
        Function { name: "webhooks-stripe", document: webhooks_stripe::routes() },
    ]
}

/// Returns the operations of a document: method in capitals, path, operation.
pub fn operations(document: &OpenApi) -> impl Iterator<Item = (&'static str, &str, &Operation)> {
    document.paths.paths.iter().flat_map(|(path, item)| {
        let PathItem { get, post, put, patch, delete, .. } = item;
        [("GET", get), ("POST", post), ("PUT", put), ("PATCH", patch), ("DELETE", delete)]
            .into_iter()
            .filter_map(move |(method, operation)| Some((method, path.as_str(), operation.as_ref()?)))
    })
}

/// Returns the operations without their paths, for changes.
pub(crate) fn operations_mut(document: &mut OpenApi) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    document.paths.paths.values_mut().flat_map(|item| {
        let PathItem { get, post, put, patch, delete, .. } = item;
        [("GET", get), ("POST", post), ("PUT", put), ("PATCH", patch), ("DELETE", delete)]
            .into_iter()
            .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
    })
}
