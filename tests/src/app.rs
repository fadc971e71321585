use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use local::{Faults, Stack};
use serde_json::{Value, json};
use shared::auth::{AccessTokenIssuer, Subject, TokenSigner};
use shared::clock::Clock;
use shared::config::Secret;
use shared::domain::{Role, UserId};
use shared::objects::Objects;
use shared::random::Random;
use shared::store::{Files, Posts, ProblemSearch, Problems, Table, TokenKeys, Users};

use crate::Client;

/// A running API with an empty table. Dropping it stops everything.
pub struct App {
    /// The gateway, the functions and the table.
    pub stack: Stack,
    /// The key that signs the API's access tokens.
    pub tokens: TokenSigner,
    http: reqwest::Client,
    admin: OnceLock<UserId>,
}

impl App {
    /// A scale for rate limits that no test reaches.
    pub const NO_LIMITS: &str = "1000000";

    /// Starts all of template.yaml, each function on its first request.
    pub async fn start() -> Self {
        Self::limited(Self::NO_LIMITS).await
    }

    /// Like [`start`](Self::start), with rate limits that are multiplied by `scale`.
    pub async fn limited(scale: &str) -> Self {
        Self::of(Stack::builder().parameter("RateLimitScale", scale)).await
    }

    /// Like [`start`](Self::start), with a variable that template.yaml gives to functions set to this value.
    pub async fn with_variable(name: &str, value: &str) -> Self {
        Self::with_variables(&[(name, value)]).await
    }

    /// Like [`with_variable`](Self::with_variable), for several variables.
    pub async fn with_variables(variables: &[(&str, &str)]) -> Self {
        let builder = Stack::builder().parameter("RateLimitScale", Self::NO_LIMITS);
        Self::of(variables.iter().fold(builder, |builder, (name, value)| builder.env(*name, *value))).await
    }

    /// Like [`start`](Self::start), with this `LogLevel`.
    pub async fn logging(level: &str) -> Self {
        Self::of(Stack::builder().parameter("LogLevel", level)).await
    }

    /// Like [`start`](Self::start), with these `AllowedOrigins`.
    pub async fn allowing(origins: &str) -> Self {
        let builder = Stack::builder().parameter("RateLimitScale", Self::NO_LIMITS);
        Self::of(builder.parameter("AllowedOrigins", origins)).await
    }

    /// Like [`start`](Self::start), with retries of failed events that do not wait.
    pub async fn retrying_at_once() -> Self {
        let builder = Stack::builder().parameter("RateLimitScale", Self::NO_LIMITS);
        Self::of(builder.retry_wait(Duration::ZERO)).await
    }

    /// Like [`start`](Self::start), without a `MailFrom`.
    pub async fn without_mail() -> Self {
        let builder = Stack::builder().parameter("RateLimitScale", Self::NO_LIMITS);
        Self::of(builder.parameter("MailFrom", "")).await
    }

    /// Like [`start`](Self::start), with at most `count` instances of each function.
    pub async fn with_instances(count: usize) -> Self {
        let builder = Stack::builder().parameter("RateLimitScale", Self::NO_LIMITS);
        Self::of(builder.max_instances(count)).await
    }

    /// Like [`start`](Self::start), with at most one instance of each function, whose calls fail as `faults` says. The
    /// table's stream invokes no function, because that would make calls at the same time.
    pub async fn with_faults(faults: &Faults) -> Self {
        let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
        let stream = "Stream: !GetAtt Table.StreamArn\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("template.yaml");
        let disabled = format!("Enabled: false\n            {stream}");
        std::fs::write(&path, template.replace(stream, &disabled)).unwrap();
        let builder = Stack::builder().parameter("RateLimitScale", Self::NO_LIMITS);
        Self::with_template(path, builder.in_memory().max_instances(1).faults(faults.clone())).await
    }

    /// Like [`start`](Self::start), with its data in this folder, as `make run` has it in `.local`.
    pub async fn kept_in(folder: &Path) -> Self {
        let builder = Stack::builder().parameter("RateLimitScale", Self::NO_LIMITS);
        Self::with_template(root().join("template.yaml"), builder.data_dir(folder)).await
    }

    fn of(builder: local::Builder) -> impl Future<Output = Self> {
        Self::with_template(root().join("template.yaml"), builder.in_memory())
    }

    async fn with_template(template: PathBuf, builder: local::Builder) -> Self {
        let stack = builder
            .template(template)
            .binaries(Self::binaries())
            .strict()
            .quiet()
            .start()
            .await
            .expect("the stack starts; `make test` builds the functions first");
        let tokens = issuer(&stack, Clock::system()).signer().await.unwrap();
        Self {
            stack,
            tokens,
            http: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            admin: OnceLock::new(),
        }
    }

    /// Returns the folder of the function binaries. A test's own binary is in `deps` below it.
    pub fn binaries() -> PathBuf {
        std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned()
    }

    /// Returns a client without a token.
    pub fn anonymous(&self) -> Client {
        Client::new(self.http.clone(), &self.stack.url(), None, None)
    }

    /// Returns a client that takes whole URLs and sends no token.
    pub fn whole_urls(&self) -> Client {
        Client::new(self.http.clone(), "", None, None)
    }

    /// Returns a new user, who has a token and no item in the table.
    pub fn caller(&self) -> Client {
        self.signed_in(new_id(), Role::User)
    }

    /// Returns the app's admin. The first call adds the account to the table, because an admin's rights are read there.
    pub fn admin(&self) -> Client {
        self.admin_with_id(*self.admin.get_or_init(|| self.import_user("root@example.com", Role::Admin)))
    }

    /// Returns another admin, and adds the account to the table.
    pub fn another_admin(&self) -> Client {
        self.admin_with_id(self.import_user(&format!("{}@example.com", new_id()), Role::Admin))
    }

    /// Returns a client with an admin's token for this user.
    pub fn admin_with_id(&self, id: UserId) -> Client {
        self.signed_in(id, Role::Admin)
    }

    /// Returns the user with this id.
    pub fn user(&self, id: &str) -> Client {
        self.signed_in(id.parse().unwrap(), Role::User)
    }

    /// Returns the store of users, for tests that bypass the functions.
    pub fn users(&self) -> Users {
        Users::new(self.table(), Clock::system(), Random::system())
    }

    /// Returns the store of files, for tests that bypass the functions.
    pub fn files(&self) -> Files {
        Files::new(self.table(), Clock::system(), Random::system())
    }

    /// Returns the store of posts, for tests that bypass the functions.
    pub fn posts(&self) -> Posts {
        Posts::new(self.table(), Clock::system(), Random::system())
    }

    /// Returns the store of problems, for tests that bypass the functions.
    pub fn problems(&self) -> Problems {
        Problems::new(self.table(), Clock::system(), Random::system())
    }

    /// Returns the bucket, for tests that bypass the functions.
    pub fn bucket(&self) -> Objects {
        Objects::embedded(self.stack.bucket_name(), &self.stack.s3_url()).unwrap()
    }

    /// Returns the problem search, for tests that bypass the functions.
    pub fn problem_search(&self) -> ProblemSearch {
        ProblemSearch::new(self.table())
    }

    /// Returns a recorded event with tokens and a Stripe signature that are valid now.
    pub fn event(&self, function: &str, case: &str) -> Value {
        let path = root().join("events").join(function).join(format!("{case}.json"));
        let mut event =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        event = event.replace("{{CALLER_TOKEN}}", self.caller().token());
        event = event.replace("{{ADMIN_TOKEN}}", self.admin().token());
        let mut event: Value =
            serde_json::from_str(&event).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.sign_as_stripe(&mut event);
        event
    }

    /// Returns all items of the table in DynamoDB's JSON, without the keys of access tokens, which are always there.
    pub fn items(&self) -> Vec<Value> {
        let request = serde_json::from_value(json!({"TableName": self.stack.table_name()})).unwrap();
        let scanned = serde_json::to_value(self.stack.dynamodb().database().scan(request).unwrap()).unwrap();
        assert_eq!(scanned.get("LastEvaluatedKey"), None, "the table has more than one scan returns");
        let is_of_a_test = |item: &&Value| item["pk"]["S"] != "KEYS#TOKENS";
        scanned["Items"].as_array().unwrap().iter().filter(is_of_a_test).cloned().collect()
    }

    /// Returns the primary keys of all items of the table, however many there are.
    pub(crate) fn keys(&self) -> Vec<(String, String)> {
        let mut request = json!({"TableName": self.stack.table_name(), "ProjectionExpression": "pk, sk"});
        let mut keys = Vec::new();
        loop {
            let page =
                self.stack.dynamodb().database().scan(serde_json::from_value(request.clone()).unwrap());
            let page = serde_json::to_value(page.unwrap()).unwrap();
            let key = |item: &Value| ["pk", "sk"].map(|name| item[name]["S"].as_str().unwrap().to_owned());
            keys.extend(page["Items"].as_array().unwrap().iter().map(key).map(<(String, String)>::from));
            match page.get("LastEvaluatedKey") {
                Some(last) => request["ExclusiveStartKey"] = last.clone(),
                None => return keys,
            }
        }
    }

    /// Waits until a line of the log contains this text.
    pub async fn logged(&self, text: &str) {
        for _ in 0..3000 {
            if self.stack.logs().contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no line says {text}:\n{}", self.stack.logs());
    }

    /// Returns the table, for tests that bypass the functions.
    pub fn table(&self) -> Table {
        Table::embedded(self.stack.table_name(), &self.stack.dynamodb_url()).unwrap()
    }

    /// Removes the keys of access tokens, as in a table in which nobody has signed in.
    pub fn forget_token_keys(&self) {
        let key = json!({"pk": {"S": "KEYS#TOKENS"}, "sk": {"S": "KEYS"}});
        let request = json!({"TableName": self.stack.table_name(), "Key": key});
        self.stack.dynamodb().database().delete_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    /// Returns the issuer of access tokens, at another time.
    pub fn issuer(&self, clock: Clock) -> AccessTokenIssuer {
        issuer(&self.stack, clock)
    }

    /// Returns a secret of the functions.
    pub fn secret(&self, name: &'static str) -> Secret {
        Secret::new(name, self.stack.secret(name).unwrap().to_owned()).unwrap()
    }

    fn signed_in(&self, id: UserId, role: Role) -> Client {
        let token = self.tokens.sign(just_signed_in(id, role)).unwrap();
        Client::new(self.http.clone(), &self.stack.url(), Some(token), Some(id.to_string()))
    }
}

/// Makes an issuer of access tokens that the functions accept.
fn issuer(stack: &Stack, clock: Clock) -> AccessTokenIssuer {
    let secrets =
        Secret::several("ACCESS_TOKEN_SECRET", stack.secret("ACCESS_TOKEN_SECRET").expect("a secret"));
    let table = Table::embedded(stack.table_name(), &stack.dynamodb_url()).unwrap();
    AccessTokenIssuer::new(secrets.unwrap(), TokenKeys::new(table), clock, Random::system())
}

/// Returns what a token says of a user of the first epoch who has just signed in.
pub fn just_signed_in(id: UserId, role: Role) -> Subject {
    Subject { id, role, auth_epoch: 0, signed_in_at: Clock::system().now() }
}

fn new_id() -> UserId {
    UserId::new(Clock::system().now(), &Random::system())
}

/// Returns the workspace's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
