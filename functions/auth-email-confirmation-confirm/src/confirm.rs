use axum::extract::State;
use axum::http::StatusCode;
use shared::api::LinkInput;
use shared::auth::invalid_link;
use shared::domain::MailKind;
use shared::http::{Code, Error, Json};
use shared::store::{Mails, Users, retry_stale};

/// Confirm an address
///
/// Uses the link of a mail up, whoever is signed in. The account's address is then confirmed; an address that was
/// pending takes the place of the old one. A repeated request has no further effect, and succeeds while the account has
/// the address.
#[utoipa::path(
    post,
    path = "/api/auth/email-confirmation/confirm",
    tag = "auth",
    operation_id = "confirmEmail",
    request_body = LinkInput,
    responses((status = 204, description = "The address is confirmed.")),
    extensions(("x-codes" = json!([Code::InvalidLink, Code::EmailTaken]))),
)]
pub(crate) async fn confirm(
    State(mails): State<Mails>,
    State(users): State<Users>,
    Json(input): Json<LinkInput>,
) -> Result<StatusCode, Error> {
    retry_stale(async || {
        let link = mails.link(input.token, MailKind::Confirmation).await?.ok_or_else(invalid_link)?;
        let user = users.get_latest(link.user_id).await?.ok_or_else(invalid_link)?;
        users.confirm(&link, &user).await?.ok_or_else(invalid_link)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
