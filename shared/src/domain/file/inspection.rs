use sha2::{Digest, Sha256};

use super::{FileType, Sha256Digest};

/// The number of bytes that the WHATWG MIME Sniffing Standard looks at (section 4.2, resource header).
const HEAD_BYTES: usize = 1445;

/// Checks a content piece by piece, in constant memory.
pub struct Inspection {
    kind: FileType,
    head: Vec<u8>,
    text: Text,
    sha256: Sha256,
    size: u64,
}

/// The result of an inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// The size in bytes.
    pub size: u64,
    /// The digest of the whole content.
    pub sha256: Sha256Digest,
    /// True if the content is of the declared type: its beginning matches, and text is valid UTF-8 throughout.
    pub is_of_its_type: bool,
}

impl Inspection {
    /// Begins to inspect a content that should be of this type.
    #[must_use]
    pub fn new(kind: FileType) -> Self {
        Self { kind, head: Vec::new(), text: Text::default(), sha256: Sha256::new(), size: 0 }
    }

    /// Inspects a complete content.
    #[must_use]
    pub fn of(kind: FileType, content: &[u8]) -> Inspected {
        let mut inspection = Self::new(kind);
        inspection.update(content);
        inspection.finish()
    }

    /// Inspects the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        self.sha256.update(piece);
        let missing = HEAD_BYTES - self.head.len();
        self.head.extend_from_slice(&piece[..piece.len().min(missing)]);
        if self.kind.is_text() {
            self.text.update(piece);
        }
    }

    /// Returns the result.
    #[must_use]
    pub fn finish(self) -> Inspected {
        Inspected {
            size: self.size,
            sha256: Sha256Digest::from_bytes(self.sha256.finalize().into()),
            is_of_its_type: self.kind.begins(&self.head) && self.text.is_whole(),
        }
    }
}

/// The check that pieces together are UTF-8 without NUL.
#[derive(Default)]
struct Text {
    /// The beginning of a character that continues in the next piece.
    cut: Vec<u8>,
    is_broken: bool,
}

impl Text {
    fn update(&mut self, mut piece: &[u8]) {
        while !self.cut.is_empty() && !self.is_broken {
            let Some((first, rest)) = piece.split_first() else { return };
            self.cut.push(*first);
            piece = rest;
            match std::str::from_utf8(&self.cut) {
                Ok(_) => self.cut.clear(),
                Err(error) => self.is_broken = error.error_len().is_some(),
            }
        }
        match std::str::from_utf8(piece) {
            Ok(_) => {}
            Err(error) if error.error_len().is_none() => {
                self.cut.extend_from_slice(&piece[error.valid_up_to()..]);
            }
            Err(_) => self.is_broken = true,
        }
        self.is_broken |= piece.contains(&0);
    }

    fn is_whole(&self) -> bool {
        self.cut.is_empty() && !self.is_broken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_content_has_its_size_its_hash_and_its_type() {
        let inspected = Inspection::of(FileType::Text, b"abc");
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".parse().unwrap();
        assert_eq!(inspected, Inspected { size: 3, sha256, is_of_its_type: true });
        assert!(!Inspection::of(FileType::Png, b"abc").is_of_its_type);
    }

    #[test]
    fn text_is_utf_8_without_nul_to_its_end() {
        let long = "é".repeat(5000);
        for (content, is_text) in [
            (long.as_bytes().to_vec(), true),
            ([long.as_bytes(), b"\0"].concat(), false),
            ([long.as_bytes(), b"\xff"].concat(), false),
            ([long.as_bytes(), b"\xc3"].concat(), false),
            (b"caf\xe9".to_vec(), false),
        ] {
            assert_eq!(Inspection::of(FileType::Csv, &content).is_of_its_type, is_text);
        }
        assert!(
            Inspection::of(FileType::Pdf, b"%PDF-1.7\0\xff").is_of_its_type,
            "what is no text may be any bytes"
        );
    }

    proptest! {
        #[test]
        fn where_a_content_is_cut_makes_no_difference(
            text in any::<String>(),
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
            length in 1usize..9,
        ) {
            for content in [text.clone().into_bytes(), [text.as_bytes(), &bytes].concat()] {
                let mut inspection = Inspection::new(FileType::Text);
                content.chunks(length).for_each(|piece| inspection.update(piece));
                prop_assert_eq!(inspection.finish(), Inspection::of(FileType::Text, &content));
            }
            let valid = Inspection::of(FileType::Text, text.as_bytes());
            prop_assert_eq!(valid.is_of_its_type, !text.contains('\0') && FileType::Text.begins(text.as_bytes()));
        }
    }
}
