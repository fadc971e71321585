use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

/// The calls of `DynamoDB` that the requests under way have made, by the id of their traces.
#[derive(Debug, Default)]
pub(super) struct Calls {
    by_trace: Mutex<HashMap<String, Vec<Call>>>,
}

impl Calls {
    /// Collects the calls of a trace from now on.
    pub(super) fn begin(&self, trace: &str) {
        self.lock(|traces| traces.insert(root(trace).to_owned(), Vec::new()));
    }

    /// Returns true if the calls of a trace are collected.
    pub(super) fn collects(&self, trace: &str) -> bool {
        self.lock(|traces| traces.contains_key(root(trace)))
    }

    pub(super) fn add(&self, trace: &str, call: Call) {
        self.lock(|traces| traces.get_mut(root(trace)).map(|calls| calls.push(call)));
    }

    /// Returns the calls of a trace and ends their collection.
    pub(super) fn end(&self, trace: &str) -> Vec<Call> {
        self.lock(|traces| traces.remove(root(trace))).unwrap_or_default()
    }

    fn lock<T>(&self, change: impl FnOnce(&mut HashMap<String, Vec<Call>>) -> T) -> T {
        change(&mut self.by_trace.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The collection of a request's calls, which ends with it, even if the client goes away.
pub(crate) struct Collecting<'c> {
    pub(super) calls: &'c Calls,
    pub(super) trace: String,
}

impl Drop for Collecting<'_> {
    fn drop(&mut self) {
        self.calls.end(&self.trace);
    }
}

/// Returns the part of a trace id that all services pass on: `Root=1-5759e988-bd862e3fe1be46a994272793`.
fn root(trace: &str) -> &str {
    trace.split(';').next().unwrap_or_default()
}

/// A call of `DynamoDB`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    operation: String,
    took: Duration,
    /// The capacity units that it consumed, or the code of its error.
    outcome: Result<f64, String>,
}

/// The operations that consume read capacity.
const READS: [&str; 5] = ["BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"];

impl Call {
    /// Reads the outcome from the answer to a call.
    pub(crate) fn new(operation: &str, took: Duration, answer: &[u8]) -> Self {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let outcome = match answer["__type"].as_str() {
            Some(code) => Err(code.rsplit('#').next().unwrap_or(code).to_owned()),
            None => Ok(units(&answer["ConsumedCapacity"])),
        };
        Self { operation: operation.to_owned(), took, outcome }
    }
}

/// Returns the sum for all tables of a call.
fn units(consumed: &Value) -> f64 {
    match consumed {
        Value::Array(tables) => tables.iter().map(units).sum(),
        table => table["CapacityUnits"].as_f64().unwrap_or_default(),
    }
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, took, outcome } = self;
        write!(formatter, "{operation:<20} {:>8.1} ms  ", took.as_secs_f64() * 1000.0)?;
        match outcome {
            Ok(units) if READS.contains(&operation.as_str()) => write!(formatter, "{units} RCU"),
            Ok(units) => write!(formatter, "{units} WCU"),
            Err(code) => formatter.write_str(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: &str, answer: &str) -> String {
        Call::new(operation, Duration::from_micros(1_250), answer.as_bytes()).to_string()
    }

    #[test]
    fn a_call_shows_its_time_and_its_capacity_or_its_error() {
        let one = r#"{"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 0.5}}"#;
        assert_eq!(call("Query", one), "Query                     1.2 ms  0.5 RCU");
        let two = r#"{"ConsumedCapacity": [{"CapacityUnits": 4.0}, {"CapacityUnits": 2.0}]}"#;
        assert_eq!(call("TransactWriteItems", two), "TransactWriteItems        1.2 ms  6 WCU");
        let error = r#"{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}"#;
        assert_eq!(call("PutItem", error), "PutItem                   1.2 ms  ThrottlingException");
    }

    #[test]
    fn calls_are_those_of_their_trace_while_it_lasts() {
        let calls = Calls::default();
        let call = Call::new("Query", Duration::from_millis(1), b"{}");
        calls.begin("Root=1-a");
        assert!(calls.collects("Root=1-a;Parent=b;Sampled=0") && !calls.collects("Root=1-c"));
        calls.add("Root=1-a;Parent=b;Sampled=0", call.clone());
        calls.add("Root=1-c", call.clone());
        assert_eq!((calls.end("Root=1-a"), calls.end("Root=1-c")), (vec![call], Vec::new()));
        assert!(!calls.collects("Root=1-a"));
    }
}
