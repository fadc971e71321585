use crate::domain::{Role, UserId};

/// Whoever holds a valid access token. `Option<Caller>` lets others in too, but nobody with a wrong token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub id: UserId,
    /// What the user may do.
    pub role: Role,
}

/// A caller who may do everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admin(pub Caller);

impl Caller {
    /// Whether the caller may do everything.
    #[must_use]
    pub fn is_admin(self) -> bool {
        self.role == Role::Admin
    }

    /// Whether the caller may see and change what is `owner`'s.
    #[must_use]
    pub fn manages(self, owner: UserId) -> bool {
        self.id == owner || self.is_admin()
    }
}
