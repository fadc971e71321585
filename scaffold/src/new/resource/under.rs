//! A resource under a parent: its path and its key begin with the parent's id.

use super::names::Names;
use crate::Error;
use crate::edits::replace;
use crate::name::capitalized;
use crate::words::Noun;

/// An id of a parent that does not exist.
const PARENT_ID: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e70";

/// Texts of the renamed model, by the end of the file's name, and their form under a parent.
const RULES: &[(&str, &str, &str)] = &[
    // The list and the creation: they take the parent's id, and a creation asks for the parent.
    (
        "functions/<children>/src/lib.rs",
        "use shared::store::{<Children>, SecondConnection};",
        "use shared::store::{<Children>, <Parents>, SecondConnection};",
    ),
    (
        "functions/<children>/src/lib.rs",
        "        <children>: <Children>,\n",
        "        <children>: <Children>,\n        <parents>: <Parents>,\n",
    ),
    ("src/list.rs", "params(ListParams)", "params((\"id\" = <Parent>Id, Path), ListParams)"),
    (
        "src/list.rs",
        "    query: Query,\n",
        "    PathId(<parent>_id): PathId<<Parent>Id>,\n    query: Query,\n",
    ),
    ("src/list.rs", "\"/api/<children>\".to_owned()", "format!(\"/api/<parents>/{<parent>_id}/<children>\")"),
    ("src/list.rs", "<children>.list(", "<children>.list(<parent>_id, "),
    ("src/list.rs", "<children>.count()", "<children>.count(<parent>_id)"),
    ("src/list.rs", "use shared::http::{", "use shared::domain::<Parent>Id;\nuse shared::http::{PathId, "),
    ("src/create.rs", "params(IdempotencyParams)", "params((\"id\" = <Parent>Id, Path), IdempotencyParams)"),
    (
        "src/create.rs",
        "    State(limits): State<RateLimits>,\n    caller: Caller,\n",
        "    State(<parents>): State<<Parents>>,\n    State(limits): State<RateLimits>,\n    caller: Caller,\n    \
         PathId(<parent>_id): PathId<<Parent>Id>,\n",
    ),
    (
        "src/create.rs",
        "caller.id).await?;\n",
        "caller.id).await?;\n    <parents>.get(<parent>_id).await?.ok_or(Error::NotFound(\"<Parent>\"))?;\n",
    ),
    ("src/create.rs", "record(\"<children>\", ", "record(&format!(\"<parents>/{<parent>_id}/<children>\"), "),
    ("src/create.rs", "<children>.create(", "<children>.create(<parent>_id, "),
    (
        "src/create.rs",
        "format!(\"/api/<children>/{}\", <child>.id)",
        "format!(\"/api/<parents>/{<parent>_id}/<children>/{}\", <child>.id.own)",
    ),
    ("src/create.rs", "use shared::http::{", "use shared::domain::<Parent>Id;\nuse shared::http::{PathId, "),
    ("src/create.rs", "use shared::store::<Children>;", "use shared::store::{<Children>, <Parents>};"),
    // One resource: two ids, and the key that is made of them.
    (
        "-id/src/*.rs",
        "params((\"id\" = <Child>Id, Path)",
        "params((\"id\" = <Parent>Id, Path), (\"<child>Id\" = <Child>Id, Path)",
    ),
    ("-id/src/*.rs", "PathId(id): PathId<<Child>Id>", "PathIds(id): PathIds<<Parent>Id, <Child>Id>"),
    ("-id/src/*.rs", " PathId,", " PathIds,"),
    ("-id/src/*.rs", "use shared::domain::<Child>Id;", "use shared::domain::{<Child>Id, <Parent>Id};"),
    ("-id/src/*.rs", "<Child>Id};", "<Child>Id, <Parent>Id};"),
    // The entity.
    ("domain/<child>.rs", "    pub id: <Child>Id,\n", "    pub id: Child<<Parent>Id, <Child>Id>,\n"),
    ("domain/<child>.rs", "<Child>Id, ", "Child, <Child>Id, <Parent>Id, "),
    (
        "api/<child>.rs",
        "    id: <Child>Id,\n",
        "    id: <Child>Id,\n    /// The id of the <parent>.\n    <parent>_id: <Parent>Id,\n",
    ),
    ("api/<child>.rs", "id: <child>.id,", "id: <child>.id.own,\n            <parent>_id: <child>.id.parent,"),
    ("api/<child>.rs", "<Child>Id, ", "<Child>Id, <Parent>Id, "),
    (
        "store/<children>.rs",
        "Entities<<Child>, <Child>Id>",
        "Entities<<Child>, Child<<Parent>Id, <Child>Id>>",
    ),
    ("store/<children>.rs", "type Id = <Child>Id;", "type Id = Child<<Parent>Id, <Child>Id>;"),
    (
        "store/<children>.rs",
        "        &self,\n        author_id: UserId,\n",
        "        &self,\n        <parent>_id: <Parent>Id,\n        author_id: UserId,\n",
    ),
    (
        "store/<children>.rs",
        "let id = <Child>Id::new(now, &self.random);",
        "let id = Child { parent: <parent>_id, own: <Child>Id::new(now, &self.random) };",
    ),
    (
        "store/<children>.rs",
        "Transaction::once(&self.table, record, id, now)",
        "Transaction::once(&self.table, record, id.own, now)",
    ),
    (
        "store/<children>.rs",
        "Made::Replayed(<Child> { id, ",
        "Made::Replayed(<Child> { id: Child { parent: <parent>_id, own: id }, ",
    ),
    ("store/<children>.rs", "fn list(&self, ", "fn list(&self, <parent>_id: <Parent>Id, "),
    ("store/<children>.rs", "fn count(&self)", "fn count(&self, <parent>_id: <Parent>Id)"),
    ("store/<children>.rs", "partition: LIST.to_owned()", "partition: list_of(<parent>_id)"),
    ("store/<children>.rs", "self.table.count(LIST)", "self.table.count(&list_of(<parent>_id))"),
    ("store/<children>.rs", "indexed(\"gsi1\", LIST, ", "indexed(\"gsi1\", &list_of(self.id.parent), "),
    (
        "store/<children>.rs",
        "counted_in(LIST, self.id.shard())",
        "counted_in(&list_of(self.id.parent), self.id.own.shard())",
    ),
    (
        "store/<children>.rs",
        "const LIST: &str = \"<CHILDREN>\";\n",
        "const LIST: &str = \"<CHILDREN>\";\n\n/// Returns the name of the list of one <parent>.\n\
         fn list_of(<parent>_id: <Parent>Id) -> String {\n    format!(\"{LIST}#{<parent>_id}\")\n}\n",
    ),
    ("store/<children>.rs", "<Child>Id, ", "Child, <Child>Id, <Parent>Id, "),
    // The tests: each creates a parent first.
    (
        "tests/api/<children>*.rs",
        "let collection = \"/api/<children>\";",
        "let collection = &collection(&app).await;",
    ),
    ("tests/api/<children>*.rs", "use tests::{App, <child>};", "use tests::{App, <child>, <parent>};"),
    // The policies: each parent has a list, a counter and idempotency keys of its own.
    ("template.yaml", "StringEquals", "StringLike"),
    ("template.yaml", "Path: /api/<children>,", "Path: \"/api/<children>\","),
];

/// Returns the text of a renamed file as it is under the parent, if there is one.
pub(super) fn nest(names: &Names, file: &str, text: String) -> Result<String, Error> {
    let Some(parent) = &names.parent else { return Ok(text) };
    let mut nested = text;
    for (of, old, new) in RULES {
        let of = names.fill(parent, of);
        if matches(file, &of) && is_used(file, &of, &nested, &names.fill(parent, old)) {
            replace(file, &mut nested, &names.fill(parent, old), &names.fill(parent, new))?;
        }
    }
    let filled = |text: &str| names.fill(parent, text);
    if file.starts_with("tests/api/") && nested.contains("&collection(&app)") {
        nested.push_str(&filled(
            "\n/// Creates a <parent>, and returns the path of its <children>.\nasync fn collection(app: &App) -> String {\n    \
             let made = app.admin().post(\"/api/<parents>\", &<parent>(\"On engines\")).await.expect(201);\n    \
             format!(\"{}/<children>\", made.header(\"location\"))\n}\n",
        ));
    }
    if file == "template.yaml" {
        nested = policies(names, parent, &nested)?;
    }
    if file.starts_with("events/") {
        nested = event(names, parent, &nested);
    }
    Ok(paths(names, parent, file, nested))
}

/// Gives every path and every function its longer name.
fn paths(names: &Names, parent: &Noun, file: &str, text: String) -> String {
    let filled = |text: &str| names.fill(parent, text);
    let (function, of_a_function) = (names.function(), !file.starts_with("shared/"));
    let resource = capitalized(&function);
    let paths = [
        ("/api/<children>/{id}", "/api/<parents>/{id}/<children>/{<child>Id}".to_owned()),
        ("/api/<children>", "/api/<parents>/{id}/<children>".to_owned()),
    ];
    let functions = [
        ("name = \"<children>", format!("name = \"{function}")),
        ("function `<children>", format!("function `{function}")),
        ("use <children>::", format!("use {}::", function.replace('-', "_"))),
        ("use <children>_id::", format!("use {}_id::", function.replace('-', "_"))),
        ("Binary: <children>", format!("Binary: {function}")),
        ("functions/<children>", format!("functions/{function}")),
        ("  <Children>Function:", format!("  {resource}Function:")),
        ("  <Children>IdFunction:", format!("  {resource}IdFunction:")),
    ];
    let rules = paths.iter().chain(functions.iter().filter(|_| of_a_function));
    rules.fold(text, |text, (old, new)| text.replace(&filled(old), &filled(new)))
}

/// Widens the keys by the parent's id, and allows a creation to ask for the parent.
fn policies(names: &Names, parent: &Noun, text: &str) -> Result<String, Error> {
    let filled = |text: &str| names.fill(parent, text);
    let mut text = text
        .replace(&filled("\"COUNT#<CHILDREN>\""), &filled("\"COUNT#<CHILDREN>#*\""))
        .replace(&filled("[\"<CHILDREN>\"]"), &filled("[\"<CHILDREN>#*\"]"))
        .replace(&filled("IDEM#<children>#*"), &filled("IDEM#<parents>/*/<children>#*"));
    let create = filled("            - Sid: Create<Child>\n");
    if text.contains(&create) {
        let get = filled(
            "            - Sid: Get<Parent>\n              Effect: Allow\n              Action: dynamodb:GetItem\n              \
             Resource: !GetAtt Table.Arn\n              Condition:\n                ForAllValues:StringLike: \
             { \"dynamodb:LeadingKeys\": [\"<PARENT>#*\"] }\n                \"Null\": { \"dynamodb:LeadingKeys\": \"false\" }\n",
        );
        replace("template.yaml", &mut text, &create, &(get + &create))?;
    }
    Ok(text)
}

/// Gives a recorded event the longer path and its variables.
fn event(names: &Names, parent: &Noun, text: &str) -> String {
    let filled = |text: &str| names.fill(parent, text);
    let text = text
        .replace(
            &filled("ANY /api/<children>/{id}"),
            &filled("ANY /api/<parents>/{id}/<children>/{<child>Id}"),
        )
        .replace(&filled("ANY /api/<children>"), &filled("ANY /api/<parents>/{id}/<children>"))
        .replace(
            &filled("\"/api/<children>"),
            &format!("\"/api/{}/{PARENT_ID}/{}", parent.plural, names.own.plural),
        );
    let parameters = "\"pathParameters\": {";
    if text.contains(parameters) {
        let child = filled("\"<child>Id\": ");
        text.replace("\"id\": ", &child)
            .replace(parameters, &format!("{parameters}\n    \"id\": \"{PARENT_ID}\","))
    } else {
        let end = "  \"isBase64Encoded\"";
        text.replace(end, &format!("  {parameters}\n    \"id\": \"{PARENT_ID}\"\n  }},\n{end}"))
    }
}

/// Returns the answer to a recorded event: the parent does not exist.
pub(super) fn answer(names: &Names, answer: &str) -> String {
    match &names.parent {
        Some(parent) if answer.ends_with("/create 201") => {
            answer.replace(" 201", &format!(" 404: {} not found", parent.type_name()))
        }
        _ => answer.to_owned(),
    }
}

/// Returns the paths of the list and of one resource.
pub(super) fn paths_of(names: &Names) -> (String, String) {
    let list = format!("/api/{}", names.own.plural);
    let one = format!("{list}/{{id}}");
    match &names.parent {
        Some(parent) => (paths(names, parent, "shared/", list), paths(names, parent, "shared/", one)),
        None => (list, one),
    }
}

/// True if the file has the name, in which one `*` stands for anything.
fn matches(file: &str, name: &str) -> bool {
    match name.split_once('*') {
        Some((start, end)) => file.rsplit_once(start).is_some_and(|(_, rest)| rest.ends_with(end)),
        None => file.ends_with(name),
    }
}

/// With a `*` in its name, a rule is for those of the files that have its text.
fn is_used(file: &str, name: &str, text: &str, old: &str) -> bool {
    !(name.contains('*') || file == "template.yaml") || text.contains(old)
}
