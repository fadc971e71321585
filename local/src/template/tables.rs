//! Tables, as requests to create them.

use serde_json::Value;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::Table;
use super::yaml::Node;

/// The properties of a table that `CreateTable` takes. Backups, encryption and protection are not emulated.
const TABLE_PROPERTIES: [&str; 7] = [
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
    "StreamSpecification",
];

pub(super) fn table(
    resolver: &Resolver<'_>,
    logical_id: &str,
    resource: &Node,
) -> Result<Table, TemplateError> {
    let properties = resource.get("Properties").ok_or_else(|| resource.error("a table needs Properties"))?;
    let name = match properties.get("TableName") {
        Some(name) => resolver.text(name)?,
        None => logical_id.to_owned(),
    };
    let mut create = serde_json::Map::new();
    create.insert("TableName".to_owned(), name.clone().into());
    for property in TABLE_PROPERTIES {
        if let Some(node) = properties.get(property)
            && let Some(value) = resolver.resolve(node)?
        {
            create.insert(property.to_owned(), value);
        }
    }
    if let Some(Value::Object(stream)) = create.get_mut("StreamSpecification") {
        stream.insert("StreamEnabled".to_owned(), true.into());
    }
    for indexes in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        for index in create.get_mut(indexes).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(index) = index {
                index.retain(|key, _| {
                    matches!(key.as_str(), "IndexName" | "KeySchema" | "Projection" | "ProvisionedThroughput")
                });
            }
        }
    }
    let ttl_attribute = match properties.get("TimeToLiveSpecification") {
        Some(node) => match resolver.resolve(node)? {
            Some(ttl) if ttl["Enabled"] == true || ttl["Enabled"] == "true" => {
                ttl["AttributeName"].as_str().map(str::to_owned)
            }
            _ => None,
        },
        None => None,
    };
    Ok(Table { name, logical_id: logical_id.to_owned(), create: Value::Object(create), ttl_attribute })
}
