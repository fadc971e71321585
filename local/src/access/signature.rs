//! Signatures in headers, version 4.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{AUTHORIZATION, HeaderName};
use http::request::Parts;
use time::PrimitiveDateTime;
use time::macros::format_description;

use super::authority::Authority;
use super::keys::{Caller, Key};

/// A signature that is older, or as far in the future, counts no more.
const MAX_SKEW: Duration = Duration::from_mins(15);

/// A defect of a signature, in the words of `DynamoDB`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum SignatureError {
    /// The key or the token is nobody's.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// `Authorization` is not made as it should be.
    #[error(
        "Authorization header requires a Credential with five parts, SignedHeaders with the host, and a Signature."
    )]
    Incomplete,
    /// Too old, too new, or of another service.
    #[error("Signature expired, not yet current, or scoped to another service.")]
    OutOfScope,
    /// Made with another secret, or of another request.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

impl SignatureError {
    /// The name of the error.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::UnknownKey => "UnrecognizedClientException",
            Self::Incomplete => "IncompleteSignatureException",
            Self::OutOfScope | Self::Mismatch => "InvalidSignatureException",
        }
    }
}

/// The parts of an `Authorization` header.
struct Authorization<'r> {
    key: &'r str,
    date: &'r str,
    region: &'r str,
    service: &'r str,
    signed: Vec<&'r str>,
    signature: &'r str,
}

/// Finds out who sent a request to `service`.
pub(crate) fn verify(
    authority: &Authority,
    service: &str,
    parts: &Parts,
    body: &[u8],
    now: SystemTime,
) -> Result<Caller, SignatureError> {
    let header = |name: &HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization =
        header(&AUTHORIZATION).and_then(Authorization::parse).ok_or(SignatureError::Incomplete)?;
    let key = authority.key(authorization.key).ok_or(SignatureError::UnknownKey)?;
    if !key.has_token(header(&HeaderName::from_static("x-amz-security-token"))) {
        return Err(SignatureError::UnknownKey);
    }
    let date = header(&HeaderName::from_static("x-amz-date")).ok_or(SignatureError::Incomplete)?;
    let time =
        PrimitiveDateTime::parse(date, format_description!("[year][month][day]T[hour][minute][second]Z"));
    let time = SystemTime::from(time.map_err(|_| SignatureError::Incomplete)?.assume_utc());
    let is_now = now.duration_since(time).unwrap_or_else(|future| future.duration()) <= MAX_SKEW;
    if !is_now || !date.starts_with(authorization.date) || authorization.service != service {
        return Err(SignatureError::OutOfScope);
    }
    let expected = authorization.expected(&key, time, parts, body).ok_or(SignatureError::Mismatch)?;
    // In constant time there is nothing to gain: the secret is this machine's, and so is the caller.
    if expected == authorization.signature { Ok(key.caller.clone()) } else { Err(SignatureError::Mismatch) }
}

impl<'r> Authorization<'r> {
    /// `AWS4-HMAC-SHA256 Credential=key/date/region/service/aws4_request, SignedHeaders=a;b, Signature=c`
    fn parse(header: &'r str) -> Option<Self> {
        let fields = header.strip_prefix("AWS4-HMAC-SHA256")?.split(',');
        let (mut credential, mut signed, mut signature) = (None, None, None);
        for field in fields {
            match field.trim().split_once('=')? {
                ("Credential", value) => credential = Some(value),
                ("SignedHeaders", value) => signed = Some(value),
                ("Signature", value) => signature = Some(value),
                _ => return None,
            }
        }
        let scope: Vec<&str> = credential?.split('/').collect();
        let [key, date, region, service, "aws4_request"] = scope[..] else { return None };
        let signed: Vec<&str> = signed?.split(';').collect();
        let is_whole = signed.contains(&"host") && !date.is_empty();
        is_whole.then_some(Self { key, date, region, service, signed, signature: signature? })
    }

    /// The signature that the request would have from the key's owner.
    fn expected(&self, key: &Key, time: SystemTime, parts: &Parts, body: &[u8]) -> Option<String> {
        let identity = Credentials::new(&key.id, &key.secret, None, None, "local").into();
        let mut settings = SigningSettings::default();
        // The request lists the signed headers, so none is left out.
        settings.excluded_headers = None;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(time)
            .settings(settings)
            .build()
            .ok()?;
        let headers = parts.headers.iter().filter_map(|(name, value)| {
            // Signing adds the date by itself.
            let counts = name != "x-amz-date" && self.signed.contains(&name.as_str());
            Some((name.as_str(), value.to_str().ok()?)).filter(|_| counts)
        });
        // The host is that of the header, which is always signed.
        let uri = format!("http://local{}", parts.uri.path_and_query().map_or("/", |path| path.as_str()));
        let request =
            SignableRequest::new(parts.method.as_str(), uri, headers, SignableBody::Bytes(body)).ok()?;
        let (_, signature) = sign(request, &SigningParams::V4(params)).ok()?.into_parts();
        Some(signature)
    }
}
