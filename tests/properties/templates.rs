use std::collections::BTreeMap;

use local::template::Template;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::changes::changed;

const TEXTS: [&str; 2] = [include_str!("../../template.yaml"), SMALL];

const SMALL: &str = "\
Parameters:
  Scale: { Type: Number, Default: 1 }
Conditions:
  IsScaled: !Not [!Equals [!Ref Scale, 1]]
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
  AFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: bootstrap
      Environment: { Variables: { TABLE: !Ref Table, NAME: !Sub '${AWS::StackName}-${Scale}' } }
      Events: { Any: { Type: HttpApi, Properties: { Path: '/a/{id}', Method: ANY } } }
";

const PIECES: &[&str] = &[
    "\n",
    "  ",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "'",
    "\"",
    "|",
    "&a",
    "*a",
    "<<: ",
    "!Ref ",
    "!Sub ",
    "!If [",
    "!GetAtt ",
    "Fn::Join",
    "${",
    "AWS::NoValue",
    "Resources:",
    "null",
    "1e999",
    "\u{feff}",
    "\t",
];

#[test]
fn a_changed_template_is_read_or_refused_with_its_line() {
    // A case takes ten times as long as one of the others. The macro would take `PROPTEST_CASES` as it is.
    let cases = ProptestConfig::default().cases / 10;
    let config = ProptestConfig { cases, ..ProptestConfig::with_source_file(file!()) };
    let read = |text| {
        let Ok(text) = String::from_utf8(text) else { return Ok(()) };
        if let Err(error) = Template::parse(&text, &BTreeMap::new(), "us-east-1") {
            prop_assert!(error.to_string().starts_with("template line "), "{error}");
        }
        Ok(())
    };
    TestRunner::new(config).run(&changed(&TEXTS, PIECES), read).unwrap();
}
