use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Email, Name, Role, Timestamp, User, UserAttributes, UserId};
use crate::http::{Change, Pagination, Resource, Validators};
use crate::input;

input! {
    /// A user, as a client sends it.
    pub struct UserInput {
        /// The e-mail address. No other user has it, in whatever spelling.
        email: Email = required("email"),
        /// The name of the person.
        name: Option<Name> = optional("name"),
        /// The role, which only an admin can set. If it is missing, it stays as it is; new users begin as `user`.
        role: Option<Role> = patch("role"),
    }
}

impl UserInput {
    /// Whether the client says what the user may do.
    #[must_use]
    pub fn sets_role(&self) -> bool {
        self.role.is_some()
    }

    /// The user that is meant, who has `role` where the client does not say.
    #[must_use]
    pub fn attributes(&self, role: Role) -> UserAttributes {
        UserAttributes { email: self.email.clone(), name: self.name.clone(), role: self.role.unwrap_or(role) }
    }
}

input! {
    /// Changes to a user, as a JSON merge patch (RFC 7396): missing members stay as they are.
    pub struct UserPatch {
        /// The new e-mail address.
        email: Option<Email> = patch("email"),
        /// The new name; `null` removes it.
        name: Change<Name> = change("name"),
        /// The new role, which only an admin can set.
        role: Option<Role> = patch("role"),
    }
}

impl UserPatch {
    /// Whether the client says what the user may do.
    #[must_use]
    pub fn sets_role(&self) -> bool {
        self.role.is_some()
    }

    /// Returns `attributes` with the changes applied.
    #[must_use]
    pub fn apply(&self, attributes: &UserAttributes) -> UserAttributes {
        UserAttributes {
            email: self.email.as_ref().unwrap_or(&attributes.email).clone(),
            name: self.name.apply(attributes.name.as_ref()),
            role: self.role.unwrap_or(attributes.role),
        }
    }
}

/// A user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub struct UserBody {
    id: UserId,
    /// The e-mail address. Only the user and admins see it; for others it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<Email>,
    /// The name of the person, if the user has given one.
    #[schema(required)]
    name: Option<Name>,
    role: Role,
    /// The time when the user was created.
    created_at: Timestamp,
    /// The time of the last change.
    updated_at: Timestamp,
}

impl UserBody {
    /// The user as others see them, or all of it for those who `may_see_email`.
    #[must_use]
    pub fn of(user: User, may_see_email: bool) -> Self {
        Self {
            id: user.id,
            email: may_see_email.then_some(user.attributes.email),
            name: user.attributes.name,
            role: user.attributes.role,
            created_at: user.revision.created_at,
            updated_at: user.revision.updated_at,
        }
    }

    /// Names the user.
    #[must_use]
    pub fn id(&self) -> UserId {
        self.id
    }

    /// Returns the validators of that view of the user.
    #[must_use]
    pub fn validators(user: &User, may_see_email: bool) -> Validators {
        if may_see_email {
            Validators::of(user.revision)
        } else {
            Validators::of_view(user.revision, "public")
        }
    }

    /// That view of the user, with its tag.
    #[must_use]
    pub fn resource(user: User, may_see_email: bool) -> Resource<Self> {
        Resource { validators: Self::validators(&user, may_see_email), body: Self::of(user, may_see_email) }
    }
}

/// A page of users.
#[derive(Serialize, ToSchema)]
#[schema(as = UserList)]
pub struct UserListBody {
    /// The users of the page, newest first.
    pub users: Vec<UserBody>,
    /// The place of the page in the list.
    pub pagination: Pagination,
}
