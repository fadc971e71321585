//! The signatures that Stripe puts on what it sends (<https://docs.stripe.com/webhooks#verify-manually>).

use std::fmt;

use hmac::Mac;
use shared::config::{ConfigError, Secret, secrets};
use shared::domain::Timestamp;

/// How far the time of a signature may be from ours, in either direction.
const TOLERANCE_SECONDS: u64 = 300;

/// Stripe's own have about 80 bytes and one signature for each secret of the endpoint that is valid.
const MAX_HEADER_BYTES: usize = 2048;
const MAX_SIGNATURES: usize = 16;

/// Bytes of an HMAC-SHA256.
const SIGNATURE_BYTES: usize = 32;

/// The secrets of an endpoint at Stripe. While one is rolled there are two, and with test mode beside live mode as well.
#[derive(Clone)]
pub struct SigningSecrets(Vec<Secret>);

/// What is wrong with a signature; for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is more than one `Stripe-Signature`, or it is no text.
    #[error("the header is there twice or is no text")]
    NotOne,
    /// It is longer than anything that Stripe sends.
    #[error("the header has more than {MAX_HEADER_BYTES} bytes or {MAX_SIGNATURES} signatures")]
    TooLong,
    /// It is no list of `name=value`.
    #[error("the header is no list of name=value")]
    Malformed,
    /// It has no `t`, two of them, or one that is no time.
    #[error("the header has not one time")]
    NoTime,
    /// It has no `v1` that could be a signature.
    #[error("the header has no signature of the scheme v1")]
    NoSignature,
    /// It was signed too long ago, or the clocks differ.
    #[error("the signature is too old")]
    TooOld,
    /// It was signed by a clock that is ahead of ours.
    #[error("the signature is from the future")]
    FromTheFuture,
    /// None of the secrets signed this body at this time.
    #[error("no signature is of this body and one of the secrets")]
    Mismatch,
}

impl SigningSecrets {
    /// From `STRIPE_WEBHOOK_SECRET`, where commas separate several. They are used as they are, `whsec_` included.
    pub fn from_env() -> Result<Self, ConfigError> {
        secrets("STRIPE_WEBHOOK_SECRET").map(Self)
    }

    /// Any of these.
    #[must_use]
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self(secrets)
    }

    /// That one of the header's `v1` signatures is of these bytes, by any of the secrets, and recent at `now`.
    pub fn verify(&self, header: &str, body: &[u8], now: Timestamp) -> Result<(), SignatureError> {
        let Header { time, signatures } = Header::parse(header)?;
        let now = now.as_seconds();
        if now.abs_diff(time) > TOLERANCE_SECONDS {
            return Err(if time < now { SignatureError::TooOld } else { SignatureError::FromTheFuture });
        }
        for secret in &self.0 {
            let mac = secret.hmac().chain_update(signed_prefix(time)).chain_update(body);
            // In constant time.
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

/// The header with which Stripe would send `body` at this time.
#[must_use]
pub fn sign(secret: &Secret, body: &[u8], at: Timestamp) -> String {
    let time = at.as_seconds();
    let signature = secret.hmac().chain_update(signed_prefix(time)).chain_update(body).finalize();
    format!("t={time},v1={}", base16ct::lower::encode_string(&signature.into_bytes()))
}

/// What is signed before the body.
fn signed_prefix(time: i64) -> String {
    format!("{time}.")
}

/// `t=...,v1=...[,v1=...][,v0=...]`. What is neither `t` nor `v1` says nothing: `v0` is of Stripe's test mode, and not
/// to be trusted.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    /// Seconds since the Unix epoch.
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
                // One that is no HMAC-SHA256 matches nothing; another one may.
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

/// Only the form that Stripe writes: one time is one text, so what is signed is what was sent.
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
