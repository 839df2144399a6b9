//! Tests of [`super`].

use proptest::prelude::*;

use super::*;

/// An order of keys, for the tests: the one of POA&M items.
const ORDER: [&str; 37] = [
    "id",
    "kind",
    "weakness_name",
    "weakness_description",
    "controls",
    "mappings",
    "detector_source",
    "source_identifier",
    "original_finding",
    "cves",
    "kev",
    "assets",
    "services",
    "point_of_contact",
    "resources_required",
    "remediation_plan",
    "original_detection_date",
    "scheduled_completion_date",
    "original_risk_rating",
    "milestones",
    "status",
    "deviations",
    "vendor_dependency",
    "risk_acceptance",
    "deferral",
    "evidence",
    "dependencies",
    "successor_of",
    "exposure",
    "ver",
    "sensitive",
    "change_ticket",
    "completion_date",
    "reviews",
    "comments",
    "allow",
    "extra",
];

fn parse(text: &str) -> Document {
    Document::parse("items/V-1.yaml", text.as_bytes(), &Limits::ITEM)
        .unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

fn format(text: &str) -> String {
    let formatted = parse(text).format_document(&ORDER);
    formatted.unwrap_or_else(|error| panic!("{error}\n{text}")).text().to_string()
}

const TEXT: &str = "\
# yaml-language-server: $schema=../schema/item.schema.json
# Found by hand.

# how it goes
status:   open   # not yet

original_detection_date: 2026-01-05
\"id\": 'V-1'   # the id

# who
# answers
point_of_contact: { name: Jane Doe,   email: 'jane@example.com' } # asked
milestones: # the plan
# first of all
- id: 1   # one
  description: >-
    Close the port
    and scan again
  due: 2026-01-20
  # last remark
- {id: 2, description: flow, due: 2026-02-01} # two
weakness_name: \"Open port: 8080\"
evidence:
  # none so far
controls: [AC-1, 'AC-2',   SI-2]
assets: [
  web-1, # first
  # and another
  web-2
]
x_own: 1.10
comments: | # what else
  two

  # no comment
extra: {} # nothing
a_own: [[1, 2], [3]]
completion_date:
# the end
";

#[test]
fn comments_stay_with_what_they_are_about() {
    let expected = "\
# yaml-language-server: $schema=../schema/item.schema.json
# Found by hand.

id: V-1 # the id
weakness_name: \"Open port: 8080\"
controls: [AC-1, AC-2, SI-2]
assets:
  - web-1 # first
  # and another
  - web-2

# who
# answers
point_of_contact: # asked
  name: Jane Doe
  email: jane@example.com
original_detection_date: 2026-01-05
milestones: # the plan
  # first of all
  - id: 1 # one
    description: Close the port and scan again
    due: 2026-01-20
    # last remark
  - id: 2 # two
    description: flow
    due: 2026-02-01

# how it goes
status: open # not yet
evidence: null
  # none so far
completion_date: null
comments: | # what else
  two

  # no comment
extra: {} # nothing
x_own: 1.10
a_own:
  - [1,2]
  - [3]
# the end
";
    assert_eq!(format(TEXT), expected);
    assert_eq!(format(expected), expected);
}

/// As people write: a file, and the same in the canonical layout (with `…` for `id: V-1`).
const STYLES: [(&str, &str); 24] = [
    ("id: V-1\r\ncomments: |\r\n  a\r\n  b\r\n", "…comments: |\n  a\n  b\n"),
    ("id: V-1", "…"),
    ("\u{feff}id: V-1\n", "…"),
    ("---\nid: V-1\n...\n# end\n", "…# end\n"),
    ("# head\n---\nstatus: open\nid: V-1\n", "# head\n…status: open\n"),
    ("--- # head\nstatus: open\nid: V-1\n", "# head\n…status: open\n"),
    ("# of the status\nstatus: open\nid: V-1\n", "…# of the status\nstatus: open\n"),
    ("# vim: ts=2\nstatus: open\nid: V-1\n", "# vim: ts=2\n…status: open\n"),
    ("\"id\": \"V-1\"\n'status' : 'open'\n", "…status: open\n"),
    ("{id: V-1, status: open} # all\n", "…status: open # all\n"),
    (
        "{\n  \"id\": \"V-1\", # the id\n  # next\n  \"status\": \"open\"\n  # end\n}\n",
        "… # the id\n# next\nstatus: open\n# end\n",
    ),
    ("id:\n  # why\n  V-1\n", "# why\n…"),
    ("id: V-1\ncomments: >\n  a\n  b\n\n  c\n", "…comments: |\n  a b\n  c\n"),
    ("id: V-1\ncomments: \"a\n  b\"  # c\n", "…comments: a b # c\n"),
    ("id: V-1\ncomments: \"a\\tb\"\n", "…comments: \"a\\tb\"\n"),
    ("id: V-1\ncomments: |+\n  a\n\n\n# c\n", "…comments: \"a\\n\\n\\n\"\n\n# c\n"),
    (
        "id: V-1\nassets:\n-   a\n-\n    # of b\n    b c\n- # of d\n  d\n",
        "…assets:\n  - a\n  # of b\n  - b c\n  - d # of d\n",
    ),
    (
        "id: V-1\nassets: [\"a,b\", 'yes', no, 012, 1_000]\n",
        "…assets: [\"a,b\", \"yes\", \"no\", \"012\", \"1_000\"]\n",
    ),
    (
        "id: V-1\nassets:\n  - |-\n  - |\n    a\n    b\n  # c\n",
        "…assets:\n  - \"\"\n  - |\n    a\n    b\n  # c\n",
    ),
    (
        "id: V-1\nassets: [] # none\nextra: {a: ~, b: TRUE}\n",
        "…assets: [] # none\nextra:\n  a: null\n  b: true\n",
    ),
    ("? id\n: V-1\n? assets\n: - a b\n", "…assets:\n  - a b\n"),
    (
        "id: V-1\nextra:\n    deep:\n        deeper: 1\n        # in\n    # out\n  # odd\n",
        "…extra:\n  deep:\n    deeper: 1\n    # in\n  # out\n  # odd\n",
    ),
    (
        "id: V-1\nmilestones:\n  -\n    # of it\n    id: 1 # one\n  - # two\n    id: 2\n  - # a\n    id: 3 # b\n",
        "…milestones:\n  # of it\n  - id: 1 # one\n  - id: 2 # two\n  # a\n  - id: 3 # b\n",
    ),
    (
        "id: V-1\ncomments: a very long line that goes on and on, further than any list of words would, and on\n",
        "…comments: a very long line that goes on and on, further than any list of words would, and on\n",
    ),
];

#[test]
fn every_style_has_one_layout() {
    for (text, expected) in STYLES {
        let expected = expected.replacen(
            "…",
            if expected.contains("… ") { "id: V-1" } else { "id: V-1\n" },
            1,
        );
        assert_eq!(format(text), expected, "{text:?}");
        assert_eq!(format(&expected), expected, "again");
    }
}

#[test]
fn what_has_no_place_is_refused_with_its_place() {
    for (text, expected) in [
        (
            "id: V-1\na: &x 1\nb: *x\n",
            "it has anchors or aliases (`&`, `*`): format this by hand at items/V-1.yaml:2:7",
        ),
        (
            "%YAML 1.2\n---\nid: V-1\n",
            "it has a directive (`%`): format this by hand at items/V-1.yaml:1:1",
        ),
        (
            "id: V-1\na:\n  - [1, # c\n    2]\n",
            "a comment inside a list of lists has no place of its own: format this by hand at items/V-1.yaml:3:5",
        ),
    ] {
        let error = parse(text).format_document(&ORDER).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

/// A text with comments put in, where they are comments and change no value.
fn commented(text: &str, notes: &[(usize, usize, bool)]) -> String {
    let mut text = text.to_owned();
    for (number, (line, indent, own)) in notes.iter().enumerate() {
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let at = line % lines.len();
        match own {
            true => lines.insert(at, format!("{}# n{number}", " ".repeat(*indent))),
            false => lines[at].push_str(&format!(" # n{number}")),
        }
        let with = lines.join("\n");
        let same = |it: &Document| it.to_value() == parse(&text).to_value();
        if Document::parse("x", with.as_bytes(), &Limits::ITEM).is_ok_and(|it| same(&it)) {
            text = with;
        }
    }
    text
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-z]{0,5}",
        "[ -~\n]{0,20}",
        Just("a\nb\n".to_owned()),
        Just("# a\nb".to_owned())
    ];
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn notes() -> impl Strategy<Value = Vec<(usize, usize, bool)>> {
    prop::collection::vec((0_usize..60, 0_usize..9, any::<bool>()), 0..12)
}

/// Formats, where it is not refused; what comes out must be canonical.
fn check(text: &str) -> Result<(), TestCaseError> {
    let document = parse(text);
    let Ok(once) = document.format_document(&ORDER) else {
        // Only what is known to have no place may be refused.
        prop_assert!(
            document.format_document(&ORDER).unwrap_err().reason.contains("list of lists"),
            "{}\n{text}",
            document.format_document(&ORDER).unwrap_err()
        );
        return Ok(());
    };
    let twice = once
        .format_document(&ORDER)
        .map_err(|error| TestCaseError::fail(format!("{error}\n{}", once.text())))?;
    prop_assert_eq!(twice.text(), once.text(), "from {}", text);
    Ok(())
}

proptest! {
    #[test]
    fn generated_items_keep_everything(fields in prop::collection::vec((prop::sample::select(&ORDER[..]), values()), 1..8), notes in notes()) {
        let map: serde_json::Map<String, Value> = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        check(&commented(&super::super::emit_yaml(&map).unwrap(), &notes))?;
    }

    #[test]
    fn every_style_keeps_its_comments_wherever_they_are(style in 0..=STYLES.len(), notes in notes()) {
        let text = STYLES.get(style).map_or(TEXT, |(text, _)| text);
        check(&commented(&text.replace("\r\n", "\n"), &notes))?;
    }
}
