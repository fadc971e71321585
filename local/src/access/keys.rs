//! Access keys and their owners.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use uuid::Uuid;

use crate::secrets::random_text;
use crate::template::{ACCOUNT_ID, Access, Function};

/// The access key of the account's owner, and its secret: for tests, tools, and whoever looks inside.
pub const ROOT: (&str, &str) = ("local", "local");

/// An access key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
    /// The session token. A function's calls carry it, because the function's key is a temporary one.
    pub(crate) token: Option<String>,
    pub(crate) caller: Caller,
}

/// The owner of an access key.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    Root,
    Function(Arc<Session>),
}

/// A function that acts in its role.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) function: String,
    pub(crate) role: String,
}

impl Session {
    /// `arn:aws:sts::000000000000:assumed-role/UsersFunctionRole/users`
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:sts::{ACCOUNT_ID}:assumed-role/{}/{}", self.role, self.function)
    }
}

/// All access keys, by their ids.
#[derive(Debug)]
pub(crate) struct Keys(BTreeMap<String, Key>);

impl Keys {
    /// The root key and one for each function, made anew.
    pub(crate) fn new(functions: &[Function], access: &Access) -> io::Result<Self> {
        let (id, secret) = ROOT;
        let root = Key { id: id.to_owned(), secret: secret.to_owned(), token: None, caller: Caller::Root };
        let keys = functions.iter().map(|function| {
            let function = function.name.clone();
            let role = access.functions.get(&function).cloned().unwrap_or_default();
            // AWS's ids of temporary keys look like this.
            let id = Uuid::new_v4().simple().to_string().to_ascii_uppercase();
            Ok(Key {
                id: format!("ASIA{}", &id[..16]),
                secret: random_text()?,
                token: Some(random_text()?),
                caller: Caller::Function(Arc::new(Session { function, role })),
            })
        });
        let keys = keys.chain([Ok(root)]).map(|key| key.map(|key: Key| (key.id.clone(), key)));
        keys.collect::<io::Result<_>>().map(Self)
    }

    /// Returns these keys, with the ids and secrets that the functions have had.
    pub(crate) fn keeping(self, earlier: &Self) -> Self {
        let keys = self.0.into_values().map(|key| match &key.caller {
            Caller::Function(session) => match earlier.of_function(&session.function) {
                Some(kept) => Key { caller: key.caller, ..kept.clone() },
                None => key,
            },
            Caller::Root => key,
        });
        Self(keys.map(|key| (key.id.clone(), key)).collect())
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Key> {
        self.0.get(id)
    }

    /// The key that a function signs with.
    pub(crate) fn of_function(&self, name: &str) -> Option<&Key> {
        self.0
            .values()
            .find(|key| matches!(&key.caller, Caller::Function(session) if session.function == name))
    }
}

impl Key {
    /// Returns the variables in which a function finds it.
    pub(crate) fn variables(&self) -> [(String, String); 3] {
        let token = self.token.clone().unwrap_or_default();
        let values = [
            ("AWS_ACCESS_KEY_ID", self.id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret.clone()),
            ("AWS_SESSION_TOKEN", token),
        ];
        values.map(|(name, value)| (name.to_owned(), value))
    }

    /// Reports whether a call carries what belongs to the key.
    pub(crate) fn has_token(&self, token: Option<&str>) -> bool {
        // The owner's key is none of those that come with a token, and clients here may send one all the same.
        self.token.is_none() || self.token.as_deref() == token
    }
}
