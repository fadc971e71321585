//! Users, their sessions and their rate limits.

use shared::clock::Clock;
use shared::domain::{Role, User, UserAttributes};
use shared::http::{QuotaPolicy, RateLimits, Scale};
use shared::random::Random;
use shared::store::{IdempotencyRecord, Outbox, RefreshFamilies, Sessions};
use tests::App;

use crate::check::items::Items;

pub(super) const ITEMS: Items = Items {
    kinds: &["COUNT", "EMAIL", "IDEM", "KEYS", "MAIL", "RATE", "SESSIONS", "USER"],
    locks: &[("EMAIL", "userId")],
    computed: &[("USER", "gsi1sk"), ("IDEM", "expiresAt"), ("RATE", "expiresAt")],
    counters: &[("COUNT#USERS", "n")],
};

/// Adds a user who is signed in twice and gets a mail, and returns it.
pub(super) async fn fill(app: &App) -> User {
    let users = app.users();
    let attributes =
        UserAttributes { email: "ada@example.com".parse().unwrap(), name: None, role: Role::User };
    let nobody = "nobody".to_owned();
    let record = IdempotencyRecord::new("users", &nobody, &"key".parse().unwrap(), &[0; 32]);
    let ada = users.create(attributes.clone(), Outbox::OPEN, Some(&record)).await.unwrap().into_parts().0;
    let moved = UserAttributes { email: "Lovelace@example.com".parse().unwrap(), ..attributes };
    let ada = users.replace(&ada, moved, Outbox::CLOSED).await.unwrap();
    let (clock, random) = (Clock::system(), Random::system());
    Sessions::new(app.table(), clock.clone(), random.clone()).begin(ada.id, 0, None).await.unwrap();
    RefreshFamilies::new(app.table(), clock.clone(), random).begin(&ada, None).await.unwrap();
    let limits = RateLimits::new(&app.table(), clock, Scale::parse("1").unwrap());
    limits.take(QuotaPolicy::WRITE, ada.id).await.unwrap();
    ada
}
