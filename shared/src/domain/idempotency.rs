use std::str::FromStr;

use super::Invalid;

/// The key of a request that must have its effect once, however often it is sent: 1 to 255 visible ASCII characters
/// without a comma. API Gateway joins two headers of one name with a comma, which would turn two keys into a third.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    const MAX_CHARACTERS: usize = 255;

    /// Returns the key as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let is_key = (1..=Self::MAX_CHARACTERS).contains(&text.len())
            && text.chars().all(|character| character.is_ascii_graphic() && character != ',');
        if is_key {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("must be a single key of 1 to 255 visible ASCII characters without a comma"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_1_to_255_visible_characters() {
        for key in ["a", "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"", &"~".repeat(255)] {
            assert_eq!(key.parse::<IdempotencyKey>().unwrap().as_str(), key);
        }
        for other in ["", " ", "a b", ",", "a,b", "a,a", "a\t", "é", "a\0", &"a".repeat(256)] {
            assert!(other.parse::<IdempotencyKey>().is_err(), "{other:?}");
        }
    }
}
