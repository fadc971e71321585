use std::fmt;
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use super::UserBody;
use crate::domain::{Email, Name, Password, PasswordAttempt, Role, User, UserDraft, UserId};
use crate::http::{Fields, FromFields, Resource, Validators};

/// A new account.
#[derive(ToSchema)]
pub struct RegistrationInput {
    email: Email,
    /// The password that the account is signed in with. Any characters; the commonest passwords are refused.
    pub password: Password,
    name: Option<Name>,
}

impl FromFields for RegistrationInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let email = fields.required("email");
        let password = fields.required("password");
        let name = fields.optional("name");
        Some(Self { email: email?, password: password?, name: name? })
    }
}

impl RegistrationInput {
    /// The user that is meant. Nobody registers as an admin.
    #[must_use]
    pub fn draft(&self) -> UserDraft {
        UserDraft { email: self.email.clone(), name: self.name.clone(), role: Role::User }
    }
}

/// What an account is signed in with.
#[derive(ToSchema)]
pub struct CredentialsInput {
    /// In any case and Unicode form.
    pub email: Email,
    /// The account's password.
    pub password: PasswordAttempt,
}

impl FromFields for CredentialsInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let email = fields.required("email");
        let password = fields.required("password");
        Some(Self { email: email?, password: password? })
    }
}

/// A refresh token, to be used or given back.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct RefreshInput {
    /// As it was given; nobody but the API reads anything in it.
    pub refresh_token: String,
}

impl FromFields for RefreshInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { refresh_token: fields.required("refreshToken")? })
    }
}

/// An account and what its bearer goes on with (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokensBody {
    user: UserBody,
    /// For `Authorization: Bearer`.
    access_token: String,
    /// Good for the next pair of tokens, once; 30 days from signing in at most.
    refresh_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds that the access token is valid for.
    #[schema(example = 900)]
    expires_in: u64,
}

impl TokensBody {
    /// Tokens of `user`, to whom all of the account is shown.
    #[must_use]
    pub fn new(user: User, access_token: String, refresh_token: String, expires_in: Duration) -> Self {
        Self {
            user: UserBody::of(user, true),
            access_token,
            refresh_token,
            token_type: "Bearer",
            expires_in: expires_in.as_secs(),
        }
    }

    /// Whose they are.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.user.id()
    }
}

impl fmt::Debug for TokensBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokensBody(redacted)")
    }
}

/// The caller's own account.
#[derive(Serialize, ToSchema)]
pub struct AccountBody {
    user: UserBody,
}

impl AccountBody {
    /// All of the account, for its owner.
    #[must_use]
    pub fn of(user: User) -> Self {
        Self { user: UserBody::of(user, true) }
    }

    /// All of the account, with what tells its versions apart.
    #[must_use]
    pub fn resource(user: User) -> Resource<Self> {
        Resource { validators: Validators::of(user.revision), body: Self::of(user) }
    }
}
