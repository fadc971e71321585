use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use shared::random::Random;

use super::call::{Call, Service};

/// A rule that makes calls fail: `dynamodb:TransactWriteItems:throttle:every=3`, `s3:PutObject/incoming/:500`,
/// `ses:SendEmail:throttle`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The service whose calls fail.
    pub service: Service,
    /// The operation that fails; all operations if `None`.
    pub operation: Option<String>,
    /// The prefix of the S3 keys that are covered; empty for all calls.
    pub key_prefix: String,
    /// The way in which they fail.
    pub fault: Fault,
    /// The calls that fail, among those that the rule covers.
    pub when: When,
}

/// The way in which a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Refused, because there are too many calls.
    Throttle,
    /// Refused, because a transaction is in progress on an item. Reads cannot fail in this way.
    Conflict,
    /// Answered with 500 and not carried out.
    InternalError,
    /// Carried out, and answered after this delay.
    Slow(Duration),
    /// The connection ends before the call is carried out.
    Cut,
    /// Carried out, but the connection ends before the answer.
    LoseAnswer,
}

/// The choice among the calls that a rule covers, which are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// All calls.
    Always,
    /// The call with this number.
    Nth(u64),
    /// The call with this number and all that follow.
    From(u64),
    /// Every call whose number is a multiple of this.
    Every(u64),
    /// This percentage of the calls, chosen at random.
    Percent(f64),
}

/// The reason why a text is not a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It has too few or too many parts.
    #[error("expected SERVICE:OPERATION:FAULT[:WHEN], as in dynamodb:TransactWriteItems:throttle:every=3")]
    Form,
    /// There is no such service.
    #[error("there is no service {0:?}: dynamodb, s3 or ses")]
    Service(String),
    /// The operation has no name, or has a prefix of keys although the service has no keys.
    #[error(
        "{0:?} is not an operation: PutItem, * for all, or for S3 PutObject/incoming/ with a prefix of keys"
    )]
    Operation(String),
    /// There is no such fault.
    #[error("there is no fault {0:?}: throttle, conflict, 500, slow=MILLISECONDS, cut or lose-answer")]
    Fault(String),
    /// No other service has such conflicts.
    #[error("only dynamodb has transactions that could conflict")]
    Conflict,
    /// The last part does not say which calls fail.
    #[error("{0:?} does not say which calls: nth=N, from=N, every=N, with N from 1, or share=N%")]
    When(String),
}

impl Rule {
    pub(super) fn covers(&self, call: &Call) -> bool {
        self.service == call.service
            && self.operation.as_ref().is_none_or(|operation| *operation == call.operation)
            && call.key.as_deref().unwrap_or_default().starts_with(&self.key_prefix)
            && (self.fault != Fault::Conflict || call.meets_transactions())
    }
}

impl When {
    /// Tells whether the rule fails the `seen`th call that it covers.
    pub(super) fn holds(self, seen: u64, random: &Random) -> bool {
        match self {
            Self::Always => true,
            Self::Nth(n) => seen == n,
            Self::From(n) => seen >= n,
            Self::Every(n) => seen.is_multiple_of(n),
            Self::Percent(percent) => {
                let drawn = f64::from(u32::from_be_bytes(random.bytes())) / f64::from(u32::MAX);
                drawn * 100.0 <= percent
            }
        }
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let parts: Vec<&str> = text.split(':').collect();
        let (service, operation, fault, when) = match parts[..] {
            [service, operation, fault] => (service, operation, fault, When::Always),
            [service, operation, fault, when] => (
                service,
                operation,
                fault,
                When::parse(when).ok_or_else(|| RuleError::When(when.to_owned()))?,
            ),
            _ => return Err(RuleError::Form),
        };
        let service = match service {
            "dynamodb" => Service::DynamoDb,
            "s3" => Service::S3,
            "ses" => Service::Ses,
            other => return Err(RuleError::Service(other.to_owned())),
        };
        let (name, key_prefix) = operation.split_once('/').unwrap_or((operation, ""));
        let is_name =
            name == "*" || !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_name || service != Service::S3 && operation.contains('/') {
            return Err(RuleError::Operation(operation.to_owned()));
        }
        let fault = Fault::parse(fault).ok_or_else(|| RuleError::Fault(fault.to_owned()))?;
        if service != Service::DynamoDb && fault == Fault::Conflict {
            return Err(RuleError::Conflict);
        }
        let operation = (name != "*").then(|| name.to_owned());
        Ok(Self { service, operation, key_prefix: key_prefix.to_owned(), fault, when })
    }
}

impl Fault {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "throttle" => Self::Throttle,
            "conflict" => Self::Conflict,
            "500" => Self::InternalError,
            "cut" => Self::Cut,
            "lose-answer" => Self::LoseAnswer,
            other => Self::Slow(Duration::from_millis(other.strip_prefix("slow=")?.parse().ok()?)),
        })
    }
}

impl When {
    fn parse(text: &str) -> Option<Self> {
        let (name, number) = text.split_once('=')?;
        if name == "share" {
            let percent = number.strip_suffix('%')?.parse().ok()?;
            return (percent > 0.0 && percent <= 100.0).then_some(Self::Percent(percent));
        }
        let n = number.parse().ok().filter(|n| *n > 0)?;
        match name {
            "nth" => Some(Self::Nth(n)),
            "from" => Some(Self::From(n)),
            "every" => Some(Self::Every(n)),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throttle => f.write_str("throttle"),
            Self::Conflict => f.write_str("conflict"),
            Self::InternalError => f.write_str("500"),
            Self::Slow(delay) => write!(f, "slow={}", delay.as_millis()),
            Self::Cut => f.write_str("cut"),
            Self::LoseAnswer => f.write_str("lose-answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_a_service_an_operation_a_fault_and_which_calls() {
        let rule: Rule = "dynamodb:TransactWriteItems:throttle:every=3".parse().unwrap();
        assert_eq!(
            (rule.service, rule.operation.as_deref()),
            (Service::DynamoDb, Some("TransactWriteItems"))
        );
        assert_eq!((rule.fault, rule.when), (Fault::Throttle, When::Every(3)));
        let rule: Rule = "s3:PutObject/incoming/:slow=2500:share=0.5%".parse().unwrap();
        assert_eq!((rule.operation.as_deref(), &*rule.key_prefix), (Some("PutObject"), "incoming/"));
        assert_eq!(rule.fault, Fault::Slow(Duration::from_millis(2500)));
        assert_eq!(rule.when, When::Percent(0.5));
        let rule: Rule = "ses:SendEmail:throttle".parse().unwrap();
        assert_eq!((rule.service, rule.fault), (Service::Ses, Fault::Throttle));
        let rule: Rule = "s3:*:lose-answer".parse().unwrap();
        assert_eq!((rule.operation, rule.fault, rule.when), (None, Fault::LoseAnswer, When::Always));
    }

    #[test]
    fn a_text_that_is_no_rule_is_said_to_be_none() {
        let error = |text: &str| text.parse::<Rule>().unwrap_err();
        for text in ["", "dynamodb", "dynamodb:*", "dynamodb:*:cut:nth=1:"] {
            assert_eq!(error(text), RuleError::Form, "{text}");
        }
        assert_eq!(error("sqs:*:cut"), RuleError::Service("sqs".to_owned()));
        for operation in ["", "Put Item", "PutItem/a", "/a"] {
            let text = format!("dynamodb:{operation}:cut");
            assert_eq!(error(&text), RuleError::Operation(operation.to_owned()));
        }
        for fault in ["", "Throttle", "503", "slow", "slow=", "slow=-1"] {
            assert_eq!(error(&format!("dynamodb:*:{fault}")), RuleError::Fault(fault.to_owned()));
        }
        assert_eq!(error("ses:SendEmail/a:cut"), RuleError::Operation("SendEmail/a".to_owned()));
        for service in ["s3", "ses"] {
            assert_eq!(error(&format!("{service}:*:conflict")), RuleError::Conflict);
        }
        for when in
            ["", "nth", "nth=0", "nth=-1", "first=1", "share=1", "share=0%", "share=101%", "share=NaN%"]
        {
            assert_eq!(error(&format!("dynamodb:*:cut:{when}")), RuleError::When(when.to_owned()));
        }
    }

    #[test]
    fn a_key_is_covered_by_the_prefixes_it_has() {
        let call = |key: &str| Call {
            service: Service::S3,
            operation: "PutObject".to_owned(),
            key: Some(key.to_owned()),
        };
        let rule: Rule = "s3:PutObject/incoming/:cut".parse().unwrap();
        assert!(rule.covers(&call("incoming/1")) && !rule.covers(&call("files/1")));
        let rule: Rule = "s3:*:cut".parse().unwrap();
        assert!(rule.covers(&call("files/1")));
    }
}
