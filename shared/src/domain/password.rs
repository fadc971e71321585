use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::text::length;
use super::{Invalid, fold};

mod common;

/// A new password: 8 to 256 Unicode characters, and none of the 3,000 most common passwords in any case. There are no
/// other rules (OWASP ASVS 5.0, 6.2).
///
/// It is in NFC, so that it is the same from every keyboard, and is erased from memory when it is dropped.
#[derive(Clone, utoipa::ToSchema)]
#[schema(value_type = String, format = Password, min_length = 8, max_length = 256, example = "correct horse battery staple")]
pub struct Password(PasswordAttempt);

/// A password that a client claims to be the user's: any text. It need not satisfy today's rules.
#[derive(Clone, utoipa::ToSchema)]
#[schema(value_type = String, format = Password, example = "correct horse battery staple")]
pub struct PasswordAttempt(Zeroizing<String>);

/// A hash of a password, in the PHC string format
/// (<https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md>).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl Password {
    /// The minimum number of characters (Unicode scalar values).
    pub const MIN_CHARACTERS: u32 = 8;
    /// The maximum number of characters.
    pub const MAX_CHARACTERS: u32 = 256;

    /// Returns the password as an attempt, for comparison.
    #[must_use]
    pub fn as_attempt(&self) -> &PasswordAttempt {
        &self.0
    }
}

impl FromStr for Password {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let password = PasswordAttempt::new(text);
        length(&password.0, 8, 256)?;
        if common::is_common(&Zeroizing::new(fold(&password.0))) {
            return Err(Invalid::new("must not be one of the most common passwords"));
        }
        Ok(Self(password))
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl PasswordAttempt {
    /// Accepts any text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.nfc().collect()))
    }

    /// Returns the bytes to hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl<'de> Deserialize<'de> for PasswordAttempt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&text(deserializer)?))
    }
}

impl PasswordHash {
    /// Takes a string of [`as_str`](Self::as_str) or of a hash function.
    #[must_use]
    pub fn from_phc(text: String) -> Self {
        Self(text)
    }

    /// Returns the PHC string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads a string. The error does not repeat a value of another type.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new).map_err(|_| D::Error::custom("must be a string"))
}

macro_rules! redacted {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        })*
    };
}

redacted!(Password, PasswordAttempt, PasswordHash);

#[cfg(test)]
mod tests {
    use super::*;

    fn is_accepted(text: &str) -> bool {
        text.parse::<Password>().is_ok()
    }

    #[test]
    fn eight_to_256_characters_of_any_kind_are_a_password() {
        for (text, accepted) in [
            ("1234567", false),
            ("x7#kQ9!", false),
            ("x7#kQ9!z", true),
            (&*"é".repeat(7), false),
            (&*"é".repeat(8), true),
            (&*"🔑".repeat(256), true),
            (&*"🔑".repeat(257), false),
            ("a\0b\0c\0d\0", true),
            ("\n\t\r\u{7f}\u{85}\u{feff} \u{200b}", true),
            ("        ", true),
            ("correct horse battery staple", true),
        ] {
            assert_eq!(is_accepted(text), accepted, "{text:?}");
        }
    }

    #[test]
    fn characters_are_counted_after_composing() {
        assert!(!is_accepted(&"e\u{301}".repeat(7)));
        assert!(is_accepted(&"e\u{301}".repeat(256)));
    }

    #[test]
    fn a_password_is_the_same_however_its_letters_are_composed() {
        let composed: Password = "zoë née Brontë".parse().unwrap();
        let decomposed = PasswordAttempt::new("zoe\u{308} ne\u{301}e Bronte\u{308}");
        assert_eq!(composed.as_attempt().as_bytes(), decomposed.as_bytes());
    }

    #[test]
    fn nothing_is_trimmed_or_folded() {
        let bytes = |text: &str| text.parse::<Password>().unwrap().as_attempt().as_bytes().to_vec();
        assert_ne!(bytes(" sesame seeds"), bytes("sesame seeds"));
        assert_ne!(bytes("Sesame seeds"), bytes("sesame seeds"));
    }

    #[test]
    fn the_commonest_are_refused_in_any_case() {
        for text in ["password", "PassWord1", "QWERTYUIOP", "1234567890"] {
            assert!(!is_accepted(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_string_is_not_repeated() {
        for json in ["12345678", "[\"x7#kQ9!z\"]", "{\"x7#kQ9!z\": 1}"] {
            let password = serde_json::from_str::<Password>(json).unwrap_err().to_string();
            let attempt = serde_json::from_str::<PasswordAttempt>(json).unwrap_err().to_string();
            assert!(password.starts_with("must be a string") && attempt.starts_with("must be a string"));
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let password: Password = "x7#kQ9!z".parse().unwrap();
        let hash = PasswordHash::from_phc("$argon2id$...".to_owned());
        let shown = format!("{password:?} {:?} {hash:?}", password.as_attempt());
        assert_eq!(shown, "Password(redacted) PasswordAttempt(redacted) PasswordHash(redacted)");
    }
}
