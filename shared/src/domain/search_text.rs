use std::str::FromStr;

use super::text::{cleaned, length};
use super::{Invalid, ProblemName, fold};

impl ProblemName {
    /// Returns the form in which names are searched; see [`fold`].
    #[must_use]
    pub fn folded(&self) -> String {
        fold(self.as_str())
    }
}

/// The text of a search: 1 to 100 characters, not all of them spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchText {
    folded: String,
}

impl SearchText {
    /// Returns the form that is searched for; see [`fold`].
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Tells whether `name` contains the text, regardless of case and composition.
    #[must_use]
    pub fn is_in(&self, name: &ProblemName) -> bool {
        name.folded().contains(&self.folded)
    }
}

impl FromStr for SearchText {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.chars().any(char::is_control) {
            return Err(Invalid::new("must not contain control characters"));
        }
        // Names are cleaned in the same way.
        let text = cleaned(text);
        if text.trim().is_empty() {
            return Err(Invalid::new("must not be blank"));
        }
        length(&text, 1, 100)?;
        Ok(Self { folded: fold(&text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(text: &str, name: &str) -> bool {
        text.parse::<SearchText>().unwrap().is_in(&name.parse().unwrap())
    }

    #[test]
    fn case_and_composition_make_no_difference() {
        for (text, name) in [
            ("two", "TWO SUM"),
            ("STRASSE", "Die Straße"),
            ("straße", "STRASSE"),
            ("ẞ", "Fuss"),
            // A final sigma is the same letter.
            ("ΣΊΣΥΦΟΣ", "Ο Σίσυφος"),
            ("ς", "Σ"),
            // Unicode's own folding: a capital I with a dot equals an i with a dot, and a dotless i is another letter.
            ("i\u{307}stanbul", "İSTANBUL"),
            ("ﬃ", "EFFICIENT"),
            ("e\u{301}tude", "ÉTUDE"),
            ("\u{1f80}", "\u{1f88}\u{3b2}"),
            ("排序", "快速排序"),
            ("ж", "Ёж"),
            ("👩", "👩\u{200d}👩\u{200d}👧"),
            // A mark that composes with nothing stands for itself.
            ("\u{301}", "x\u{301}"),
            ("two ", "Two Sum"),
        ] {
            assert!(finds(text, name), "{text:?} in {name:?}");
        }
    }

    #[test]
    fn what_is_another_letter_is_not_found() {
        for (text, name) in [
            ("e", "É"),
            ("\u{301}", "É"),
            ("ı", "I"),
            ("istanbul", "İSTANBUL"),
            ("two  ", "Two Sum"),
            ("sums", "Two Sum"),
            ("①", "1"),
        ] {
            assert!(!finds(text, name), "{text:?} in {name:?}");
        }
    }

    #[test]
    fn what_can_not_be_searched_for_is_refused() {
        for text in ["", " ", "\u{3000}\u{a0}", "a\0b", "\n", "a\tb", "\u{85}", &"x".repeat(101)] {
            assert!(text.parse::<SearchText>().is_err(), "{text:?}");
        }
        for text in ["\u{301}", "\u{200d}", "👩\u{200d}", &"𝄞".repeat(100), &"e\u{301}".repeat(100)] {
            assert!(text.parse::<SearchText>().is_ok(), "{text:?}");
        }
    }
}
