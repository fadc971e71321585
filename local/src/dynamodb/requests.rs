//! Calls of `DynamoDB` as IAM sees them: actions, resources and condition keys.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>,
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html>,
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>

use std::collections::BTreeSet;

use serde_json::Value;

use super::expression;
use crate::iam::{Context, Request};
use crate::template::{ACCOUNT_ID, REGION, Table};

/// The parts of transactions, and the actions that allow them.
const PARTS: [(&str, &str); 5] = [
    ("ConditionCheck", "ConditionCheckItem"),
    ("Delete", "DeleteItem"),
    ("Get", "GetItem"),
    ("Put", "PutItem"),
    ("Update", "UpdateItem"),
];

/// Members of a call that name attributes by an expression.
const EXPRESSIONS: [&str; 5] = [
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
];

/// Members of a call whose own members are attributes.
const ATTRIBUTE_MAPS: [&str; 7] =
    ["AttributeUpdates", "Expected", "Item", "Key", "KeyConditions", "QueryFilter", "ScanFilter"];

/// Lists what a call needs: one request, or one for each part of a transaction and each table of a batch.
///
/// Returns `None` for `PartiQL`, which is not evaluated.
pub(super) fn requests(operation: &str, call: &Value, tables: &[Table]) -> Option<Vec<Request>> {
    Some(match operation {
        "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction" => return None,
        "TransactGetItems" | "TransactWriteItems" => {
            let items = call["TransactItems"].as_array().map_or(&[][..], Vec::as_slice);
            items.iter().flat_map(|item| parts(operation, item, tables)).collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let of_tables = call["RequestItems"].as_object().into_iter().flatten();
            of_tables.map(|(table, items)| batch(operation, table, items, tables)).collect()
        }
        _ => vec![one(operation, call, tables)],
    })
}

fn parts(operation: &str, item: &Value, tables: &[Table]) -> Vec<Request> {
    let parts = PARTS.iter().filter_map(|(name, action)| Some((item.get(name)?, action)));
    parts
        .map(|(part, action)| {
            let request = one(action, part, tables);
            Request { context: request.context.with("dynamodb:EnclosingOperation", operation), ..request }
        })
        .collect()
}

/// All that a batch does with a table, together.
fn batch(operation: &str, table: &str, items: &Value, tables: &[Table]) -> Request {
    let keys = |item: &Value| match operation {
        "BatchGetItem" => Some(item.clone()),
        _ => item["PutRequest"].get("Item").or(item["DeleteRequest"].get("Key")).cloned(),
    };
    let list = if operation == "BatchGetItem" { &items["Keys"] } else { items };
    let items_or_keys: Vec<Value> = list.as_array().into_iter().flatten().filter_map(keys).collect();
    let partition_key = find(tables, table).and_then(|table| partition_key(&table.create));
    let leading =
        items_or_keys.iter().filter_map(|item| text(&item[partition_key?])).collect::<BTreeSet<_>>();
    let mut attributes: BTreeSet<String> = items_or_keys.iter().flat_map(members).collect();
    attributes.extend(named_attributes(items));
    let context = Context::default()
        .with_all("dynamodb:LeadingKeys", leading)
        .with_all("dynamodb:Attributes", attributes);
    let context = if operation == "BatchGetItem" { with_select(context, items, false) } else { context };
    Request { action: format!("dynamodb:{operation}"), resource: table_arn(table), context }
}

fn one(operation: &str, call: &Value, tables: &[Table]) -> Request {
    let action = format!("dynamodb:{operation}");
    // Streams and tags are called by ARNs.
    if let Some(arn) = call["StreamArn"].as_str().or(call["ResourceArn"].as_str()) {
        return Request { action, resource: arn.to_owned(), context: Context::default() };
    }
    let Some(name) = call["TableName"].as_str() else {
        return Request { action, resource: "*".to_owned(), context: Context::default() };
    };
    let index = call["IndexName"].as_str();
    let resource = match index {
        Some(index) => format!("{}/index/{index}", table_arn(name)),
        None => table_arn(name),
    };
    let keys = find(tables, name).and_then(|table| match index {
        Some(index) => partition_key(definition(&table.create, index)?),
        None => partition_key(&table.create),
    });
    let mut context = Context::default()
        .with_all("dynamodb:LeadingKeys", keys.and_then(|key| leading_key(call, key)))
        .with_all("dynamodb:Attributes", named_attributes(call));
    for (member, key) in [
        ("ReturnConsumedCapacity", "dynamodb:ReturnConsumedCapacity"),
        ("ReturnValues", "dynamodb:ReturnValues"),
    ] {
        if let Some(value) = call[member].as_str() {
            context = context.with(key, value);
        }
    }
    if matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem") && call["ReturnValues"].is_null() {
        context = context.with("dynamodb:ReturnValues", "NONE");
    }
    if matches!(operation, "GetItem" | "Query" | "Scan") {
        context = with_select(context, call, index.is_some());
    }
    Request { action, resource, context }
}

/// Adds `dynamodb:Select`: as the call says, or else as its projection implies.
fn with_select(context: Context, call: &Value, of_index: bool) -> Context {
    let projects = call.get("ProjectionExpression").or(call.get("AttributesToGet")).is_some();
    let implied = match (projects, of_index) {
        (true, _) => "SPECIFIC_ATTRIBUTES",
        (false, true) => "ALL_PROJECTED_ATTRIBUTES",
        (false, false) => "ALL_ATTRIBUTES",
    };
    context.with("dynamodb:Select", call["Select"].as_str().unwrap_or(implied))
}

/// The value of the partition key that a call is about.
fn leading_key(call: &Value, key: &str) -> Option<String> {
    let of_item = call["Key"].get(key).or(call["Item"].get(key));
    let of_query = || {
        let condition = &call["KeyConditions"][key];
        let is_equal = condition["ComparisonOperator"] == "EQ";
        is_equal.then(|| condition["AttributeValueList"].get(0)).flatten()
    };
    let of_expression = || {
        let expression = call["KeyConditionExpression"].as_str()?;
        let value = expression::equal_to(expression, key, &call["ExpressionAttributeNames"])?;
        call["ExpressionAttributeValues"].get(value)
    };
    text(of_item.or_else(of_query).or_else(of_expression)?)
}

/// The names of all attributes that a call is about, as far as it names them.
fn named_attributes(call: &Value) -> BTreeSet<String> {
    let mut names: BTreeSet<String> =
        ATTRIBUTE_MAPS.iter().flat_map(|member| members(&call[member])).collect();
    let listed = call["AttributesToGet"].as_array().into_iter().flatten();
    names.extend(listed.filter_map(Value::as_str).map(str::to_owned));
    for expression in EXPRESSIONS.iter().filter_map(|member| call[member].as_str()) {
        names.extend(expression::attributes(expression, &call["ExpressionAttributeNames"]));
    }
    names
}

fn members(value: &Value) -> Vec<String> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// A key's value as a text; `None` if it is none that a key can have.
fn text(value: &Value) -> Option<String> {
    ["S", "N", "B"].iter().find_map(|kind| value[kind].as_str()).map(str::to_owned)
}

/// The table that a call names by its name or its ARN.
fn find<'t>(tables: &'t [Table], name: &str) -> Option<&'t Table> {
    tables.iter().find(|table| table.name == name || table_arn(&table.name) == name)
}

fn table_arn(name: &str) -> String {
    if name.starts_with("arn:") {
        name.to_owned()
    } else {
        format!("arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}")
    }
}

/// The definition of an index.
fn definition<'t>(table: &'t Value, index: &str) -> Option<&'t Value> {
    let indexes = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"];
    let mut definitions = indexes.iter().flat_map(|kind| table[kind].as_array().into_iter().flatten());
    definitions.find(|definition| definition["IndexName"] == index)
}

fn partition_key(definition: &Value) -> Option<&str> {
    let keys = definition["KeySchema"].as_array()?;
    keys.iter().find(|key| key["KeyType"] == "HASH")?["AttributeName"].as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/T";

    fn asked(operation: &str, call: &Value) -> Vec<(String, String, Vec<String>, Vec<String>)> {
        let create = json!({
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "GlobalSecondaryIndexes": [
                {"IndexName": "gsi1", "KeySchema": [{"AttributeName": "gsi1pk", "KeyType": "HASH"}]}]
        });
        let table = Table { name: "T".to_owned(), logical_id: "T".to_owned(), create, ttl_attribute: None };
        let list = |request: &Request, key| request.context.get(key).unwrap_or_default().to_vec();
        requests(operation, call, &[table])
            .unwrap()
            .iter()
            .map(|request| {
                let resource = request.resource.replace(ARN, "T");
                let (keys, names) =
                    (list(request, "dynamodb:LeadingKeys"), list(request, "dynamodb:Attributes"));
                (request.action.replace("dynamodb:", ""), resource, keys, names)
            })
            .collect()
    }

    fn expected(of: &[(&str, &str, &[&str], &[&str])]) -> Vec<(String, String, Vec<String>, Vec<String>)> {
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        let all = of.iter().map(|(action, resource, keys, names)| {
            ((*action).to_owned(), (*resource).to_owned(), list(keys), list(names))
        });
        all.collect()
    }

    #[test]
    fn an_item_is_asked_for_by_its_key() {
        let key = json!({"pk": {"S": "a"}, "sk": {"S": "b"}});
        for name in ["T", ARN] {
            let call = json!({"TableName": name, "Key": key, "UpdateExpression": "SET #n = :v REMOVE b.c[0]",
                "ExpressionAttributeNames": {"#n": "name"}, "ConditionExpression": "attribute_exists(pk) AND size(d) > :v"});
            let wanted = expected(&[("UpdateItem", "T", &["a"], &["b", "d", "name", "pk", "sk"])]);
            assert_eq!(asked("UpdateItem", &call), wanted);
        }
        let call = json!({"TableName": "T", "Item": {"pk": {"N": "7"}, "x": {"S": ""}}});
        assert_eq!(asked("PutItem", &call), expected(&[("PutItem", "T", &["7"], &["pk", "x"])]));
    }

    #[test]
    fn a_query_is_asked_by_the_value_of_its_partition_key() {
        let values = json!({":v": {"S": "a"}, ":w": {"S": "b"}});
        for (expression, names) in [
            ("gsi1pk = :v AND begins_with(sk, :w)", &["gsi1pk", "sk"][..]),
            ("begins_with(sk, :w) and (#p=:v)", &["gsi1pk", "sk"]),
        ] {
            let call = json!({"TableName": "T", "IndexName": "gsi1", "KeyConditionExpression": expression,
                "ExpressionAttributeNames": {"#p": "gsi1pk"}, "ExpressionAttributeValues": values});
            assert_eq!(asked("Query", &call), expected(&[("Query", "T/index/gsi1", &["a"], names)]));
        }
        let call = json!({"TableName": "T", "KeyConditions": {
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}}});
        assert_eq!(asked("Query", &call), expected(&[("Query", "T", &["a"], &["pk"])]));
        assert_eq!(asked("Scan", &json!({"TableName": "T"})), expected(&[("Scan", "T", &[], &[])]));
    }

    #[test]
    fn a_transaction_is_asked_for_part_by_part() {
        let key = |value: &str| json!({"pk": {"S": value}});
        let call = json!({"TransactItems": [
            {"Put": {"TableName": "T", "Item": key("a")}},
            {"Delete": {"TableName": "T", "Key": key("b")}},
            {"ConditionCheck": {"TableName": "T", "Key": key("c"), "ConditionExpression": "v = :v"}},
        ]});
        let wanted = expected(&[
            ("PutItem", "T", &["a"], &["pk"]),
            ("DeleteItem", "T", &["b"], &["pk"]),
            ("ConditionCheckItem", "T", &["c"], &["pk", "v"]),
        ]);
        assert_eq!(asked("TransactWriteItems", &call), wanted);
        let request = &requests("TransactWriteItems", &call, &[]).unwrap()[0];
        let enclosing = request.context.get("dynamodb:EnclosingOperation").unwrap();
        assert_eq!(enclosing, ["TransactWriteItems"]);
    }

    #[test]
    fn a_batch_is_asked_for_table_by_table_under_its_own_name() {
        let key = |value: &str| json!({"pk": {"S": value}});
        let call = json!({"RequestItems": {
            "T": [{"PutRequest": {"Item": key("a")}}, {"DeleteRequest": {"Key": key("b")}}],
            "U": [{"PutRequest": {"Item": key("c")}}],
        }});
        let other = "arn:aws:dynamodb:us-east-1:000000000000:table/U";
        let wanted = expected(&[
            ("BatchWriteItem", "T", &["a", "b"], &["pk"]),
            ("BatchWriteItem", other, &[], &["pk"]),
        ]);
        assert_eq!(asked("BatchWriteItem", &call), wanted);
        let call =
            json!({"RequestItems": {"T": {"Keys": [key("a"), key("a")], "ProjectionExpression": "x"}}});
        assert_eq!(asked("BatchGetItem", &call), expected(&[("BatchGetItem", "T", &["a"], &["pk", "x"])]));
    }

    #[test]
    fn what_names_no_table_is_asked_for_on_everything_or_an_arn() {
        assert_eq!(asked("ListTables", &json!({})), expected(&[("ListTables", "*", &[], &[])]));
        let stream = json!({"StreamArn": format!("{ARN}/stream/local")});
        assert_eq!(
            asked("DescribeStream", &stream),
            expected(&[("DescribeStream", "T/stream/local", &[], &[])])
        );
        assert_eq!(requests("ExecuteStatement", &json!({"Statement": "SELECT * FROM T"}), &[]), None);
    }
}
