//! template.yaml with the defaults of its parameters.

use std::collections::BTreeMap;
use std::path::Path;

use local::template::Template;

use crate::Error;

/// Any region: no route depends on it.
const REGION: &str = "us-east-1";

/// Loads the workspace's template.
pub(crate) fn load(root: &Path) -> Result<Template, Error> {
    Ok(Template::load(&root.join("template.yaml"), &BTreeMap::new(), REGION)?)
}

/// Returns `UsersIdFunction` for `users-id`.
pub(crate) fn logical_id(function: &str) -> String {
    let words = function.split('-').map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    });
    words.chain(["Function".to_owned()]).collect()
}

/// Returns the resource of a function that has one path and needs nothing.
pub(crate) fn resource(function: &str, path: &str) -> String {
    let (id, route) = (logical_id(function), route(path));
    format!(
        "  {id}:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: rust-cargolambda
      BuildProperties: {{ Binary: {function} }}
    Properties:
      Description: What it does
      CodeUri: functions/{function}
      Events:
        Any:
          Type: HttpApi
          Properties: {route}
"
    )
}

/// Returns the properties of an `HttpApi` event. All methods go to the function, which answers each of them.
pub(crate) fn route(path: &str) -> String {
    format!(r#"{{ ApiId: !Ref Api, Path: "{path}", Method: ANY }}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logical_id_is_the_name_in_camel_case() {
        assert_eq!(logical_id("users"), "UsersFunction");
        assert_eq!(logical_id("webhooks-stripe"), "WebhooksStripeFunction");
    }

    #[test]
    fn a_resource_is_one_that_the_gateway_can_read() {
        let text = format!("Resources:\n{}", resource("notes-id", "/api/notes/{id}"));
        let template = Template::parse(&text, &BTreeMap::new(), REGION).unwrap();
        assert_eq!(template.functions[0].name, "notes-id");
        assert_eq!(template.routes[0].path, "/api/notes/{id}");
        assert_eq!(template.routes[0].method, "ANY");
    }
}
