//! A running page, and requests to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::Repo;

/// A page that runs until it is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) port: u16,
    pub(super) token: String,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}: {}", self.status, self.text()))
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    }
}

impl Server {
    /// Starts a page for a tracker and waits for its link.
    pub(super) fn start(repo: &Repo, options: &[&str]) -> Self {
        // A release may be measured instead of what was built for the tests.
        let program = std::env::var_os("POAM_SERVE_PROGRAM");
        let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_poam").into());
        let mut child = repo
            .command(program, &repo.path())
            .args(["serve", "--today", super::TODAY])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut link = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut link).unwrap();
        let rest =
            link.trim().strip_prefix("http://127.0.0.1:").unwrap_or_else(|| panic!("{link}"));
        let (port, token) = rest.split_once("/?token=").unwrap();
        Self { child, port: port.parse().unwrap(), token: token.to_owned() }
    }

    /// Ends the page by the signal for it; its exit code.
    pub(super) fn end(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The id of its process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn cookie(&self) -> String {
        format!("poam-{}={}", self.port, self.token)
    }

    /// Sends a request with exactly these headers, and `Content-Length`.
    pub(super) fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if method != "GET" || !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(body);
        self.send(&bytes)
    }

    /// Sends bytes and reads the answer to its end.
    pub(super) fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // A server that refuses may close before it has read all.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        parse(&answer)
    }

    /// Sends a request as a browser with the cookie would.
    pub(super) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let (host, cookie) = (self.host(), self.cookie());
        let origin = format!("http://{host}");
        let mut all = vec![("Host", host.as_str()), ("Cookie", cookie.as_str())];
        if method == "POST" {
            all.push(("Origin", &origin));
        }
        all.extend_from_slice(headers);
        self.raw(method, path, &all, body)
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], b"")
    }

    pub(super) fn post(&self, path: &str, kind: &str, body: &str) -> Answer {
        self.request("POST", path, &[("Content-Type", kind)], body.as_bytes())
    }

    /// Sends a request to a server that may be gone; nothing where it does not answer.
    fn try_post(&self, path: &str, kind: &str, body: &[u8]) -> Option<Answer> {
        TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let (host, cookie) = (self.host(), self.cookie());
        let head = format!(
            "POST {path} HTTP/1.1\r\nConnection: close\r\nHost: {host}\r\nCookie: {cookie}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = parse(&answer);
        // An answer that was cut off is none.
        let length = answer.header("content-length")?.parse::<usize>().ok()?;
        (answer.status != 0 && answer.body.len() == length).then_some(answer)
    }

    pub(super) fn try_post_json(&self, path: &str, body: &Value) -> Option<Answer> {
        self.try_post(path, "application/json", body.to_string().as_bytes())
    }

    pub(super) fn try_upload(
        &self,
        files: &[(&str, &[u8])],
        values: &[(&str, &str)],
    ) -> Option<Answer> {
        self.try_post("/import.html", MULTIPART, &multipart(files, values))
    }

    /// Drops files on the page, with the other values of the form.
    pub(super) fn upload(&self, files: &[(&str, &[u8])], values: &[(&str, &str)]) -> Answer {
        let kind = [("Content-Type", MULTIPART)];
        self.request("POST", "/import.html", &kind, &multipart(files, values))
    }

    pub(super) fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.post(path, "application/json", &body.to_string())
    }

    pub(super) fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.request("POST", path, headers, body.to_string().as_bytes())
    }

    pub(super) fn post_form(&self, path: &str, values: &[(&str, &str)]) -> Answer {
        let encode =
            |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let pairs =
            values.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.post(path, "application/x-www-form-urlencoded", &body)
    }
}

const MULTIPART: &str = "multipart/form-data; boundary=XX";

/// The body of a form with files.
fn multipart(files: &[(&str, &[u8])], values: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in values {
        let part =
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    for (name, bytes) in files {
        let part = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(part.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XX--\r\n");
    body
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        return Answer { status: 0, headers: Vec::new(), body: bytes.to_vec() };
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| line.split_once(": ").map(|(a, b)| (a.to_owned(), b.to_owned()));
    let headers: Vec<(String, String)> = head.lines().skip(1).filter_map(header).collect();
    let mut body = bytes[end + 4..].to_vec();
    if headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("transfer-encoding") && value == "chunked")
    {
        body = unchunked(&body);
    }
    Answer { status, headers, body }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 4 + size..];
    }
    body
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
