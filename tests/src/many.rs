use std::path::Path;

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::{
    Post, PostAttributes, PostId, Problem, ProblemAttributes, ProblemId, Revision, Role, Timestamp, User,
    UserAttributes, UserId,
};
use shared::random::Random;
use shared::store::check::Items;

use crate::App;

impl App {
    /// Writes this many published posts; `Post number 0` is the oldest.
    pub fn write_posts(&self, count: usize) {
        let content = "What it says. ".repeat(14);
        let attributes = |number| PostAttributes {
            title: format!("Post number {number}").parse().unwrap(),
            content: content.parse().unwrap(),
            category: None,
            published: true,
        };
        self.import_posts(UserId::new(Clock::system().now(), &Random::system()), (0..count).map(attributes));
    }

    /// Writes these posts, the oldest first, with all items that the store would write. Thousands take a second.
    pub fn import_posts(&self, author_id: UserId, attributes: impl IntoIterator<Item = PostAttributes>) {
        let mut items = Items::default();
        let posts = moments().zip(attributes).map(|(at, attributes)| {
            let id = PostId::new(at, &Random::system());
            Post { id, author_id, attributes, revision: Revision::first(at) }
        });
        let made: Vec<Value> = posts.flat_map(|post| items.of_post(&post).unwrap()).collect();
        self.import(made, &items);
    }

    /// Writes problems in the same way.
    pub fn import_problems(
        &self,
        author_id: UserId,
        attributes: impl IntoIterator<Item = ProblemAttributes>,
    ) {
        let mut items = Items::default();
        let problems = moments().zip(attributes).map(|(at, attributes)| {
            let id = ProblemId::new(at, &Random::system());
            Problem { id, author_id, attributes, revision: Revision::first(at) }
        });
        let made: Vec<Value> = problems.flat_map(|problem| items.of_problem(&problem).unwrap()).collect();
        self.import(made, &items);
    }

    /// Writes a user without a password, who counts like every other.
    pub(crate) fn import_user(&self, email: &str, role: Role) -> UserId {
        let now = Clock::system().now();
        let id = UserId::new(now, &Random::system());
        let attributes = UserAttributes { email: email.parse().unwrap(), name: None, role };
        let user = User {
            id,
            attributes,
            revision: Revision::first(now),
            auth_epoch: 0,
            email_verified: false,
            pending_email: None,
        };
        let mut items = Items::default();
        self.stack.dynamodb().import(self.stack.table_name(), items.of_user(&user).unwrap()).unwrap();
        for counter in items.counters().unwrap() {
            let request = json!({
                "TableName": self.stack.table_name(),
                "Key": {"pk": counter["pk"], "sk": counter["sk"]},
                "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            });
            self.stack.dynamodb().database().update_item(serde_json::from_value(request).unwrap()).unwrap();
        }
        id
    }

    fn import(&self, mut made: Vec<Value>, items: &Items) {
        made.extend(items.counters().unwrap());
        self.stack.dynamodb().import(self.stack.table_name(), made).unwrap();
    }

    /// Returns the memory of a function's only process, now and at its peak, in kB.
    pub fn memory(&self, function: &str) -> (u64, u64) {
        let binary = Self::binaries().join(function);
        let endpoint = format!("AWS_ENDPOINT_URL_DYNAMODB={}", self.stack.dynamodb_url());
        let is_it = |process: &Path| {
            std::fs::read_link(process.join("exe")).is_ok_and(|exe| exe == binary)
                && std::fs::read(process.join("environ")).is_ok_and(|environment| {
                    environment.split(|byte| *byte == 0).any(|variable| variable == endpoint.as_bytes())
                })
        };
        let processes = Path::new("/proc").read_dir().unwrap().flatten().map(|process| process.path());
        let mut found = processes.filter(|process| is_it(process));
        let process = found.next().unwrap_or_else(|| panic!("no process of {function}"));
        assert!(found.next().is_none(), "{function} has two processes");
        let status = std::fs::read_to_string(process.join("status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        (field("VmRSS:"), field("VmHWM:"))
    }
}

/// Yields past moments, each a millisecond after the one before.
fn moments() -> impl Iterator<Item = Timestamp> {
    (Clock::system().now().as_millis() - 1_000_000..).map(Timestamp::from_millis)
}
