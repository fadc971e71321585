use std::sync::Arc;

use http::StatusCode;
use serde_json::json;
use shared::domain::Timestamp;
use shared::http::{Code, Error, chain};

/// The reason why WeatherAPI.com gave no answer. It never shows the request, whose URL contains the key, nor text of
/// the answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UpstreamFailure {
    /// The time limit passed before the answer.
    #[error("WeatherAPI.com did not answer in time")]
    Timeout,
    /// The connection failed.
    #[error("the connection to WeatherAPI.com failed")]
    Connection(#[source] Cause),
    /// The status is not part of the contract: a fault of the service, or a redirect.
    #[error("WeatherAPI.com answered with status {}", .0.as_u16())]
    Status(StatusCode),
    /// The answer has more than 64 KiB.
    #[error("WeatherAPI.com's answer is too large")]
    TooLarge,
    /// The answer is not JSON of the expected shape.
    #[error("WeatherAPI.com's answer cannot be read: line {line}, column {column}")]
    Unreadable {
        /// The line of the mistake.
        line: usize,
        /// The column of the mistake.
        column: usize,
    },
    /// The key is missing, invalid, disabled or lacks a permission.
    #[error("WeatherAPI.com refused the key, code {0}")]
    Key(u32),
    /// The key's quota is used up.
    #[error("the quota of WeatherAPI.com is used up")]
    Quota,
    /// The request was refused: it is wrong, or the contract has changed.
    #[error("WeatherAPI.com refused the request, code {0}")]
    Refused(u32),
    /// The service failed so often that requests pause for this many seconds.
    #[error("requests to WeatherAPI.com are paused, because it failed repeatedly")]
    Paused(u32),
}

type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// The seconds until the next attempt after the quota is used up. The quota ends with the month, or when the plan
/// changes.
const QUOTA_RETRY_AFTER_SECONDS: u32 = 60;

impl UpstreamFailure {
    /// Returns the kind of failure, as in the metric.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connection(_) => "connection",
            Self::Status(_) => "status",
            Self::TooLarge => "too_large",
            Self::Unreadable { .. } => "unreadable",
            Self::Key(_) => "key",
            Self::Quota => "quota",
            Self::Refused(_) => "refused",
            Self::Paused(_) => "paused",
        }
    }

    /// Tells whether a retry may succeed at once.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Connection(_) => true,
            Self::Status(status) => status.is_server_error(),
            _ => false,
        }
    }

    /// Tells whether any other request would have failed as well. Clients cannot open the breaker with bad requests.
    pub(crate) fn is_outage(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// Prints the failure as a metric in `CloudWatch`'s embedded metric format. On Lambda a line of the log is enough.
    ///
    /// Level and timestamp are for Lambda's filter, which treats a line without them as INFO.
    pub(crate) fn count(&self, now: Timestamp) {
        let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
        println!("{}", self.metric(now, &function));
    }

    fn metric(&self, now: Timestamp, function: &str) -> serde_json::Value {
        json!({
            "_aws": {
                "Timestamp": now.as_millis(),
                "CloudWatchMetrics": [{
                    "Namespace": "Weather",
                    "Dimensions": [["function", "reason"]],
                    "Metrics": [{"Name": "UpstreamFailure", "Unit": "Count"}],
                }],
            },
            "level": "ERROR",
            "timestamp": now,
            "message": "WeatherAPI.com failed",
            "function": function,
            "reason": self.reason(),
            "error": chain(self),
            "UpstreamFailure": 1,
        })
    }
}

impl From<UpstreamFailure> for Error {
    fn from(failure: UpstreamFailure) -> Self {
        let cause = Arc::new(failure.clone());
        match failure {
            UpstreamFailure::Timeout => {
                let message = "An upstream service did not answer in time, try again";
                Self::new(Code::GatewayTimeout, message).with_cause(cause)
            }
            UpstreamFailure::Quota => Self::Unavailable(cause).with_retry_after(QUOTA_RETRY_AFTER_SECONDS),
            UpstreamFailure::Paused(seconds) => Self::Unavailable(cause).with_retry_after(seconds),
            _ => Self::new(Code::BadGateway, "An upstream service gave no usable answer").with_cause(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Specification:
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
    #[test]
    fn every_name_that_the_metric_refers_to_is_a_member_beside_it() {
        let metric = UpstreamFailure::Quota.metric(Timestamp::from_millis(1_795_192_375_123), "weather");
        let directive = &metric["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metric["_aws"]["Timestamp"], 1_795_192_375_123_i64);
        assert_eq!(metric["UpstreamFailure"], 1);
        assert_eq!(directive["Metrics"][0]["Name"], "UpstreamFailure");
        assert_eq!(directive["Dimensions"], json!([["function", "reason"]]));
        assert_eq!((&metric["function"], &metric["reason"]), (&json!("weather"), &json!("quota")));
    }
}
