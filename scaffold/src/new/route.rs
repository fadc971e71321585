//! A function that says hello, at a path of its own.

use std::path::Path;

use crate::Error;
use crate::edits::Edits;
use crate::name::{capitalized, check_new, check_path, name_of, path_of, variables};
use crate::template::resource;

/// An id that no entity has.
const EXAMPLE_ID: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";

/// The files of a function: the path, with `{{name}}` for its name, and the text.
const FILES: [(&str, &str); 6] = [
    ("functions/{{name}}/Cargo.toml", include_str!("../../skeleton/Cargo.toml.txt")),
    ("functions/{{name}}/src/main.rs", include_str!("../../skeleton/main.rs.txt")),
    ("functions/{{name}}/src/lib.rs", include_str!("../../skeleton/lib.rs.txt")),
    ("functions/{{name}}/src/get.rs", include_str!("../../skeleton/get.rs.txt")),
    ("events/{{name}}/get.json", include_str!("../../skeleton/get.json.txt")),
    ("tests/api/{{lib}}.rs", include_str!("../../skeleton/test.rs.txt")),
];

/// Returns the files of a new function and its lines in the files that all functions share.
pub(super) fn edits(name: &str, path: Option<&str>, root: &Path) -> Result<Edits, Error> {
    let path = check(name, path, root).map_err(Error::Name)?;
    let names = Names::of(name, &path);
    let mut edits = Edits::in_checkout(root);
    for (file, text) in FILES {
        edits.create(names.fill(file), names.fill(text));
    }
    register(&mut edits, &names)?;
    Ok(edits)
}

/// Adds the function to template.yaml, to the OpenAPI document and to the tests.
fn register(edits: &mut Edits, names: &Names<'_>) -> Result<(), Error> {
    let line = |text: &str| names.fill(text) + "\n";
    edits.insert_before(
        "template.yaml",
        &(resource(names.name, names.path) + "\n"),
        "  FallbackFunction:",
    )?;
    edits.insert_sorted(
        "xtask/Cargo.toml",
        &line("{{name}} = { path = \"../functions/{{name}}\" }"),
        |line| line.contains("{ path = \"../functions/"),
    )?;
    edits.insert_sorted(
        "xtask/src/functions.rs",
        &line(r#"        Function { name: "{{name}}", document: {{lib}}::routes() },"#),
        |line| line.contains("::routes()"),
    )?;
    let about = "xtask/src/openapi/about.rs";
    if !edits.text(about)?.contains(&names.fill("    (\"{{tag}}\", \"")) {
        let tag = line(r#"    ("{{tag}}", "The {{tag}} of the API."),"#);
        edits.insert_before(about, &tag, "    (\"operations\", \"")?;
    }
    edits.insert_sorted("tests/api/main.rs", &line("mod {{lib}};"), |line| line.starts_with("mod "))?;
    edits.insert_sorted(
        "tests/api/snapshots/api__events__every_recorded_event_is_answered_as_before.snap",
        &line("{{name}}/get 200"),
        |line| line.contains('/') && !line.starts_with("source: "),
    )?;
    edits.insert_before(
        "tests/api/authorisation.rs",
        &line(r#"        case("GET {{path}}", Token, everybody),"#),
        "        case(\"GET /api/health\"",
    )
}

/// Returns the function's path if one can be started there under this name.
fn check(name: &str, path: Option<&str>, root: &Path) -> Result<String, String> {
    check_new(name, root)?;
    let path = path.map_or_else(|| path_of(name), str::to_owned);
    check_path(&path)?;
    if name_of(&path) != name {
        return Err(format!("a function at {path} is called `{}`", name_of(&path)));
    }
    Ok(path)
}

/// A function's name in all its forms.
struct Names<'a> {
    name: &'a str,
    path: &'a str,
    /// A path that a request can have.
    url: String,
}

impl<'a> Names<'a> {
    fn of(name: &'a str, path: &'a str) -> Self {
        let url = variables(path)
            .fold(path.to_owned(), |url, variable| url.replace(&format!("{{{variable}}}"), EXAMPLE_ID));
        Self { name, path, url }
    }

    fn fill(&self, text: &str) -> String {
        [
            ("{{name}}", self.name.to_owned()),
            ("{{lib}}", self.name.replace('-', "_")),
            ("{{type}}", capitalized(self.name)),
            ("{{tag}}", self.name.split('-').next().unwrap_or(self.name).to_owned()),
            ("{{params}}", self.parameters()),
            ("{{path}}", self.path.to_owned()),
            ("{{url}}", self.url.clone()),
            ("{{path_parameters}}", self.event_parameters()),
        ]
        .iter()
        .fold(text.to_owned(), |text, (key, value)| text.replace(key, value))
    }

    /// The line of `utoipa::path` for the variables of the path.
    fn parameters(&self) -> String {
        let parameters: Vec<String> = variables(self.path)
            .map(|name| format!("(\"{name}\" = String, Path, description = \"Any text.\", example = \"a\")"))
            .collect();
        if parameters.is_empty() {
            String::new()
        } else {
            format!("\n    params({}),", parameters.join(", "))
        }
    }

    /// The member of an event for the variables of the path.
    fn event_parameters(&self) -> String {
        let parameters: Vec<String> =
            variables(self.path).map(|name| format!("    \"{name}\": \"{EXAMPLE_ID}\"")).collect();
        if parameters.is_empty() {
            String::new()
        } else {
            format!("  \"pathParameters\": {{\n{}\n  }},\n", parameters.join(",\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::read_to_string;

    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    fn text(edits: &mut Edits, file: &str) -> String {
        edits.text(file).unwrap().clone()
    }

    fn skeleton(name: &str, file: &str) -> String {
        let path = path_of(name);
        let names = Names::of(name, &path);
        names.fill(FILES.iter().find(|(path, _)| path.ends_with(file)).unwrap().1)
    }

    #[test]
    fn the_skeleton_is_what_health_is() {
        let read = |file: &str| read_to_string(root().join(file)).unwrap();
        assert_eq!(skeleton("health", "src/main.rs"), read("functions/health/src/main.rs"));
        let without_table = read("functions/health/Cargo.toml")
            .replace("shared = { workspace = true, features = [\"store\"] }", "shared.workspace = true");
        assert_eq!(skeleton("health", "Cargo.toml"), without_table);
        assert_eq!(skeleton("health", "get.json"), read("events/health/get.json"));
        let outline = |text: &str| -> Vec<String> {
            text.lines().filter(|line| line.starts_with(['p', 'm', '}'])).map(str::to_owned).collect()
        };
        let lib = read("functions/health/src/lib.rs")
            .replace("shared::deps! {\n    pub struct Deps {\n        probe: Probe,\n    }\n}\n", "")
            .replace("Routes<Deps>", "Routes");
        assert_eq!(outline(&skeleton("health", "src/lib.rs")), outline(&lib));
    }

    #[test]
    fn a_path_with_a_variable_has_it_everywhere() {
        insta::assert_snapshot!(skeleton("notes-id", "src/get.rs"));
        let event: serde_json::Value = serde_json::from_str(&skeleton("notes-id", "get.json")).unwrap();
        assert_eq!(event["routeKey"], "ANY /api/notes/{id}");
        assert_eq!(event["rawPath"], format!("/api/notes/{EXAMPLE_ID}"));
        assert_eq!(event["pathParameters"]["id"], EXAMPLE_ID);
    }

    #[test]
    fn a_new_function_is_known_everywhere() {
        let mut edits = edits("auth-id-gadgets-id", None, root()).unwrap();
        for (file, part) in [
            ("functions/auth-id-gadgets-id/src/get.rs", "/api/auth/{id}/gadgets/{gadgetId}"),
            ("events/auth-id-gadgets-id/get.json", "\"gadgetId\": \"01931a3e"),
            ("template.yaml", "\n  AuthIdGadgetsIdFunction:\n"),
            ("xtask/Cargo.toml", "auth-id-gadgets-id = { path = \"../functions/auth-id-gadgets-id\" }"),
            ("xtask/src/functions.rs", "auth_id_gadgets_id::routes()"),
            ("tests/api/main.rs", "\nmod auth_id_gadgets_id;\nmod auth_login;\n"),
            (
                "tests/api/snapshots/api__events__every_recorded_event_is_answered_as_before.snap",
                "\nauth-id-gadgets-id/get 200\nauth-login/",
            ),
            ("tests/api/authorisation.rs", "case(\"GET /api/auth/{id}/gadgets/{gadgetId}\""),
        ] {
            assert!(text(&mut edits, file).contains(part), "{file}");
        }
        let about = "xtask/src/openapi/about.rs";
        assert_eq!(text(&mut edits, about), read_to_string(root().join(about)).unwrap(), "the tag is known");
        let mut edits = super::edits("gadgets", None, root()).unwrap();
        assert!(text(&mut edits, about).contains("(\"gadgets\", \""));
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        let names = Names::of("two-words-id", "/api/two-words/{id}");
        for (path, text) in FILES {
            let text = names.fill(text);
            assert!(!text.contains("{{") && !names.fill(path).contains("{{"), "{path}: {text}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_used_is_refused() {
        for (name, path, why) in [
            ("Users", None, "is no name"),
            ("", None, "is no name"),
            ("a--b", None, "is no name"),
            ("../up", None, "is no name"),
            ("health", None, "is there already"),
            ("gadgets", Some("gadgets"), "is no path"),
            ("gadgets", Some("/api/other"), "is called `other`"),
            ("auth-id-gadgets-id", Some("/api/auth/{id}/gadgets/{id}"), "has {id} twice"),
        ] {
            let error = check(name, path, root()).unwrap_err();
            assert!(error.contains(why), "{name}: {error}");
        }
        assert_eq!(check("two-words", Some("/api/two-words"), root()).unwrap(), "/api/two-words");
    }
}
