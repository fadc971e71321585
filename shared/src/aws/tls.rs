//! TLS with the few root certificates that AWS's services need.

use std::error::Error;
use std::fs;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::config::{ConfigError, optional};

/// The SDKs' variable with the path of other root certificates, for a proxy or a test.
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// The roots of Amazon Trust Services, as published at <https://www.amazontrust.com/repository/>. In PEM, decoding them
/// would take an eighth of the instructions of a cold start.
const AMAZON_TRUST_SERVICES: [&[u8]; 5] = [
    include_bytes!("amazon-trust-services/AmazonRootCA1.cer"),
    include_bytes!("amazon-trust-services/AmazonRootCA2.cer"),
    include_bytes!("amazon-trust-services/AmazonRootCA3.cer"),
    include_bytes!("amazon-trust-services/AmazonRootCA4.cer"),
    include_bytes!("amazon-trust-services/SFSRootCAG2.cer"),
];

/// Returns the configuration of all connections.
pub(super) fn config() -> Result<ClientConfig, ConfigError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(invalid)?;
    Ok(builder.with_root_certificates(roots(optional(CA_BUNDLE))?).with_no_client_auth())
}

/// Returns the certificates in the file `bundle`, or else Amazon's.
fn roots(bundle: Option<String>) -> Result<RootCertStore, ConfigError> {
    let mut roots = RootCertStore::empty();
    let Some(path) = bundle else {
        for certificate in AMAZON_TRUST_SERVICES {
            roots.add(CertificateDer::from_slice(certificate)).map_err(invalid)?;
        }
        return Ok(roots);
    };
    for certificate in CertificateDer::pem_slice_iter(&fs::read(path).map_err(invalid)?) {
        roots.add(certificate.map_err(invalid)?).map_err(invalid)?;
    }
    if roots.is_empty() { Err(invalid("the file has no certificate")) } else { Ok(roots) }
}

fn invalid(error: impl Into<Box<dyn Error>>) -> ConfigError {
    ConfigError::Invalid { name: CA_BUNDLE, reason: error.into().to_string() }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_bundle_replaces_the_roots_of_amazon() {
        assert_eq!(roots(None).unwrap().len(), AMAZON_TRUST_SERVICES.len());
        let path = std::env::temp_dir().join(format!("bundle-{}.pem", std::process::id()));
        let bundle = || roots(Some(path.display().to_string()));
        let body = STANDARD.encode(AMAZON_TRUST_SERVICES[0]);
        fs::write(&path, format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"))
            .unwrap();
        assert_eq!(bundle().unwrap().roots, roots(None).unwrap().roots[..1]);
        fs::write(&path, "").unwrap();
        assert!(bundle().is_err_and(|error| error.to_string().contains(CA_BUNDLE)));
        fs::remove_file(&path).unwrap();
        assert!(bundle().is_err());
    }
}
