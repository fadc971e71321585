use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UserBody;
use crate::domain::{Email, Name, Password, PasswordAttempt, Role, User, UserAttributes, UserId};
use crate::http::{Resource, Validators};
use crate::input;

input! {
    /// A new account.
    pub struct RegistrationInput {
        /// The e-mail address. It is unique among users, in every spelling.
        email: Email = required("email"),
        /// The password: any characters, but none of the 3,000 most common passwords.
        pub password: Password = required("password"),
        /// The name of the person.
        name: Option<Name> = optional("name"),
    }
}

impl RegistrationInput {
    /// Returns the user to create. The role is never admin.
    #[must_use]
    pub fn attributes(&self) -> UserAttributes {
        UserAttributes { email: self.email.clone(), name: self.name.clone(), role: Role::User }
    }
}

input! {
    /// The e-mail address and the password of an account.
    pub struct CredentialsInput {
        /// The e-mail address, in any spelling.
        pub email: Email = required("email"),
        /// The password of the account.
        pub password: PasswordAttempt = required("password"),
    }
}

input! {
    /// A refresh token, to be exchanged or revoked.
    pub struct RefreshInput {
        /// The refresh token of an earlier response. It is opaque to clients.
        pub refresh_token: RefreshToken = required("refreshToken"),
    }
}

/// An account and its tokens (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tokens)]
pub struct TokensBody {
    /// The account, with its e-mail address.
    user: UserBody,
    /// The access token, for `Authorization: Bearer`: a JWT (RFC 9068).
    #[schema(example = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIwMTkzMWEzZSJ9.c2lnbmF0dXJl")]
    access_token: String,
    refresh_token: RefreshToken,
    #[schema(inline)]
    token_type: TokenType,
    /// The number of seconds until the access token expires.
    #[schema(example = 900)]
    expires_in: u64,
}

/// A refresh token. It can be exchanged once for new tokens, until 30 days after the sign-in.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(
    value_type = String,
    example = "AZMaPlscfD2OTxorPE1ebwGTGj5bHHw9jk8aKzxNXm8AAAAAeJxLKS0uUSjPL8pOVchIzcnJVyjPL8pJeJxLKS0uUSjPL8o"
)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// Returns the token as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The type of the access token, which tells how to send it.
#[derive(Serialize, ToSchema)]
enum TokenType {
    Bearer,
}

impl TokensBody {
    /// Makes the response for `user`, who sees the whole account.
    #[must_use]
    pub fn new(user: User, access_token: String, refresh_token: String, expires_in: Duration) -> Self {
        Self {
            user: UserBody::of(user, true),
            access_token,
            refresh_token: RefreshToken(refresh_token),
            token_type: TokenType::Bearer,
            expires_in: expires_in.as_secs(),
        }
    }

    /// Returns the id of the user to whom the tokens belong.
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
#[schema(as = Account)]
pub struct AccountBody {
    /// The user, with the e-mail address.
    user: UserBody,
}

impl AccountBody {
    /// Returns the whole account, for its owner.
    #[must_use]
    pub fn of(user: User) -> Self {
        Self { user: UserBody::of(user, true) }
    }

    /// Returns the whole account with its validators.
    #[must_use]
    pub fn resource(user: User) -> Resource<Self> {
        Resource { validators: Validators::of(user.revision), body: Self::of(user) }
    }
}
