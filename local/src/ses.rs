//! The embedded Amazon SES: `SendEmail` of its API of version 2. Mail goes to a folder, and to nobody.
//!
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>

mod api;
mod mailbox;

pub use mailbox::Mail;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use self::api::Input;
use self::mailbox::Mailbox;
use crate::access::{Authority, Caller, verify};
use crate::clock;
use crate::iam;
use crate::logs::Logs;
use crate::server::guard::Kind;
use crate::server::serve::{Limits, serve};
use crate::server::switch::{BACKLOG, Switch};
use crate::template::{ACCOUNT_ID, REGION};

/// The longest call that is read, in bytes: SES's limit for a message.
const MAX_CALL_BYTES: usize = 40 * 1024 * 1024;

/// The server.
pub struct Ses {
    server: Switch,
    mailbox: Mailbox,
}

/// An error of SES.
struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Failure {
    fn bad_request(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "BadRequestException", message: message.into() }
    }

    fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, code, message: message.into() }
    }
}

impl Ses {
    /// Keeps all mail, also in the folder of the data, if there is one.
    pub(crate) fn start(
        address: SocketAddr,
        data_dir: Option<&Path>,
        logs: &Logs,
        authority: &Authority,
    ) -> io::Result<Self> {
        let mailbox = Mailbox::new(data_dir, logs.clone());
        let (kept, authority) = (mailbox.clone(), authority.clone());
        let server = Switch::on(address, move |socket, stop| {
            let listener = socket.listen(BACKLOG)?;
            let (ended, stopped) = oneshot::channel();
            let (mailbox, authority) = (kept.clone(), authority.clone());
            tokio::spawn(async move {
                let limits = Limits { head_timeout: None, kind: Kind::Internal };
                serve(listener, limits, stop, move |request, _| {
                    answer(mailbox.clone(), authority.clone(), request)
                })
                .await;
                // The send fails if nobody is waiting.
                let _ = ended.send(());
            });
            Ok(stopped)
        })?;
        Ok(Self { server, mailbox })
    }

    /// Returns all mails of this run, now and as they come.
    pub(crate) fn mails(&self) -> watch::Receiver<Vec<Mail>> {
        self.mailbox.mails()
    }

    /// Returns the address of the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Refuses new connections and closes open ones, until [`resume`](Self::resume).
    pub async fn stop(&self) -> io::Result<()> {
        self.server.stop().await
    }

    /// Listens again at the same address.
    pub fn resume(&self) -> io::Result<()> {
        self.server.resume()
    }
}

async fn answer(mailbox: Mailbox, authority: Authority, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, body, code) = match handle(&mailbox, &authority, request).await {
        Ok(output) => (StatusCode::OK, output, None),
        Err(Failure { status, code, message }) => (status, json!({ "message": message }), Some(code)),
    };
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::try_from(Uuid::new_v4().to_string()) {
        headers.insert("x-amzn-requestid", id);
    }
    if let Some(code) = code {
        headers.insert("x-amzn-errortype", HeaderValue::from_static(code));
    }
    response
}

async fn handle(
    mailbox: &Mailbox,
    authority: &Authority,
    request: Request<Incoming>,
) -> Result<Value, Failure> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_CALL_BYTES).collect().await;
    let body = body.map_err(|_| Failure::bad_request("The request is too long."))?.to_bytes();
    let caller = caller(authority, &parts, &body)?;
    if parts.method != Method::POST || parts.uri.path() != "/v2/email/outbound-emails" {
        return Err(Failure::bad_request("Only SendEmail is emulated."));
    }
    let input: Input =
        serde_json::from_slice(&body).map_err(|error| Failure::bad_request(error.to_string()))?;
    let mail = input.mail().map_err(Failure::bad_request)?;
    // These listeners stand for AWS's, which policies want to be called by TLS.
    let context = iam::Context::default()
        .with("aws:SecureTransport", "true")
        .with("ses:FromAddress", &mail.from)
        .with_all("ses:Recipients", mail.to.iter().cloned());
    let resource = format!("arn:aws:ses:{REGION}:{ACCOUNT_ID}:identity/{}", mail.from);
    let request = iam::Request { action: "ses:SendEmail".to_owned(), resource, context };
    authority
        .authorize(&caller, &request)
        .map_err(|refusal| Failure::forbidden("AccessDeniedException", refusal.to_string()))?;
    let id = mailbox.put(mail).map_err(|error| Failure {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        code: "InternalServiceErrorException",
        message: error.to_string(),
    })?;
    Ok(json!({ "MessageId": id }))
}

/// Returns the sender of a call.
fn caller(authority: &Authority, parts: &Parts, body: &[u8]) -> Result<Caller, Failure> {
    if !authority.is_enforced() {
        return Ok(Caller::Root);
    }
    if !parts.headers.contains_key(header::AUTHORIZATION) {
        let code = "MissingAuthenticationTokenException";
        return Err(Failure::forbidden(code, "Missing Authentication Token"));
    }
    let now = SystemTime::from(clock::now());
    verify(authority, "ses", parts, body, now)
        .map_err(|error| Failure::forbidden(error.code(), error.to_string()))
}

impl std::fmt::Debug for Ses {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ses").field("address", &self.address()).finish_non_exhaustive()
    }
}
