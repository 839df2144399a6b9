//! Files in styles that nobody thought of: a writer that takes every liberty of YAML by chance.

use poam::store::Stored;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::yaml_dialects::{check, commands};

/// Content of every file.
fn item() -> Value {
    json!({
        "id": "V-1",
        "weakness_name": "Open port",
        "weakness_description": "Port 8080 answers.\n\nIt should not.\n",
        "controls": ["SI-2", "CM-8"],
        "point_of_contact": {"name": "Jane Doe", "email": "jane@example.com"},
        "original_detection_date": "2026-01-05",
        "original_risk_rating": "high",
        "milestones": [
            {"id": 1, "description": "Close the port", "due": "2026-01-20", "status": "in-progress"},
            {"id": 2, "description": "Tell\nthe users", "due": "2026-02-20", "evidence": ["CHG-7"]}
        ],
        "status": "in-progress",
        "deviations": [{"type": "false-positive", "state": "pending", "rationale": "it's: a #1"}],
        "vendor_dependency": {"vendor": "Example Corp", "product": "Firewall"},
        "evidence": [{"reference": "CHG-0"}],
        "extra": {"ünï": "cöde", "list": [["a", "b"], []], "empty": {}}
    })
}

/// Writes values; every liberty is decided by the next number of the tape.
struct Writer<'a> {
    tape: std::slice::Iter<'a, u8>,
    out: String,
    comments: usize,
}

impl Writer<'_> {
    /// A number below `of`; 0 where the tape has ended.
    fn choose(&mut self, of: u8) -> u8 {
        self.tape.next().map_or(0, |number| number % of)
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// Perhaps blank lines and comments, before a line.
    fn above(&mut self, indent: usize) {
        for _ in 0..[0, 0, 0, 0, 1, 1, 2][usize::from(self.choose(7))] {
            match self.choose(3) {
                0 => self.out.push('\n'),
                _ => {
                    self.pad(indent);
                    self.comment();
                    self.out.push('\n');
                }
            }
        }
    }

    fn comment(&mut self) {
        self.comments += 1;
        let text = ["# no", "# status: open, ", "#- id: ", "####", "# 進 \"'[{"];
        let text = text[usize::from(self.choose(5))];
        self.out.push_str(&format!("{text}{}", self.comments));
    }

    /// The end of a line, perhaps with a comment.
    fn end(&mut self) {
        if self.choose(5) == 4 {
            let blanks = [2, 1, 4][usize::from(self.choose(3))];
            self.pad(blanks);
            self.comment();
        } else if self.choose(12) == 11 {
            self.out.push(' ');
        }
        self.out.push('\n');
    }

    fn key(&mut self, key: &str) {
        match self.choose(6) {
            4 => self.out.push_str(&format!("'{key}'")),
            5 => self.out.push_str(&Value::from(key).to_string()),
            _ => self.out.push_str(key),
        }
        if self.choose(10) == 9 {
            self.out.push(' ');
        }
        self.out.push(':');
    }

    /// A mapping in lines of its own. The first key stands where the writer is, if `begun`.
    fn map(&mut self, value: &Value, indent: usize, mut begun: bool) {
        let Value::Object(map) = value else { unreachable!() };
        let mut entries: Vec<_> = map.iter().collect();
        let turn = usize::from(self.choose(8)) % entries.len().max(1);
        entries.rotate_left(turn);
        for (key, value) in entries {
            if !begun {
                self.above(indent);
                self.pad(indent);
            }
            begun = false;
            self.key(key);
            self.value(value, indent);
        }
    }

    /// Writes the value behind a key, to the end of its lines.
    fn value(&mut self, value: &Value, indent: usize) {
        let blank = [" ", " ", " ", "   "][usize::from(self.choose(4))];
        let empty = value.as_object().is_some_and(serde_json::Map::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        match value {
            Value::Object(_) | Value::Array(_) if empty || self.choose(3) == 2 => {
                self.out.push_str(blank);
                self.flow(value, indent + 2);
                self.end();
            }
            Value::Object(_) => {
                self.end();
                let deeper = indent + [2, 2, 4, 3][usize::from(self.choose(4))];
                self.map(value, deeper, false);
            }
            Value::Array(list) => {
                self.end();
                let deeper = indent + [2, 0, 4, 1][usize::from(self.choose(4))];
                self.list(list, deeper);
            }
            scalar => {
                self.out.push_str(blank);
                self.scalar(scalar, indent);
            }
        }
    }

    fn list(&mut self, list: &[Value], indent: usize) {
        let deeper = [2, 2, 4][usize::from(self.choose(3))];
        for value in list {
            self.above(indent);
            self.pad(indent);
            self.out.push('-');
            match value {
                Value::Object(map) if !map.is_empty() && self.choose(3) != 2 => {
                    if self.choose(5) == 4 {
                        self.end();
                        self.map(value, indent + deeper, false);
                    } else {
                        self.pad(deeper - 1);
                        self.map(value, indent + deeper, true);
                    }
                }
                Value::Object(_) | Value::Array(_) => {
                    self.out.push(' ');
                    self.flow(value, indent + 2);
                    self.end();
                }
                scalar => {
                    self.out.push(' ');
                    self.scalar(scalar, indent);
                }
            }
        }
    }

    /// A collection in brackets, on one line or on many.
    fn flow(&mut self, value: &Value, indent: usize) {
        let (open, close, entries): (_, _, Vec<(Option<&String>, &Value)>) = match value {
            Value::Object(map) => {
                ('{', '}', map.iter().map(|(key, value)| (Some(key), value)).collect())
            }
            Value::Array(list) => ('[', ']', list.iter().map(|value| (None, value)).collect()),
            Value::String(text) => return self.word(text),
            other => return self.out.push_str(&other.to_string()),
        };
        let many = self.choose(4) == 3;
        self.out.push(open);
        for (index, (key, value)) in entries.iter().enumerate() {
            if many {
                self.end();
                self.pad(indent + 2);
            } else if index > 0 || self.choose(4) == 3 {
                self.out.push(' ');
            }
            if let Some(key) = key {
                self.key(key);
                self.out.push(' ');
            }
            self.flow(value, indent + 2);
            if index + 1 < entries.len() || many && self.choose(2) == 1 {
                self.out.push(',');
            }
        }
        if many {
            self.end();
            self.pad(indent);
        }
        self.out.push(close);
    }

    /// A text in brackets.
    fn word(&mut self, text: &str) {
        let plain = !text.contains(['\n', ':', '#', ',', '[', ']', '{', '}', '\'']);
        match self.choose(3) {
            0 if plain => self.out.push_str(text),
            1 if !text.contains('\n') => {
                self.out.push_str(&format!("'{}'", text.replace('\'', "''")));
            }
            _ => self.out.push_str(&Value::from(text).to_string()),
        }
    }

    /// A value behind a key or a dash, to the end of its lines.
    fn scalar(&mut self, value: &Value, indent: usize) {
        let Value::String(text) = value else {
            self.out.push_str(&value.to_string());
            return self.end();
        };
        let literal = self.choose(3);
        if text.contains('\n') && literal != 2 || literal == 1 && !text.starts_with("2026") {
            self.out.push_str(if text.ends_with('\n') { "|" } else { "|-" });
            self.end();
            let deeper = indent + [2, 4, 1][usize::from(self.choose(3))];
            for line in text.trim_end_matches('\n').split('\n') {
                if !line.is_empty() {
                    self.pad(deeper);
                    self.out.push_str(line);
                }
                self.out.push('\n');
            }
            return;
        }
        self.word(text);
        self.end();
    }
}

fn write(tape: &[u8]) -> String {
    let mut writer = Writer { tape: tape.iter(), out: String::new(), comments: 0 };
    match writer.choose(6) {
        4 => writer.out.push_str("---\n"),
        5 => writer.out.push_str("# head\n--- # begin\n"),
        _ => {}
    }
    if writer.choose(10) == 9 {
        writer.flow(&item(), 0);
        writer.end();
    } else {
        writer.map(&item(), 0, false);
    }
    match writer.choose(6) {
        4 => writer.out.push_str("\n# the end\n"),
        // Readers disagree on whether a block has a line end there that the file has not.
        5 if !writer.out.trim_end().ends_with("not.") => {
            let length = writer.out.trim_end().len();
            writer.out.truncate(length);
        }
        _ => {}
    }
    let crlf = writer.choose(4) == 3;
    if crlf { writer.out.replace('\n', "\r\n") } else { writer.out }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn commands_keep_any_style(
        text in prop::collection::vec(any::<u8>(), 0..500).prop_map(|tape| write(&tape)),
        first in 0usize..6,
    ) {
        let stored = match Stored::parse("items/V-1.yaml", text.as_bytes()) {
            Ok(stored) => stored,
            Err(error) => panic!("{}\n{text}", error[0].message),
        };
        for command in commands::all().iter().skip(first).step_by(6) {
            let change = match command.run(&stored) {
                Ok(change) => change,
                Err(refused) => panic!("{}: refused at line {}: {}\n{text}", command.name, refused.line, refused.text),
            };
            let faults = check::faults(command, &change);
            prop_assert!(faults.is_empty(), "{}: {:?}\n{}\n=====\n{}", command.name, faults, text, change.document.text());
        }
    }
}
