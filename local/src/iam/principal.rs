//! Principals in the statements of a bucket's policy.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use serde_json::Value;

/// A `Principal` element.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Principal(Vec<Named>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Named {
    Everybody,
    /// The account: it lets its own roles' policies decide.
    Account,
    Role(String),
}

impl Principal {
    /// Reads the element; `account` is the one that everything here belongs to.
    pub(super) fn read(value: &Value, account: &str) -> Result<Self, String> {
        if value == "*" {
            return Ok(Self(vec![Named::Everybody]));
        }
        let entries = value.as_object().ok_or("a Principal is \"*\" or a map, such as { AWS: ... }")?;
        let mut named = Vec::new();
        for (kind, value) in entries {
            match kind.as_str() {
                "AWS" => {
                    for text in texts(value).ok_or("AWS of a Principal must be texts")? {
                        named.extend(Named::read(text, account)?);
                    }
                }
                // No function is one of these.
                "Service" | "Federated" | "CanonicalUser" => {}
                other => return Err(format!("a Principal of the kind {other} is unknown")),
            }
        }
        Ok(Self(named))
    }

    /// Reports whether a statement about the principal lets a role of its own account do something.
    pub(super) fn grants_to(&self, role: &str) -> bool {
        self.0.iter().any(|named| *named == Named::Everybody || *named == Named::Role(role.to_owned()))
    }

    /// Reports whether a statement about the principal denies a role something.
    pub(super) fn denies_to(&self, role: &str) -> bool {
        self.grants_to(role) || self.0.contains(&Named::Account)
    }
}

impl Named {
    /// `None` for a principal of another account.
    fn read(text: &str, account: &str) -> Result<Option<Self>, String> {
        let is_account = |id: &str| id.len() == account.len() && id.bytes().all(|byte| byte.is_ascii_digit());
        if text == "*" {
            return Ok(Some(Self::Everybody));
        }
        let id = text.split(':').nth(4).filter(|_| text.starts_with("arn:")).unwrap_or(text);
        if !is_account(id) {
            return Err(format!("{text} is no account, and no ARN of a principal"));
        }
        Ok((id == account).then(|| {
            let is_whole = id == text || text.ends_with(":root");
            if is_whole { Self::Account } else { Self::Role(text.to_owned()) }
        }))
    }
}

/// One text, or a list of them.
pub(super) fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ACCOUNT: &str = "000000000000";
    const ROLE: &str = "arn:aws:iam::000000000000:role/r";

    #[test]
    fn a_role_is_meant_by_its_arn_its_account_or_a_star() {
        for (value, grants, denies) in [
            (json!("*"), true, true),
            (json!({"AWS": "*"}), true, true),
            (json!({"AWS": [ROLE]}), true, true),
            (json!({"AWS": "arn:aws:iam::000000000000:role/other"}), false, false),
            (json!({"AWS": ACCOUNT}), false, true),
            (json!({"AWS": "arn:aws:iam::000000000000:root"}), false, true),
            (json!({"AWS": "arn:aws:iam::111111111111:root"}), false, false),
            (json!({"Service": "cloudfront.amazonaws.com"}), false, false),
        ] {
            let principal = Principal::read(&value, ACCOUNT).unwrap();
            assert_eq!((principal.grants_to(ROLE), principal.denies_to(ROLE)), (grants, denies), "{value}");
        }
    }

    #[test]
    fn an_unknown_principal_is_an_error() {
        for (value, message) in [
            (json!("me"), "a Principal is \"*\" or a map, such as { AWS: ... }"),
            (json!({"Aws": "*"}), "a Principal of the kind Aws is unknown"),
            (json!({"AWS": 7}), "AWS of a Principal must be texts"),
            (json!({"AWS": "r"}), "r is no account, and no ARN of a principal"),
        ] {
            assert_eq!(Principal::read(&value, ACCOUNT).unwrap_err(), message);
        }
    }
}
