//! The embedded S3, called by the SDK and by plain HTTP.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Config, Region};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart};
use base16ct::lower::encode_string;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use local::Stack;
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use sha2::Sha256;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::support::Place;

const BUCKET: &str = "files";

/// The MD5 digest of `hello`.
const MD5: &str = "\"5d41402abc4b2a76b9719d911017c592\"";
const SHA256: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

pub(crate) fn client(url: &str) -> Client {
    client_with(url, "local")
}

fn client_with(url: &str, secret: &str) -> Client {
    client_of(url, Credentials::new("local", secret, Some("local".to_owned()), None, "test"))
}

pub(crate) fn client_of(url: &str, credentials: Credentials) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .endpoint_url(url)
        .force_path_style(true)
        .http_client(shared::aws::http_client().unwrap())
        .build();
    Client::from_conf(config)
}

pub(crate) async fn put(client: &Client, key: &str, body: &'static [u8]) {
    let body = ByteStream::from_static(body);
    client.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap();
}

/// Returns a form with one file, as a browser sends it, with the boundary `x` and a signed policy.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html>
pub(crate) fn post_form(bucket: &str, key: &str, content: &str) -> String {
    let hmac = |key: &[u8], text: &str| {
        Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes()
    };
    #[expect(clippy::disallowed_methods, reason = "S3 refuses a form that was signed long ago")]
    let now = OffsetDateTime::now_utc();
    let date = now.format(format_description!("[year][month][day]")).unwrap();
    let time = now.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap();
    let credential = format!("local/{date}/us-east-1/s3/aws4_request");
    let fields = [
        ("key", key),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
        ("x-amz-credential", &credential),
        ("x-amz-date", &time),
    ];
    let mut conditions = vec![json!({ "bucket": bucket })];
    conditions.extend(fields.iter().map(|(name, value)| json!({ *name: value })));
    let policy = json!({ "expiration": "2100-01-01T00:00:00.000Z", "conditions": conditions });
    let policy = STANDARD.encode(policy.to_string());
    let scope = [&*date, "us-east-1", "s3", "aws4_request"];
    let key = scope.iter().fold(b"AWS4local".to_vec(), |key, part| hmac(&key, part).to_vec());
    let signature = encode_string(&hmac(&key, &policy));
    let mut form = String::new();
    for (name, value) in fields.iter().chain(&[("policy", &*policy), ("x-amz-signature", &*signature)]) {
        write!(form, "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
    }
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"f\"";
    write!(form, "--x\r\n{file}\r\n\r\n{content}\r\n--x--\r\n").unwrap();
    form
}

pub(crate) async fn keys(client: &Client) -> Vec<String> {
    let listed = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}

pub(crate) async fn get(client: &Client, key: &str) -> Option<Vec<u8>> {
    let found = client.get_object().bucket(BUCKET).key(key).send().await;
    match found {
        Ok(object) => Some(object.body.collect().await.unwrap().to_vec()),
        Err(error) => {
            assert_eq!(error.code(), Some("NoSuchKey"), "{error:?}");
            None
        }
    }
}

/// Sends a presigned request, with the given headers replacing its own.
async fn send(presigned: &PresignedRequest, headers: &[(&str, &str)], body: &'static [u8]) -> Response {
    let method = Method::from_bytes(presigned.method().as_bytes()).unwrap();
    let mut request = reqwest::Client::new().request(method, presigned.uri()).body(body);
    for (name, value) in presigned.headers() {
        if name != "content-length" && !headers.iter().any(|(given, _)| *given == name) {
            request = request.header(name, value);
        }
    }
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

pub(crate) fn for_a_minute() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(1)).unwrap()
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let client = client(&stack.s3_url());
    assert_eq!(stack.bucket_name(), BUCKET);
    let put = client
        .put_object()
        .bucket(BUCKET)
        .key("a")
        .content_type("text/plain")
        .content_disposition("inline")
        .cache_control("no-cache")
        .metadata("by", "me")
        .body(ByteStream::from_static(b"hello"))
        .send()
        .await
        .unwrap();
    assert_eq!(put.e_tag(), Some(MD5));

    let head = client.head_object().bucket(BUCKET).key("a").send().await.unwrap();
    assert_eq!((head.content_length(), head.content_type()), (Some(5), Some("text/plain")));
    let got = client.get_object().bucket(BUCKET).key("a").send().await.unwrap();
    assert_eq!((got.e_tag(), got.content_type()), (Some(MD5), Some("text/plain")));
    assert_eq!((got.content_disposition(), got.cache_control()), (Some("inline"), Some("no-cache")));
    assert_eq!(got.metadata().unwrap()["by"], "me");
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hello");

    let part = client.get_object().bucket(BUCKET).key("a").range("bytes=1-2").send().await.unwrap();
    assert_eq!(part.content_range(), Some("bytes 1-2/5"));
    assert_eq!(part.body.collect().await.unwrap().to_vec(), b"el");
    let known = client.get_object().bucket(BUCKET).key("a").if_none_match(MD5).send().await.unwrap_err();
    assert_eq!(known.raw_response().unwrap().status().as_u16(), 304);

    client.delete_object().bucket(BUCKET).key("a").send().await.unwrap();
    assert_eq!(get(&client, "a").await, None);
    client.delete_object().bucket(BUCKET).key("a").send().await.unwrap();
    let error = client.get_object().bucket("other").key("a").send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchBucket"));
}

#[tokio::test]
async fn any_key_is_a_key() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let client = client(&stack.s3_url());
    let long = "x".repeat(1024);
    let mut all = ["a", "a/", "a/b", "a//b", "../a", "a b+c%2F\u{e4}?#&", ".drafts", &long];
    for key in all {
        put(&client, key, key.as_bytes().to_vec().leak()).await;
    }
    for key in all {
        assert_eq!(get(&client, key).await.as_deref(), Some(key.as_bytes()), "{key:.40}");
    }
    all.sort_unstable();
    assert_eq!(keys(&client).await, all);

    let mut pages = Vec::new();
    let mut token = None;
    loop {
        let page = client.list_objects_v2().bucket(BUCKET).delimiter("/").max_keys(2);
        let page = page.set_continuation_token(token).send().await.unwrap();
        pages.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        pages.extend(page.common_prefixes().iter().map(|prefix| prefix.prefix().unwrap().to_owned()));
        token = page.next_continuation_token().map(str::to_owned);
        assert_eq!(page.is_truncated(), Some(token.is_some()));
        if token.is_none() {
            break;
        }
    }
    pages.sort_unstable();
    assert_eq!(pages, ["../", ".drafts", "a", "a b+c%2F\u{e4}?#&", "a/", &long]);
}

#[tokio::test]
async fn a_presigned_put_takes_what_was_signed_and_nothing_else() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let client = client(&stack.s3_url());
    let presigned = client
        .put_object()
        .bucket(BUCKET)
        .key("a")
        .content_type("text/plain")
        .content_length(5)
        .checksum_sha256(SHA256)
        .presigned(for_a_minute())
        .await
        .unwrap();
    assert!(presigned.uri().contains("X-Amz-Security-Token=local"), "{}", presigned.uri());
    for (headers, body) in [
        (&[("content-type", "text/html")][..], b"hello".as_slice()),
        (&[("content-type", "")], b"hello"),
        (&[("x-amz-checksum-sha256", "")], b"hello"),
        (&[], b"hello!"),
    ] {
        let response = send(&presigned, headers, body).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
        assert!(response.text().await.unwrap().contains("<Code>SignatureDoesNotMatch</Code>"));
    }
    for name in ["x-amz-meta-by", "x-amz-storage-class", "x-amz-checksum-crc32"] {
        let response = send(&presigned, &[(name, "x")], b"hello").await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}");
        let text = response.text().await.unwrap();
        assert!(text.contains("<Code>AccessDenied</Code>") && text.contains("were not signed"), "{text}");
    }
    let response = send(&presigned, &[], b"HELLO").await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.text().await.unwrap().contains("<Code>BadDigest</Code>"));
    assert_eq!(keys(&client).await, Vec::<String>::new());

    let response = send(&presigned, &[], b"hello").await;
    assert_eq!((response.status(), response.headers()["etag"].to_str().unwrap()), (StatusCode::OK, MD5));
    assert_eq!(get(&client, "a").await.unwrap(), b"hello");
}

#[tokio::test]
async fn a_presigned_get_is_answered_as_it_says() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    put(&client(&stack.s3_url()), "a", b"hello").await;
    let disposition = "attachment; filename=\"a.txt\"; filename*=UTF-8''%C3%A4.txt";
    let presigned = client(&stack.s3_url())
        .get_object()
        .bucket(BUCKET)
        .key("a")
        .response_content_disposition(disposition)
        .response_content_type("text/plain")
        .response_cache_control("private, max-age=60")
        .presigned(for_a_minute())
        .await
        .unwrap();
    let response = send(&presigned, &[], b"").await;
    assert_eq!(response.status(), StatusCode::OK);
    for (name, value) in [
        ("content-disposition", disposition),
        ("content-type", "text/plain"),
        ("cache-control", "private, max-age=60"),
        ("content-length", "5"),
        ("etag", MD5),
    ] {
        assert_eq!(response.headers()[name].to_str().unwrap(), value);
    }
    assert!(response.headers().contains_key("x-amz-request-id"));
    assert_eq!(response.text().await.unwrap(), "hello");
}

#[tokio::test]
async fn who_has_not_signed_is_refused() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    put(&client(&stack.s3_url()), "a", b"hello").await;
    let url = format!("{}/{BUCKET}/a", stack.s3_url());
    let http = reqwest::Client::new();
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let response = http.request(method.clone(), &url).body("x").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{method}");
    }
    let form = "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nb\r\n--x\r\nContent-Disposition: \
                form-data; name=\"file\"; filename=\"b\"\r\n\r\nb\r\n--x--\r\n";
    let post = http.post(format!("{}/{BUCKET}", stack.s3_url()));
    let post = post.header("content-type", "multipart/form-data; boundary=x").body(form);
    assert_eq!(post.send().await.unwrap().status(), StatusCode::FORBIDDEN);

    let error = client_with(&stack.s3_url(), "guessed").list_buckets().send().await.unwrap_err();
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"));

    let request = client(&stack.s3_url()).get_object().bucket(BUCKET).key("a");
    let presigned = request.clone().presigned(for_a_minute()).await.unwrap();
    let changed = presigned.uri().replace("X-Amz-Expires=60", "X-Amz-Expires=600");
    assert_eq!(http.get(changed).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let other = presigned.uri().replace("/a?", "/b?");
    assert_eq!(http.get(other).send().await.unwrap().status(), StatusCode::FORBIDDEN);

    let config = PresigningConfig::builder()
        .start_time(SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 50))
        .expires_in(Duration::from_mins(1))
        .build()
        .unwrap();
    let expired = http.get(request.presigned(config).await.unwrap().uri()).send().await.unwrap();
    assert_eq!(expired.status(), StatusCode::FORBIDDEN);
    assert!(expired.text().await.unwrap().contains("expired"));
    assert_eq!(get(&client(&stack.s3_url()), "a").await.unwrap(), b"hello");
}

#[tokio::test]
async fn a_wrong_checksum_leaves_what_there_was() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let client = client(&stack.s3_url());
    let put = |body: &'static [u8]| {
        let body = ByteStream::from_static(body);
        client.put_object().bucket(BUCKET).key("a").checksum_sha256(SHA256).body(body).send()
    };
    put(b"hello").await.unwrap();
    assert_eq!(put(b"other").await.unwrap_err().code(), Some("BadDigest"));
    let head = client.head_object().bucket(BUCKET).key("a").checksum_mode(ChecksumMode::Enabled);
    assert_eq!(head.send().await.unwrap().checksum_sha256(), Some(SHA256));
    assert_eq!(get(&client, "a").await.unwrap(), b"hello");

    // The SDK streams this body, with its checksum in a trailer.
    let file = place.path("large");
    std::fs::write(&file, vec![b'x'; 300_000]).unwrap();
    let body = ByteStream::from_path(&file).await.unwrap();
    client.put_object().bucket(BUCKET).key("a").body(body).send().await.unwrap();
    assert_eq!(get(&client, "a").await.unwrap().len(), 300_000);
}

#[tokio::test]
async fn an_object_is_written_only_where_the_condition_holds() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let client = client(&stack.s3_url());
    let puts: Vec<_> = (0..20)
        .map(|_| {
            let put = client.put_object().bucket(BUCKET).key("a").if_none_match("*");
            tokio::spawn(put.body(ByteStream::from_static(b"hello")).send())
        })
        .collect();
    let mut written = 0;
    for put in puts {
        match put.await.unwrap() {
            Ok(_) => written += 1,
            Err(error) => assert_eq!(error.code(), Some("PreconditionFailed"), "{error:?}"),
        }
    }
    assert_eq!(written, 1);

    let copy = |etag: &str| {
        let copy = client.copy_object().copy_source(format!("{BUCKET}/a")).bucket(BUCKET).key("b c");
        copy.copy_source_if_match(etag).send()
    };
    assert_eq!(copy("\"other\"").await.unwrap_err().code(), Some("PreconditionFailed"));
    assert_eq!(get(&client, "b c").await, None);
    let copied = copy(MD5).await.unwrap();
    assert_eq!(copied.copy_object_result().unwrap().e_tag(), Some(MD5));
    assert_eq!(get(&client, "b c").await.unwrap(), b"hello");
    let sha256 = client.copy_object().copy_source(format!("{BUCKET}/a")).bucket(BUCKET).key("c");
    let copied = sha256.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await.unwrap();
    assert_eq!(copied.copy_object_result().unwrap().checksum_sha256(), Some(SHA256));
    let missing = client.copy_object().copy_source(format!("{BUCKET}/none")).bucket(BUCKET).key("d");
    assert_eq!(missing.send().await.unwrap_err().code(), Some("NoSuchKey"));
}

#[tokio::test]
async fn pages_of_the_buckets_origins_may_call_it() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let http = reqwest::Client::new();
    let url = format!("{}/{BUCKET}/a", stack.s3_url());
    let preflight = |origin: &str, method: &str, headers: &str| {
        http.request(Method::OPTIONS, &url)
            .header("origin", origin)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", headers)
            .send()
    };
    for (origin, method, headers) in [
        ("http://b.test", "PUT", "content-type"),
        ("http://a.test", "DELETE", "content-type"),
        ("http://a.test", "PUT", "content-type,authorization"),
    ] {
        let refused = preflight(origin, method, headers).await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert!(!refused.headers().contains_key("access-control-allow-origin"));
    }
    let allowed = preflight("http://a.test", "PUT", "content-type, x-amz-meta-a").await.unwrap();
    assert_eq!(allowed.status(), StatusCode::OK);
    for (name, value) in [
        ("access-control-allow-origin", "http://a.test"),
        ("access-control-allow-methods", "GET, PUT"),
        ("access-control-allow-headers", "content-type, x-amz-meta-a"),
        ("access-control-max-age", "60"),
    ] {
        assert_eq!(allowed.headers()[name].to_str().unwrap(), value);
    }

    // Without an origin, OPTIONS is not a preflight.
    let request = http.request(Method::OPTIONS, &url).header("access-control-request-method", "PUT");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::BAD_REQUEST);

    // A page can read the refusal, too.
    for (origin, status) in [("http://a.test", true), ("http://b.test", false)] {
        let response = http.get(&url).header("origin", origin).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        let allowed = response.headers().get("access-control-allow-origin");
        assert_eq!(allowed.is_some_and(|allowed| allowed == origin), status);
        let exposed = response.headers().get("access-control-expose-headers");
        assert_eq!(exposed.is_some_and(|exposed| exposed == "ETag"), status);
    }
}

#[tokio::test]
async fn it_can_be_stopped_and_is_back_with_its_objects() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    put(&client(&stack.s3_url()), "a", b"hello").await;
    let url = stack.s3_url();
    stack.stop_s3().await.unwrap();
    assert!(reqwest::get(&url).await.unwrap_err().is_connect());
    stack.stop_s3().await.unwrap();

    stack.start_s3().unwrap();
    assert_eq!(stack.s3_url(), url);
    assert_eq!(get(&client(&stack.s3_url()), "a").await.unwrap(), b"hello");
}

#[tokio::test]
async fn objects_are_kept_on_disk_and_not_in_memory() {
    let place = Place::new();
    let on_disk = || {
        Stack::builder()
            .template(place.path("template.yaml"))
            .binaries(place.dir.path())
            .data_dir(place.path("data"))
    };
    let first = on_disk().start().await.unwrap();
    put(&client(&first.s3_url()), "a", b"hello").await;
    first.shutdown().await;
    drop(first);
    let second = on_disk().start().await.unwrap();
    assert_eq!(get(&client(&second.s3_url()), "a").await.unwrap(), b"hello");
    second.shutdown().await;

    let memory = on_disk().in_memory().start().await.unwrap();
    assert_eq!(get(&client(&memory.s3_url()), "a").await, None);
    put(&client(&memory.s3_url()), "b", b"hello").await;
    memory.shutdown().await;
    let third = on_disk().start().await.unwrap();
    assert_eq!(keys(&client(&third.s3_url())).await, ["a"]);
}

#[tokio::test]
async fn a_large_object_may_come_in_parts() {
    let place = Place::new();
    let stack = place.builder().start().await.unwrap();
    let client = client(&stack.s3_url());
    let upload = client.create_multipart_upload().bucket(BUCKET).key("a").content_type("text/plain");
    let id = upload.send().await.unwrap().upload_id.unwrap();
    let large = vec![b'x'; 5 * 1024 * 1024];
    let mut parts = CompletedMultipartUpload::builder();
    for (number, bytes) in [(1, large.clone()), (2, b"hello".to_vec())] {
        let part = client.upload_part().bucket(BUCKET).key("a").upload_id(&id).part_number(number);
        let part = part.body(ByteStream::from(bytes)).send().await.unwrap();
        parts = parts.parts(CompletedPart::builder().part_number(number).set_e_tag(part.e_tag).build());
    }
    let complete = |parts| {
        let complete = client.complete_multipart_upload().bucket(BUCKET).key("a").upload_id(&id);
        complete.multipart_upload(parts).send()
    };
    let other = CompletedPart::builder().part_number(1).e_tag(MD5).build();
    let wrong = CompletedMultipartUpload::builder().parts(other).build();
    assert_eq!(complete(wrong).await.unwrap_err().code(), Some("InvalidPart"));
    assert_eq!(get(&client, "a").await, None);

    let done = complete(parts.build()).await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-2\""), "{done:?}");
    assert_eq!(get(&client, "a").await.unwrap(), [large.as_slice(), b"hello"].concat());
    let head = client.head_object().bucket(BUCKET).key("a").send().await.unwrap();
    assert_eq!((head.e_tag(), head.content_type()), (done.e_tag(), Some("text/plain")));
    let gone = client.abort_multipart_upload().bucket(BUCKET).key("a").upload_id(&id).send().await;
    assert_eq!(gone.unwrap_err().code(), Some("NoSuchUpload"));
}
