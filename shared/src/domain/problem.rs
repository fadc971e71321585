use serde::{Deserialize, Serialize};

use super::text::text;
use super::{ProblemId, Revision, Timestamp, UserId};

/// A problem to solve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The permanent id of the problem.
    pub id: ProblemId,
    /// The user who posed it.
    pub author_id: UserId,
    /// The fields that the author can change.
    pub attributes: ProblemAttributes,
    /// Its version.
    pub revision: Revision,
}

/// The fields of a problem that a request can set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemAttributes {
    /// The name by which it is found. It need not be unique.
    pub name: ProblemName,
    /// The task.
    pub description: Option<Description>,
    /// The difficulty.
    pub difficulty: Difficulty,
}

/// A problem as it appears in lists and searches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemSummary {
    /// The id of the problem.
    pub id: ProblemId,
    /// The user who posed it.
    pub author_id: UserId,
    /// Its name.
    pub name: ProblemName,
    /// The difficulty.
    pub difficulty: Difficulty,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
}

/// The difficulty of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Difficulty {
    /// For beginners.
    Easy,
    /// For most readers.
    Medium,
    /// For experts.
    Hard,
}

text! {
    /// The name of a problem, in one line.
    ProblemName = line(1 to 90), "Two Sum"
}

text! {
    /// The task, unchanged.
    Description = prose(1 to 10_000), "Find two numbers that add up to the target."
}
