use crate::domain::{Role, UserId};

/// The holder of a valid access token. `Option<Caller>` also accepts requests without a token, but still refuses wrong
/// tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub id: UserId,
    /// The user's role.
    pub role: Role,
}

/// A caller with the role admin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admin(pub Caller);

impl Caller {
    /// Tells whether the caller is an admin.
    #[must_use]
    pub fn is_admin(self) -> bool {
        self.role == Role::Admin
    }

    /// Tells whether the caller may see and change resources of `owner`.
    #[must_use]
    pub fn manages(self, owner: UserId) -> bool {
        self.id == owner || self.is_admin()
    }
}
