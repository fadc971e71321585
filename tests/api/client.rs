//! The client in clients/typescript against the real API, in Node.js and in a browser on a page of another origin.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::json;
use shared::clock::Clock;
use shared::domain::{Role, Timestamp};
use tests::{App, Chromium, Site, just_signed_in};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients/typescript");

/// Builds the client and its tests once. Returns `false` if its packages are not installed.
fn is_built() -> bool {
    static IS_BUILT: LazyLock<bool> = LazyLock::new(|| {
        if !Path::new(FOLDER).join("node_modules").exists() {
            let is_required = std::env::var_os("REQUIRE_INTEROP").is_some();
            assert!(!is_required, "clients/typescript has no packages: `make client` installs them");
            eprintln!("skipped: clients/typescript has no packages; `make client` installs them");
            return false;
        }
        let built =
            Command::new("npm").args(["run", "--silent", "pretest"]).current_dir(FOLDER).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stdout));
        true
    });
    *IS_BUILT
}

/// Signs an access token that expired an hour ago.
fn expired_token(app: &App) -> String {
    let an_hour = i64::try_from(Duration::from_hours(1).as_millis()).unwrap();
    let clock = Clock::set_to(Timestamp::from_millis(Clock::system().now().as_millis() - an_hour));
    let caller = just_signed_in(app.caller().id().parse().unwrap(), Role::User);
    app.tokens.at(clock).sign(caller).unwrap()
}

/// Runs a module of the client's tests in Node.js and returns its output.
async fn node(app: &App, module: &str) -> String {
    let output = tokio::process::Command::new("node")
        .args(["--input-type=module", "--eval", module])
        .current_dir(FOLDER)
        .env("API", app.stack.url())
        .env("EXPIRED", expired_token(app))
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_client_in_node() {
    if !is_built() {
        return;
    }
    let app = App::start().await;
    let module = "import { scenario } from './build/scenario.js';
        const log = await scenario(process.env.API, process.env.EXPIRED);
        console.log(log.join('\\n'));";
    println!("{}", node(&app, module).await);
}

#[tokio::test]
async fn the_client_as_the_tour_shows_it() {
    if !is_built() {
        return;
    }
    let app = App::start().await;
    let printed = node(&app, "import './build/documents/tour.js'").await;
    assert!(printed.starts_with("Grace\n"), "{printed}");
}

#[tokio::test]
async fn the_client_in_a_browser_on_a_page_of_another_origin() {
    let Some(chromium) = Chromium::start().await else { return };
    if !is_built() {
        return;
    }
    let site = Site::serve(FOLDER).await;
    let app = App::allowing(&site.origin()).await;
    let page = chromium.open(&format!("{}/test/scenario.html", site.origin())).await;
    let script = "const { scenario } = await import('/build/scenario.js'); return scenario(...args);";
    let log = page.run(script, json!([app.stack.url(), expired_token(&app)])).await;
    for line in log.as_array().unwrap() {
        println!("{}", line.as_str().unwrap());
    }
    page.close().await;
}
