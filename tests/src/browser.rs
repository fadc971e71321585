use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Value, json};
use shared::auth::Passwords;
use shared::domain::{PasswordHash, Role, User, UserAttributes};

use crate::{Answer, App, Call, Client};

/// The password of users that [`App::account`] creates.
pub const PASSWORD: &str = "correct horse battery staple";

/// A browser on one of the API's own pages. It keeps the session's cookie, as real browsers do.
#[derive(Clone, Debug)]
pub struct Browser {
    client: Client,
    origin: String,
    cookie: Option<String>,
}

impl App {
    /// Creates a user with this address who signs in with [`PASSWORD`].
    pub async fn account(&self, email: &str) -> User {
        self.account_of(email, Role::User).await
    }

    /// Creates a user in the same way, who has confirmed the address.
    pub async fn confirmed_account(&self, email: &str) -> User {
        let user = self.account(email).await;
        let key = json!({"pk": {"S": format!("USER#{}", user.id)}, "sk": {"S": "USER"}});
        let request = json!({
            "TableName": self.stack.table_name(),
            "Key": key,
            "UpdateExpression": "SET emailVerified = :yes",
            "ExpressionAttributeValues": {":yes": {"BOOL": true}},
        });
        let database = self.stack.dynamodb().database();
        database.update_item(serde_json::from_value(request).unwrap()).unwrap();
        User { email_verified: true, ..user }
    }

    /// Creates a user with this role in the same way.
    pub async fn account_of(&self, email: &str, role: Role) -> User {
        // The hash is computed once, because hashing is expensive on purpose.
        static HASH: LazyLock<PasswordHash> =
            LazyLock::new(|| Passwords::system().hash(&PASSWORD.parse().unwrap()).unwrap());
        let attributes = UserAttributes { email: email.parse().unwrap(), name: None, role };
        self.users().register(attributes, HASH.clone()).await.unwrap()
    }

    /// Returns a browser in which nobody is signed in.
    pub fn browser(&self) -> Browser {
        Browser { client: self.anonymous(), origin: self.stack.url(), cookie: None }
    }

    /// Returns a browser in which the [account](Self::account) with this address has signed in.
    pub async fn signed_in_browser(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        let mut answer = browser.sign_in(email, PASSWORD).await;
        // A call of the table can take too long on a busy machine, and then any client asks again.
        if answer.status == 503 {
            answer = browser.sign_in(email, PASSWORD).await;
        }
        answer.expect(201);
        browser
    }
}

impl Browser {
    /// Tries to sign in and keeps the cookie.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let credentials = json!({"email": email, "password": password});
        let answer = self.call(Method::POST, "/api/session").json(&credentials).await;
        if let Some((cookie, _)) = answer.header("set-cookie").split_once(';') {
            self.cookie = Some(cookie.to_owned());
        }
        answer
    }

    /// Returns the session's cookie as `name=value`.
    pub fn cookie(&self) -> &str {
        self.cookie.as_deref().expect("nobody has signed in")
    }

    /// Returns the same browser with another cookie.
    pub fn with_cookie(&self, cookie: &str) -> Self {
        Self { cookie: Some(cookie.to_owned()), ..self.clone() }
    }

    /// Prepares a GET.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// Prepares a PUT of JSON.
    pub fn put(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PUT, path).json(body)
    }

    /// Prepares a DELETE.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// Prepares a request with the cookie and the page's origin.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let call = self.call_from_nowhere(method, path);
        call.header("origin", &self.origin)
    }

    /// Prepares a request with the cookie and without a header that names its origin.
    pub fn call_from_nowhere(&self, method: Method, path: &str) -> Call {
        let call = self.client.call(method, path);
        match &self.cookie {
            Some(cookie) => call.header("cookie", cookie),
            None => call,
        }
    }
}
