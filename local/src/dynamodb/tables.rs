//! The template's tables in the database: missing ones are created, existing ones compared.

use std::collections::BTreeMap;

use dynoxide::Database;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::template::Table;

/// The reason why a table cannot be set up as in the template.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The database refuses the template's definition.
    #[error("table {table}: {reason}")]
    Refused {
        /// The table's name.
        table: String,
        /// The database's words.
        reason: String,
    },
    /// The data on disk has another shape, and no update leads from one to the other.
    #[error(
        "table {table} on disk has other {what} than the template: {on_disk} instead of {wanted}; \
         such a change cannot be made in place, so delete the data directory to start afresh"
    )]
    Differs {
        /// The table's name.
        table: String,
        /// `keys`, or `local indexes`.
        what: &'static str,
        /// The value on disk.
        on_disk: String,
        /// The value in the template.
        wanted: String,
    },
}

/// Creates the table or updates its indexes, and returns a description of each change. Blocks.
pub fn ensure(database: &Database, table: &Table) -> Result<Vec<String>, TableError> {
    let refused = |reason: String| TableError::Refused { table: table.name.clone(), reason };
    let existing = database
        .list_tables(request(json!({})).map_err(refused)?)
        .map_err(|error| refused(error.to_string()))
        .map(|tables| serde_json::to_value(tables).unwrap_or_default())?;
    let exists =
        existing["TableNames"].as_array().is_some_and(|names| names.iter().any(|name| *name == *table.name));
    let mut done = Vec::new();
    if exists {
        let described = database
            .describe_table(request(json!({ "TableName": table.name })).map_err(refused)?)
            .map_err(|error| refused(error.to_string()))?;
        let described = serde_json::to_value(described).unwrap_or_default();
        same_keys(table, &described["Table"])?;
        update_indexes(database, table, &described["Table"], &mut done)?;
    } else {
        database
            .create_table(request(table.create.clone()).map_err(refused)?)
            .map_err(|error| refused(error.to_string()))?;
        done.push(format!("table {} created", table.name));
    }
    if let Some(attribute) = &table.ttl_attribute {
        let ttl = database
            .describe_time_to_live(request(json!({ "TableName": table.name })).map_err(refused)?)
            .map(|ttl| serde_json::to_value(ttl).unwrap_or_default())
            .map_err(|error| refused(error.to_string()))?;
        if ttl["TimeToLiveDescription"]["TimeToLiveStatus"] != "ENABLED" {
            let update = json!({
                "TableName": table.name,
                "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
            });
            database
                .update_time_to_live(request(update).map_err(refused)?)
                .map_err(|error| refused(error.to_string()))?;
        }
    }
    Ok(done)
}

fn request<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string().replace("VALIDATION:", ""))
}

fn same_keys(table: &Table, described: &Value) -> Result<(), TableError> {
    let keys = |definition: &Value| {
        let types = types(definition);
        key_schema(definition, &types)
    };
    let locals = |definition: &Value| indexes(definition, "LocalSecondaryIndexes");
    for (what, on_disk, wanted) in [
        ("keys", keys(described), keys(&table.create)),
        ("local indexes", show(&locals(described)), show(&locals(&table.create))),
    ] {
        if on_disk != wanted {
            return Err(TableError::Differs { table: table.name.clone(), what, on_disk, wanted });
        }
    }
    Ok(())
}

fn update_indexes(
    database: &Database,
    table: &Table,
    described: &Value,
    done: &mut Vec<String>,
) -> Result<(), TableError> {
    let refused = |reason: String| TableError::Refused { table: table.name.clone(), reason };
    let on_disk = indexes(described, "GlobalSecondaryIndexes");
    let wanted = indexes(&table.create, "GlobalSecondaryIndexes");
    let update = |change: Value| -> Result<(), TableError> {
        let update = json!({
            "TableName": table.name,
            "AttributeDefinitions": table.create["AttributeDefinitions"],
            "GlobalSecondaryIndexUpdates": [change],
        });
        database
            .update_table(request(update).map_err(refused)?)
            .map(drop)
            .map_err(|error| refused(error.to_string()))
    };
    for name in on_disk.iter().filter(|(name, shape)| wanted.get(*name) != Some(shape)).map(|(name, _)| name)
    {
        update(json!({ "Delete": { "IndexName": name } }))?;
        done.push(format!("table {}: index {name} removed", table.name));
    }
    for index in table.create["GlobalSecondaryIndexes"].as_array().into_iter().flatten() {
        let name = index["IndexName"].as_str().unwrap_or_default();
        if on_disk.get(name) != wanted.get(name) {
            update(json!({ "Create": index }))?;
            done.push(format!("table {}: index {name} added", table.name));
        }
    }
    Ok(())
}

/// Returns the attributes' types by name.
fn types(definition: &Value) -> Map<String, Value> {
    definition["AttributeDefinitions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|attribute| {
            Some((attribute["AttributeName"].as_str()?.to_owned(), attribute["AttributeType"].clone()))
        })
        .collect()
}

/// Returns the key schema as text: `pk S HASH, sk S RANGE`.
fn key_schema(definition: &Value, types: &Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let keys: Vec<String> = definition["KeySchema"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|key| {
            let name = text(&key["AttributeName"]);
            let kind = types.get(&name).map_or_else(|| "?".to_owned(), text);
            format!("{name} {kind} {}", text(&key["KeyType"]))
        })
        .collect();
    keys.join(", ")
}

/// Returns the shapes of the indexes, that is keys and projection, by name.
fn indexes(definition: &Value, property: &str) -> BTreeMap<String, String> {
    let types = types(definition);
    definition[property]
        .as_array()
        .into_iter()
        .flatten()
        .map(|index| {
            let projection = &index["Projection"];
            let mut attributes: Vec<&str> = projection["NonKeyAttributes"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            attributes.sort_unstable();
            let shape = format!(
                "{} projecting {} {}",
                key_schema(index, &types),
                projection["ProjectionType"].as_str().unwrap_or("?"),
                attributes.join(" ")
            );
            (index["IndexName"].as_str().unwrap_or_default().to_owned(), shape)
        })
        .collect()
}

fn show(indexes: &BTreeMap<String, String>) -> String {
    let shown: Vec<String> = indexes.iter().map(|(name, shape)| format!("{name} ({shape})")).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(indexes: &[&str], sort_key_type: &str) -> Table {
        let mut attributes = vec![
            json!({"AttributeName": "pk", "AttributeType": "S"}),
            json!({"AttributeName": "sk", "AttributeType": sort_key_type}),
        ];
        let mut create = json!({
            "TableName": "things",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        });
        if !indexes.is_empty() {
            create["GlobalSecondaryIndexes"] = indexes
                .iter()
                .map(|name| {
                    json!({
                        "IndexName": name,
                        "KeySchema": [{"AttributeName": format!("{name}pk"), "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]},
                    })
                })
                .collect();
            attributes.extend(
                indexes
                    .iter()
                    .map(|name| json!({"AttributeName": format!("{name}pk"), "AttributeType": "S"})),
            );
        }
        create["AttributeDefinitions"] = attributes.into();
        Table {
            name: "things".to_owned(),
            logical_id: "Things".to_owned(),
            create,
            ttl_attribute: Some("expiresAt".to_owned()),
        }
    }

    #[test]
    fn a_table_is_made_once() {
        let database = Database::memory().unwrap();
        assert_eq!(ensure(&database, &table(&["gsi1"], "S")).unwrap(), ["table things created"]);
        assert_eq!(ensure(&database, &table(&["gsi1"], "S")).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn indexes_follow_the_template() {
        let database = Database::memory().unwrap();
        ensure(&database, &table(&["gsi1"], "S")).unwrap();
        assert_eq!(
            ensure(&database, &table(&["gsi2", "gsi3"], "S")).unwrap(),
            [
                "table things: index gsi1 removed",
                "table things: index gsi2 added",
                "table things: index gsi3 added"
            ]
        );
        assert_eq!(ensure(&database, &table(&["gsi2", "gsi3"], "S")).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn other_keys_are_an_error_that_says_what_to_do() {
        let database = Database::memory().unwrap();
        ensure(&database, &table(&[], "S")).unwrap();
        let error = ensure(&database, &table(&[], "N")).unwrap_err().to_string();
        assert!(error.contains("sk S RANGE instead of pk S HASH, sk N RANGE"), "{error}");
        assert!(error.contains("delete the data directory"), "{error}");
    }
}
