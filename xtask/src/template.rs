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

#[cfg(test)]
mod tests {
    use scaffold::template::resource;

    use super::*;

    #[test]
    fn a_resource_is_one_that_the_gateway_can_read() {
        let api = "  Api: { Type: AWS::Serverless::HttpApi }";
        let text = format!("Resources:\n{api}\n{}", resource("notes-id", "/api/notes/{id}"));
        let template = Template::parse(&text, &BTreeMap::new(), REGION).unwrap();
        assert_eq!(template.functions[0].name, "notes-id");
        assert_eq!(template.routes[0].path, "/api/notes/{id}");
        assert_eq!(template.routes[0].method, "ANY");
    }
}
