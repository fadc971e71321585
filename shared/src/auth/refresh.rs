//! Refresh tokens: opaque, 256 bits, each good for one successor (RFC 9700, section 4.14).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::config::{ConfigError, Secret, signing_secrets};
use crate::domain::{PasswordHash, User, UserDraft};
use crate::store::{Error, FamilyId, RefreshFamilies, RefreshFamily, Users};

/// Sets this use of the secret apart from its others.
const PURPOSE: &[u8] = b"refresh";

const ID_BYTES: usize = 16;
const COUNTER_BYTES: usize = 4;
const TAG_BYTES: usize = 32;
const TOKEN_BYTES: usize = ID_BYTES + COUNTER_BYTES + TAG_BYTES;

/// Gives refresh tokens and takes them back.
///
/// A token is its family's id, its place in the family and a MAC over both. It is derived from them and the secret,
/// so the table holds nothing that could be stolen, and whoever asks twice gets the same.
#[derive(Clone)]
pub struct RefreshTokens {
    families: RefreshFamilies,
    /// The first signs; all verify.
    keys: Vec<Hmac<Sha256>>,
}

impl RefreshTokens {
    /// Keys from `JWT_SECRET` and, while that is being changed, `JWT_SECRET_PREVIOUS`; the table from the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(&signing_secrets()?, RefreshFamilies::from_env()?))
    }

    /// The first secret signs; all verify.
    #[must_use]
    pub fn new(secrets: &[Secret], families: RefreshFamilies) -> Self {
        let keys = secrets.iter().map(|secret| secret.hmac().chain_update(PURPOSE)).collect();
        Self { families, keys }
    }

    /// The first token for a user who has just signed in.
    pub async fn begin(&self, user: &User) -> Result<String, Error> {
        let family = self.families.begin(user).await?;
        self.sign(family.id, family.counter)
    }

    /// Adds a user, as [`Users::register_signed_in`] does, and gives the first token.
    pub async fn register(
        &self,
        users: &Users,
        draft: UserDraft,
        password_hash: PasswordHash,
    ) -> Result<(User, String), Error> {
        let id = self.families.new_id();
        let (user, family) = users.register_signed_in(draft, password_hash, id).await?;
        Ok((user, self.sign(family.id, family.counter)?))
    }

    /// The token's family and its successor, as [`RefreshFamilies::rotate`] decides; none for a token that is not ours,
    /// without asking the table.
    pub async fn rotate(&self, token: &str) -> Result<Option<(RefreshFamily, String)>, Error> {
        let Some((id, counter)) = self.verify(token) else { return Ok(None) };
        let Some(family) = self.families.rotate(id, counter).await? else { return Ok(None) };
        let successor = self.sign(family.id, family.counter)?;
        Ok(Some((family, successor)))
    }

    /// Ends the family that the token is of, be it the last one or an older. One that is not ours ends nothing.
    pub async fn end(&self, token: &str) -> Result<(), Error> {
        match self.verify(token) {
            Some((id, _)) => self.families.end(id).await,
            None => Ok(()),
        }
    }

    fn sign(&self, id: FamilyId, counter: u32) -> Result<String, Error> {
        let key = self.keys.first().ok_or_else(|| Error::Internal("there is no key".into()))?;
        let tag = mac(key, id, counter).finalize().into_bytes();
        let mut token = Vec::with_capacity(TOKEN_BYTES);
        token.extend_from_slice(&id.0);
        token.extend_from_slice(&counter.to_be_bytes());
        token.extend_from_slice(&tag);
        Ok(URL_SAFE_NO_PAD.encode(token))
    }

    /// In constant time.
    fn verify(&self, token: &str) -> Option<(FamilyId, u32)> {
        let token: [u8; TOKEN_BYTES] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
        let (id, rest) = token.split_first_chunk::<ID_BYTES>()?;
        let (counter, tag) = rest.split_first_chunk::<COUNTER_BYTES>()?;
        let (id, counter) = (FamilyId(*id), u32::from_be_bytes(*counter));
        let is_ours = |key: &Hmac<Sha256>| mac(key, id, counter).verify_slice(tag).is_ok();
        self.keys.iter().any(is_ours).then_some((id, counter))
    }
}

fn mac(key: &Hmac<Sha256>, id: FamilyId, counter: u32) -> Hmac<Sha256> {
    key.clone().chain_update(id.0).chain_update(counter.to_be_bytes())
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
        // Nobody listens there: what is asked of the table ends in an error.
        let table = Table::embedded("none", "http://127.0.0.1:9").unwrap();
        let families = RefreshFamilies::new(table, Clock::system(), Random::seeded(1));
        let secret = |letter: char| Secret::new("JWT_SECRET", letter.to_string().repeat(32)).unwrap();
        RefreshTokens::new(&letters.chars().map(secret).collect::<Vec<_>>(), families)
    }

    const ID: FamilyId = FamilyId([7; 16]);

    proptest! {
        #[test]
        fn a_token_is_of_its_family_and_place(id: [u8; 16], counter: u32) {
            let token = tokens("a").sign(FamilyId(id), counter).unwrap();
            prop_assert_eq!(tokens("a").verify(&token), Some((FamilyId(id), counter)));
        }

        #[test]
        fn a_changed_token_is_refused(counter: u32, at in 0..TOKEN_BYTES, flip in 1u8..=255) {
            let mut token = URL_SAFE_NO_PAD.decode(tokens("a").sign(ID, counter).unwrap()).unwrap();
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
        let token = tokens("a").sign(ID, 1).unwrap();
        for other in [format!("{token}="), format!(" {token}"), format!("{token}A"), token.to_lowercase()] {
            assert_eq!(tokens("a").verify(&other), None, "{other}");
        }
    }

    #[test]
    fn while_the_secret_is_changed_tokens_of_both_are_ours() {
        let old = tokens("a").sign(ID, 1).unwrap();
        assert_eq!(tokens("ba").verify(&old), Some((ID, 1)));
        assert_eq!(tokens("b").verify(&old), None);
    }

    #[tokio::test]
    async fn a_token_that_is_not_ours_is_no_question_to_the_table() {
        let foreign = tokens("b").sign(ID, 1).unwrap();
        for token in ["", "x", "a.b.c", &foreign] {
            assert!(matches!(tokens("a").rotate(token).await, Ok(None)), "{token}");
            assert!(tokens("a").end(token).await.is_ok(), "{token}");
        }
    }
}
