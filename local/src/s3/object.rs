//! Objects without their bytes.

use std::collections::{BTreeMap, HashMap};
use std::io;

use s3s::{dto, s3_error};
use serde::{Deserialize, Serialize};

/// An object without its bytes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) size: u64,
    pub(super) etag: String,
    /// The time of the last change, in seconds since 1970.
    pub(super) modified: i64,
    /// The checksums in base64, by algorithm.
    pub(super) checksums: BTreeMap<String, String>,
    pub(super) headers: Headers,
}

/// The headers that an upload gives its object and a download returns.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Headers {
    pub(super) cache_control: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) metadata: Option<HashMap<String, String>>,
}

impl Object {
    pub(super) fn etag(&self) -> dto::ETag {
        dto::ETag::Strong(self.etag.clone())
    }

    pub(super) fn modified(&self) -> dto::Timestamp {
        time::OffsetDateTime::from_unix_timestamp(self.modified)
            .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
            .into()
    }

    /// Returns the checksums that the upload declared.
    pub(super) fn checksum(&self) -> dto::Checksum {
        let of = |name: &str| self.checksums.get(name).cloned();
        dto::Checksum {
            checksum_crc32: of("crc32"),
            checksum_crc32c: of("crc32c"),
            checksum_crc64nvme: of("crc64nvme"),
            checksum_sha1: of("sha1"),
            checksum_sha256: of("sha256"),
            ..dto::Checksum::default()
        }
    }
}

/// Turns a disk error into S3's internal error.
pub(super) fn internal(error: io::Error) -> s3s::S3Error {
    s3_error!(error, InternalError)
}
