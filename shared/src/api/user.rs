use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Email, Name, Role, Timestamp, User, UserAttributes, UserId};
use crate::http::{Change, Pagination, Resource, Validators};
use crate::input;

input! {
    /// The fields of a user.
    pub struct UserInput {
        /// The e-mail address. It is unique among users, in every spelling.
        email: Email = required("email"),
        /// The name of the person.
        name: Option<Name> = optional("name"),
        /// The role. Only an admin can change it. If it is missing, a replacement keeps the role, and a new user gets
        /// `user`.
        role: Option<Role> = patch("role"),
    }
}

impl UserInput {
    /// Returns the user to store, with `role` if the client sets none.
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
        /// The new role. Only an admin can change it.
        role: Option<Role> = patch("role"),
    }
}

impl UserPatch {
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
    /// The e-mail address. It is present only for the user and for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<Email>,
    /// Whether the address is confirmed. It is present only for the user and for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email_verified: Option<bool>,
    /// The address that replaces the current one once it is confirmed. Lists leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pending_email: Option<Email>,
    /// The name of the person, if the user has given one.
    #[schema(required)]
    name: Option<Name>,
    /// The role. It is present only for the user and for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    role: Option<Role>,
    /// The time when the user was created.
    created_at: Timestamp,
    /// The time of the last change.
    updated_at: Timestamp,
}

impl UserBody {
    /// Returns the user as others see it, or the whole user for callers who may see it.
    #[must_use]
    pub fn of(user: User, sees_all: bool) -> Self {
        Self {
            id: user.id,
            email: sees_all.then_some(user.attributes.email),
            email_verified: sees_all.then_some(user.email_verified),
            pending_email: user.pending_email.filter(|_| sees_all),
            name: user.attributes.name,
            role: sees_all.then_some(user.attributes.role),
            created_at: user.revision.created_at,
            updated_at: user.revision.updated_at,
        }
    }

    /// Returns the user's id.
    #[must_use]
    pub fn id(&self) -> UserId {
        self.id
    }

    /// Returns the validators of this view of the user.
    #[must_use]
    pub fn validators(user: &User, sees_all: bool) -> Validators {
        if sees_all { Validators::of(user.revision) } else { Validators::of_view(user.revision, "public") }
    }

    /// Returns this view of the user with its validators.
    #[must_use]
    pub fn resource(user: User, sees_all: bool) -> Resource<Self> {
        Resource { validators: Self::validators(&user, sees_all), body: Self::of(user, sees_all) }
    }
}

/// A page of users.
#[derive(Serialize, ToSchema)]
#[schema(as = UserList)]
pub struct UserListBody {
    /// The users of the page, newest first.
    pub users: Vec<UserBody>,
    /// The position of the page in the list.
    pub pagination: Pagination,
}
