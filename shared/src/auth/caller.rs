use crate::domain::{Role, Timestamp, User, UserId};

/// The holder of a valid access token. `Option<Caller>` also accepts requests without a token, but still refuses wrong
/// tokens.
///
/// The token shows who the caller is. The role that it states may have been taken away since, so no method returns it:
/// [`is_admin`](Self::is_admin) and [`manages`](Self::manages) read the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub id: UserId,
    /// True if the user was an admin when the token was signed.
    pub(super) was_admin: bool,
    /// The user's epoch when the token was signed.
    pub(super) auth_epoch: u64,
    /// True if the user signed in within the [step-up window](super::STEP_UP_WINDOW).
    pub(super) has_just_signed_in: bool,
}

/// The user for whom a token is signed, as of that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The user.
    pub id: UserId,
    /// The user's role.
    pub role: Role,
    /// The user's [epoch](User::auth_epoch).
    pub auth_epoch: u64,
    /// The time at which the user proved the password.
    pub signed_in_at: Timestamp,
}

impl Subject {
    /// Returns what a token says of `user`, who signed in at this time.
    #[must_use]
    pub fn of(user: &User, signed_in_at: Timestamp) -> Self {
        let User { id, attributes, auth_epoch, .. } = user;
        Self { id: *id, role: attributes.role, auth_epoch: *auth_epoch, signed_in_at }
    }
}
