use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use chrono::{SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::App;
use crate::auth::Caller;
use crate::error::Error;

#[derive(Deserialize)]
pub struct ListQuery {
    sort: Option<String>,
    order: Option<String>,
    category: Option<String>,
    limit: Option<i32>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    #[serde(rename(deserialize = "pk"))]
    id: String,
    title: String,
    excerpt: String,
    category: Option<String>,
    published: bool,
    author_id: String,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
struct Shard {
    n: u64,
}

pub async fn list(State(app): State<App>, Query(query): Query<ListQuery>) -> Result<Json<Value>, Error> {
    let limit = query.limit.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        return Err(Error::Client(StatusCode::BAD_REQUEST, "limit must be between 1 and 100"));
    }
    let by_title = query.sort.as_deref() == Some("title");
    let (index, list) = match (&query.category, by_title) {
        (None, false) => ("gsi1", "POSTS".to_owned()),
        (None, true) => ("gsi2", "POSTS".to_owned()),
        (Some(category), false) => ("gsi3", format!("POSTS#{}", category.to_lowercase())),
        (Some(category), true) => ("gsi4", format!("POSTS#{}", category.to_lowercase())),
    };
    let page = app
        .dynamodb
        .query()
        .table_name(&app.table)
        .index_name(index)
        .key_condition_expression("#pk = :pk")
        .expression_attribute_names("#pk", format!("{index}pk"))
        .expression_attribute_values(":pk", AttributeValue::S(list.clone()))
        .scan_index_forward(query.order.as_deref() == Some("asc"))
        .limit(limit)
        .send();
    let shards = app
        .dynamodb
        .query()
        .table_name(&app.table)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(format!("COUNT#{list}")))
        .send();
    let (page, shards) = tokio::join!(page, shards);
    let page = page.map_err(aws_sdk_dynamodb::Error::from)?;
    let shards = shards.map_err(aws_sdk_dynamodb::Error::from)?;
    let mut posts: Vec<Summary> = serde_dynamo::from_items(page.items.unwrap_or_default())?;
    for post in &mut posts {
        post.id = post.id.trim_start_matches("POST#").to_owned();
    }
    let shards: Vec<Shard> = serde_dynamo::from_items(shards.items.unwrap_or_default())?;
    let total: u64 = shards.iter().map(|shard| shard.n).sum();
    Ok(Json(json!({ "posts": posts, "pagination": { "limit": limit, "total": total } })))
}

#[derive(Deserialize)]
pub struct Input {
    title: String,
    content: String,
    category: Option<String>,
    #[serde(default)]
    published: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    pk: String,
    sk: &'a str,
    title: &'a str,
    content: &'a str,
    excerpt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    published: bool,
    author_id: &'a str,
    created_at: &'a str,
    updated_at: &'a str,
    version: u64,
}

pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<Input>,
) -> Result<(StatusCode, Json<Value>), Error> {
    let title = input.title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() || title.chars().count() > 200 || input.content.is_empty() {
        return Err(Error::Client(StatusCode::BAD_REQUEST, "title and content are required"));
    }
    let id = Uuid::now_v7();
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let post = Item {
        pk: format!("POST#{id}"),
        sk: "POST",
        title: &title,
        content: &input.content,
        excerpt: input
            .content
            .char_indices()
            .nth(200)
            .map_or(&*input.content, |(end, _)| &input.content[..end]),
        category: input.category.as_deref(),
        published: input.published,
        author_id: &caller.sub,
        created_at: &now,
        updated_at: &now,
        version: 1,
    };
    let mut item: HashMap<String, AttributeValue> = serde_dynamo::to_item(&post)?;
    let normalised = title.to_lowercase();
    let by_title = format!("{normalised}\u{1f}{id}");
    let author = format!("AUTHOR#{}", caller.sub);
    let mut lists = vec![("gsi5", author.clone(), id.to_string())];
    let mut counters = vec![author];
    if input.published {
        lists.push(("gsi1", "POSTS".to_owned(), id.to_string()));
        lists.push(("gsi2", "POSTS".to_owned(), by_title.clone()));
        counters.push("POSTS".to_owned());
        if let Some(category) = &input.category {
            let list = format!("POSTS#{}", category.to_lowercase());
            lists.push(("gsi3", list.clone(), id.to_string()));
            lists.push(("gsi4", list.clone(), by_title));
            counters.push(list);
        }
    }
    for (index, list, position) in lists {
        item.insert(format!("{index}pk"), AttributeValue::S(list));
        item.insert(format!("{index}sk"), AttributeValue::S(position));
    }
    let mut writes = vec![put(&app.table, item)];
    if input.published {
        writes.push(put(
            &app.table,
            HashMap::from([
                ("pk".to_owned(), AttributeValue::S(format!("TITLE#{normalised}"))),
                ("sk".to_owned(), AttributeValue::S("TITLE".to_owned())),
                ("postId".to_owned(), AttributeValue::S(id.to_string())),
            ]),
        ));
    }
    let shard = id.as_bytes()[15] & 0x0f;
    writes.extend(counters.iter().map(|counter| count(&app.table, counter, shard)));
    let written = app.dynamodb.transact_write_items().set_transact_items(Some(writes)).send().await;
    match written.map_err(aws_sdk_dynamodb::Error::from) {
        Err(aws_sdk_dynamodb::Error::TransactionCanceledException(_)) => {
            return Err(Error::Client(StatusCode::CONFLICT, "The title is taken"));
        }
        written => written?,
    };
    let post = json!({
        "id": id.to_string(), "title": title, "content": input.content, "category": input.category,
        "published": input.published, "authorId": caller.sub, "createdAt": now, "updatedAt": now,
    });
    Ok((StatusCode::CREATED, Json(post)))
}

/// Returns the write of an item that must not exist yet.
pub fn put(table: &str, item: HashMap<String, AttributeValue>) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(pk)");
    TransactWriteItem::builder().put(put.build().expect("all members are set")).build()
}

/// Returns the write that adds one to a counter.
pub fn count(table: &str, counter: &str, shard: u8) -> TransactWriteItem {
    let update = Update::builder()
        .table_name(table)
        .key("pk", AttributeValue::S(format!("COUNT#{counter}")))
        .key("sk", AttributeValue::S(format!("SHARD#{shard:02}")))
        .update_expression("ADD n :one")
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
    TransactWriteItem::builder().update(update.build().expect("all members are set")).build()
}
