//! The four requests with axum and the AWS SDK, as most functions in Rust are written.

mod auth;
mod error;
mod posts;
mod users;
mod webhook;

use aws_sdk_dynamodb::Client;
use axum::Router;
use axum::routing::{get, post};
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;

use crate::auth::Keys;

#[derive(Clone)]
struct App {
    dynamodb: Client,
    table: String,
    keys: Keys,
    stripe_secret: String,
}

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::tracing::init_default_subscriber();
    let config = aws_config::load_from_env().await;
    let dynamodb = Client::new(&config);
    let table = std::env::var("TABLE_NAME")?;
    let keys = Keys::load(&dynamodb, &table).await?;
    let stripe_secret = std::env::var("STRIPE_WEBHOOK_SECRET")?;
    let router = Router::new()
        .route("/api/users/{id}", get(users::get))
        .route("/api/posts", get(posts::list).post(posts::create))
        .route("/api/webhooks/stripe", post(webhook::receive))
        .layer(TraceLayer::new_for_http().on_response(DefaultOnResponse::new().level(Level::INFO)))
        .with_state(App { dynamodb, table, keys, stripe_secret });
    lambda_http::run(router).await
}
