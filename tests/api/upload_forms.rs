//! Forms as real clients send them.

use reqwest::Method;
use tests::{Answer, App, Client};

/// Sends a hand-written form: its `Content-Type`, and its parts with `{user}` in place of the user's id.
async fn send(owner: &Client, content_type: &str, body: &str) -> Answer {
    let body = body.replace('\n', "\r\n").replace("{user}", owner.id());
    owner.call(Method::POST, "/api/upload").body(body).header("content-type", content_type).await
}

#[tokio::test]
async fn each_clients_own_way_to_write_a_form_is_read() {
    let app = App::start().await;
    let owner = app.caller();
    for (client, content_type, body, name) in [
        (
            "a browser",
            "multipart/form-data; boundary=----WebKitFormBoundaryAbC",
            "------WebKitFormBoundaryAbC\nContent-Disposition: form-data; name=\"userId\"\n\n{user}\n\
             ------WebKitFormBoundaryAbC\nContent-Disposition: form-data; name=\"file\"; filename=\"a %22b%22 é.txt\"\n\
             Content-Type: text/plain\n\nHello\n------WebKitFormBoundaryAbC--\n",
            "a \"b\" é.txt",
        ),
        (
            "curl before 7.81",
            "multipart/form-data; boundary=------------------------d74496d66958873e",
            "--------------------------d74496d66958873e\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".txt\"\n\
             Content-Type: text/plain\n\nHello\n--------------------------d74496d66958873e\n\
             Content-Disposition: form-data; name=\"userId\"\n\n{user}\n--------------------------d74496d66958873e--\n",
            "a \"b\".txt",
        ),
        (
            ".NET",
            "multipart/form-data; boundary=\"4c3d7a5e-0c5b\"",
            "--4c3d7a5e-0c5b\nContent-Type: text/plain; charset=utf-8\nContent-Disposition: form-data; name=userId\n\n{user}\n\
             --4c3d7a5e-0c5b\nContent-Disposition: form-data; name=file; filename=\"=?utf-8?B?w6kudHh0?=\"; filename*=utf-8''%C3%A9.txt\n\
             \nHello\n--4c3d7a5e-0c5b--\n",
            "é.txt",
        ),
        (
            "Java's HttpClient",
            "multipart/form-data; charset=UTF-8; boundary=Part_1.2:3",
            "--Part_1.2:3\nContent-Disposition: form-data; name=\"userId\"\nContent-Type: text/plain; charset=ISO-8859-1\n\
             Content-Transfer-Encoding: 8bit\n\n{user}\n--Part_1.2:3\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\n\
             Content-Type: application/octet-stream\nContent-Transfer-Encoding: binary\n\nHello\n--Part_1.2:3--\n",
            "a.txt",
        ),
        (
            "Python's requests, and aiohttp",
            "multipart/form-data; boundary=0123456789abcdef",
            "--0123456789abcdef\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''na%C3%AFve.txt\n\nHello\n\
             --0123456789abcdef\nContent-Type: text/plain; charset=utf-8\nContent-Length: 36\n\
             content-disposition: form-data; name=\"userId\"\n\n{user}\n--0123456789abcdef--\n",
            "naïve.txt",
        ),
        (
            "Python's email",
            "multipart/form-data;\tboundary=\"===============123==\"",
            "preamble\n--===============123==\nMIME-Version: 1.0\nContent-Type: text/plain; charset=\"utf-8\"\n\
             Content-Transfer-Encoding: base64\nContent-Disposition: form-data;\n name=\"file\";\n filename*0=\"a\";\n filename*1=\".txt\"\n\n\
             SGVs\nbG8=\n\n--===============123==  \ncontent-disposition: form-data; name=\"userId\"\n\n{user}\n\
             --===============123==--\nepilogue\n",
            "a.txt",
        ),
        (
            "Go",
            "multipart/form-data; boundary=0a1b",
            "--0a1b\nContent-Disposition: form-data; name=\"userId\"\n\n{user}\n--0a1b\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"a\\\\b.txt\"\nContent-Type: application/octet-stream\n\nHello\n\
             --0a1b--\n",
            "b.txt",
        ),
        (
            "a shouting client",
            "MULTIPART/FORM-DATA ; BOUNDARY = \"a b\" ; x",
            "--a b\nCONTENT-DISPOSITION:FORM-DATA ;NAME=userId\n\n {user}\n--a b\n\
             CONTENT-DISPOSITION: Form-Data; FileName=\"a.txt\" ; NAME=\"file\"\nCONTENT-TYPE: TEXT/PLAIN; CHARSET=UTF-8\n\nHello\n\
             --a b\nContent-Disposition: form-data; name=\"_charset_\"\n\nUTF-8\n--a b--",
            "a.txt",
        ),
    ] {
        let created = send(&owner, content_type, body).await;
        assert_eq!(created.status, 201, "{client}: {created:?}");
        assert_eq!(
            (created.text("/fileName"), created.text("/contentType")),
            (name.to_owned(), "text/plain".to_owned())
        );
        let download = app.download(&owner, created.header("location")).await.expect(200);
        assert_eq!(download.body, b"Hello", "{client}");
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_read_says_where() {
    let app = App::start().await;
    let owner = app.caller();
    for (content_type, body, message) in [
        ("multipart/form-data", "--B--\n", "must have a boundary, which the Content-Type does not name"),
        (
            "multipart/form-data; boundary=B",
            "--C--\n",
            "must have a line --B before each part and --B-- after the last",
        ),
        (
            "multipart/form-data; boundary=B",
            "--B\nContent-Type: text/plain\n\nx\n--B--\n",
            "must be a form, but in its part 1 there is no Content-Disposition",
        ),
        (
            "multipart/form-data; boundary=B",
            "--B\nContent-Disposition: form-data; name=userId\n\n{user}\n--B\nContent-Disposition: form-data; filename=a.txt\n\nx\n--B--\n",
            "must be a form, but in its part 2 the Content-Disposition has no name",
        ),
    ] {
        let refused = send(&owner, content_type, body).await;
        let error = refused.expect_error(400, "malformed_multipart");
        assert_eq!(
            (&error["details"][0]["field"], &error["details"][0]["message"]),
            (&"body".into(), &message.into())
        );
    }
}

#[tokio::test]
async fn declared_types_that_mean_the_same_are_taken_by_both_ways_to_upload() {
    let app = App::start().await;
    let owner = app.caller();
    for (name, declared, kind, content) in [
        ("a.jpg", "image/jpg", "image/jpeg", &b"\xff\xd8\xff\xe0\0\x10JFIF"[..]),
        ("a.jpeg", "IMAGE/PJPEG", "image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
        ("a.zip", "application/x-zip-compressed", "application/zip", b"PK\x03\x04"),
        ("a.csv", "application/vnd.ms-excel; x=y", "text/csv", b"a,b"),
        ("a.txt", "Text/Plain ; charset=\"utf-8\"", "text/plain", b"Hello"),
    ] {
        let created = owner.upload(name, declared, content).await.expect(201);
        assert_eq!(created.text("/contentType"), kind, "{declared}");
        let presigned = owner.presign(name, declared, content.len()).await.expect(201);
        assert_eq!(presigned.json()["headers"]["content-type"], kind, "{declared}");
        app.put(&presigned, content).await.expect(200);
        let file = app.checked(&owner, presigned.header("location")).await.expect(200);
        assert_eq!((file.text("/state"), file.text("/contentType")), ("ready".to_owned(), kind.to_owned()));
    }
}
