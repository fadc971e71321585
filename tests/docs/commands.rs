//! The commands of README.md, docs/ and the Makefile's help do what they are said to do.

use std::process::Command;

use super::root;

#[test]
fn every_command_that_needs_no_aws_works() {
    let mut python = Command::new("python3");
    if python.arg("--version").output().is_err() && std::env::var_os("REQUIRE_INTEROP").is_none() {
        eprintln!("skipped: there is no python3 on this machine");
        return;
    }
    let script = root().join("tests/docs/commands/local.py");
    let output = Command::new("python3").arg(script).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.lines().filter(|line| line.starts_with("ok")).count() > 20, "{printed}");
}
