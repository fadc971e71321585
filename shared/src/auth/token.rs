//! Access tokens: JWT in the profile of RFC 9068, signed with HS256, verified as RFC 8725 recommends.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Builder;

use super::hs256::keys;
use super::step_up::is_recent;
use super::{Caller, Subject};
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv, Secret, signing_secrets};
use crate::domain::{Role, Timestamp, UserId};
use crate::http::Unauthorized;
use crate::random::Random;

/// The lifetime of an access token.
pub const ACCESS_TOKEN_TTL: Duration = Duration::from_mins(15);

/// The allowed difference between two clocks.
const LEEWAY_SECONDS: i64 = 5;

/// RFC 9068, section 2.1.
const TYPE: &str = "at+jwt";

/// Issuer and audience of the tokens. Deployments differ by their secrets.
const ISSUER: &str = "api";
const AUDIENCE: &str = "api";

/// Signs and verifies access tokens.
#[derive(Clone)]
pub struct AccessTokens {
    /// The first key signs; all keys verify.
    keys: Vec<Key>,
    clock: Clock,
    random: Random,
}

#[derive(Clone)]
struct Key {
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

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

impl FromEnv for AccessTokens {
    /// Reads its keys from `JWT_SECRET`.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(&signing_secrets()?, Clock::system(), Random::system()))
    }
}

impl AccessTokens {
    /// Uses the first secret to sign and all secrets to verify.
    #[must_use]
    pub fn new(secrets: &[Secret], clock: Clock, random: Random) -> Self {
        Self { keys: secrets.iter().map(Key::of).collect(), clock, random }
    }

    /// Signs a token that lets its bearer act as `subject` for [`ACCESS_TOKEN_TTL`] from now on.
    pub fn sign(&self, subject: Subject) -> Result<String, jsonwebtoken::errors::Error> {
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
        let key = self.keys.first().ok_or(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat)?;
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.id.clone());
        encode(&header, &claims, &key.encoding)
    }

    /// Returns the caller of a valid token. The error is [`Unauthorized::Expired`] if only the time is wrong, and
    /// [`Unauthorized::Invalid`] otherwise.
    pub fn verify(&self, token: &str) -> Result<Caller, Unauthorized> {
        let claims = self.authentic(token).ok_or(Unauthorized::Invalid)?;
        let moment = self.clock.now();
        let now = moment.as_seconds();
        let soon = now.saturating_add(LEEWAY_SECONDS);
        if claims.nbf > soon || claims.iat > soon {
            return Err(Unauthorized::Invalid);
        }
        if claims.exp <= now.saturating_sub(LEEWAY_SECONDS) {
            return Err(Unauthorized::Expired);
        }
        Ok(Caller {
            id: claims.sub,
            was_admin: claims.role == Role::Admin,
            auth_epoch: claims.auth_epoch,
            has_just_signed_in: is_recent(
                Timestamp::from_millis(claims.auth_time.saturating_mul(1000)),
                moment,
            ),
        })
    }

    /// Returns the claims of a token that we signed, regardless of its times.
    fn authentic(&self, token: &str) -> Option<Claims> {
        let header = decode_header(token).ok()?;
        // RFC 9068, section 4: with or without the prefix, in any case.
        let typ = header.typ.as_deref()?.to_ascii_lowercase();
        if typ.strip_prefix("application/").unwrap_or(&typ) != TYPE {
            return None;
        }
        // RFC 7515, section 4.1.11: we support no critical extension, and `jsonwebtoken` does not check for one.
        if header.crit.is_some() {
            return None;
        }
        let key = self.keys.iter().find(|key| Some(&key.id) == header.kid.as_ref())?;
        Some(decode(token, &key.decoding, &validation()).ok()?.claims)
    }
}

impl Key {
    fn of(secret: &Secret) -> Self {
        let (encoding, decoding) = keys(secret.as_bytes());
        let id = secret.hmac().chain_update(b"kid").finalize().into_bytes();
        Self { id: URL_SAFE_NO_PAD.encode(&id[..8]), encoding, decoding }
    }
}

/// Validates everything but the times, which `jsonwebtoken` would compare with the system's clock instead of ours.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessTokens(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(letter: char) -> Secret {
        Secret::new("JWT_SECRET", letter.to_string().repeat(32)).unwrap()
    }

    fn tokens(secrets: &[Secret], clock: &Clock) -> AccessTokens {
        AccessTokens::new(secrets, clock.clone(), Random::seeded(1))
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
            let tokens = tokens(&[secret('a')], &clock());
            let caller = Caller { id: subject.id, was_admin, auth_epoch: 7, has_just_signed_in: true };
            assert_eq!(tokens.verify(&tokens.sign(subject).unwrap()), Ok(caller));
        }
    }

    #[test]
    fn a_token_tells_whether_the_sign_in_is_recent_however_new_the_token_is() {
        let clock = clock();
        let tokens = tokens(&[secret('a')], &clock);
        clock.advance(Duration::from_secs(5 * 60 - 1));
        let token = tokens.sign(subject()).unwrap();
        assert!(tokens.verify(&token).unwrap().has_just_signed_in);
        clock.advance(Duration::from_secs(1));
        for token in [token, tokens.sign(subject()).unwrap()] {
            assert!(!tokens.verify(&token).unwrap().has_just_signed_in);
        }
    }

    #[test]
    fn a_token_is_valid_for_15_minutes_and_the_leeway() {
        let clock = clock();
        let tokens = tokens(&[secret('a')], &clock);
        let token = tokens.sign(subject()).unwrap();
        clock.advance(Duration::from_secs(15 * 60 + 4));
        assert!(tokens.verify(&token).is_ok());
        clock.advance(Duration::from_secs(1));
        assert_eq!(tokens.verify(&token), Err(Unauthorized::Expired));
        assert_eq!(tokens.verify(&token[1..]), Err(Unauthorized::Invalid));
    }

    #[test]
    fn a_token_of_the_future_is_refused() {
        let (now, ahead) = (clock(), clock());
        ahead.advance(Duration::from_secs(6));
        let token = tokens(&[secret('a')], &ahead).sign(subject()).unwrap();
        assert!(tokens(&[secret('a')], &now).verify(&token).is_err());
    }

    #[test]
    fn while_the_secret_is_changed_tokens_of_both_are_valid() {
        let clock = clock();
        let old = tokens(&[secret('a')], &clock).sign(subject()).unwrap();
        assert!(tokens(&[secret('b'), secret('a')], &clock).verify(&old).is_ok());
        assert!(tokens(&[secret('b')], &clock).verify(&old).is_err());
    }

    #[test]
    fn at_each_step_of_a_rotation_functions_before_and_after_it_take_each_others_tokens() {
        let clock = clock();
        let steps: [&[Secret]; 4] =
            [&[secret('a')], &[secret('a'), secret('b')], &[secret('b'), secret('a')], &[secret('b')]];
        for step in steps.windows(2) {
            let [before, after] = [step[0], step[1]].map(|secrets| tokens(secrets, &clock));
            for (signs, verifies) in [(&before, &after), (&after, &before)] {
                assert!(verifies.verify(&signs.sign(subject()).unwrap()).is_ok());
            }
        }
    }

    #[test]
    fn a_changed_token_is_refused() {
        let tokens = tokens(&[secret('a')], &clock());
        let token = tokens.sign(subject()).unwrap();
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            // Another letter changes more than the unused bits of a last letter.
            changed[at] = if changed[at] == b'A' { b'x' } else { b'A' };
            assert!(tokens.verify(&String::from_utf8(changed).unwrap()).is_err(), "at {at}");
        }
    }

    #[test]
    fn a_token_that_names_another_algorithm_is_refused() {
        let tokens = tokens(&[secret('a')], &clock());
        let token = tokens.sign(subject()).unwrap();
        let (_, claims_and_signature) = token.split_once('.').unwrap();
        for algorithm in ["none", "None", "HS384", "HS512", "RS256", "ES256", "EdDSA", ""] {
            let kid = &tokens.keys[0].id;
            let header = format!(r#"{{"alg":"{algorithm}","typ":"at+jwt","kid":"{kid}"}}"#);
            let header = URL_SAFE_NO_PAD.encode(header);
            assert!(tokens.verify(&format!("{header}.{claims_and_signature}")).is_err(), "{algorithm}");
            let (claims, _) = claims_and_signature.split_once('.').unwrap();
            assert!(tokens.verify(&format!("{header}.{claims}.")).is_err(), "{algorithm} unsigned");
        }
    }

    #[test]
    fn a_token_with_a_parameter_that_must_be_understood_is_refused() {
        let tokens = tokens(&[secret('a')], &clock());
        let key = &tokens.keys[0];
        let token = tokens.sign(subject()).unwrap();
        let claims = token.split('.').nth(1).unwrap();
        for (header, is_accepted) in
            [("", true), (r#","b64":true,"crit":["b64"]"#, false), (r#","crit":[]"#, false)]
        {
            let header = format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{}"{header}}}"#, key.id);
            let message = format!("{}.{claims}", URL_SAFE_NO_PAD.encode(&header));
            let tag = secret('a').hmac().chain_update(&message).finalize().into_bytes();
            let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
            assert_eq!(tokens.verify(&token).is_ok(), is_accepted, "{header}");
        }
    }

    #[test]
    fn a_token_with_another_type_issuer_or_audience_is_refused() {
        let tokens = tokens(&[secret('a')], &clock());
        let key = &tokens.keys[0];
        let now = clock().now().as_seconds();
        let forge = |typ: &str, iss: &str, aud: &str| {
            let header = Header {
                typ: Some(typ.to_owned()),
                kid: Some(key.id.clone()),
                ..Header::new(Algorithm::HS256)
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
            tokens.verify(&encode(&header, &claims, &key.encoding).unwrap())
        };
        assert!(forge(TYPE, ISSUER, AUDIENCE).is_ok());
        assert!(forge("application/AT+JWT", ISSUER, AUDIENCE).is_ok());
        assert!(forge("JWT", ISSUER, AUDIENCE).is_err());
        assert!(forge(TYPE, "other", AUDIENCE).is_err());
        assert!(forge(TYPE, ISSUER, "other").is_err());
    }
}
