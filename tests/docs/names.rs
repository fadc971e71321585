//! docs/architecture.md names what exists: files, items of the code, operations, resources. All documents name files that exist.

mod code;

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use serde_json::Value;

use self::code::Code;
use super::links::documents;
use super::root;

/// The head of the tables that go through the code.
const STEPS: &str = "| file | what happens |\n|---|---|\n";

/// Endings of files' names.
const ENDINGS: [&str; 6] = [".json", ".md", ".rs", ".toml", ".ts", ".yaml"];

#[test]
fn every_name_in_architecture_md_exists() {
    let document = read("docs/architecture.md");
    let gaps = PROJECT.gaps(&document);
    assert!(spans(&document).len() > 100, "the names are found");
    assert!(gaps.is_empty(), "docs/architecture.md:\n\n{}\n", gaps.join("\n"));
}

#[test]
fn a_name_that_does_not_exist_is_found_out() {
    for there in [
        "`shared/src/http.rs`",
        "`Users::create`",
        "`UserInput`",
        "`shared::http::serve`",
        "`POST /api/users`",
        "`UsersFunction`",
        "`Idempotency-Key`",
        "`make run`",
        &format!("{STEPS}| `functions/users/src/create.rs` | `create` calls `Users::create` |"),
    ] {
        assert_eq!(PROJECT.gaps(there), Vec::<String>::new(), "{there}");
    }
    for nowhere in [
        "`shared/src/htp.rs`",
        "`Users::creates`",
        "`Users::publish`",
        "`UserInputs`",
        "`serves`",
        "`PUT /api/users`",
        "`GET /api/nowhere`",
        "`UsersFunctions`",
        "`Idempotence-Key`",
        "`make nothing`",
        &format!("{STEPS}| `functions/users/src/list.rs` | `create` calls `Users::create` |"),
        &format!("{STEPS}| `functions/users/src/create.rs` | no name |"),
    ] {
        assert_eq!(PROJECT.gaps(nowhere).len(), 1, "{nowhere}");
    }
}

#[test]
fn every_file_that_a_document_names_exists() {
    let mut files = 0;
    let mut gaps = Vec::new();
    // docs/adding-a-route.md names the files of a function that is about to be made.
    for document in documents().iter().filter(|document| !document.ends_with("adding-a-route.md")) {
        for name in spans(&fs::read_to_string(document).unwrap()).iter().filter(|name| is_file(name)) {
            files += 1;
            if !root().join(name).exists() {
                gaps.push(format!("{}: {name}", document.display()));
            }
        }
    }
    assert!(files > 50, "the files are found: {files}");
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
}

static PROJECT: LazyLock<Project> = LazyLock::new(Project::read);

/// All that a document can name.
struct Project {
    code: Code,
    /// Method and path of each operation.
    operations: BTreeSet<String>,
    /// Names of header fields.
    fields: BTreeSet<String>,
    /// Ids of the template's resources.
    resources: BTreeSet<String>,
    /// Targets of the Makefile.
    targets: BTreeSet<String>,
}

impl Project {
    fn read() -> Self {
        let document: Value = serde_json::from_str(&read("openapi.json")).unwrap();
        let mut operations = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            let methods = methods.as_object().unwrap().keys();
            operations.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
        }
        let mut fields = BTreeSet::new();
        find_fields(&document, &mut fields);
        let template = read("template.yaml");
        let makefile = read("Makefile");
        Self {
            code: Code::read(root()),
            operations,
            fields,
            resources: keys(&template, "  "),
            targets: keys(&makefile, ""),
        }
    }

    /// The names in a document that do not exist, and the steps whose file does not define their first name.
    fn gaps(&self, document: &str) -> Vec<String> {
        let missing = spans(document).into_iter().filter(|name| !self.has(name));
        let mut gaps: Vec<_> = missing.map(|name| format!("`{name}` does not exist")).collect();
        for row in steps(document) {
            let spans = spans(row);
            let [file, name, ..] = spans.as_slice() else {
                gaps.push(format!("a file and a name of it are missing: {row}"));
                continue;
            };
            if self.has(file) && self.has(name) && !self.code.defines(file, name) {
                gaps.push(format!("{file} does not define {name}"));
            }
        }
        gaps
    }

    fn has(&self, name: &str) -> bool {
        if let Some(target) = name.strip_prefix("make ") {
            return self.targets.contains(target);
        }
        if name.contains(' ') {
            return self.operations.contains(name);
        }
        if let Some(path) = name.strip_prefix('/') {
            return self.operations.iter().any(|operation| operation.ends_with(&format!(" /{path}")));
        }
        if name.contains('/') || ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            return root().join(name).exists();
        }
        self.code.knows(name) || self.fields.contains(name) || self.resources.contains(name)
    }
}

/// Returns true for the path of one file, without placeholders.
fn is_file(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "./_-".contains(c);
    name.find('/').is_some_and(|at| at > 0)
        && name.chars().all(is_plain)
        && ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The rows of the tables that go through the code: a file, and what happens in it.
fn steps(document: &str) -> impl Iterator<Item = &str> {
    let tables = document.split(STEPS).skip(1);
    tables.flat_map(|rows| rows.lines().take_while(|line| line.starts_with('|')))
}

/// The names in backquotes: neither attributes nor what is in a block.
fn spans(document: &str) -> Vec<String> {
    let text = document.split("```").step_by(2).collect::<String>();
    let spans = text.split('`').skip(1).step_by(2).filter(|span| !span.starts_with("#["));
    spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// The names before a colon in the lines that are indented by this.
fn keys(text: &str, indent: &str) -> BTreeSet<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(indent)?.split_once(':'));
    lines.map(|(name, _)| name.to_owned()).filter(|name| !name.starts_with([' ', '#'])).collect()
}

/// Collects the names of header fields of requests and responses.
fn find_fields(value: &Value, fields: &mut BTreeSet<String>) {
    if let (Some("header"), Some(name)) = (value["in"].as_str(), value["name"].as_str()) {
        fields.insert(name.to_owned());
    }
    if let Some(headers) = value["headers"].as_object() {
        fields.extend(headers.keys().cloned());
    }
    let members = value.as_object().into_iter().flat_map(|object| object.values());
    members.chain(value.as_array().into_iter().flatten()).for_each(|value| find_fields(value, fields));
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
