use aws_sdk_dynamodb::types::AttributeValue;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::auth::Caller;
use crate::error::Error;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    email: String,
    name: Option<String>,
    role: String,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    id: String,
    email: String,
    name: Option<String>,
    role: String,
    created_at: String,
    updated_at: String,
}

pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<User>, Error> {
    if caller.sub != id && caller.role != "admin" {
        return Err(Error::Client(StatusCode::FORBIDDEN, "Forbidden"));
    }
    let output = app
        .dynamodb
        .get_item()
        .table_name(&app.table)
        .key("pk", AttributeValue::S(format!("USER#{id}")))
        .key("sk", AttributeValue::S("USER".to_owned()))
        .send()
        .await
        .map_err(aws_sdk_dynamodb::Error::from)?;
    let item = output.item.ok_or(Error::Client(StatusCode::NOT_FOUND, "User not found"))?;
    let Item { email, name, role, created_at, updated_at } = serde_dynamo::from_item(item)?;
    Ok(Json(User { id, email, name, role, created_at, updated_at }))
}
