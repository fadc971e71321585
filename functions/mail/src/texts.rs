//! All texts of mails.

/// The parts of a mail that people read.
pub(crate) struct Letter {
    pub(crate) subject: &'static str,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// The words of a kind of mail, in paragraphs.
pub(crate) struct Words {
    subject: &'static str,
    before: &'static str,
    /// The label of the link.
    label: &'static str,
    after: &'static str,
}

pub(crate) const CONFIRMATION: Words = Words {
    subject: "Confirm your e-mail address",
    before: "Somebody, probably you, gave this address for an account. Confirm that it is yours:",
    label: "Confirm this address",
    after: "The link can be used once, within 24 hours. If the account is not yours, ignore this mail.",
};

pub(crate) const PASSWORD_RESET: Words = Words {
    subject: "Reset your password",
    before: "Somebody, probably you, asked for a new password for your account. Choose one here:",
    label: "Choose a new password",
    after: "The link can be used once, within 30 minutes. You are then signed out everywhere. If you did not ask for it, \
            ignore this mail: your password stays as it is.",
};

pub(crate) const ADDRESS_CHANGE: Words = Words {
    subject: "Your account is about to get another e-mail address",
    before: "Somebody who is signed in to your account asked to replace this address by another one.",
    label: "",
    after: "If it was you, confirm the other address with the link in the mail that is sent there. If it was not, reset \
            your password now: this also stops the change.",
};

pub(crate) const PASSWORD_CHANGE: Words = Words {
    subject: "Your password was changed",
    before: "The password of your account was changed. All other sessions have ended.",
    label: "",
    after: "If it was you, there is nothing to do. If it was not, reset your password now.",
};

impl Words {
    /// Writes the mail, with a link if it has one.
    pub(crate) fn letter(&self, link: Option<&str>) -> Letter {
        let Self { subject, before, label, after } = *self;
        let (link_text, link_html) = link.map_or_else(Default::default, |link| {
            (format!("{link}\n\n"), format!("<p><a href=\"{}\">{label}</a></p>", escaped(link)))
        });
        Letter {
            subject,
            text: format!("{before}\n\n{link_text}{after}\n"),
            html: format!(
                "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{subject}</title></head>\
                 <body><p>{before}</p>{link_html}<p>{after}</p></body></html>"
            ),
        }
    }
}

/// Escapes the value of an attribute. The base of a link is the deployment's own.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_has_its_link_as_text_and_as_html_and_loads_nothing() {
        let link = "https://app.example.com/confirm-email?a=1&b=\"2\"#token";
        let Letter { text, html, .. } = CONFIRMATION.letter(Some(link));
        assert!(text.contains(&format!("\n{link}\n")), "{text}");
        assert!(
            html.contains("href=\"https://app.example.com/confirm-email?a=1&amp;b=&quot;2&quot;#token\""),
            "{html}"
        );
        assert!(!html.contains("<img") && !html.contains("<script"), "{html}");
    }

    #[test]
    fn a_mail_without_a_link_has_none() {
        for words in [ADDRESS_CHANGE, PASSWORD_CHANGE] {
            let Letter { text, html, .. } = words.letter(None);
            assert!(!text.contains("http") && !html.contains("href"), "{text} {html}");
        }
    }
}
