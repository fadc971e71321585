use axum::extract::State;
use axum::response::IntoResponse;
use serde::Serialize;
use shared::http::{Error, Json, Query};
use shared::store::Probe;
use utoipa::{IntoParams, ToSchema};

/// The state of the API.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
struct HealthBody {
    #[schema(inline)]
    status: Status,
    /// The version of the API.
    #[schema(example = "0.1.0")]
    version: &'static str,
}

/// Always `ok`: an API that is down answers with an error.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `get` reads")]
struct HealthParams {
    /// `true` also checks that the API reaches its table.
    #[param(required = false, default = false, example = false)]
    deep: bool,
}

/// Check that the API is up
///
/// With `deep=true` it also checks the table, and answers 503 if the table cannot be reached.
#[utoipa::path(
    get,
    path = "/api/health",
    tag = "operations",
    operation_id = "getHealth",
    params(HealthParams),
    responses((status = 200, description = "The API is up.", body = HealthBody)),
)]
pub(crate) async fn get(State(probe): State<Probe>, mut query: Query) -> Result<impl IntoResponse, Error> {
    let deep = query.flag("deep");
    query.finish()?;
    if deep {
        probe.check().await?;
    }
    Ok(Json(HealthBody { status: Status::Ok, version: env!("CARGO_PKG_VERSION") }))
}
