//! A record of allowed calls, for `cargo xtask iam`.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use crate::iam::{Grant, Policies, Request};
use crate::template::Role;

/// The variable that names the file of the record; without it nothing is recorded.
pub const CALLS: &str = "LOCAL_IAM_CALLS";

/// A call of a function, as policies see it.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Call {
    /// The function's name.
    pub function: String,
    /// Its request.
    #[serde(flatten)]
    pub request: Request,
}

/// The file, to which all stacks of this process append.
pub(super) struct Record(&'static File);

impl Record {
    /// Opens the file that [`CALLS`] names.
    pub(super) fn from_env() -> io::Result<Option<Self>> {
        static FILE: OnceLock<File> = OnceLock::new();
        let Some(path) = std::env::var_os(CALLS).filter(|path| !path.is_empty()) else { return Ok(None) };
        if let Some(file) = FILE.get() {
            return Ok(Some(Self(file)));
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Some(Self(FILE.get_or_init(|| file))))
    }

    /// Adds a call, unless one that needs the same grants is there.
    pub(super) fn add(&self, call: &Call, role: &Role) {
        static NEEDED: Mutex<BTreeSet<(String, String, Vec<Grant>)>> = Mutex::new(BTreeSet::new());
        let policies = Policies { role: &role.arn, of_role: &role.statements, of_resource: &[] };
        let needed = (call.function.clone(), call.request.action.clone(), policies.used_by(&call.request));
        if NEEDED.lock().unwrap_or_else(PoisonError::into_inner).insert(needed)
            && let Ok(mut line) = serde_json::to_vec(call)
        {
            line.push(b'\n');
            // In one piece, so that lines of processes do not mix. What is lost shows as a grant that no test needs.
            let mut file = self.0;
            let _ = file.write_all(&line);
        }
    }
}
