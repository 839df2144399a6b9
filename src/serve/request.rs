//! A request as handlers see it, and their replies.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::text::visible;

/// A request that may be answered.
#[derive(Debug, Default)]
pub(super) struct PageRequest {
    /// The parts of the path that the route leaves open.
    pub(super) params: Vec<(String, String)>,
    /// The pairs behind `?`.
    pub(super) query: Vec<(String, String)>,
    /// The body.
    pub(super) body: Vec<u8>,
    /// The version of an item that a program has seen.
    pub(super) if_match: Option<String>,
}

/// The first value of a name among pairs.
pub(super) fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// All values of a name among pairs.
pub(super) fn all(pairs: &[(String, String)], name: &str) -> Vec<String> {
    pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
}

impl PageRequest {
    /// A part of the path.
    pub(super) fn param(&self, name: &str) -> &str {
        first(&self.params, name).unwrap_or_default()
    }

    /// A value behind `?`; blank ones are not given.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The pairs of a submitted form.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }

    /// The object of a JSON body.
    pub(super) fn json(&self) -> Result<Map<String, Value>, RequestFailure> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err(RequestFailure::bad("the body must be a JSON object")),
            Err(error) => Err(RequestFailure::bad(format!("the body is no JSON: {error}"))),
        }
    }
}

/// The pairs of `a=1&b=2`, decoded.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let decode =
        |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    };
    text.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    fn with_body(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, content_type, headers: Vec::new(), body: body.into() }
    }

    /// A page.
    pub(super) fn html(text: String) -> Self {
        Self::with_body("text/html; charset=utf-8", text)
    }

    /// JSON that is text already.
    pub(super) fn json_text(text: impl Into<Vec<u8>>) -> Self {
        Self::with_body("application/json", text)
    }

    /// A value as JSON.
    pub(super) fn json(value: &Value) -> Self {
        Self::json_text(format!("{value:#}\n"))
    }

    /// A file of the page itself.
    pub(super) fn file(content_type: &'static str, text: &'static str) -> Self {
        Self::with_body(content_type, text)
    }

    /// A file that was made.
    pub(super) fn bytes(content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self::with_body(content_type, bytes)
    }

    /// Leads to another page, which is then loaded.
    pub(super) fn redirect(to: &str) -> Self {
        let mut reply = Self::with_body("text/plain; charset=utf-8", "");
        reply.status = 303;
        reply.headers.push(("location", to.to_owned()));
        reply
    }

    /// Another status.
    pub(super) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// One more header.
    pub(super) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// Reason why a request is not answered as asked.
#[derive(Debug)]
pub(super) struct RequestFailure {
    pub(super) status: u16,
    /// In words.
    pub(super) text: String,
    /// Members of the answer to a program, besides the error.
    pub(super) more: Map<String, Value>,
}

impl RequestFailure {
    fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), more: Map::new() }
    }

    /// The request is wrong, or something is against what it asks for.
    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self::new(400, text)
    }

    /// There is no such thing.
    pub(super) fn not_found(text: impl Into<String>) -> Self {
        Self::new(404, text)
    }

    /// There is no item with an id.
    pub(super) fn no_item(id: &str) -> Self {
        Self::not_found(format!("no item has the id `{}`", visible(id)))
    }

    /// Something else changed what the request is about.
    pub(super) fn conflict(text: impl Into<String>, more: Map<String, Value>) -> Self {
        Self { status: 409, text: text.into(), more }
    }

    /// The page is only for reading.
    pub(super) fn read_only() -> Self {
        Self::new(403, "this page was started with --read-only: it changes nothing")
    }

    /// The tracker or the program is broken.
    pub(super) fn broken(text: impl Into<String>) -> Self {
        Self::new(500, text)
    }

    /// The answer to a program.
    pub(super) fn as_json(&self) -> Reply {
        let mut body = Map::from_iter([("error".to_owned(), json!(self.text))]);
        body.extend(self.more.clone());
        Reply::json(&Value::Object(body)).with_status(self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded() {
        let expected = [("a", "1 2"), ("b", "ü&="), ("a", ""), ("c", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs("a=1+2&b=%C3%BC%26=&a=&&c"), expected);
        assert_eq!(all(&pairs("a=1&b=2&a=3"), "a"), ["1", "3"]);
    }

    #[test]
    fn only_objects_are_bodies() {
        let json = |text: &str| PageRequest { body: text.into(), ..PageRequest::default() }.json();
        assert!(json("{\"a\": 1}").is_ok());
        for text in ["", "[]", "{", "1", "\u{feff}{}"] {
            assert_eq!(json(text).unwrap_err().status, 400, "{text}");
        }
    }
}
