use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities, Cookie, DesiredCapabilities, TimeoutConfiguration, WebDriver};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The longest time that a script on a page may take, on a machine that runs many tests at once.
const SCRIPT_TIMEOUT: Duration = Duration::from_mins(2);

/// A real browser: Chromium, driven by `chromedriver` on a free port.
pub struct Chromium {
    binary: PathBuf,
    url: String,
    _driver: Child,
}

/// A window of a fresh browser, without cookies, storage or cache.
pub struct Page {
    driver: WebDriver,
    _profile: TempDir,
}

impl Chromium {
    /// Starts the driver. Returns `None` if Chromium or its driver is not installed (Debian: `chromium` and
    /// `chromium-driver`); the test then says so and passes, unless `REQUIRE_BROWSER` is set.
    pub async fn start() -> Option<Self> {
        let (Some(binary), Some(driver)) = (installed("chromium"), installed("chromedriver")) else {
            assert!(
                std::env::var_os("REQUIRE_BROWSER").is_none(),
                "chromium or chromedriver is not installed"
            );
            println!("skipped: chromium or chromedriver is not installed");
            return None;
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("it prints its port before it ends");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        // A full pipe would stop the driver.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Some(Self { binary, url: format!("http://127.0.0.1:{port}"), _driver: driver })
    }

    /// Opens a window at this URL.
    pub async fn open(&self, url: &str) -> Page {
        let profile = TempDir::new().unwrap();
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
            // Names for pages of strangers, as their own DNS would resolve them.
            "--host-resolver-rules=MAP *.test 127.0.0.1",
            // Chromium ends when this pipe closes, so it ends with its driver even if a test fails before it closes the
            // window.
            "--remote-debugging-pipe",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            chrome.add_arg(flag).unwrap();
        }
        let driver = WebDriver::new(&self.url, chrome).await.unwrap();
        let timeouts = TimeoutConfiguration::new(Some(SCRIPT_TIMEOUT), None, None);
        driver.update_timeouts(timeouts).await.unwrap();
        let page = Page { driver, _profile: profile };
        page.go(url).await;
        page
    }
}

impl Page {
    /// Goes to this URL.
    pub async fn go(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// Runs the body of an `async` function that takes `args`, and returns its result.
    pub async fn run(&self, body: &str, args: Value) -> Value {
        let script = format!(
            "const [args, done] = arguments;
            (async () => {{ {body} }})().then((value) => done({{value: value ?? null}}), (error) => done({{error: String(error)}}))"
        );
        let outcome = self.driver.execute_async(script, vec![args]).await.unwrap().json().clone();
        assert_eq!(outcome.get("error"), None, "thrown by\n{body}");
        outcome["value"].clone()
    }

    /// Waits until this expression is true.
    pub async fn until(&self, condition: &str) {
        let wait = format!("while (!({condition})) await new Promise((ready) => setTimeout(ready, 10))");
        self.run(&wait, Value::Null).await;
    }

    /// Returns the result of `fetch` in a script of the page: `{status, type, headers, body}`, with the headers that
    /// the script can read and the body as text, or `null` if the browser refuses.
    pub async fn fetch(&self, url: &str, init: Value) -> Value {
        let body = "const [url, init] = args;
            const response = await fetch(url, init).catch(() => null);
            return response && {
                status: response.status,
                type: response.type,
                headers: Object.fromEntries(response.headers),
                body: await response.text(),
            };";
        self.run(body, json!([url, init])).await
    }

    /// Returns the text that the page shows.
    pub async fn text(&self) -> String {
        self.run("return document.body.innerText", Value::Null).await.as_str().unwrap_or_default().to_owned()
    }

    /// Makes the page believe that its reader prefers this colour scheme, `light` or `dark`.
    pub async fn prefer_colour_scheme(&self, scheme: &str) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
    }

    /// Limits the page to this many bytes a second in each direction.
    pub async fn slow_down(&self, bytes_per_second: u32) {
        let conditions = json!({
            "offline": false, "latency": 0,
            "uploadThroughput": bytes_per_second, "downloadThroughput": bytes_per_second,
        });
        self.driver.cdp().send_raw("Network.enable", json!({})).await.unwrap();
        self.driver.cdp().send_raw("Network.emulateNetworkConditions", conditions).await.unwrap();
    }

    /// Resizes the page to this many pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
    }

    /// Returns the cookies that the browser would send to the page's own URL, including those that scripts cannot see.
    pub async fn cookies(&self) -> Vec<Cookie> {
        self.driver.get_all_cookies().await.unwrap()
    }

    /// Closes the window.
    pub async fn close(self) {
        self.driver.clone().quit().await.unwrap();
    }
}

impl Drop for Page {
    /// Leaves an open window to its driver, which closes it when it ends. `WebDriver` itself would block the runtime,
    /// and with it the API that the page may be waiting for.
    fn drop(&mut self) {
        let _ = self.driver.clone().leak();
    }
}

/// Finds a program on the path.
fn installed(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
