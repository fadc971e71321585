//! The decision about a mail: for whom it is, and what it says.

use shared::domain::{MailKind, User};
use shared::store::{Error, Mail};

use crate::Deps;
use crate::texts::{self, Letter};

/// Writes a mail, with a new link if it has one. Returns `None` if nobody needs it.
pub(crate) async fn write(deps: &Deps, mail: &Mail) -> Result<Option<Letter>, Error> {
    let (page, words) = match mail.kind {
        MailKind::AddressChange => return Ok(Some(texts::ADDRESS_CHANGE.letter(None))),
        MailKind::PasswordChange => return Ok(Some(texts::PASSWORD_CHANGE.letter(None))),
        MailKind::Confirmation => ("confirm-email", &texts::CONFIRMATION),
        MailKind::PasswordReset => ("reset-password", &texts::PASSWORD_RESET),
    };
    let Some(user) = user_of(deps, mail).await? else { return Ok(None) };
    let is_needed = match mail.kind {
        MailKind::Confirmation => user.confirmed(&mail.to).is_some_and(|confirmed| confirmed != user),
        _ => user.attributes.email.is_mailbox_of(&mail.to),
    };
    if !is_needed {
        return Ok(None);
    }
    // The token is in the fragment, which browsers send to no server.
    let token = deps.mails.add_link(mail.id, &user).await?;
    Ok(token.map(|token| words.letter(Some(&format!("{}/{page}#{}", deps.link_base, token.reveal())))))
}

/// Returns the user who caused the mail, or else the one who has the address.
async fn user_of(deps: &Deps, mail: &Mail) -> Result<Option<User>, Error> {
    let id = match mail.user_id {
        Some(id) => id,
        None => match deps.users.credential(&mail.to).await? {
            Some(credential) => credential.user_id,
            None => return Ok(None),
        },
    };
    deps.users.get_latest(id).await
}
