use tests::{Answer, Call};

use self::May::{LinkQuery, SetSession, ShowContent, ShowEmail, ShowNothing, ShowTokens};

pub(super) const EMAIL: &str = "canary-address@example.com";
pub(super) const NEW_EMAIL: &str = "canary-new-address@example.com";
pub(super) const QUERY: &str = "canary-query";

/// The personal data that an answer may contain, because the client asked for it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum May {
    ShowNothing,
    /// The caller's own address.
    ShowEmail,
    /// The caller's own address and new tokens.
    ShowTokens,
    /// The caller's own address, and a session only in `Set-Cookie`.
    SetSession,
    /// The content that the caller sent.
    ShowContent(&'static str),
    /// The query, in links to other pages.
    LinkQuery,
}

/// The answers so far, and the secrets that were issued in them.
#[derive(Default)]
pub(super) struct Seen {
    answers: Vec<(Answer, May)>,
    pub(super) tokens: Vec<String>,
    pub(super) sessions: Vec<String>,
}

impl Seen {
    pub(super) async fn see(&mut self, status: u16, may: May, call: Call) -> Answer {
        let answer = call.await.expect(status);
        match may {
            ShowTokens => {
                self.tokens.extend([answer.text("/accessToken"), answer.text("/refreshToken")]);
            }
            SetSession => {
                let cookie = answer.header("set-cookie").split(';').next().unwrap();
                self.sessions.push(cookie.split_once('=').unwrap().1.to_owned());
            }
            _ => {}
        }
        self.answers.push((answer.clone(), may));
        answer
    }

    /// Checks that no answer shows more than it may.
    pub(super) fn check(&self, secrets: &[String], tokens: &[String]) {
        for (answer, may) in &self.answers {
            let mut shown = String::from_utf8_lossy(&answer.body).into_owned();
            for (name, value) in &answer.headers {
                if !(*may == SetSession && name == "set-cookie" || *may == LinkQuery && name == "link") {
                    shown.push_str(&String::from_utf8_lossy(value.as_bytes()));
                }
            }
            let own = match may {
                ShowEmail | ShowTokens | SetSession => [EMAIL, NEW_EMAIL].as_slice(),
                ShowContent(content) => &[*content],
                ShowNothing | LinkQuery => &[],
            };
            for canary in own {
                shown = shown.replace(canary, "");
            }
            for word in ["canary", "$argon2"] {
                assert!(!shown.to_lowercase().contains(word), "{word} in {answer:?}");
            }
            let tokens = if *may == ShowTokens { &[] } else { tokens };
            for secret in secrets.iter().chain(tokens) {
                assert!(!shown.contains(secret.as_str()), "{secret} in {answer:?}");
            }
        }
    }
}
