use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::Invalid;
use super::text::{fold_simply, is_invisible};

/// An e-mail address, also an internationalised one (RFC 6531), of at most 254 bytes.
// Addresses of the same mailbox belong to the same account: `normalised` is compared.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = IdnEmail, max_length = 254, example = "ada@example.com")]
pub struct Email(Address);

#[derive(Clone, PartialEq, Eq)]
struct Address {
    given: String,
    normalised: String,
}

/// RFC 3696, erratum 1690: the longest path in SMTP.
const MAX_BYTES: usize = 254;

impl Email {
    /// Returns the address as it was given, in NFC.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.given
    }

    /// Returns the form that identifies the account, the same for every spelling of one mailbox.
    ///
    /// The domain is converted to the A-labels that DNS uses (UTS 46), so `strasse.example` and `straße.example`
    /// differ. The local part is up to the domain's mail server; the common ones ignore its case, letter by letter, and
    /// its composition.
    #[must_use]
    pub fn normalised(&self) -> &str {
        &self.0.normalised
    }

    /// Returns true if both are spellings of one mailbox.
    #[must_use]
    pub fn is_mailbox_of(&self, other: &Self) -> bool {
        self.normalised() == other.normalised()
    }

    /// Returns the form that every mail server takes, with the domain in A-labels, unless the local part needs SMTPUTF8
    /// (RFC 6531), which Amazon SES does not support.
    #[must_use]
    pub fn deliverable(&self) -> Option<String> {
        let (local, _) = self.0.given.rsplit_once('@')?;
        let (_, domain) = self.0.normalised.rsplit_once('@')?;
        local.is_ascii().then(|| format!("{local}@{domain}"))
    }
}

impl Address {
    fn parse(text: &str) -> Option<Self> {
        let given: String = text.trim().nfc().collect();
        let (local, domain) = given.rsplit_once('@')?;
        let domain = Uts46::new()
            .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
            .ok()?;
        let address = format!("{local}@{domain}");
        let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
        let is_valid = EmailAddress::parse_with_options(&address, options).is_ok()
            // The parser allows tabs in quotes, and RFC 5321, section 4.1.2, does not.
            && !local.chars().any(|c| c.is_control() || is_invisible(c))
            && given.len().max(address.len()) <= MAX_BYTES;
        let normalised = format!("{}@{domain}", fold_simply(local));
        is_valid.then_some(Self { given, normalised })
    }
}

impl FromStr for Email {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Address::parse(text)
            .map(Self)
            .ok_or_else(|| Invalid::new("must be an e-mail address of at most 254 bytes"))
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
        email.0.given
    }
}

/// The address is hidden, so that personal data does not get into logs by accident.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_mailbox_are_one_account() {
        let normalised = |text: &str| text.parse::<Email>().unwrap().normalised().to_owned();
        for (one, other) in [
            ("Ada@Example.COM", " ada@example.com "),
            ("zoe\u{308}@example.com", "ZOË@example.com"),
            ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
            ("ada@bu\u{308}cher.example", "ada@XN--BCHER-KVA.example"),
            ("ada@bücher。example", "ada@bücher.example"),
            ("ada@ｅｘａｍｐｌｅ.com", "ada@example.com"),
            ("ada@ﬁsh.example", "ada@fish.example"),
            ("Ada.Σ@example.com", "ada.ς@example.com"),
        ] {
            assert_eq!(normalised(one), normalised(other), "{one} {other}");
        }
        assert_eq!(normalised("Ada@Straße.Example"), "ada@xn--strae-oqa.example");
    }

    #[test]
    fn other_mailboxes_are_other_accounts() {
        let normalised = |text: &str| text.parse::<Email>().unwrap().normalised().to_owned();
        for (one, other) in [
            ("ada@strasse.example", "ada@straße.example"),
            ("ada@faß.example", "ada@fass.example"),
            ("strasse@example.com", "straße@example.com"),
            ("ada@βόλος.example", "ada@βόλοσ.example"),
            ("ı@example.com", "i@example.com"),
            ("ﬁ@example.com", "fi@example.com"),
            ("ada@example.com", "ada+tag@example.com"),
            ("ada@example.com", "a.da@example.com"),
            ("é@example.com", "e@example.com"),
        ] {
            assert_ne!(normalised(one), normalised(other), "{one} {other}");
        }
    }

    #[test]
    fn an_address_is_shown_as_it_was_given() {
        let email: Email = " Zoe\u{308}@Bücher.Example ".parse().unwrap();
        assert_eq!(email.as_str(), "Zoë@Bücher.Example");
        assert_eq!(email.normalised(), "zoë@xn--bcher-kva.example");
    }

    #[test]
    fn mail_goes_to_ascii_local_parts_and_a_labels() {
        let deliverable = |text: &str| text.parse::<Email>().unwrap().deliverable();
        for (address, expected) in [
            ("Ada.L@Example.COM", Some("Ada.L@example.com")),
            ("ada@Bücher.Example", Some("ada@xn--bcher-kva.example")),
            ("\"a,b\"@example.com", Some("\"a,b\"@example.com")),
            ("zoë@example.com", None),
        ] {
            assert_eq!(deliverable(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn no_address_adds_a_header_or_a_recipient() {
        for text in [
            "ada@example.com\r\nBcc: bob@example.com",
            "\"ada\r\nBcc: bob\"@example.com",
            "\"ada\\\r\n\"@example.com",
            "ada@example.com,bob@example.com",
            "ada@example.com;bob@example.com",
            "bob@example.com,ada@example.com",
            "ada(comment)@example.com",
            "<ada@example.com>",
        ] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
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
            "\"a\t b\"@example.com",
            "ada\u{200b}@example.com",
            "ada\u{3164}@example.com",
            "ada@example.com.",
            "ada@exam_ple.com",
            "ada@-example.com",
            "ada@xn--zzzzzz-.com",
            "ada@example..com",
            "ada@b@example.com",
            &format!("ada@{}.com", "b".repeat(64)),
            // The A-labels of this address are too long for SMTP.
            &format!("{}@{}.com", "a".repeat(64), "ü.".repeat(30).trim_end_matches('.')),
            &long,
        ] {
            assert!(text.parse::<Email>().is_err(), "{text}");
        }
    }
}
