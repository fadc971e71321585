//! The cases of the matrix: requests, and the statuses that each kind of caller gets.

use serde_json::Value;

/// An operation, the request that each of the four callers sends, and the statuses that they get.
pub(super) struct Case {
    /// Method and path as openapi.json has them.
    pub(super) operation: &'static str,
    pub(super) resource: Resource,
    pub(super) credential: Credential,
    pub(super) statuses: [u16; 4],
    /// The statuses of callers whose rights have ended, if they do not follow from `statuses`.
    ended: Option<[u16; 3]>,
    /// The query, if it is not the document's example.
    pub(super) query: Option<&'static str>,
    /// The body, if it is not the document's example.
    pub(super) body: Option<fn(&Target) -> Value>,
    /// A header field that replaces the document's example.
    pub(super) header: Option<(&'static str, &'static str)>,
    /// True if the answer's `user` must be the caller.
    pub(super) is_about_oneself: bool,
}

/// A resource of the owner's that the request is about. Each request gets a new one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Resource {
    /// The resources that the operation's path names, created from the document's examples.
    Path,
    /// A user, who is the owner.
    User,
    PublishedPost,
    RefreshToken,
}

/// The credential of a request; an anonymous client never sends one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Credential {
    Token,
    /// A session's cookie, from the API's own pages.
    Cookie,
    /// A session's cookie, from a page of another origin.
    StrangeCookie,
}

/// A person with an account.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) token: String,
    pub(super) refresh_token: String,
    /// The cookie of a session that began earlier; without one, each request signs in.
    pub(super) cookie: Option<String>,
}

/// The resource and the addresses of one request.
pub(super) struct Target {
    pub(super) owner: Person,
    /// The operation's path with the resources that it names.
    pub(super) path: String,
    pub(super) refresh_token: String,
}

/// Returns a case about the resources that the operation's path names, with the document's example.
pub(super) fn case(operation: &'static str, credential: Credential, statuses: [u16; 4]) -> Case {
    Case {
        operation,
        resource: Resource::Path,
        credential,
        statuses,
        ended: None,
        query: None,
        body: None,
        header: None,
        is_about_oneself: false,
    }
}

impl Case {
    pub(super) fn on(mut self, resource: Resource) -> Self {
        self.resource = resource;
        self
    }

    pub(super) fn asking(mut self, query: &'static str) -> Self {
        self.query = Some(query);
        self
    }

    pub(super) fn with(mut self, body: fn(&Target) -> Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    pub(super) fn about_oneself(mut self) -> Self {
        self.is_about_oneself = true;
        self
    }

    /// States what the ended owner, the ended admin and the demoted admin get.
    pub(super) fn ended(mut self, statuses: [u16; 3]) -> Self {
        self.ended = Some(statuses);
        self
    }

    /// Returns the statuses of an owner and of an admin whose account, password or sign-ins have ended since the token
    /// was signed, and of an admin who is none any more.
    ///
    /// A session ends with them. A token stays valid for what every holder of a token may do, and for the owner; the
    /// right of an admin has to be read.
    pub(super) fn statuses_after_the_end(&self) -> [u16; 3] {
        let [anonymous, other, owner, admin] = self.statuses;
        self.ended.unwrap_or(match self.credential {
            Credential::Cookie => [anonymous, anonymous, other],
            Credential::Token if admin != other => [owner, 401, other],
            _ => [owner, admin, admin],
        })
    }
}
