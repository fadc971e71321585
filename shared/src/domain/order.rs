use serde::Deserialize;

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(default = "desc", example = "desc")]
pub enum Order {
    /// Oldest first, or from A to Z.
    Asc,
    /// Newest first, or from Z to A.
    #[default]
    Desc,
}
