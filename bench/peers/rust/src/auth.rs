use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use crate::App;
use crate::error::Error;

/// The public keys of access tokens.
#[derive(Clone)]
pub struct Keys(Arc<[DecodingKey]>);

/// The user to whom the access token belongs.
#[derive(Deserialize)]
pub struct Caller {
    pub sub: String,
    pub role: String,
}

#[derive(Deserialize)]
struct Stored {
    keys: Vec<StoredKey>,
}

#[derive(Deserialize)]
struct StoredKey {
    public: String,
}

impl Keys {
    pub async fn load(dynamodb: &Client, table: &str) -> Result<Self, lambda_http::Error> {
        let output = dynamodb
            .get_item()
            .table_name(table)
            .key("pk", AttributeValue::S("KEYS#TOKENS".to_owned()))
            .key("sk", AttributeValue::S("KEYS".to_owned()))
            .send()
            .await?;
        let stored: Stored = serde_dynamo::from_item(output.item.unwrap_or_default())?;
        let keys = stored.keys.iter().map(|key| DecodingKey::from_ed_components(&key.public));
        Ok(Self(keys.collect::<Result<_, _>>()?))
    }

    fn verify(&self, token: &str) -> Option<Caller> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&["api"]);
        validation.set_issuer(&["api"]);
        let decode = |key| jsonwebtoken::decode(token, key, &validation).ok();
        self.0.iter().find_map(decode).map(|token| token.claims)
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let token = header.and_then(|header| header.strip_prefix("Bearer "));
        let caller = token.and_then(|token| app.keys.verify(token));
        caller.ok_or(Error::Client(StatusCode::UNAUTHORIZED, "Unauthorized"))
    }
}
