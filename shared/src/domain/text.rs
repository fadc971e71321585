use std::borrow::Cow;
use std::fmt;

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// The reason why a value was refused, as the end of a sentence that begins with the field's name: `must ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(Cow<'static, str>);

impl Invalid {
    /// Takes a reason that continues the field's name: `must have 5 to 200 characters`.
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

/// Returns the form that is equal for texts that differ only in case or Unicode composition: canonical caseless
/// matching (Unicode Standard, D145), composed.
#[must_use]
pub fn fold(text: &str) -> String {
    let decomposed: String = text.nfd().collect();
    UniCase::unicode(decomposed).to_folded_case().nfc().collect()
}

/// Returns the form that is equal for texts that differ only in case, letter by letter: simple case folding (Unicode
/// Standard, section 5.18), composed. Unlike [`fold`], it keeps `ß` and `ss` apart.
pub(super) fn fold_simply(text: &str) -> String {
    text.nfc().map(fold_letter).nfc().collect()
}

/// Returns a letter's simple case folding: the full one or, if that has several letters, the lower case.
fn fold_letter(letter: char) -> char {
    let full = UniCase::unicode(letter.to_string()).to_folded_case();
    only(full.chars()).or_else(|| only(letter.to_lowercase())).unwrap_or(letter)
}

/// Returns the item of an iterator that has exactly one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}

/// Tells whether `text` has a visible character. Emoji need characters that are invisible by themselves, so these are
/// allowed beside others, but cannot be the whole text.
pub(super) fn shows(text: &str) -> bool {
    text.chars().any(|c| !(c.is_whitespace() || c.is_control() || is_invisible(c) || c == BRAILLE_BLANK))
}

/// A pattern without dots, which Unicode counts as a symbol.
const BRAILLE_BLANK: char = '\u{2800}';

/// Tells whether a character is invisible by itself: zero-width characters, direction marks, fillers, variation
/// selectors and the like (Unicode Standard, section 5.21).
pub(super) fn is_invisible(c: char) -> bool {
    // These three annotate other text. They are not ignorable, but no font shows them.
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) || matches!(c, '\u{fff9}'..='\u{fffb}')
}

/// Returns a text of one line in NFC, without the characters that hide something: those that are invisible, or that
/// change the order or the line of their neighbours. Joiners, variation selectors and tags are kept, because scripts and
/// emoji need them.
pub(super) fn cleaned(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).nfc().collect()
}

pub(super) fn is_hidden(c: char) -> bool {
    match c {
        // Most characters need no look at Unicode's tables.
        '\0'..='\u{7f}' => c.is_control(),
        '\u{200c}'
        | '\u{200d}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0020}'..='\u{e007f}'
        | '\u{e0100}'..='\u{e01ef}' => false,
        '\u{2028}' | '\u{2029}' => true,
        c => c.is_control() || is_invisible(c),
    }
}

/// Checks one line of text: [cleaned], trimmed, `min` to `max` characters, without control characters, and at least one
/// character is visible.
pub(super) fn line(text: &str, min: usize, max: usize) -> Result<String, Invalid> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Invalid::new("must not contain control characters"));
    }
    let line = cleaned(text).trim().to_owned();
    if !text.is_empty() && !shows(&line) {
        return Err(blank());
    }
    length(&line, min, max)?;
    Ok(line)
}

/// Checks text of several lines, which is kept unchanged: `min` to `max` characters, without control characters except
/// line ends and tabs, with at least one visible character.
pub(super) fn prose(text: &str, min: usize, max: usize) -> Result<String, Invalid> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Invalid::new("must not contain control characters except line ends and tabs"));
    }
    length(text, min, max)?;
    if shows(text) { Ok(text.to_owned()) } else { Err(blank()) }
}

fn blank() -> Invalid {
    Invalid::new("must have a visible character")
}

/// Checks that `text` has `min` to `max` characters (Unicode scalar values).
pub(super) fn length(text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    let characters = text.chars().count();
    if (min..=max).contains(&characters) {
        Ok(())
    } else {
        Err(Invalid::new(format!("must have {min} to {max} characters, but has {characters}")))
    }
}

/// Defines a text type by its limits in characters: a `line`, or `prose` of several lines. The patterns are regular
/// expressions of JSON Schema (ECMA-262) for the rules of [`line`] and [`prose`].
macro_rules! text {
    ($(#[doc = $doc:literal])+ $name:ident = line($min:tt to $max:tt), $example:literal) => {
        $crate::domain::text::text! {
            $(#[doc = $doc])+
            $name = line($min to $max), $example,
            r"^\s*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*\s*$"
        }
    };
    ($(#[doc = $doc:literal])+ $name:ident = prose($min:tt to $max:tt), $example:literal) => {
        $crate::domain::text::text! {
            $(#[doc = $doc])+
            $name = prose($min to $max), $example,
            r"^[^\S\u000b\u000c\u0085]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"
        }
    };
    ($(#[doc = $doc:literal])+ $name:ident = $form:ident($min:tt to $max:tt), $example:literal, $pattern:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, min_length = $min, max_length = $max, pattern = $pattern, example = $example)]
        pub struct $name(String);

        $crate::domain::text::checked_text!($name);

        impl $name {
            /// The minimum number of characters (Unicode scalar values).
            pub const MIN_CHARACTERS: u32 = $min;
            /// The maximum number of characters.
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

/// Makes a newtype of a checked `String` usable in JSON, keys and messages.
macro_rules! checked_text {
    ($name:ident) => {
        impl $name {
            /// Returns the text.
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
    use proptest::prelude::*;

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
    fn simple_folding_is_unicodes() {
        let oracle = icu_casemap::CaseMapper::new();
        let differs = |letter: &char| fold_letter(*letter) != oracle.simple_fold(*letter);
        let different: String = ('\0'..=char::MAX).filter(differs).collect();
        // The composed forms of the first two differ from them. The ligature is one of two. The last is newer than
        // `unicase`.
        assert_eq!(different, "\u{1fd3}\u{1fe3}\u{fb05}\u{1df95}");
        assert_eq!(fold_simply("\u{1fd3}\u{1fe3}"), "\u{390}\u{3b0}");
        for (text, folded) in [
            ("STRASSE", "strasse"),
            ("Straße", "straße"),
            ("ẞ", "ß"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("İI\u{131}", "İi\u{131}"),
            ("ZOE\u{308}", "zoë"),
            ("ﬁ", "ﬁ"),
            ("ᾈ", "ᾀ"),
        ] {
            assert_eq!(fold_simply(text), folded, "{text}");
        }
    }

    /// Texts that show nothing.
    const BLANK: [&str; 10] = [
        "\u{200b}",
        "\u{200d}\u{feff}",
        "\u{2060}",
        "\u{202e}\u{2066}\u{200f}\u{61c}",
        "\u{115f}\u{1160}\u{3164}\u{ffa0}",
        "\u{fe0f}\u{e0100}\u{180b}",
        "\u{ad}\u{34f}\u{17b4}\u{180e}",
        "\u{e0001}\u{e0061}\u{1d173}\u{fff9}\u{fffb}",
        "\u{2800}",
        "\u{200b} \u{3000}\u{200b}",
    ];

    /// Texts with invisible characters among others.
    const SEEN: [&str; 6] = [
        "Zoë 👩\u{200d}🔬",
        "❤\u{fe0f}",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        "می\u{200c}خواهم",
        "\u{301}",
        ".",
    ];

    #[test]
    fn a_line_that_shows_nothing_is_blank() {
        for text in BLANK {
            assert_eq!(line(text, 1, 50), Err(super::blank()), "{text:?}");
        }
        for text in SEEN {
            assert_eq!(line(text, 1, 50).as_deref(), Ok(text), "{text:?}");
        }
    }

    #[test]
    fn prose_that_shows_nothing_is_blank() {
        for text in BLANK {
            assert_eq!(prose(&format!("\n{text}\t"), 1, 50), Err(super::blank()), "{text:?}");
        }
        for text in SEEN {
            assert_eq!(prose(text, 1, 50).as_deref(), Ok(text), "{text:?}");
        }
    }

    #[test]
    fn a_line_is_cleaned_of_what_hides_something_and_prose_is_not() {
        for (given, cleaned) in [
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("\u{200f}שלום\u{200f}", "שלום"),
            ("\u{200b} a\u{2066}\u{2069}b \u{feff}", "ab"),
            ("one\u{2028}two", "onetwo"),
            ("a\u{ad}b\u{3164}c\u{180e}d", "abcd"),
        ] {
            assert_eq!(line(given, 1, 50).as_deref(), Ok(cleaned), "{given:?}");
            assert_eq!(prose(given, 1, 50).as_deref(), Ok(given), "{given:?}");
        }
        assert_eq!(
            line("a\u{200b}\u{200b}b", 3, 50).unwrap_err().to_string(),
            "must have 3 to 50 characters, but has 2"
        );
    }

    #[test]
    fn a_length_is_said_with_the_limits() {
        let said = |text: &str| line(text, 2, 3).unwrap_err().to_string();
        assert_eq!(said("éééé"), "must have 2 to 3 characters, but has 4");
        assert_eq!(said(" "), "must have 2 to 3 characters, but has 0");
    }

    #[test]
    fn a_line_counts_characters_after_trimming_and_composing() {
        assert_eq!(line("  e\u{301}tude ", 5, 5).as_deref(), Ok("étude"));
        assert!(line("    ", 1, 5).is_err());
        assert!(line("a\0b", 1, 5).is_err());
        assert!(line("a\nb", 1, 5).is_err());
    }

    proptest! {
        #[test]
        fn a_line_stays_what_it_is(text in any::<String>(), hidden in "[ \u{200b}-\u{200f}\u{2028}-\u{202e}a\u{301}]*") {
            for line in [&text, &hidden, &format!("{hidden}{text}{hidden}")].into_iter().filter_map(|text| line(text, 1, 200).ok()) {
                prop_assert!(!line.chars().any(is_hidden), "{:?}", line);
                prop_assert_eq!(super::line(&line, 1, 200), Ok(line));
            }
        }
    }
}
