use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::AccountBody;
use shared::auth::{Passwords, SessionUser};
use shared::domain::{Email, Name, Password, PasswordAttempt, User, UserAttributes};
use shared::http::{
    Change, Code, Error, Json, Preconditions, QuotaPolicy, RateLimits, Validators, WriteParams,
};
use shared::input;
use shared::store::{Sessions, Users, retry_stale};

input! {
    /// Changes to the profile: missing members stay as they are.
    pub(crate) struct ProfileInput {
        /// The new name; `null` removes it.
        name: Change<Name> = change("name"),
        /// The new e-mail address.
        email: Option<Email> = patch("email"),
        /// The current password, required to set a new one.
        current_password: Option<PasswordAttempt> = patch("currentPassword"),
        /// The new password. Send `currentPassword` with it.
        new_password: Option<Password> = patch("newPassword"),
    }
    together("currentPassword", "newPassword")
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
/// sessions of the user and revokes all refresh tokens; this session continues.
#[utoipa::path(
    put,
    path = "/api/profile",
    tag = "sessions",
    operation_id = "updateProfile",
    params(WriteParams),
    request_body = ProfileInput,
    responses((status = 200, description = "The changed user.", body = AccountBody)),
    security(("session" = [])),
    extensions(("x-codes" = json!([Code::NotAuthenticated, Code::EmailTaken]))),
)]
pub(crate) async fn update(
    State(users): State<Users>,
    State(sessions): State<Sessions>,
    State(passwords): State<Passwords>,
    State(limits): State<RateLimits>,
    signed_in: SessionUser,
    preconditions: Preconditions,
    Json(input): Json<ProfileInput>,
) -> Result<impl IntoResponse, Error> {
    limits.take(QuotaPolicy::WRITE, signed_in.user.id).await?;
    let hash = match (&input.current_password, &input.new_password) {
        (Some(current), Some(new)) => {
            confirm(&users, &passwords, &limits, &signed_in.user, current).await?;
            Some(passwords.hash(new)?)
        }
        _ => None,
    };
    let user = retry_stale(async || {
        let SessionUser { user, session } = signed_in.latest(&sessions, &users).await?;
        preconditions.require(&Validators::of(user.revision))?;
        let attributes = input.apply(&user.attributes);
        Ok::<_, Error>(match &hash {
            Some(hash) => users.change_password_in(&session, &user, attributes, hash.clone()).await?,
            None => users.replace(&user, attributes).await?,
        })
    })
    .await?;
    Ok(AccountBody::resource(user))
}

/// Checks the user's current password, with the rate limit of signing in.
async fn confirm(
    users: &Users,
    passwords: &Passwords,
    limits: &RateLimits,
    user: &User,
    attempt: &PasswordAttempt,
) -> Result<(), Error> {
    let email = &user.attributes.email;
    limits.take(QuotaPolicy::LOGIN, email.normalised()).await?;
    let credential = users.credential(email).await?.filter(|credential| credential.user_id == user.id);
    let hash = credential.and_then(|credential| credential.password_hash);
    if passwords.verify(attempt, hash.as_ref())? {
        Ok(())
    } else {
        Err(Error::field("currentPassword", "is not the current password"))
    }
}
