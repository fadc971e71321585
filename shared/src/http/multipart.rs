//! Forms with files: `multipart/form-data` (RFC 7578) as real clients send it.
//!
//! The whole body is in memory, so parsing is a function of bytes, and a part's content is a slice of the body. No
//! crate fits: `multer` reads no `filename*` and no name in another case, others are stricter, and those for mail drop
//! an empty `filename` and the backslashes of a path.

mod disposition;
mod encodings;

use axum::body::Bytes;
use memchr::memmem;

use self::disposition::Disposition;
use super::{ContentType, Error};

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPart {
    /// The name of the field.
    pub name: String,
    /// The file name that the client sent. It is empty if a browser's form has a file field and no file was chosen.
    pub file_name: Option<String>,
    /// The declared type of the content, if there is one.
    pub content_type: Option<String>,
    /// The value or the file.
    pub content: Bytes,
}

/// A parsed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultipartForm {
    /// The parts in the order of the body.
    pub parts: Vec<FormPart>,
    /// The charset of text that does not declare its own (RFC 7578, section 4.6).
    charset: Option<String>,
}

impl MultipartForm {
    /// The media type of a form with files.
    pub const MEDIA_TYPE: &str = "multipart/form-data";

    /// Parses a body with this `Content-Type`.
    pub fn read(content_type: &ContentType, body: &Bytes) -> Result<Self, Error> {
        let boundary = content_type.parameter("boundary").next();
        let form =
            boundary.ok_or_else(|| "must have a boundary, which the Content-Type does not name".to_owned());
        form.and_then(|boundary| Self::split(body, boundary)).map_err(Error::MalformedMultipart)
    }

    /// Returns the text of a part.
    pub fn text(&self, part: &FormPart) -> Result<String, Error> {
        let declared = part.content_type.as_deref().map(ContentType::parse);
        let own = declared.as_ref().and_then(|content_type| content_type.parameter("charset").next());
        let charset = own.or(self.charset.as_deref()).unwrap_or("utf-8");
        encodings::text(charset, &part.content)
            .ok_or_else(|| Error::field(&part.name, "must be text in UTF-8 or, if it says so, in ISO-8859-1"))
    }

    fn split(body: &Bytes, boundary: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut delimiters = Delimiters::new(body, boundary);
        let missing =
            || format!("must have a line --{boundary} before each part and --{boundary}-- after the last");
        let mut start = match delimiters.next().ok_or_else(missing)? {
            Delimiter { is_last: true, .. } => return Ok(Self { parts, charset: None }),
            Delimiter { end, .. } => end,
        };
        for number in 1.. {
            let delimiter = delimiters.next().ok_or_else(missing)?;
            let part = FormPart::parse(&body.slice(start..delimiter.start.max(start)));
            parts.push(part.map_err(|wrong| format!("must be a form, but in its part {number} {wrong}"))?);
            if delimiter.is_last {
                break;
            }
            start = delimiter.end;
        }
        let charset = parts.iter().find(|part| part.name == "_charset_");
        let charset = charset.map(|part| String::from_utf8_lossy(&part.content).trim().to_owned());
        Ok(Self { charset: charset.filter(|charset| !charset.is_empty()), parts })
    }
}

impl FormPart {
    /// Parses header fields, an empty line, and the content.
    fn parse(part: &Bytes) -> Result<Self, String> {
        // A part without header fields begins with the empty line.
        let (head, content) = if part.starts_with(b"\r\n") {
            (&[][..], part.slice(2..))
        } else {
            let end = memmem::find(part, b"\r\n\r\n").ok_or("no empty line ends the header fields")?;
            (&part[..end], part.slice(end + 4..))
        };
        let fields = fields(head)?;
        let disposition = one(&fields, "content-disposition")?.ok_or("there is no Content-Disposition")?;
        let Disposition { name, file_name } = Disposition::parse(disposition)?;
        let content = match one(&fields, "content-transfer-encoding")? {
            None => content,
            Some(encoding) => encodings::transfer_decoded(encoding, content)?,
        };
        let content_type = one(&fields, "content-type")?.map(str::to_owned);
        Ok(Self { name, file_name, content_type, content })
    }
}

/// Returns the lines of header fields, with names in lower case. A line that begins with white space continues the
/// previous one (RFC 5322, section 2.2.3).
fn fields(head: &[u8]) -> Result<Vec<(String, String)>, String> {
    let head = std::str::from_utf8(head).map_err(|_| "the header fields are not UTF-8")?;
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        if let (true, Some((_, value))) = (line.starts_with([' ', '\t']), fields.last_mut()) {
            value.push_str(line);
        } else {
            let (name, value) = line.split_once(':').ok_or("a header field has no colon")?;
            fields.push((name.trim().to_ascii_lowercase(), value.to_owned()));
        }
    }
    Ok(fields)
}

/// Returns the value of a field that may occur once.
fn one<'a>(fields: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, String> {
    let mut values = fields.iter().filter(|(other, _)| other == name).map(|(_, value)| value.trim());
    let value = values.next();
    if values.next().is_some() { Err(format!("{name} occurs twice")) } else { Ok(value) }
}

/// The lines that separate the parts (RFC 2046, section 5.1.1). A delimiter is at the beginning of a line, and only
/// white space may follow it. Bytes before the first and after the last delimiter belong to no part.
struct Delimiters<'a> {
    body: &'a [u8],
    dashed: Vec<u8>,
    from: usize,
}

/// The position of a delimiter, with the line end before it, which is not content, and the line end after it.
struct Delimiter {
    start: usize,
    end: usize,
    is_last: bool,
}

impl<'a> Delimiters<'a> {
    fn new(body: &'a [u8], boundary: &str) -> Self {
        Self { body, dashed: format!("--{boundary}").into_bytes(), from: 0 }
    }
}

impl Iterator for Delimiters<'_> {
    type Item = Delimiter;

    fn next(&mut self) -> Option<Delimiter> {
        let finder = memmem::Finder::new(&self.dashed);
        loop {
            let at = self.from + finder.find(&self.body[self.from..])?;
            self.from = at + self.dashed.len();
            let (before, after) = (&self.body[..at], &self.body[self.from..]);
            let Some((length, is_last)) = rest_of_delimiter(after) else { continue };
            if at == 0 || before.ends_with(b"\r\n") {
                // The next delimiter may share its line end with this one.
                let end = self.from + length;
                self.from = end.saturating_sub(2).max(self.from);
                return Some(Delimiter { start: at.saturating_sub(2), end, is_last });
            }
        }
    }
}

/// Reads the rest of the line after the boundary. Returns its length, and whether this is the last delimiter.
fn rest_of_delimiter(after: &[u8]) -> Option<(usize, bool)> {
    let is_last = after.starts_with(b"--");
    let dashes = if is_last { 2 } else { 0 };
    let padding = after[dashes..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match &after[dashes + padding..] {
        [b'\r', b'\n', ..] => Some((dashes + padding + 2, is_last)),
        [] if is_last => Some((dashes + padding, is_last)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
