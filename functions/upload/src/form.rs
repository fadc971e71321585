use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde::Deserialize;
use shared::domain::{
    FileAttributes, FileName, FileSize, FileType, Inspection, MAX_UPLOAD_BYTES, Sha256Digest, UserId,
};
use shared::http::{
    Code, ContentType, Error, FieldError, FormPart, MultipartForm, RequestKey, check_acceptable, read_body,
};
use utoipa::ToSchema;

/// The largest body in bytes: the file, and beside it boundaries, headers and the other part.
pub const MAX_BODY_BYTES: usize = MAX_UPLOAD_BYTES + 64 * 1024;

/// The maximum number of parts, more than any client needs.
const MAX_PARTS: usize = 16;

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

/// A valid form: the file matches its declaration.
#[derive(Debug)]
pub(crate) struct UploadForm {
    pub(crate) user_id: UserId,
    pub(crate) upload: Upload,
    pub(crate) key: Option<RequestKey>,
}

#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) attributes: FileAttributes,
    pub(crate) sha256: Sha256Digest,
    pub(crate) content: Bytes,
}

impl<S: Sync> FromRequest<S> for UploadForm {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let content_type = ContentType::of(request.headers());
        if content_type.essence() != MultipartForm::MEDIA_TYPE {
            return Err(Error::UnsupportedMediaType(MultipartForm::MEDIA_TYPE));
        }
        let (parts, body) = request.into_parts();
        let body = read_body(&parts.headers, body, MAX_BODY_BYTES).await;
        let body = body.map_err(|error| match error {
            Error::TooLarge { .. } => file_too_large(),
            error => error,
        })?;
        let (user_id, upload) = Fields::read(&MultipartForm::read(&content_type, &body)?)?.into_form()?;
        let key = RequestKey::read(&parts.headers, upload.fingerprint(user_id))?;
        check_acceptable(&parts.extensions)?;
        Ok(Self { user_id, upload, key })
    }
}

impl Upload {
    /// Computes the fingerprint from the content of the form, not from its bytes: each repetition has another boundary.
    fn fingerprint(&self, user_id: UserId) -> String {
        let FileAttributes { name, kind, .. } = &self.attributes;
        [&user_id.to_string(), name.as_str(), kind.media_type(), &self.sha256.to_string()].join("\n")
    }
}

/// The form's fields, and all mistakes in them.
#[derive(Default)]
#[expect(clippy::option_option, reason = "an invalid field is not a missing one")]
struct Fields {
    file: Option<Option<Upload>>,
    user_id: Option<Option<UserId>>,
    errors: Vec<FieldError>,
}

impl Fields {
    fn read(form: &MultipartForm) -> Result<Self, Error> {
        if form.parts.len() > MAX_PARTS {
            return Err(Error::field("body", format!("must have at most {MAX_PARTS} parts")));
        }
        let mut fields = Self::default();
        for part in &form.parts {
            match &*part.name {
                "file" if fields.file.is_some() => fields.wrong("file", "occurs twice"),
                "userId" if fields.user_id.is_some() => fields.wrong("userId", "occurs twice"),
                "file" => fields.take_file(part)?,
                "userId" => {
                    let id = form.text(part)?.trim().parse();
                    fields.user_id =
                        Some(id.map_err(|error| fields.wrong("userId", format!("{error}"))).ok());
                }
                // This field names the encoding of the others (RFC 7578, section 4.6).
                "_charset_" => {}
                unknown => {
                    let name: String = unknown.chars().take(100).collect();
                    fields.wrong(&name, "is not a known field");
                }
            }
        }
        Ok(fields)
    }

    fn take_file(&mut self, part: &FormPart) -> Result<(), Error> {
        if part.content.len() > MAX_UPLOAD_BYTES {
            return Err(file_too_large());
        }
        if part.content.is_empty() && part.file_name.as_deref() == Some("") {
            // Browsers send this part if no file was chosen.
            return Ok(());
        }
        let checked = check(part).map_err(|message| self.wrong("file", message));
        self.file = Some(checked.ok());
        Ok(())
    }

    fn into_form(mut self) -> Result<(UserId, Upload), Error> {
        if self.user_id.is_none() {
            self.wrong("userId", "is required");
        }
        let Some(file) = self.file.take() else {
            return Err(no_file(self.errors));
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

/// Returns the error of a form without a file, and with other fields that cannot be used.
pub fn no_file(others: Vec<FieldError>) -> Error {
    Error::new(Code::NoFile, "No file uploaded").with_detail("file", "is required").with_details(others)
}

/// Returns the error of a file that is too large for the body of a request.
pub fn file_too_large() -> Error {
    let message = format!(
        "The file must have at most {MAX_UPLOAD_BYTES} bytes; POST /api/upload/presign takes up to {}",
        FileSize::MAX_BYTES
    );
    Error::new(Code::FileTooLarge, message)
}

/// Returns the file if its name, declared type and content agree, or else the requirement that it violates.
fn check(part: &FormPart) -> Result<Upload, String> {
    let name = part.file_name.as_deref().unwrap_or_default();
    let name: FileName = name.parse().map_err(|_| "must have a file name".to_owned())?;
    let size = u64::try_from(part.content.len()).unwrap_or(u64::MAX);
    let size = FileSize::try_from(size).map_err(|_| "must not be empty".to_owned())?;
    let kind = kind(part.content_type.as_deref(), &name)?;
    let inspected = Inspection::of(kind, &part.content);
    if !inspected.is_of_its_type {
        return Err(format!("must hold {}, but its content is something else", kind.media_type()));
    }
    let sha256 = inspected.sha256;
    let attributes = FileAttributes { name, kind, size, sha256: Some(sha256) };
    Ok(Upload { attributes, sha256, content: part.content.clone() })
}

/// Returns the type that the part declares, which must fit the name. Many clients declare no type or only bytes; then
/// the name decides.
fn kind(declared: Option<&str>, name: &FileName) -> Result<FileType, String> {
    let declared = declared.map(ContentType::parse);
    let kind = match declared.as_ref().map_or("", ContentType::essence) {
        "" | "application/octet-stream" => FileType::named(name),
        essence => FileType::declared(essence),
    };
    let kind = kind.ok_or_else(|| format!("must be declared as one of {}", FileType::list()))?;
    if kind.fits(name) { Ok(kind) } else { Err(kind.misfit()) }
}

fn field_error(field: &str, message: impl Into<String>) -> FieldError {
    FieldError { field: field.to_owned(), message: message.into() }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
    use shared::http::Failure;

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

    fn file(name: &str, content_type: &str, content: &str) -> String {
        let disposition = format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: {content_type}");
        part(&disposition, content)
    }

    fn text(name: &str) -> String {
        part(&format!("name=\"file\"; filename=\"{name}\""), "Hello")
    }

    fn fields(outcome: Result<UploadForm, Error>) -> Vec<String> {
        let Failure { code, details, .. } = outcome.unwrap_err().into_failure();
        assert!(matches!(code, Code::ValidationFailed | Code::NoFile), "{code:?}");
        details.into_iter().map(|error| format!("{} {}", error.field, error.message)).collect()
    }

    #[tokio::test]
    async fn a_form_has_a_user_and_a_file() {
        let UploadForm { user_id, upload, .. } = form(&[user(), text("../a.txt")]).await.unwrap();
        assert_eq!((user_id.to_string().as_str(), upload.attributes.name.as_str()), (USER, "a.txt"));
        assert_eq!((&*upload.content, upload.attributes.kind), (&b"Hello"[..], FileType::Text));
    }

    #[tokio::test]
    async fn everything_that_is_wrong_is_named() {
        let parts = [text("a.txt"), text("b.txt"), user(), user(), part("name=\"role\"", "admin")];
        assert_eq!(
            fields(form(&parts).await),
            ["file occurs twice", "userId occurs twice", "role is not a known field"]
        );
        let parts = [file("a.png", "text/plain", "Hello"), part("name=\"userId\"", "me")];
        assert_eq!(
            fields(form(&parts).await),
            ["file must end in .txt, as its type is text/plain", "userId must be an id, a UUID with hyphens"]
        );
        assert_eq!(fields(form(&[text("a.txt")]).await), ["userId is required"]);
    }

    #[tokio::test]
    async fn a_form_in_which_nothing_was_chosen_has_no_file() {
        let nothing = part("name=\"file\"; filename=\"\"", "");
        let refused = form(&[user(), nothing]).await.unwrap_err().into_failure();
        assert_eq!(refused.code, Code::NoFile);
        assert_eq!(fields(form(&[]).await), ["file is required", "userId is required"]);
        let nameless = part("name=\"file\"", "Hello");
        assert_eq!(fields(form(&[user(), nameless]).await), ["file must have a file name"]);
    }

    #[tokio::test]
    async fn spellings_that_mean_the_same_are_one_type() {
        for (name, content_type, content, kind) in [
            ("a.jpg", "image/jpg", "\u{7f}", None),
            ("a.zip", "application/X-Zip-Compressed", "PK\x03\x04", Some(FileType::Zip)),
            ("a.pdf", "application/x-pdf; q=1", "%PDF-1.7", Some(FileType::Pdf)),
            ("a.csv", " Text/CSV ; header=present", "a,b", Some(FileType::Csv)),
            // Go and Java declare bytes, Python and .NET declare nothing.
            ("a.pdf", "application/octet-stream", "%PDF-1.7", Some(FileType::Pdf)),
            ("a.PDF", "", "%PDF-1.7", Some(FileType::Pdf)),
            ("a.pdf", "application/octet-stream", "Hello", None),
            ("a.exe", "application/octet-stream", "Hello", None),
            ("a", "", "Hello", None),
            ("a.txt", "text/html", "Hello", None),
        ] {
            let read = form(&[user(), file(name, content_type, content)]).await;
            let read = read.ok().map(|form| form.upload.attributes.kind);
            assert_eq!(read, kind, "{name} as {content_type:?}");
        }
        let undeclared = form(&[user(), part("name=file; filename=a.zip", "PK\x03\x04")]).await.unwrap();
        assert_eq!(undeclared.upload.attributes.kind, FileType::Zip);
    }

    #[tokio::test]
    async fn the_forms_own_charset_is_no_unknown_field() {
        form(&[part("name=\"_charset_\"", "UTF-8"), user(), text("a.txt")]).await.unwrap();
    }

    #[tokio::test]
    async fn an_encoded_body_is_refused_before_it_is_read() {
        let request = Request::builder()
            .header(CONTENT_TYPE, "multipart/form-data; boundary=b")
            .header(CONTENT_ENCODING, "gzip")
            .body(Body::from("x"))
            .unwrap();
        let refused = UploadForm::from_request(request, &()).await;
        assert!(matches!(refused, Err(Error::ContentCoding)), "{refused:?}");
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
