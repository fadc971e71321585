use std::time::Duration;

use local::ses::Mail;
use serde_json::json;

use crate::App;

/// The time in which a mail arrives on any machine.
const PATIENCE: Duration = Duration::from_mins(1);

impl App {
    /// Waits until this number of mails has been sent to the address, and returns them, the oldest first.
    pub async fn mails(&self, to: &str, count: usize) -> Vec<Mail> {
        let of = |mails: &Vec<Mail>| -> Vec<Mail> {
            mails.iter().filter(|mail| mail.to == [to]).cloned().collect()
        };
        let mut mails = self.stack.mails();
        let arrived = mails.wait_for(|mails| of(mails).len() >= count);
        match tokio::time::timeout(PATIENCE, arrived).await {
            Ok(Ok(mails)) => of(&mails),
            _ => panic!("no {count} mails to {to}: {:?}\n{}", self.stack.mails().borrow(), self.stack.logs()),
        }
    }

    /// Waits for the mail with this number to the address, counted from 1, and returns the token in its link.
    pub async fn link_token(&self, to: &str, number: usize) -> String {
        let mails = self.mails(to, number).await;
        let link = mails[number - 1].link().unwrap_or_else(|| panic!("no link: {mails:?}"));
        link.split_once('#').unwrap().1.to_owned()
    }

    /// Follows the link in the first mail to the address, which confirms it.
    pub async fn confirm_address(&self, email: &str) {
        let token = json!({"token": self.link_token(email, 1).await});
        self.anonymous().post("/api/auth/email-confirmation/confirm", &token).await.expect(204);
    }
}
