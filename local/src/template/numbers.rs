//! Whole numbers and their limits.

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::yaml::Node;

pub(super) fn natural(resolver: &Resolver<'_>, node: &Node, name: &str) -> Result<u64, TemplateError> {
    let text = resolver.text(node)?;
    text.parse().map_err(|_| node.error(format!("{name} must be a whole number, found {text}")))
}

pub(super) fn within(
    resolver: &Resolver<'_>,
    node: &Node,
    name: &str,
    least: u32,
    most: u32,
) -> Result<u32, TemplateError> {
    let number = natural(resolver, node, name)?;
    u32::try_from(number)
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| node.error(format!("{name} must be from {least} to {most}, found {number}")))
}
