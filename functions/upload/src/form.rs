use std::convert::Infallible;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use futures_util::stream;
use multer::{Field, Multipart};
use serde::Deserialize;
use shared::domain::{
    FileDraft, FileName, FileSize, FileType, Inspection, MAX_UPLOAD_BYTES, Sha256Digest, UserId,
};
use shared::http::{Error, FieldError, RequestKey, check_acceptable};
use utoipa::ToSchema;

/// What a body may have beside the file: boundaries, headers, the other part.
const MAX_OTHER_BYTES: usize = 64 * 1024;

/// More parts than anybody has a use for.
const MAX_PARTS: usize = 16;

/// What a part without a `Content-Type` holds (RFC 7578, section 4.4).
const DEFAULT_CONTENT_TYPE: &str = "text/plain";

/// A file to upload, as a form.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UploadForm)]
#[expect(dead_code, reason = "describes what `UploadForm` reads")]
pub(crate) struct FormBody {
    /// The file, with its name and its media type. It can have 4 MiB.
    #[schema(value_type = String, format = Binary, example = "It weaves.")]
    file: Vec<u8>,
    /// The user whose file it becomes: the caller. An admin can name any user.
    user_id: UserId,
}

/// The form, with a file that is what it says it is.
#[derive(Debug)]
pub(crate) struct UploadForm {
    pub(crate) user_id: UserId,
    pub(crate) upload: Upload,
    pub(crate) key: Option<RequestKey>,
}

#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) draft: FileDraft,
    pub(crate) sha256: Sha256Digest,
    pub(crate) content: Bytes,
}

impl<S: Sync> FromRequest<S> for UploadForm {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary =
            multer::parse_boundary(content_type.unwrap_or_default()).map_err(|error| match error {
                multer::Error::NoBoundary => malformed(error),
                _ => Error::UnsupportedMediaType("multipart/form-data"),
            })?;
        let (parts, body) = request.into_parts();
        let body =
            to_bytes(body, MAX_UPLOAD_BYTES + MAX_OTHER_BYTES).await.map_err(|_| Error::FileTooLarge)?;
        let (user_id, upload) = Parts::read(body, boundary).await?.into_form()?;
        let key = RequestKey::read(&parts.headers, upload.fingerprint(user_id))?;
        check_acceptable(&parts.extensions)?;
        Ok(Self { user_id, upload, key })
    }
}

impl Upload {
    /// Of what the form says, not of its bytes: each time it is sent it has another boundary.
    fn fingerprint(&self, user_id: UserId) -> String {
        let FileDraft { name, kind, .. } = &self.draft;
        [&user_id.to_string(), name.as_str(), kind.media_type(), &self.sha256.to_string()].join("\n")
    }
}

/// The form's parts, and all that is wrong with them.
#[derive(Default)]
#[expect(clippy::option_option, reason = "a part that can not be used is not one that is missing")]
struct Parts {
    file: Option<Option<Upload>>,
    user_id: Option<Option<UserId>>,
    errors: Vec<FieldError>,
}

impl Parts {
    async fn read(body: Bytes, boundary: String) -> Result<Self, Error> {
        let mut multipart = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
        let mut parts = Self::default();
        for _ in 0..MAX_PARTS {
            let Some(field) = multipart.next_field().await.map_err(malformed)? else { return Ok(parts) };
            parts.take(field).await?;
        }
        match multipart.next_field().await.map_err(malformed)? {
            None => Ok(parts),
            Some(_) => Err(Error::field("body", format!("must have at most {MAX_PARTS} parts"))),
        }
    }

    async fn take(&mut self, mut field: Field<'_>) -> Result<(), Error> {
        match field.name() {
            Some("file") if self.file.is_some() => self.wrong("file", "is there twice"),
            Some("userId") if self.user_id.is_some() => self.wrong("userId", "is there twice"),
            Some("file") => {
                let content = content(&mut field).await?;
                self.take_file(&field, content)?;
            }
            Some("userId") => {
                let content = content(&mut field).await?;
                let id = String::from_utf8_lossy(&content).trim().parse();
                self.user_id = Some(id.map_err(|error| self.wrong("userId", format!("{error}"))).ok());
            }
            Some(unknown) => {
                let name = unknown.chars().take(100).collect::<String>();
                self.wrong(&name, "is not a known field");
            }
            None => return Err(Error::MalformedMultipart("a part has no name".to_owned())),
        }
        Ok(())
    }

    fn take_file(&mut self, field: &Field<'_>, content: Bytes) -> Result<(), Error> {
        if content.len() > MAX_UPLOAD_BYTES {
            return Err(Error::FileTooLarge);
        }
        let name = field.file_name();
        if content.is_empty() && name == Some("") {
            // What a browser sends of a form in which no file was chosen.
            return Ok(());
        }
        self.file = Some(None);
        let declared = field.headers().get(CONTENT_TYPE).map_or(DEFAULT_CONTENT_TYPE, |value| {
            // What is no text declares nothing that is known.
            value.to_str().unwrap_or_default()
        });
        match check(name, declared, content) {
            Ok(upload) => self.file = Some(Some(upload)),
            Err(message) => self.wrong("file", message),
        }
        Ok(())
    }

    fn into_form(mut self) -> Result<(UserId, Upload), Error> {
        if self.user_id.is_none() {
            self.wrong("userId", "is required");
        }
        let Some(file) = self.file.take() else {
            self.errors.insert(0, field_error("file", "is required"));
            return Err(Error::NoFile(self.errors));
        };
        match (file, self.user_id.flatten()) {
            (Some(upload), Some(user_id)) if self.errors.is_empty() => Ok((user_id, upload)),
            _ => Err(Error::Invalid(self.errors)),
        }
    }

    fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(field_error(field, message));
    }
}

/// A file whose name, declared type and content agree, or how it must be.
fn check(name: Option<&str>, declared: &str, content: Bytes) -> Result<Upload, String> {
    let name: FileName = name.unwrap_or_default().parse().map_err(|_| "must have a file name".to_owned())?;
    let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
    let size = FileSize::try_from(size).map_err(|_| "must not be empty".to_owned())?;
    let kind = FileType::declared(declared)
        .ok_or_else(|| format!("must be declared as one of {}", FileType::list()))?;
    if !kind.fits(&name) {
        return Err(kind.misfit());
    }
    let inspected = Inspection::of(kind, &content);
    if !inspected.is_of_its_type {
        return Err(format!("must hold {}, as it is declared", kind.media_type()));
    }
    let sha256 = inspected.sha256;
    Ok(Upload { draft: FileDraft { name, kind, size, sha256: Some(sha256) }, sha256, content })
}

/// The part's bytes: as all of the body is there, one piece without a copy.
async fn content(field: &mut Field<'_>) -> Result<Bytes, Error> {
    let mut content = field.chunk().await.map_err(malformed)?.unwrap_or_default();
    while let Some(more) = field.chunk().await.map_err(malformed)? {
        content = [content, more].concat().into();
    }
    Ok(content)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn malformed(error: multer::Error) -> Error {
    Error::MalformedMultipart(error.to_string())
}

fn field_error(field: &str, message: impl Into<String>) -> FieldError {
    FieldError { field: field.to_owned(), message: message.into() }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    const USER: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";

    async fn read(content_type: &str, body: impl Into<Body>) -> Result<UploadForm, Error> {
        let request = Request::builder().header(CONTENT_TYPE, content_type).body(body.into()).unwrap();
        UploadForm::from_request(request, &()).await
    }

    fn part(disposition: &str, content: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n")
    }

    async fn form(parts: &[String]) -> Result<UploadForm, Error> {
        read("multipart/form-data; boundary=b", parts.concat() + "--b--\r\n").await
    }

    fn user() -> String {
        part("name=\"userId\"", USER)
    }

    fn text(name: &str) -> String {
        part(&format!("name=\"file\"; filename=\"{name}\""), "Hello")
    }

    fn fields(outcome: Result<UploadForm, Error>) -> Vec<String> {
        match outcome {
            Err(Error::Invalid(errors) | Error::NoFile(errors)) => {
                errors.into_iter().map(|error| format!("{} {}", error.field, error.message)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_form_has_a_user_and_a_file() {
        let UploadForm { user_id, upload, .. } = form(&[user(), text("../a.txt")]).await.unwrap();
        assert_eq!((user_id.to_string().as_str(), upload.draft.name.as_str()), (USER, "a.txt"));
        assert_eq!((&*upload.content, upload.draft.kind), (&b"Hello"[..], FileType::Text));
    }

    #[tokio::test]
    async fn everything_that_is_wrong_is_named() {
        let parts = [text("a.txt"), text("b.txt"), user(), user(), part("name=\"role\"", "admin")];
        assert_eq!(
            fields(form(&parts).await),
            ["file is there twice", "userId is there twice", "role is not a known field"]
        );
        let parts = [text("a.png"), part("name=\"userId\"", "me")];
        assert_eq!(
            fields(form(&parts).await),
            ["file must end in .txt, as its type is text/plain", "userId must be an id, a UUID with hyphens"]
        );
        assert_eq!(fields(form(&[text("a.txt")]).await), ["userId is required"]);
    }

    #[tokio::test]
    async fn a_form_in_which_nothing_was_chosen_has_no_file() {
        let nothing = part("name=\"file\"; filename=\"\"", "");
        assert!(matches!(form(&[user(), nothing]).await, Err(Error::NoFile(_))));
        assert_eq!(fields(form(&[]).await), ["file is required", "userId is required"]);
        let nameless = part("name=\"file\"", "Hello");
        assert_eq!(fields(form(&[user(), nameless]).await), ["file must have a file name"]);
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        for content_type in ["", "application/json", "text/plain; boundary=b", "multipart/mixed; boundary=b"]
        {
            let refused = read(content_type, "").await;
            assert!(matches!(refused, Err(Error::UnsupportedMediaType(_))), "{content_type}: {refused:?}");
        }
        let no_boundary = read("multipart/form-data", user()).await;
        assert!(matches!(no_boundary, Err(Error::MalformedMultipart(_))), "{no_boundary:?}");
        let nameless = part("filename=\"a.txt\"", "Hello");
        for body in ["", "--", "--b", "--b\r\n", "--c--\r\n", &user(), &format!("{nameless}--b--\r\n")] {
            let refused = read("multipart/form-data; boundary=b", body.to_owned()).await;
            assert!(matches!(refused, Err(Error::MalformedMultipart(_))), "{body:?}: {refused:?}");
        }
    }

    #[tokio::test]
    async fn a_form_has_16_parts_at_most() {
        let others = |count: usize| vec![part("name=\"other\"", "x"); count];
        assert_eq!(
            fields(form(&others(14).into_iter().chain([user(), text("a.txt")]).collect::<Vec<_>>()).await)
                .len(),
            14
        );
        for count in [17, 1000] {
            assert_eq!(fields(form(&others(count)).await), ["body must have at most 16 parts"]);
        }
    }
}
