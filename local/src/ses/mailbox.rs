//! The mails that were sent, each of which is a file of the data folder.

use std::path::{Path, PathBuf};
use std::{fs, io};

use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::text::Text;
use tokio::sync::watch;
use uuid::Uuid;

use crate::clock;
use crate::logs::Logs;

/// A mail that was sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mail {
    /// The address of the sender.
    pub from: String,
    /// The addresses of the recipients.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: Option<String>,
    /// The body as HTML.
    pub html: Option<String>,
    /// Other headers.
    pub headers: Vec<(String, String)>,
}

impl Mail {
    /// Returns the first link of the plain text.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        let words = self.text.as_deref()?.split_whitespace();
        words.into_iter().find(|word| word.starts_with("http://") || word.starts_with("https://"))
    }

    /// Returns the message in the format of RFC 5322.
    fn message(&self) -> io::Result<Vec<u8>> {
        let mut builder = MessageBuilder::new()
            .from(self.from.as_str())
            .to(self.to.iter().map(String::as_str).collect::<Vec<_>>())
            .subject(self.subject.as_str())
            .date(clock::now().unix_timestamp());
        for (name, value) in &self.headers {
            builder = builder.header(name.as_str(), HeaderType::from(Text::new(value.as_str())));
        }
        if let Some(text) = &self.text {
            builder = builder.text_body(text.as_str());
        }
        if let Some(html) = &self.html {
            builder = builder.html_body(html.as_str());
        }
        builder.write_to_vec()
    }
}

/// All mail. Clones share it.
#[derive(Clone)]
pub(super) struct Mailbox {
    folder: Option<PathBuf>,
    mails: watch::Sender<Vec<Mail>>,
    logs: Logs,
}

impl Mailbox {
    /// Keeps mails as files in the folder of the data, if there is one.
    pub(super) fn new(data: Option<&Path>, logs: Logs) -> Self {
        Self { folder: data.map(|data| data.join("mail")), mails: watch::Sender::default(), logs }
    }

    /// Keeps a mail, prints where it is and its link, and returns its id.
    pub(super) fn put(&self, mail: Mail) -> io::Result<String> {
        let id = Uuid::now_v7().to_string();
        let place = match &self.folder {
            Some(folder) => {
                fs::create_dir_all(folder)?;
                let file = folder.join(format!("{id}.eml"));
                let fresh = file.with_extension("new");
                fs::write(&fresh, mail.message()?)?;
                fs::rename(fresh, &file)?;
                format!(" {}", file.display())
            }
            None => String::new(),
        };
        let link = mail.link().map(|link| format!(" {}", link.escape_debug())).unwrap_or_default();
        let (to, subject) = (mail.to.join(", "), mail.subject.escape_debug());
        self.logs.note(format_args!("mail to {to}: {subject}{place}{link}"));
        self.mails.send_modify(|mails| mails.push(mail));
        Ok(id)
    }

    pub(super) fn mails(&self) -> watch::Receiver<Vec<Mail>> {
        self.mails.subscribe()
    }
}
