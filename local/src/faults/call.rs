use std::fmt;

use http::{HeaderMap, Method, Request, Uri};
use percent_encoding::percent_decode_str;

/// A service that functions call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The table.
    DynamoDb,
    /// The buckets.
    S3,
    /// The sender of mail.
    Ses,
}

/// A call of one of the services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The service that is called.
    pub service: Service,
    /// The operation, such as `TransactWriteItems`, or the HTTP method if functions never use the operation.
    pub operation: String,
    /// The object's key, for calls of S3 that have one.
    pub key: Option<String>,
}

impl Call {
    pub(super) fn of<B>(service: Service, request: &Request<B>) -> Self {
        match service {
            Service::DynamoDb => Self {
                service,
                operation: target(request.headers()).unwrap_or_else(|| request.method().as_str()).to_owned(),
                key: None,
            },
            Service::S3 => {
                let key = key(request.uri());
                let operation = s3_operation(request.method(), key.is_some(), request.headers());
                Self { service, operation: operation.to_owned(), key }
            }
            Service::Ses => {
                let operation = ses_operation(request.method(), request.uri());
                Self { service, operation: operation.to_owned(), key: None }
            }
        }
    }

    /// Tells whether the operation can conflict with a transaction: it writes items, or is a transaction itself.
    pub(super) fn meets_transactions(&self) -> bool {
        let writes = ["DeleteItem", "PutItem", "TransactGetItems", "TransactWriteItems", "UpdateItem"];
        self.service == Service::DynamoDb && writes.contains(&self.operation.as_str())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation.escape_debug())?;
        match &self.key {
            Some(key) => write!(f, "/{}", key.escape_debug()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DynamoDb => "dynamodb",
            Self::S3 => "s3",
            Self::Ses => "ses",
        })
    }
}

/// Returns the target, such as `DynamoDB_20120810.GetItem`.
fn target(headers: &HeaderMap) -> Option<&str> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    target.rsplit('.').next()
}

/// Returns the key in `/bucket/key`: functions address buckets by path.
fn key(uri: &Uri) -> Option<String> {
    let (_, key) = uri.path().trim_start_matches('/').split_once('/')?;
    (!key.is_empty()).then(|| percent_decode_str(key).decode_utf8_lossy().into_owned())
}

fn s3_operation<'a>(method: &'a Method, is_object: bool, headers: &HeaderMap) -> &'a str {
    match (method.as_str(), is_object) {
        ("DELETE", true) => "DeleteObject",
        ("GET", true) => "GetObject",
        ("HEAD", true) => "HeadObject",
        ("PUT", true) if headers.contains_key("x-amz-copy-source") => "CopyObject",
        ("PUT", true) => "PutObject",
        ("GET", false) => "ListObjectsV2",
        ("HEAD", false) => "HeadBucket",
        (method, _) => method,
    }
}

fn ses_operation<'a>(method: &'a Method, uri: &Uri) -> &'a str {
    match (method.as_str(), uri.path()) {
        ("POST", "/v2/email/outbound-emails") => "SendEmail",
        (method, _) => method,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(service: Service, method: &str, uri: &str, header: (&str, &str)) -> String {
        let request = Request::builder().method(method).uri(uri).header(header.0, header.1).body(()).unwrap();
        Call::of(service, &request).to_string()
    }

    #[test]
    fn a_call_has_its_operations_name() {
        let none = ("host", "a.test");
        let target = ("x-amz-target", "DynamoDB_20120810.GetItem");
        let copy = ("x-amz-copy-source", "b/incoming/1");
        assert_eq!(named(Service::DynamoDb, "POST", "/", target), "dynamodb:GetItem");
        assert_eq!(named(Service::DynamoDb, "POST", "/", none), "dynamodb:POST");
        for (method, uri, header, name) in [
            ("PUT", "/b/incoming/1?x-id=PutObject", none, "s3:PutObject/incoming/1"),
            ("PUT", "/b/files/1", copy, "s3:CopyObject/files/1"),
            ("GET", "/b/a%20b%0a", none, "s3:GetObject/a b\\n"),
            ("HEAD", "/b/a", none, "s3:HeadObject/a"),
            ("DELETE", "/b/a", none, "s3:DeleteObject/a"),
            ("GET", "/b/?list-type=2", none, "s3:ListObjectsV2"),
            ("HEAD", "/b", none, "s3:HeadBucket"),
            ("OPTIONS", "/b/a", none, "s3:OPTIONS/a"),
        ] {
            assert_eq!(named(Service::S3, method, uri, header), name);
        }
        assert_eq!(named(Service::Ses, "POST", "/v2/email/outbound-emails", none), "ses:SendEmail");
        assert_eq!(named(Service::Ses, "GET", "/v2/email/account", none), "ses:GET");
    }
}
