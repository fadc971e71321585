use std::fmt::Write;

/// An image of one pixel.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\nIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

/// A body of `multipart/form-data`.
#[derive(Clone, Default)]
pub struct Form(Vec<u8>);

impl Form {
    const BOUNDARY: &str = "----boundary-7MA4YWxkTrZu0gW";

    /// Returns its `Content-Type`.
    pub fn content_type() -> String {
        format!("multipart/form-data; boundary={}", Self::BOUNDARY)
    }

    /// Adds a part of text.
    pub fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\""), None, value.as_bytes())
    }

    /// Adds a file.
    pub fn file(self, name: &str, content_type: &str, content: &[u8]) -> Self {
        self.part(&format!("name=\"file\"; filename=\"{name}\""), Some(content_type), content)
    }

    /// Adds any part.
    pub fn part(mut self, disposition: &str, content_type: Option<&str>, content: &[u8]) -> Self {
        let mut head = format!("--{}\r\nContent-Disposition: form-data; {disposition}\r\n", Self::BOUNDARY);
        if let Some(content_type) = content_type {
            write!(head, "Content-Type: {content_type}\r\n").unwrap();
        }
        self.0.extend_from_slice(format!("{head}\r\n").as_bytes());
        self.0.extend_from_slice(content);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    /// Returns the complete body.
    pub fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(format!("--{}--\r\n", Self::BOUNDARY).as_bytes());
        self.0
    }
}
