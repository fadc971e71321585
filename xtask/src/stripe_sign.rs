//! `cargo xtask stripe-sign`: signs for the API that `make run` serves, as Stripe does.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::error::{Error, read};
use crate::secrets;

/// The placeholder in an event for the signature of its body.
const PLACEHOLDER: &str = "{{STRIPE_SIGNATURE}}";

/// The recorded event whose body is replaced.
const RECORDED: &str = "events/webhooks-stripe/checkout-session-completed.json";

/// The arguments of `stripe-sign`. The secret is in `STRIPE_WEBHOOK_SECRET`, or else the one that `make run` generated.
#[derive(clap::Args)]
#[command(after_help = crate::secrets::HELP)]
pub struct Args {
    /// The file with the body; without it, standard input is read
    pub body: Option<PathBuf>,
    /// Print the event that Lambda would get, for `local invoke webhooks-stripe -`
    #[arg(long)]
    pub event: bool,
}

/// Returns the value of `Stripe-Signature` for the body, valid for five minutes, or the whole event.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let body = match &args.body {
        Some(path) => std::fs::read(path).map_err(|source| Error::Read { path: path.clone(), source })?,
        None => read_to_end(io::stdin().lock())?,
    };
    if !args.event {
        return sign(&body, root);
    }
    let mut event: Value = serde_json::from_str(&read(&root.join(RECORDED))?)?;
    let (body, is_base64_encoded) = match String::from_utf8(body) {
        Ok(text) => (text, false),
        Err(error) => (STANDARD.encode(error.as_bytes()), true),
    };
    event["body"] = json!(body);
    event["isBase64Encoded"] = json!(is_base64_encoded);
    Ok(signed(event, root)?.to_string())
}

/// Returns the event with its placeholder replaced by a valid signature.
pub(crate) fn fill(event: String, root: &Path) -> Result<String, Error> {
    if !event.contains(PLACEHOLDER) {
        return Ok(event);
    }
    Ok(signed(serde_json::from_str(&event)?, root)?.to_string())
}

fn signed(mut event: Value, root: &Path) -> Result<Value, Error> {
    let text = event["body"].as_str().unwrap_or_default();
    let body = if event["isBase64Encoded"] == true {
        STANDARD.decode(text).map_err(|error| Error::Sign(format!("the event's body: {error}")))?
    } else {
        text.as_bytes().to_vec()
    };
    let signature = sign(&body, root)?;
    let header = &mut event["headers"]["stripe-signature"];
    *header = json!(header.as_str().unwrap_or(PLACEHOLDER).replace(PLACEHOLDER, &signature));
    Ok(event)
}

fn sign(body: &[u8], root: &Path) -> Result<String, Error> {
    let secret = secrets::of_local_api("STRIPE_WEBHOOK_SECRET", root)?;
    Ok(webhooks_stripe::sign(&secret, body, Clock::system().now()))
}

fn read_to_end(mut input: impl Read) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    input.read_to_end(&mut body).map_err(|source| Error::Read { path: "-".into(), source })?;
    Ok(body)
}
