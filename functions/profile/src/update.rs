use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::AccountBody;
use shared::auth::{PasswordCheck, SessionUser, allow_address};
use shared::domain::{Email, Name, Password, PasswordAttempt, UserAttributes};
use shared::http::{Change, Code, Error, Json, Preconditions, QuotaPolicy, Validators, WriteParams};
use shared::input;
use shared::store::{Outbox, Sessions, Users, retry_stale};

input! {
    /// Changes to the profile: missing members stay as they are.
    pub(crate) struct ProfileInput {
        /// The new name; `null` removes it.
        name: Change<Name> = change("name"),
        /// The new e-mail address. Send `currentPassword` with it, unless the sign-in was in the last five minutes.
        email: Option<Email> = patch("email"),
        /// The current password. A new password always needs it.
        current_password: Option<PasswordAttempt> = patch("currentPassword"),
        /// The new password. Send `currentPassword` with it.
        new_password: Option<Password> = patch("newPassword"),
    }
    requires("newPassword", "currentPassword")
}

impl ProfileInput {
    /// Returns `attributes` with the changes applied.
    fn apply(&self, attributes: &UserAttributes) -> UserAttributes {
        UserAttributes {
            email: self.email.as_ref().unwrap_or(&attributes.email).clone(),
            name: self.name.apply(attributes.name.as_ref()),
            role: attributes.role,
        }
    }
}

/// Change one's own profile
///
/// Members that are missing in the body stay as they are. A new password needs the current one. It ends all other
/// sessions of the user and revokes all refresh tokens; this session continues. A new address needs the current
/// password, too, or a sign-in of the last five minutes. It is `pendingEmail` until it is confirmed with the link in a
/// mail; asking for it again sends another mail.
#[utoipa::path(
    put,
    path = "/api/profile",
    tag = "sessions",
    operation_id = "updateProfile",
    params(WriteParams),
    request_body = ProfileInput,
    responses((status = 200, description = "The changed user.", body = AccountBody)),
    security(("session" = [])),
    extensions(("x-codes" = json!([Code::NotAuthenticated, Code::RecentSignInRequired, Code::EmailTaken]))),
)]
pub(crate) async fn update(
    State(users): State<Users>,
    State(sessions): State<Sessions>,
    State(outbox): State<Outbox>,
    check: PasswordCheck,
    signed_in: SessionUser,
    preconditions: Preconditions,
    Json(input): Json<ProfileInput>,
) -> Result<impl IntoResponse, Error> {
    check.limits().take(QuotaPolicy::WRITE, signed_in.user.id).await?;
    if let Some(current) = &input.current_password
        && !check.confirm(&signed_in.user, current).await?
    {
        return Err(Error::field("currentPassword", "is not the current password"));
    }
    let hash = input.new_password.as_ref().map(|new| check.hash(new)).transpose()?;
    let user = retry_stale(async || {
        let latest = signed_in.latest(&sessions, &users).await?;
        let user = &latest.user;
        let attributes = input.apply(&user.attributes);
        if attributes.email != user.attributes.email && input.current_password.is_none() {
            latest.require_recent_sign_in()?;
        }
        preconditions.require(&Validators::of(user.revision))?;
        allow_address(outbox, check.limits(), user, &attributes.email).await?;
        Ok::<_, Error>(match &hash {
            Some(hash) => {
                let session = &latest.session;
                users.change_password_in(session, user, (attributes, outbox), hash.clone()).await?
            }
            None => users.replace(user, attributes, outbox).await?,
        })
    })
    .await?;
    Ok(AccountBody::resource(user))
}
