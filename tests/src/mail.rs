use std::time::Duration;

use local::ses::Mail;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{MailId, MailKind, User};
use shared::random::Random;
use shared::store::Mails;

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

    /// Asks for a mail to the user's address at this time, and returns its id, past the functions.
    pub async fn ask_for_mail(&self, kind: MailKind, user: &User, clock: Clock) -> MailId {
        let to = user.attributes.email.clone();
        self.mail_store(clock).request(kind, to.clone()).await.unwrap();
        let is_it = |item: &&Value| item["sk"]["S"] == "MAIL" && item["to"]["S"] == to.as_str();
        let items = self.items();
        let item = items.iter().filter(is_it).find(|item| item.get("linkHashes").is_none()).unwrap();
        item["pk"]["S"].as_str().unwrap().strip_prefix("MAIL#").unwrap().parse().unwrap()
    }

    /// Asks for a mail in the same way, and returns the token of a link in it.
    pub async fn link_for(&self, kind: MailKind, user: &User, clock: Clock) -> String {
        let mail = self.ask_for_mail(kind, user, clock.clone()).await;
        self.mail_store(clock).add_link(mail, user).await.unwrap().unwrap().reveal()
    }

    fn mail_store(&self, clock: Clock) -> Mails {
        Mails::new(self.table(), clock, Random::system())
    }

    /// Follows the link in the first mail to the address, which confirms it.
    pub async fn confirm_address(&self, email: &str) {
        let token = json!({"token": self.link_token(email, 1).await});
        self.anonymous().post("/api/auth/email-confirmation/confirm", &token).await.expect(204);
    }
}
