//! The embedded SES, called by the SDK as a function calls it.

use aws_credential_types::Credentials;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::{BehaviorVersion, Config, Region};
use aws_sdk_sesv2::error::ProvideErrorMetadata;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use local::Stack;

use crate::support::{Place, example};

const TEMPLATE: &str = r#"
Resources:
  EchoFunction:
    Type: AWS::Serverless::Function
    Properties:
      Environment: { Variables: { PAGE: !Sub "${Api.ApiEndpoint}/page" } }
      Policies:
        - Version: "2012-10-17"
          Statement:
            - Sid: SendMail
              Effect: Allow
              Action: ses:SendEmail
              Resource: !Sub "arn:aws:ses:${AWS::Region}:${AWS::AccountId}:identity/*"
              Condition: { StringEquals: { "ses:FromAddress": api@example.com } }
      Events:
        Echo: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /echo, Method: ANY } }
  Api: { Type: AWS::Serverless::HttpApi }
"#;

/// Sends a mail with the function's own access key, or with another secret. Returns the error's code.
async fn send(stack: &Stack, from: &str, to: &str, secret: Option<&str>) -> Result<String, String> {
    let environment = &stack.environments()["EchoFunction"];
    let secret = secret.unwrap_or(&environment["AWS_SECRET_ACCESS_KEY"]);
    let token = Some(environment["AWS_SESSION_TOKEN"].clone());
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(
            &environment["AWS_ACCESS_KEY_ID"],
            secret,
            token,
            None,
            "test",
        ))
        .endpoint_url(&environment["AWS_ENDPOINT_URL_SESV2"])
        .http_client(shared::aws::http_client().unwrap())
        .build();
    let content = |data: &str| Content::builder().data(data).build().unwrap();
    let text = content(
        "Press here:\n\nhttps://app.example.com/page?with=a&long=query#and-a-token-that-is-very-long-indeed\n",
    );
    let header =
        MessageHeader::builder().name("Auto-Submitted").value("auto-generated\r\nBcc: eve@example.com");
    let message = Message::builder()
        .subject(content("Grüße\r\nBcc: eve@example.com"))
        .body(Body::builder().text(text).html(content("<p>Press</p>")).build())
        .headers(header.build().unwrap());
    let sent = Client::from_conf(config)
        .send_email()
        .from_email_address(from)
        .destination(Destination::builder().to_addresses(to).build())
        .content(EmailContent::builder().simple(message.build()).build())
        .send()
        .await;
    match sent {
        Ok(output) => Ok(output.message_id.unwrap()),
        Err(error) => Err(error.code().unwrap_or_default().to_owned()),
    }
}

#[tokio::test]
async fn a_mail_is_a_file_and_a_line_of_the_log() {
    let place = Place::with(TEMPLATE, &example(), &["echo"]);
    let data = place.dir.path().join("data");
    let builder = Stack::builder().template(place.path("template.yaml")).binaries(place.dir.path());
    let stack = builder.data_dir(&data).quiet().start().await.unwrap();
    let id = send(&stack, "api@example.com", "ada@example.com", None).await.unwrap();
    let file = data.join("mail").join(format!("{id}.eml"));
    let mail = std::fs::read_to_string(&file).unwrap();
    for line in ["To: <ada@example.com>", "From: <api@example.com>", "Content-Type: multipart/alternative"] {
        assert!(mail.contains(line), "{line}: {mail}");
    }
    assert!(!mail.lines().any(|line| line.starts_with("Bcc")), "{mail}");
    let link = "https://app.example.com/page?with=a&long=query#and-a-token-that-is-very-long-indeed";
    let logs = stack.logs();
    assert!(logs.contains("mail to ada@example.com: Grüße\\r\\nBcc: eve@example.com "), "{logs}");
    assert!(logs.contains(&*file.display().to_string()) && logs.contains(link), "{logs}");
    assert_eq!(stack.mails().borrow().len(), 1);
    stack.shutdown().await;
}

#[tokio::test]
async fn a_function_sends_as_its_policies_allow_and_not_otherwise() {
    let place = Place::with(TEMPLATE, &example(), &["echo"]);
    let stack = place.builder().start().await.unwrap();
    let (own, ada) = ("api@example.com", "ada@example.com");
    send(&stack, own, ada, None).await.unwrap();
    let denied = send(&stack, "ceo@example.com", ada, None).await;
    assert_eq!(denied, Err("AccessDeniedException".to_owned()));
    let unsigned = send(&stack, own, ada, Some("another secret")).await;
    assert_eq!(unsigned, Err("InvalidSignatureException".to_owned()));
    assert_eq!(send(&stack, own, "zoë@example.com", None).await, Err("BadRequestException".to_owned()));
    assert_eq!(stack.mails().borrow().len(), 1);
}

#[tokio::test]
async fn the_url_of_the_api_is_the_one_of_this_machine() {
    let place = Place::with(TEMPLATE, &example(), &["echo"]);
    let stack = place.builder().start().await.unwrap();
    assert_eq!(stack.environments()["EchoFunction"]["PAGE"], format!("{}/page", stack.url()));
}
