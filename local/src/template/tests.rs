use serde_json::json;

use super::*;

fn parse(text: &str) -> Result<Template, TemplateError> {
    parse_with(text, &[])
}

fn parse_with(text: &str, parameters: &[(&str, &str)]) -> Result<Template, TemplateError> {
    let parameters =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Template::parse(text, &parameters, "us-east-1")
}

/// Returns a template with one function that has these variables.
fn with_variables(variables: &str, rest: &str) -> String {
    format!(
        "Resources:\n  UsersIdFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      Environment:\n        Variables:\n{variables}\n{rest}"
    )
}

fn variable(template: &Template, name: &str) -> String {
    match &template.functions[0].variables[name] {
        Variable::Plain(text) => text.clone(),
        Variable::Secret => "(secret)".to_owned(),
        Variable::Unknown(error) => error.to_string(),
    }
}

#[test]
fn the_projects_own_template_is_understood() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let template = Template::load(&path, &BTreeMap::new(), "us-east-1").unwrap();
    assert!(template.function("users").is_some());
    assert_eq!(template.not_emulated, []);
    let cors = template.api.unwrap().cors;
    assert!(cors.is_some_and(|cors| cors.allow_credentials && cors.allow_origins.len() > 1));
    assert!(template.routes.iter().any(|route| route.key() == "ANY /api/users"));
    assert_eq!(template.tables.len(), 1);
    for bucket in template.buckets {
        assert!(bucket.cors.iter().any(|rule| rule.allowed_origins.len() > 1));
    }
}

#[test]
fn globals_are_merged_into_functions() {
    let template = parse(
        r"
Globals:
  Function:
    Timeout: 10
    MemorySize: 256
    Environment: { Variables: { VAR_A: globals, VAR_B: globals } }
Resources:
  UsersIdFunction:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 29
      ReservedConcurrentExecutions: 2
      Environment: { Variables: { VAR_B: own, VAR_N: 5, VAR_T: true } }
  Other:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: named } }
    Properties: { Events: { Any: { Type: HttpApi } } }
",
    )
    .unwrap();
    let [first, second] = template.functions.as_slice() else { panic!() };
    assert_eq!((first.name.as_str(), first.timeout.as_secs(), first.memory_size), ("users-id", 29, 256));
    assert_eq!((first.reserved_concurrency, second.reserved_concurrency), (Some(2), None));
    assert_eq!(
        ["VAR_A", "VAR_B", "VAR_N", "VAR_T"].map(|name| variable(&template, name)),
        ["globals", "own", "5", "true"].map(str::to_owned)
    );
    assert_eq!((second.name.as_str(), second.timeout.as_secs()), ("named", 10));
    assert_eq!(template.routes[0].key(), "$default");
    for name in ["users-id", "UsersIdFunction", "arn:aws:lambda:us-east-1:000000000000:function:users-id"] {
        assert_eq!(template.function(name).map(|function| function.name.as_str()), Some("users-id"));
    }
}

#[test]
fn intrinsics_are_answered_in_both_forms() {
    let rest = r"
  Table:
    Type: AWS::DynamoDB::Table
    Properties: { KeySchema: [] }
  JwtSecret: { Type: AWS::SecretsManager::Secret }
Parameters:
  Names: { Type: CommaDelimitedList, Default: 'a, b' }
  Days: { Type: Number, Default: 30 }
  Stage: { Type: String, Default: dev, AllowedValues: [dev, prod] }
Mappings:
  Sizes: { dev: { Memory: 128 } }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition IsProd]
  Both: !And [!Condition NotProd, { Fn::Equals: [!Ref Days, '30'] }]
  Either: { Fn::Or: [Condition: IsProd, Condition: Both] }
";
    let variables = r#"
          REF: !Ref Table
          LONG_REF: { Ref: Table }
          ARN: !GetAtt Table.Arn
          LONG_ARN: { Fn::GetAtt: [Table, Arn] }
          SUB: !Sub "${Table}/${Days}/${Names}/${Table.Arn}/${!Literal}/${AWS::Region}"
          SUB_MAP: !Sub ["${X}-${Stage}", { X: !Select [1, !Ref Names] }]
          JOIN: !Join ["+", !Ref Names]
          SPLIT: !Select [1, !Split [".", "a.b.c"]]
          IF: !If [IsProd, yes, no]
          EITHER: !If [Either, yes, no]
          GONE: !If [IsProd, x, !Ref "AWS::NoValue"]
          MAP: !FindInMap [Sizes, !Ref Stage, Memory]
          SECRET: !Sub "{{resolve:secretsmanager:${JwtSecret}}}"
          BASE64: !Base64 abc
          ACCOUNT: !Ref AWS::AccountId"#;
    let template = parse(&with_variables(variables, rest)).unwrap();
    for (name, expected) in [
        ("REF", "Table"),
        ("LONG_REF", "Table"),
        ("ARN", "arn:aws:dynamodb:us-east-1:000000000000:table/Table"),
        ("LONG_ARN", "arn:aws:dynamodb:us-east-1:000000000000:table/Table"),
        ("SUB", "Table/30/a,b/arn:aws:dynamodb:us-east-1:000000000000:table/Table/${Literal}/us-east-1"),
        ("SUB_MAP", "b-dev"),
        ("JOIN", "a+b"),
        ("SPLIT", "b"),
        ("IF", "no"),
        ("EITHER", "yes"),
        ("MAP", "128"),
        ("SECRET", "(secret)"),
        ("BASE64", "YWJj"),
        ("ACCOUNT", "000000000000"),
    ] {
        assert_eq!(variable(&template, name), expected, "{name}");
    }
    assert!(!template.functions[0].variables.contains_key("GONE"));
    assert_eq!(template.secrets().into_iter().collect::<Vec<_>>(), ["SECRET"]);

    let template = parse_with(&with_variables(variables, rest), &[("Stage", "prod"), ("Names", "x,y,z")]);
    // The mapping has no prod, which is an error at its use on line 19.
    assert_eq!(variable(&template.unwrap(), "MAP"), "template line 19: no mapping Sizes.prod.Memory");
}

#[test]
fn what_cannot_be_answered_names_its_line() {
    for (value, message) in [
        ("!Ref Nobody", "template line 8: Nobody is neither a parameter nor a resource of this template"),
        ("!ImportValue x", "template line 8: `local` cannot answer the intrinsic !ImportValue"),
        (
            "!Sub '${Nobody.Arn}'",
            "template line 8: Nobody is neither a parameter nor a resource of this template",
        ),
        ("!Sub '${A'", "template line 8: !Sub: `${` without `}`"),
        (
            "!GetAtt UsersIdFunction.Color",
            "template line 8: `local` cannot answer !GetAtt UsersIdFunction.Color: that attribute of AWS::Serverless::Function is not emulated",
        ),
        ("!Select [3, [a]]", "template line 8: !Select: no item 3 in a list of 1"),
        ("!If [Nothing, a, b]", "template line 8: no condition is called Nothing"),
        ("[a, b]", "template line 8: VAR must be text, found [\"a\",\"b\"]"),
    ] {
        let text = with_variables(&format!("          GOOD: x\n          VAR: {value}"), "");
        // A value may still come from --env.
        let found = parse(&text).map(|template| variable(&template, "VAR"));
        assert_eq!(found.unwrap_or_else(|error| error.to_string()), message, "{value}");
    }
}

#[test]
fn what_the_gateway_does_not_need_is_never_an_error() {
    let template = parse(
        r"
Resources:
  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: { X: !ImportValue y } }
  UsersFunction:
    Type: AWS::Serverless::Function
    Properties:
      Policies: [{ Statement: [{ Resource: !ImportValue x, Condition: !Ref Nobody }] }]
Outputs:
  X: { Value: !GetAtt Nobody.Arn }
",
    )
    .unwrap();
    assert_eq!((template.functions.len(), template.routes.len()), (1, 0));
}

#[test]
fn conditions_leave_resources_out_and_must_not_circle() {
    let text = |condition: &str| {
        format!(
            "Conditions:\n  C: {condition}\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Condition: C\n"
        )
    };
    assert_eq!(parse(&text("!Equals [a, a]")).unwrap().functions.len(), 1);
    assert_eq!(parse(&text("!Equals [a, b]")).unwrap().functions.len(), 0);
    assert!(parse(&text("!Not [!Condition C]")).unwrap_err().message.contains("depends on itself"));
}

#[test]
fn parameters_are_checked() {
    let text = "Parameters:\n  A: { Type: Number }\n  B: { Type: String, Default: x, AllowedValues: [x, y] }\nResources: {}\n";
    let message = |parameters: &[(&str, &str)]| parse_with(text, parameters).unwrap_err().to_string();
    assert_eq!(message(&[]), "template line 2: parameter A has no default: give one with --parameter A=...");
    assert_eq!(message(&[("A", "x")]), "template line 2: parameter A is \"x\"; it must be a number");
    assert_eq!(
        message(&[("A", "1"), ("B", "z")]),
        "template line 3: parameter B is \"z\"; it must be one of: x, y"
    );
    assert_eq!(
        message(&[("A", "1"), ("C", "z")]),
        "template line 1: there is no parameter C; the template has: A, B"
    );
    assert!(parse_with(text, &[("A", "1")]).is_ok());
}

#[test]
fn routes_are_checked() {
    let text = |first: &str, second: &str| {
        format!(
            "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Events:\n        A: {{ Type: HttpApi, Properties: {first} }}\n        B: {{ Type: HttpApi, Properties: {second} }}\n"
        )
    };
    let routes = parse(&text("{ Path: /a, Method: get }", "{ Path: /a, Method: '*', TimeoutInMillis: 500 }"))
        .unwrap()
        .routes;
    assert_eq!(routes.iter().map(Route::key).collect::<Vec<_>>(), ["GET /a", "ANY /a"]);
    assert_eq!(routes.iter().map(|route| route.timeout.as_millis()).collect::<Vec<_>>(), [30_000, 500]);
    for (first, second, message) in [
        (
            "{ Path: '/a/{x}', Method: ANY }",
            "{ Path: '/a/{y}', Method: ANY }",
            "route ANY /a/{y} of f is already at line 6 (f)",
        ),
        ("{ Path: /a, Method: ANY }", "{ Path: b, Method: ANY }", "route b: a path starts with /"),
        (
            "{ Path: /a, Method: ANY }",
            "{ Path: '/{p+}/b', Method: ANY }",
            "route /{p+}/b: a greedy variable ends the path",
        ),
        // Captured on AWS: serverless-application-model#1949.
        (
            "{ Path: /a, Method: ANY }",
            "{ Path: /b/, Method: ANY }",
            "route /b/: API Gateway makes no route of a path that ends with /",
        ),
        (
            "{ Path: /a, Method: ANY }",
            "{ Path: '/{a}-{b}', Method: ANY }",
            "route /{a}-{b}: a variable is a whole segment",
        ),
        // <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>
        ("{ Path: /a, Method: ANY }", "{ Path: /b, Method: foo }", "API Gateway has no method foo"),
        ("{ Path: /a, Method: ANY }", "{ Path: /b, Method: TRACE }", "API Gateway has no method TRACE"),
        // <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
        (
            "{ Path: /a, Method: ANY }",
            "{ Path: /b, Method: ANY, TimeoutInMillis: 30001 }",
            "TimeoutInMillis must be from 50 to 30000, found 30001",
        ),
        (
            "{ Path: /a, Method: ANY }",
            "{ Path: /b, Method: ANY, PayloadFormatVersion: '1.0' }",
            "F.Events.B.PayloadFormatVersion: the payload format is not emulated, only 2.0",
        ),
        // SAM: "Event is missing key 'Method'".
        (
            "{ Path: /a, Method: ANY }",
            "{ Path: /b }",
            "an event of type HttpApi has both a Path and a Method, or neither",
        ),
    ] {
        let error = parse(&text(first, second)).unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (7, message));
    }
}

#[test]
fn cors_comes_from_the_api() {
    let text = |api: &str| {
        format!(
            "Parameters:\n  Origins: {{ Type: CommaDelimitedList, Default: 'http://a, http://b' }}\nResources:\n  Api:\n    Type: AWS::Serverless::HttpApi\n    Properties:\n{api}"
        )
    };
    let cors = |api: &str| parse(&text(api)).map(|template| template.api.unwrap().cors);
    let template = parse(&text(
        "      CorsConfiguration: { AllowOrigins: !Ref Origins, AllowMethods: [GET], AllowCredentials: true, MaxAge: 7200 }\n",
    ))
    .unwrap();
    let api = template.api.unwrap();
    assert_eq!(
        api.cors.unwrap(),
        Cors {
            allow_origins: vec!["http://a".to_owned(), "http://b".to_owned()],
            allow_methods: vec!["GET".to_owned()],
            allow_credentials: true,
            max_age: Some(7200),
            ..Cors::default()
        }
    );
    assert_eq!(cors("      CorsConfiguration: true\n").unwrap().unwrap().allow_origins, ["*"]);
    assert!(cors("      CorsConfiguration: { AllowOrigins: '*', AllowCredentials: true }\n").is_err());
}

#[test]
fn a_table_becomes_a_create_request() {
    let template = parse(
        r"
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      TableName: things
      BillingMode: PAY_PER_REQUEST
      DeletionProtectionEnabled: true
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
      StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
      TimeToLiveSpecification: { AttributeName: expiresAt, Enabled: true }
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      GlobalSecondaryIndexes:
        - IndexName: gsi1
          KeySchema: [{ AttributeName: pk, KeyType: HASH }]
          Projection: { ProjectionType: ALL }
          ContributorInsightsSpecification: { Enabled: true }
",
    )
    .unwrap();
    let table = &template.tables[0];
    assert_eq!((table.name.as_str(), table.ttl_attribute.as_deref()), ("things", Some("expiresAt")));
    assert_eq!(
        table.create,
        json!({
            "TableName": "things",
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES", "StreamEnabled": true},
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "GlobalSecondaryIndexes": [{
                "IndexName": "gsi1",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }],
        })
    );
}

#[test]
fn a_function_url_is_read_and_one_that_needs_signatures_refused() {
    let text = |config: &str| {
        format!(
            "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionUrlConfig:\n{config}"
        )
    };
    let url = |config: &str| parse(&text(config)).unwrap().functions[0].url.clone().unwrap();
    let streams = url(
        "        AuthType: NONE\n        InvokeMode: RESPONSE_STREAM\n        Cors: { AllowOrigins: ['http://a'], MaxAge: 5 }\n",
    );
    assert!(streams.streams);
    assert_eq!((streams.line, streams.cors.unwrap().max_age), (5, Some(5)));
    let buffered = url("        AuthType: NONE\n");
    assert_eq!((buffered.streams, buffered.cors), (false, None));
    for (config, line, message) in [
        ("        InvokeMode: BUFFERED\n", 5, "AuthType must be NONE, found nothing"),
        (
            "        InvokeMode: BUFFERED\n        AuthType: AWS_IAM\n",
            7,
            "`local` verifies no signatures at Function URLs: AuthType must be NONE",
        ),
        (
            "        AuthType: NONE\n        InvokeMode: FAST\n",
            7,
            "InvokeMode must be BUFFERED or RESPONSE_STREAM, found FAST",
        ),
    ] {
        let error = parse(&text(config)).unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (line, message));
    }
}
