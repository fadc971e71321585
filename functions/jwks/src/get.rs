use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use shared::clock::Clock;
use shared::domain::{KEY_HEAD_START, TokenKey};
use shared::http::{Error, Fixed, FixedParams};
use shared::store::TokenKeys;
use utoipa::ToSchema;

/// The time for which caches may keep the keys: less than a new key waits for its first signature.
const MAX_AGE: Duration = Duration::from_mins(5);
const _: () = assert!(MAX_AGE.as_secs() < KEY_HEAD_START.as_secs());

/// The keys of access tokens: a JWK Set (RFC 7517).
#[derive(Serialize, ToSchema)]
#[schema(as = KeySet)]
struct KeySetBody {
    /// The keys. There are none before the first sign-in, and several while one takes the place of another.
    keys: Vec<KeyBody>,
}

/// A public key (RFC 8037).
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
struct KeyBody {
    /// The key type.
    #[schema(example = "OKP")]
    kty: &'static str,
    /// The curve.
    #[schema(example = "Ed25519")]
    crv: &'static str,
    /// The algorithm of the tokens.
    #[schema(example = "EdDSA")]
    alg: &'static str,
    /// The use of the key: signatures.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    purpose: &'static str,
    /// The key's id, which tokens name: its thumbprint (RFC 7638).
    #[schema(example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    kid: String,
    /// The public key in base64url.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    x: String,
}

impl KeyBody {
    fn of(key: &TokenKey) -> Self {
        Self { kty: "OKP", crv: "Ed25519", alg: "EdDSA", purpose: "sig", kid: key.id(), x: key.x() }
    }
}

/// Get the keys of access tokens
///
/// The public keys that verify access tokens, as a JWK Set. A key is published ten minutes before it signs and until its
/// last token has expired, so a client that keeps the keys for as long as `Cache-Control` says can verify every token.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "auth",
    operation_id = "getKeys",
    params(FixedParams),
    responses((status = 200, description = "The keys.", body = KeySetBody)),
)]
pub(crate) async fn get(
    State(keys): State<TokenKeys>,
    State(clock): State<Clock>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let keys = keys.get().await?;
    let keys = keys.published(clock.now()).map(KeyBody::of).collect();
    Fixed::json(&KeySetBody { keys }).answer(&headers, MAX_AGE)
}
