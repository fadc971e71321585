//! `remove` and `strip` in a small project, with the compiler.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fs;
use std::process::Command;

use tempfile::TempDir;

/// A project of three functions. `search` reads what `problems` writes; `users` needs neither.
const FILES: &[(&str, &str)] = &[
    (".gitignore", "/target/\n"),
    ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"functions/*\", \"shared\", \"xtask\"]\n"),
    (
        "template.yaml",
        "\
Resources:
  ProblemsFunction:
    Properties:
      Events:
        Any: { Type: HttpApi, Properties: { Path: /api/problems } }
  SearchFunction:
    Properties:
      Events:
        Any: { Type: HttpApi, Properties: { Path: /api/search } }
  UsersFunction:
    Properties:
      Events:
        Any: { Type: HttpApi, Properties: { Path: /api/users } }
",
    ),
    ("openapi.json", "{}"),
    ("README.md", "| path |\n|---|\n| `/api/problems` |\n| `/api/users` |\n"),
    ("shared/src/lib.rs", "pub mod problem;\npub mod user;\n"),
    ("shared/src/problem.rs", "pub struct Problem;\n"),
    ("shared/src/user.rs", "pub struct User;\n"),
    (
        "functions/problems/src/lib.rs",
        "pub fn create() -> shared::problem::Problem {\n    shared::problem::Problem\n}\n",
    ),
    (
        "functions/search/src/lib.rs",
        "pub fn find(problem: &shared::problem::Problem) {\n    let _ = problem;\n}\n",
    ),
    ("functions/users/src/lib.rs", "pub fn create() -> shared::user::User {\n    shared::user::User\n}\n"),
    ("xtask/src/main.rs", "fn main() {}\n"),
    ("xtask/src/openapi/about.rs", ""),
];

struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(TempDir::new().unwrap());
        for (file, text) in FILES {
            project.write(file, text);
        }
        for package in ["shared", "xtask", "functions/problems", "functions/search", "functions/users"] {
            let name = package.rsplit('/').next().unwrap();
            let dependency =
                if package.starts_with("functions") { "shared = { path = \"../../shared\" }\n" } else { "" };
            let head = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\n");
            project.write(&format!("{package}/Cargo.toml"), &(head + dependency));
        }
        project.run("cargo", &["generate-lockfile", "--offline", "--quiet"]);
        project.run("git", &["init", "--quiet"]);
        project.run("git", &["add", "--all"]);
        let author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        project.run("git", &[&author[..], &["commit", "--quiet", "--message", "All"]].concat());
        project
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn has(&self, file: &str) -> bool {
        self.0.path().join(file).exists()
    }

    fn run(&self, program: &str, args: &[&str]) -> String {
        let (is_done, printed) = self.outcome(program, args);
        assert!(is_done, "{program} {args:?}: {printed}");
        printed
    }

    /// Runs `cargo xtask` with these arguments.
    fn xtask(&self, args: &[&str]) -> (bool, String) {
        self.outcome(env!("CARGO_BIN_EXE_scaffold"), args)
    }

    fn outcome(&self, program: &str, args: &[&str]) -> (bool, String) {
        let output = Command::new(program)
            .args(args)
            .current_dir(self.0.path())
            .env("CARGO_TARGET_DIR", self.0.path().join("target"))
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(printed).unwrap())
    }
}

#[test]
fn what_a_function_that_stays_needs_is_named_and_nothing_is_removed() {
    let project = Project::new();
    let (is_done, printed) = project.xtask(&["remove", "problems"]);
    assert!(!is_done && printed.contains("functions/search/src/lib.rs:1: "), "{printed}");
    assert_eq!(project.run("git", &["status", "--porcelain"]), "");
}

#[test]
fn a_function_goes_with_all_that_only_it_needs() {
    let project = Project::new();
    let (is_done, printed) = project.xtask(&["remove", "problems", "search"]);
    assert!(is_done, "{printed}");
    let left = ["template.yaml", "README.md", "shared/src/lib.rs"]
        .map(|file| fs::read_to_string(project.0.path().join(file)).unwrap());
    for text in left {
        assert!(!text.contains("roblem") && text.contains("ser"), "{text}");
    }
    assert!(!project.has("shared/src/problem.rs") && !project.has("functions/search"));
}

#[test]
fn strip_leaves_accounts_alone() {
    let project = Project::new();
    let (is_done, printed) = project.xtask(&["strip"]);
    assert!(is_done, "{printed}");
    assert!(
        project.has("functions/users")
            && !project.has("functions/problems")
            && !project.has("functions/search")
    );
}

#[test]
fn what_is_not_committed_is_not_lost() {
    let project = Project::new();
    project.write("functions/users/src/list.rs", "");
    let (is_done, printed) = project.xtask(&["strip"]);
    assert!(!is_done && printed.contains("commit first"), "{printed}");
    assert!(project.has("functions/problems"));
}
