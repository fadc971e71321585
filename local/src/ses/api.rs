//! The input of `SendEmail`.

use serde::Deserialize;

use super::mailbox::Mail;

/// SES's limit for the recipients of a message.
const MAX_RECIPIENTS: usize = 50;

/// The members that are emulated. Others have no effect on the mail itself, or are refused below.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Input {
    from_email_address: Option<String>,
    #[serde(default)]
    destination: Destination,
    content: EmailContent,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Destination {
    #[serde(rename = "ToAddresses")]
    to: Vec<String>,
    #[serde(rename = "CcAddresses")]
    cc: Vec<String>,
    #[serde(rename = "BccAddresses")]
    bcc: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EmailContent {
    simple: Option<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    subject: Content,
    body: Body,
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    text: Option<Content>,
    html: Option<Content>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    name: String,
    value: String,
}

impl Input {
    /// Returns the mail, or SES's reason why it is none.
    pub(super) fn mail(self) -> Result<Mail, String> {
        let from = self.from_email_address.ok_or("Missing FromEmailAddress")?;
        let Destination { to, cc, bcc } = self.destination;
        if !cc.is_empty() || !bcc.is_empty() {
            return Err("Only ToAddresses are emulated.".to_owned());
        }
        let count = to.len();
        if count == 0 || count > MAX_RECIPIENTS {
            return Err(format!("Recipient count {count} is not between 1 and {MAX_RECIPIENTS}."));
        }
        for address in to.iter().chain([&from]) {
            check(address)?;
        }
        let message = self.content.simple.ok_or("Only Content.Simple is emulated.")?;
        if message.body.text.is_none() && message.body.html.is_none() {
            return Err("The body has neither Text nor Html.".to_owned());
        }
        let data = |content: Option<Content>| content.map(|content| content.data);
        Ok(Mail {
            from,
            to,
            subject: message.subject.data,
            text: data(message.body.text),
            html: data(message.body.html),
            headers: message.headers.into_iter().map(|header| (header.name, header.value)).collect(),
        })
    }
}

/// Checks an address. "Amazon SES does not support the SMTPUTF8 extension": the whole address is ASCII.
fn check(address: &str) -> Result<(), String> {
    let is_printable = address.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    match address.rsplit_once('@') {
        Some((local, domain)) if is_printable && !local.is_empty() && !domain.is_empty() => Ok(()),
        _ => Err("Local address contains control or whitespace".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(change: impl FnOnce(&mut Value)) -> Result<Mail, String> {
        let mut call = json!({
            "FromEmailAddress": "api@example.com",
            "Destination": { "ToAddresses": ["ada@example.com"] },
            "Content": { "Simple": {
                "Subject": { "Data": "Hello", "Charset": "UTF-8" },
                "Body": { "Text": { "Data": "Hello, Ada" } },
            } },
        });
        change(&mut call);
        serde_json::from_value::<Input>(call).map_err(|error| error.to_string())?.mail()
    }

    #[test]
    fn a_simple_message_is_a_mail() {
        let mail = read(|_| {}).unwrap();
        assert_eq!((&*mail.subject, mail.text.as_deref(), mail.html), ("Hello", Some("Hello, Ada"), None));
    }

    #[test]
    fn what_ses_refuses_is_refused() {
        let to = "/Destination/ToAddresses";
        for (pointer, value) in [
            ("/FromEmailAddress", Value::Null),
            (to, json!([])),
            (to, json!(["zoë@example.com"])),
            (to, json!(["ada@example.com\r\nBcc: bob@example.com"])),
            (to, json!(vec!["ada@example.com"; 51])),
            ("/Content/Simple", Value::Null),
            ("/Content/Simple/Body/Text", Value::Null),
        ] {
            let read = read(|call| *call.pointer_mut(pointer).unwrap() = value.clone());
            assert!(read.is_err(), "{pointer} {value}");
        }
    }
}
