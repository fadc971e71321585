use std::borrow::Cow;

use reqwest::Method;
use reqwest::header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, ORIGIN};

/// An answer, and the parts of the request on which it depends.
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a Method,
    /// The path without the query.
    pub(crate) path: &'a str,
    pub(crate) sent: &'a HeaderMap,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    /// The body, or `None` while it is on its way.
    pub(crate) body: Option<&'a [u8]>,
}

impl Exchange<'_> {
    /// Returns the path as the function gets it: the HTTP API decodes it, a Function URL does not.
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
