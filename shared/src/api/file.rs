use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    File, FileDraft, FileId, FileName, FileSize, FileState, FileType, Sha256Digest, Timestamp, UserId,
};
use crate::http::{Error, Fields, FromFields, Resource, Validators};

/// A file that is to be uploaded to S3 directly.
#[derive(ToSchema)]
pub struct PresignInput {
    /// Shown again without what a name should not have: a path, control characters.
    file_name: FileName,
    content_type: FileType,
    size: FileSize,
    /// The content's SHA-256, where it is known: then S3 takes no other content.
    sha256: Option<Sha256Digest>,
}

impl FromFields for PresignInput {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let file_name = fields.required("fileName");
        let content_type = fields.required("contentType");
        let size = fields.required("size");
        let sha256 = fields.optional("sha256");
        Some(Self { file_name: file_name?, content_type: content_type?, size: size?, sha256: sha256? })
    }
}

impl TryFrom<PresignInput> for FileDraft {
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

/// A file that was uploaded.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UploadedBody {
    #[schema(example = true)]
    success: bool,
    file_id: FileId,
    file_name: FileName,
    content_type: FileType,
    size: FileSize,
    #[schema(required)]
    sha256: Option<Sha256Digest>,
    created_at: Timestamp,
}

impl From<File> for UploadedBody {
    fn from(file: File) -> Self {
        let FileDraft { name, kind, size, sha256 } = file.draft;
        Self {
            success: true,
            file_id: file.id,
            file_name: name,
            content_type: kind,
            size,
            sha256,
            created_at: file.revision.created_at,
        }
    }
}

/// A request that uploads the file to S3, where whoever has it may send it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresignedBody {
    /// Where `GET /api/upload/{id}` shows the file, pending until S3 has it and it is checked.
    pub file_id: FileId,
    /// Where to send the content.
    pub url: String,
    /// With which method.
    #[schema(example = "PUT")]
    pub method: &'static str,
    /// Header fields that the request must have, exactly so. `Content-Length` must be the announced size, too.
    #[schema(example = json!({"content-type": "image/png"}))]
    pub headers: BTreeMap<String, String>,
    /// Until when the upload can be begun.
    pub expires_at: Timestamp,
}

/// A file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileBody {
    file_id: FileId,
    file_name: FileName,
    content_type: FileType,
    size: FileSize,
    /// The content's SHA-256; of a pending file what was announced, if anything was.
    #[schema(required)]
    sha256: Option<Sha256Digest>,
    /// `pending` until the content is there and checked.
    #[schema(value_type = String, example = "ready", pattern = "^(pending|ready)$")]
    state: FileState,
    user_id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Where whoever has it gets the content, to be saved and not shown; of a pending file `null`.
    #[schema(required)]
    download_url: Option<String>,
    /// Until when a download can be begun.
    #[schema(required)]
    download_url_expires_at: Option<Timestamp>,
}

impl FileBody {
    /// The file with its entity tag, which says nothing of the download's URL: that is another one each time.
    #[must_use]
    pub fn resource(file: File, download: Option<(String, Timestamp)>) -> Resource<Self> {
        let validators = Validators::of(file.revision);
        let (download_url, download_url_expires_at) = download.unzip();
        let FileDraft { name, kind, size, sha256 } = file.draft;
        let body = Self {
            file_id: file.id,
            file_name: name,
            content_type: kind,
            size,
            sha256,
            state: file.state,
            user_id: file.user_id,
            created_at: file.revision.created_at,
            updated_at: file.revision.updated_at,
            download_url,
            download_url_expires_at,
        };
        Resource { validators, body }
    }
}
