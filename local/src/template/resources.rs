//! The resources as AWS sees them: those that exist, with `Globals` merged in and every `!If` decided.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::scope::{Scope, is_macro};
use super::yaml::{Kind, Node};

/// The attributes that a resource can have beside its properties.
const ATTRIBUTES: [&str; 11] = [
    "Condition",
    "Connectors",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "IgnoreGlobals",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// A resource that exists.
pub(super) struct Declared {
    pub(super) id: String,
    pub(super) kind: String,
    /// The resource with `Globals` in its properties.
    pub(super) node: Node,
}

/// Returns the resources that exist. `scope` learns of everything that they say.
pub(super) fn resources(
    root: &Node,
    resolver: &Resolver<'_>,
    scope: &mut Scope<'_>,
) -> Result<Vec<Declared>, TemplateError> {
    let section = root.get("Resources").ok_or_else(|| root.error("the template has no Resources"))?;
    for (kind, properties) in root.get("Globals").map(Node::entries).unwrap_or_default() {
        if let Some(properties) = resolver.decided(properties)? {
            scope.globals(kind, &properties)?;
        }
    }
    let mut declared = Vec::new();
    for (id, resource) in section.entries() {
        if id.starts_with("Fn::") {
            return Err(is_macro(id, resource));
        }
        if let Some((name, node)) =
            resource.entries().iter().find(|(name, _)| !ATTRIBUTES.contains(&name.as_str()))
        {
            return Err(node.error(format!("a resource has no attribute {name}")));
        }
        let kind = resource.get("Type").and_then(Node::text);
        let kind = kind.ok_or_else(|| resource.error(format!("{id} needs a Type")))?;
        if !resolver.exists(resource)? {
            continue;
        }
        let node = if scope.resource(id, kind, resource)? {
            let own = resource.get("Properties").map(|own| resolver.decided(own)).transpose()?.flatten();
            match &own {
                Some(own) if matches!(own.kind, Kind::Map(_) | Kind::Null) => {
                    scope.properties(id, kind, own)?;
                }
                Some(own) => return Err(own.error("Properties must be a map")),
                None => {}
            }
            resolver.decided(&with_globals(root, kind, resource))?.unwrap_or_else(|| resource.clone())
        } else {
            resource.clone()
        };
        declared.push(Declared { id: id.clone(), kind: kind.to_owned(), node });
    }
    Ok(declared)
}

/// Returns a resource with the properties that `Globals` has for its type.
pub(super) fn with_globals(root: &Node, kind: &str, resource: &Node) -> Node {
    let section = kind.strip_prefix("AWS::Serverless::");
    let globals = section.and_then(|section| root.at(&["Globals", section])).map(Node::entries);
    let ignored = resource.get("IgnoreGlobals");
    let is_ignored = |name: &str| match ignored.map(|node| &node.kind) {
        Some(Kind::List(names)) => names.iter().any(|ignored| ignored.text() == Some(name)),
        Some(Kind::String(all)) => all == "*",
        _ => false,
    };
    let mut properties = resource.get("Properties").cloned().unwrap_or_else(|| Node {
        line: resource.line,
        tag: None,
        kind: Kind::Map(Vec::new()),
    });
    if let Kind::Map(own) = &mut properties.kind {
        for (name, global) in globals.unwrap_or_default().iter().filter(|(name, _)| !is_ignored(name)) {
            merge(own, name, global);
        }
    }
    let mut resource = resource.clone();
    if let Kind::Map(attributes) = &mut resource.kind {
        attributes.retain(|(name, _)| name != "Properties");
        attributes.push(("Properties".to_owned(), properties));
    }
    resource
}

/// Merges a global value into a map as SAM does: maps are merged, lists joined, and of other values the own one counts.
fn merge(own: &mut Vec<(String, Node)>, name: &str, global: &Node) {
    let Some((_, node)) = own.iter_mut().find(|(known, _)| known == name) else {
        own.push((name.to_owned(), global.clone()));
        return;
    };
    if node.is_intrinsic() || global.is_intrinsic() {
        return;
    }
    match (&mut node.kind, &global.kind) {
        (Kind::Map(own), Kind::Map(globals)) => {
            for (name, global) in globals {
                merge(own, name, global);
            }
        }
        (Kind::List(own), Kind::List(globals)) => {
            own.splice(0..0, globals.iter().cloned());
        }
        _ => {}
    }
}
