//! The dependencies of functions: a function's Cargo.toml is the list of its capabilities.

#![expect(clippy::unwrap_used, reason = "the functions below are of tests only")]

use std::process::Command;

/// Functions without a table.
const WITHOUT_TABLE: &[&str] = &["docs", "example", "fallback", "public"];

/// Functions that talk to servers of others.
const OF_STRANGERS: &[&str] = &["weather"];

/// Crates that read or parse much at start, or are a second implementation of what is linked anyway.
const IN_NO_FUNCTION: &[&str] = &["aws-config", "aws-lc-sys", "openssl-sys", "rustls-native-certs"];

/// Returns every crate from which a function is linked.
fn linked(function: &str) -> String {
    let printed = tree(&["--package", function]);
    assert!(printed.starts_with(&format!("{function} v")), "{printed}");
    printed
}

/// Returns the dependencies of a selection of packages; of all functions, if it is empty.
fn tree(selection: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none"])
        .args(selection)
        .current_dir(xtask::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn is_of_the_aws_sdk(line: &str) -> bool {
    ["aws-sdk-", "aws-smithy-", "aws-credential-types"].iter().any(|name| line.starts_with(name))
}

#[test]
fn a_function_without_a_table_links_no_aws_sdk() {
    for function in WITHOUT_TABLE {
        let linked = linked(function);
        let sdk: Vec<&str> = linked.lines().filter(|line| is_of_the_aws_sdk(line)).collect();
        assert!(sdk.is_empty(), "{function} links {sdk:?}");
    }
    assert!(linked("health").lines().any(is_of_the_aws_sdk), "the names are those of today");
}

#[test]
fn only_those_who_talk_to_strangers_trust_all_certificate_authorities() {
    for function in OF_STRANGERS {
        assert!(linked(function).lines().any(|line| line.starts_with("webpki-roots ")), "{function}");
    }
    for function in ["docs", "users", "auth-login"] {
        assert!(!linked(function).contains("webpki-roots "), "{function}");
    }
}

#[test]
fn no_function_links_what_slows_its_start() {
    let linked = tree(&[]);
    let lines = |name: &str| linked.lines().filter(|line| line.starts_with(&format!("{name} v"))).count();
    assert!(["users", "docs", "aws-sdk-dynamodb", "rustls"].iter().all(|name| lines(name) > 0), "{linked}");
    for name in IN_NO_FUNCTION {
        assert_eq!(lines(name), 0, "a function links {name}");
    }
}

#[test]
fn functions_run_on_one_thread() {
    // `lambda_runtime` links the runtime of several threads; starting it would start them.
    let functions = xtask::root().join("functions");
    let mains = functions.read_dir().unwrap().map(|folder| folder.unwrap().path().join("src/main.rs"));
    let mains: Vec<_> = mains.filter(|path| path.exists()).collect();
    assert!(mains.len() > 2, "{mains:?}");
    for path in mains {
        let main = std::fs::read_to_string(&path).unwrap();
        assert!(main.contains("#[tokio::main(flavor = \"current_thread\")]"), "{}", path.display());
    }
}
