use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

/// The media type of a body, from `Content-Type` (RFC 9110, section 8.3).
///
/// It is read leniently: malformed parameters are skipped, as unknown ones are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentType {
    essence: String,
    parameters: Vec<(String, String)>,
}

impl ContentType {
    /// Reads the media type from the headers of a request. Without one, its [`essence`](Self::essence) is empty.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Self::parse(value.unwrap_or_default())
    }

    /// Reads the value of a `Content-Type`.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let (essence, parameters) = with_parameters(value);
        Self { essence, parameters }
    }

    /// Returns type and subtype in lower case, such as `application/json`.
    #[must_use]
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// Returns the values of the parameter `name`, which is in lower case. Empty values are left out.
    pub fn parameter(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.parameters.iter().filter(move |(other, value)| other == name && !value.is_empty());
        named.map(|(_, value)| &**value)
    }

    /// Tells whether the text is UTF-8: the charset is UTF-8 or ASCII, or none is declared.
    #[must_use]
    pub fn is_utf8(&self) -> bool {
        let labels = ["utf-8", "utf8", "us-ascii"];
        self.parameter("charset")
            .all(|charset| labels.iter().any(|label| charset.eq_ignore_ascii_case(label)))
    }
}

/// Splits `value; name=value; ...` (RFC 9110, section 5.6.6). The value and the names become lower case.
///
/// Clients differ in white space and quotes, so both are optional wherever this is unambiguous.
pub(super) fn with_parameters(text: &str) -> (String, Vec<(String, String)>) {
    let (value, mut rest) = text.split_once(';').unwrap_or((text, ""));
    let mut parameters = Vec::new();
    while !rest.is_empty() {
        let end = rest.find([';', '=']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        rest = match after.strip_prefix('=').map(str::trim_start) {
            Some(text) => {
                let (value, rest) = parameter_value(text);
                parameters.push((name.trim().to_ascii_lowercase(), value));
                rest.split_once(';').map_or("", |(_, rest)| rest)
            }
            None => after.strip_prefix(';').unwrap_or_default(),
        };
    }
    (value.trim().to_ascii_lowercase(), parameters)
}

/// Splits off a quoted string, or the text before the next semicolon, from the rest.
fn parameter_value(text: &str) -> (String, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        // Browsers do not escape a backslash at the end of a name, which then hides the quote.
        if let Some(parsed) = unquote(quoted, true).or_else(|| unquote(quoted, false)) {
            return parsed;
        }
    }
    let end = text.find(';').unwrap_or(text.len());
    (text[..end].trim_end().to_owned(), &text[end..])
}

/// Reads up to the closing quote. A backslash escapes a quote or a backslash; before any other character it is literal,
/// as in a Windows path.
fn unquote(text: &str, escapes: bool) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '"' => return Some((value, rest.as_str())),
            '\\' if escapes && rest.as_str().starts_with(['"', '\\']) => value.extend(rest.next()),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_that_mean_the_same_are_one_media_type() {
        for value in [
            "application/json; charset=utf-8",
            "application/json;charset=UTF-8",
            "Application/JSON ; Charset = \"utf-8\"",
            " application/json\t;; charset=utf-8 ;",
            "application/json; version=1/2; q; charset=utf-8; =x",
        ] {
            let content_type = ContentType::parse(value);
            assert_eq!(content_type.essence(), "application/json", "{value}");
            assert_eq!(content_type.parameter("charset").count(), 1, "{value}");
            assert!(content_type.is_utf8(), "{value}");
        }
    }

    #[test]
    fn only_charsets_that_are_utf_8_are() {
        for (charset, is_utf8) in [
            ("", true),
            ("; charset=", true),
            ("; charset=\"\"", true),
            ("; charset=utf8", true),
            ("; charset=US-ASCII", true),
            ("; charset=iso-8859-1", false),
            ("; charset=utf-16", false),
            ("; charset=utf-8; charset=latin1", false),
        ] {
            assert_eq!(ContentType::parse(&format!("text/plain{charset}")).is_utf8(), is_utf8, "{charset}");
        }
    }

    #[test]
    fn a_quoted_string_ends_at_its_quote() {
        let value = |text: &str| {
            let (_, parameters) = with_parameters(&format!("form-data; a={text}; b=c"));
            assert_eq!(parameters.last(), Some(&("b".to_owned(), "c".to_owned())), "{text}");
            parameters[0].1.clone()
        };
        assert_eq!(value(r#""a; b""#), "a; b");
        assert_eq!(value(r#""a\"b""#), r#"a"b"#);
        assert_eq!(value(r#""C:\\a\\b.txt""#), r"C:\a\b.txt");
        assert_eq!(value(r#""C:\a\b.txt""#), r"C:\a\b.txt");
        assert_eq!(value("a b"), "a b");
        assert_eq!(value(""), "");
        let (_, unfinished) = with_parameters(r#"form-data; a="b\""#);
        assert_eq!(unfinished, [("a".to_owned(), "b\\".to_owned())]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_a_quoted_value_comes_back(text in any::<String>(), value in any::<String>()) {
            with_parameters(&text);
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let (_, parameters) = with_parameters(&format!("x; name=\"{quoted}\"; last=1"));
            prop_assert_eq!(parameters, [("name".to_owned(), value), ("last".to_owned(), "1".to_owned())]);
        }
    }
}
