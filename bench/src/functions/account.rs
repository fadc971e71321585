//! The account to which the tokens of the events belong.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use local::Stack;
use serde_json::{Value, json};
use shared::auth::{AccessTokenIssuer, Subject, write_admin};
use shared::clock::Clock;
use shared::config::Secret;
use shared::domain::{PostAttributes, UserId};
use shared::random::Random;
use shared::store::{Posts, Table, TokenKeys};

use super::Error;
use super::request::Request;

/// The user in the recorded events.
const RECORDED_USER: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";

/// The number of posts in the list that an event asks for: more than fit on its page.
const POSTS: u32 = 30;

/// An administrator's account, so that every operation is allowed. The recorded sign-in has its password.
pub(super) struct Account {
    id: String,
    token: String,
    stripe: Secret,
}

impl Account {
    /// Creates the account in the table of `stack`.
    pub(super) async fn make(stack: &Stack) -> Result<Self, Error> {
        let table = Table::embedded(stack.table_name(), &stack.dynamodb_url())?;
        let (Ok(email), Ok(password)) = ("grace@example.com".parse(), "nanoseconds are 30 cm".parse()) else {
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
        write_posts(&table, user.id).await?;
        let issuer = AccessTokenIssuer::new(secrets, TokenKeys::new(table), clock, Random::system());
        let token = async { issuer.signer().await?.sign(subject) }.await;
        let token = token.map_err(|error: shared::http::Error| Error::Account(format!("{error:?}")))?;
        let stripe = Secret::new("STRIPE_WEBHOOK_SECRET", secret("STRIPE_WEBHOOK_SECRET").to_owned())?;
        Ok(Self { id: user.id.to_string(), token, stripe })
    }

    /// Returns an event that asks for the account.
    pub(super) fn event(&self) -> Request {
        Request::plain(json!({ "pathParameters": { "id": self.id } }))
    }

    /// Returns the recorded event of `function` with this account's id, tokens and signature.
    pub(super) fn fill(&self, function: &str, path: &Path) -> Result<Request, Error> {
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
        Ok(Request::new(function, event, &self.stripe))
    }

    /// Returns a form in base64 with this account's id, if it has the recorded one.
    fn fill_form(&self, body: &str) -> Option<String> {
        let mut body = STANDARD.decode(body).ok()?;
        let at = body.windows(RECORDED_USER.len()).position(|text| text == RECORDED_USER.as_bytes())?;
        body.splice(at..at + RECORDED_USER.len(), self.id.bytes());
        Some(STANDARD.encode(body))
    }
}

/// Writes the posts of the recorded list.
async fn write_posts(table: &Table, author: UserId) -> Result<(), Error> {
    let posts = Posts::new(table.clone(), Clock::system(), Random::system());
    for n in 0..POSTS {
        let (Ok(title), Ok(content), Ok(category)) =
            (format!("Part {n}").parse(), "It weaves algebraic patterns.".parse(), "computing".parse())
        else {
            unreachable!("all are valid")
        };
        let attributes = PostAttributes { title, content, category: Some(category), published: true };
        let written = posts.create(author, attributes, None).await;
        written.map_err(|error| Error::Account(error.to_string()))?;
    }
    Ok(())
}
