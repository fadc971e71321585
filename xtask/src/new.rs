//! `cargo xtask new`: a new function, from its path to a test that passes.

use std::path::{Path, PathBuf};

use local::template::path::Pattern;

use crate::contract::{Sources, name_of, path_of};
use crate::error::{Error, write};
use crate::template::logical_id;

/// The arguments of `new`.
#[derive(clap::Args)]
pub struct Args {
    /// The function's name: its path without /api/, such as `users-id`
    pub name: String,
    /// Its path, if the name does not determine it, such as `/api/two-words/{id}`
    #[arg(long)]
    pub path: Option<String>,
}

const NEXT: &str = "\
Then:
    cargo xtask openapi      writes openapi.json and the README's table
    make test                says what is still missing
docs/adding-a-route.md has the rest.";

/// Writes the function's files and returns the steps that are left.
pub fn run(args: &Args, root: &Path) -> Result<String, Error> {
    let path = check(args, root)?;
    let files = files(&args.name, &path);
    for (file, text) in &files {
        write(&root.join(file), text)?;
    }
    let written: Vec<String> = files.iter().map(|(file, _)| format!("    {}", file.display())).collect();
    let gaps = Sources::load(root)?.gaps().join("\n\n").replace(&path_of(&args.name), &path);
    Ok(format!("Written:\n{}\n\nTo do:\n\n{gaps}\n\n{NEXT}", written.join("\n")))
}

/// An id that nothing has.
const EXAMPLE_ID: &str = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f";

/// Returns the function's path, or an error if the name cannot be used.
fn check(args: &Args, root: &Path) -> Result<String, Error> {
    let name = &args.name;
    let path = args.path.clone().unwrap_or_else(|| path_of(name));
    let is_kebab = name.split('-').all(|word| {
        word.starts_with(|letter: char| letter.is_ascii_lowercase())
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    });
    let wrong = if !is_kebab {
        Some(format!("`{name}` is no name: lower-case words with - between them"))
    } else if let Err(reason) = Pattern::parse(&path) {
        Some(format!("{path} is no path: {reason}"))
    } else if name_of(&path) != *name {
        Some(format!("a function at {path} is called `{}`", name_of(&path)))
    } else if root.join("functions").join(name).exists() {
        Some(format!("functions/{name} is there already"))
    } else {
        None
    };
    wrong.map_or(Ok(path), |wrong| Err(Error::Name(wrong)))
}

/// Returns the files of a function that says hello, relative to the workspace's folder.
fn files(name: &str, path: &str) -> Vec<(PathBuf, String)> {
    let id = logical_id(name);
    let values = [
        ("{{name}}", name.to_owned()),
        ("{{lib}}", name.replace('-', "_")),
        ("{{type}}", id.trim_end_matches("Function").to_owned()),
        ("{{tag}}", name.split('-').next().unwrap_or(name).to_owned()),
        ("{{params}}", parameters(path)),
        ("{{path}}", path.to_owned()),
        ("{{url}}", url(path)),
        ("{{path_parameters}}", event_parameters(path)),
    ];
    let fill =
        |text: &str| values.iter().fold(text.to_owned(), |text, (key, value)| text.replace(key, value));
    let function = Path::new("functions").join(name);
    vec![
        (function.join("Cargo.toml"), fill(include_str!("../skeleton/Cargo.toml.txt"))),
        (function.join("src/main.rs"), fill(include_str!("../skeleton/main.rs.txt"))),
        (function.join("src/lib.rs"), fill(include_str!("../skeleton/lib.rs.txt"))),
        (function.join("src/get.rs"), fill(include_str!("../skeleton/get.rs.txt"))),
        (Path::new("events").join(name).join("get.json"), fill(include_str!("../skeleton/get.json.txt"))),
    ]
}

/// Returns the line of `utoipa::path` for the variables of a path.
fn parameters(path: &str) -> String {
    let parameters: Vec<String> =
        variables(path).map(|name| format!("(\"{name}\" = String, Path)")).collect();
    if parameters.is_empty() { String::new() } else { format!("\n    params({}),", parameters.join(", ")) }
}

/// Returns a valid URL for the path.
fn url(path: &str) -> String {
    variables(path).fold(path.to_owned(), |url, name| url.replace(&format!("{{{name}}}"), EXAMPLE_ID))
}

/// Returns the member of an event for the variables of a path.
fn event_parameters(path: &str) -> String {
    let parameters: Vec<String> =
        variables(path).map(|name| format!("    \"{name}\": \"{EXAMPLE_ID}\"")).collect();
    if parameters.is_empty() {
        String::new()
    } else {
        format!("  \"pathParameters\": {{\n{}\n  }},\n", parameters.join(",\n"))
    }
}

fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::read;
    use crate::root;

    fn file(name: &str, end: &str) -> String {
        let files = files(name, &path_of(name));
        files.into_iter().find(|(path, _)| path.ends_with(end)).unwrap().1
    }

    #[test]
    fn the_skeleton_is_what_health_is() {
        let health = root().join("functions/health");
        assert_eq!(file("health", "src/main.rs"), read(&health.join("src/main.rs")).unwrap());
        let manifest = read(&health.join("Cargo.toml")).unwrap();
        let without_table = manifest
            .replace("shared = { workspace = true, features = [\"store\"] }", "shared.workspace = true");
        assert_eq!(file("health", "Cargo.toml"), without_table);
        let event = read(&root().join("events/health/get.json")).unwrap();
        assert_eq!(file("health", "get.json"), event);
        let outline = |text: &str| -> Vec<String> {
            text.lines().filter(|line| line.starts_with(['p', 'm', '}'])).map(str::to_owned).collect()
        };
        let lib = read(&health.join("src/lib.rs"))
            .unwrap()
            .replace("pub struct Deps {\n    table: Table,\n}", "pub struct Deps;");
        assert_eq!(outline(&file("health", "src/lib.rs")), outline(&lib));
    }

    #[test]
    fn a_path_with_a_variable_has_it_everywhere() {
        insta::assert_snapshot!(file("notes-id", "src/get.rs"));
        let event: serde_json::Value = serde_json::from_str(&file("notes-id", "get.json")).unwrap();
        assert_eq!(event["routeKey"], "ANY /api/notes/{id}");
        assert_eq!(event["rawPath"], format!("/api/notes/{EXAMPLE_ID}"));
        assert_eq!(event["pathParameters"]["id"], EXAMPLE_ID);
    }

    #[test]
    fn what_a_new_function_still_needs_is_listed() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["template.yaml", "openapi.json"] {
            std::fs::copy(root().join(file), dir.path().join(file)).unwrap();
        }
        let args = Args { name: "two-words-id".to_owned(), path: Some("/api/two-words/{id}".to_owned()) };
        std::fs::create_dir(dir.path().join("functions")).unwrap();
        let report = run(&args, dir.path()).unwrap();
        for (path, text) in files("two-words-id", "/api/two-words/{id}") {
            assert_eq!(read(&dir.path().join(&path)).unwrap(), text);
            assert!(report.contains(path.to_str().unwrap()), "{report}");
        }
        for part in [
            "xtask/Cargo.toml: add",
            "two_words_id::routes()",
            "TwoWordsIdFunction:",
            "\"/api/two-words/{id}\"",
        ] {
            assert!(report.contains(part), "no {part} in {report}");
        }
        assert!(run(&args, dir.path()).unwrap_err().to_string().contains("is there already"));
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for (path, text) in files("two-words-id", "/api/two-words/{id}") {
            assert!(!text.contains("{{"), "{}: {text}", path.display());
        }
    }

    #[test]
    fn a_name_that_can_not_be_used_is_refused() {
        for (name, path, why) in [
            ("Users", None, "is no name"),
            ("", None, "is no name"),
            ("a--b", None, "is no name"),
            ("../up", None, "is no name"),
            ("health", None, "is there already"),
            ("notes", Some("notes"), "is no path"),
            ("notes", Some("/api/other"), "is called `other`"),
        ] {
            let args = Args { name: name.to_owned(), path: path.map(str::to_owned) };
            let error = check(&args, &root()).unwrap_err().to_string();
            assert!(error.contains(why), "{name}: {error}");
        }
        let args = Args { name: "two-words".to_owned(), path: Some("/api/two-words".to_owned()) };
        assert_eq!(check(&args, &root()).unwrap(), "/api/two-words");
    }
}
