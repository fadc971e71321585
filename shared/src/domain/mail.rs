//! Mails, and the links in them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Invalid, MailId};

/// The purpose of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MailKind {
    /// Has a link that confirms the address.
    Confirmation,
    /// Has a link that sets another password.
    PasswordReset,
    /// Tells the address of an account that the account is about to get another one.
    AddressChange,
    /// Tells the address of an account that its password was changed.
    PasswordChange,
}

impl MailKind {
    /// Returns the name for the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::PasswordReset => "passwordReset",
            Self::AddressChange => "addressChange",
            Self::PasswordChange => "passwordChange",
        }
    }

    /// Returns the time for which such a mail is of use, from its cause on: in which it is sent, and its link valid.
    #[must_use]
    pub const fn lifetime(self) -> Duration {
        match self {
            Self::PasswordReset => Duration::from_mins(30),
            Self::Confirmation | Self::AddressChange | Self::PasswordChange => Duration::from_hours(24),
        }
    }
}

/// The token in the link of a mail: the mail, and a secret of 256 random bits, in 64 characters of base64url. It can be
/// used once.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String")]
#[schema(
    value_type = String,
    min_length = 64,
    max_length = 64,
    example = "AZMaPlscfD2OTxorPE1ebwGTGj5bHHw9jk8aKzxNXm8AAAAAeJxLKS0uUSjPL8pO"
)]
pub struct LinkToken([u8; 48]);

const MAIL_BYTES: usize = 16;

impl LinkToken {
    /// Makes the token of a link in this mail.
    #[must_use]
    pub fn new(mail: MailId, secret: [u8; 32]) -> Self {
        let mut bytes = [0; 48];
        bytes[..MAIL_BYTES].copy_from_slice(&mail.into_bytes());
        bytes[MAIL_BYTES..].copy_from_slice(&secret);
        Self(bytes)
    }

    /// Returns the mail.
    #[must_use]
    pub fn mail(self) -> MailId {
        let mut mail = [0; MAIL_BYTES];
        mail.copy_from_slice(&self.0[..MAIL_BYTES]);
        MailId::from_bytes(mail)
    }

    /// Returns the token as in the link. Its bearer acts as the user.
    #[must_use]
    pub fn reveal(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the SHA-256 of the secret. A plain hash is enough for a value that cannot be guessed.
    #[must_use]
    pub fn hash(self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0[MAIL_BYTES..]))
    }
}

impl FromStr for LinkToken {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let mut bytes = [0; 48];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(48) => Ok(Self(bytes)),
            _ => Err(Invalid::new("must be the token of a link")),
        }
    }
}

impl TryFrom<String> for LinkToken {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> LinkToken {
        LinkToken::new(MailId::from_bytes([1; 16]), [2; 32])
    }

    #[test]
    fn a_token_has_one_form_and_every_other_text_is_none() {
        let text = token().reveal();
        assert_eq!((text.len(), text.parse()), (64, Ok(token())));
        for other in ["", "A", &text[1..], &format!("{text}A"), &format!("{text}="), &"é".repeat(64)] {
            assert!(other.parse::<LinkToken>().is_err(), "{other}");
        }
    }

    #[test]
    fn neither_the_hash_nor_the_debug_form_shows_the_secret() {
        let shown = format!("{:?} {}", token(), token().hash());
        // The secret begins within a group of four characters.
        let secret = &token().reveal()[24..];
        assert!(!shown.contains(&secret[..20]) && !shown.contains(&secret[20..]), "{shown}");
        assert!(!shown.contains(&URL_SAFE_NO_PAD.encode([2; 32])), "{shown}");
    }
}
