//! Chromium, driven over the WebDriver protocol. Tests are skipped with a message where the browser or its
//! driver is absent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Repo;

/// Keys of the protocol.
pub(super) const ENTER: &str = "\u{e007}";
pub(super) const TAB: &str = "\u{e004}";

fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut all =
        std::env::split_paths(&path).flat_map(|dir| names.iter().map(move |name| dir.join(name)));
    all.find(|file| file.is_file())
}

/// A browser with one window.
pub(super) struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// Starts a browser; nothing where it or its driver is absent.
    pub(super) fn start(repo: &Repo, width: u32) -> Option<Self> {
        let chromium =
            program(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]);
        let driver = program(&["chromedriver"]);
        let (Some(chromium), Some(driver)) = (chromium, driver) else {
            eprintln!(
                "skipped: no Chromium or no chromedriver on the PATH (apt-get install chromium chromium-driver)"
            );
            return None;
        };
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        std::thread::spawn(move || lines.for_each(drop));
        let mut browser = Self { driver, port: port.unwrap(), session: String::new() };
        let profile = format!("--user-data-dir={}", repo.beside("profile").display());
        let size = format!("--window-size={width},900");
        let options = json!({"binary": chromium, "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", profile, size,
        ]});
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}});
        let made = browser.call("POST", "/session", &wanted);
        browser.session = made["sessionId"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        Some(browser)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        // The driver keeps the connection open.
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        let value: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        value["value"].clone()
    }

    pub(super) fn of_session(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &format!("/session/{}{path}", self.session), body)
    }

    pub(super) fn go(&self, address: &str) {
        self.of_session("POST", "/url", &json!({"url": address}));
    }

    pub(super) fn script(&self, text: &str) -> Value {
        self.of_session("POST", "/execute/sync", &json!({"script": text, "args": []}))
    }

    /// The id of the first element of a selector, for which it waits.
    fn element(&self, selector: &str) -> String {
        let begin = Instant::now();
        let wanted = json!({"using": "css selector", "value": selector});
        loop {
            let found = self.of_session("POST", "/element", &wanted);
            if let Some(id) = found["element-6066-11e4-a52e-4f735466cecf"].as_str() {
                return id.to_owned();
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "no {selector} in {}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn on_element(&self, selector: &str, action: &str, body: &Value) {
        let id = self.element(selector);
        let answer = self.of_session("POST", &format!("/element/{id}/{action}"), body);
        assert!(answer["error"].is_null(), "{action} {selector}: {answer}");
    }

    pub(super) fn click(&self, selector: &str) {
        self.on_element(selector, "click", &json!({}));
    }

    /// Types into a field, or names the file of one that takes files.
    pub(super) fn enter(&self, selector: &str, text: &str) {
        self.on_element(selector, "value", &json!({"text": text}));
    }

    /// Replaces the text of a field.
    pub(super) fn replace(&self, selector: &str, text: &str) {
        self.on_element(selector, "clear", &json!({}));
        self.enter(selector, text);
    }

    /// Chooses an option of a selection.
    pub(super) fn choose(&self, selector: &str, value: &str) {
        self.click(&format!("{selector} option[value={}]", json!(value)));
    }

    pub(super) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.of_session("POST", "/goog/cdp/execute", &body)
    }

    /// Shows pages at a width, light or dark.
    pub(super) fn show_as(&self, width: u32, scheme: &str) {
        // Chromium makes no window narrower than 500 pixels, so the page is told another width.
        let size =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// Presses keys, one after the other.
    pub(super) fn press(&self, keys: &str) {
        let steps: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                let key = key.to_string();
                [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
            })
            .collect();
        let actions = json!({"actions": [{"type": "key", "id": "keys", "actions": steps}]});
        self.of_session("POST", "/actions", &actions);
    }

    /// Presses Tab until an element that matches has the focus.
    pub(super) fn tab_to(&self, selector: &str) {
        for _ in 0..200 {
            let at =
                self.script(&format!("return document.activeElement.matches({})", json!(selector)));
            if at == json!(true) {
                return;
            }
            self.press(TAB);
        }
        panic!("no way to {selector} by the keyboard in {}", self.text());
    }

    pub(super) fn text(&self) -> String {
        self.script("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page says something.
    pub(super) fn wait_for(&self, text: &str) {
        let begin = Instant::now();
        while !self.text().contains(text) {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "`{text}` is not in {}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.of_session("DELETE", "", &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
