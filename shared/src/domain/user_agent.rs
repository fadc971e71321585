use serde::{Deserialize, Serialize};

/// The program that a user signed in with, as it calls itself: at most 200 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
pub struct UserAgent(String);

const MAX_CHARACTERS: usize = 200;

impl UserAgent {
    /// Returns what can be shown of a header's bytes, if anything can.
    #[must_use]
    pub fn of(header: &[u8]) -> Option<Self> {
        let shown = header.iter().copied().filter(|byte| matches!(byte, b' '..=b'~')).map(char::from);
        let shown: String = shown.skip_while(|c| *c == ' ').take(MAX_CHARACTERS).collect();
        let shown = shown.trim_end();
        (!shown.is_empty()).then(|| Self(shown.to_owned()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_shown_is_kept_and_nothing_else() {
        let of = |header: &str| UserAgent::of(header.as_bytes()).map(|agent| agent.0);
        for (header, shown) in [
            ("curl/8.14.1", "curl/8.14.1"),
            (" a  b ", "a  b"),
            ("a\u{202e}b\u{200b}\0\x1b[31mc\td", "ab[31mcd"),
            ("Zoë's phone", "Zo's phone"),
            (&"x".repeat(10_000), &"x".repeat(200)),
        ] {
            assert_eq!(of(header).as_deref(), Some(shown), "{header}");
        }
        for nothing in ["", "  ", "\u{202e}", "é"] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
    }
}
