//! A real browser: headless Chromium, driven over `WebDriver` as a person uses it.
//!
//! Whatever a test does, no page may log an error, break the content security policy, or be wider than the screen.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use thirtyfour::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::PATIENCE;

/// Taller, a picture is no longer readable beside text.
const TALLEST_PICTURE: f64 = 1100.0;
/// Where `make test` puts it.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/axe-core/axe.min.js");

/// A browser with one window.
pub struct Chromium {
    driver: WebDriver,
    /// `ChromeDriver`.
    _server: Child,
    port: u16,
    has_scripts: bool,
    screenshots: Option<PathBuf>,
}

/// What sort of browser.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The width of the window in CSS pixels.
    pub width: u32,
    /// Whether pages may run scripts.
    pub scripts: bool,
    /// What it asks pages to be in.
    pub language: &'static str,
}

/// At a desk, in Dutch.
pub const DESK: Kind = Kind { width: 1100, scripts: true, language: "nl" };
/// A small phone that runs no scripts.
pub const PHONE_WITHOUT_SCRIPTS: Kind = Kind { width: 360, scripts: false, language: "nl" };

impl Chromium {
    pub async fn start(kind: Kind) -> Self {
        let (server, port) = start_driver().await;
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in [
            "--headless=new",
            // Chromium has no sandbox as root; the pages are our own.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        let preferences = json!({"intl.accept_languages": kind.language});
        capabilities.add_experimental_option("prefs", preferences).unwrap();
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        let driver = WebDriver::new(format!("http://localhost:{port}"), capabilities).await.unwrap();
        let browser = Self { driver, _server: server, port, has_scripts: kind.scripts, screenshots: None };
        let screen = json!({"width": kind.width, "height": 800, "deviceScaleFactor": 1, "mobile": kind.width < 600});
        browser.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        browser.devtools("Emulation.setScriptExecutionDisabled", json!({"value": !kind.scripts})).await;
        browser
    }

    /// Keeps pictures of the pages in this directory.
    pub fn with_screenshots(mut self, directory: &Path) -> Self {
        std::fs::create_dir_all(directory).unwrap();
        self.screenshots = Some(directory.to_owned());
        self
    }

    async fn devtools(&self, method: &str, params: Value) -> Value {
        self.driver.cdp().send_raw(method, params).await.unwrap()
    }

    /// Opens an address.
    pub async fn open(&self, address: &str) {
        self.driver.goto(address).await.unwrap();
        self.check().await;
    }

    /// Opens an address where an error page is right too.
    pub async fn driver_open(&self, address: &str) {
        self.driver.goto(address).await.unwrap();
    }

    pub async fn address(&self) -> String {
        self.driver.current_url().await.unwrap().into()
    }

    /// What a person reads, on one line.
    pub async fn text(&self) -> String {
        self.texts("body").await.concat()
    }

    /// Presses the button, or follows the link, with this label.
    pub async fn press(&self, label: &str) {
        self.press_in("body", label).await;
    }

    /// Like [`Self::press`], in the first of these parts of the page that has it.
    pub async fn press_in(&self, part: &str, label: &str) {
        let says = format!("normalize-space() = \"{label}\"");
        let path = format!(".//button[{says}] | .//a[{says}]");
        for part in self.driver.find_all(By::Css(part)).await.unwrap() {
            if let Ok(control) = part.find(By::XPath(path.as_str())).await {
                control.scroll_into_view().await.unwrap();
                self.leave_by(control).await;
                return;
            }
        }
        panic!("no control is labelled {label} on {}: {}", self.address().await, self.text().await);
    }

    /// Shows what is behind this summary.
    pub async fn unfold(&self, summary: &str) {
        let path = format!("//summary[normalize-space() = \"{summary}\"]");
        let summary = self.driver.find(By::XPath(path.as_str())).await.unwrap();
        summary.scroll_into_view().await.unwrap();
        summary.click().await.unwrap();
    }

    /// Presses the first control that this selector finds.
    pub async fn press_first(&self, selector: &str) {
        self.leave_by(self.driver.find(By::Css(selector)).await.unwrap()).await;
    }

    /// Presses a control that leads to another page, and waits for that page.
    async fn leave_by(&self, control: WebElement) {
        self.run("window.isLeft = true").await;
        control.click().await.unwrap();
        let began = Instant::now();
        // While pages change there is nothing to ask.
        let is_there = async || {
            let asked = self.driver.execute("return !window.isLeft && document.readyState === 'complete'", Vec::new());
            asked.await.is_ok_and(|response| response.json() == true)
        };
        while !is_there().await {
            assert!(began.elapsed() < PATIENCE, "nothing came after {}", self.address().await);
            sleep(Duration::from_millis(20)).await;
        }
        self.check().await;
    }

    /// The parts of the page that this selector means, as a person reads them.
    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let read = "return [...document.querySelectorAll(arguments[0])].map((part) => part.innerText)";
        let texts = self.driver.execute(read, vec![json!(selector)]).await.unwrap();
        let texts = texts.json().as_array().unwrap().iter().map(|text| text.as_str().unwrap());
        texts.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// Types into a field instead of what it holds.
    pub async fn fill_in(&self, field: &str, text: &str) {
        let field = self.driver.find(By::Css(field)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits until the page contains this text; without scripts it is reloaded.
    pub async fn until_it_contains(&self, text: &str) {
        let began = Instant::now();
        while !self.text().await.contains(text) {
            let page = self.text().await;
            assert!(began.elapsed() < PATIENCE, "{} never contained {text}: {page}", self.address().await);
            sleep(Duration::from_millis(100)).await;
            if !self.has_scripts {
                self.driver.refresh().await.unwrap();
            }
        }
        self.check().await;
    }

    /// Runs a script of the test, not of the page.
    pub async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Nothing is wrong with the page that is shown, whatever it is.
    pub async fn check(&self) {
        let address = self.address().await;
        let log = self.driver.browser_log().await.unwrap();
        let errors: Vec<&str> =
            log.iter().filter(|line| line.level == "SEVERE").map(|line| line.message.as_str()).collect();
        assert!(errors.is_empty(), "{address} logged {errors:?}");
        // A page that leaves requests open keeps the browser's few connections from the pages after it.
        let waited =
            "const [page] = performance.getEntriesByType('navigation'); return page.requestStart - page.startTime";
        let waited = self.run(waited).await.as_f64().unwrap_or_default();
        assert!(waited < 20_000.0, "{address} waited {waited} ms for a connection");
        let metrics = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let width = |what: &str, key: &str| metrics[what][key].as_f64().unwrap();
        let (content, screen) = (width("cssContentSize", "width"), width("cssLayoutViewport", "clientWidth"));
        assert!(content <= screen, "{address} is {content} wide on a screen of {screen}");
    }

    /// Keeps a picture of the page, or of the beginning of a long one, under this name.
    pub async fn photograph(&self, name: &str) {
        let Some(directory) = &self.screenshots else { return };
        let metrics = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let size = &metrics["cssContentSize"];
        let height = size["height"].as_f64().unwrap().min(TALLEST_PICTURE);
        let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1});
        let how = json!({"captureBeyondViewport": true, "clip": clip});
        let png = self.devtools("Page.captureScreenshot", how).await;
        let png = base64::engine::general_purpose::STANDARD.decode(png["data"].as_str().unwrap()).unwrap();
        std::fs::write(directory.join(format!("{name}.png")), png).unwrap();
    }

    /// What axe-core finds wrong with the page: rule and elements.
    pub async fn axe_findings(&self) -> Vec<String> {
        let axe =
            std::fs::read_to_string(AXE).unwrap_or_else(|error| panic!("{AXE}: {error}; run the tests with make test"));
        self.run(&format!("if (!window.axe) {{ {axe} }}")).await;
        let script = "const done = arguments[arguments.length - 1];
            axe.run().then((found) => done(found.violations.map((rule) =>
                `${rule.impact} ${rule.id}: ${rule.nodes.map((node) => node.html).join(' ')}`)), (error) => done([`${error}`]));";
        let found = self.driver.execute_async(script, Vec::new()).await.unwrap();
        let found = found.json().as_array().unwrap();
        found.iter().map(|rule| rule.as_str().unwrap().to_owned()).collect()
    }

    /// The controls that a person sees, but that cannot be reached, or not be seen to be reached, with the Tab key.
    pub async fn controls_out_of_reach(&self) -> Vec<String> {
        let mark = "document.activeElement?.blur();
            const controls = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
                .filter((control) => control.checkVisibility() && !control.disabled);
            window.controls = controls;
            return controls.map((control) => control.outerHTML);";
        let controls = self.run(mark).await;
        let controls = controls.as_array().unwrap();
        let mut reached = vec![false; controls.len()];
        // The Tab key stops at each of the up to four parts of a date or time.
        let has_parts = |control: &&Value| {
            let html = control.as_str().unwrap();
            html.contains("type=\"date\"") || html.contains("type=\"time\"")
        };
        for _ in 0..=controls.len() + 3 * controls.iter().filter(has_parts).count() {
            self.driver.action_chain().send_keys(Key::Tab).perform().await.unwrap();
            let focused = "const focused = document.activeElement;
                return getComputedStyle(focused).outlineStyle === 'none' ? -1 : window.controls.indexOf(focused);";
            if let Some(number) = self.run(focused).await.as_u64() {
                reached[usize::try_from(number).unwrap()] = true;
            }
        }
        let missed = controls.iter().zip(reached).filter(|(_, is_reached)| !is_reached);
        missed.map(|(control, _)| control.as_str().unwrap().to_owned()).collect()
    }

    /// The controls that are lower or narrower than 24 pixels: too small for a finger. A label enlarges what it
    /// describes.
    pub async fn small_controls(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
            .filter((control) => control.checkVisibility() && !control.matches('.skip'))
            .filter((control) => {
                const { height, width } = (control.closest('label') ?? control).getBoundingClientRect();
                return height < 23.9 || width < 23.9;
            })
            .map((control) => control.outerHTML);";
        let small = self.run(script).await;
        small.as_array().unwrap().iter().map(|control| control.as_str().unwrap().to_owned()).collect()
    }

    /// Presses a key.
    pub async fn press_key(&self, key: Key) {
        self.driver.action_chain().send_keys(key).perform().await.unwrap();
    }

    /// Types where the cursor is.
    pub async fn type_in(&self, text: &str) {
        self.driver.action_chain().send_keys(text).perform().await.unwrap();
    }
}

/// However the test ends, the browser does too.
impl Drop for Chromium {
    fn drop(&mut self) {
        let shut_down = || -> std::io::Result<()> {
            let mut driver = std::net::TcpStream::connect(("127.0.0.1", self.port))?;
            driver.set_read_timeout(Some(PATIENCE))?;
            write!(driver, "GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            driver.read_to_string(&mut String::new()).map(drop)
        };
        let _gone_already = shut_down();
        let _gone_already = self.driver.clone().leak();
    }
}

/// `ChromeDriver` on a port of its own choice. It ends at once where that is free for one sort of address only: on a
/// busy machine another process may have taken it for the other.
async fn start_driver() -> (Child, u16) {
    for _ in 0..20 {
        let mut server = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver: {error}; run the tests with make test"));
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(port) = line.split("started successfully on port ").nth(1) {
                return (server, port.trim_end_matches('.').parse().unwrap());
            }
        }
    }
    panic!("chromedriver did not say on which port it listens");
}
