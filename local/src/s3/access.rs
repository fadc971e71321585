//! Access to objects: signatures, which `s3s` verifies, and policies.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>

use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};
use percent_encoding::percent_decode_str;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::dto::{DeleteObjectsInput, PutObjectInput};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result, s3_error};

use crate::access::{Authority, Caller};
use crate::iam::{Context, Request};

/// Decides about calls of S3.
#[derive(Clone)]
pub(super) struct Access(pub(super) Authority);

/// The caller whose request was let in, for what is only known once its body is read.
#[derive(Clone)]
pub(super) struct Signer {
    authority: Authority,
    caller: Caller,
}

#[async_trait::async_trait]
impl S3Auth for Access {
    async fn get_secret_key(&self, id: &str) -> S3Result<SecretKey> {
        let key = self.0.key(id).ok_or_else(|| {
            let message = "The AWS Access Key Id you provided does not exist in our records.";
            S3Error::with_message(S3ErrorCode::InvalidAccessKeyId, message)
        })?;
        Ok(SecretKey::from(key.secret.as_str()))
    }
}

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let Some(credentials) = context.credentials() else {
            return Err(S3Error::with_message(S3ErrorCode::AccessDenied, "Access Denied"));
        };
        if context.s3_op().name() != "PostObject" && has_unsigned(context.headers(), context.uri()) {
            let message = "There were headers present in the request which were not signed";
            return Err(S3Error::with_message(S3ErrorCode::AccessDenied, message));
        }
        let key = self.0.key(&credentials.access_key).ok_or_else(|| s3_error!(InvalidAccessKeyId))?;
        let operation = context.s3_op().name();
        // A form has its token among its fields, which nobody has read yet.
        if operation != "PostObject" && !key.has_token(token(context.headers(), context.uri()).as_deref()) {
            let message = "The provided token is malformed or otherwise invalid.";
            return Err(S3Error::with_message(S3ErrorCode::InvalidToken, message));
        }
        let signer = Signer { authority: self.0.clone(), caller: key.caller.clone() };
        for (action, resource) in actions(operation, context.s3_path(), context.headers()) {
            signer.may(action, resource, query(action, context.uri()))?;
        }
        context.extensions_mut().insert(signer);
        Ok(())
    }

    /// A form of a browser has its key in its body.
    async fn put_object(&self, request: &mut S3Request<PutObjectInput>) -> S3Result<()> {
        if request.method != http::Method::POST {
            return Ok(());
        }
        let resource = arn(&request.input.bucket, &request.input.key);
        Signer::of(request)?.may("s3:PutObject", resource, Context::default())
    }

    async fn delete_objects(&self, request: &mut S3Request<DeleteObjectsInput>) -> S3Result<()> {
        // S3 answers key by key, and so does what removes them; one denied key denies all of them here.
        let signer = Signer::of(request)?;
        for object in &request.input.delete.objects {
            let resource = arn(&request.input.bucket, &object.key);
            signer.may("s3:DeleteObject", resource, Context::default())?;
        }
        Ok(())
    }
}

impl Signer {
    pub(super) fn of<T>(request: &S3Request<T>) -> S3Result<&Self> {
        request.extensions.get().ok_or_else(|| s3_error!(InternalError))
    }

    /// Reports that an object is not there, or denies that to a caller who may not list the bucket.
    pub(super) fn tell_missing(&self, bucket: &str, error: S3Error) -> S3Error {
        if *error.code() != S3ErrorCode::NoSuchKey {
            return error;
        }
        let listed = self.may("s3:ListBucket", format!("arn:aws:s3:::{bucket}"), Context::default());
        listed.err().unwrap_or(error)
    }

    fn may(&self, action: &str, resource: String, context: Context) -> S3Result<()> {
        // These listeners stand for AWS's, which policies want to be called by TLS.
        let context = context.with("aws:SecureTransport", "true");
        let request = Request { action: action.to_owned(), resource, context };
        self.authority
            .authorize(&self.caller, &request)
            .map_err(|refusal| S3Error::with_message(S3ErrorCode::AccessDenied, refusal.quoted().to_string()))
    }
}

/// Reports whether a header of S3's own is not covered by the signature.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>: "any x-amz-* headers" are signed.
fn has_unsigned(headers: &HeaderMap, uri: &Uri) -> bool {
    let in_header = headers.get(AUTHORIZATION).and_then(|value| {
        let (_, signed) = value.to_str().ok()?.split_once("SignedHeaders=")?;
        signed.split(',').next().map(str::to_owned)
    });
    let signed = in_header.or_else(|| parameter(uri, "X-Amz-SignedHeaders")).unwrap_or_default();
    let is_signed = |name: &str| signed.trim().split(';').any(|signed| signed.eq_ignore_ascii_case(name));
    headers.keys().any(|name| name.as_str().starts_with("x-amz-") && !is_signed(name.as_str()))
}

/// The token of a header or of a presigned URL.
fn token(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let header = headers.get("x-amz-security-token").and_then(|value| value.to_str().ok());
    header.map(str::to_owned).or_else(|| parameter(uri, "X-Amz-Security-Token"))
}

fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
}

/// Lists the actions that an operation needs. The list is empty if the body has to be read first.
fn actions(operation: &str, path: &S3Path, headers: &HeaderMap) -> Vec<(&'static str, String)> {
    let own = |action| vec![(action, resource(path))];
    match operation {
        "PostObject" | "DeleteObjects" => Vec::new(),
        "GetObject" | "HeadObject" => own("s3:GetObject"),
        "CopyObject" | "UploadPartCopy" => {
            let mut actions = own("s3:PutObject");
            actions.extend(copied(headers).map(|source| ("s3:GetObject", source)));
            actions
        }
        "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => {
            own("s3:PutObject")
        }
        "AbortMultipartUpload" => own("s3:AbortMultipartUpload"),
        "DeleteObject" => own("s3:DeleteObject"),
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => own("s3:ListBucket"),
        "ListBuckets" => vec![("s3:ListAllMyBuckets", "*".to_owned())],
        // Others are not emulated: whoever may do all that there is gets to know that.
        _ => own("s3:*"),
    }
}

/// The condition keys of a listing.
fn query(action: &str, uri: &Uri) -> Context {
    let mut context = Context::default();
    if action == "s3:ListBucket" {
        for name in ["prefix", "delimiter", "max-keys"] {
            context = context.with_all(&format!("s3:{name}"), parameter(uri, name));
        }
    }
    context
}

/// The object that `x-amz-copy-source` names: `/bucket/key?versionId=...`, percent-encoded.
fn copied(headers: &HeaderMap) -> Option<String> {
    let source = headers.get("x-amz-copy-source")?.to_str().ok()?;
    let source = source.split_once("?versionId=").map_or(source, |(path, _)| path);
    let source = percent_decode_str(source.trim_start_matches('/')).decode_utf8_lossy();
    Some(format!("arn:aws:s3:::{source}"))
}

fn resource(path: &S3Path) -> String {
    match path {
        S3Path::Root => "*".to_owned(),
        S3Path::Bucket { bucket } => format!("arn:aws:s3:::{bucket}"),
        S3Path::Object { bucket, key } => arn(bucket, key),
    }
}

fn arn(bucket: &str, key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}
