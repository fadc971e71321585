//! Multipart uploads, which the AWS CLI uses for large files.

use std::path::PathBuf;
use std::{fs, io};

use base16ct::lower::encode_string;
use s3s::crypto::{Checksum as _, Md5};
use s3s::{S3Result, dto, s3_error};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::api::contents;
use super::conditions::Condition;
use super::draft::Finished;
use super::object::{Headers, Object, internal};
use super::store::{Store, open};

/// S3's minimum size of every part but the last.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

/// S3's limit.
const MAX_PARTS: i32 = 10_000;

/// The object that the parts will become.
#[derive(Deserialize, Serialize)]
struct Upload {
    bucket: String,
    key: String,
    headers: Headers,
}

impl Store {
    /// Starts an upload and returns its id.
    pub(super) fn begin(&self, bucket: String, key: String, headers: Headers) -> S3Result<String> {
        self.bucket(&bucket)?;
        let id = Uuid::new_v4().to_string();
        let directory = self.uploads().join(&id);
        let upload =
            serde_json::to_vec(&Upload { bucket, key, headers }).map_err(|error| internal(error.into()))?;
        fs::create_dir_all(&directory)
            .and_then(|()| fs::write(directory.join("upload.json"), upload))
            .map_err(internal)?;
        Ok(id)
    }

    /// Stores a part, replacing one with the same number.
    pub(super) fn put_part(&self, bucket: &str, key: &str, id: &str, part: Finished) -> S3Result<Object> {
        let (directory, _) = self.upload(bucket, key, id)?;
        if !part.object.key.parse().is_ok_and(|number| (1..=MAX_PARTS).contains(&number)) {
            return Err(s3_error!(InvalidArgument, "Part numbers are from 1 to 10000."));
        }
        part.file.persist(directory.join(&part.object.key)).map_err(|error| internal(error.error))?;
        Ok(part.object)
    }

    /// Combines the parts into an object.
    pub(super) async fn complete(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        parts: Vec<dto::CompletedPart>,
        condition: &Condition,
    ) -> S3Result<Object> {
        let (directory, upload) = self.upload(bucket, key, id)?;
        let mut draft = self.draft()?;
        let (mut digests, mut previous, last) = (Md5::new(), 0, parts.len());
        for (index, part) in parts.iter().enumerate() {
            let number = part.part_number.unwrap_or_default();
            if number <= std::mem::replace(&mut previous, number) {
                return Err(s3_error!(InvalidPartOrder));
            }
            let (object, file) =
                open(&directory.join(number.to_string())).map_err(|_| s3_error!(InvalidPart))?;
            if part.e_tag.as_ref().is_some_and(|etag| *etag != object.etag()) {
                return Err(s3_error!(InvalidPart));
            }
            if object.size < MIN_PART_BYTES && index + 1 < last {
                return Err(s3_error!(EntityTooSmall));
            }
            draft.fill(contents(file, object.size)).await?;
            digests.update(&draft.digests().1);
        }
        if parts.is_empty() {
            return Err(s3_error!(InvalidPart));
        }
        let etag = format!("{}-{last}", encode_string(&digests.finalize()));
        let finished = draft.finish(upload.key, etag, dto::Checksum::default(), upload.headers).await?;
        let object = self.put(bucket, finished, condition)?;
        self.abort(bucket, key, id)?;
        Ok(object)
    }

    /// Removes the upload and its parts.
    pub(super) fn abort(&self, bucket: &str, key: &str, id: &str) -> S3Result<()> {
        fs::remove_dir_all(self.upload(bucket, key, id)?.0).map_err(internal)
    }

    fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<(PathBuf, Upload)> {
        let id: Uuid = id.parse().map_err(|_| s3_error!(NoSuchUpload))?;
        let directory = self.uploads().join(id.to_string());
        let upload: Upload = match fs::read(directory.join("upload.json")) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| internal(error.into()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(s3_error!(NoSuchUpload)),
            Err(error) => return Err(internal(error)),
        };
        if upload.bucket == bucket && upload.key == key {
            Ok((directory, upload))
        } else {
            Err(s3_error!(NoSuchUpload))
        }
    }
}
