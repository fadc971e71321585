//! What a real browser makes of the session's cookie: Chromium, driven by `chromedriver`, over `http://localhost`.
//!
//! Where the two are not installed (Debian: `chromium` and `chromium-driver`) the test says so and passes.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{App, PASSWORD};
use thirtyfour::common::cookie::SameSite;
use thirtyfour::extensions::query::ElementQueryable;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

const ADA: &str = "ada@example.com";

#[tokio::test]
async fn a_session_in_a_real_browser() {
    let Some(chromium) = Chromium::start().await else {
        println!("skipped: chromium or chromedriver is not installed");
        return;
    };
    let app = App::start().await;
    app.account(ADA).await;
    let api = app.stack.url().replace("127.0.0.1", "localhost");
    let page = chromium.open(&format!("{api}/api/docs")).await;

    // A page of the API signs in.
    assert_eq!(page.fetch("GET", "/api/session", None).await, (401, json!("No session")));
    let credentials = json!({"email": ADA, "password": PASSWORD});
    assert_eq!(page.fetch("POST", "/api/session", Some(credentials)).await, (201, json!(null)));
    assert_eq!(page.fetch("GET", "/api/profile", None).await, (200, json!(null)));
    page.expect_the_cookie().await;

    // A page of the API changes the profile and sees it, also after it was left.
    let name = json!({"name": "Ada"});
    assert_eq!(page.fetch("PUT", "/api/profile", Some(name)).await, (200, json!(null)));
    page.go(&format!("{api}/api/profile")).await;
    assert!(page.text().await.contains(r#""name":"Ada""#), "{}", page.text().await);

    // A page of another site: the browser keeps the cookie back. What is refused is the form, which is no JSON.
    let elsewhere = serve_blank_pages().await;
    page.go(&format!("http://127.0.0.1:{elsewhere}/")).await;
    page.submit_form(&format!("{api}/api/session")).await;
    assert!(page.text().await.contains("unsupported_media_type"), "{}", page.text().await);

    // A page of another origin of the same site, here another port: the browser sends the cookie, the API refuses.
    page.go(&format!("http://localhost:{elsewhere}/")).await;
    page.submit_form(&format!("{api}/api/session")).await;
    assert!(page.text().await.contains("forbidden"), "{}", page.text().await);

    // Scripts of either page do not get through, and read nothing.
    for host in ["127.0.0.1", "localhost"] {
        page.go(&format!("http://{host}:{elsewhere}/")).await;
        for (method, path, mode) in [
            ("POST", "/api/session", "no-cors"),
            ("DELETE", "/api/session", "cors"),
            ("PUT", "/api/profile", "cors"),
            ("GET", "/api/profile", "cors"),
        ] {
            let seen = page.fetch_from_elsewhere(method, &format!("{api}{path}"), mode).await;
            assert!(["opaque 0", "refused"].contains(&&*seen), "{host} {method} {path}: {seen}");
        }
    }

    // After all that the session is as it was, until the API's own page signs out.
    page.go(&format!("{api}/api/docs")).await;
    page.expect_the_cookie().await;
    assert_eq!(page.fetch("GET", "/api/session", None).await, (200, json!(null)));
    page.run("localStorage.setItem('left', 'behind')").await;
    assert_eq!(page.fetch("DELETE", "/api/session", None).await, (204, json!(null)));
    assert_eq!(page.cookies().await, Vec::<String>::new());
    assert_eq!(page.run("return localStorage.getItem('left')").await, json!(null));
    assert_eq!(page.fetch("GET", "/api/session", None).await, (401, json!("No session")));
    page.close().await;
}

/// `chromedriver`, on a port of its own choice.
struct Chromium {
    binary: PathBuf,
    url: String,
    profile: TempDir,
    _driver: Child,
}

/// A page in the browser.
struct Page(WebDriver);

impl Chromium {
    async fn start() -> Option<Self> {
        let binary = installed("chromium")?;
        let mut driver = Command::new(installed("chromedriver")?)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("it says its port before it ends");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // Its output must go somewhere for as long as it runs.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let url = format!("http://127.0.0.1:{port}");
        Some(Self { binary, url, profile: TempDir::new().unwrap(), _driver: driver })
    }

    async fn open(&self, url: &str) -> Page {
        let mut chrome = DesiredCapabilities::chrome();
        chrome.set_binary(self.binary.to_str().unwrap()).unwrap();
        for flag in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-proxy-server",
            &format!("--user-data-dir={}", self.profile.path().display()),
        ] {
            chrome.add_arg(flag).unwrap();
        }
        let page = Page(WebDriver::new(&self.url, chrome).await.unwrap());
        page.go(url).await;
        page
    }
}

impl Page {
    async fn go(&self, url: &str) {
        self.0.goto(url).await.unwrap();
    }

    /// What a script on the page gives back.
    async fn run(&self, script: &str) -> Value {
        self.0.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    async fn text(&self) -> String {
        self.run("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// What a script of the API's own page gets: the status, and the error's sentence if it is one.
    async fn fetch(&self, method: &str, path: &str, body: Option<Value>) -> (u64, Value) {
        let script = "const [method, path, body, done] = arguments;
            const headers = body ? {'Content-Type': 'application/json'} : {};
            fetch(path, {method, headers, body: body && JSON.stringify(body)})
                .then(async (answer) => done([answer.status, JSON.parse(await answer.text() || '{}').error ?? null]));";
        let arguments = vec![json!(method), json!(path), json!(body)];
        let answer = self.0.execute_async(script, arguments).await.unwrap();
        answer.convert().unwrap()
    }

    /// What a script of another origin's page gets, with the browser's cookies where it sends them.
    async fn fetch_from_elsewhere(&self, method: &str, url: &str, mode: &str) -> String {
        let script = "const [method, url, mode, done] = arguments;
            fetch(url, {method, mode, credentials: 'include', body: method === 'GET' ? undefined : 'x'})
                .then((answer) => done(`${answer.type} ${answer.status}`), () => done('refused'));";
        let arguments = vec![json!(method), json!(url), json!(mode)];
        self.0.execute_async(script, arguments).await.unwrap().convert().unwrap()
    }

    /// Submits a form of this page and waits for the answer's page.
    async fn submit_form(&self, action: &str) {
        let script = "const form = document.createElement('form');
            [form.method, form.action] = ['POST', arguments[0]];
            document.body.append(form);
            form.submit();";
        self.0.execute(script, vec![json!(action)]).await.unwrap();
        self.0.query(thirtyfour::By::Tag("pre")).first().await.unwrap();
    }

    /// That the browser has the session's cookie and takes it for what it is to be. No script sees it.
    async fn expect_the_cookie(&self) {
        let cookies = self.0.get_all_cookies().await.unwrap();
        let [cookie] = &*cookies else { panic!("{cookies:?}") };
        assert_eq!((&*cookie.name, cookie.path.as_deref()), ("__Host-sessionId", Some("/")));
        assert_eq!(cookie.domain.as_deref(), Some("localhost"), "without a dot: this host alone");
        assert_eq!((cookie.http_only, cookie.secure), (Some(true), Some(true)));
        assert!(matches!(cookie.same_site, Some(SameSite::Strict)), "{cookie:?}");
        assert!(cookie.expiry.is_some(), "it outlives the browser");
        assert_eq!(self.run("return document.cookie").await, json!(""));
    }

    async fn cookies(&self) -> Vec<String> {
        self.0.get_all_cookies().await.unwrap().into_iter().map(|cookie| cookie.name).collect()
    }

    async fn close(self) {
        self.0.quit().await.unwrap();
    }
}

/// A program on the path.
fn installed(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Answers every request with an empty page, on the port that it returns, for as long as the test runs.
async fn serve_blank_pages() -> u16 {
    const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<!DOCTYPE html>";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 16 * 1024];
                // One read has a whole GET of a browser's; whatever it asks for, the answer is the same.
                if connection.read(&mut request).await.is_ok() {
                    let _ = connection.write_all(PAGE).await;
                }
            });
        }
    });
    port
}
