//! Limits for the resolution of values, so that no template takes forever, exhausts the memory or overflows the stack.

use std::cell::{Cell, RefCell};

use serde_json::Value;

use super::error::TemplateError;
use super::yaml::Node;

/// The greatest size of all values together, with those that only lead to others. A template has at most 1 MB, but values
/// that contain one another grow exponentially.
const MAX_BYTES: usize = 64 << 20;

/// The size that a value has beside its text.
const BYTES_OF_A_VALUE: usize = 32;

/// The greatest number of values that wait for each other.
const MAX_DEPTH: usize = 128;

/// The part of the limits that the resolution of one template has used.
#[derive(Default)]
pub(super) struct Budget {
    bytes: Cell<usize>,
    depth: Cell<usize>,
    /// The values that are being evaluated and must not need themselves.
    names: RefCell<Vec<String>>,
}

impl Budget {
    /// Charges for a value that `node` made.
    pub(super) fn charge(&self, value: &Value, node: &Node) -> Result<(), TemplateError> {
        self.bytes.set(self.bytes.get().saturating_add(size(value)));
        if self.bytes.get() > MAX_BYTES {
            return Err(node.error("the values of this template contain one another too often"));
        }
        Ok(())
    }

    /// Evaluates something at `node` for a value that waits for it.
    pub(super) fn nested<T>(
        &self,
        node: &Node,
        evaluate: impl FnOnce() -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        if self.depth.get() == MAX_DEPTH {
            return Err(node.error(format!("more than {MAX_DEPTH} values need each other")));
        }
        self.depth.set(self.depth.get() + 1);
        let result = evaluate();
        self.depth.set(self.depth.get() - 1);
        result
    }

    /// Evaluates something that has a name, such as `condition C`, and must not need itself.
    pub(super) fn named<T>(
        &self,
        name: String,
        node: &Node,
        evaluate: impl FnOnce() -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        if self.names.borrow().contains(&name) {
            return Err(node.error(format!("{name} depends on itself")));
        }
        self.names.borrow_mut().push(name);
        let result = self.nested(node, evaluate);
        self.names.borrow_mut().pop();
        result
    }
}

fn size(value: &Value) -> usize {
    BYTES_OF_A_VALUE
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(size).sum(),
            Value::Object(map) => map.iter().map(|(name, value)| name.len() + size(value)).sum(),
            _ => 0,
        }
}
