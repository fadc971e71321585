//! The keys of access tokens: the one that signs, those that verify, and how one takes the place of another.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Timestamp;

/// The time between the publication of a key and its first signature.
///
/// Then everybody who verifies tokens knows it: functions look for an unknown key once a minute, and clients keep the
/// published keys for five minutes. The rest is for clocks that differ.
pub const KEY_HEAD_START: Duration = Duration::from_mins(10);

/// The time for which a key verifies after its successor begins to sign: the 15 minutes of a token, and the rest for
/// clocks that differ.
pub const KEY_OVERLAP: Duration = Duration::from_mins(30);

/// A key of access tokens, without its private half. That is derived from a secret of the functions that sign, and from
/// the salt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenKey {
    /// The public key (RFC 8032, section 5.1.5).
    pub public: [u8; 32],
    /// A random value, so that the secret alone does not tell the next key.
    pub salt: [u8; 32],
    /// The time of its first signature.
    pub signs_from: Timestamp,
    /// The time of its end, once it has a successor.
    pub verifies_until: Option<Timestamp>,
}

impl TokenKey {
    /// Returns the public key in base64url, as a JWK has it (RFC 8037, section 2).
    #[must_use]
    pub fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.public)
    }

    /// Returns the key's id: its JWK thumbprint (RFC 7638; RFC 8037, appendix A.3).
    #[must_use]
    pub fn id(&self) -> String {
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))
    }

    fn verifies_at(&self, now: Timestamp) -> bool {
        self.verifies_until.is_none_or(|end| now < end)
    }
}

/// All keys of access tokens. The order is that in which they sign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    /// The number of times that the keys were changed.
    pub version: u64,
    /// The keys, the newest last.
    pub keys: Vec<TokenKey>,
}

/// The pace at which a key takes the place of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// No token becomes invalid: the new key signs after [`KEY_HEAD_START`], and the others end [`KEY_OVERLAP`] later.
    Gradual,
    /// The new key signs at once, and all tokens of the others are invalid.
    AtOnce,
}

/// A key that was published before does not sign yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the newest key signs from {0} on; only then can another one follow")]
pub struct Pending(pub Timestamp);

impl KeySet {
    /// Returns the keys in the order in which they should sign: first the newest one whose time has come. An instance takes
    /// the first one that its secret made.
    pub fn to_sign(&self, now: Timestamp) -> impl Iterator<Item = &TokenKey> {
        let is_due = move |key: &&TokenKey| key.signs_from <= now;
        let due = self.published(now).filter(is_due).collect::<Vec<_>>().into_iter().rev();
        // A clock that is behind has no key whose time has come.
        due.chain(self.published(now).filter(move |key| !is_due(key)))
    }

    /// Returns the key with this id, if it verifies tokens. A key verifies before it signs.
    #[must_use]
    pub fn verifying(&self, id: &str, now: Timestamp) -> Option<&TokenKey> {
        self.published(now).find(|key| key.id() == id)
    }

    /// Returns the keys that verify tokens.
    pub fn published(&self, now: Timestamp) -> impl Iterator<Item = &TokenKey> {
        self.keys.iter().filter(move |key| key.verifies_at(now))
    }

    /// Returns the keys with one more, which signs at once. The others stay.
    #[must_use]
    pub fn joined(&self, public: [u8; 32], salt: [u8; 32], now: Timestamp) -> Self {
        self.clone().with(TokenKey { public, salt, signs_from: now, verifies_until: None })
    }

    /// Returns the keys with one that takes the place of the others. Those that have ended are gone.
    pub fn rotated(
        &self,
        public: [u8; 32],
        salt: [u8; 32],
        now: Timestamp,
        rotation: Rotation,
    ) -> Result<Self, Pending> {
        let (signs_from, others_end) = match rotation {
            Rotation::Gradual => {
                if let Some(newest) = self.keys.last().filter(|newest| now < newest.signs_from) {
                    return Err(Pending(newest.signs_from));
                }
                (now.after(KEY_HEAD_START), now.after(KEY_HEAD_START + KEY_OVERLAP))
            }
            Rotation::AtOnce => (now, now),
        };
        let others = self.published(now).map(|key| {
            let end = key.verifies_until.map_or(others_end, |end| end.min(others_end));
            TokenKey { verifies_until: Some(end), ..key.clone() }
        });
        let others = others.filter(|key| key.verifies_at(now)).collect();
        let keys = Self { version: self.version, keys: others };
        Ok(keys.with(TokenKey { public, salt, signs_from, verifies_until: None }))
    }

    fn with(mut self, key: TokenKey) -> Self {
        self.keys.push(key);
        Self { version: self.version + 1, keys: self.keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn one() -> KeySet {
        KeySet::default().joined([1; 32], [0; 32], NOW)
    }

    fn just_before(time: Duration) -> Timestamp {
        NOW.after(time.saturating_sub(Duration::from_secs(1)))
    }

    fn signer(keys: &KeySet, now: Timestamp) -> u8 {
        keys.to_sign(now).next().unwrap().public[0]
    }

    fn published(keys: &KeySet, now: Timestamp) -> Vec<u8> {
        keys.published(now).map(|key| key.public[0]).collect()
    }

    #[test]
    fn the_first_key_signs_at_once_and_has_no_end() {
        let keys = one();
        assert_eq!((signer(&keys, NOW), keys.version), (1, 1));
        assert_eq!(published(&keys, NOW.after(Duration::from_hours(24 * 365))), [1]);
        // Even for a clock that is behind.
        assert_eq!(signer(&keys, Timestamp::from_millis(0)), 1);
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_verifies_after_it_signed() {
        let keys = one().rotated([2; 32], [0; 32], NOW, Rotation::Gradual).unwrap();
        let end = KEY_HEAD_START + KEY_OVERLAP;
        assert_eq!(published(&keys, NOW), [1, 2]);
        assert_eq!(signer(&keys, just_before(KEY_HEAD_START)), 1);
        assert_eq!(signer(&keys, NOW.after(KEY_HEAD_START)), 2);
        assert_eq!(published(&keys, just_before(end)), [1, 2]);
        assert_eq!(published(&keys, NOW.after(end)), [2]);
        // The next rotation removes the key that has ended.
        let keys = keys.rotated([3; 32], [0; 32], NOW.after(end), Rotation::Gradual).unwrap();
        assert_eq!((keys.keys.len(), keys.version), (2, 3));
    }

    #[test]
    fn a_key_that_joins_signs_first_and_ends_no_other() {
        let keys =
            one().rotated([2; 32], [0; 32], NOW, Rotation::Gradual).unwrap().joined([3; 32], [0; 32], NOW);
        assert_eq!(keys.to_sign(NOW).map(|key| key.public[0]).collect::<Vec<_>>(), [3, 1, 2]);
        assert_eq!(published(&keys, NOW.after(KEY_HEAD_START + KEY_OVERLAP)), [2, 3]);
    }

    #[test]
    fn one_rotation_ends_before_the_next_begins() {
        let keys = one().rotated([2; 32], [0; 32], NOW, Rotation::Gradual).unwrap();
        let refused = keys.rotated([3; 32], [0; 32], just_before(KEY_HEAD_START), Rotation::Gradual);
        assert_eq!(refused, Err(Pending(NOW.after(KEY_HEAD_START))));
        assert!(keys.rotated([3; 32], [0; 32], NOW.after(KEY_HEAD_START), Rotation::Gradual).is_ok());
    }

    #[test]
    fn a_key_that_takes_over_at_once_is_the_only_one() {
        let keys = one().rotated([2; 32], [0; 32], NOW, Rotation::Gradual).unwrap();
        let keys = keys.rotated([3; 32], [0; 32], NOW, Rotation::AtOnce).unwrap();
        assert_eq!((signer(&keys, NOW), published(&keys, NOW)), (3, vec![3]));
    }

    #[test]
    fn an_id_is_the_thumbprint_of_the_jwk() {
        // RFC 8037, appendices A.2 and A.3.
        let public = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let key = TokenKey { public: public.try_into().unwrap(), ..one().keys.remove(0) };
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let keys = KeySet { version: 1, keys: vec![key.clone()] };
        assert_eq!(keys.verifying(&key.id(), NOW), Some(&key));
        assert_eq!(keys.verifying("", NOW), None);
    }
}
