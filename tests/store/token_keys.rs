//! The keys of access tokens in the table: how instances learn of them, and how one takes the place of another.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use shared::auth::{AccessTokenIssuer, AccessTokens, RotationError, TokenSigner};
use shared::clock::Clock;
use shared::config::Secret;
use shared::cost::Cost;
use shared::domain::{KEY_HEAD_START, KEY_OVERLAP, Role, Rotation, Timestamp, UserId};
use shared::http::{Error, Unauthorized};
use shared::random::Random;
use shared::store::TokenKeys;
use tests::{App, just_signed_in};

/// Enough for several rotations.
const REQUESTS: u32 = 2_000;

fn clock() -> Clock {
    Clock::set_to(Clock::system().now())
}

fn keys(app: &App) -> TokenKeys {
    TokenKeys::new(app.table())
}

fn token(signer: &TokenSigner) -> String {
    let user = UserId::new(Clock::system().now(), &Random::system());
    signer.sign(just_signed_in(user, Role::User)).unwrap()
}

/// Returns the token with another key's id, as an attacker makes it.
fn of_unknown_key(token: &str, n: u32) -> String {
    let (_, rest) = token.split_once('.').unwrap();
    let header = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{n}"}}"#);
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

fn is_invalid<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Unauthorized(Unauthorized::Invalid)))
}

/// Sends requests with tokens to instances that come and go, while keys rotate whenever they may, and returns the number
/// of requests that are refused. One arrives every five seconds, and attackers send tokens of unknown keys in between.
async fn refused(app: &App, rotation: Rotation, requests: u32) -> u32 {
    const INSTANCES: usize = 5;
    let clock = clock();
    // The clock of the machine from which keys are rotated is off by minutes.
    let off_by =
        |minutes: i64| Clock::set_to(Timestamp::from_millis(clock.now().as_millis() + minutes * 60_000));
    let operators = [off_by(-8), off_by(8)];
    let verifier = || AccessTokens::new(keys(app), clock.clone());
    let mut issuers: Vec<AccessTokenIssuer> = (0..INSTANCES).map(|_| app.issuer(clock.clone())).collect();
    let mut verifiers: Vec<AccessTokens> = (0..INSTANCES).map(|_| verifier()).collect();
    let mut tokens = Vec::new();
    let (mut refused, mut rotations) = (0, 0);
    for n in 0..requests {
        for clock in operators.iter().chain([&clock]) {
            clock.advance(Duration::from_secs(5));
        }
        let at = n as usize;
        if at.is_multiple_of(97) {
            let operator = app.issuer(operators[at % 2].clone());
            match operator.rotate(rotation).await {
                Ok(_) => rotations += 1,
                Err(RotationError::Pending(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        if at.is_multiple_of(61) {
            verifiers[at % INSTANCES] = verifier();
            issuers[at % INSTANCES] = app.issuer(clock.clone());
        }
        tokens.push(token(&issuers[(at * 7) % INSTANCES].signer().await.unwrap()));
        // A token is used at once and for all of its 15 minutes.
        let age = if at.is_multiple_of(2) { 0 } else { (at * 31) % 179 };
        let sent = &tokens[at.saturating_sub(age)];
        let verifier = &verifiers[(at * 3) % INSTANCES];
        if at.is_multiple_of(4) {
            assert!(is_invalid(&verifier.verify(&of_unknown_key(sent, n)).await));
        }
        if let Err(error) = verifier.verify(sent).await {
            assert!(is_invalid(&Err::<(), _>(error)), "request {n}");
            refused += 1;
        }
    }
    assert!(rotations > requests / 400, "{rotations} rotations");
    refused
}

#[tokio::test]
async fn no_request_is_refused_while_keys_rotate() {
    let app = App::start().await;
    let refused_gradually = refused(&app, Rotation::Gradual, REQUESTS).await;
    assert_eq!(refused_gradually, 0, "of {REQUESTS}");
    // The same requests notice a rotation that does not wait.
    assert!(refused(&app, Rotation::AtOnce, REQUESTS / 10).await > 0);
}

#[tokio::test]
async fn unknown_keys_cause_one_read_a_minute() {
    let (app, clock) = (App::start().await, clock());
    let verifier = AccessTokens::new(keys(&app), clock.clone());
    let good = token(&app.tokens);
    let calls = async |tokens: &[String]| {
        let ((), cost) = Cost::of(async {
            for token in tokens {
                let _ = verifier.verify(token).await;
            }
        })
        .await;
        cost.calls
    };
    let forged: Vec<String> = (0..100).map(|n| of_unknown_key(&good, n)).collect();
    assert_eq!(calls(std::slice::from_ref(&good)).await, 1, "the first token");
    assert_eq!(calls(&forged).await, 0, "the keys are new");
    for _ in 0..3 {
        clock.advance(Duration::from_mins(1));
        assert_eq!(calls(&forged).await, 1, "after a minute");
    }
    // What is no token of ours at all is no reason to read.
    let other = AccessTokens::new(keys(&app), clock.clone());
    for token in ["x", "a.b.c", &good.replacen('.', "", 1)] {
        let (outcome, cost) = Cost::of(other.verify(token)).await;
        assert!(is_invalid(&outcome) && cost.calls == 0, "{token}: {cost:?}");
    }
}

#[tokio::test]
async fn a_key_that_has_ended_is_gone_within_five_minutes() {
    let (app, clock) = (App::start().await, clock());
    let verifier = AccessTokens::new(keys(&app), clock.clone());
    let old = token(&app.issuer(clock.clone()).signer().await.unwrap());
    verifier.verify(&old).await.unwrap();
    app.issuer(clock.clone()).rotate(Rotation::AtOnce).await.unwrap();
    clock.advance(Duration::from_secs(299));
    verifier.verify(&old).await.unwrap();
    clock.advance(Duration::from_secs(1));
    assert!(is_invalid(&verifier.verify(&old).await));
    // Whoever reads the keys for the first time refuses it at once.
    assert!(is_invalid(&AccessTokens::new(keys(&app), clock).verify(&old).await));
}

#[tokio::test]
async fn an_instance_that_signs_uses_a_new_key_within_a_minute() {
    let (app, clock) = (App::start().await, clock());
    let instance = app.issuer(clock.clone());
    instance.signer().await.unwrap();
    app.issuer(clock.clone()).rotate(Rotation::AtOnce).await.unwrap();
    clock.advance(Duration::from_mins(1));
    let signed = token(&instance.signer().await.unwrap());
    AccessTokens::new(keys(&app), clock).verify(&signed).await.unwrap();
}

#[tokio::test]
async fn a_key_that_was_replaced_ends_when_its_last_tokens_have() {
    let (app, clock) = (App::start().await, clock());
    let old = app.issuer(clock.clone()).signer().await.unwrap();
    app.issuer(clock.clone()).rotate(Rotation::Gradual).await.unwrap();
    clock.advance((KEY_HEAD_START + KEY_OVERLAP).saturating_sub(Duration::from_secs(1)));
    AccessTokens::new(keys(&app), clock.clone()).verify(&token(&old.at(clock.clone()))).await.unwrap();
    clock.advance(Duration::from_secs(1));
    let verifier = AccessTokens::new(keys(&app), clock.clone());
    assert!(is_invalid(&verifier.verify(&token(&old.at(clock.clone()))).await));
    verifier.verify(&token(&app.issuer(clock).signer().await.unwrap())).await.unwrap();
}

#[tokio::test]
async fn of_many_first_sign_ins_at_once_one_makes_the_key() {
    let app = App::start().await;
    app.forget_token_keys();
    let clock = clock();
    let verifier = AccessTokens::new(keys(&app), clock.clone());
    assert!(is_invalid(&verifier.verify(&token(&app.tokens)).await));
    let issuers: Vec<AccessTokenIssuer> = (0..20).map(|_| app.issuer(clock.clone())).collect();
    let signers = join_all(issuers.iter().map(AccessTokenIssuer::signer)).await;
    assert_eq!(keys(&app).get().await.unwrap().keys.len(), 1);
    for signer in signers {
        // The instance looked a moment ago, when there was no key.
        verifier.verify(&token(&signer.unwrap())).await.unwrap();
    }
}

#[tokio::test]
async fn after_the_secret_was_replaced_old_and_new_functions_sign_with_keys_of_their_own() {
    let (app, clock) = (App::start().await, clock());
    let new = Secret::new("ACCESS_TOKEN_SECRET", "another secret of at least 32 bytes".to_owned()).unwrap();
    let (old, new) = (
        app.issuer(clock.clone()),
        AccessTokenIssuer::new(vec![new], keys(&app), clock.clone(), Random::system()),
    );
    let mut tokens = Vec::new();
    // As in a deployment, which changes functions one after another.
    for issuer in [&old, &new, &old, &new] {
        tokens.push(token(&issuer.signer().await.unwrap()));
    }
    assert_eq!(keys(&app).get().await.unwrap().keys.len(), 2);
    let verifier = AccessTokens::new(keys(&app), clock.clone());
    for token in &tokens {
        verifier.verify(token).await.unwrap();
    }
    // A rotation ends the keys of the old secret.
    new.rotate(Rotation::AtOnce).await.unwrap();
    let verifier = AccessTokens::new(keys(&app), clock.clone());
    assert!(is_invalid(&verifier.verify(&tokens[0]).await));
    // An instance that signs learns of it within a minute.
    clock.advance(Duration::from_mins(1));
    verifier.verify(&token(&new.signer().await.unwrap())).await.unwrap();
}

#[tokio::test]
async fn of_two_rotations_at_once_one_takes_place() {
    let app = App::start().await;
    let clock = clock();
    let (one, other) = (app.issuer(clock.clone()), app.issuer(clock));
    let outcomes = join_all([one.rotate(Rotation::Gradual), other.rotate(Rotation::Gradual)]).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(keys(&app).get().await.unwrap().keys.len(), 2);
}
