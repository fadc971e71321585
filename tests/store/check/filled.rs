//! The items of every kind, by the resource that they belong to.

use tests::App;

use super::items::Items;

mod accounts;
mod payments;
mod posts;
mod problems;
mod uploads;
mod weather;

pub(super) const ITEMS: &[Items] =
    &[accounts::ITEMS, posts::ITEMS, problems::ITEMS, payments::ITEMS, uploads::ITEMS, weather::ITEMS];

/// Adds items of every kind.
pub(super) async fn fill(app: &App) {
    let user = accounts::fill(app).await;
    posts::fill(app, &user).await;
    problems::fill(app, &user).await;
    payments::fill(app, &user).await;
    uploads::fill(app, &user).await;
    weather::fill(app).await;
}
