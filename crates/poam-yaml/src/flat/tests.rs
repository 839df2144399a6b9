//! Tests of [`super`].

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(text: &str) -> Option<FlatDocument> {
    FlatDocument::read(&Arc::from(text), &Limits::ITEM)
}

/// Whatever is read in the subset of the fast scanner is what the full parser reads.
fn agree(text: &str) -> Result<(), TestCaseError> {
    let Some(plain) = read(text) else { return Ok(()) };
    let arc: Arc<str> = Arc::from(text);
    let full = super::super::parse::parse("x.yaml", &arc, &Limits::ITEM);
    match full {
        Ok(root) => {
            prop_assert_eq!(plain.to_value(), root.to_value(), "{:?}", text);
            prop_assert_eq!(plain.to_json(), Some(plain.to_value().to_string()));
            // Every place too.
            for pointer in pointers(&plain.to_value(), String::new()) {
                let place = root.find_place(&pointer);
                prop_assert_eq!(plain.root().find_place(&pointer), place.clone());
                prop_assert_eq!(
                    FlatDocument::find_place(&arc, &pointer),
                    Some(place),
                    "{:?}",
                    text
                );
            }
            let (quick, full) = (plain.root().to_node(), root);
            prop_assert_eq!(format!("{quick:#?}"), format!("{full:#?}"), "{:?}", text);
        }
        Err(error) => prop_assert!(false, "only the full parser refuses {text:?}: {error:?}"),
    }
    Ok(())
}

/// The addresses of all values, and of some that are not there.
fn pointers(value: &Value, here: String) -> Vec<String> {
    let mut all = vec![format!("{here}/none"), format!("{here}/9"), here.clone()];
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                all.extend(pointers(value, format!("{here}/{}", tree::escape_step(key))));
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                all.extend(pointers(value, format!("{here}/{index}")));
            }
        }
        _ => {}
    }
    all
}

#[test]
fn the_plain_form_is_read() {
    let text = "# yaml-language-server: $schema=x\n---\nid: V-1 # the id\nname: 'it''s'\ntext: |\n  one\n\n    two\n\nstrip: |-\n  x\nempty:\nnull_too: ~\nquoted: \"a\\n\\\"b\\\\\"\nlist:\n- a\n- 'b'\nnested:\n  - id: 1\n    due: 2026-01-01\n    evidence: [CHG-1, \"x, y\", {k: v}]\n\n  # said\n  - |\n   z\n  - id: 2\n    of:\n      deep: true\nflow: {date: 2026-01-01, by: Jane Roe, note: The plan: no}\n";
    assert_eq!(read(text).map(|plain| plain.to_value()), None, "`: ` in a plain value");
    let text = text.replace("plan: no", "plan:no");
    assert_eq!(
        read(&text).unwrap().to_value(),
        json!({
            "id": "V-1", "name": "it's", "text": "one\n\n  two\n", "strip": "x",
            "quoted": "a\n\"b\\", "list": ["a", "b"],
            "nested": [
                {"id": 1, "due": "2026-01-01", "evidence": ["CHG-1", "x, y", {"k": "v"}]},
                "z\n",
                {"id": 2, "of": {"deep": true}}
            ],
            "flow": {"date": "2026-01-01", "by": "Jane Roe", "note": "The plan:no"}
        })
    );
    agree(&text).unwrap();
}

#[test]
fn what_is_not_surely_known_is_left_to_the_full_parser() {
    for text in [
        "",
        "# only\n",
        "- a\n",
        "word\n",
        " a: 1\n",
        "a: 1\na: 2\n",
        "a: one\n  two\n",
        "a: 'one\n  two'\n",
        "a: >\n  folded\n",
        "a: |+\n  kept\n",
        "a: |2\n  told\n",
        "a: |\n  no line end",
        "a: |\n\n  blank first\n",
        "a: |\n  x\n     \n",
        "a: &x 1\n",
        "a: *x\n",
        "a: !t 1\n",
        "a: \"\\u0041\"\n",
        "a: 1\r\n",
        "a:\t1\n",
        "a: [1,\n  2]\n",
        "a: [1,, 2]\n",
        "a: [1, 2,]\n",
        "a: [b: 1]\n",
        "a: {b: 1, b: 2}\n",
        "a: {b}\n",
        "a: \"x\"y\n",
        "a: \"x\"#y\n",
        "a: 1\n---\nb: 2\n",
        "a: 1\n...\n",
        "%YAML 1.2\n---\na: 1\n",
        "<<: {a: 1}\n",
        "? a\n: 1\n",
        "a:\n  b: 1\n c: 2\n",
        "a:\n - x\n  - y\n",
        "a: - x\n",
        "a: \u{feff}x\n",
        "a: x\u{85}y\n",
        "a: \u{2028}\n",
    ] {
        assert!(read(text).is_none(), "{text:?}");
    }
    let deep = format!("a: {}1{}\n", "[".repeat(20), "]".repeat(20));
    assert!(read(&deep).is_none());
    let many: String = (0..60).map(|n| format!("k{n}: 1\n")).collect();
    assert!(read(&many).is_none());
    let small = Limits { nodes: 3, ..Limits::ITEM };
    assert!(FlatDocument::read(&Arc::from("a: [1, 2, 3]\n"), &small).is_none());
}

/// Texts as people write them: the examples of all rules, and the templates.
fn samples() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages: Vec<_> = std::fs::read_dir(root.join("src/rules"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect();
    pages.sort();
    let mut samples = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(page).unwrap();
        let blocks = text.split("```yaml").skip(1);
        let blocks = blocks.filter_map(|block| block.split_once('\n')?.1.split("```").next());
        // An example of several files is taken apart.
        for block in blocks {
            let parts = block.split("\n# ").map(|part| match part.split_once('\n') {
                Some((_, rest)) if !part.starts_with("id:") => rest,
                _ => part,
            });
            let items = parts.filter(|part| part.contains(": "));
            samples.extend(items.map(|part| format!("{part}\n")));
        }
    }
    for name in ["poam.yaml", "demo/people.yaml"] {
        samples.push(std::fs::read_to_string(root.join("templates").join(name)).unwrap());
    }
    samples
}

#[test]
fn nearly_every_sample_is_in_the_plain_form() {
    let samples = samples();
    for sample in &samples {
        agree(sample).unwrap();
    }
    let (plain, other): (Vec<_>, Vec<_>) = samples.iter().partition(|text| read(text).is_some());
    assert!(plain.len() > 10 * other.len(), "{} beside {other:#?}", plain.len());
}

const PIECES: [&str; 64] = [
    "a: 1",
    "b: two words",
    "c:",
    "d: [x, y]",
    "e: {k: v, l: 2}",
    "f: |",
    "g: |-",
    "h: >",
    "- x",
    "- k: v",
    "-",
    "- ",
    "- - z",
    "- [1]",
    "- |",
    "# note",
    "x # note",
    "a:b",
    "a: b: c",
    "k: 'q'",
    "k: 'it''s'",
    "k: \"q\\n\"",
    "k: \"\\x41\"",
    "k: ~",
    "k: null",
    "k: -5",
    "k: -x",
    "k: - x",
    "k: 1.50",
    "k: 012",
    "k: true",
    "k: !t v",
    "k: &a v",
    "k: *a",
    "k: @x",
    "k: 100%",
    "---",
    "...",
    "%TAG",
    "\t",
    "k:\tv",
    "text",
    "k: [a, {b: c}]",
    "k: [a: b]",
    "k: []",
    "k: {}",
    "k: [a b, 'c', \"d\"]",
    "k: {a: , b: 1}",
    "k: x  ",
    "k: \u{e9}t\u{e9}",
    "k: \u{a0}x",
    "k: x\u{3000}",
    "\u{3000}k: x",
    "k v: (x)",
    "1: 2",
    "k: a]b",
    "k: a,b",
    "k: [a]b",
    "k: 'a'b",
    "k: #x",
    "k: x#y",
    "k:  spaced  out",
    "<<: {a: 1}",
    "k : v",
];
const MARKS: [&str; 24] = [
    " ", "  ", "\n", ":", ": ", "-", "- ", "#", " #", "'", "\"", "[", "]", "{", "}", ",", "|", ">",
    "\\", "&", "*", "!", "\t", "~",
];

fn cases(number: u32) -> ProptestConfig {
    // More with PROPTEST_CASES.
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|it| it.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(number),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(6_000))]

    #[test]
    fn made_up_texts_are_read_alike(
        lines in prop::collection::vec((0_usize..7, 0..PIECES.len(), prop::option::weighted(0.1, 0..MARKS.len())), 1..9),
        whole in prop::bool::weighted(0.9),
    ) {
        let mut text = String::new();
        for (indent, piece, mark) in lines {
            let mark = mark.map_or("", |mark| MARKS[mark]);
            // Indentation is mostly even and mostly none.
            let indent = [0, 0, 0, 2, 2, 4, 1][indent];
            text += &format!("{:indent$}{}{mark}\n", "", PIECES[piece]);
        }
        if !whole {
            text.pop();
        }
        agree(&text)?;
    }
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn damaged_samples_are_read_alike(
        sample in prop::sample::select(samples()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..MARKS.len() + 6), 1..4),
    ) {
        let mut text = sample;
        for (place, edit) in edits {
            let mut at = place.index(text.len().max(1));
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
            match edit {
                0 if at < text.len() => { text.remove(at); }
                1 => text.replace_range(line..end, ""),
                2 => { let copy = text[line..end].to_owned(); text.insert_str(line, &copy); }
                3 => text.insert_str(line, "  "),
                4 if text[line..].starts_with("  ") => text.replace_range(line..line + 2, ""),
                5 => text.truncate(at),
                edit => text.insert_str(at, MARKS[edit.saturating_sub(6)]),
            }
        }
        agree(&text)?;
    }
}
