//! The decision about every call.

use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use super::keys::{Caller, Key, Keys};
use super::record::{Call, Record};
use crate::iam::{Decision, Policies, Request, decide};
use crate::logs::Logs;
use crate::template::{Access, Template};

/// Keys and policies. Clones share them.
#[derive(Clone)]
pub(crate) struct Authority(Arc<Inner>);

struct Inner {
    rules: RwLock<Arc<Rules>>,
    logs: Logs,
    record: Option<Record>,
}

/// The keys and policies of one template.
struct Rules {
    keys: Keys,
    /// `None`: whoever calls may do everything, and signatures are not looked at.
    access: Option<Access>,
}

/// A call that policies do not allow, in AWS's words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    caller: String,
    action: String,
    resource: String,
    cause: Cause,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Cause {
    NotAllowed,
    DeniedByRole,
    DeniedByResource,
}

impl Authority {
    /// Enforces the template's policies.
    pub(crate) fn of(template: &Template, logs: Logs) -> io::Result<Self> {
        let keys = Keys::new(&template.functions, &template.access)?;
        let access = Some(template.access.clone());
        let rules = RwLock::new(Arc::new(Rules { keys, access }));
        Ok(Self(Arc::new(Inner { rules, logs, record: Record::from_env()? })))
    }

    /// Lets everything through.
    pub(crate) fn without_iam(template: &Template, logs: Logs) -> io::Result<Self> {
        let keys = Keys::new(&template.functions, &template.access)?;
        let rules = RwLock::new(Arc::new(Rules { keys, access: None }));
        Ok(Self(Arc::new(Inner { rules, logs, record: None })))
    }

    /// Takes over the functions and policies of a template that has changed. Functions keep their keys.
    pub(crate) fn replace(&self, template: &Template) -> io::Result<()> {
        let rules = self.rules();
        let keys = Keys::new(&template.functions, &template.access)?.keeping(&rules.keys);
        let access = rules.access.as_ref().map(|_| template.access.clone());
        *self.0.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Rules { keys, access });
        Ok(())
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.0.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn is_enforced(&self) -> bool {
        self.rules().access.is_some()
    }

    pub(crate) fn key(&self, id: &str) -> Option<Key> {
        self.rules().keys.get(id).cloned()
    }

    /// The key that a function signs with.
    pub(crate) fn key_of(&self, function: &str) -> Option<Key> {
        self.rules().keys.of_function(function).cloned()
    }

    /// Decides about a request, and says in the log what would have to be allowed.
    pub(crate) fn authorize(&self, caller: &Caller, request: &Request) -> Result<(), Refusal> {
        let rules = self.rules();
        let (Caller::Function(session), Some(access)) = (caller, &rules.access) else { return Ok(()) };
        let Some(role) = access.roles.get(&session.role) else {
            self.0
                .logs
                .warn(format_args!("{}: IAM: the template has no role {}", session.function, session.role));
            return Err(Refusal::new(session.arn(), request, Cause::NotAllowed));
        };
        let policies = Policies {
            role: &role.arn,
            of_role: &role.statements,
            of_resource: access.of_resource(&request.resource),
        };
        let (why, cause) = match decide(policies, request) {
            Decision::Allowed(_) => {
                if let Some(record) = &self.0.record {
                    let call = Call { function: session.function.clone(), request: request.clone() };
                    record.add(&call, role);
                }
                return Ok(());
            }
            Decision::Denied(statement) if statement.is_of_resource() => {
                (format!("{statement} denies it"), Cause::DeniedByResource)
            }
            Decision::Denied(statement) => (format!("{statement} denies it"), Cause::DeniedByRole),
            Decision::NotAllowed => (policies.lack(request), Cause::NotAllowed),
        };
        let Request { action, resource, .. } = request;
        self.0.logs.warn(format_args!("{}: IAM: {action} on {resource} is denied: {why}", session.function));
        Err(Refusal::new(session.arn(), request, cause))
    }
}

impl Refusal {
    fn new(caller: String, request: &Request, cause: Cause) -> Self {
        let (action, resource) = (request.action.clone(), request.resource.clone());
        Self { caller, action, resource, cause }
    }

    /// SQS writes the action in lower case.
    pub(crate) fn with_action_in_lower_case(mut self) -> Self {
        self.action.make_ascii_lowercase();
        self
    }

    /// S3 puts the resource into quotation marks.
    pub(crate) fn quoted(mut self) -> Self {
        self.resource = format!("\"{}\"", self.resource);
        self
    }
}

/// "Troubleshoot access denied error messages" of the IAM user guide.
impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { caller, action, resource, cause } = self;
        write!(formatter, "User: {caller} is not authorized to perform: {action} on resource: {resource} ")?;
        match cause {
            Cause::NotAllowed => {
                write!(formatter, "because no identity-based policy allows the {action} action")
            }
            Cause::DeniedByRole => formatter.write_str("with an explicit deny in an identity-based policy"),
            Cause::DeniedByResource => {
                formatter.write_str("with an explicit deny in a resource-based policy")
            }
        }
    }
}
