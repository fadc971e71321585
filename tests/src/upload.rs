use std::fmt::Write;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Config, Region};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, App, Call, Client};

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

impl Client {
    /// Uploads a form.
    pub fn upload_form(&self, form: Form) -> Call {
        let call = self.call(Method::POST, "/api/upload").body(form.end());
        call.header("content-type", &Form::content_type())
    }

    /// Uploads a file of the client's own.
    pub fn upload(&self, name: &str, content_type: &str, content: &[u8]) -> Call {
        self.upload_form(Form::default().text("userId", self.id()).file(name, content_type, content))
    }

    /// Requests a URL to upload this file to.
    pub fn presign(&self, name: &str, content_type: &str, size: usize) -> Call {
        let file = json!({"fileName": name, "contentType": content_type, "size": size});
        self.post("/api/upload/presign", &file)
    }
}

impl App {
    /// Returns the keys of all objects.
    pub async fn objects(&self) -> Vec<String> {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(self.stack.s3_url())
            .force_path_style(true)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let listing =
            aws_sdk_s3::Client::from_conf(config).list_objects_v2().bucket(self.stack.bucket_name());
        let listed = listing.send().await.unwrap();
        assert_eq!(listed.is_truncated(), Some(false), "there are more than one answer lists");
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    /// Uploads this content to S3 with the URL and headers of `presigned`.
    pub async fn put(&self, presigned: &Answer, content: &[u8]) -> Answer {
        self.put_as(presigned, content, &presigned.json()["headers"]).await
    }

    /// Does the same with other headers.
    pub async fn put_as(&self, presigned: &Answer, content: &[u8], headers: &Value) -> Answer {
        let mut call = self.whole_urls().call(Method::PUT, &presigned.text("/url")).body(content);
        for (name, value) in headers.as_object().unwrap() {
            call = call.header(name, value.as_str().unwrap());
        }
        call.await
    }

    /// Downloads the file at this URL of the API.
    pub async fn download(&self, owner: &Client, url: &str) -> Answer {
        let file = owner.get(url).await.expect(200);
        self.whole_urls().get(&file.text("/downloadUrl")).await
    }

    /// Waits until the file at this URL of the API is no longer pending, and returns it. Uploads to S3 are checked in
    /// the background.
    pub async fn checked(&self, owner: &Client, url: &str) -> Answer {
        for _ in 0..3000 {
            let answer = owner.get(url).await;
            if answer.status != 200 || answer.json()["state"] != "pending" {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{url} is pending still:\n{}", self.stack.logs());
    }

    /// Waits until a line of the log contains this text.
    pub async fn logged(&self, text: &str) {
        for _ in 0..3000 {
            if self.stack.logs().contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no line says {text}:\n{}", self.stack.logs());
    }

    /// Returns the event that S3 sends to `upload-completed` for a new object.
    pub fn uploaded(&self, key: &str) -> Value {
        json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
            "eventTime": "2026-11-20T16:32:55.123Z", "eventName": "ObjectCreated:Put",
            "userIdentity": {"principalId": "AWS:LOCAL"}, "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "responseElements": {},
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "uploaded",
                "bucket": {
                    "name": self.stack.bucket_name(), "ownerIdentity": {"principalId": "LOCAL"},
                    "arn": format!("arn:aws:s3:::{}", self.stack.bucket_name()),
                },
                "object": {"key": key, "size": 1, "eTag": "d41d8cd98f00b204e9800998ecf8427e", "sequencer": "0"},
            },
        })
    }
}
