use shared::domain::{File, FileId, FileState, FileType, Inspected, Inspection};
use shared::objects::{self, Incoming, Objects};
use shared::store::Files;
use shared::uploads::{Error, Published, discard, publish};

/// The outcome of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The file is ready.
    Ready,
    /// The file was ready before.
    WasReady,
    /// The upload did not match its announcement, and the file was removed.
    Refused(Reason),
    /// The upload belongs to no file.
    Unknown,
    /// Another upload replaced it, or it was removed. S3 sends an event for that, too.
    Superseded,
}

/// The reason why an upload was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The size differs from the announced one.
    Size,
    /// The media type differs from the announced one.
    ContentType,
    /// The content is not of the media type.
    Content,
    /// The digest differs from the announced one.
    Sha256,
    /// The user's quota is used up.
    Quota,
}

impl Outcome {
    /// Returns the name for the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::WasReady => "was_ready",
            Self::Refused(_) => "refused",
            Self::Unknown => "unknown",
            Self::Superseded => "superseded",
        }
    }

    /// Returns the name of the reason for the log.
    pub(crate) fn reason(self) -> Option<&'static str> {
        let Self::Refused(reason) = self else { return None };
        Some(match reason {
            Reason::Size => "size_differs",
            Reason::ContentType => "content_type_differs",
            Reason::Content => "content_differs",
            Reason::Sha256 => "sha256_differs",
            Reason::Quota => "quota_exceeded",
        })
    }
}

/// Publishes or refuses an upload.
pub(crate) async fn check(files: &Files, objects: &Objects, id: FileId) -> Result<Outcome, Error> {
    let file = match files.get_latest(id).await? {
        Some(file) if file.state == FileState::Pending => file,
        Some(file) if file.state == FileState::Ready => return Ok(Outcome::WasReady),
        _ => {
            // A request that was interrupted may have left a copy.
            objects.remove(id).await?;
            return Ok(Outcome::Unknown);
        }
    };
    let mut upload = match objects.open_incoming(id).await {
        Ok(upload) => upload,
        Err(objects::Error::Missing) => return Ok(Outcome::Superseded),
        Err(error) => return Err(error.into()),
    };
    let (published, reason) = match inspect(&file, &mut upload).await? {
        Ok(Inspected { sha256, .. }) => {
            (publish(files, objects, &file, &upload.etag, sha256, None).await?, None)
        }
        Err(reason) => (discard(files, objects, &file).await?, Some(reason)),
    };
    Ok(match (published, reason) {
        (Published::Ready(_), None) => Outcome::Ready,
        (Published::Ready(_), Some(_)) => Outcome::WasReady,
        (Published::OverQuota, _) => Outcome::Refused(Reason::Quota),
        (Published::Gone, Some(reason)) => Outcome::Refused(reason),
        (Published::Gone, None) => Outcome::Unknown,
        (Published::Superseded, _) => Outcome::Superseded,
    })
}

/// Reads the upload to its end, unless it is refused before.
async fn inspect(file: &File, upload: &mut Incoming) -> Result<Result<Inspected, Reason>, Error> {
    if upload.size != file.attributes.size.bytes() {
        return Ok(Err(Reason::Size));
    }
    if FileType::declared(&upload.content_type) != Some(file.attributes.kind) {
        return Ok(Err(Reason::ContentType));
    }
    let mut inspection = Inspection::new(file.attributes.kind);
    while let Some(piece) = upload.next().await? {
        inspection.update(&piece);
    }
    let inspected = inspection.finish();
    Ok(if !inspected.is_of_its_type {
        Err(Reason::Content)
    } else if file.attributes.sha256.is_some_and(|announced| announced != inspected.sha256) {
        Err(Reason::Sha256)
    } else {
        Ok(inspected)
    })
}
