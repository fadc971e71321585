//! Buckets: their names, and the origins that may call them.

use serde_json::Value;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{Bucket, CorsRule};
use super::yaml::Node;

pub(super) fn bucket(
    resolver: &Resolver<'_>,
    logical_id: &str,
    resource: &Node,
) -> Result<Bucket, TemplateError> {
    let at = resource.at(&["Properties", "BucketName"]).unwrap_or(resource);
    let name = resolver.reference_to(logical_id, at)?;
    if !s3s::path::check_bucket_name(&name) {
        return Err(at.error(format!("{name} is not a valid bucket name")));
    }
    let mut cors = Vec::new();
    if let Some(node) = resource.at(&["Properties", "CorsConfiguration"])
        && let Some(configuration) = resolver.resolve(node)?
    {
        let rules = configuration["CorsRules"].as_array();
        for rule in rules.ok_or_else(|| node.error("CorsConfiguration needs CorsRules"))? {
            cors.push(cors_rule(rule).map_err(|message| node.error(message))?);
        }
    }
    Ok(Bucket { name, logical_id: logical_id.to_owned(), cors })
}

fn cors_rule(rule: &Value) -> Result<CorsRule, String> {
    let list = |name: &str| match &rule[name] {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| format!("{name} must be texts")))
            .collect(),
        other => Err(format!("{name} must be a list, found {other}")),
    };
    let max_age = match &rule["MaxAge"] {
        Value::Null => None,
        value => Some(value.as_u64().ok_or_else(|| format!("MaxAge must be seconds, found {value}"))?),
    };
    Ok(CorsRule {
        allowed_origins: list("AllowedOrigins")?,
        allowed_methods: list("AllowedMethods")?,
        allowed_headers: list("AllowedHeaders")?,
        exposed_headers: list("ExposedHeaders")?,
        max_age,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::template::model::Template;

    fn parse(resource: &str) -> Result<Vec<Bucket>, TemplateError> {
        let text = format!("Resources:\n  {resource}\n");
        Template::parse(&text, &BTreeMap::new(), "us-east-1").map(|template| template.buckets)
    }

    #[test]
    fn a_bucket_is_called_what_ref_says() {
        let name = |resource: &str| parse(resource).map(|buckets| buckets[0].name.clone());
        assert_eq!(name("UserFiles: { Type: AWS::S3::Bucket }").unwrap(), "userfiles");
        let named =
            "Files: { Type: AWS::S3::Bucket, Properties: { BucketName: !Sub '${AWS::StackName}-files' } }";
        assert_eq!(name(named).unwrap(), "local-files");
        let error = name("My: { Type: AWS::S3::Bucket }").unwrap_err().to_string();
        assert_eq!(error, "template line 2: my is not a valid bucket name");
    }

    #[test]
    fn its_rules_are_read_in_their_order() {
        let rules = "[{ AllowedOrigins: !Split [',', 'a,b'], AllowedMethods: [PUT], MaxAge: 5 }, \
                     { AllowedOrigins: ['*'], AllowedMethods: [GET], AllowedHeaders: ['*'], ExposedHeaders: [ETag] }]";
        let bucket = |rules: &str| {
            format!(
                "Files: {{ Type: AWS::S3::Bucket, Properties: {{ CorsConfiguration: {{ CorsRules: {rules} }} }} }}"
            )
        };
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        let first = CorsRule {
            allowed_origins: list(&["a", "b"]),
            allowed_methods: list(&["PUT"]),
            max_age: Some(5),
            ..CorsRule::default()
        };
        let second = CorsRule {
            allowed_origins: list(&["*"]),
            allowed_methods: list(&["GET"]),
            allowed_headers: list(&["*"]),
            exposed_headers: list(&["ETag"]),
            max_age: None,
        };
        assert_eq!(parse(&bucket(rules)).unwrap()[0].cors, [first, second]);
        let error = parse(&bucket("[{ AllowedMethods: GET }]")).unwrap_err().to_string();
        assert_eq!(error, "template line 2: AllowedMethods must be a list, found \"GET\"");
    }
}
