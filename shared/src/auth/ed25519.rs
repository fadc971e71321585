//! The only signature algorithm of access tokens, for `jsonwebtoken`: Ed25519 (RFC 8032; RFC 8037, section 3.1), by `ring`,
//! which TLS links anyway.
//!
//! The crate's own providers include RSA, other elliptic curves and HMAC: more than a megabyte in every function, and
//! algorithms that a forged header could ask for. An algorithm that is not linked cannot be confused with another.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::config::Secret;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| {
        check(*algorithm, key.family())?;
        let pair =
            Ed25519KeyPair::from_seed_unchecked(key.as_bytes()).map_err(|_| ErrorKind::InvalidEddsaKey)?;
        Ok(Box::new(Signs(pair)))
    },
    verifier_factory: |algorithm, key| {
        check(*algorithm, key.family())?;
        Ok(Box::new(Verifies(UnparsedPublicKey::new(&ED25519, key.try_get_as_bytes()?.to_vec()))))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Separates this use of a secret from others, if somebody gives one value to several.
const PURPOSE: &[u8] = b"access token";

/// Returns the private key that is derived from the secret and the salt (HKDF, RFC 5869), and its public key. An Ed25519
/// private key is any 32 bytes.
pub(super) fn derive(secret: &Secret, salt: &[u8; 32]) -> Result<(EncodingKey, [u8; 32]), Error> {
    install();
    let mut seed = [0; 32];
    Salt::new(HKDF_SHA256, salt)
        .extract(secret.as_bytes())
        .expand(&[PURPOSE], HKDF_SHA256)
        .and_then(|key| key.fill(&mut seed))
        .map_err(|_| ErrorKind::InvalidEddsaKey)?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| ErrorKind::InvalidEddsaKey)?;
    let public = pair.public_key().as_ref().try_into().map_err(|_| ErrorKind::InvalidEddsaKey)?;
    Ok((EncodingKey::from_ed_der(&seed), public))
}

/// Returns the key that verifies with this public key.
pub(super) fn verifying(public: &[u8; 32]) -> DecodingKey {
    install();
    DecodingKey::from_ed_der(public)
}

fn install() {
    // A second call finds the provider installed.
    let _ = PROVIDER.install_default();
}

fn check(algorithm: Algorithm, family: AlgorithmFamily) -> Result<(), Error> {
    if algorithm == Algorithm::EdDSA && family == AlgorithmFamily::Ed {
        Ok(())
    } else {
        Err(ErrorKind::InvalidAlgorithm.into())
    }
}

struct Signs(Ed25519KeyPair);

impl Signer<Vec<u8>> for Signs {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for Signs {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Verifies(UnparsedPublicKey<Vec<u8>>);

impl Verifier<Vec<u8>> for Verifies {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.verify(message, signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Verifies {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_depends_on_the_secret_and_on_the_salt() {
        let secret = |letter: char| Secret::new("SECRET", letter.to_string().repeat(32)).unwrap();
        let public = |letter, salt| derive(&secret(letter), &salt).unwrap().1;
        assert_eq!(public('a', [1; 32]), public('a', [1; 32]));
        assert_ne!(public('a', [1; 32]), public('a', [2; 32]));
        assert_ne!(public('a', [1; 32]), public('b', [1; 32]));
    }
}
