//! The account to which the tokens of the events belong.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use local::Stack;
use serde_json::{Value, json};
use shared::auth::{AccessTokenIssuer, Subject, write_admin};
use shared::clock::Clock;
use shared::config::Secret;
use shared::random::Random;
use shared::store::{Table, TokenKeys};

use super::Error;

/// The user in the recorded events.
const RECORDED_USER: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";

/// An administrator's account, so that every operation is allowed.
pub(super) struct Account {
    id: String,
    token: String,
    stripe: Secret,
}

impl Account {
    /// Creates the account in the table of `stack`.
    pub(super) async fn make(stack: &Stack) -> Result<Self, Error> {
        let table = Table::embedded(stack.table_name(), &stack.dynamodb_url())?;
        let (Ok(email), Ok(password)) = ("ada@example.com".parse(), "analytical engine".parse()) else {
            unreachable!("both are valid")
        };
        let user = write_admin(&table, email, &password);
        let user = user.await.map_err(|error| Error::Account(error.to_string()))?;
        let secret = |name| stack.secret(name).unwrap_or_default();
        let clock = Clock::system();
        let subject = Subject {
            id: user.id,
            role: user.attributes.role,
            auth_epoch: user.auth_epoch,
            signed_in_at: clock.now(),
        };
        let secrets = Secret::several("ACCESS_TOKEN_SECRET", secret("ACCESS_TOKEN_SECRET"))?;
        let issuer = AccessTokenIssuer::new(secrets, TokenKeys::new(table), clock, Random::system());
        let token = async { issuer.signer().await?.sign(subject) }.await;
        let token = token.map_err(|error: shared::http::Error| Error::Account(format!("{error:?}")))?;
        let stripe = Secret::new("STRIPE_WEBHOOK_SECRET", secret("STRIPE_WEBHOOK_SECRET").to_owned())?;
        Ok(Self { id: user.id.to_string(), token, stripe })
    }

    /// Returns an event that asks for the account.
    pub(super) fn event(&self) -> Bytes {
        json!({ "pathParameters": { "id": self.id } }).to_string().into()
    }

    /// Returns the recorded event with this account's id, tokens and signature.
    pub(super) fn fill(&self, path: &Path) -> Result<Bytes, Error> {
        let event = std::fs::read_to_string(path).map_err(|error| Error::Io(path.to_owned(), error))?;
        let event = event
            .replace(RECORDED_USER, &self.id)
            .replace("{{CALLER_TOKEN}}", &self.token)
            .replace("{{ADMIN_TOKEN}}", &self.token);
        let mut event: Value =
            serde_json::from_str(&event).map_err(|error| Error::Event(path.to_owned(), error))?;
        if event["isBase64Encoded"] == true
            && let Some(body) = event["body"].as_str().and_then(|body| self.fill_form(body))
        {
            event["body"] = json!(body);
        }
        if event["headers"].get("stripe-signature").is_some() {
            let body = event["body"].as_str().unwrap_or_default();
            let signature = webhooks_stripe::sign(&self.stripe, body.as_bytes(), Clock::system().now());
            event["headers"]["stripe-signature"] = json!(signature);
        }
        Ok(event.to_string().into())
    }
    /// Returns a form in base64 with this account's id, if it has the recorded one.
    fn fill_form(&self, body: &str) -> Option<String> {
        let mut body = STANDARD.decode(body).ok()?;
        let at = body.windows(RECORDED_USER.len()).position(|text| text == RECORDED_USER.as_bytes())?;
        body.splice(at..at + RECORDED_USER.len(), self.id.bytes());
        Some(STANDARD.encode(body))
    }
}
