//! The signatures of Stripe's requests (<https://docs.stripe.com/webhooks#verify-manually>).

use std::fmt;

use hmac::Mac;
use shared::config::{ConfigError, FromEnv, Secret, secrets};
use shared::domain::Timestamp;

/// The largest difference between the time of a signature and ours, in either direction.
const TOLERANCE_SECONDS: u64 = 300;

/// The maximum length of the header. Stripe's own have about 80 bytes and one signature for each valid secret of the
/// endpoint.
const MAX_HEADER_BYTES: usize = 2048;
const MAX_SIGNATURES: usize = 16;

/// The length of an HMAC-SHA256 in bytes.
const SIGNATURE_BYTES: usize = 32;

/// The secrets of an endpoint at Stripe. There are two while a secret is rolled, or if test mode is used beside live
/// mode.
#[derive(Clone)]
pub struct SigningSecrets(Vec<Secret>);

/// The fault of a signature; for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The request does not have exactly one `Stripe-Signature`, or it is not text.
    #[error("the header occurs twice or is not text")]
    NotOne,
    /// The header is longer than any of Stripe's.
    #[error("the header has more than {MAX_HEADER_BYTES} bytes or {MAX_SIGNATURES} signatures")]
    TooLong,
    /// The header is not a list of `name=value`.
    #[error("the header is not a list of name=value")]
    Malformed,
    /// The header does not have exactly one valid `t`.
    #[error("the header does not have exactly one time")]
    NoTime,
    /// The header has no `v1` that could be a signature.
    #[error("the header has no signature of the scheme v1")]
    NoSignature,
    /// The signature is too old, or the clocks differ.
    #[error("the signature is too old")]
    TooOld,
    /// The signature was made by a clock that is ahead of ours.
    #[error("the signature is from the future")]
    FromTheFuture,
    /// None of the secrets signed this body at this time.
    #[error("no signature matches this body and one of the secrets")]
    Mismatch,
}

impl FromEnv for SigningSecrets {
    /// Reads the secrets from `STRIPE_WEBHOOK_SECRET`, separated by commas. They are used unchanged, with `whsec_`.
    fn from_env() -> Result<Self, ConfigError> {
        secrets("STRIPE_WEBHOOK_SECRET").map(Self)
    }
}

impl SigningSecrets {
    /// Accepts signatures by any of these secrets.
    #[must_use]
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self(secrets)
    }

    /// Verifies that one of the header's `v1` signatures is of these bytes, by any of the secrets, and recent at `now`.
    pub fn verify(&self, header: &str, body: &[u8], now: Timestamp) -> Result<(), SignatureError> {
        let Header { time, signatures } = Header::parse(header)?;
        let now = now.as_seconds();
        if now.abs_diff(time) > TOLERANCE_SECONDS {
            return Err(if time < now { SignatureError::TooOld } else { SignatureError::FromTheFuture });
        }
        for secret in &self.0 {
            let mac = secret.hmac().chain_update(signed_prefix(time)).chain_update(body);
            // The comparison takes constant time.
            if signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok()) {
                return Ok(());
            }
        }
        Err(SignatureError::Mismatch)
    }
}

impl fmt::Debug for SigningSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecrets(redacted)")
    }
}

/// Returns the header with which Stripe would send `body` at this time.
#[must_use]
pub fn sign(secret: &Secret, body: &[u8], at: Timestamp) -> String {
    let time = at.as_seconds();
    let signature = secret.hmac().chain_update(signed_prefix(time)).chain_update(body).finalize();
    format!("t={time},v1={}", base16ct::lower::encode_string(&signature.into_bytes()))
}

/// Returns the text that is signed before the body.
fn signed_prefix(time: i64) -> String {
    format!("{time}.")
}

/// `t=...,v1=...[,v1=...][,v0=...]`. All names but `t` and `v1` are ignored: `v0` is of Stripe's test mode and must not
/// be trusted.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    /// The time in seconds since the Unix epoch.
    time: i64,
    signatures: Vec<[u8; SIGNATURE_BYTES]>,
}

impl Header {
    fn parse(header: &str) -> Result<Self, SignatureError> {
        if header.len() > MAX_HEADER_BYTES {
            return Err(SignatureError::TooLong);
        }
        let (mut time, mut signatures) = (None, Vec::new());
        for item in header.split(',') {
            match item.split_once('=').ok_or(SignatureError::Malformed)? {
                ("t", value) => {
                    let earlier = time.replace(seconds(value).ok_or(SignatureError::NoTime)?);
                    if earlier.is_some() {
                        return Err(SignatureError::NoTime);
                    }
                }
                // A value that is no HMAC-SHA256 matches nothing; another one may match.
                ("v1", value) => signatures.extend(signature(value)),
                _ => {}
            }
        }
        let time = time.ok_or(SignatureError::NoTime)?;
        match signatures.len() {
            0 => Err(SignatureError::NoSignature),
            1..=MAX_SIGNATURES => Ok(Self { time, signatures }),
            _ => Err(SignatureError::TooLong),
        }
    }
}

/// Accepts only the form that Stripe writes, in which each time has one text, so that the signed text is the one sent.
fn seconds(text: &str) -> Option<i64> {
    text.parse().ok().filter(|seconds: &i64| *seconds >= 0 && seconds.to_string() == text)
}

fn signature(text: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    let mut bytes = [0; SIGNATURE_BYTES];
    let decoded = base16ct::lower::decode(text, &mut bytes).ok()?;
    (decoded.len() == SIGNATURE_BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests;
