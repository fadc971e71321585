use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    Description, Difficulty, Problem, ProblemDraft, ProblemId, ProblemName, ProblemSummary, Timestamp, UserId,
};
use crate::http::{Change, Fields, FromFields, Pagination, Resource, Validators};

/// A whole problem, as a client sends it.
#[derive(ToSchema)]
pub struct ProblemInput {
    name: ProblemName,
    description: Option<Description>,
    difficulty: Difficulty,
}

impl FromFields for ProblemInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name");
        let description = fields.optional("description");
        let difficulty = fields.required("difficulty");
        Some(Self { name: name?, description: description?, difficulty: difficulty? })
    }
}

impl From<ProblemInput> for ProblemDraft {
    fn from(input: ProblemInput) -> Self {
        let ProblemInput { name, description, difficulty } = input;
        Self { name, description, difficulty }
    }
}

/// Changes to a problem, as a JSON merge patch (RFC 7396): what is missing stays as it is.
#[derive(ToSchema)]
pub struct ProblemPatch {
    #[schema(nullable = false)]
    name: Option<ProblemName>,
    /// `null` removes it.
    #[schema(value_type = Option<Description>)]
    description: Change<Description>,
    #[schema(nullable = false)]
    difficulty: Option<Difficulty>,
}

impl FromFields for ProblemPatch {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.patch("name");
        let description = fields.change("description");
        let difficulty = fields.patch("difficulty");
        Some(Self { name: name?, description: description?, difficulty: difficulty? })
    }
}

impl ProblemPatch {
    /// What `draft` becomes.
    #[must_use]
    pub fn apply(&self, draft: &ProblemDraft) -> ProblemDraft {
        ProblemDraft {
            name: self.name.as_ref().unwrap_or(&draft.name).clone(),
            description: self.description.apply(draft.description.as_ref()),
            difficulty: self.difficulty.unwrap_or(draft.difficulty),
        }
    }
}

/// A problem.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    id: ProblemId,
    name: ProblemName,
    #[schema(required)]
    description: Option<Description>,
    difficulty: Difficulty,
    author_id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ProblemBody {
    /// The problem with its entity tag, the same for everybody.
    #[must_use]
    pub fn resource(problem: Problem) -> Resource<Self> {
        let validators = Validators::of(problem.revision);
        let ProblemDraft { name, description, difficulty } = problem.draft;
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
pub struct ProblemSummaryBody {
    id: ProblemId,
    name: ProblemName,
    difficulty: Difficulty,
    author_id: UserId,
    created_at: Timestamp,
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
pub struct ProblemListBody {
    /// Newest first.
    pub problems: Vec<ProblemSummaryBody>,
    /// Where the page stands in the list.
    pub pagination: Pagination,
}
