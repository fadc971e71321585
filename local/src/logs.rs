//! The output of `local`: a line for each request, and the functions' own lines in a readable form.

mod calls;

use std::fmt;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};

pub(crate) use self::calls::Call;
use self::calls::{Calls, Collecting};

/// The printer of all output. Clones print to the same place.
#[derive(Clone)]
pub struct Logs {
    inner: Arc<Inner>,
}

struct Inner {
    sink: Option<Mutex<Box<dyn Write + Send>>>,
    colour: bool,
    captured: Option<Mutex<String>>,
    calls: Calls,
}

/// A request that has been answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    pub(crate) took: Duration,
    /// `cold`, `warm`, or `-` if no function was called.
    pub(crate) start: &'a str,
    pub(crate) function: &'a str,
    pub(crate) trace: &'a str,
}

/// The time from which on a request is slow.
const SLOW: Duration = Duration::from_millis(500);

impl Logs {
    /// Prints to `sink`, in colours if asked, and keeps a copy if `capture` is set.
    #[must_use]
    pub fn new(sink: Option<Box<dyn Write + Send>>, colour: bool, capture: bool) -> Self {
        Self {
            inner: Arc::new(Inner {
                sink: sink.map(Mutex::new),
                colour,
                captured: capture.then(|| Mutex::new(String::new())),
                calls: Calls::default(),
            }),
        }
    }

    /// Returns everything printed so far, with functions' lines unchanged; empty if no copy is kept.
    #[must_use]
    pub fn captured(&self) -> String {
        self.inner
            .captured
            .as_ref()
            .map(|captured| captured.lock().unwrap_or_else(PoisonError::into_inner).clone())
            .unwrap_or_default()
    }

    /// Prints a line of the gateway's own.
    pub fn note(&self, text: impl fmt::Display) {
        let text = text.to_string();
        self.print(&text, &text);
    }

    /// Prints a warning.
    pub fn warn(&self, text: impl fmt::Display) {
        let text = format!("warning: {text}");
        self.print(&self.paint("33", &text), &text);
    }

    /// Collects the calls of a request until [`request`](Self::request) shows them or the returned value is dropped.
    pub(crate) fn collect(&self, trace: &str) -> Collecting<'_> {
        self.inner.calls.begin(trace);
        Collecting { calls: &self.inner.calls, trace: trace.to_owned() }
    }

    /// Returns true if the calls of a request with this trace are collected.
    pub(crate) fn collects_calls(&self, trace: &str) -> bool {
        self.inner.calls.collects(trace)
    }

    /// Adds a call to those of its request.
    pub(crate) fn call(&self, trace: &str, call: Call) {
        self.inner.calls.add(trace, call);
    }

    /// Prints the line of a request, and below it the calls of one that failed or was slow.
    pub(crate) fn request(&self, line: &RequestLine<'_>) {
        let path = line.path.escape_debug();
        let micros = line.took.as_micros();
        let took = format!("{}.{:01} ms", micros / 1000, micros % 1000 / 100);
        let text = |status: &str| {
            format!("{:<7} {path} {status} {took} {} {}", line.method, line.start, line.function)
        };
        let status = line.status.to_string();
        let colour = match line.status {
            500.. => "31",
            400.. => "33",
            300.. => "36",
            _ => "32",
        };
        self.print(&text(&self.paint(colour, &status)), &text(&status));
        let calls = self.inner.calls.end(line.trace);
        if line.status >= 500 || line.took >= SLOW {
            for call in calls {
                self.note(format_args!("        {call}"));
            }
        }
    }

    /// Prints a line that a function wrote.
    pub(crate) fn function(&self, name: &str, line: &str) {
        let line = line.trim_end_matches(['\r', '\n']);
        let readable = match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(fields)) => self.readable(fields),
            _ => harmless(line),
        };
        self.print(&format!("{} {readable}", self.paint("2", name)), &format!("{name} {line}"));
    }

    fn readable(&self, mut fields: Map<String, Value>) -> String {
        let mut take = |name: &str| fields.remove(name).map(plain);
        take("timestamp");
        take("target");
        let level = take("level").unwrap_or_default();
        let message = take("message").unwrap_or_default();
        let colour = match level.as_str() {
            "ERROR" | "FATAL" => "31",
            "WARN" => "33",
            _ => "2",
        };
        let mut text = format!("{} {message}", self.paint(colour, &format!("{level:<5}")));
        if let Some(Value::Object(nested)) = fields.remove("fields") {
            fields.extend(nested);
        }
        for (name, value) in fields {
            // Writing to a `String` cannot fail.
            let _ = write!(text, " {}={}", self.paint("2", &harmless(&name)), plain(value));
        }
        text
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.inner.colour { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn print(&self, shown: &str, kept: &str) {
        if let Some(captured) = &self.inner.captured {
            let mut captured = captured.lock().unwrap_or_else(PoisonError::into_inner);
            captured.push_str(kept);
            captured.push('\n');
        }
        if let Some(sink) = &self.inner.sink {
            let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
            // A closed terminal must not stop the server.
            let _ = sink.write_all(format!("{shown}\n").as_bytes()).and_then(|()| sink.flush());
        }
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Logs").finish_non_exhaustive()
    }
}

/// Escapes the characters that a terminal acts on, and those that are invisible: clients choose some texts.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\t' | '"' | '\'' | '\\') || c.escape_debug().len() == 1 {
            shown.push(c);
        } else {
            shown.extend(c.escape_debug());
        }
    }
    shown
}

/// Returns a text as it is if it is one word, and otherwise in quotation marks and escaped.
fn plain(value: Value) -> String {
    match value {
        Value::String(text) => {
            let quoted = format!("{text:?}").replace("\\\"", "'");
            let is_word = !text.contains([' ', '"']) && quoted.len() == text.len() + 2;
            if is_word { text } else { quoted }
        }
        other => harmless(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn printed(print: impl FnOnce(&Logs)) -> String {
        let sink = Shared::default();
        print(&Logs::new(Some(Box::new(sink.clone())), false, false));
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_lines_of_functions_are_printed_readably() {
        let line = r#"{"timestamp":"2026-11-20T00:00:00Z","level":"INFO","message":"done","status":200,"route":"/a b"}"#;
        assert_eq!(
            printed(|logs| logs.function("users", line)),
            "users INFO  done route=\"/a b\" status=200\n"
        );
        assert_eq!(printed(|logs| logs.function("users", "plain text\n")), "users plain text\n");
    }

    #[test]
    fn a_path_cannot_write_to_the_terminal() {
        let line = RequestLine {
            method: "GET",
            path: "/\x1b[31m\n",
            status: 404,
            took: Duration::from_micros(1_250),
            start: "cold",
            function: "fallback",
            trace: "",
        };
        assert_eq!(printed(|logs| logs.request(&line)), "GET     /\\u{1b}[31m\\n 404 1.2 ms cold fallback\n");
    }

    #[test]
    fn a_function_cannot_write_to_the_terminal() {
        for (fields, shown) in [
            (r#""message":"received\u001b[2J""#, r#""received\u{1b}[2J""#),
            (r#""eventType":"a\u001b[31m\n\u202eb""#, r#" eventType="a\u{1b}[31m\n\u{202e}b""#),
            (r#""x\u001b":"c\"d""#, r#" x\u{1b}="c'd""#),
        ] {
            let line = format!(r#"{{"level":"INFO",{fields}}}"#);
            assert_eq!(printed(|logs| logs.function("users", &line)), format!("users INFO  {shown}\n"));
        }
        assert_eq!(
            printed(|logs| logs.function("users", "at 'a\\b'\t\"\u{1b}]0;x\u{7}\"")),
            "users at 'a\\b'\t\"\\u{1b}]0;x\\u{7}\"\n"
        );
    }

    #[test]
    fn calls_stand_below_a_request_that_failed_or_was_slow() {
        let shows = |status: u16, took: Duration| {
            let text = printed(|logs| {
                let _collecting = logs.collect("Root=1-a");
                logs.call("Root=1-a", Call::new("Query", Duration::from_millis(1), b"{}"));
                let (method, path, start, function) = ("GET", "/", "warm", "posts");
                logs.request(&RequestLine { method, path, status, took, start, function, trace: "Root=1-a" });
            });
            text.contains("\n        Query ")
        };
        assert!(shows(200, SLOW) && shows(503, Duration::ZERO));
        assert!(!shows(200, SLOW.mul_f64(0.9)) && !shows(404, Duration::ZERO));
    }

    #[test]
    fn captured_text_keeps_the_lines_as_functions_wrote_them() {
        let logs = Logs::new(None, true, true);
        logs.function("users", r#"{"level":"INFO"}"#);
        logs.note("hello");
        assert_eq!(logs.captured(), "users {\"level\":\"INFO\"}\nhello\n");
    }
}
