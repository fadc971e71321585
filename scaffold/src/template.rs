//! The text of template.yaml.

use crate::name::logical_id;

/// Returns the resource of a function that has one path and uses nothing.
#[must_use]
pub fn resource(function: &str, path: &str) -> String {
    let (id, route) = (logical_id(function), route(path));
    format!(
        "  {id}:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: rust-cargolambda
      BuildProperties: {{ Binary: {function} }}
    Properties:
      Description: Says hello
      CodeUri: functions/{function}
      Events:
        Any:
          Type: HttpApi
          Properties: {route}
"
    )
}

/// Returns the properties of an `HttpApi` event. All methods go to the function, which answers each of them.
#[must_use]
pub fn route(path: &str) -> String {
    format!(r#"{{ ApiId: !Ref Api, Path: "{path}", Method: ANY }}"#)
}
