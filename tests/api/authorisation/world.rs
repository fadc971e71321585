//! The people of the matrix, and the requests that they send.

use serde_json::{Value, json};
use tests::{Answer, App, Document, Operation, PASSWORD, Sender, new_email};

use super::case::{Case, Credential, Person, Resource, Target};

/// The four callers, in the order of a case's statuses.
pub(super) const WHO: [&str; 4] = ["an anonymous client", "somebody else", "the owner", "an admin"];
const OWNER: usize = 2;

/// An API with people in all roles.
pub(super) struct World {
    app: App,
    /// Somebody else, the owner and an admin.
    people: [Person; 3],
    /// Owners and admins whose rights have ended since their tokens were signed.
    ended: Vec<Ended>,
}

/// A caller whose rights have ended.
struct Ended {
    how: String,
    person: Person,
    kind: Kind,
}

/// The right that has ended, by its place in [`Case::statuses_after_the_end`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Owner,
    Admin,
    Demoted,
}

impl World {
    pub(super) async fn new() -> Self {
        let app = App::start().await;
        let people = [
            register(&app, "else@example.com").await,
            register(&app, "owner@example.com").await,
            admin(&app, "admin@example.com").await,
        ];
        let ended = ended(&app).await;
        Self { app, people, ended }
    }

    /// Sends the case's request as each of the four callers, and returns what is wrong.
    pub(super) async fn attempt(&self, case: &Case) -> Vec<String> {
        let mut wrong = Vec::new();
        for (who, status) in case.statuses.into_iter().enumerate() {
            let target = self.target(case, None).await;
            let person = match who {
                0 => None,
                OWNER => Some(target.owner.clone()),
                _ => Some(self.people[who - 1].clone()),
            };
            wrong.extend(self.expect(case, &target, person.as_ref(), status, WHO[who]).await.err());
        }
        wrong
    }

    /// Sends the case's request as each caller whose rights have ended.
    pub(super) async fn attempt_after_the_end(&self, case: &Case) -> Vec<String> {
        let mut wrong = Vec::new();
        for Ended { how, person, kind } in &self.ended {
            // An owner who gets what everybody gets has no right that could end.
            if *kind == Kind::Owner && case.statuses[OWNER] == case.statuses[0] {
                continue;
            }
            let target = self.target(case, (*kind == Kind::Owner).then_some(person)).await;
            let status = case.statuses_after_the_end()[*kind as usize];
            wrong.extend(self.expect(case, &target, Some(person), status, how).await.err());
        }
        wrong
    }

    /// Sends the case's request as this person. A refused one must not have an effect.
    async fn expect(
        &self,
        case: &Case,
        target: &Target,
        person: Option<&Person>,
        status: u16,
        who: &str,
    ) -> Result<(), String> {
        let Case { operation: name, resource, credential, .. } = case;
        let operation = operation(case);
        let before = self.seen(operation, target).await;
        let answer = self.send(operation, case, target, person).await;
        let wrong = |what: &str| {
            Err(format!("{name} (on {resource:?}, by {credential:?}), {who}: {what}: {answer:?}"))
        };
        if answer.status != status {
            return wrong(&format!("{} instead of {status}", answer.status));
        }
        if status >= 400 && self.seen(operation, target).await != before {
            return wrong("refused, and done all the same");
        }
        match person {
            Some(person) if status < 400 && case.is_about_oneself && answer.text("/user/id") != person.id => {
                wrong("an answer about somebody else")
            }
            _ => Ok(()),
        }
    }

    /// Creates what the request is about, which belongs to `owner` or to the usual one.
    async fn target(&self, case: &Case, owner: Option<&Person>) -> Target {
        let operation = operation(case);
        let is_given = owner.is_some();
        let mut owner = owner.unwrap_or(&self.people[OWNER - 1]).clone();
        let mut refresh_token = String::new();
        let path = match case.resource {
            Resource::Path => self.app.path_of_made(operation, &self.app.user(&owner.id)).await,
            Resource::User => {
                if !is_given {
                    owner = register(&self.app, &new_email()).await;
                }
                operation.path().replace("{id}", &owner.id)
            }
            Resource::PublishedPost => {
                let author = self.app.user(&owner.id);
                let path = self.app.path_of_made(operation, &author).await;
                author.patch(&path, &json!({"published": true})).await.expect(200);
                path
            }
            Resource::RefreshToken => {
                refresh_token = log_in(&self.app, &owner.email).await.refresh_token;
                operation.path()
            }
        };
        Target { owner, path, refresh_token }
    }

    /// Reads the resource at a path with variables as an admin, if it exists.
    async fn seen(&self, operation: &Operation, target: &Target) -> Option<Value> {
        let path = operation.path();
        if !path.contains('{') {
            return None;
        }
        Document::published().get(&format!("GET {path}"))?;
        let answer = self.app.admin().get(&target.path).await;
        if answer.status == 404 {
            return None;
        }
        let answer = answer.expect(200);
        let mut seen: Value = serde_json::from_slice(&answer.body).ok()?;
        // Download URLs differ in each answer.
        seen.as_object_mut()?.retain(|member, _| !member.starts_with("downloadUrl"));
        Some(seen)
    }

    async fn send(
        &self,
        operation: &Operation,
        case: &Case,
        target: &Target,
        person: Option<&Person>,
    ) -> Answer {
        let sender = Sender::anonymous(&self.app, operation, &target.path, &target.owner.id);
        let sender = case.query.into_iter().fold(sender, Sender::asking);
        let mut call = match case.body {
            Some(body) => sender.send_as_json(&body(target)),
            None => sender.send(),
        };
        if let Some((name, value)) = case.header {
            call = call.header(name, value);
        }
        let Some(person) = person else { return call.await };
        match case.credential {
            Credential::Token => call = call.header("authorization", &format!("Bearer {}", person.token)),
            Credential::Cookie | Credential::StrangeCookie => {
                let cookie = match &person.cookie {
                    Some(cookie) => cookie.clone(),
                    None => sign_in(&self.app, person).await,
                };
                call = call.header("cookie", &cookie);
            }
        }
        match case.credential {
            Credential::Token => {}
            Credential::Cookie => call = call.header("sec-fetch-site", "same-origin"),
            Credential::StrangeCookie => {
                call = call.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example");
            }
        }
        call.await
    }
}

/// Returns the operation of a case, as the document describes it.
fn operation(case: &Case) -> &'static Operation {
    let operation = Document::published().operations.iter().find(|one| one.name == case.operation);
    operation.unwrap_or_else(|| panic!("openapi.json has no {}", case.operation))
}

/// Creates owners and admins, signs them in, and ends their rights in each way.
async fn ended(app: &App) -> Vec<Ended> {
    let mut ended = Vec::new();
    for (kind, who) in [(Kind::Owner, "an owner"), (Kind::Admin, "an admin")] {
        for how in ["was removed", "changed the password", "signed out everywhere"] {
            let mut person = match kind {
                Kind::Owner => register(app, &new_email()).await,
                _ => admin(app, &new_email()).await,
            };
            person.cookie = Some(sign_in(app, &person).await);
            match how {
                "was removed" => {
                    app.admin().delete(&format!("/api/users/{}", person.id)).await.expect(204);
                }
                "changed the password" => {
                    let body = json!({"currentPassword": PASSWORD, "newPassword": "another staple"});
                    let browser = app.signed_in_browser(&person.email).await;
                    browser.put("/api/profile", &body).await.expect(200);
                }
                _ => {
                    let browser = app.signed_in_browser(&person.email).await;
                    browser.delete("/api/sessions").await.expect(204);
                }
            }
            ended.push(Ended { how: format!("{who} who {how}"), person, kind });
        }
    }
    let person = admin(app, &new_email()).await;
    app.admin().patch(&format!("/api/users/{}", person.id), &json!({"role": "user"})).await.expect(200);
    ended.push(Ended { how: "an admin who was demoted".to_owned(), person, kind: Kind::Demoted });
    ended
}

/// Signs in and returns the new session's cookie.
async fn sign_in(app: &App, person: &Person) -> String {
    app.signed_in_browser(&person.email).await.cookie().to_owned()
}

/// Registers an admin, whose token says so, because the sign-in comes after the promotion.
async fn admin(app: &App, email: &str) -> Person {
    let person = register(app, email).await;
    app.admin().patch(&format!("/api/users/{}", person.id), &json!({"role": "admin"})).await.expect(200);
    log_in(app, email).await
}

async fn register(app: &App, email: &str) -> Person {
    let body = json!({"email": email, "password": PASSWORD});
    person(&app.anonymous().post("/api/auth/register", &body).await.expect(201))
}

async fn log_in(app: &App, email: &str) -> Person {
    let body = json!({"email": email, "password": PASSWORD});
    person(&app.anonymous().post("/api/auth/login", &body).await.expect(200))
}

/// Returns the person whose account and tokens an answer has.
fn person(answer: &Answer) -> Person {
    Person {
        id: answer.text("/user/id"),
        email: answer.text("/user/email"),
        token: answer.text("/accessToken"),
        refresh_token: answer.text("/refreshToken"),
        cookie: None,
    }
}
