use std::borrow::Cow;

use reqwest::Method;
use reqwest::header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, ORIGIN};

/// A request, as far as its answer depends on it, and the answer.
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a Method,
    /// Without the query.
    pub(crate) path: &'a str,
    pub(crate) sent: &'a HeaderMap,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    /// Nothing while it is on its way.
    pub(crate) body: Option<&'a [u8]>,
}

impl Exchange<'_> {
    /// The path as the function gets it: the HTTP API decodes it, a Function URL does not.
    pub(super) fn function_path(&self) -> Cow<'_, str> {
        if self.path.starts_with("/lambda-url/") {
            return self.path.into();
        }
        percent_encoding::percent_decode_str(self.path).decode_utf8_lossy()
    }

    pub(super) fn is_preflight(&self) -> bool {
        let asks = self.sent.contains_key(ORIGIN) && self.sent.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        self.method == Method::OPTIONS && asks
    }
}
