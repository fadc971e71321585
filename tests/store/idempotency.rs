//! The expiry of idempotency keys, by a clock that the test sets.

use std::time::Duration;

use shared::clock::Clock;
use shared::domain::{PostDraft, Timestamp, UserId};
use shared::random::Random;
use shared::store::{Attempt, IDEMPOTENCY_KEY_LIFETIME, Made, Posts};
use tests::App;

fn draft() -> PostDraft {
    PostDraft {
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
    let attempt = Attempt::new("posts", &author, &"key".parse().unwrap(), &[0; 32]);
    let create = async || posts.create(author, draft(), Some(&attempt)).await.unwrap();

    let Made::Now(first) = create().await else { panic!("the key is new") };
    clock.advance(IDEMPOTENCY_KEY_LIFETIME.checked_sub(SECOND).unwrap());
    assert_eq!(create().await, Made::Before(first.clone()));
    posts.delete(&first).await.unwrap();
    clock.advance(SECOND);
    // The item is still there, because nothing sweeps the table here.
    let Made::Now(second) = create().await else { panic!("the key has expired") };
    assert_ne!(second.id, first.id);
    assert_eq!(create().await, Made::Before(second));
}
