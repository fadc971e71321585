use bytes::Bytes;
use proptest::prelude::*;
use shared::http::{ContentType, MultipartForm};

use crate::changes::changed;

const TEXTS: [&str; 3] = [
    "--B\r\nContent-Disposition: form-data; name=\"userId\"\r\n\r\n01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f\r\n\
     --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n\
     It weaves.\r\n--B--\r\n",
    "preamble\r\n--B  \r\ncontent-disposition:form-data;NAME=file;\r\n filename*=utf-8''%e2%82%ac.txt\r\n\
     Content-Transfer-Encoding: base64\r\n\r\nSXQgd2VhdmVzLg==\r\n--B--epilogue",
    "--B\nContent-Disposition: form-data; name=_charset_\n\niso-8859-1\n\
     --B\nContent-Disposition: form-data; name=a; filename==?utf-8?Q?=C3=A9?=\n\n\u{e9}\n--B--\n",
];

const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "--B",
    "--B--",
    "--",
    ":",
    ";",
    "\"",
    "\\",
    "%22",
    "=?utf-8?B?",
    "?=",
    "Content-Disposition: form-data; name=a",
    "filename*=",
    "quoted-printable",
    "\0",
];

proptest! {
    #[test]
    fn a_changed_form_is_refused_or_its_parts_are_of_the_body(text in changed(&TEXTS, PIECES)) {
        let body = Bytes::from(text);
        let content_type = ContentType::parse("multipart/form-data; boundary=B");
        let Ok(form) = MultipartForm::read(&content_type, &body) else { return Ok(()) };
        let sum: usize = form.parts.iter().map(|part| part.content.len() + part.name.len()).sum();
        prop_assert!(sum <= 4 * body.len(), "{form:?}");
        for part in &form.parts {
            let _ = form.text(part);
            prop_assert!(!part.content.windows(7).any(|bytes| bytes == b"\r\n--B\r\n"), "{part:?}");
        }
    }
}
