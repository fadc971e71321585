use axum::extract::State;
use axum::response::IntoResponse;
use shared::api::AccountBody;
use shared::auth::{Passwords, SessionUser};
use shared::domain::{Email, Name, Password, PasswordAttempt, User, UserDraft};
use shared::http::{
    Change, Code, Error, Fields, FromFields, Json, Policy, Preconditions, RateLimits, Validators, WriteParams,
};
use shared::store::{Sessions, Users, retry_stale};
use utoipa::ToSchema;

/// Changes to one's own profile: what is missing stays as it is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ProfileInput {
    /// `null` removes it.
    #[schema(value_type = Option<Name>)]
    name: Change<Name>,
    #[schema(nullable = false)]
    email: Option<Email>,
    /// Needed for another password.
    #[schema(nullable = false)]
    current_password: Option<PasswordAttempt>,
    /// Together with `currentPassword`.
    #[schema(nullable = false)]
    new_password: Option<Password>,
}

impl FromFields for ProfileInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.change("name");
        let email = fields.patch("email");
        let current_password = fields.patch("currentPassword");
        let new_password = fields.patch("newPassword");
        // Each needs the other. What was there and could not be used has been said.
        let (is_old_missing, is_new_missing) =
            (matches!(current_password, Some(None)), matches!(new_password, Some(None)));
        if is_old_missing && !is_new_missing {
            fields.required::<PasswordAttempt>("currentPassword")?;
        }
        if is_new_missing && !is_old_missing {
            fields.required::<Password>("newPassword")?;
        }
        Some(Self {
            name: name?,
            email: email?,
            current_password: current_password?,
            new_password: new_password?,
        })
    }
}

impl ProfileInput {
    /// What `draft` becomes.
    fn apply(&self, draft: &UserDraft) -> UserDraft {
        UserDraft {
            email: self.email.as_ref().unwrap_or(&draft.email).clone(),
            name: self.name.apply(draft.name.as_ref()),
            role: draft.role,
        }
    }
}

/// Change one's own profile
///
/// What the body does not say stays as it is. Another password needs the current one; it ends all other sessions of
/// the user and all refresh tokens, and this session goes on.
#[utoipa::path(
    put,
    path = "/api/profile",
    tag = "sessions",
    operation_id = "updateProfile",
    params(WriteParams),
    request_body = ProfileInput,
    responses((status = 200, description = "The user as it is now", body = AccountBody)),
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
    limits.take(Policy::WRITE, signed_in.user.id).await?;
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
        let draft = input.apply(&user.draft);
        Ok::<_, Error>(match &hash {
            Some(hash) => users.change_password_in(&session, &user, draft, hash.clone()).await?,
            None => users.replace(&user, draft).await?,
        })
    })
    .await?;
    Ok(AccountBody::resource(user))
}

/// That whoever is at the browser knows the user's password, limited as signing in is.
async fn confirm(
    users: &Users,
    passwords: &Passwords,
    limits: &RateLimits,
    user: &User,
    attempt: &PasswordAttempt,
) -> Result<(), Error> {
    let email = &user.draft.email;
    limits.take(Policy::LOGIN, email.normalised()).await?;
    let credential = users.credential(email).await?.filter(|credential| credential.user_id == user.id);
    let hash = credential.and_then(|credential| credential.password_hash);
    if passwords.verify(attempt, hash.as_ref())? {
        Ok(())
    } else {
        Err(Error::field("currentPassword", "is not the current password"))
    }
}
