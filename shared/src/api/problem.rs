use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    Description, Difficulty, Problem, ProblemAttributes, ProblemId, ProblemName, ProblemSummary, Timestamp,
    UserId,
};
use crate::http::{Change, Pagination, Resource, Validators};
use crate::input;

input! {
    /// The fields of a problem.
    pub struct ProblemInput {
        /// The name, in one line. It need not be unique.
        name: ProblemName = required("name"),
        /// The task, in the author's words.
        description: Option<Description> = optional("description"),
        /// The difficulty of the problem.
        difficulty: Difficulty = required("difficulty"),
    }
}

impl From<ProblemInput> for ProblemAttributes {
    fn from(input: ProblemInput) -> Self {
        let ProblemInput { name, description, difficulty } = input;
        Self { name, description, difficulty }
    }
}

input! {
    /// Changes to a problem, as a JSON merge patch (RFC 7396): missing members stay as they are.
    pub struct ProblemPatch {
        /// The new name.
        name: Option<ProblemName> = patch("name"),
        /// The new description; `null` removes it.
        description: Change<Description> = change("description"),
        /// The new difficulty.
        difficulty: Option<Difficulty> = patch("difficulty"),
    }
}

impl ProblemPatch {
    /// Returns `attributes` with the changes applied.
    #[must_use]
    pub fn apply(&self, attributes: &ProblemAttributes) -> ProblemAttributes {
        ProblemAttributes {
            name: self.name.as_ref().unwrap_or(&attributes.name).clone(),
            description: self.description.apply(attributes.description.as_ref()),
            difficulty: self.difficulty.unwrap_or(attributes.difficulty),
        }
    }
}

/// A problem.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemBody {
    id: ProblemId,
    name: ProblemName,
    /// The task, in the author's words; `null` if the name is enough.
    #[schema(required)]
    description: Option<Description>,
    difficulty: Difficulty,
    /// The user who posed the problem.
    author_id: UserId,
    /// The time when the problem was created.
    created_at: Timestamp,
    /// The time of the last change.
    updated_at: Timestamp,
}

impl ProblemBody {
    /// Returns the problem with its entity tag, which is the same for every caller.
    #[must_use]
    pub fn resource(problem: Problem) -> Resource<Self> {
        let validators = Validators::of(problem.revision);
        let ProblemAttributes { name, description, difficulty } = problem.attributes;
        let body = Self {
            id: problem.id,
            name,
            description,
            difficulty,
            author_id: problem.author_id,
            created_at: problem.revision.created_at,
            updated_at: problem.revision.updated_at,
        };
        Resource { validators, body }
    }
}

/// A problem in a list, without its description.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProblemSummary)]
pub struct ProblemSummaryBody {
    id: ProblemId,
    name: ProblemName,
    difficulty: Difficulty,
    /// The user who posed the problem.
    author_id: UserId,
    /// The time when the problem was created.
    created_at: Timestamp,
    /// The time of the last change.
    updated_at: Timestamp,
}

impl From<ProblemSummary> for ProblemSummaryBody {
    fn from(problem: ProblemSummary) -> Self {
        Self {
            id: problem.id,
            name: problem.name,
            difficulty: problem.difficulty,
            author_id: problem.author_id,
            created_at: problem.created_at,
            updated_at: problem.updated_at,
        }
    }
}

/// A page of problems.
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemList)]
pub struct ProblemListBody {
    /// The problems of the page, newest first.
    pub problems: Vec<ProblemSummaryBody>,
    /// The position of the page in the list.
    pub pagination: Pagination,
}
