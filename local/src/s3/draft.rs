//! Files that are being written and will become objects.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{Checksum, ChecksumAlgorithm, StreamingBlob};
use s3s::{S3Result, StdError, TrailingHeaders, s3_error};
use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};

use super::object::{Headers, Object, internal};
use crate::clock;

/// S3's limit for one `PutObject`.
const MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// A file that is removed when it is dropped.
pub(super) struct Draft {
    file: BufWriter<File>,
    path: TempPath,
    size: u64,
    md5: Md5,
    checksums: ChecksumHasher,
}

/// A complete object that only has to be moved to its place.
pub(super) struct Finished {
    pub(super) file: TempPath,
    pub(super) object: Object,
}

impl Draft {
    pub(super) fn new(directory: &Path) -> io::Result<Self> {
        let (file, path) = tempfile::NamedTempFile::new_in(directory)?.into_parts();
        let file = BufWriter::new(File::from_std(file));
        Ok(Self { file, path, size: 0, md5: Md5::new(), checksums: ChecksumHasher::default() })
    }

    /// Computes the declared checksums, and the one that the trailer will declare.
    pub(super) fn compute(&mut self, declared: &Checksum, algorithm: Option<&ChecksumAlgorithm>) {
        let wants = |is_declared: bool, name| {
            is_declared || algorithm.is_some_and(|algorithm| algorithm.as_str() == name)
        };
        self.checksums = ChecksumHasher {
            crc32: wants(declared.checksum_crc32.is_some(), ChecksumAlgorithm::CRC32).then(Default::default),
            crc32c: wants(declared.checksum_crc32c.is_some(), ChecksumAlgorithm::CRC32C)
                .then(Default::default),
            crc64nvme: wants(declared.checksum_crc64nvme.is_some(), ChecksumAlgorithm::CRC64NVME)
                .then(Default::default),
            sha1: wants(declared.checksum_sha1.is_some(), ChecksumAlgorithm::SHA1).then(Default::default),
            sha256: wants(declared.checksum_sha256.is_some(), ChecksumAlgorithm::SHA256)
                .then(Default::default),
        };
    }

    /// Writes the whole stream.
    pub(super) async fn fill<E: Into<StdError>>(
        &mut self,
        mut bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> S3Result<()> {
        while let Some(piece) = bytes.next().await {
            let piece = piece.map_err(|error| {
                // Usually the connection has ended, or else the bytes do not match their signature.
                let error: StdError = error.into();
                s3s::S3Error::with_source(s3s::S3ErrorCode::IncompleteBody, error)
            })?;
            self.size += piece.len() as u64;
            if self.size > MAX_BYTES {
                return Err(s3_error!(EntityTooLarge));
            }
            self.md5.update(&piece);
            self.checksums.update(&piece);
            self.file.write_all(&piece).await.map_err(internal)?;
        }
        Ok(())
    }

    /// Writes the body and checks it against the digests that the request declares, at the front or in the trailer.
    pub(super) async fn receive(
        mut self,
        body: Option<StreamingBlob>,
        mut declared: Checksum,
        algorithm: Option<ChecksumAlgorithm>,
        md5: Option<String>,
        trailer: Option<TrailingHeaders>,
    ) -> S3Result<(Self, Checksum, [u8; 16])> {
        self.compute(&declared, algorithm.as_ref());
        if let Some(body) = body {
            self.fill(body).await?;
        }
        if let Some(trailer) = trailer.and_then(|trailer| trailer.take()) {
            let value = |name| trailer.get(name)?.to_str().ok().map(str::to_owned);
            declared.checksum_crc32 = value("x-amz-checksum-crc32").or(declared.checksum_crc32);
            declared.checksum_crc32c = value("x-amz-checksum-crc32c").or(declared.checksum_crc32c);
            declared.checksum_crc64nvme = value("x-amz-checksum-crc64nvme").or(declared.checksum_crc64nvme);
            declared.checksum_sha1 = value("x-amz-checksum-sha1").or(declared.checksum_sha1);
            declared.checksum_sha256 = value("x-amz-checksum-sha256").or(declared.checksum_sha256);
        }
        let (checksum, digest) = self.digests();
        if checksum != declared {
            return Err(s3_error!(BadDigest, "The checksum that you specified did not match the bytes."));
        }
        if md5.is_some_and(|md5| md5 != STANDARD.encode(digest)) {
            return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match the bytes."));
        }
        Ok((self, checksum, digest))
    }

    /// Returns the checksums and the MD5 digest of all bytes.
    pub(super) fn digests(&mut self) -> (Checksum, [u8; 16]) {
        (
            std::mem::take(&mut self.checksums).finalize(),
            std::mem::replace(&mut self.md5, Md5::new()).finalize(),
        )
    }

    /// Writes the object's description.
    pub(super) async fn finish(
        mut self,
        key: String,
        etag: String,
        checksum: Checksum,
        headers: Headers,
    ) -> S3Result<Finished> {
        let modified = clock::now().unix_timestamp();
        let object = Object { key, size: self.size, etag, modified, checksums: by_name(checksum), headers };
        let description = serde_json::to_vec(&object).map_err(|error| internal(error.into()))?;
        let length = (description.len() as u64).to_be_bytes();
        for bytes in [&description[..], &length] {
            self.file.write_all(bytes).await.map_err(internal)?;
        }
        self.file.flush().await.map_err(internal)?;
        Ok(Finished { file: self.path, object })
    }
}

fn by_name(checksum: Checksum) -> BTreeMap<String, String> {
    [
        ("crc32", checksum.checksum_crc32),
        ("crc32c", checksum.checksum_crc32c),
        ("crc64nvme", checksum.checksum_crc64nvme),
        ("sha1", checksum.checksum_sha1),
        ("sha256", checksum.checksum_sha256),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}
