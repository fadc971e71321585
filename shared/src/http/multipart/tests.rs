use proptest::prelude::*;

use super::*;

fn form_of(content_type: &str, body: &[u8]) -> Result<MultipartForm, String> {
    let content_type = ContentType::parse(content_type);
    assert_eq!(content_type.essence(), MultipartForm::MEDIA_TYPE);
    MultipartForm::read(&content_type, &Bytes::copy_from_slice(body)).map_err(|error| match error {
        Error::MalformedMultipart(message) => message,
        other => panic!("{other:?}"),
    })
}

fn form(body: &[u8]) -> Result<MultipartForm, String> {
    form_of("multipart/form-data; boundary=B", body)
}

/// Parses the only part of a form, with these header fields.
fn part(head: &str, content: &[u8]) -> Result<FormPart, String> {
    let body = [b"--B\r\n", head.as_bytes(), b"\r\n\r\n", content, b"\r\n--B--\r\n"].concat();
    form(&body).map(|form| form.parts[0].clone())
}

fn file_name(disposition: &str) -> Option<String> {
    let part = part(&format!("Content-Disposition: {disposition}"), b"")
        .unwrap_or_else(|error| panic!("{disposition}: {error}"));
    assert_eq!(part.name, "file", "{disposition}");
    part.file_name
}

#[test]
fn a_name_is_read_however_a_client_writes_it() {
    for (disposition, name) in [
        (r#"form-data; name="file"; filename="a.txt""#, "a.txt"),
        ("form-data; name=file; filename=a.txt", "a.txt"),
        (r#"form-data; NAME="file"; fileName="a.txt""#, "a.txt"),
        (r#"Form-Data ; name = "file" ;filename = "a.txt" ;"#, "a.txt"),
        (r#"form-data;filename="a.txt";name="file""#, "a.txt"),
        ("form-data;\r\n name=\"file\";\r\n\tfilename=\"a.txt\"", "a.txt"),
        (r#"form-data; name="file"; filename="r; name=x.txt""#, "r; name=x.txt"),
        // curl and Go escape, browsers encode, and browsers on Windows used to send paths.
        (r#"form-data; name="file"; filename="a\"b\\c.txt""#, r#"a"b\c.txt"#),
        (r#"form-data; name="file"; filename="a%22b%0d%0A.txt""#, "a\"b\r\n.txt"),
        (r#"form-data; name="file"; filename="100%25 %.txt""#, "100%25 %.txt"),
        (r#"form-data; name="file"; filename="C:\fakepath\a.txt""#, r"C:\fakepath\a.txt"),
        (r#"form-data; name="file"; filename="a\""#, "a\\"),
        (r#"form-data; name="file"; filename="フェ é.txt""#, "フェ é.txt"),
        // .NET sends both notations; Python's older clients send only one.
        ("form-data; name=file; filename=\"=?utf-8?B?w6kudHh0?=\"; filename*=utf-8''%C3%A9.txt", "é.txt"),
        ("form-data; name=\"file\"; filename*=UTF-8''na%C3%AFve.txt; filename=\"naive.txt\"", "naïve.txt"),
        ("form-data; name=\"file\"; filename=\"naive.txt\"; FILENAME*=utf-8'en'na%c3%afve.txt", "naïve.txt"),
        ("form-data; name=\"file\"; filename*=\"UTF-8''%22it's%22.txt\"", "\"it's\".txt"),
        ("form-data; name=\"file\"; filename*=iso-8859-1'en'na%EFve.txt", "naïve.txt"),
        ("form-data; name*=utf-8''file; filename=a.txt", "a.txt"),
        // The charset is unknown.
        ("form-data; name=\"file\"; filename*=koi8-r''%C1.txt; filename=\"a.txt\"", "a.txt"),
        ("form-data; name=\"file\"; filename*=utf-8''%ff.txt; filename=\"a.txt\"", "a.txt"),
        (r#"form-data; name="file"; filename="=?UTF-8?Q?na=C3=AFve_1.txt?=""#, "naïve 1.txt"),
        (r#"form-data; name="file"; filename="=?utf-8?b?w6k?= =?iso-8859-1*en?q?=e9.txt?=""#, "éé.txt"),
        (r#"form-data; name="file"; filename="=?x?y?.txt""#, "=?x?y?.txt"),
        ("form-data; name=\"file\"; filename*1=\"b%20.\"; filename*0=\"a\"; filename*2=txt", "ab%20.txt"),
        (
            "form-data; name=\"file\"; filename*0*=utf-8''%C3%A9; filename*1=\"%20\"; filename*2*=%2Etxt",
            "é%20.txt",
        ),
        (
            r#"form-data; name="file"; filename="a.txt"; size=5; modification-date="Wed, 12 Feb 1997 16:29:51 -0500""#,
            "a.txt",
        ),
        (r#"form-data; name="file"; filename="""#, ""),
    ] {
        assert_eq!(file_name(disposition).as_deref(), Some(name), "{disposition}");
    }
    for without in [r#"form-data; name="file""#, "form-data; name=file; filename*=koi8-r''%C1.txt"] {
        assert_eq!(file_name(without), None, "{without}");
    }
}

#[test]
fn header_fields_of_a_part_are_read_in_any_case_and_others_ignored() {
    for head in [
        "content-disposition: form-data; name=\"file\"\r\nCONTENT-TYPE:text/plain; charset=utf-8",
        "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\nX-Other: a\r\n b\r\nContent-Disposition: form-data; name=file",
        "Content-Disposition :form-data; name=\"file\"\r\nContent-Type:\r\n text/plain; charset=utf-8\r\nMIME-Version: 1.0",
    ] {
        let part = part(head, b"Hello").unwrap();
        assert_eq!(
            (&*part.name, part.content_type.as_deref()),
            ("file", Some("text/plain; charset=utf-8")),
            "{head}"
        );
        assert_eq!(part.content, "Hello", "{head}");
    }
    assert_eq!(part("Content-Disposition: form-data; name=x", b"").unwrap().content_type, None);
}

#[test]
fn a_boundary_is_what_the_content_type_says() {
    for (parameter, boundary) in [
        ("boundary=B", "B"),
        ("boundary=\"a b\"", "a b"),
        ("Boundary=\"----=_Part_1_2.3\"", "----=_Part_1_2.3"),
        ("charset=utf-8; boundary=gc0pJq0M:08jU534c0p", "gc0pJq0M:08jU534c0p"),
        ("boundary=\"'()+_,-./:=?\"; charset=utf-8", "'()+_,-./:=?"),
        ("boundary='()+_,-./:=?", "'()+_,-./:=?"),
        (" boundary = ----WebKitFormBoundaryABC== ;", "----WebKitFormBoundaryABC=="),
    ] {
        let body =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--{boundary}--");
        for separator in [";", " ; ", "; ;"] {
            let form =
                form_of(&format!("Multipart/Form-Data{separator}{parameter}"), body.as_bytes()).unwrap();
            assert_eq!((&*form.parts[0].name, &*form.parts[0].content), ("a", &b"b"[..]), "{parameter}");
        }
    }
    for without in
        ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\""]
    {
        assert!(form_of(without, b"--\r\n").unwrap_err().contains("does not name"), "{without}");
    }
}

#[test]
fn what_is_around_the_parts_is_nobodys() {
    let part = "Content-Disposition: form-data; name=\"a\"\r\n\r\n";
    for (body, contents) in [
        (format!("--B\r\n{part}b\r\n--B--"), vec!["b"]),
        (format!("\r\n--B\r\n{part}b\r\n--B--\r\n"), vec!["b"]),
        (
            format!("For mail of old.\r\n--Bx\r\n--B \t\r\n{part}b\r\n--B-- \r\nepilogue\r\n--B\r\n"),
            vec!["b"],
        ),
        (format!("--B\r\n{part}b\r\n--B\t\r\n{part}c\r\n--B--"), vec!["b", "c"]),
        // Lines that only resemble a delimiter are content.
        (
            format!("--B\r\n{part}b--B\r\n--Bx\r\n--B-\r\n\n--B\r\n --B--\r\n--B--x\r\n--B--"),
            vec!["b--B\r\n--Bx\r\n--B-\r\n\n--B\r\n --B--\r\n--B--x"],
        ),
        (format!("--B\r\n{part}\r\n--B\r\n{part}\r\n\r\n--B--"), vec!["", "\r\n"]),
        ("--B--\r\n".to_owned(), vec![]),
    ] {
        let form = form(body.as_bytes()).unwrap_or_else(|error| panic!("{body:?}: {error}"));
        let read: Vec<&[u8]> = form.parts.iter().map(|part| &*part.content).collect();
        assert_eq!(read, contents.iter().map(|content| content.as_bytes()).collect::<Vec<_>>(), "{body:?}");
    }
}

#[test]
fn what_is_no_form_is_explained() {
    let whole = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--B--\r\n";
    for end in 0..whole.len() - 2 {
        assert!(form(&whole.as_bytes()[..end]).is_err(), "{:?}", &whole[..end]);
    }
    for (head, message) in [
        ("Content-Type: text/plain", "there is no Content-Disposition"),
        ("", "there is no Content-Disposition"),
        ("Content-Disposition: form-data", "has no name"),
        ("Content-Disposition: form-data; filename=a.txt", "has no name"),
        ("Content-Disposition: attachment; name=a", "is not form-data"),
        ("Content-Disposition: form-data; name=a; name=b", "has name twice"),
        ("Content-Disposition: form-data; name=a; filename=b; FileName=c", "has filename twice"),
        (
            "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
            "content-disposition occurs twice",
        ),
        ("Content-Disposition form-data; name=a", "has no colon"),
        (
            "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: x-gzip",
            "Content-Transfer-Encoding is not known",
        ),
    ] {
        let refused = part(head, b"b").unwrap_err();
        assert!(
            refused.starts_with("must be a form, but in its part 1 ") && refused.contains(message),
            "{head}: {refused}"
        );
    }
    assert!(
        form(b"--B\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nb\r\n--B--")
            .unwrap_err()
            .contains("not UTF-8")
    );
    assert!(form(b"--B\nContent-Disposition: form-data; name=\"a\"\n\nb\n--B--\n").is_err());
    assert!(
        form(b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n--B--")
            .unwrap_err()
            .contains("no empty line")
    );
}

#[test]
fn a_transfer_encoding_is_undone() {
    let content = |encoding: &str, content: &str| {
        let head = format!("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: {encoding}");
        part(&head, content.as_bytes()).map(|part| part.content)
    };
    for encoding in ["7bit", "8bit", "Binary"] {
        assert_eq!(content(encoding, "aGk=").unwrap(), "aGk=");
    }
    for encoded in ["SGVs\r\nbG8=\r\n", "SGVsbG8", "SGVsbG8="] {
        assert_eq!(content("BASE64", encoded).unwrap(), "Hello");
    }
    assert_eq!(content("quoted-printable", "na=C3=\r\n=afve =3D\r\n.").unwrap(), "naïve =\r\n.");
    for (encoding, wrong) in [("base64", "a*b"), ("quoted-printable", "a=zz"), ("quoted-printable", "a=")] {
        assert!(
            content(encoding, wrong).unwrap_err().contains("as its Content-Transfer-Encoding says"),
            "{wrong}"
        );
    }
}

#[test]
fn text_is_read_in_the_charset_that_it_or_the_form_says() {
    let text = |fields: &[(&str, &[u8])]| {
        let mut body = Vec::new();
        for (head, content) in fields {
            let head = format!("--B\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            body.extend([head.as_bytes(), content, b"\r\n"].concat());
        }
        body.extend(b"--B--");
        let form = form(&body).unwrap();
        form.text(form.parts.last().unwrap()).ok()
    };
    assert_eq!(text(&[("name=a", "é".as_bytes())]).as_deref(), Some("é"));
    assert_eq!(text(&[("name=a", b"\xe9")]), None);
    assert_eq!(
        text(&[("name=a\r\nContent-Type: text/plain; charset=ISO-8859-1", b"\xe9")]).as_deref(),
        Some("é")
    );
    assert_eq!(text(&[("name=a\r\nContent-Type: text/plain; charset=koi8-r", b"\xe9")]), None);
    assert_eq!(text(&[("name=\"_charset_\"", b"iso-8859-1"), ("name=a", b"\xe9")]).as_deref(), Some("é"));
    let own = "name=a\r\nContent-Type: text/plain; charset=\"UTF-8\"";
    assert_eq!(text(&[("name=\"_charset_\"", b"iso-8859-1"), (own, "é".as_bytes())]).as_deref(), Some("é"));
}

proptest! {
    #[test]
    fn any_body_is_answered(
        bytes in proptest::collection::vec(any::<u8>(), 0..80),
        text in "(\r\n|--B|--|[ :;=\"\\\\a*'?%]|Content-Disposition: form-data; name=a){0,20}",
    ) {
        let _ = form(&bytes);
        let _ = form(text.as_bytes());
        let _ = form(format!("--B\r\n{text}\r\n--B--").as_bytes());
    }

    #[test]
    fn a_content_comes_back_byte_for_byte(
        contents in proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), any::<u8>()], 0..40), 1..4),
    ) {
        let mut body = Vec::new();
        for content in &contents {
            body.extend([b"--a boundary\r\nContent-Disposition: form-data; name=a\r\n\r\n", &**content, b"\r\n"].concat());
        }
        body.extend(b"--a boundary--\r\n");
        let form = form_of("multipart/form-data; boundary=\"a boundary\"", &body).unwrap();
        let read: Vec<Vec<u8>> = form.parts.iter().map(|part| part.content.to_vec()).collect();
        prop_assert_eq!(read, contents);
    }

    #[test]
    fn a_name_comes_back_in_each_way_to_write_it(name in any::<String>()) {
        prop_assume!(!name.contains(['\r', '\n']));
        let percent = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
        prop_assert_eq!(file_name(&format!("form-data; name=file; filename*=utf-8''{}", percent(&name))), Some(name.clone()));
        // In texts with these two characters, a literal can look like an encoded one.
        if !name.contains(['%', '?']) {
            prop_assert_eq!(file_name(&format!("form-data; name=file; filename=\"{escaped}\"")), Some(name.clone()));
            let browsers = name.replace('\\', "").replace('"', "%22");
            prop_assert_eq!(file_name(&format!("form-data; name=file; filename=\"{browsers}\"")), Some(name.replace('\\', "")));
        }
    }
}
