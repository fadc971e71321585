//! Refresh tokens: opaque, 256 bits, each valid for one exchange (RFC 9700, section 4.14).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::config::{ConfigError, FromEnv, Secret, secrets};
use crate::domain::{PasswordHash, SessionId, User, UserAgent, UserAttributes, UserId};
use crate::store::{Error, IdempotencyRecord, Made, Outbox, RefreshFamilies, RefreshFamily, Users};

/// Separates this use of a secret from others, if somebody gives one value to several.
const PURPOSE: &[u8] = b"refresh";

const ID_BYTES: usize = 16;
const COUNTER_BYTES: usize = 4;
const TAG_BYTES: usize = 32;
const TOKEN_BYTES: usize = 2 * ID_BYTES + COUNTER_BYTES + TAG_BYTES;

/// Issues and verifies refresh tokens.
///
/// A token consists of its family's id, its user's id, its place in the family and a MAC over all three. It is derived
/// from them and the secret, so the table holds no token that could be stolen, and a repeated request gets the same
/// token.
#[derive(Clone)]
pub struct RefreshTokens {
    families: RefreshFamilies,
    /// The first key signs; all keys verify.
    keys: Vec<Hmac<Sha256>>,
}

impl FromEnv for RefreshTokens {
    /// Reads the keys from `REFRESH_TOKEN_SECRET` and connects to the table that the environment names.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(&secrets("REFRESH_TOKEN_SECRET")?, RefreshFamilies::from_env()?))
    }
}

impl RefreshTokens {
    /// Uses the first secret to sign and all secrets to verify.
    #[must_use]
    pub fn new(secrets: &[Secret], families: RefreshFamilies) -> Self {
        let keys = secrets.iter().map(|secret| secret.hmac().chain_update(PURPOSE)).collect();
        Self { families, keys }
    }

    /// Issues the first token for a user who has just signed in.
    pub async fn begin(
        &self,
        user: &User,
        user_agent: Option<UserAgent>,
    ) -> Result<(RefreshFamily, String), Error> {
        let family = self.families.begin(user, user_agent).await?;
        let token = self.sign(Payload::of(&family))?;
        Ok((family, token))
    }

    /// Adds a user, as [`Users::register_signed_in`] does, and returns the first token, or `None` if the user was added
    /// before.
    pub async fn register(
        &self,
        users: &Users,
        attributes: UserAttributes,
        password_hash: PasswordHash,
        user_agent: Option<UserAgent>,
        outbox: Outbox,
        record: Option<&IdempotencyRecord>,
    ) -> Result<(User, Option<(RefreshFamily, String)>), Error> {
        let id = self.families.new_id();
        let signed_in = (id, user_agent);
        match users.register_signed_in(attributes, password_hash, signed_in, outbox, record).await? {
            Made::New(user) => {
                let family = RefreshFamily::first(id, &user);
                let token = self.sign(Payload::of(&family))?;
                Ok((user, Some((family, token))))
            }
            Made::Replayed(user) => Ok((user, None)),
        }
    }

    /// Returns the token's user, or `None` if the token is not ours. Neither reads the table nor uses the token up.
    #[must_use]
    pub fn user(&self, token: &str) -> Option<UserId> {
        self.verify(token).map(|payload| payload.user)
    }

    /// Returns the token's family and its successor, as [`RefreshFamilies::rotate`] decides. For a token that is not
    /// ours it returns `None` without reading the table.
    pub async fn rotate(&self, token: &str) -> Result<Option<(RefreshFamily, String)>, Error> {
        let Some(Payload { family, user, counter }) = self.verify(token) else { return Ok(None) };
        let Some(family) = self.families.rotate(user, family, counter).await? else { return Ok(None) };
        let successor = self.sign(Payload::of(&family))?;
        Ok(Some((family, successor)))
    }

    /// Ends the family of the token, which may be the latest or an older one. A token that is not ours has no effect.
    pub async fn end(&self, token: &str) -> Result<(), Error> {
        match self.verify(token) {
            Some(payload) => self.families.end(payload.user, payload.family).await,
            None => Ok(()),
        }
    }

    fn sign(&self, payload: Payload) -> Result<String, Error> {
        let key = self.keys.first().ok_or_else(|| Error::Internal("there is no key".into()))?;
        let mut token = Vec::with_capacity(TOKEN_BYTES);
        token.extend_from_slice(&payload.family.into_bytes());
        token.extend_from_slice(&payload.user.into_bytes());
        token.extend_from_slice(&payload.counter.to_be_bytes());
        let tag = key.clone().chain_update(&token).finalize().into_bytes();
        token.extend_from_slice(&tag);
        Ok(URL_SAFE_NO_PAD.encode(token))
    }

    /// Compares in constant time.
    fn verify(&self, token: &str) -> Option<Payload> {
        let token: [u8; TOKEN_BYTES] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
        let (payload, tag) = token.split_last_chunk::<TAG_BYTES>()?;
        let is_ours = |key: &Hmac<Sha256>| key.clone().chain_update(payload).verify_slice(tag).is_ok();
        if !self.keys.iter().any(is_ours) {
            return None;
        }
        let (family, rest) = payload.split_first_chunk::<ID_BYTES>()?;
        let (user, counter) = rest.split_first_chunk::<ID_BYTES>()?;
        Some(Payload {
            family: SessionId::from_bytes(*family),
            user: UserId::from_bytes(*user),
            counter: u32::from_be_bytes(counter.try_into().ok()?),
        })
    }
}

/// The content of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Payload {
    family: SessionId,
    user: UserId,
    counter: u32,
}

impl Payload {
    /// Returns the content of the family's latest token.
    fn of(family: &RefreshFamily) -> Self {
        Self { family: family.id, user: family.user_id, counter: family.counter }
    }
}

impl fmt::Debug for RefreshTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshTokens(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Clock;
    use crate::random::Random;
    use crate::store::Table;

    fn tokens(letters: &str) -> RefreshTokens {
        // Nothing listens at this address, so every call of the table fails.
        let table = Table::embedded("none", "http://127.0.0.1:9").unwrap();
        let families = RefreshFamilies::new(table, Clock::system(), Random::seeded(1));
        let secret =
            |letter: char| Secret::new("REFRESH_TOKEN_SECRET", letter.to_string().repeat(32)).unwrap();
        RefreshTokens::new(&letters.chars().map(secret).collect::<Vec<_>>(), families)
    }

    const fn payload(counter: u32) -> Payload {
        Payload { family: SessionId::from_bytes([7; 16]), user: UserId::from_bytes([8; 16]), counter }
    }

    proptest! {
        #[test]
        fn a_token_is_of_its_family_user_and_place(family: [u8; 16], user: [u8; 16], counter: u32) {
            let payload = Payload { family: SessionId::from_bytes(family), user: UserId::from_bytes(user), counter };
            let token = tokens("a").sign(payload).unwrap();
            prop_assert_eq!(tokens("a").verify(&token), Some(payload));
        }

        #[test]
        fn a_changed_token_is_refused(counter: u32, at in 0..TOKEN_BYTES, flip in 1u8..=255) {
            let mut token = URL_SAFE_NO_PAD.decode(tokens("a").sign(payload(counter)).unwrap()).unwrap();
            token[at] ^= flip;
            prop_assert_eq!(tokens("a").verify(&URL_SAFE_NO_PAD.encode(token)), None);
        }

        #[test]
        fn any_text_is_refused_without_a_panic(token in "\\PC*|[A-Za-z0-9_-]{70}") {
            prop_assert_eq!(tokens("a").verify(&token), None);
        }
    }

    #[test]
    fn a_token_has_one_spelling() {
        let token = tokens("a").sign(payload(1)).unwrap();
        for other in [format!("{token}="), format!(" {token}"), format!("{token}A"), token.to_lowercase()] {
            assert_eq!(tokens("a").verify(&other), None, "{other}");
        }
    }

    #[test]
    fn while_the_secret_is_changed_tokens_of_both_are_ours() {
        let old = tokens("a").sign(payload(1)).unwrap();
        assert_eq!(tokens("ba").verify(&old), Some(payload(1)));
        assert_eq!(tokens("b").verify(&old), None);
    }

    #[tokio::test]
    async fn a_token_that_is_not_ours_is_no_question_to_the_table() {
        let foreign = tokens("b").sign(payload(1)).unwrap();
        for token in ["", "x", "a.b.c", &foreign] {
            assert!(matches!(tokens("a").rotate(token).await, Ok(None)), "{token}");
            assert!(tokens("a").end(token).await.is_ok(), "{token}");
        }
    }
}
