//! Other libraries verify our tokens with the published keys, and we accept theirs if these follow the same rules.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::domain::Role;
use shared::store::TokenKeys;
use tests::{App, just_signed_in};
use tokio::task::spawn_blocking;

mod iam;
mod runtimes;
mod stripe;

/// The output of a program that verified one of our tokens and signed others with the same private key.
#[derive(Deserialize)]
struct Signed {
    /// The claims that it read.
    claims: Value,
    /// A token like ours, which must be accepted.
    good: String,
    /// Bad tokens, by the name of their fault.
    bad: BTreeMap<String, String>,
}

/// The reasons for each wrong token: RFC 8725 (3.1, 3.2, 3.8 to 3.11) and RFC 9068 (2.2, 4).
const WRONGS: [&str; 24] = [
    "no iss",
    "no aud",
    "no sub",
    "no exp",
    "no nbf",
    "no iat",
    "no jti",
    "no role",
    "no authEpoch",
    "no auth_time",
    "no typ",
    "typ JWT",
    "typ rt+jwt",
    "unknown kid",
    "another issuer",
    "another audience",
    "expired",
    "not yet valid",
    "issued in the future",
    "alg none",
    "HS256 with the public key",
    "HS512 with the public key",
    "HS256 with the secret",
    "another key",
];

#[tokio::test]
async fn pyjwt_reads_our_tokens_and_we_refuse_its_incomplete_ones() {
    let python = python();
    exchange("PyJWT", command(&python, &["-c", "import jwt, cryptography"]), command(&python, &["pyjwt.py"]))
        .await;
}

#[tokio::test]
async fn jose_reads_our_tokens_and_we_refuse_its_incomplete_ones() {
    let node = Path::new("node");
    let import = ["--input-type=module", "--eval", "import 'jose'"];
    exchange("jose", command(node, &import), command(node, &["jose.mjs"])).await;
}

async fn exchange(package: &str, probe: Command, script: Command) {
    if !is_installed(package, probe) {
        return;
    }
    let app = App::start().await;
    let caller = app.caller();
    let ours = just_signed_in(caller.id().parse().unwrap(), Role::User);
    let salt = TokenKeys::new(app.table()).get().await.unwrap().keys[0].salt;
    let given = json!({
        "keys": format!("{}/.well-known/jwks.json", app.stack.url()),
        "secret": app.stack.secret("ACCESS_TOKEN_SECRET").unwrap(),
        "salt": URL_SAFE_NO_PAD.encode(salt),
        "token": app.tokens.sign(ours).unwrap(),
    });
    // The program asks the API for the keys.
    let signed: Signed = spawn_blocking(move || run(script, &given)).await.unwrap();

    assert_eq!(signed.claims["sub"], caller.id(), "{}", signed.claims);
    assert_eq!((&signed.claims["iss"], &signed.claims["aud"]), (&json!("api"), &json!("api")));
    assert_eq!(signed.claims["role"], "user");
    // The token says nothing else about the user, because its holder can read it.
    let names: Vec<&String> = signed.claims.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 10, "{names:?}");
    let seconds = signed.claims["exp"].as_i64().unwrap() - signed.claims["iat"].as_i64().unwrap();
    assert_eq!(seconds, 15 * 60);

    let url = format!("/api/users/{}", app.admin().id());
    let send = async |token: &str| {
        app.anonymous().get(&url).header("authorization", &format!("Bearer {token}")).await
    };
    send(&signed.good).await.expect(200);
    for (wrong, token) in &signed.bad {
        let answer = send(token).await;
        assert_eq!(answer.status, 401, "{package}, {wrong}: {answer:?}");
        answer.expect_error(401, if wrong == "expired" { "token_expired" } else { "invalid_token" });
    }
    for wrong in WRONGS {
        assert!(signed.bad.contains_key(wrong), "{package} does not try: {wrong}");
    }
}

/// Tells whether a package is installed. If it is missing, its tests are skipped or, in CI, fail.
pub(super) fn is_installed(package: &str, mut probe: Command) -> bool {
    let is_installed = probe.output().is_ok_and(|output| output.status.success());
    if !is_installed {
        let is_required = std::env::var_os("REQUIRE_INTEROP").is_some();
        assert!(!is_required, "{package} is not installed: .ci/run shows how");
        eprintln!("skipped: {package} is not installed on this machine; .ci/run shows how");
    }
    is_installed
}

/// Runs the script with `input` and returns its answer.
fn run<T: DeserializeOwned>(script: Command, input: &Value) -> T {
    serde_json::from_slice(&output(script, input.to_string().as_bytes())).unwrap()
}

/// Runs the command with `input` on its standard input and returns its output.
fn output(mut command: Command, input: &[u8]) -> Vec<u8> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Returns the Python with the packages of .ci/run, or the system's if there is none.
pub(super) fn python() -> PathBuf {
    let venv = folder().join("../../.venv/bin/python");
    if venv.exists() { venv } else { "python3".into() }
}

pub(super) fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder());
    command
}

pub(super) fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/interop"))
}
