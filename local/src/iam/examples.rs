//! The examples of AWS's documentation, with what it says they allow and deny.

use serde_json::{Value, json};

use super::{Context, Decision, Policies, Request, Statement, decide};

const GAME_SCORES: &str = "arn:aws:dynamodb:us-west-2:123456789012:table/GameScores";

fn policy(statements: &Value) -> Vec<Statement> {
    Statement::of_role(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn is_allowed(of_role: &[Statement], action: &str, resource: &str, context: Context) -> bool {
    let policies = Policies { role: "arn:aws:iam::123456789012:role/r", of_role, of_resource: &[] };
    let request = Request { action: action.to_owned(), resource: resource.to_owned(), context };
    matches!(decide(policies, &request), Decision::Allowed(_))
}

fn all(context: Context, key: &str, values: &[&str]) -> Context {
    context.with_all(key, values.iter().map(|value| (*value).to_owned()))
}

/// Amazon DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control": permissions that limit
/// access to items with a specific partition key value.
#[test]
fn dynamodb_items_of_one_partition_key_value() {
    let policy = policy(&json!([{
        "Sid": "FullAccessToUserItems",
        "Effect": "Allow",
        "Action": [
            "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem",
            "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"
        ],
        "Resource": [GAME_SCORES],
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${www.amazon.com:user_id}"]}}
    }]));
    let ask = |action: &str, keys: &[&str]| {
        let context = Context::default().with("www.amazon.com:user_id", "ada");
        is_allowed(&policy, action, GAME_SCORES, all(context, "dynamodb:LeadingKeys", keys))
    };
    assert!(ask("dynamodb:GetItem", &["ada"]) && ask("dynamodb:BatchWriteItem", &["ada", "ada"]));
    assert!(!ask("dynamodb:GetItem", &["bob"]) && !ask("dynamodb:BatchGetItem", &["ada", "bob"]));
    // "Scan is not in the policy: it returns all items regardless of the leading keys."
    assert!(!ask("dynamodb:Scan", &[]));
    // The important note about `ForAllValues`: true without the key, unless a `Null` stands beside it.
    assert!(ask("dynamodb:Query", &[]));
}

/// The same page: permissions that limit access to specific attributes in a table.
#[test]
fn dynamodb_specific_attributes() {
    let policy = policy(&json!([{
        "Sid": "LimitAccessToSpecificAttributes",
        "Effect": "Allow",
        "Action": ["dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:Scan"],
        "Resource": [GAME_SCORES],
        "Condition": {
            "ForAllValues:StringEquals": {"dynamodb:Attributes": ["UserId", "TopScore"]},
            "StringEqualsIfExists": {
                "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
                "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]
            }
        }
    }]));
    let ask = |action: &str, attributes: &[&str], key: &str, value: &str| {
        let context = all(Context::default(), "dynamodb:Attributes", attributes).with(key, value);
        is_allowed(&policy, action, GAME_SCORES, context)
    };
    assert!(ask("dynamodb:GetItem", &["UserId", "TopScore"], "dynamodb:Select", "SPECIFIC_ATTRIBUTES"));
    assert!(ask("dynamodb:UpdateItem", &["UserId", "TopScore"], "dynamodb:ReturnValues", "UPDATED_NEW"));
    assert!(!ask("dynamodb:Query", &["UserId"], "dynamodb:Select", "ALL_ATTRIBUTES"));
    assert!(!ask("dynamodb:UpdateItem", &["UserId", "TopScore"], "dynamodb:ReturnValues", "ALL_OLD"));
    assert!(!ask("dynamodb:GetItem", &["UserId", "Wins"], "dynamodb:Select", "SPECIFIC_ATTRIBUTES"));
}

/// The same page: permissions to prevent updates on certain attributes.
#[test]
fn dynamodb_all_but_certain_attributes() {
    let policy = policy(&json!([{
        "Sid": "PreventUpdatesOnCertainAttributes",
        "Effect": "Allow",
        "Action": ["dynamodb:UpdateItem"],
        "Resource": GAME_SCORES,
        "Condition": {
            "ForAllValues:StringNotLike": {"dynamodb:Attributes": ["FreeGamesAvailable", "BossLevelUnlocked"]},
            "StringEquals": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]}
        }
    }]));
    let ask = |attributes: &[&str], returned: &str| {
        let context = all(Context::default(), "dynamodb:Attributes", attributes);
        let context = context.with("dynamodb:ReturnValues", returned);
        is_allowed(&policy, "dynamodb:UpdateItem", GAME_SCORES, context)
    };
    assert!(ask(&["UserId", "TopScore"], "NONE"));
    assert!(!ask(&["UserId", "BossLevelUnlocked"], "NONE") && !ask(&["UserId"], "ALL_NEW"));
}

/// The same page: permissions to query only projected attributes in an index.
#[test]
fn dynamodb_projected_attributes_of_an_index() {
    let index = format!("{GAME_SCORES}/index/TopScoreDateTimeIndex");
    let policy = policy(&json!([{
        "Sid": "QueryOnlyProjectedIndexAttributes",
        "Effect": "Allow",
        "Action": ["dynamodb:Query"],
        "Resource": [index],
        "Condition": {
            "ForAllValues:StringEquals": {
                "dynamodb:Attributes": ["TopScoreDateTime", "GameTitle", "Wins", "Losses", "Attempts"]
            },
            "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}
        }
    }]));
    let ask = |resource: &str, attribute: &str| {
        let context = Context::default().with("dynamodb:Select", "SPECIFIC_ATTRIBUTES");
        is_allowed(&policy, "dynamodb:Query", resource, context.with("dynamodb:Attributes", attribute))
    };
    assert!(ask(&index, "Wins"));
    assert!(!ask(&index, "UserId") && !ask(GAME_SCORES, "Wins"));
}

/// The same page: permissions to limit access to certain attributes and partition key values.
#[test]
fn dynamodb_attributes_and_partition_key_values() {
    let policy = policy(&json!([{
        "Sid": "LimitAccessToCertainAttributesAndKeyValues",
        "Effect": "Allow",
        "Action": ["dynamodb:UpdateItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"],
        "Resource": [GAME_SCORES, format!("{GAME_SCORES}/index/TopScoreDateTimeIndex")],
        "Condition": {
            "ForAllValues:StringEquals": {
                "dynamodb:LeadingKeys": ["${graph.facebook.com:id}"],
                "dynamodb:Attributes": ["attribute-A", "attribute-B"]
            },
            "StringEqualsIfExists": {
                "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
                "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]
            }
        }
    }]));
    let ask = |key: &str, attribute: &str| {
        let context = Context::default().with("graph.facebook.com:id", "1").with("dynamodb:LeadingKeys", key);
        is_allowed(&policy, "dynamodb:GetItem", GAME_SCORES, context.with("dynamodb:Attributes", attribute))
    };
    assert!(ask("1", "attribute-A"));
    assert!(!ask("2", "attribute-A") && !ask("1", "attribute-C"));
}

/// Amazon DynamoDB developer guide, "Using IAM with DynamoDB transactions", examples 1 to 3.
#[test]
fn dynamodb_transactions() {
    let table = "arn:aws:dynamodb:us-west-2:123456789012:table/table04";
    let statement = |effect: &str| {
        json!({
            "Effect": effect,
            "Action": [
                "dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
                "dynamodb:GetItem"
            ],
            "Resource": ["arn:aws:dynamodb:*:*:table/table04"]
        })
    };
    let in_transactions = |effect: &str| {
        let mut statement = statement(effect);
        let operations = json!(["TransactWriteItems", "TransactGetItems"]);
        statement["Condition"] =
            json!({"ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": operations}});
        statement
    };
    let [any, only, none] = [
        policy(&json!([statement("Allow")])),
        policy(&json!([in_transactions("Allow")])),
        policy(&json!([in_transactions("Deny"), statement("Allow")])),
    ];
    let single = Context::default;
    let part = || Context::default().with("dynamodb:EnclosingOperation", "TransactWriteItems");
    for (policy, alone, in_transaction) in [(any, true, true), (only, false, true), (none, true, false)] {
        assert_eq!(is_allowed(&policy, "dynamodb:PutItem", table, single()), alone);
        assert_eq!(is_allowed(&policy, "dynamodb:PutItem", table, part()), in_transaction);
    }
}

/// IAM user guide, "Multivalued context key examples": deny policies with the set operators.
#[test]
fn tag_keys_with_set_operators() {
    let with = |operator: &str| {
        policy(&json!([
            {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
            {
                "Effect": "Deny",
                "Action": ["iam:Tag*", "iam:UntagUser"],
                "Resource": ["*"],
                "Condition": {operator: {"aws:TagKeys": ["key1*", "key2"]}, "Null": {"aws:TagKeys": "false"}}
            }
        ]))
    };
    let ask = |operator: &str, keys: &[&str]| {
        is_allowed(&with(operator), "iam:TagRole", "*", all(Context::default(), "aws:TagKeys", keys))
    };
    for (keys, of_all, of_any) in [
        (&["key1:legal", "key2"][..], false, false),
        (&["key1:hr", "key3"], true, false),
        (&["key3"], true, true),
        (&[], true, true),
    ] {
        assert_eq!(ask("ForAllValues:StringLike", keys), of_all, "{keys:?}");
        assert_eq!(ask("ForAnyValue:StringLike", keys), of_any, "{keys:?}");
    }
}

/// IAM user guide, "Amazon S3: Allows IAM users access to their S3 home directory".
#[test]
fn s3_home_directories() {
    let policy = policy(&json!([
        {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:GetBucketLocation"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::amzn-s3-demo-bucket",
            "Condition": {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/*"]}}
        },
        {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": [
                "arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}",
                "arn:aws:s3:::amzn-s3-demo-bucket/home/${aws:username}/*"
            ]
        }
    ]));
    let bucket = "arn:aws:s3:::amzn-s3-demo-bucket";
    let ada = || Context::default().with("aws:username", "ada");
    assert!(is_allowed(&policy, "s3:ListAllMyBuckets", "*", ada()));
    for (prefix, allowed) in [("", true), ("home/", true), ("home/ada/x", true), ("home/bob/", false)] {
        assert_eq!(is_allowed(&policy, "s3:ListBucket", bucket, ada().with("s3:prefix", prefix)), allowed);
    }
    for (key, allowed) in [("home/ada/a b", true), ("home/bob/a", false), ("home/ada2/a", false)] {
        assert_eq!(is_allowed(&policy, "s3:PutObject", &format!("{bucket}/{key}"), ada()), allowed, "{key}");
    }
}

/// IAM user guide, "IAM JSON policy elements: `NotAction`" and "`NotResource`".
#[test]
fn all_but_some_actions_and_resources() {
    let policy = policy(&json!([
        {"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "arn:aws:s3:::*"},
        {
            "Effect": "Deny",
            "Action": "s3:*",
            "NotResource": ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"]
        }
    ]));
    for (action, resource, allowed) in [
        ("s3:GetObject", "arn:aws:s3:::HRBucket/Payroll/1", true),
        ("s3:DeleteBucket", "arn:aws:s3:::HRBucket/Payroll", false),
        ("s3:GetObject", "arn:aws:s3:::HRBucket/Other", false),
    ] {
        assert_eq!(is_allowed(&policy, action, resource, Context::default()), allowed, "{action} {resource}");
    }
}
