//! Access tokens: JWT in the profile of RFC 9068, signed with Ed25519, verified as RFC 8725 recommends.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Builder;

use super::ed25519::verifying;
use super::step_up::is_recent;
use super::{Caller, Subject};
use crate::clock::Clock;
use crate::domain::{KeySet, Role, Timestamp, UserId};
use crate::http::{Error, Unauthorized};
use crate::random::Random;

/// The lifetime of an access token.
pub const ACCESS_TOKEN_TTL: Duration = Duration::from_mins(15);

/// The `alg` of a token. RFC 9864 calls it Ed25519 instead, which most libraries do not know yet.
const ALGORITHM: Algorithm = Algorithm::EdDSA;

/// The allowed difference between two clocks.
const LEEWAY_SECONDS: i64 = 5;

/// RFC 9068, section 2.1.
const TYPE: &str = "at+jwt";

/// Issuer and audience of the tokens. Deployments differ by their keys.
const ISSUER: &str = "api";
const AUDIENCE: &str = "api";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    role: Role,
    #[serde(rename = "authEpoch")]
    auth_epoch: u64,
    /// The time of the sign-in (`OpenID` Connect Core 1.0, section 2). Refreshing a token does not change it.
    auth_time: i64,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
}

/// A key that signs access tokens.
#[derive(Clone)]
pub struct TokenSigner {
    key: EncodingKey,
    key_id: String,
    clock: Clock,
    random: Random,
}

impl TokenSigner {
    pub(super) fn new(key: EncodingKey, key_id: String, clock: Clock, random: Random) -> Self {
        Self { key, key_id, clock, random }
    }

    /// Returns the same key at another time, for tests.
    #[must_use]
    pub fn at(&self, clock: Clock) -> Self {
        Self { clock, ..self.clone() }
    }

    /// Signs a token that lets its bearer act as `subject` for [`ACCESS_TOKEN_TTL`] from now on.
    pub fn sign(&self, subject: Subject) -> Result<String, Error> {
        let now = self.clock.now().as_seconds();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: subject.id,
            role: subject.role,
            auth_epoch: subject.auth_epoch,
            auth_time: subject.signed_in_at.as_seconds(),
            exp: now + i64::try_from(ACCESS_TOKEN_TTL.as_secs()).unwrap_or(i64::MAX),
            nbf: now,
            iat: now,
            jti: Builder::from_random_bytes(self.random.bytes()).into_uuid().to_string(),
        };
        let mut header = Header::new(ALGORITHM);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.key_id.clone());
        encode(&header, &claims, &self.key).map_err(|error| Error::Internal(Arc::new(error)))
    }
}

/// Returns the caller of a token that one of the keys signed. The error is [`Unauthorized::Expired`] if only the time is
/// wrong, and [`Unauthorized::Invalid`] otherwise.
pub(super) fn verify(token: &str, keys: &KeySet, now: Timestamp) -> Result<Caller, Unauthorized> {
    let claims = authentic(token, keys, now).ok_or(Unauthorized::Invalid)?;
    let seconds = now.as_seconds();
    let soon = seconds.saturating_add(LEEWAY_SECONDS);
    if claims.nbf > soon || claims.iat > soon {
        return Err(Unauthorized::Invalid);
    }
    if claims.exp <= seconds.saturating_sub(LEEWAY_SECONDS) {
        return Err(Unauthorized::Expired);
    }
    Ok(Caller {
        id: claims.sub,
        was_admin: claims.role == Role::Admin,
        auth_epoch: claims.auth_epoch,
        has_just_signed_in: is_recent(Timestamp::from_millis(claims.auth_time.saturating_mul(1000)), now),
    })
}

/// Returns the id of the key that a token names, or `None` if its header is not that of an access token.
pub(super) fn key_id(token: &str) -> Option<String> {
    let header = decode_header(token).ok()?;
    // RFC 9068, section 4: with or without the prefix, in any case.
    let typ = header.typ.as_deref()?.to_ascii_lowercase();
    let is_ours = header.alg == ALGORITHM && typ.strip_prefix("application/").unwrap_or(&typ) == TYPE;
    // RFC 7515, section 4.1.11: we support no critical extension, and `jsonwebtoken` does not check for one.
    header.kid.filter(|_| is_ours && header.crit.is_none())
}

/// Returns the claims of a token that we signed, regardless of its times.
fn authentic(token: &str, keys: &KeySet, now: Timestamp) -> Option<Claims> {
    let key = verifying(&keys.verifying(&key_id(token)?, now)?.public);
    Some(decode(token, &key, &validation()).ok()?.claims)
}

/// Validates everything but the times, which `jsonwebtoken` would compare with the system's clock instead of ours.
fn validation() -> Validation {
    let mut validation = Validation::new(ALGORITHM);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSigner(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use hmac::{KeyInit, Mac};
    use jsonwebtoken::crypto::sign;

    use super::*;
    use crate::auth::ed25519::derive;
    use crate::config::Secret;

    const SALT: [u8; 32] = [7; 32];

    fn secret(letter: char) -> Secret {
        Secret::new("ACCESS_TOKEN_SECRET", letter.to_string().repeat(32)).unwrap()
    }

    fn public(letter: char) -> [u8; 32] {
        derive(&secret(letter), &SALT).unwrap().1
    }

    /// Returns the keys that are derived from these secrets, in the order in which they sign.
    fn keys(letters: &str) -> KeySet {
        let next = |keys: KeySet, letter| keys.joined(public(letter), SALT, Timestamp::from_millis(0));
        letters.chars().fold(KeySet::default(), next)
    }

    fn signer(letter: char, clock: &Clock) -> TokenSigner {
        let key = keys(&letter.to_string()).keys.remove(0);
        TokenSigner::new(
            derive(&secret(letter), &SALT).unwrap().0,
            key.id(),
            clock.clone(),
            Random::seeded(1),
        )
    }

    /// Encodes and signs a token with this header, as the holder of the private key could.
    fn forge(header: &str, claims: &str) -> String {
        let message = format!("{}.{claims}", URL_SAFE_NO_PAD.encode(header));
        let signature = sign(message.as_bytes(), &signer('a', &clock()).key, ALGORITHM).unwrap();
        format!("{message}.{signature}")
    }

    fn is_valid(token: &str) -> bool {
        verify(token, &keys("a"), clock().now()).is_ok()
    }

    fn clock() -> Clock {
        Clock::set_to(Timestamp::from_millis(1_800_000_000_000))
    }

    fn subject() -> Subject {
        let id = UserId::new(Timestamp::from_millis(1), &Random::seeded(2));
        Subject { id, role: Role::User, auth_epoch: 0, signed_in_at: clock().now() }
    }

    #[test]
    fn a_token_tells_who_it_was_signed_for() {
        for (role, was_admin) in [(Role::User, false), (Role::Admin, true)] {
            let subject = Subject { role, auth_epoch: 7, ..subject() };
            let caller = Caller { id: subject.id, was_admin, auth_epoch: 7, has_just_signed_in: true };
            let token = signer('a', &clock()).sign(subject).unwrap();
            assert_eq!(verify(&token, &keys("a"), clock().now()), Ok(caller));
        }
    }

    #[test]
    fn a_token_tells_whether_the_sign_in_is_recent_however_new_the_token_is() {
        let clock = clock();
        clock.advance(Duration::from_secs(5 * 60 - 1));
        let token = signer('a', &clock).sign(subject()).unwrap();
        assert!(verify(&token, &keys("a"), clock.now()).unwrap().has_just_signed_in);
        clock.advance(Duration::from_secs(1));
        for token in [token, signer('a', &clock).sign(subject()).unwrap()] {
            assert!(!verify(&token, &keys("a"), clock.now()).unwrap().has_just_signed_in);
        }
    }

    #[test]
    fn a_token_is_valid_for_15_minutes_and_the_leeway() {
        let clock = clock();
        let token = signer('a', &clock).sign(subject()).unwrap();
        clock.advance(Duration::from_secs(15 * 60 + 4));
        assert!(verify(&token, &keys("a"), clock.now()).is_ok());
        clock.advance(Duration::from_secs(1));
        assert_eq!(verify(&token, &keys("a"), clock.now()), Err(Unauthorized::Expired));
        assert_eq!(verify(&token[1..], &keys("a"), clock.now()), Err(Unauthorized::Invalid));
    }

    #[test]
    fn a_token_of_the_future_is_refused() {
        let ahead = clock();
        ahead.advance(Duration::from_secs(6));
        assert!(!is_valid(&signer('a', &ahead).sign(subject()).unwrap()));
    }

    #[test]
    fn a_token_is_valid_if_the_key_that_it_names_signed_it() {
        let old = signer('a', &clock()).sign(subject()).unwrap();
        let now = clock().now();
        assert!(verify(&old, &keys("ab"), now).is_ok());
        assert!(verify(&old, &keys("b"), now).is_err());
        // The id of another key does not help.
        let (header, claims) =
            (format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{}"}}"#, keys("b").keys[0].id()), &old);
        assert!(verify(&forge(&header, claims.split('.').nth(1).unwrap()), &keys("ab"), now).is_err());
        // A key that has ended verifies nothing.
        let mut ended = keys("ab");
        ended.keys[0].verifies_until = Some(now);
        assert!(verify(&old, &ended, now).is_err());
    }

    #[test]
    fn a_changed_token_is_refused() {
        let token = signer('a', &clock()).sign(subject()).unwrap();
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            // Another letter changes more than the unused bits of a last letter.
            changed[at] = if changed[at] == b'A' { b'x' } else { b'A' };
            assert!(!is_valid(&String::from_utf8(changed).unwrap()), "at {at}");
        }
    }

    #[test]
    fn a_token_that_names_another_algorithm_is_refused() {
        let token = signer('a', &clock()).sign(subject()).unwrap();
        let (_, claims_and_signature) = token.split_once('.').unwrap();
        let (claims, _) = claims_and_signature.split_once('.').unwrap();
        let key = &keys("a").keys[0];
        for algorithm in
            ["none", "None", "HS256", "HS384", "HS512", "RS256", "ES256", "Ed25519", "Ed448", "eddsa", ""]
        {
            let header = format!(r#"{{"alg":"{algorithm}","typ":"at+jwt","kid":"{}"}}"#, key.id());
            assert!(!is_valid(&forge(&header, claims)), "{algorithm}, signed");
            let message = format!("{}.{claims}", URL_SAFE_NO_PAD.encode(&header));
            assert!(!is_valid(&format!("{message}.")), "{algorithm}, unsigned");
            // The public key is no secret, and must not serve as one.
            for public in [key.public.to_vec(), key.x().into_bytes()] {
                let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&public).unwrap().chain_update(&message);
                let tag = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
                assert!(
                    !is_valid(&format!("{message}.{tag}")),
                    "{algorithm}, with the public key as a secret"
                );
            }
        }
    }

    #[test]
    fn a_header_says_each_thing_once_and_nothing_that_must_be_understood() {
        let token = signer('a', &clock()).sign(subject()).unwrap();
        let claims = token.split('.').nth(1).unwrap();
        let id = keys("a").keys[0].id();
        for (header, is_accepted) in [
            (format!(r#""alg":"EdDSA","kid":"{id}""#), true),
            (format!(r#""alg":"EdDSA","kid":"{id}","b64":true,"crit":["b64"]"#), false),
            (format!(r#""alg":"EdDSA","kid":"{id}","crit":[]"#), false),
            (format!(r#""alg":"none","alg":"EdDSA","kid":"{id}""#), false),
            (format!(r#""alg":"EdDSA","alg":"none","kid":"{id}""#), false),
            (format!(r#""alg":"EdDSA","kid":"other","kid":"{id}""#), false),
            (format!(r#""alg":"EdDSA","kid":["{id}"]"#), false),
            (r#""alg":"EdDSA","kid":{"a":"b"}"#.to_owned(), false),
            (r#""alg":"EdDSA","kid":null"#.to_owned(), false),
            (r#""alg":"EdDSA","kid":"""#.to_owned(), false),
            (r#""alg":"EdDSA""#.to_owned(), false),
        ] {
            let header = format!(r#"{{"typ":"at+jwt",{header}}}"#);
            assert_eq!(is_valid(&forge(&header, claims)), is_accepted, "{header}");
        }
    }

    #[test]
    fn a_token_with_another_type_issuer_or_audience_is_refused() {
        let now = clock().now().as_seconds();
        let signs = |typ: &str, iss: &str, aud: &str| {
            let header = Header {
                typ: Some(typ.to_owned()),
                kid: Some(keys("a").keys[0].id()),
                ..Header::new(ALGORITHM)
            };
            let claims = Claims {
                iss: iss.to_owned(),
                aud: aud.to_owned(),
                sub: subject().id,
                role: Role::Admin,
                auth_epoch: 0,
                auth_time: now,
                exp: now + 60,
                nbf: now,
                iat: now,
                jti: String::new(),
            };
            is_valid(&encode(&header, &claims, &signer('a', &clock()).key).unwrap())
        };
        assert!(signs(TYPE, ISSUER, AUDIENCE));
        assert!(signs("application/AT+JWT", ISSUER, AUDIENCE));
        assert!(!signs("JWT", ISSUER, AUDIENCE));
        assert!(!signs(TYPE, "other", AUDIENCE));
        assert!(!signs(TYPE, ISSUER, "other"));
    }
}
