use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Email, Name, Role, Timestamp, User, UserDraft, UserId};
use crate::http::{Change, Fields, FromFields, Pagination, Resource, Validators};

/// A whole user, as a client sends it.
#[derive(ToSchema)]
pub struct UserInput {
    email: Email,
    name: Option<Name>,
    /// Only an admin sets it; without it, it stays as it is, and begins as `user`.
    #[schema(nullable = false)]
    role: Option<Role>,
}

impl FromFields for UserInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let email = fields.required("email");
        let name = fields.optional("name");
        let role = fields.patch("role");
        Some(Self { email: email?, name: name?, role: role? })
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
    pub fn draft(&self, role: Role) -> UserDraft {
        UserDraft { email: self.email.clone(), name: self.name.clone(), role: self.role.unwrap_or(role) }
    }
}

/// Changes to a user, as a JSON merge patch (RFC 7396): what is missing stays as it is.
#[derive(ToSchema)]
pub struct UserPatch {
    #[schema(nullable = false)]
    email: Option<Email>,
    /// `null` removes it.
    #[schema(value_type = Option<Name>)]
    name: Change<Name>,
    /// Only an admin sets it.
    #[schema(nullable = false)]
    role: Option<Role>,
}

impl FromFields for UserPatch {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let email = fields.patch("email");
        let name = fields.change("name");
        let role = fields.patch("role");
        Some(Self { email: email?, name: name?, role: role? })
    }
}

impl UserPatch {
    /// Whether the client says what the user may do.
    #[must_use]
    pub fn sets_role(&self) -> bool {
        self.role.is_some()
    }

    /// What `draft` becomes.
    #[must_use]
    pub fn apply(&self, draft: &UserDraft) -> UserDraft {
        UserDraft {
            email: self.email.as_ref().unwrap_or(&draft.email).clone(),
            name: self.name.apply(draft.name.as_ref()),
            role: self.role.unwrap_or(draft.role),
        }
    }
}

/// A user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserBody {
    id: UserId,
    /// There for the user and admins only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<Email>,
    #[schema(required)]
    name: Option<Name>,
    role: Role,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl UserBody {
    /// The user as others see them, or all of it for those who `may_see_email`.
    #[must_use]
    pub fn of(user: User, may_see_email: bool) -> Self {
        Self {
            id: user.id,
            email: may_see_email.then_some(user.draft.email),
            name: user.draft.name,
            role: user.draft.role,
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
pub struct UserListBody {
    /// Newest first.
    pub users: Vec<UserBody>,
    /// Where the page stands in the list.
    pub pagination: Pagination,
}
