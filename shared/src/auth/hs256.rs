//! The only signature algorithm of tokens, for `jsonwebtoken`.
//!
//! The crate's own providers include RSA, elliptic curves and JWK: more than a megabyte in every function, and
//! algorithms that a forged header could ask for. An algorithm that is not linked cannot be confused with another.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use sha2::Sha256;

/// HMAC-SHA256 alone (RFC 7518, section 3.2).
static HS256: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| {
        hs256(*algorithm, key.family(), key.as_bytes()).map(|mac| Box::new(mac) as _)
    },
    verifier_factory: |algorithm, key| {
        hs256(*algorithm, key.family(), key.try_get_as_bytes()?).map(|mac| Box::new(mac) as _)
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Installs this provider for `jsonwebtoken`, and returns the keys of the secret.
pub(super) fn keys(secret: &[u8]) -> (EncodingKey, DecodingKey) {
    // A second call finds the provider installed.
    let _ = HS256.install_default();
    (EncodingKey::from_secret(secret), DecodingKey::from_secret(secret))
}

struct Hs256(Hmac<Sha256>);

fn hs256(algorithm: Algorithm, family: AlgorithmFamily, key: &[u8]) -> Result<Hs256, Error> {
    if algorithm != Algorithm::HS256 || family != AlgorithmFamily::Hmac {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Hmac::new_from_slice(key).map(Hs256).map_err(|_| ErrorKind::InvalidKeyFormat.into())
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    /// Compares in constant time.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.clone().chain_update(message).verify_slice(signature).map_err(signature::Error::from_source)
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}
