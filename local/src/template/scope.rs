//! The scope of the emulation: everything that a template says is either read, or known to change nothing here, or a
//! warning with its line, or the end of the start.
//!
//! [`table`] has the names. A name that it does not have is a warning, whether AWS knows it or not.

mod table;
#[cfg(test)]
mod tests;

use self::table::{EVENTS, Entry, INERT_TYPES, STOPPING_TYPES, TYPES};
use super::error::{NotEmulated, TemplateError};
use super::intrinsics::Resolver;
use super::yaml::{Kind, Node};

/// The sections of a template.
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy.html>
const SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// The transforms that are emulated. The second one adds intrinsics alone, each of which is an error where it is used.
const TRANSFORMS: [&str; 2] = ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"];

/// Compares a template with the table.
pub(super) struct Scope<'t> {
    resolver: &'t Resolver<'t>,
    found: Vec<NotEmulated>,
}

impl<'t> Scope<'t> {
    /// Checks the sections of the template at `root`.
    pub(super) fn of(root: &Node, resolver: &'t Resolver<'t>) -> Result<Self, TemplateError> {
        let mut scope = Self { resolver, found: Vec::new() };
        for (name, node) in root.entries() {
            match name.as_str() {
                "Hooks" | "Rules" => scope.note(name, None, node),
                "Transform" => transforms(node)?,
                // The other readers do not need the first two, and resources are checked one by one.
                "Metadata" | "Outputs" | "Resources" => {}
                name if SECTIONS.contains(&name) => no_macros(node)?,
                name if name.starts_with("Fn::") => return Err(is_macro(name, node)),
                name => return Err(node.error(format!("a template has no section {name}"))),
            }
        }
        Ok(scope)
    }

    /// Checks a section of `Globals`, such as `Function`.
    pub(super) fn globals(&mut self, section: &str, properties: &Node) -> Result<(), TemplateError> {
        let Some(entry) = entry(&format!("AWS::Serverless::{section}")) else {
            self.note(&format!("Globals.{section}"), None, properties);
            return Ok(());
        };
        for (name, node) in properties.entries() {
            if entry.not_global.contains(&name.as_str()) {
                return Err(node.error(format!("SAM takes no {name} in Globals.{section}")));
            }
        }
        self.compare(entry, &format!("Globals.{section}"), "", properties)
    }

    /// Checks the type of a resource. Returns `true` if the resource is emulated.
    pub(super) fn resource(&mut self, id: &str, kind: &str, node: &Node) -> Result<bool, TemplateError> {
        if entry(kind).is_some() {
            return no_macros(node).map(|()| true);
        }
        let stops = |prefix: &str| match prefix.strip_suffix('*') {
            Some(prefix) => kind.starts_with(prefix),
            None => kind == prefix,
        };
        if let Some((_, reason)) = STOPPING_TYPES.iter().find(|(prefix, _)| stops(prefix)) {
            return Err(node.error(format!("{id} is of the type {kind}: {reason}")));
        }
        if !INERT_TYPES.contains(&kind) {
            self.note(id, Some(kind), node);
        }
        Ok(false)
    }

    /// Checks the properties of a resource that is emulated.
    pub(super) fn properties(&mut self, id: &str, kind: &str, own: &Node) -> Result<(), TemplateError> {
        match entry(kind) {
            Some(entry) => self.compare(entry, id, "", own)?,
            None => return Ok(()),
        }
        if kind != "AWS::Serverless::Function" {
            return Ok(());
        }
        for (name, event) in own.get("Events").map(Node::entries).unwrap_or_default() {
            self.event(&format!("{id}.Events.{name}"), event)?;
        }
        Ok(())
    }

    fn event(&mut self, name: &str, event: &Node) -> Result<(), TemplateError> {
        let attribute =
            event.entries().iter().find(|(name, _)| !matches!(name.as_str(), "Type" | "Properties"));
        if let Some((name, node)) = attribute {
            return Err(node.error(format!("an event has no attribute {name}")));
        }
        let node = event.get("Type").ok_or_else(|| event.error("an event needs a Type"))?;
        let kind = node.text().unwrap_or_default();
        if kind == "Api" {
            return Err(node.error("REST APIs are not emulated: use an event of the type HttpApi"));
        }
        let Some(entry) = EVENTS.iter().find(|entry| entry.name == kind) else {
            self.note(name, Some(kind), event);
            return Ok(());
        };
        event.get("Properties").map_or(Ok(()), |properties| self.compare(entry, name, "", properties))
    }

    /// Compares what is under `path` with an entry of the table. Items of a list have the path of the list.
    fn compare(&mut self, entry: &Entry, name: &str, path: &str, node: &Node) -> Result<(), TemplateError> {
        if let Kind::List(items) = &node.kind {
            return items.iter().try_for_each(|item| self.compare(entry, name, path, item));
        }
        for (key, child) in node.entries() {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if self.has_default(entry, &path, child)? {
                continue;
            }
            if let Some((_, reason)) = entry.stops.iter().find(|(pattern, _)| matches(pattern, &path)) {
                return Err(child.error(format!("{name}.{path}: {reason}")));
            }
            let is_open = matches!(child.kind, Kind::Map(_) | Kind::List(_)) && !child.is_intrinsic();
            if is_open && entry.patterns().any(|pattern| is_above(&path, pattern)) {
                self.compare(entry, name, &path, child)?;
            } else if !entry.emulated.iter().chain(entry.inert).any(|pattern| matches(pattern, &path)) {
                self.note(&format!("{name}.{path}"), None, child);
            }
        }
        Ok(())
    }

    /// Reports whether a property has the value that it has anyway.
    fn has_default(&self, entry: &Entry, path: &str, node: &Node) -> Result<bool, TemplateError> {
        let Some((_, default)) = entry.defaults.iter().find(|(known, _)| matches(known, path)) else {
            return Ok(false);
        };
        Ok(matches!(node.kind, Kind::String(_) | Kind::Plain(..)) && self.resolver.text(node)? == *default)
    }

    fn note(&mut self, name: &str, kind: Option<&str>, node: &Node) {
        let (name, kind) = (name.to_owned(), kind.map(str::to_owned));
        self.found.push(NotEmulated { name, kind, line: node.line });
    }

    /// Returns what is not emulated, without what the template itself names in `Metadata.Local.NotEmulated`.
    ///
    /// `is_there` tells whether a resource exists.
    pub(super) fn finish(self, root: &Node, is_there: impl Fn(&str) -> bool) -> Vec<NotEmulated> {
        let mut found = self.found;
        let declared = root.at(&["Metadata", "Local", "NotEmulated"]);
        let Some(Kind::List(names)) = declared.map(|node| &node.kind) else { return found };
        for (node, name) in names.iter().filter_map(|node| Some((node, node.text()?))) {
            let before = found.len();
            found.retain(|part| {
                part.name.strip_prefix(name).is_none_or(|rest| !(rest.is_empty() || rest.starts_with('.')))
            });
            // A resource without a condition that holds is not there, and neither is what is in it.
            if found.len() == before && name.split('.').next().is_some_and(&is_there) {
                let name = format!("Metadata.Local.NotEmulated: {name}");
                found.push(NotEmulated { name, kind: None, line: node.line });
            }
        }
        found
    }
}

fn entry(kind: &str) -> Option<&'static Entry> {
    TYPES.iter().find(|entry| entry.name == kind)
}

/// Reports whether a path is the pattern's, in which `*` stands for any name.
fn matches(pattern: &str, path: &str) -> bool {
    pattern.split('.').count() == path.split('.').count() && begins(pattern, path)
}

/// Reports whether a path leads to longer ones that have the pattern.
fn is_above(path: &str, pattern: &str) -> bool {
    pattern.split('.').count() > path.split('.').count() && begins(pattern, path)
}

fn begins(pattern: &str, path: &str) -> bool {
    pattern.split('.').zip(path.split('.')).all(|(pattern, name)| pattern == "*" || pattern == name)
}

fn transforms(node: &Node) -> Result<(), TemplateError> {
    let names = match &node.kind {
        Kind::List(names) => names.as_slice(),
        _ => std::slice::from_ref(node),
    };
    match names.iter().find(|name| !name.text().is_some_and(|name| TRANSFORMS.contains(&name))) {
        Some(name) => Err(is_macro(name.text().unwrap_or("of this kind"), name)),
        None => Ok(()),
    }
}

/// Checks that nothing under a node is rewritten before AWS reads it.
fn no_macros(node: &Node) -> Result<(), TemplateError> {
    if node.tag.as_deref() == Some("Transform") {
        return Err(is_macro("Fn::Transform", node));
    }
    if let Kind::List(items) = &node.kind {
        return items.iter().try_for_each(no_macros);
    }
    node.entries().iter().try_for_each(|(name, node)| {
        if name == "Fn::Transform" || name.starts_with("Fn::ForEach::") {
            return Err(is_macro(name, node));
        }
        no_macros(node)
    })
}

pub(super) fn is_macro(name: &str, node: &Node) -> TemplateError {
    node.error(format!("{name} rewrites the template on AWS, which is not emulated: write its result"))
}
