use std::sync::LazyLock;

use proptest::prelude::*;
use shared::auth::AccessTokens;
use shared::clock::Clock;
use shared::domain::{Role, UserId};
use shared::random::Random;
use shared::store::TokenKeys;
use tests::{App, just_signed_in};
use tokio::runtime::Runtime;

use crate::changes::changed;

/// An API with its keys, and two tokens of it.
struct Api {
    runtime: Runtime,
    tokens: AccessTokens,
    signed: [String; 2],
    _app: App,
}

static API: LazyLock<Api> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let app = runtime.block_on(App::start());
    let clock = Clock::set_to(Clock::system().now());
    let signer = app.tokens.at(clock.clone());
    let id = UserId::new(clock.now(), &Random::seeded(1));
    let signed = [Role::User, Role::Admin].map(|role| signer.sign(just_signed_in(id, role)).unwrap());
    Api { runtime, tokens: AccessTokens::new(TokenKeys::new(app.table()), clock), signed, _app: app }
});

proptest! {
    #[test]
    fn a_changed_token_is_refused(text in changed(&API.signed, &[".", "=", "A", "e30", "eyJhbGciOiJub25lIn0", "-", "_"])) {
        let Ok(token) = String::from_utf8(text) else { return Ok(()) };
        let is_accepted = API.runtime.block_on(API.tokens.verify(&token)).is_ok();
        prop_assert_eq!(is_accepted, API.signed.contains(&token));
    }
}
