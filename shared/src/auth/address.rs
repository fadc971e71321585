//! The rules for addresses to which mail is sent, and for the links in it.

use axum::http::StatusCode;

use crate::domain::{Email, MailKind, User};
use crate::http::{Code, Error, QuotaPolicy, RateLimits, SourceAddress};
use crate::store::{Mails, Outbox};

/// Refuses an address that no mail reaches, if the deployment sends mail.
pub fn require_deliverable(outbox: Outbox, email: &Email) -> Result<(), Error> {
    if outbox.is_open() && email.deliverable().is_none() {
        let reason = "must have only ASCII characters before the @, because no mail reaches it otherwise";
        return Err(Error::field("email", reason));
    }
    Ok(())
}

/// Allows a user to ask for another address: mail reaches it, and it has not been asked for too often.
pub async fn allow_address(
    outbox: Outbox,
    limits: &RateLimits,
    user: &User,
    email: &Email,
) -> Result<(), Error> {
    if !outbox.is_open() || email.is_mailbox_of(&user.attributes.email) {
        return Ok(());
    }
    require_deliverable(outbox, email)?;
    limits.take(QuotaPolicy::MAIL, email.normalised()).await
}

/// Asks for a mail to an address. It does the same whether or not an account has the address, and counts both by the
/// address and by who asks.
pub async fn request_mail(
    mails: &Mails,
    limits: &RateLimits,
    source: SourceAddress,
    kind: MailKind,
    to: Email,
) -> Result<StatusCode, Error> {
    // The source comes first, so that a denied one does not use up the quota of an address.
    limits.take_from(QuotaPolicy::MAIL_ADDRESS, source).await?;
    limits.take(QuotaPolicy::MAIL, to.normalised()).await?;
    mails.request(kind, to).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Returns the error of a link that cannot be used, whatever the reason.
#[must_use]
pub fn invalid_link() -> Error {
    Error::new(Code::InvalidLink, "The link has been used, has expired, or never existed")
}
