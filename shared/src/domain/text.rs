use std::borrow::Cow;
use std::fmt;

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// Why a value was refused, as the end of a sentence that begins with the field's name: `must ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(Cow<'static, str>);

impl Invalid {
    /// `reason` reads on from the field's name: `must have 5 to 200 characters`.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}

/// The form in which two texts are the same whatever their case and Unicode composition:
/// canonical caseless matching (Unicode Standard, D145), composed.
#[must_use]
pub fn fold(text: &str) -> String {
    let decomposed: String = text.nfd().collect();
    UniCase::unicode(decomposed).to_folded_case().nfc().collect()
}

/// One line of text: trimmed, in NFC, `min` to `max` characters, without control characters.
pub(super) fn line(text: &str, min: usize, max: usize) -> Result<String, Invalid> {
    let line: String = text.trim().nfc().collect();
    if line.chars().any(char::is_control) {
        return Err(Invalid::new("must not contain control characters"));
    }
    length(&line, min, max)?;
    Ok(line)
}

/// Text of several lines, as it came: `min` to `max` characters, not all of them blank, without other control characters.
pub(super) fn prose(text: &str, min: usize, max: usize) -> Result<String, Invalid> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Invalid::new("must not contain control characters but line ends and tabs"));
    }
    if text.trim().is_empty() {
        return Err(Invalid::new("must not be blank"));
    }
    length(text, min, max)?;
    Ok(text.to_owned())
}

/// That `text` has `min` to `max` characters (Unicode scalar values).
pub(super) fn length(text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    if (min..=max).contains(&text.chars().count()) {
        Ok(())
    } else {
        Err(Invalid::new(format!("must have {min} to {max} characters")))
    }
}

/// Defines a text by its limits in characters: a `line`, or `prose` of several lines.
macro_rules! text {
    ($(#[doc = $doc:literal])+ $name:ident = $form:ident($min:tt to $max:tt), $example:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, min_length = $min, max_length = $max, pattern = r"\S", example = $example)]
        pub struct $name(String);

        $crate::domain::text::checked_text!($name);

        impl $name {
            /// The least characters (Unicode scalar values) that it can have.
            pub const MIN_CHARACTERS: u32 = $min;
            /// The most characters that it can have.
            pub const MAX_CHARACTERS: u32 = $max;
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::Invalid;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::domain::text::$form(text, $min, $max).map(Self)
            }
        }
    };
}
pub(super) use text;

/// Makes a newtype over a checked `String` usable in JSON, keys and messages.
macro_rules! checked_text {
    ($name:ident) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::domain::Invalid;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(super) use checked_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_forgets_case_and_composition() {
        for (a, b) in [
            ("Straße", "STRASSE"),
            ("Ünïcode", "u\u{308}ni\u{308}code"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("Ångström", "a\u{30a}ngstro\u{308}m"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_ne!(fold("a"), fold("á"));
    }

    #[test]
    fn a_line_counts_characters_after_trimming_and_composing() {
        assert_eq!(line("  e\u{301}tude ", 5, 5).as_deref(), Ok("étude"));
        assert!(line("    ", 1, 5).is_err());
        assert!(line("a\0b", 1, 5).is_err());
        assert!(line("a\nb", 1, 5).is_err());
    }
}
