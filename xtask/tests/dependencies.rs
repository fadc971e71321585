//! The dependencies of functions: a function's Cargo.toml is the list of its capabilities.

#![expect(clippy::unwrap_used, reason = "the functions below are of tests only")]

use std::process::Command;

/// Functions without a table.
const WITHOUT_TABLE: &[&str] = &["docs", "example", "fallback", "public"];

/// Functions that talk to servers of others.
const OF_STRANGERS: &[&str] = &["weather"];

/// Returns every crate from which a function is linked.
fn linked(function: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--package", function])
        .current_dir(xtask::root())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.starts_with(&format!("{function} v")), "{printed}");
    printed
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
