//! The contents of files: objects in the only S3 bucket. No other module names the SDK's types for S3.
//!
//! An upload arrives at `incoming/<id>`, and is copied to `files/<id>` once it is checked. It stays at `incoming/` until
//! S3 removes it after a day, because a presigned URL uploads only where nothing is. So its holder can neither replace
//! what is being checked, nor cause another check. Keys contain nothing that a client chose.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, MetadataDirective, Object};
use aws_types::SdkConfig;
use bytes::Bytes;

use crate::aws::{self, Timed};
use crate::clock::Clock;
use crate::config::{ConfigError, FromEnv, required};
use crate::domain::{File, FileAttributes, FileId, Sha256Digest, Timestamp};
use crate::timing::Service;

/// The time in which an upload to a presigned URL must begin.
pub const UPLOAD_URL_LIFETIME: Duration = Duration::from_mins(15);
/// The time in which a download from a presigned URL must begin.
pub const DOWNLOAD_URL_LIFETIME: Duration = Duration::from_mins(5);

/// The timeout of an attempt. At most 4 MiB are sent within the region, so a longer call has lost its connection.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(6);
/// The timeout of all attempts of a call together, well below the functions' timeout in template.yaml.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);
/// The timeout of a copy. S3 copies 100 MiB within seconds, and sends nothing meanwhile.
const COPY_TIMEOUT: Duration = Duration::from_secs(25);

/// The codes with which S3 asks to retry later (Amazon S3 API reference, "Error responses").
const COME_BACK_LATER: [&str; 4] =
    ["ConditionalRequestConflict", "OperationAborted", "RequestTimeout", "SlowDown"];

/// The bucket. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Objects {
    client: Client,
    bucket: String,
    clock: Clock,
}

/// The reason why a call of S3 failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such object.
    #[error("there is no such object")]
    Missing,
    /// The object is not the expected one.
    #[error("the object changed since it was read")]
    Changed,
    /// S3 was throttling, failing or out of reach, after all retries.
    #[error("S3 is unavailable")]
    Unavailable(#[source] Cause),
    /// A defect: S3 refused the call.
    #[error("S3 refused a call")]
    Internal(#[source] Cause),
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A request that anybody may send to S3 unchanged. Its URL is a secret.
pub struct Presigned {
    /// The URL.
    pub url: String,
    /// The signed headers, which the request must carry unchanged. `Host` and `Content-Length` are signed too, but clients
    /// set these two themselves.
    pub headers: Vec<(String, String)>,
    /// The time until which the request must begin.
    pub expires_at: Timestamp,
}

/// An upload in S3: its metadata, and its content, which is still to be read.
pub struct Incoming {
    /// The size in bytes.
    pub size: u64,
    /// The content type of the upload.
    pub content_type: String,
    /// The entity tag of this content.
    pub etag: String,
    content: ByteStream,
}

/// The folder of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// `incoming/`: uploads that are not checked yet.
    Incoming,
    /// `files/`: the contents of files.
    Files,
}

/// An object in a list.
pub struct Stored {
    /// Its key.
    pub key: String,
    /// Its folder and its file, unless the key is none that this API gives.
    pub place: Option<(Folder, FileId)>,
    /// The time when it was stored.
    pub modified: Timestamp,
}

impl Incoming {
    /// Returns the next piece of the content.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.content.try_next().await.map_err(|error| Error::Unavailable(error.into()))
    }
}

impl FromEnv for Objects {
    /// Connects to the bucket that `FILES_BUCKET` names, with Lambda's environment.
    fn from_env() -> Result<Self, ConfigError> {
        let bucket = required("FILES_BUCKET")?;
        Ok(Self { bucket, ..Self::named_by_events()? })
    }
}

/// A connection to the bucket that `FILES_BUCKET` names, which a start opens for a function whose requests need it.
///
/// If the SDK finds another name of the bucket's host, the first request opens a connection to that.
#[derive(Clone, Copy, Debug)]
pub struct Connection;

impl FromEnv for Connection {
    fn from_env() -> Result<Self, ConfigError> {
        let endpoint = match endpoint_from_env() {
            Some(endpoint) => endpoint,
            None => {
                format!("https://{}.s3.{}.amazonaws.com", required("FILES_BUCKET")?, required("AWS_REGION")?)
            }
        };
        // Of an endpoint that is no URI, the first request says so.
        endpoint.parse().map_or(Ok(()), aws::open)?;
        Ok(Self)
    }
}

fn endpoint_from_env() -> Option<String> {
    aws::endpoint_from_env("AWS_ENDPOINT_URL_S3")
}

impl Objects {
    /// Connects without a bucket, for events that name it; see [`named`](Self::named).
    pub fn named_by_events() -> Result<Self, ConfigError> {
        Ok(Self::new(&aws::from_env()?, endpoint_from_env()))
    }

    /// Connects to a bucket of an embedded S3 at `endpoint`, as its owner, who may do everything.
    pub fn embedded(bucket: &str, endpoint: &str) -> Result<Self, ConfigError> {
        Ok(Self::new(&aws::embedded()?, Some(endpoint.to_owned())).named(bucket))
    }

    fn new(common: &SdkConfig, endpoint: Option<String>) -> Self {
        let patience = common
            .timeout_config()
            .map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(CALL_TIMEOUT)
            .build();
        let mut config = Builder::from(common)
            .timeout_config(patience)
            .interceptor(Timed(Service::Bucket))
            // A known digest is sent and verified. Without these two settings the SDK would put headers into presigned
            // requests that clients do not know.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            // Outside AWS, buckets have no host of their own.
            .force_path_style(endpoint.is_some());
        config.set_endpoint_url(endpoint);
        let client = Client::from_conf(config.build());
        Self { client, bucket: String::new(), clock: Clock::system() }
    }

    /// Returns the bucket with this name.
    #[must_use]
    pub fn named(&self, bucket: &str) -> Self {
        Self { bucket: bucket.to_owned(), ..self.clone() }
    }

    /// Uploads a content to `incoming/`, where S3 verifies its digest, and returns the entity tag.
    pub async fn put_incoming(
        &self,
        id: FileId,
        attributes: &FileAttributes,
        sha256: Sha256Digest,
        content: Bytes,
    ) -> Result<String, Error> {
        let output = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(incoming_key(id))
            .content_type(attributes.kind.media_type())
            .checksum_sha256(sha256.to_base64())
            .body(content.into())
            .send()
            .await?;
        output.e_tag.ok_or_else(|| Error::Internal("an object without an entity tag".into()))
    }

    /// Opens an upload for inspection.
    pub async fn open_incoming(&self, id: FileId) -> Result<Incoming, Error> {
        let output = self.client.get_object().bucket(&self.bucket).key(incoming_key(id)).send().await?;
        let size = output.content_length.and_then(|length| u64::try_from(length).ok());
        Ok(Incoming {
            size: size.ok_or_else(|| Error::Internal("an object without a length".into()))?,
            content_type: output.content_type.unwrap_or_default(),
            etag: output.e_tag.ok_or_else(|| Error::Internal("an object without an entity tag".into()))?,
            content: output.body,
        })
    }

    /// Copies an upload to its place among the files, with the headers of its `file` and no others: what S3 stored with
    /// the upload beside its content was not inspected.
    ///
    /// Ends in [`Error::Changed`] if the upload no longer has this tag, or if the copy does not have this digest. The tag
    /// is an MD5, of which somebody can make two contents.
    pub async fn accept(&self, file: &File, etag: &str, sha256: Sha256Digest) -> Result<(), Error> {
        let patience = TimeoutConfig::builder()
            .operation_attempt_timeout(COPY_TIMEOUT)
            .operation_timeout(COPY_TIMEOUT)
            .build();
        let output = self
            .client
            .copy_object()
            .bucket(&self.bucket)
            .key(file_key(file.id))
            .copy_source(format!("{}/{}", self.bucket, incoming_key(file.id)))
            .copy_source_if_match(etag)
            .metadata_directive(MetadataDirective::Replace)
            .content_type(file.attributes.kind.media_type())
            .content_disposition(file.attributes.name.content_disposition())
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .customize()
            .config_override(Builder::default().timeout_config(patience))
            .send()
            .await?;
        let copied = output.copy_object_result.and_then(|result| result.checksum_sha256);
        let copied = copied.ok_or_else(|| Error::Internal("a copy without a digest".into()))?;
        if copied == sha256.to_base64() {
            return Ok(());
        }
        self.remove(file.id).await?;
        Err(Error::Changed)
    }

    /// Removes the content of a file if it exists.
    pub async fn remove(&self, id: FileId) -> Result<(), Error> {
        self.client.delete_object().bucket(&self.bucket).key(file_key(id)).send().await?;
        Ok(())
    }

    /// Removes an upload if it exists, once its URL has expired.
    pub async fn remove_incoming(&self, id: FileId) -> Result<(), Error> {
        self.client.delete_object().bucket(&self.bucket).key(incoming_key(id)).send().await?;
        Ok(())
    }

    /// Lists up to `limit` objects whose keys follow `after`, sorted by key. Fewer are the last ones of the bucket.
    pub async fn list(&self, after: &str, limit: usize) -> Result<Vec<Stored>, Error> {
        let output = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .set_start_after(Some(after.to_owned()).filter(|after| !after.is_empty()))
            .max_keys(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await?;
        let stored = |object: Object| {
            let key = object.key?;
            let modified = object.last_modified.and_then(|at| at.to_millis().ok()).unwrap_or_default();
            Some(Stored { place: place_of(&key), key, modified: Timestamp::from_millis(modified) })
        };
        Ok(output.contents.unwrap_or_default().into_iter().filter_map(stored).collect())
    }

    /// Presigns a request that uploads exactly this file, once: length, type and, if it is known, the digest are signed,
    /// and so is the condition that nothing was uploaded before.
    pub async fn presign_upload(&self, file: &File) -> Result<Presigned, Error> {
        let expiry = self.expiry(UPLOAD_URL_LIFETIME)?;
        let length =
            i64::try_from(file.attributes.size.bytes()).map_err(|error| Error::Internal(error.into()))?;
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(incoming_key(file.id))
            .content_length(length)
            .content_type(file.attributes.kind.media_type())
            .if_none_match("*")
            .set_checksum_sha256(file.attributes.sha256.map(Sha256Digest::to_base64))
            .presigned(expiry)
            .await?;
        Ok(self.presigned(&request, UPLOAD_URL_LIFETIME))
    }

    /// Presigns a request that downloads this file and makes browsers save it.
    pub async fn presign_download(&self, file: &File) -> Result<Presigned, Error> {
        let expiry = self.expiry(DOWNLOAD_URL_LIFETIME)?;
        let request = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(file_key(file.id))
            .response_content_type(file.attributes.kind.media_type())
            .response_content_disposition(file.attributes.name.content_disposition())
            .presigned(expiry)
            .await?;
        Ok(self.presigned(&request, DOWNLOAD_URL_LIFETIME))
    }

    fn expiry(&self, lifetime: Duration) -> Result<PresigningConfig, Error> {
        let config = PresigningConfig::builder().start_time(self.clock.now().into()).expires_in(lifetime);
        config.build().map_err(|error| Error::Internal(error.into()))
    }

    fn presigned(&self, request: &PresignedRequest, lifetime: Duration) -> Presigned {
        let signed = signed_headers(request.uri());
        let headers = request.headers().filter(|(name, _)| signed.iter().any(|signed| signed == name));
        let millis = i64::try_from(lifetime.as_millis()).unwrap_or(0);
        Presigned {
            url: request.uri().to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            expires_at: Timestamp::from_millis(self.clock.now().as_millis() + millis),
        }
    }
}

/// Returns the headers that a client must send because the signature covers them.
///
/// The SDK's request has others, such as X-Amzn-Trace-Id if Lambda traces the function. S3 does not need them, and
/// browsers would need permission for them from the bucket's CORS rules.
fn signed_headers(url: &str) -> Vec<String> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let signed = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "X-Amz-SignedHeaders");
    let names = signed.map(|(_, names)| names).unwrap_or_default();
    names.split(';').filter(|name| !["host", "content-length"].contains(name)).map(str::to_owned).collect()
}

/// Returns the id in the key of an upload.
#[must_use]
pub fn incoming_id(key: &str) -> Option<FileId> {
    place_of(key).and_then(|(folder, id)| (folder == Folder::Incoming).then_some(id))
}

fn place_of(key: &str) -> Option<(Folder, FileId)> {
    let (folder, id) = key.split_once('/')?;
    let folder = match folder {
        "incoming" => Folder::Incoming,
        "files" => Folder::Files,
        _ => return None,
    };
    Some((folder, id.parse().ok()?))
}

fn incoming_key(id: FileId) -> String {
    format!("incoming/{id}")
}

fn file_key(id: FileId) -> String {
    format!("files/{id}")
}

impl<E> From<SdkError<E, HttpResponse>> for Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match error.raw_response().map(|response| response.status().as_u16()) {
            Some(404) => Self::Missing,
            Some(412) => Self::Changed,
            _ if aws::is_refusal(&error, &COME_BACK_LATER) => Self::Internal(error.into()),
            _ => Self::Unavailable(error.into()),
        }
    }
}
