use axum::extract::State;
use axum::http::StatusCode;
use shared::api::AddressInput;
use shared::auth::request_mail;
use shared::domain::MailKind;
use shared::http::{Code, Error, Json, RateLimits, SourceAddress};
use shared::store::Mails;

/// Ask for the mail that confirms an address
///
/// Sends the link again, if the address belongs to an account and is not confirmed. The response does not tell. The link
/// can be used once, within 24 hours. Asking is limited by address and by source.
#[utoipa::path(
    post,
    path = "/api/auth/email-confirmation",
    tag = "auth",
    operation_id = "requestEmailConfirmation",
    request_body = AddressInput,
    responses((status = 202, description = "If an account without confirmation has the address, a mail is on its way.")),
    extensions(("x-codes" = json!([Code::RateLimited]))),
)]
pub(crate) async fn create(
    State(mails): State<Mails>,
    State(limits): State<RateLimits>,
    source: SourceAddress,
    Json(input): Json<AddressInput>,
) -> Result<StatusCode, Error> {
    request_mail(&mails, &limits, source, MailKind::Confirmation, input.email).await
}
