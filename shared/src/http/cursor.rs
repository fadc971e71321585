use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::config::{ConfigError, FromEnv, Secret, secrets};

/// Seals positions in lists, so that clients can continue from them but cannot forge them.
#[derive(Clone)]
pub struct CursorKey {
    /// The first key seals; all keys open.
    keys: Vec<Hmac<Sha256>>,
}

/// The length of a cursor's MAC: half of SHA-256, the minimum of RFC 2104, section 5.
const TAG_BYTES: usize = 16;

/// Separates this use of a secret from others, if somebody gives one value to several.
const PURPOSE: &[u8] = b"cursor";

impl FromEnv for CursorKey {
    /// Reads its keys from `CURSOR_SECRET`.
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(&secrets("CURSOR_SECRET")?))
    }
}

impl CursorKey {
    /// Derives its keys from the secrets. The first seals; all open.
    #[must_use]
    pub fn new(secrets: &[Secret]) -> Self {
        Self { keys: secrets.iter().map(|secret| secret.hmac().chain_update(PURPOSE)).collect() }
    }

    /// Returns a cursor to `position` of the list at the URL `list`. It is invalid for any other list. Returns `None`
    /// without a key.
    #[must_use]
    pub fn seal(&self, list: &str, position: &str) -> Option<String> {
        let tag = mac(self.keys.first()?, list, position).finalize().into_bytes();
        let mut sealed = tag[..TAG_BYTES].to_vec();
        sealed.extend_from_slice(position.as_bytes());
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Returns the position if the cursor was sealed for this list.
    #[must_use]
    pub fn open(&self, list: &str, cursor: &str) -> Option<String> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (tag, position) = sealed.split_at_checked(TAG_BYTES)?;
        let position = std::str::from_utf8(position).ok()?;
        let is_ours = |key| mac(key, list, position).verify_truncated_left(tag).is_ok();
        self.keys.iter().any(is_ours).then(|| position.to_owned())
    }
}

fn mac(key: &Hmac<Sha256>, list: &str, position: &str) -> Hmac<Sha256> {
    // The length separates the list from the position.
    let length = (list.len() as u64).to_be_bytes();
    key.clone().chain_update(length).chain_update(list).chain_update(position)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key_of(letters: &str) -> CursorKey {
        let secret = |letter: char| Secret::new("CURSOR_SECRET", letter.to_string().repeat(32)).unwrap();
        CursorKey::new(&letters.chars().map(secret).collect::<Vec<_>>())
    }

    fn key() -> CursorKey {
        key_of("a")
    }

    proptest! {
        #[test]
        fn a_cursor_gives_its_position_back(list in ".*", position in ".*") {
            let cursor = key().seal(&list, &position).unwrap();
            prop_assert_eq!(key().open(&list, &cursor), Some(position));
        }

        #[test]
        fn a_changed_cursor_is_refused(position in ".{0,40}", at in 0usize..400, flip in 1u8..=255) {
            let mut sealed = URL_SAFE_NO_PAD.decode(key().seal("list", &position).unwrap()).unwrap();
            let at = at % sealed.len();
            sealed[at] ^= flip;
            prop_assert_eq!(key().open("list", &URL_SAFE_NO_PAD.encode(sealed)), None);
        }

        #[test]
        fn any_text_is_opened_without_a_panic(cursor in "\\PC*") {
            prop_assert_eq!(key().open("list", &cursor), None);
        }
    }

    #[test]
    fn while_the_secret_is_changed_cursors_of_both_are_good() {
        let old = key_of("a").seal("list", "position").unwrap();
        assert_eq!(key_of("ba").open("list", &old).as_deref(), Some("position"));
        assert_eq!(key_of("b").open("list", &old), None);
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor = key().seal("/api/posts?sort=title", "position").unwrap();
        assert_eq!(key().open("/api/posts?sort=titl", &cursor), None);
        assert_eq!(key().open("/api/posts", &cursor), None);
    }
}
