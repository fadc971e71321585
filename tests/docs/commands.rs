//! The documents match the API: their commands work, and their requests get the answers that they show. So do scripts.

use std::process::Command;

use super::root;

#[test]
fn every_command_that_needs_no_aws_works() {
    run("local.py");
}

#[test]
fn sam_gets_what_functions_call_and_nothing_of_the_shell() {
    run("sam_script.py");
}

#[test]
fn every_request_of_a_nextjs_sample_is_answered_as_the_page_says() {
    run("from_nextjs.py");
}

/// Runs a script of tests/docs/commands if Python is installed.
fn run(script: &str) {
    if Command::new("python3").arg("--version").output().is_err() {
        assert!(std::env::var_os("REQUIRE_INTEROP").is_none(), "there is no python3");
        eprintln!("skipped: there is no python3 on this machine");
        return;
    }
    let script = root().join("tests/docs/commands").join(script);
    let output = Command::new("python3").arg(script).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
}
