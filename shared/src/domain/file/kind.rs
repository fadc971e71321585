use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::FileName;
use crate::domain::text::Invalid;

/// The type of a file. Name, declared type and content must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum FileType {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
    /// PDF.
    Pdf,
    /// ZIP.
    Zip,
    /// MP4.
    Mp4,
    /// Plain text in UTF-8.
    Text,
    /// Comma-separated values in UTF-8.
    Csv,
    /// JSON.
    Json,
}

/// Each type with its media type, its other names and its extensions. The other names are used by clients, or come from
/// outdated registrations. All names of a type are equivalent.
const TYPES: [(FileType, &str, &[&str], &[&str]); 10] = [
    (FileType::Png, "image/png", &["image/x-png"], &["png"]),
    (FileType::Jpeg, "image/jpeg", &["image/jpg", "image/pjpeg"], &["jpg", "jpeg"]),
    (FileType::Gif, "image/gif", &[], &["gif"]),
    (FileType::Webp, "image/webp", &[], &["webp"]),
    (FileType::Pdf, "application/pdf", &["application/x-pdf"], &["pdf"]),
    // Browsers on Windows declare the first of these.
    (FileType::Zip, "application/zip", &["application/x-zip-compressed", "application/x-zip"], &["zip"]),
    (FileType::Mp4, "video/mp4", &["application/mp4", "video/x-mp4"], &["mp4"]),
    (FileType::Text, "text/plain", &[], &["txt"]),
    // Browsers declare the first of these if Excel is installed.
    (
        FileType::Csv,
        "text/csv",
        &["application/vnd.ms-excel", "application/csv", "text/x-csv", "text/comma-separated-values"],
        &["csv"],
    ),
    (FileType::Json, "application/json", &["text/json"], &["json"]),
];

impl FileType {
    /// Returns the type that a `Content-Type` declares, whatever its parameters.
    #[must_use]
    pub fn declared(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        TYPES
            .iter()
            .find(|(_, media_type, aliases, _)| *media_type == essence || aliases.contains(&&*essence))
            .map(|(kind, ..)| *kind)
    }

    /// Returns the type for a file name.
    #[must_use]
    pub fn named(name: &FileName) -> Option<Self> {
        TYPES.iter().map(|(kind, ..)| *kind).find(|kind| kind.fits(name))
    }

    /// Returns its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        self.row().1
    }

    /// Tells whether a file of this type may have this name.
    #[must_use]
    pub fn fits(self, name: &FileName) -> bool {
        name.extension().is_some_and(|extension| self.row().3.contains(&&*extension))
    }

    /// Returns the error for a name that [does not fit](Self::fits).
    #[must_use]
    pub fn misfit(self) -> String {
        let endings: Vec<String> = self.row().3.iter().map(|extension| format!(".{extension}")).collect();
        format!("must end in {}, as its type is {}", endings.join(" or "), self.media_type())
    }

    /// Lists all media types for an error message.
    #[must_use]
    pub fn list() -> String {
        TYPES.map(|(_, media_type, ..)| media_type).join(", ")
    }

    /// Tells whether it is text, which has no signature.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Csv | Self::Json)
    }

    /// Tells whether a content that begins with `head` can be of this type.
    #[must_use]
    pub fn begins(self, head: &[u8]) -> bool {
        if self.is_text() { sniff(head).is_none() && !is_markup(head) } else { sniff(head) == Some(self) }
    }

    fn row(self) -> &'static (Self, &'static str, &'static [&'static str], &'static [&'static str]) {
        #[expect(clippy::expect_used, reason = "a test goes through all types")]
        TYPES.iter().find(|(kind, ..)| *kind == self).expect("every type has a row")
    }
}

/// Returns the type whose signature is at the start of `head`: WHATWG MIME Sniffing Standard, sections 6.1, 6.2, 6.4
/// and 7.1.
///
/// The signature must be at the first byte. Formats that are recognised deeper in a file are not searched for.
fn sniff(head: &[u8]) -> Option<FileType> {
    Some(match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => FileType::Png,
        [0xff, 0xd8, 0xff, ..] => FileType::Jpeg,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => FileType::Gif,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', b'V', b'P', ..] => FileType::Webp,
        [b'%', b'P', b'D', b'F', b'-', ..] => FileType::Pdf,
        // The second signature is that of an archive without files.
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => FileType::Zip,
        _ if is_mp4(head) => FileType::Mp4,
        _ => return None,
    })
}

/// Section 6.2.1: a box `ftyp` with a brand that begins with `mp4`, or with a brand of MP4's specification (ISO/IEC
/// 14496-12, annex E).
fn is_mp4(head: &[u8]) -> bool {
    let Some(([a, b, c, d, b'f', b't', b'y', b'p'], _)) = head.split_first_chunk() else { return false };
    let size = u32::from_be_bytes([*a, *b, *c, *d]);
    let Ok(size) = usize::try_from(size) else { return false };
    if size < 16 || !size.is_multiple_of(4) {
        return false;
    }
    let brands = head.get(8..size.min(head.len())).unwrap_or_default();
    // The second position holds the version of the first brand.
    brands.chunks_exact(4).enumerate().any(|(place, brand)| {
        place != 1 && (brand.starts_with(b"mp4") || matches!(brand, b"isom" | b"iso2" | b"avc1"))
    })
}

/// Tells whether a browser that guesses the type would see tags: HTML Standard, section 13.2.5.6 (tag open state),
/// after white space.
fn is_markup(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    matches!(text, [b'<', next, ..] if next.is_ascii_alphabetic() || matches!(next, b'!' | b'/' | b'?'))
}

impl TryFrom<String> for FileType {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::declared(&text).ok_or_else(|| Invalid::new(format!("must be one of {}", Self::list())))
    }
}

impl From<FileType> for String {
    fn from(kind: FileType) -> Self {
        kind.media_type().to_owned()
    }
}

impl PartialSchema for FileType {
    fn schema() -> RefOr<Schema> {
        let media_types = TYPES.map(|(_, media_type, ..)| media_type);
        let text = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(media_types));
        text.description(Some("The media type of a file.")).into()
    }
}

impl ToSchema for FileType {}

#[cfg(test)]
mod tests {
    use super::*;

    const MP4: &[u8] = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41";

    #[test]
    fn every_type_has_one_row_and_is_declared_by_its_media_type() {
        for (at, (kind, media_type, aliases, extensions)) in TYPES.iter().enumerate() {
            assert_eq!(TYPES.iter().position(|row| row.0 == *kind), Some(at));
            for declared in aliases.iter().chain([media_type]) {
                assert_eq!(FileType::declared(declared), Some(*kind));
                assert_eq!(FileType::declared(&format!(" {} ; q=1", declared.to_uppercase())), Some(*kind));
            }
            for extension in *extensions {
                let name = format!("a.{}", extension.to_uppercase()).parse().unwrap();
                assert_eq!(FileType::named(&name), Some(*kind));
            }
        }
        assert_eq!(FileType::declared("text/plain; charset=utf-8"), Some(FileType::Text));
        for other in ["", "text", "text/html", "image/svg+xml", "application/octet-stream", "image/pngx"] {
            assert_eq!(FileType::declared(other), None, "{other}");
        }
    }

    #[test]
    fn a_signature_stands_at_the_very_beginning() {
        let signatures: [(FileType, &[u8]); 7] = [
            (FileType::Png, b"\x89PNG\r\n\x1a\n"),
            (FileType::Jpeg, b"\xff\xd8\xff\xe0"),
            (FileType::Gif, b"GIF89a"),
            (FileType::Webp, b"RIFF\x10\0\0\0WEBPVP8 "),
            (FileType::Pdf, b"%PDF-1.7"),
            (FileType::Zip, b"PK\x03\x04"),
            (FileType::Mp4, MP4),
        ];
        for (kind, signature) in signatures {
            for (other, ..) in TYPES {
                assert_eq!(other.begins(signature), other == kind, "{kind:?} as {other:?}");
            }
            let later = [b"<p>", signature].concat();
            assert!(!kind.begins(&later), "{kind:?} after other bytes");
            assert!(!kind.begins(&signature[..2]), "half of {kind:?}");
        }
    }

    #[test]
    fn text_is_what_no_reader_takes_for_something_else() {
        for text in ["", "a,b\n1,2", "{}", "  <3 you", "GIF is a format", "BMW,Audi", "a <b>"] {
            assert!(FileType::Text.begins(text.as_bytes()), "{text}");
        }
        for markup in ["<!DOCTYPE html>", " \n<SCRIPT>", "<?xml", "\u{feff}<svg>", "</p>", "%PDF-1.4"] {
            assert!(!FileType::Text.begins(markup.as_bytes()), "{markup}");
        }
    }

    #[test]
    fn a_video_says_its_brands_in_a_box_of_whole_words() {
        assert!(is_mp4(MP4) && is_mp4(b"\0\0\0\x10ftypmp42\0\0\0\0"));
        for other in [
            &b"\0\0\0\x14ftypqt  \0\0\0\0qt  "[..],
            b"\0\0\0\x11ftypmp42\0\0\0\0",
            b"\0\0\0\x08ftypmp42",
            // The version looks like a brand, but is none.
            b"\0\0\0\x10ftypqt  mp42",
            b"\0\0\0\x10ftyp",
        ] {
            assert!(!is_mp4(other), "{other:?}");
        }
    }
}
