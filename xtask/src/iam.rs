//! `cargo xtask iam`: whether functions may do what tests need, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use local::access::{CALLS, Call};
use local::iam::{Decision, Grant, Policies, Statement, decide};
use local::template::{Access, Role};

use crate::error::read;
use crate::{Error, template};

/// The file that says why a grant is there that no test needs: a function and a grant, `: `, and the reason.
pub const UNNEEDED: &str = "xtask/unneeded-grants.txt";

/// Take one grant after the other (an action on a resource, with one pattern of keys) out of the functions' policies, and
/// replay the calls that tests made: a grant that no call needs is too much.
///
/// `LOCAL_IAM_CALLS` names the file to which every `local` adds the calls that it allowed; `.ci/run` sets it for the whole
/// test run. A record of only some tests finds grants that others need. What is right and cannot be tested is listed, with
/// the reason, in xtask/unneeded-grants.txt.
#[derive(clap::Args)]
pub struct Args {
    /// The record of a test run
    #[arg(env = CALLS, value_name = "FILE")]
    pub calls: PathBuf,
    /// List every grant with a call that is denied without it
    #[arg(long)]
    pub mutate: bool,
}

/// The findings of a replay.
#[derive(Debug, Default)]
pub struct Report {
    /// Every grant with a call that needs it, by function.
    pub needed: BTreeMap<(String, Grant), Call>,
    /// Grants that no call needs.
    pub unneeded: BTreeSet<(String, Grant)>,
    /// Calls that today's policies deny.
    pub denied: Vec<Call>,
}

/// Replays the record, and says what it shows.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let template = template::load(root)?;
    let calls = calls(&read(&args.calls)?)?;
    let report = Report::of(&template.access, &calls);
    let mut wrong = report.unexplained(&read(&root.join(UNNEEDED))?);
    wrong.extend(report.denied.iter().map(|call| format!("denied: {}", shown(call))));
    if !wrong.is_empty() {
        return Err(Error::Iam(wrong.join("\n")));
    }
    let mut lines: Vec<String> = Vec::new();
    if args.mutate {
        let needed = report.needed.iter();
        lines.extend(
            needed.map(|((function, grant), call)| format!("{function} {grant}\n    {}", shown(call))),
        );
    }
    lines.push(format!(
        "{} grants, and {} that no test needs; without one of them, {} times a call of the tests is denied",
        report.needed.len() + report.unneeded.len(),
        report.unneeded.len(),
        report.needed.len()
    ));
    Ok(lines.join("\n"))
}

/// Reads a record: a call a line.
pub fn calls(record: &str) -> Result<BTreeSet<Call>, Error> {
    record.lines().map(|line| serde_json::from_str(line).map_err(Error::from)).collect()
}

impl Report {
    /// Takes out one grant after the other.
    #[must_use]
    pub fn of(access: &Access, calls: &BTreeSet<Call>) -> Self {
        let mut report = Self::default();
        for function in access.functions.keys() {
            let Some(role) = access.role(function) else { continue };
            let own: Vec<&Call> = calls.iter().filter(|call| call.function == *function).collect();
            let denied = own.iter().filter(|call| !is_allowed(access, role, &role.statements, call));
            report.denied.extend(denied.map(|call| (*call).clone()));
            for (index, statement) in role.statements.iter().enumerate() {
                for grant in statement.grants() {
                    let mut rest = role.statements.clone();
                    rest.splice(index..=index, statement.without(&grant));
                    let needing = own.iter().find(|call| !is_allowed(access, role, &rest, call));
                    let key = (function.clone(), grant);
                    match needing {
                        Some(call) => drop(report.needed.insert(key, (*call).clone())),
                        None => drop(report.unneeded.insert(key)),
                    }
                }
            }
        }
        report
    }

    /// Lists unneeded grants without a reason, and reasons without an unneeded grant.
    #[must_use]
    pub fn unexplained(&self, reasons: &str) -> Vec<String> {
        let lines = reasons.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut explained: BTreeSet<&str> =
            lines.map(|line| line.rsplit_once(": ").map_or(line, |(grant, _)| grant)).collect();
        let mut wrong = Vec::new();
        for (function, grant) in &self.unneeded {
            let grant = format!("{function} {grant}");
            if !explained.remove(grant.as_str()) {
                wrong.push(format!("no test needs: {grant}"));
            }
        }
        wrong.extend(
            explained
                .iter()
                .map(|grant| format!("{UNNEEDED} explains what a test needs or nobody has: {grant}")),
        );
        wrong
    }
}

fn is_allowed(access: &Access, role: &Role, statements: &[Statement], call: &Call) -> bool {
    let of_resource = access.of_resource(&call.request.resource);
    let policies = Policies { role: &role.arn, of_role: statements, of_resource };
    matches!(decide(policies, &call.request), Decision::Allowed(_))
}

fn shown(call: &Call) -> String {
    let request = &call.request;
    let keys = request.context.get("dynamodb:LeadingKeys").unwrap_or_default().join(", ");
    format!("{}: {} on {} {keys}", call.function, request.action, request.resource)
}
