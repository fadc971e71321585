use proptest::prelude::*;
use shared::auth::{AccessTokens, Subject};
use shared::clock::Clock;
use shared::config::Secret;
use shared::domain::{Role, UserId};
use shared::random::Random;

use crate::changes::changed;

fn clock() -> Clock {
    Clock::set_to("2026-11-27T12:00:00Z".parse().unwrap())
}

fn tokens() -> AccessTokens {
    let secret = Secret::new("JWT_SECRET", "s".repeat(32)).unwrap();
    AccessTokens::new(&[secret], clock(), Random::seeded(1))
}

fn signed() -> [String; 2] {
    let id = UserId::new(clock().now(), &Random::seeded(1));
    let signed_in_at = clock().now();
    [Role::User, Role::Admin]
        .map(|role| tokens().sign(Subject { id, role, auth_epoch: 0, signed_in_at }).unwrap())
}

proptest! {
    #[test]
    fn a_changed_token_is_refused(text in changed(&signed(), &[".", "=", "A", "e30", "eyJhbGciOiJub25lIn0", "-", "_"])) {
        let Ok(token) = String::from_utf8(text) else { return Ok(()) };
        prop_assert_eq!(tokens().verify(&token).is_ok(), signed().contains(&token));
    }
}
