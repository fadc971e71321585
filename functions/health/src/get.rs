use axum::extract::State;
use axum::response::IntoResponse;
use serde::Serialize;
use shared::http::{Error, Json, Query};
use shared::store::Table;
use utoipa::ToSchema;

/// That the API is up.
#[derive(Serialize, ToSchema)]
struct HealthBody {
    #[schema(example = "ok")]
    status: &'static str,
    /// The version of the API.
    #[schema(example = "0.1.0")]
    version: &'static str,
}

/// Check that the API is up
///
/// `deep=true` reaches the table too, and answers 503 where that fails.
#[utoipa::path(
    get,
    path = "/api/health",
    tag = "operations",
    operation_id = "getHealth",
    params(("deep" = Option<bool>, Query, description = "Whether to reach the table too")),
    responses((status = 200, description = "It is up", body = HealthBody)),
)]
pub(crate) async fn get(State(table): State<Table>, mut query: Query) -> Result<impl IntoResponse, Error> {
    let deep = query.flag("deep");
    query.finish()?;
    if deep {
        table.probe().await?;
    }
    Ok(Json(HealthBody { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}
