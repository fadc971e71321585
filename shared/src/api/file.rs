use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::truth::True;
use crate::domain::{
    File, FileAttributes, FileId, FileName, FileSize, FileType, Sha256Digest, Timestamp, UserId,
};
use crate::http::{Error, Resource, Validators};
use crate::input;

input! {
    /// The announcement of a file that a client will upload to S3.
    pub struct PresignInput {
        /// The name of the file. Its extension must match the media type.
        file_name: FileName = required("fileName"),
        /// The media type of the file.
        content_type: FileType = required("contentType"),
        /// The size of the file in bytes, up to 100 MiB.
        size: FileSize = required("size"),
        /// The SHA-256 of the content, if it is known. S3 then accepts no other content.
        sha256: Option<Sha256Digest> = optional("sha256"),
    }
}

impl TryFrom<PresignInput> for FileAttributes {
    type Error = Error;

    fn try_from(input: PresignInput) -> Result<Self, Error> {
        let PresignInput { file_name: name, content_type: kind, size, sha256 } = input;
        if kind.fits(&name) {
            Ok(Self { name, kind, size, sha256 })
        } else {
            Err(Error::field("fileName", kind.misfit()))
        }
    }
}

/// An uploaded file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UploadedFile)]
pub struct UploadedBody {
    /// Always `true`: a failed upload is reported as an error.
    success: True,
    file_id: FileId,
    file_name: FileName,
    content_type: FileType,
    size: FileSize,
    /// The SHA-256 of the content.
    #[schema(required)]
    sha256: Option<Sha256Digest>,
    /// The time when the file was uploaded.
    created_at: Timestamp,
}

impl From<File> for UploadedBody {
    fn from(file: File) -> Self {
        let FileAttributes { name, kind, size, sha256 } = file.attributes;
        Self {
            success: True,
            file_id: file.id,
            file_name: name,
            content_type: kind,
            size,
            sha256,
            created_at: file.revision.created_at,
        }
    }
}

/// The request that uploads the file to S3. Anybody with this URL can send it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PresignedUpload)]
pub struct PresignedBody {
    /// The id of the file, for `GET /api/upload/{id}`. The file is pending until its content has been checked.
    pub file_id: FileId,
    /// The URL to which the content is sent.
    #[schema(
        format = "uri",
        example = "https://uploads.s3.eu-central-1.amazonaws.com/incoming/01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f?X-Amz-Signature=4f2a"
    )]
    pub url: String,
    /// The method of the request.
    pub method: UploadMethod,
    /// The headers that the request must have, with exactly these values. `Content-Length` must be the announced size.
    #[schema(example = json!({"content-type": "image/png", "if-none-match": "*"}))]
    pub headers: BTreeMap<String, String>,
    /// The time until which the upload can begin.
    pub expires_at: Timestamp,
}

/// The method that uploads a file to S3.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum UploadMethod {
    /// The body of the request is the content of the file.
    Put,
}

/// A file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = File)]
pub struct FileBody {
    file_id: FileId,
    file_name: FileName,
    content_type: FileType,
    size: FileSize,
    /// The SHA-256 of the content. While the file is pending it is the announced one, or `null`.
    #[schema(required)]
    sha256: Option<Sha256Digest>,
    #[schema(inline)]
    state: State,
    /// The user who owns the file.
    user_id: UserId,
    /// The time when the upload began.
    created_at: Timestamp,
    /// The time of the last change.
    updated_at: Timestamp,
    /// A URL to download the content, usable by anybody who has it. `null` while the file is pending.
    #[schema(
        required,
        format = "uri",
        example = "https://uploads.s3.eu-central-1.amazonaws.com/files/01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f?X-Amz-Signature=4f2a"
    )]
    download_url: Option<String>,
    /// The time until which a download can begin. `null` while the file is pending.
    #[schema(required)]
    download_url_expires_at: Option<Timestamp>,
}

/// `pending` until the content has arrived and has been checked, `ready` afterwards.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "ready")]
enum State {
    Pending,
    Ready,
}

impl FileBody {
    /// Returns the file with its entity tag. The tag leaves out the download URL, which differs each time.
    #[must_use]
    pub fn resource(file: File, download: Option<(String, Timestamp)>) -> Resource<Self> {
        let validators = Validators::of(file.revision);
        let (download_url, download_url_expires_at) = download.unzip();
        let FileAttributes { name, kind, size, sha256 } = file.attributes;
        let body = Self {
            file_id: file.id,
            file_name: name,
            content_type: kind,
            size,
            sha256,
            state: if download_url.is_some() { State::Ready } else { State::Pending },
            user_id: file.user_id,
            created_at: file.revision.created_at,
            updated_at: file.revision.updated_at,
            download_url,
            download_url_expires_at,
        };
        Resource { validators, body }
    }
}
