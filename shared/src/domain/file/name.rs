use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::domain::text::{Invalid, checked_text, cleaned, shows};

/// The name of a file, in one line. A longer name is cut to 255 characters, and a path to its last part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, example = "engine.png")]
pub struct FileName(String);

checked_text!(FileName);

const MAX_CHARACTERS: usize = 255;

/// The longest extension that is kept when a name is cut.
const MAX_EXTENSION_CHARACTERS: usize = 16;

/// The characters that need no encoding in an extended value (RFC 8187, section 3.2.1, `attr-char`).
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

impl FileName {
    /// Returns the part after the last dot, in lower case.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        self.0.rsplit_once('.').map(|(_, extension)| extension.to_lowercase())
    }

    /// Returns the header that makes browsers save the file under this name instead of showing it (RFC 6266).
    #[must_use]
    pub fn content_disposition(&self) -> String {
        let plain: String = self
            .0
            .chars()
            .map(|c| match c {
                // Browsers treat these characters in a quoted string differently (RFC 6266, appendix D).
                '"' | '\\' | '%' => '_',
                ' '..='~' => c,
                _ => '_',
            })
            .collect();
        format!(
            "attachment; filename=\"{plain}\"; filename*=UTF-8''{}",
            utf8_percent_encode(&self.0, ATTR_CHAR)
        )
    }
}

/// Accepts any name and keeps the characters that are safe to show.
impl FromStr for FileName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = cut(cleaned(last).trim_matches(is_border));
        let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
        if shows(stem) { Ok(Self(name)) } else { Err(Invalid::new("must be a file name")) }
    }
}

/// Tells whether a name must not begin or end with this character: dots hide a file or name a folder.
fn is_border(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

fn cut(name: &str) -> String {
    let characters = name.chars().count();
    if characters <= MAX_CHARACTERS {
        return name.to_owned();
    }
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| format!(".{extension}"))
        .filter(|extension| extension.chars().count() <= MAX_EXTENSION_CHARACTERS)
        .unwrap_or_default();
    let stem: String = name.chars().take(MAX_CHARACTERS - extension.chars().count()).collect();
    stem.trim_end_matches(is_border).to_owned() + &extension
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::text::is_hidden;

    fn name(text: &str) -> String {
        text.parse::<FileName>().unwrap().0
    }

    #[test]
    fn a_name_is_the_last_part_of_a_path() {
        for path in ["../../etc/engine.png", r"C:\fakepath\engine.png", "..\\../engine.png", "/engine.png"] {
            assert_eq!(name(path), "engine.png", "{path}");
        }
        for nothing in [
            "",
            "..",
            ".",
            "/",
            "a/..",
            " ",
            "\0",
            "\u{202e}",
            "x/",
            "\u{200d}.txt",
            "\u{2800}.txt",
            "\u{3164}",
        ] {
            assert!(nothing.parse::<FileName>().is_err(), "{nothing:?}");
        }
    }

    #[test]
    fn what_is_not_seen_is_not_there() {
        assert_eq!(name("invoice\u{202e}gnp.exe"), "invoicegnp.exe");
        assert_eq!(name("a\r\nSet-Cookie: b.png"), "aSet-Cookie: b.png");
        assert_eq!(name(".htaccess"), "htaccess");
        assert_eq!(name("engine.png. "), "engine.png");
        assert_eq!(name("e\u{301}tude.txt"), "étude.txt");
        assert_eq!(name("a\u{3164}b\u{ad}.txt"), "ab.txt");
        for shown in ["👩\u{200d}🔬.txt", "❤\u{fe0f}.txt", "می\u{200c}خواهم.txt", "🏴\u{e0067}\u{e007f}.txt"]
        {
            assert_eq!(name(shown), shown);
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let long = name(&format!("{}.png", "é".repeat(300)));
        assert_eq!((long.chars().count(), &long[long.len() - 4..]), (255, ".png"));
        assert_eq!(name(&"a".repeat(300)), "a".repeat(255));
        assert_eq!(name(&format!("a.{}", "b".repeat(300))).chars().count(), 255);
    }

    #[test]
    fn a_disposition_has_the_name_for_every_browser() {
        let disposition = |text: &str| text.parse::<FileName>().unwrap().content_disposition();
        assert_eq!(
            disposition("engine.png"),
            "attachment; filename=\"engine.png\"; filename*=UTF-8''engine.png"
        );
        assert_eq!(
            disposition("a \"b\"; 50%é.txt"),
            "attachment; filename=\"a _b_; 50__.txt\"; filename*=UTF-8''a%20%22b%22%3B%2050%25%C3%A9.txt"
        );
    }

    proptest! {
        #[test]
        fn any_name_is_harmless_and_stays_what_it_is(text in any::<String>(), long in 0usize..400) {
            let texts = [text.clone(), format!("{text}.png"), "é./".repeat(long), format!("{}{text}", "x.".repeat(long))];
            for parsed in texts.iter().filter_map(|text| text.parse::<FileName>().ok()) {
                let FileName(name) = &parsed;
                prop_assert!((1..=MAX_CHARACTERS).contains(&name.chars().count()));
                prop_assert!(!name.contains(['/', '\\']) && !name.chars().any(is_hidden));
                prop_assert!(!name.starts_with(is_border) && !name.ends_with(is_border));
                prop_assert_eq!(name.parse::<FileName>().unwrap(), parsed.clone());
            }
        }

        #[test]
        fn any_disposition_is_one_header_of_which_the_name_is_read_back(text in any::<String>()) {
            let Ok(parsed) = text.parse::<FileName>() else { return Ok(()) };
            let disposition = parsed.content_disposition();
            prop_assert!(disposition.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            let (plain, extended) = disposition.split_once("; filename*=UTF-8''").unwrap();
            let plain = plain.strip_prefix("attachment; filename=\"").unwrap().strip_suffix('"').unwrap();
            prop_assert!(!plain.contains(['"', '\\', '%']));
            prop_assert_eq!(plain.chars().count(), parsed.0.chars().count());
            let read = percent_encoding::percent_decode_str(extended).decode_utf8().unwrap().into_owned();
            prop_assert_eq!(read, parsed.0);
        }
    }
}
