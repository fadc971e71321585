//! Another evaluator of IAM policies decides as ours does.

use std::path::Path;

use local::iam::{Context, Decision, Policies, Request, Statement, decide};
use serde_json::{Map, Value, json};

use super::{command, is_installed, run};

const CASES: usize = 2000;

const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/Table";

/// Actions, each with a resource and the condition keys that its requests have: "Actions, resources, and condition keys
/// for" DynamoDB and S3 of the service authorization reference. Requests of all services have the keys `aws:`.
const ACTIONS: [(&str, &str, &[&str]); 5] = [
    ("dynamodb:GetItem", TABLE, &["dynamodb:LeadingKeys", "dynamodb:Attributes", "dynamodb:Select"]),
    ("dynamodb:PutItem", TABLE, &["dynamodb:LeadingKeys", "dynamodb:Attributes", "dynamodb:ReturnValues"]),
    ("dynamodb:UpdateItem", TABLE, &["dynamodb:LeadingKeys", "dynamodb:Attributes", "dynamodb:ReturnValues"]),
    ("s3:ListBucket", "arn:aws:s3:::files", &["s3:prefix"]),
    ("s3:GetObject", "arn:aws:s3:::files/incoming/1", &[]),
];

/// Condition keys with values that policies and requests have: those of several values first.
const KEYS: [(&str, &[&str]); 8] = [
    ("dynamodb:LeadingKeys", &["USER#1", "USER#2", "EMAIL#a", "POST#1", "USER"]),
    ("dynamodb:Attributes", &["pk", "name", "role"]),
    ("dynamodb:Select", &["ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT"]),
    ("dynamodb:ReturnValues", &["NONE", "ALL_OLD", "UPDATED_NEW"]),
    ("s3:prefix", &["incoming/", "files/1", "files/"]),
    ("aws:SecureTransport", &["true", "false"]),
    ("aws:MultiFactorAuthAge", &["5", "10", "300"]),
    (
        "aws:SourceArn",
        &["arn:aws:s3:::files", "arn:aws:s3:::other", "arn:aws:sns:us-east-1:000000000000:topic"],
    ),
];

const TEXT_OPERATORS: [&str; 6] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
];

/// Choices that are the same in every run.
struct Choices(u64);

impl Choices {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % count
    }

    fn one<'c>(&mut self, of: &[&'c str]) -> &'c str {
        of[self.below(of.len())]
    }

    fn is(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    /// One to three of these.
    fn some(&mut self, of: &[&str]) -> Vec<String> {
        let count = 1 + self.below(3);
        (0..count).map(|_| self.one(of).to_owned()).collect()
    }

    fn statement(&mut self) -> Value {
        let actions = [
            "dynamodb:GetItem",
            "dynamodb:*",
            "dynamodb:Get*",
            "DynamoDB:putitem",
            "dynamodb:?utItem",
            "s3:*",
            "s3:List*",
            "*",
        ];
        let resources = [
            TABLE,
            "arn:aws:dynamodb:*:*:table/Table",
            "arn:aws:dynamodb:us-east-1:000000000000:table/*",
            "arn:aws:dynamodb:us-east-1:000000000000:table/Other",
            "arn:aws:s3:::files*",
            "arn:aws:s3:::files/incoming/*",
            "*",
        ];
        let mut statement = json!({"Effect": if self.is(4) { "Deny" } else { "Allow" }});
        let (action, resource) = (
            if self.is(8) { "NotAction" } else { "Action" },
            if self.is(8) { "NotResource" } else { "Resource" },
        );
        statement[action] = json!(self.some(&actions));
        statement[resource] = json!(self.some(&resources));
        let mut conditions = Map::new();
        for _ in 0..self.below(3) {
            let (operator, key, value) = self.condition();
            conditions.entry(operator).or_insert_with(|| json!({}))[key] = value;
        }
        if !conditions.is_empty() {
            statement["Condition"] = Value::Object(conditions);
        }
        statement
    }

    fn condition(&mut self) -> (String, &'static str, Value) {
        let (key, values) = KEYS[self.below(KEYS.len())];
        if self.is(5) {
            return ("Null".to_owned(), key, json!(self.one(&["true", "false"])));
        }
        let (operator, value) = match key {
            "aws:SecureTransport" => ("Bool", json!(self.one(values))),
            "aws:MultiFactorAuthAge" => {
                let operators = [
                    "NumericEquals",
                    "NumericNotEquals",
                    "NumericLessThan",
                    "NumericLessThanEquals",
                    "NumericGreaterThan",
                    "NumericGreaterThanEquals",
                ];
                (self.one(&operators), json!(self.one(values)))
            }
            "aws:SourceArn" => {
                let patterns = ["arn:aws:s3:::files", "arn:aws:s3:::*", "arn:aws:*:*:*:*"];
                (
                    self.one(&["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]),
                    json!(self.some(&patterns)),
                )
            }
            _ => {
                let mut patterns = values.to_vec();
                patterns.extend(["USER#*", "*#?", "user#1", "n*", "none", "FILES/?"]);
                (self.one(&TEXT_OPERATORS), json!(self.some(&patterns)))
            }
        };
        let has_several = ["dynamodb:LeadingKeys", "dynamodb:Attributes"].contains(&key);
        let set = if has_several { self.one(&["ForAllValues:", "ForAnyValue:"]) } else { "" };
        let if_exists = if self.is(4) { "IfExists" } else { "" };
        (format!("{set}{operator}{if_exists}"), key, value)
    }

    fn request(&mut self) -> Request {
        let (action, resource, keys) = ACTIONS[self.below(ACTIONS.len())];
        let mut context = Context::default();
        for (key, values) in KEYS {
            if self.is(2) || !(keys.contains(&key) || key.starts_with("aws:")) {
                continue;
            }
            let has_several = ["dynamodb:LeadingKeys", "dynamodb:Attributes"].contains(&key);
            let values = if has_several { self.some(values) } else { vec![self.one(values).to_owned()] };
            context = context.with_all(key, values);
        }
        Request { action: action.to_owned(), resource: resource.to_owned(), context }
    }
}

#[test]
fn iam_simulate_decides_as_we_do() {
    let node = Path::new("node");
    let probe = command(node, &["--input-type=module", "--eval", "import '@cloud-copilot/iam-simulate'"]);
    if !is_installed("@cloud-copilot/iam-simulate", probe) {
        return;
    }
    let mut choices = Choices(1);
    let cases: Vec<(Value, Request)> = (0..CASES)
        .map(|_| {
            let statements: Vec<Value> = (0..=choices.below(3)).map(|_| choices.statement()).collect();
            (json!({"Version": "2012-10-17", "Statement": statements}), choices.request())
        })
        .collect();
    let asked: Vec<Value> =
        cases.iter().map(|(policy, request)| json!({"policy": policy, "request": request})).collect();
    let theirs: Vec<String> = run(command(node, &["iam.mjs"]), &json!(asked));
    assert_eq!(theirs.len(), CASES);
    let mut counts = [0; 3];
    for ((policy, request), theirs) in cases.iter().zip(&theirs) {
        let of_role = Statement::of_role(policy).unwrap();
        let policies =
            Policies { role: "arn:aws:iam::000000000000:role/r", of_role: &of_role, of_resource: &[] };
        let (ours, index) = match decide(policies, request) {
            Decision::Allowed(_) => ("Allowed", 0),
            Decision::Denied(_) => ("ExplicitlyDenied", 1),
            Decision::NotAllowed => ("ImplicitlyDenied", 2),
        };
        counts[index] += 1;
        assert_eq!(ours, theirs, "{policy:#}\n{request:#?}");
    }
    assert!(counts.iter().all(|count| *count > CASES / 20), "the cases are of all kinds: {counts:?}");
}
