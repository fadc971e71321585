//! Names that the template does not give.

use super::model::ACCOUNT_ID;
use super::yaml::Node;

/// The id of the API that SAM adds for events without an `ApiId`.
pub(super) const IMPLICIT_API: &str = "ServerlessHttpApi";

/// Returns the name of a function's binary from `BuildProperties`, or else from the logical id.
pub(super) fn binary_name(logical_id: &str, resource: &Node) -> String {
    if let Some(binary) = resource.at(&["Metadata", "BuildProperties", "Binary"]).and_then(Node::text) {
        return binary.to_owned();
    }
    let stem = logical_id.strip_suffix("Function").filter(|stem| !stem.is_empty()).unwrap_or(logical_id);
    let mut name = String::with_capacity(stem.len() + 4);
    for (index, letter) in stem.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// The value of a pseudo parameter that has one.
pub(super) fn pseudo_parameter(name: &str, region: &str) -> Option<String> {
    Some(match name {
        "AWS::Region" => region.to_owned(),
        "AWS::AccountId" => ACCOUNT_ID.to_owned(),
        "AWS::Partition" => "aws".to_owned(),
        "AWS::URLSuffix" => "amazonaws.com".to_owned(),
        "AWS::StackName" => "local".to_owned(),
        "AWS::StackId" => format!("arn:aws:cloudformation:{region}:{ACCOUNT_ID}:stack/local/00000000"),
        _ => return None,
    })
}
