//! The grants that a record of calls needs.

#![expect(clippy::unwrap_used, reason = "the functions below are of tests only")]

use std::collections::BTreeMap;

use local::template::Template;
use xtask::iam::{Report, calls};

const TEMPLATE: &str = r#"
Resources:
  UsersFunction:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Version: "2012-10-17"
          Statement:
            - Sid: Write
              Effect: Allow
              Action: [dynamodb:PutItem, dynamodb:DeleteItem]
              Resource: arn:aws:dynamodb:us-east-1:000000000000:table/T
              Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["USER#*", "EMAIL#*"] } }
"#;

fn report(record: &[(&str, &str)]) -> Report {
    let template = Template::parse(TEMPLATE, &BTreeMap::new(), "us-east-1").unwrap();
    let line = |(action, key): &(&str, &str)| {
        format!(
            "{{\"function\":\"users\",\"action\":\"dynamodb:{action}\",\"context\":{{\"dynamodb:LeadingKeys\":[\"{key}\"]}},\
             \"resource\":\"arn:aws:dynamodb:us-east-1:000000000000:table/T\"}}"
        )
    };
    let record: Vec<String> = record.iter().map(line).collect();
    Report::of(&template.access, &calls(&record.join("\n")).unwrap())
}

#[test]
fn a_grant_that_no_call_needs_is_named_until_the_list_says_why_it_is_there() {
    let found = report(&[("PutItem", "USER#1"), ("PutItem", "EMAIL#a"), ("DeleteItem", "USER#1")]);
    assert_eq!((found.needed.len(), found.denied.len()), (3, 0));
    let unneeded = "users Write dynamodb:DeleteItem table/T EMAIL#*";
    assert_eq!(found.unexplained("# a comment\n"), [format!("no test needs: {unneeded}")]);
    assert_eq!(found.unexplained(&format!("{unneeded}: only a fault leads there\n")), Vec::<String>::new());
}

#[test]
fn a_reason_for_what_is_needed_is_one_too_many() {
    let all = ["USER#1", "EMAIL#a"].map(|key| [("PutItem", key), ("DeleteItem", key)]).concat();
    let found = report(&all);
    assert_eq!(found.unexplained(""), Vec::<String>::new());
    let reason = "users Write dynamodb:DeleteItem table/T EMAIL#*: why not";
    assert!(found.unexplained(reason)[0].contains("explains what a test needs or nobody has"));
}

#[test]
fn a_call_that_todays_policies_deny_is_named() {
    let found = report(&[("PutItem", "POST#1")]);
    assert_eq!(found.denied.len(), 1);
}
