use axum::extract::State;
use axum::http::StatusCode;
use shared::auth::{Passwords, invalid_link};
use shared::domain::{LinkToken, MailKind, Password};
use shared::http::{Code, Error, Json};
use shared::input;
use shared::store::{Mails, Users, retry_stale};

input! {
    /// A new password, and the link that permits it.
    pub(crate) struct ResetInput {
        /// The token in the link of the mail.
        token: LinkToken = required("token"),
        /// The new password: any characters, but none of the 3,000 most common passwords.
        password: Password = required("password"),
    }
}

/// Reset a password
///
/// Uses the link of a mail up, whoever is signed in, and sets the password. All sessions and refresh tokens of the
/// account end, and so does a pending change of its address. The address is confirmed, because the link was sent there,
/// and gets a mail about the change. A repeated request is refused, even if it has the same password: sign in with it.
#[utoipa::path(
    post,
    path = "/api/auth/password-reset/confirm",
    tag = "auth",
    operation_id = "resetPassword",
    request_body = ResetInput,
    responses((status = 204, description = "The account has the new password.")),
    extensions(("x-codes" = json!([Code::InvalidLink]))),
)]
pub(crate) async fn confirm(
    State(mails): State<Mails>,
    State(users): State<Users>,
    State(passwords): State<Passwords>,
    Json(input): Json<ResetInput>,
) -> Result<StatusCode, Error> {
    retry_stale(async || {
        let link = mails.link(input.token, MailKind::PasswordReset).await?.ok_or_else(invalid_link)?;
        let user = users.get_latest(link.user_id).await?.ok_or_else(invalid_link)?;
        // Hashing is expensive, so only the bearer of a link causes it.
        let hash = passwords.hash(&input.password)?;
        users.reset_password(&link, &user, hash).await?.ok_or_else(invalid_link)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
