use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{Invalid, fold};

/// An e-mail address, also an internationalised one (RFC 6531), of at most 254 bytes.
// Addresses of one mailbox are the same account: `normalised` is what they are compared by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = IdnEmail, max_length = 254, example = "ada@example.com")]
pub struct Email(String);

/// RFC 3696, erratum 1690: the longest path that SMTP carries.
const MAX_BYTES: usize = 254;

impl Email {
    /// The address as it was given, in NFC.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which the account is kept.
    #[must_use]
    pub fn normalised(&self) -> String {
        fold(&self.0)
    }
}

impl FromStr for Email {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let email: String = text.trim().nfc().collect();
        let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
        if email.len() > MAX_BYTES || EmailAddress::parse_with_options(&email, options).is_err() {
            return Err(Invalid::new("must be an e-mail address of at most 254 bytes"));
        }
        Ok(Self(email))
    }
}

impl TryFrom<String> for Email {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// Personal data stays out of logs, also by accident.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_differ_in_case_or_composition_are_one_account() {
        let normalised = |text: &str| text.parse::<Email>().unwrap().normalised();
        assert_eq!(normalised("Ada@Example.COM"), normalised(" ada@example.com "));
        assert_eq!(normalised("zoe\u{308}@example.com"), normalised("ZOË@example.com"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@{}.com", "a".repeat(64), "b".repeat(60).repeat(4));
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "Ada <ada@example.com>",
            "a b@example.com",
            "a@[127.0.0.1]",
            "a\0@example.com",
            &long,
        ] {
            assert!(text.parse::<Email>().is_err(), "{text}");
        }
    }
}
