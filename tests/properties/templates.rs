use std::collections::BTreeMap;

use local::template::Template;
use proptest::prelude::*;

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

proptest! {
    // A case parses up to 90 KB, which takes half a second without optimisation.
    #![proptest_config(ProptestConfig::with_cases((ProptestConfig::default().cases / 5000).max(20)))]

    #[test]
    fn a_changed_template_is_read_or_refused_with_its_line(text in changed(&TEXTS, PIECES)) {
        let Ok(text) = String::from_utf8(text) else { return Ok(()) };
        if let Err(error) = Template::parse(&text, &BTreeMap::new(), "us-east-1") {
            prop_assert!(error.to_string().starts_with("template line "), "{error}");
        }
    }
}
