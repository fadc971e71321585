use axum::extract::State;
use axum::http::StatusCode;
use shared::api::AddressInput;
use shared::auth::request_mail;
use shared::domain::MailKind;
use shared::http::{Code, Error, Json, RateLimits, SourceAddress};
use shared::store::Mails;

/// Ask for the mail that resets a password
///
/// Sends a link with which a new password is set, if the address belongs to an account. The response does not tell. The
/// link can be used once, within 30 minutes. Asking is limited by address and by source.
#[utoipa::path(
    post,
    path = "/api/auth/password-reset",
    tag = "auth",
    operation_id = "requestPasswordReset",
    request_body = AddressInput,
    responses((status = 202, description = "If an account has the address, a mail is on its way.")),
    extensions(("x-codes" = json!([Code::RateLimited]))),
)]
pub(crate) async fn create(
    State(mails): State<Mails>,
    State(limits): State<RateLimits>,
    source: SourceAddress,
    Json(input): Json<AddressInput>,
) -> Result<StatusCode, Error> {
    request_mail(&mails, &limits, source, MailKind::PasswordReset, input.email).await
}
