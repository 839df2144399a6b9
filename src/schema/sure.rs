use chrono::NaiveDate;
use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::document::{Seen, View};

/// A schema in a form that is quick to ask, for values that are surely valid.
///
/// It is built from the published schema and knows the few keywords that our schemas have. Where
/// it meets another one, or a value that is not plainly valid, it says no: the full validator
/// then decides. So a yes of it is a yes of the schema, and a no means nothing.
#[derive(Debug)]
pub(super) struct Sure {
    nodes: Vec<Node>,
}

/// What a value must be.
#[derive(Debug)]
enum Node {
    /// Nothing that can be said here.
    Unknown,
    /// Anything.
    Any,
    Null,
    Bool,
    /// A whole number between two.
    Whole(i64, i64),
    Text(Text),
    List(usize),
    Map(Properties),
    /// One of several; enough where one holds.
    Either(Vec<usize>),
}

#[derive(Debug)]
struct Text {
    shortest: usize,
    longest: usize,
    date: bool,
    words: Option<Vec<String>>,
    /// What else the text must satisfy, asked of the full validator.
    pattern: Option<Box<Validator>>,
}

#[derive(Debug)]
struct Properties {
    known: Vec<(String, usize)>,
    /// What other entries must be; none where there may be none.
    others: Option<usize>,
    /// Bits of the known ones that must be there.
    required: u64,
}

/// Keywords that say nothing about a value.
const REMARKS: [&str; 6] = ["$schema", "$id", "$defs", "title", "description", "default"];

impl Sure {
    /// Builds it from a schema.
    pub(super) fn of(schema: &Value) -> Self {
        let mut build = Build { schema, nodes: vec![Node::Unknown], named: Vec::new() };
        let root = build.node(schema, 0).unwrap_or(Node::Unknown);
        if let Some(first) = build.nodes.first_mut() {
            *first = root;
        }
        Self { nodes: build.nodes }
    }

    /// Whether a value is surely valid.
    pub(super) fn holds(&self, view: View<'_>) -> bool {
        self.fits(0, view)
    }

    fn fits(&self, node: usize, view: View<'_>) -> bool {
        match (self.nodes.get(node), view.see()) {
            (Some(Node::Any), _)
            | (Some(Node::Null), Seen::Null)
            | (Some(Node::Bool), Seen::Bool(_)) => true,
            (Some(Node::Whole(least, most)), Seen::Number(text)) => {
                text.parse::<i64>().is_ok_and(|number| *least <= number && number <= *most)
            }
            (Some(Node::Text(wanted)), Seen::Text(text)) => wanted.fits(text),
            (Some(Node::List(each)), Seen::List(mut views)) => {
                views.all(|view| self.fits(*each, view))
            }
            (Some(Node::Map(properties)), Seen::Map(entries)) => {
                let mut seen = 0_u64;
                // Files mostly keep the order of the schema, so the next one is looked at first.
                let mut next = 0;
                for (key, view) in entries {
                    let after = properties.known.iter().enumerate().skip(next);
                    let before = properties.known.iter().enumerate().take(next);
                    let found = after.chain(before).find(|(_, (name, _))| name == key);
                    let wanted = match found {
                        Some((index, (_, node))) => {
                            seen |= 1 << index;
                            next = index + 1;
                            Some(*node)
                        }
                        None => properties.others,
                    };
                    if !wanted.is_some_and(|wanted| self.fits(wanted, view)) {
                        return false;
                    }
                }
                seen & properties.required == properties.required
            }
            (Some(Node::Either(branches)), _) => {
                branches.iter().any(|branch| self.fits(*branch, view))
            }
            _ => false,
        }
    }
}

impl Text {
    fn fits(&self, text: &str) -> bool {
        // A text has at most as many characters as bytes.
        let long_enough = self.shortest == 0 || text.chars().nth(self.shortest - 1).is_some();
        let short_enough = text.len() <= self.longest || text.chars().count() <= self.longest;
        long_enough
            && short_enough
            && (!self.date || is_date(text))
            && self.words.as_ref().is_none_or(|words| words.iter().any(|word| word == text))
            && self
                .pattern
                .as_ref()
                .is_none_or(|pattern| pattern.is_valid(&Value::String(text.to_owned())))
    }
}

/// A day of the calendar as YYYY-MM-DD.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        bytes.get(from..to)?.iter().try_fold(0_u32, |number, b| {
            b.is_ascii_digit().then(|| number * 10 + u32::from(b - b'0'))
        })
    };
    let parts = number(0, 4).zip(number(5, 7)).zip(number(8, 10));
    let dashes = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    let day = parts.and_then(|((year, month), day)| {
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    });
    bytes.len() == 10 && dashes && day.is_some()
}

struct Build<'s> {
    schema: &'s Value,
    nodes: Vec<Node>,
    /// Definitions that have a node.
    named: Vec<(&'s str, usize)>,
}

impl<'s> Build<'s> {
    /// Adds the node of a schema; its number.
    fn add(&mut self, schema: &'s Value, depth: usize) -> usize {
        let named = schema.get("$ref").and_then(Value::as_str);
        if let Some((_, number)) = named.and_then(|it| self.named.iter().find(|one| one.0 == it)) {
            return *number;
        }
        let number = self.nodes.len();
        self.nodes.push(Node::Unknown);
        if let Some(name) = named {
            self.named.push((name, number));
        }
        let node = self.node(schema, depth + 1).unwrap_or(Node::Unknown);
        if let Some(place) = self.nodes.get_mut(number) {
            *place = node;
        }
        number
    }

    fn node(&mut self, schema: &'s Value, depth: usize) -> Option<Node> {
        // Definitions may name each other, in a circle too.
        if depth > 16 {
            return None;
        }
        let schema = match schema {
            Value::Bool(true) => return Some(Node::Any),
            Value::Object(schema) => schema,
            _ => return None,
        };
        let known = |words: &[&str]| {
            schema.keys().all(|key| {
                REMARKS.contains(&key.as_str()) || key == "type" || words.contains(&key.as_str())
            })
        };
        if let Some(name) = schema.get("$ref") {
            let name = name.as_str()?.strip_prefix('#')?;
            let meant = self.schema.pointer(name)?;
            return if known(&["$ref"]) && !schema.contains_key("type") {
                self.node(meant, depth + 1)
            } else {
                None
            };
        }
        if let Some(branches) = schema.get("oneOf") {
            // Different words exclude each other.
            let words: Option<Vec<String>> = branches.as_array()?.iter().map(word).collect();
            let mut words = words?;
            let count = words.len();
            words.sort();
            words.dedup();
            return (known(&["oneOf"]) && !schema.contains_key("type") && words.len() == count)
                .then(|| Node::Text(Text { words: Some(words), ..Text::any() }));
        }
        if let Some(branches) = schema.get("anyOf") {
            let branches = branches.as_array()?.iter();
            let numbers: Vec<usize> = branches.map(|branch| self.add(branch, depth)).collect();
            let texts = numbers.iter().all(|it| matches!(self.nodes.get(*it), Some(Node::Text(_))));
            // A type beside the branches holds with each of them: known only for texts.
            let kind = schema.get("type").is_none_or(|kind| kind == "string" && texts);
            return (known(&["anyOf"]) && kind).then_some(Node::Either(numbers));
        }
        if known(&[]) && !schema.contains_key("type") {
            return Some(Node::Any);
        }
        let kinds = match schema.get("type") {
            Some(Value::String(kind)) => vec![kind.as_str()],
            Some(Value::Array(kinds)) => {
                kinds.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?
            }
            // Words and patterns speak of texts; of other kinds this says nothing.
            None if known(&["enum", "pattern"]) => vec!["string"],
            _ => return None,
        };
        if schema.contains_key("enum") && kinds != ["string"] {
            return None;
        }
        let mut nodes = Vec::new();
        for kind in kinds {
            nodes.push(match kind {
                "null" => Node::Null,
                "boolean" => Node::Bool,
                "integer" => Node::Whole(
                    number(schema, "minimum", i64::MIN)?,
                    number(schema, "maximum", i64::MAX)?,
                ),
                "string" => Node::Text(Text::of(schema)?),
                "array" => Node::List(self.add(schema.get("items")?, depth)),
                "object" => Node::Map(self.properties(schema, depth)?),
                _ => return None,
            });
        }
        let all = [
            "minimum",
            "maximum",
            "format",
            "minLength",
            "maxLength",
            "pattern",
            "enum",
            "items",
            "properties",
            "additionalProperties",
            "required",
        ];
        if !known(&all) {
            return None;
        }
        if nodes.len() == 1 {
            return nodes.pop();
        }
        let first = self.nodes.len();
        self.nodes.extend(nodes);
        Some(Node::Either((first..self.nodes.len()).collect()))
    }

    fn properties(&mut self, schema: &'s Map<String, Value>, depth: usize) -> Option<Properties> {
        let mut known = Vec::new();
        if let Some(properties) = schema.get("properties") {
            for (name, property) in properties.as_object()? {
                known.push((name.clone(), self.add(property, depth)));
            }
        }
        if known.len() > 64 {
            return None;
        }
        let others = match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => None,
            Some(others) => Some(self.add(others, depth)),
            None => {
                self.nodes.push(Node::Any);
                Some(self.nodes.len() - 1)
            }
        };
        let mut required = 0;
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let name = name.as_str()?;
            required |= 1 << known.iter().position(|(known, _)| known == name)?;
        }
        Some(Properties { known, others, required })
    }
}

impl Text {
    fn any() -> Self {
        Self { shortest: 0, longest: usize::MAX, date: false, words: None, pattern: None }
    }

    fn of(schema: &Map<String, Value>) -> Option<Self> {
        let mut text = Self::any();
        text.shortest = usize::try_from(number(schema, "minLength", 0)?).ok()?;
        text.longest = usize::try_from(number(schema, "maxLength", i64::MAX)?).ok()?;
        text.date = match schema.get("format").and_then(Value::as_str) {
            None => false,
            Some("date") => true,
            // Formats of numbers say nothing about texts.
            Some("uint8" | "uint32") => false,
            Some(_) => return None,
        };
        if let Some(words) = schema.get("enum") {
            let words = words.as_array()?.iter();
            text.words =
                Some(words.map(|word| word.as_str().map(str::to_owned)).collect::<Option<_>>()?);
        }
        if let Some(pattern) = schema.get("pattern") {
            let schema = serde_json::json!({ "pattern": pattern });
            text.pattern = Some(Box::new(super::validator(&schema)?));
        }
        Some(text)
    }
}

/// The word of a branch that is nothing but a word.
fn word(branch: &Value) -> Option<String> {
    let branch = branch.as_object()?;
    let bare = branch.iter().all(|(key, value)| match key.as_str() {
        "type" => value == "string",
        "const" | "description" | "title" => true,
        _ => false,
    });
    if bare { branch.get("const")?.as_str().map(str::to_owned) } else { None }
}

fn number(schema: &Map<String, Value>, key: &str, default: i64) -> Option<i64> {
    schema.get(key).map_or(Some(default), Value::as_i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Schema, validator};
    use super::*;
    use crate::document::{Document, Limits, Plain};

    fn plain(text: &str) -> Option<Plain> {
        Document::read("x.yaml", text.as_bytes(), &Limits::ITEM).ok()?.1
    }

    #[test]
    fn it_knows_all_of_the_published_schema() {
        let sure = Sure::of(&serde_json::from_str(Schema::Item.text()).unwrap());
        let unknown = sure.nodes.iter().filter(|node| matches!(node, Node::Unknown)).count();
        assert!(sure.nodes.len() > 50 && unknown == 0, "{unknown} of {sure:#?}");
    }

    /// Every field with values right and wrong, alone and in another's place: whatever it holds
    /// valid, the schema holds valid; and it holds valid what is written as it should be.
    #[test]
    fn its_yes_is_a_yes_of_the_schema() {
        let base = "weakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\n";
        let values = [
            "x",
            "''",
            "' '",
            "1",
            "0",
            "7",
            "-1",
            "1.0",
            "2.5",
            "99999999999",
            "true",
            "[]",
            "{}",
            "[a]",
            "[1]",
            "['']",
            "[[]]",
            "2026-01-01",
            "2026-02-30",
            "'2026-1-1'",
            "+2026-01-01",
            "2026-01-01T00:00:00Z",
            "0000-01-01",
            "high",
            "High",
            "open",
            "Open",
            "custom-status",
            "weakness",
            "{a: b}",
            "{cmmc: [x]}",
            "{cmmc: x}",
            "{listed: true}",
            "{listed: true, due: 2026-01-01}",
            "{listed: 1}",
            "{name: J}",
            "{name: ''}",
            "{name: J, x: 1}",
            "{email: x}",
            "[{id: 1, description: D}]",
            "[{id: 0, description: D}]",
            "[{id: 1000000, description: D}]",
            "[{id: 1, description: D, due: 2026-01-01, status: completed, completed: 2026-01-01, evidence: [x]}]",
            "[{id: 1, description: D, status: done}]",
            "[{id: 1}]",
            "[{id: '1', description: D}]",
            "[{type: risk-adjustment, state: pending}]",
            "[{type: risk-adjustment, state: open}]",
            "[{type: false-positive, state: approved, approver: {name: J}, adjusted_risk_rating: low}]",
            "{vendor: V, last_check_in: 2026-01-01}",
            "{rationale: R, approver: {name: J}, approved: 2026-01-01}",
            "{reason: R, until: 2026-01-01}",
            "{reason: R, until: soon}",
            "[{reference: R}]",
            "[{type: scan, reference: R, collected: 2026-01-01}]",
            "[{reference: ''}]",
            "{facing: internal, internet_reachable: false}",
            "{facing: inside}",
            "{evaluated: 2026-01-01, rating: 5}",
            "{rating: 6}",
            "{next_reduction: {due: 2026-01-01, rating: 1}}",
            "[{date: 2026-01-01, by: J}]",
            "[{date: 2026-01-01, by: J, note: N}]",
            "[{by: J}]",
            "[{rule: r, reason: R, until: 2026-01-01}]",
            "[V-1, V-2]",
            "[' V-1']",
            "~",
            "[~]",
            "\u{e9}",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ];
        let schema: Value = serde_json::from_str(Schema::Item.text()).unwrap();
        let full = validator(&schema).unwrap();
        let (mut right, mut missed) = (0, Vec::new());
        for field in crate::model::Item::FIELDS.iter().chain(&["zzz"]) {
            for value in values {
                let others: String = format!("id: V-1\n{base}")
                    .split_inclusive('\n')
                    .filter(|line| !line.starts_with(&format!("{field}:")))
                    .collect();
                let text = format!("{others}{field}: {value}\n");
                let Some(plain) = plain(&text) else { panic!("not plain: {text}") };
                let valid = full.is_valid(&plain.to_value());
                let sure = Schema::Item.surely_holds(&plain);
                assert!(valid || !sure, "only the quick check accepts {text}");
                right += usize::from(valid);
                if valid && !sure {
                    missed.push(format!("{field}: {value}"));
                }
            }
        }
        // Numbers such as 1.0, which are whole by the schema, are left to it; nothing else is.
        assert!(right > 200, "{right}");
        missed.retain(|it| !it.contains("1.0") && !it.contains("0000-01-01"));
        assert_eq!(missed, [""; 0]);
    }

    #[test]
    fn what_it_does_not_know_it_does_not_hold_valid() {
        let text = plain("a: x\nb: 1\n").unwrap();
        for (schema, holds) in [
            (json!({"type": "object"}), true),
            (json!(true), true),
            (json!(false), false),
            (json!({"type": "object", "required": ["a"], "properties": {"a": true}}), true),
            (json!({"type": "object", "required": ["c"], "properties": {"c": true}}), false),
            (json!({"type": "object", "minProperties": 1}), false),
            (json!({"type": "object", "not": {"required": ["a"]}}), false),
            (
                json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^x$"}}}),
                true,
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^y$"}}}),
                false,
            ),
            (
                json!({"type": "object", "properties": {"b": {"type": "integer", "enum": [2]}}}),
                false,
            ),
            (
                json!({"type": "object", "properties": {"b": {"type": "integer", "multipleOf": 2}}}),
                false,
            ),
            (
                json!({"type": "object", "properties": {"b": {"type": "string", "anyOf": [true]}}}),
                false,
            ),
            (
                json!({"type": "object", "properties": {"a": {"oneOf": [{"const": "x"}, {"const": "x"}]}}}),
                false,
            ),
            (
                json!({"type": "object", "properties": {"a": {"type": "string", "format": "email"}}}),
                false,
            ),
            (json!({"$ref": "#"}), false),
        ] {
            assert_eq!(Sure::of(&schema).holds(text.root()), holds, "{schema}");
        }
    }
}
