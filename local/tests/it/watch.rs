//! Saved is served, with a small workspace of its own and the real cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use local::{InvokeError, Stack};
use tempfile::TempDir;

use crate::command::{Running, body};
use crate::sqs::{DEAD, JOBS, client, receive, send as send_message};
use crate::support::{Place, eventually, get, send};

const TEMPLATE: &str = r"
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: greeter
      Environment: { Variables: { WORD: first } }
      Events:
        Hello: { Type: HttpApi, Properties: { Path: /hello, Method: ANY } }
  OtherFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionUrlConfig: { AuthType: NONE, InvokeMode: RESPONSE_STREAM }
      Events:
        Other: { Type: HttpApi, Properties: { Path: /other, Method: ANY } }
";

/// A build script that waits while there is a file `hold`, and writes its process id into a file `held`.
const HOLDING: &str = r#"fn main() {
    println!("cargo::rerun-if-changed=src");
    while std::path::Path::new("../../hold").exists() {
        std::fs::write("../../held", std::process::id().to_string()).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}"#;

/// A workspace of two functions and the library that both use.
struct Workspace {
    dir: TempDir,
}

impl Workspace {
    fn new() -> Self {
        let workspace = Self { dir: tempfile::tempdir().unwrap() };
        workspace.write("template.yaml", TEMPLATE);
        workspace
            .write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"functions/*\", \"runtime\"]\n");
        workspace.package("runtime", "");
        workspace.write("runtime/src/lib.rs", include_str!("watch/runtime.rs"));
        workspace.function("hello", "\"one\".to_owned()");
        workspace.function("other", "std::process::id().to_string()");
        workspace
    }

    fn package(&self, folder: &str, dependencies: &str) {
        let name = folder.rsplit('/').next().unwrap();
        let manifest =
            format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[dependencies]\n{dependencies}\n");
        self.write(&format!("{folder}/Cargo.toml"), &manifest);
    }

    fn function(&self, name: &str, answer: &str) {
        self.package(&format!("functions/{name}"), "runtime = { path = \"../../runtime\" }");
        self.answer(name, answer);
    }

    /// Saves a function that answers with this expression.
    fn answer(&self, name: &str, expression: &str) {
        self.write(
            &format!("functions/{name}/src/main.rs"),
            &format!("fn main() {{\n    runtime::serve(|| {expression});\n}}\n"),
        );
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Saves as many editors do: a new file takes the place of the old one.
    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let draft = path.with_extension("draft~");
        fs::write(&draft, text).unwrap();
        fs::rename(draft, path).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Waits for another build script than these that holds, and returns its process id.
    async fn holding(&self, known: &[&str]) -> String {
        let held = || fs::read_to_string(self.path("held")).unwrap_or_default();
        let is_new = |id: &str| !id.is_empty() && !known.contains(&id);
        let mut id = String::new();
        eventually("another build script holds", || {
            id = held();
            is_new(&id)
        })
        .await;
        id
    }

    async fn start(&self) -> Stack {
        let builder = Stack::builder().template(self.path("template.yaml"));
        let stack =
            builder.binaries(self.path("target/debug")).in_memory().quiet().watch().start().await.unwrap();
        let watched = stack.watched().unwrap();
        assert_eq!(watched, "2 functions are rebuilt when they are saved; 2 are not built yet");
        assert_eq!(stack.missing_binaries(), Vec::<PathBuf>::new());
        stack
    }
}

/// Waits until the log has this text behind what it had.
async fn says(stack: &Stack, earlier: &str, text: &str) {
    eventually(text, || stack.logs()[earlier.len()..].contains(text)).await;
}

async fn answer(stack: &Stack, path: &str) -> String {
    let reply = get(stack, path).await;
    assert_eq!(reply.status, 200, "{reply:?}\n{}", stack.logs());
    reply.text()
}

#[tokio::test]
async fn a_saved_function_is_served_and_a_compile_error_is_the_answer() {
    let workspace = Workspace::new();
    // Nothing is built yet. The first requests wait.
    let stack = workspace.start().await;
    assert_eq!(answer(&stack, "/hello").await, "one");
    let other = answer(&stack, "/other").await;

    let logs = stack.logs();
    workspace.answer("hello", "\"two\".to_owned()");
    says(&stack, &logs, "functions/hello/src/main.rs changed: building hello").await;
    assert_eq!(answer(&stack, "/hello").await, "two");

    let logs = stack.logs();
    workspace.answer("hello", "\"<three> & more\" + 4");
    says(&stack, &logs, "building hello").await;
    let plain = get(&stack, "/hello").await;
    assert_eq!((plain.status, plain.header("content-type")), (502, Some("text/plain; charset=utf-8")));
    let text = plain.text();
    assert!(text.starts_with("greeter does not compile\n\nerror[E0369]: cannot add"), "{text}");
    assert!(text.contains("functions/hello/src/main.rs:2:") && text.contains("<three> & more"), "{text}");
    assert!(stack.logs().contains("warning: hello cannot be built:\nerror[E0369]"), "{}", stack.logs());
    let page = send(&stack, "GET", "/hello", &[("Accept", "text/html,*/*;q=0.8")], b"").await;
    assert_eq!((page.status, page.header("content-type")), (502, Some("text/html; charset=utf-8")));
    assert!(page.text().contains("\"&lt;three> &amp; more\""), "{}", page.text());
    let invoked = stack.invoke("greeter", serde_json::json!({})).await.unwrap_err();
    assert!(matches!(&invoked, InvokeError::Build(text) if text.contains("E0369")), "{invoked:?}");

    let logs = stack.logs();
    workspace.answer("hello", "\"four\".to_owned()");
    says(&stack, &logs, "building hello").await;
    assert_eq!(answer(&stack, "/hello").await, "four");
    assert_eq!(answer(&stack, "/other").await, other, "the other function's process runs on");
    stack.shutdown().await;
}

#[tokio::test]
async fn a_request_waits_for_the_build_and_others_do_not() {
    let workspace = Workspace::new();
    workspace.write("functions/hello/build.rs", HOLDING);
    let stack = workspace.start().await;
    assert_eq!(answer(&stack, "/hello").await, "one");
    let other = answer(&stack, "/other").await;

    workspace.write("hold", "");
    workspace.answer("hello", "\"two\".to_owned()");
    let first = workspace.holding(&[]).await;
    let mut waiting = Box::pin(answer(&stack, "/hello"));
    tokio::select! {
        biased;
        text = &mut waiting => panic!("answered with {text} during the build"),
        text = answer(&stack, "/other") => assert_eq!(text, other),
    }

    // What is saved during a build is built again, and the request waits for that.
    let logs = stack.logs();
    workspace.answer("hello", "\"three\".to_owned()");
    // The first build has been killed when the log says this.
    says(&stack, &logs, "building hello").await;
    let second = workspace.holding(&[&first]).await;
    kill_cargo(workspace.dir.path());
    // The build that was killed is tried again.
    workspace.holding(&[&first, &second]).await;
    workspace.remove("hold");
    assert_eq!(waiting.await, "three");
    stack.shutdown().await;
}

/// A message that is received while its function does not compile would count as failed, and move to the other queue.
#[tokio::test]
async fn a_message_waits_for_a_function_that_compiles() {
    let workspace = Workspace::new();
    let queues = "  Dead: { Type: AWS::SQS::Queue }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1 }
";
    let event = "        Job: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn } }\n";
    workspace.write("template.yaml", &format!("{TEMPLATE}{event}{queues}"));
    workspace.answer("other", "missing()");
    let stack = workspace.start().await;
    assert_eq!(get(&stack, "/other").await.status, 502);
    let client = client(&stack);
    send_message(&client, JOBS, "a").await;
    // Time for a delivery that does not wait.
    assert_eq!(answer(&stack, "/hello").await, "one");

    let handled = workspace.path("handled");
    let note = format!("{{ std::fs::write({handled:?}, \"\").unwrap(); String::new() }}");
    workspace.answer("other", &note);
    eventually("the message is handled", || handled.exists()).await;
    assert!(receive(&client, DEAD).await.is_empty());
    stack.shutdown().await;
}

/// Kills the cargo that this process started in the folder, as the system does when memory is short.
fn kill_cargo(folder: &Path) {
    let folder = fs::canonicalize(folder).unwrap();
    let own = format!(" {} ", std::process::id());
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let mut cargo = processes.filter(|process| {
        let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        let is_child = stat.rsplit_once(')').is_some_and(|(_, rest)| rest[2..].starts_with(&own));
        is_child && fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == folder)
    });
    let id = cargo.next().unwrap().file_name();
    assert!(Command::new("kill").arg("-KILL").arg(id).status().unwrap().success());
}

#[tokio::test]
async fn a_library_rebuilds_all_and_moved_folders_are_seen() {
    let workspace = Workspace::new();
    let stack = workspace.start().await;
    let other = answer(&stack, "/other").await;

    let logs = stack.logs();
    workspace.write("runtime/src/lib.rs", "pub fn serve(answer: impl Fn() -> String) {");
    says(&stack, &logs, "runtime/src/lib.rs changed: building hello, other").await;
    for path in ["/hello", "/other", "/lambda-url/other/"] {
        let reply = get(&stack, path).await;
        assert!(reply.status == 502 && reply.text().contains("unclosed delimiter"), "{reply:?}");
    }

    // As `git checkout` does: folders go and come, and files in them change.
    let logs = stack.logs();
    let fixed = include_str!("watch/runtime.rs").replace("answer()", "answer() + \"!\"");
    fs::rename(workspace.path("runtime"), workspace.path("away")).unwrap();
    fs::rename(workspace.path("functions/hello"), workspace.path("hello")).unwrap();
    fs::remove_dir_all(workspace.path("away")).unwrap();
    workspace.package("runtime", "");
    workspace.write("runtime/src/lib.rs", &fixed);
    workspace.function("hello", "\"five\".to_owned()");
    says(&stack, &logs, "building").await;
    assert_eq!(answer(&stack, "/hello").await, "five!");
    assert_ne!(answer(&stack, "/other").await, format!("{other}!"));

    // The new folders are watched, too.
    let logs = stack.logs();
    workspace.answer("hello", "\"six\".to_owned()");
    says(&stack, &logs, "building hello").await;
    assert_eq!(answer(&stack, "/hello").await, "six!");
    let logs = stack.logs();
    workspace.write("runtime/src/lib.rs", &fixed.replace("answer() + \"!\"", "answer() + \"?\""));
    says(&stack, &logs, "building hello, other").await;
    assert_eq!(answer(&stack, "/hello").await, "six?");
    stack.shutdown().await;
}

#[tokio::test]
async fn a_change_of_the_template_is_taken_over_or_refused_with_its_reason() {
    let workspace = Workspace::new();
    workspace.answer("hello", "std::env::var(\"WORD\").unwrap()");
    let stack = workspace.start().await;
    assert_eq!(answer(&stack, "/hello").await, "first");
    let other = answer(&stack, "/other").await;

    let logs = stack.logs();
    let second = TEMPLATE.replace("first", "second").replace("Path: /hello", "Path: /greeting");
    workspace.write("template.yaml", &second);
    says(&stack, &logs, "changed: taken over, with new processes of greeter").await;
    assert_eq!(answer(&stack, "/greeting").await, "second");
    assert_eq!(get(&stack, "/hello").await.status, 404);
    assert_eq!(answer(&stack, "/other").await, other, "a function that did not change runs on");

    let logs = stack.logs();
    workspace.write("template.yaml", &second.replace("KeyType: HASH", "KeyType: RANGE"));
    says(&stack, &logs, "nothing is taken over: restart to change tables").await;
    let logs = stack.logs();
    workspace.write("template.yaml", &format!("{second}  Jobs: {{ Type: AWS::SQS::Queue }}\n"));
    says(&stack, &logs, "nothing is taken over: restart to change queues").await;
    let logs = stack.logs();
    let daily = "        Daily: { Type: Schedule, Properties: { Schedule: rate(1 day) } }\n";
    workspace.write("template.yaml", &format!("{second}{daily}"));
    says(&stack, &logs, "nothing is taken over: restart to change events that are no requests").await;
    let logs = stack.logs();
    workspace.write("template.yaml", &second.replace("Method: ANY", "Method: [ANY]"));
    says(&stack, &logs, "nothing is taken over: ").await;
    assert!(stack.logs()[logs.len()..].contains("template.yaml:"), "{}", stack.logs());
    assert_eq!(answer(&stack, "/greeting").await, "second");

    // A new function, and its route.
    let logs = stack.logs();
    let third = second.clone()
        + "  ThirdFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      Events:\n        Third: { Type: HttpApi, Properties: { Path: /third, Method: GET } }\n";
    workspace.function("third", "\"new\".to_owned()");
    workspace.write("template.yaml", &third);
    says(&stack, &logs, "taken over, with new processes of third").await;
    says(&stack, &logs, "third rebuilt").await;
    assert_eq!(answer(&stack, "/third").await, "new");
    stack.shutdown().await;
}

#[tokio::test]
async fn a_build_goes_where_functions_start_from_whatever_cargo_is_configured_to() {
    let workspace = Workspace::new();
    workspace.write(".cargo/config.toml", "[build]\ntarget-dir = \"elsewhere\"\n");
    let stack = workspace.start().await;
    assert_eq!(answer(&stack, "/hello").await, "one");
    assert!(!workspace.path("elsewhere").exists());
    stack.shutdown().await;
}

#[tokio::test]
async fn where_no_file_can_be_watched_functions_are_built_all_the_same() {
    // A user namespace has limits of its own.
    let limited = |command: &str| {
        let lowered = format!("echo 0 > /proc/sys/user/max_inotify_instances && {command}");
        let mut unshare = Command::new("unshare");
        unshare.args(["--user", "--map-root-user", "sh", "-c", &lowered]);
        unshare
    };
    if !limited("true").output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this system lets nobody make a user namespace");
        return;
    }
    let workspace = Workspace::new();
    let run =
        format!("exec {} run --in-memory --port 0 --s3-port 0 --invoke-port 0", env!("CARGO_BIN_EXE_local"));
    let running = Running::of(limited(&run).current_dir(workspace.dir.path()).env_remove("CARGO_TARGET_DIR"));
    let url = running.announced("API");
    let watched = running.announced("watch");
    let limit = "Too many open files (os error 24)";
    assert_eq!(
        watched,
        format!("2 functions are built now, and not when they are saved: {limit}; 2 are not built yet")
    );
    assert_eq!(body(&url, "/hello"), "one");
}

#[tokio::test]
async fn release_binaries_are_not_rebuilt() {
    let workspace = Workspace::new();
    let builder = Stack::builder().template(workspace.path("template.yaml"));
    let stack = builder.binaries(workspace.path("target/release")).in_memory().quiet().watch().start().await;
    let stack = stack.unwrap();
    let watched = stack.watched().unwrap();
    assert!(watched.ends_with("/target/release, and only debug binaries are rebuilt"), "{watched}");
    stack.shutdown().await;
}

#[tokio::test]
async fn without_a_workspace_nothing_is_watched_and_all_is_served() {
    let place = Place::new();
    let stack = place.builder().watch().start().await.unwrap();
    let watched = stack.watched().unwrap();
    assert!(watched.starts_with("nothing is rebuilt: ") && watched.contains("Cargo.toml"), "{watched}");
    assert_eq!(get(&stack, "/echo").await.status, 200);
}
