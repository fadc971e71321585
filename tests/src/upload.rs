use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Config, Region};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, App, Call, Client, Form};

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
    /// Returns a client of S3 that may do everything.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .endpoint_url(self.stack.s3_url())
            .force_path_style(true)
            .http_client(shared::aws::http_client().unwrap())
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Returns the keys of all objects.
    pub async fn objects(&self) -> Vec<String> {
        let listing = self.s3().list_objects_v2().bucket(self.stack.bucket_name());
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
