//! The expiry of idempotency keys, by a clock that the test sets.

use std::time::Duration;

use shared::clock::Clock;
use shared::domain::{PostAttributes, Timestamp, UserId};
use shared::random::Random;
use shared::store::{IDEMPOTENCY_KEY_LIFETIME, IdempotencyRecord, Made, Posts};
use tests::App;

fn attributes() -> PostAttributes {
    PostAttributes {
        title: "On engines".parse().unwrap(),
        content: "They weave.".parse().unwrap(),
        category: None,
        published: true,
    }
}

#[tokio::test]
async fn a_key_is_remembered_for_24_hours() {
    const SECOND: Duration = Duration::from_secs(1);
    let app = App::start().await;
    let clock = Clock::set_to(Timestamp::from_millis(1_800_000_000_000));
    let posts = Posts::new(app.table(), clock.clone(), Random::system());
    let author = UserId::new(clock.now(), &Random::system());
    let record = IdempotencyRecord::new("posts", &author, &"key".parse().unwrap(), &[0; 32]);
    let create = async || posts.create(author, attributes(), Some(&record)).await.unwrap();

    let Made::New(first) = create().await else { panic!("the key is new") };
    clock.advance(IDEMPOTENCY_KEY_LIFETIME.checked_sub(SECOND).unwrap());
    assert_eq!(create().await, Made::Replayed(first.clone()));
    posts.delete(&first).await.unwrap();
    clock.advance(SECOND);
    // The item is still there, because nothing sweeps the table here.
    let Made::New(second) = create().await else { panic!("the key has expired") };
    assert_ne!(second.id, first.id);
    assert_eq!(create().await, Made::Replayed(second));
}
