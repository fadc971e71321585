use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::config::{ConfigError, Secret, secret};

/// Seals positions in lists, so that a client can read on from one and can not make one up.
#[derive(Clone)]
pub struct CursorKey(Hmac<Sha256>);

/// Bytes of the MAC that a cursor carries: half of SHA-256, the least that RFC 2104, section 5 allows.
const TAG_BYTES: usize = 16;

/// Sets this use of the secret apart from its others.
const PURPOSE: &[u8] = b"cursor";

impl CursorKey {
    /// From `JWT_SECRET`.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(&secret("JWT_SECRET")?))
    }

    /// From a secret that has other uses too.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(secret.hmac().chain_update(PURPOSE))
    }

    /// A cursor to `position` of the list at the URL `list`; of no use in any other list.
    pub(super) fn seal(&self, list: &str, position: &str) -> String {
        let tag = self.mac(list, position).finalize().into_bytes();
        let mut sealed = tag[..TAG_BYTES].to_vec();
        sealed.extend_from_slice(position.as_bytes());
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The position, where the cursor is one that was sealed for this list.
    pub(super) fn open(&self, list: &str, cursor: &str) -> Option<String> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (tag, position) = sealed.split_at_checked(TAG_BYTES)?;
        let position = std::str::from_utf8(position).ok()?;
        self.mac(list, position).verify_truncated_left(tag).ok()?;
        Some(position.to_owned())
    }

    fn mac(&self, list: &str, position: &str) -> Hmac<Sha256> {
        // The length keeps the end of one apart from the beginning of the other.
        let length = (list.len() as u64).to_be_bytes();
        self.0.clone().chain_update(length).chain_update(list).chain_update(position)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> CursorKey {
        CursorKey::new(&Secret::new("JWT_SECRET", "a secret of the tests with 32 bytes".into()).unwrap())
    }

    proptest! {
        #[test]
        fn a_cursor_gives_its_position_back(list in ".*", position in ".*") {
            let cursor = key().seal(&list, &position);
            prop_assert_eq!(key().open(&list, &cursor), Some(position));
        }

        #[test]
        fn a_changed_cursor_is_refused(position in ".{0,40}", at in 0usize..400, flip in 1u8..=255) {
            let mut sealed = URL_SAFE_NO_PAD.decode(key().seal("list", &position)).unwrap();
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
    fn a_cursor_of_another_list_is_refused() {
        let cursor = key().seal("/api/posts?sort=title", "position");
        assert_eq!(key().open("/api/posts?sort=titl", &cursor), None);
        assert_eq!(key().open("/api/posts", &cursor), None);
    }
}
