use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::template::load::load;
use crate::template::model::Template;

/// A template with every property that is emulated.
const EVERYTHING: &str = include_str!("everything.yaml");

fn everything() -> Node {
    load(EVERYTHING).unwrap()
}

fn read(root: &Node) -> Result<Template, TemplateError> {
    Template::read(root, &BTreeMap::new(), "us-east-1")
}

/// Returns what the emulator gets of a template, without the warnings.
fn effect(root: &Node) -> Result<String, String> {
    let template = read(root).map_err(|error| error.to_string())?;
    Ok(format!("{:?}", Template { not_emulated: Vec::new(), ..template }))
}

/// Changes the properties of the first resource or event of a type for which `change` returns `true`.
fn change(root: &mut Node, kind: &str, mut change: impl FnMut(&mut Node) -> bool) -> bool {
    let mut visit = |node: &mut Node| {
        let is_kind = node.get("Type").and_then(Node::text) == Some(kind);
        is_kind && child(node, "Properties").is_some_and(&mut change)
    };
    let Some(Kind::Map(resources)) = child(root, "Resources").map(|node| &mut node.kind) else { panic!() };
    resources.iter_mut().any(|(_, resource)| {
        visit(resource)
            || match child(resource, "Properties")
                .and_then(|node| child(node, "Events"))
                .map(|node| &mut node.kind)
            {
                Some(Kind::Map(events)) => events.iter_mut().any(|(_, event)| visit(event)),
                _ => false,
            }
    })
}

fn child<'n>(node: &'n mut Node, name: &str) -> Option<&'n mut Node> {
    match &mut node.kind {
        Kind::Map(entries) => {
            entries.iter_mut().find(|(known, _)| known == name || name == "*").map(|(_, node)| node)
        }
        _ => None,
    }
}

/// Removes what is at a path.
fn remove(node: &mut Node, path: &[&str]) -> bool {
    match (&mut node.kind, path) {
        (Kind::List(items), _) => items.iter_mut().any(|item| remove(item, path)),
        (Kind::Map(entries), [name]) => {
            let at = entries.iter().position(|(known, _)| known == name || *name == "*");
            at.map(|at| entries.remove(at)).is_some()
        }
        (_, [name, rest @ ..]) => child(node, name).is_some_and(|node| remove(node, rest)),
        _ => false,
    }
}

/// Puts a text at a path.
fn insert(node: &mut Node, path: &[&str], text: &str) -> bool {
    let line = node.line;
    let (name, rest) = path.split_first().unwrap();
    let first = node.entries().first().map(|(name, _)| name.clone());
    let name = if *name == "*" { first.unwrap_or("Any".to_owned()) } else { (*name).to_owned() };
    match &mut node.kind {
        Kind::List(items) => insert(&mut items[0], path, text),
        Kind::Map(entries) if rest.is_empty() => {
            entries.retain(|(known, _)| *known != name);
            entries.push((name, Node { line, tag: None, kind: Kind::String(text.to_owned()) }));
            true
        }
        Kind::Map(entries) => {
            if !entries.iter().any(|(known, _)| *known == name) {
                entries.push((name.clone(), Node { line, tag: None, kind: Kind::Map(Vec::new()) }));
            }
            insert(child(node, &name).unwrap(), rest, text)
        }
        _ => false,
    }
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    TYPES.iter().chain(&EVENTS).filter(|entry| entry.emulated != ["*"])
}

fn split(path: &str) -> Vec<&str> {
    path.split('.').collect()
}

/// Returns the template with a text at a path of a type.
fn with(kind: &str, path: &str, text: &str) -> Node {
    let mut root = everything();
    assert!(change(&mut root, kind, |properties| insert(properties, &split(path), text)), "{kind} {path}");
    root
}

/// Returns the template with nothing at a path of a type.
fn without(kind: &str, path: &str) -> Node {
    let mut root = everything();
    change(&mut root, kind, |properties| remove(properties, &split(path)));
    root
}

fn everything_has(kind: &str, path: &str) -> bool {
    change(&mut everything(), kind, |properties| remove(properties, &split(path)))
}

#[test]
fn every_emulated_property_has_an_effect() {
    let whole = effect(&everything()).unwrap();
    assert_eq!(read(&everything()).unwrap().not_emulated, []);
    for entry in entries() {
        for path in entry.emulated {
            // Two properties make every policy unreadable, so they are not in the file.
            let is_there = everything_has(entry.name, path);
            let root = if is_there { without(entry.name, path) } else { with(entry.name, path, "x") };
            assert!(effect(&root).as_ref() != Ok(&whole), "{} is not affected by {path}", entry.name);
        }
    }
}

#[test]
fn an_inert_property_has_no_effect_and_no_warning() {
    for entry in entries() {
        let defaults = entry.defaults.iter().copied();
        for (path, text) in entry.inert.iter().map(|path| (*path, "x")).chain(defaults) {
            let (kind, root) = (entry.name, with(entry.name, path, text));
            assert!(effect(&root) == effect(&without(kind, path)), "{kind} {path}");
            assert_eq!(read(&root).unwrap().not_emulated, [], "{kind} {path}");
        }
    }
}

#[test]
fn another_value_than_the_default_is_told() {
    for entry in entries() {
        for (path, _) in entry.defaults {
            let told = match read(&with(entry.name, path, "another")) {
                Ok(template) => template.not_emulated.iter().any(|part| part.name.ends_with(path)),
                Err(error) => error.message.contains(path),
            };
            assert!(told, "{} {path}", entry.name);
        }
    }
}

#[test]
fn what_decides_who_may_call_or_where_stops_the_start() {
    for entry in entries() {
        for (path, reason) in entry.stops {
            let error = read(&with(entry.name, path, "x")).unwrap_err();
            assert!(error.message.ends_with(reason), "{} {path}: {error}", entry.name);
        }
    }
    for (kind, reason) in STOPPING_TYPES {
        let kind = kind.replace('*', "Any");
        let error = parse(&format!("Resources:\n  Other: {{ Type: {kind} }}\n")).unwrap_err();
        assert_eq!((error.line, error.message), (2, format!("Other is of the type {kind}: {reason}")));
    }
}

#[test]
fn a_name_that_is_not_in_the_table_is_told_once_with_its_line() {
    for entry in entries() {
        let found = read(&with(entry.name, "Nonsense", "x")).unwrap().not_emulated;
        assert!(matches!(&found[..], [part] if part.name.ends_with(".Nonsense")), "{found:?}");
    }
    let text = "Globals:\n  Function:\n    VpcConfig: {}\n    Timout: 3\n  Api: {}\nResources:\n  \
                F: { Type: AWS::Serverless::Function, Properties: { Events: { T: { Type: SNS } } } }\n  \
                G: { Type: AWS::Serverless::Function }\n  Alarm: { Type: AWS::CloudWatch::Alarm }\n  \
                Cache:\n    Type: AWS::ElastiCache::CacheCluster\nRules: {}\n";
    let found = parse(text).unwrap().not_emulated;
    let found: Vec<String> = found.iter().map(|part| format!("{}: {part}", part.line)).collect();
    assert_eq!(
        found,
        [
            "12: Rules is not emulated",
            "3: Globals.Function.VpcConfig is not emulated",
            "4: Globals.Function.Timout is not emulated",
            "5: Globals.Api is not emulated",
            "7: F.Events.T (SNS) is not emulated",
            "10: Cache (AWS::ElastiCache::CacheCluster) is not emulated",
        ]
    );
}

#[test]
fn a_template_names_what_it_leaves_out_on_purpose() {
    let text = "Metadata: { Local: { NotEmulated: [Cache, F.VpcConfig, F.Layers, Gone.Layers] } }\nResources:\n  \
                Cache: { Type: AWS::ElastiCache::CacheCluster }\n  \
                F: { Type: AWS::Serverless::Function, Properties: { VpcConfig: { SubnetIds: [] }, Tags: {} } }\n";
    let found = parse(text).unwrap().not_emulated;
    let found: Vec<String> = found.iter().map(|part| format!("{}: {part}", part.line)).collect();
    assert_eq!(found, ["1: Metadata.Local.NotEmulated: F.Layers is not emulated"]);
}

#[test]
fn a_template_that_aws_rewrites_or_refuses_does_not_start() {
    let function = |properties: &str| {
        format!("Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {properties}\n")
    };
    let macro_of =
        |name: &str| format!("{name} rewrites the template on AWS, which is not emulated: write its result");
    for (text, line, message) in [
        ("Transform: [AWS::Serverless-2016-10-31, Mine]\nResources: {}\n".to_owned(), 1, macro_of("Mine")),
        ("Fn::Transform: { Name: AWS::Include }\nResources: {}\n".to_owned(), 1, macro_of("Fn::Transform")),
        ("Resources:\n  Fn::Transform: {}\n".to_owned(), 2, macro_of("Fn::Transform")),
        ("Resources:\n  Fn::ForEach::A: []\n".to_owned(), 2, macro_of("Fn::ForEach::A")),
        (function("{ CodeUri: !Transform { Name: X } }"), 4, macro_of("Fn::Transform")),
        (function("{ Environment: { Variables: { Fn::ForEach::A: [] } } }"), 4, macro_of("Fn::ForEach::A")),
        (function("nothing"), 4, "Properties must be a map".to_owned()),
        (
            "Resources:\n  F: { Type: A::B::C, Condition: !Not [] }\n".to_owned(),
            2,
            "Condition must be the name of a condition".to_owned(),
        ),
        ("Resorces: {}\n".to_owned(), 1, "a template has no section Resorces".to_owned()),
        ("Resources:\n  F: {}\n".to_owned(), 2, "F needs a Type".to_owned()),
        (
            "Resources:\n  F: { Type: A::B::C, Propertys: {} }\n".to_owned(),
            2,
            "a resource has no attribute Propertys".to_owned(),
        ),
        (
            function("{ Events: { A: { Type: S3, Propertys: {} } } }"),
            4,
            "an event has no attribute Propertys".to_owned(),
        ),
        (
            "Globals:\n  Function:\n    Role: x\nResources: {}\n".to_owned(),
            3,
            "SAM takes no Role in Globals.Function".to_owned(),
        ),
        (
            function("{ Events: { A: { Type: Api } } }"),
            4,
            "REST APIs are not emulated: use an event of the type HttpApi".to_owned(),
        ),
    ] {
        let error = parse(&text).unwrap_err();
        assert_eq!((error.line, error.message), (line, message), "{text}");
    }
}

fn parse(text: &str) -> Result<Template, TemplateError> {
    Template::parse(text, &BTreeMap::new(), "us-east-1")
}

/// Returns the part of docs/local.md that the table implies.
fn document() -> String {
    let code = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    for Entry { name, emulated, inert, defaults, stops, .. } in TYPES.iter().chain(&EVENTS) {
        let kind = if name.contains("::") { "" } else { "Events of the type " };
        if *emulated == ["*"] {
            let text = "every property; one that is not emulated is an error.";
            lines.extend([String::new(), format!("{kind}`{name}`: {text}")]);
            continue;
        }
        lines.extend([String::new(), format!("{kind}`{name}`"), String::new()]);
        lines.push(format!("- emulated: {}", code(emulated)));
        if !inert.is_empty() {
            lines.push(format!("- no effect here: {}", code(inert)));
        }
        lines.extend(defaults.iter().map(|(path, value)| format!("- `{path}`: `{value}` alone")));
        lines.extend(stops.iter().map(|(path, reason)| format!("- `{path}` ends the start: {reason}")));
    }
    lines.extend([String::new(), format!("No effect here: {}.", code(&INERT_TYPES)), String::new()]);
    lines.extend(["These types end the start:".to_owned(), String::new()]);
    lines.extend(STOPPING_TYPES.iter().map(|(kind, reason)| format!("- `{kind}`: {reason}")));
    lines.join("\n") + "\n\n"
}

#[test]
fn the_document_has_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/local.md");
    let old = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = old.split_once("<!-- template -->\n").unwrap();
    let (found, after) = rest.split_once("<!-- /template -->").unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let new = format!("{before}<!-- template -->\n{}<!-- /template -->{after}", document());
        std::fs::write(&path, new).unwrap();
    } else {
        assert!(found == document(), "run UPDATE_DOCS=1 make test ARGS='-- the_document_has_the_table'");
    }
}
