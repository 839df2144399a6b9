//! Reports and a tracker whose text tries to break out.

use std::sync::Arc;

use poam::diagnostic::{Diagnostic, Label, Level};
use poam::output::{Format, ValidationReport};

use crate::support::Repo;

pub(crate) const FORMATS: [Format; 7] = [
    Format::Text,
    Format::Json,
    Format::Sarif,
    Format::Github,
    Format::Gitlab,
    Format::Junit,
    Format::Markdown,
];

/// Text that somebody might write into an item, a file name or a folder name.
pub(crate) fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "plain",
        "漢字 😀 e\u{301} ü",
        "\u{1b}[31mred\u{1b}]8;;http://x\u{7} \u{9b}1m\u{7f}",
        "::error file=x,line=1::forged",
        "a\n::error::forged\r\n::warning::again",
        "%0A::error::forged %25 %3A%2C%0D",
        "]]> --> <!-- <script>alert(1)</script> <![CDATA[",
        "`code` | cell | ```\\| \\\\| \\` ~~~",
        "</details></td></table><img src=x onerror=y>",
        "@admin #1 !2 GH-3 $x$ https://evil.example ftp://e.example www.evil.example a@b.example",
        "[x](javascript:y) ![i](http://z) [1]: <http://q>",
        "{0} {1} {{2}} {a: b}",
        "##[stop-commands]x ##vso[task.complete] ###[error]",
        "\u{202e}txt.exe\u{2066} \u{200b}\u{feff}\u{2028}\u{85}",
        "nul\0byte \u{1}\u{8}\u{fffe}\u{ffff}\u{fffd}",
        "&lt; &#60; &amp; \"quoted\" 'single' a=b,c:d;e",
        "=HYPERLINK(1) - + 1. # --- | --- |",
        " \t lead and trail \t ",
        "\r",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("|@x<`".repeat(2_000));
    texts
}

/// A report of every level in which everything that comes from items is one text.
pub(crate) fn report(text: &str) -> ValidationReport {
    let line = text.replace(['\n', '\r'], " ");
    let source: Arc<str> = format!("# ü\nid: V-1\nstatus: {line} # end\nlast: x\n").into();
    let start = source.find("status: ").unwrap() + "status: ".len();
    let other: Arc<str> = "id: V-1\n".into();
    let path = format!("items/{text}.yaml");
    let one = |rule| {
        let label = Label::new(path.as_str(), &source, start..start + line.len(), "/status");
        Diagnostic::new(rule, label.says(text.to_owned()), text)
            .help(text.to_owned())
            .item(text)
            .also(Label::new(path.as_str(), &other, 4..7, "/id").says(text.to_owned()))
            .also(Label::whole_file(&path))
    };
    let block = Label::new(path.as_str(), &source, 0..start, "");
    ValidationReport {
        diagnostics: vec![
            one("closed-without-evidence"),
            one("closed-without-evidence"),
            one("overdue").level(Level::Warning),
            one("missing-owner").level(Level::Note),
            Diagnostic::new("schema", Label::whole_file(&path), text),
            Diagnostic::new("schema", block, text).level(Level::Warning),
        ],
        items: 3,
        unreadable: 1,
        known: 2,
        against_base: true,
        asked: vec!["schema", "closed-without-evidence", "overdue", "duplicate-id"],
        documents: Vec::new(),
        limit: None,
    }
}

/// Errors, warnings and notes in numbers.
pub(crate) fn many(errors: usize, warnings: usize, notes: usize) -> ValidationReport {
    let text: Arc<str> = "status: open\n".into();
    let of = |level, count| {
        let text = Arc::clone(&text);
        (0..count).map(move |at| {
            let label = Label::new(format!("items/V-{at}.yaml"), &text, 8..12, "/status");
            Diagnostic::new("overdue", label, format!("late {at}")).level(level)
        })
    };
    let diagnostics = of(Level::Note, notes)
        .chain(of(Level::Error, errors))
        .chain(of(Level::Warning, warnings))
        .collect();
    ValidationReport {
        diagnostics,
        items: errors + warnings + notes,
        ..ValidationReport::default()
    }
}

/// A tracker with one mistake of many kinds, in files that are hard to point into.
pub(crate) fn tracker() -> Repo {
    let repo = Repo::new();
    let base = "original_detection_date: 2026-01-05\noriginal_risk_rating: high\n";
    repo.write("poam.yaml", "version: 1\n")
        .write("items/V-1.yaml", format!("id: V-1\nweakness_name: One\nstatus: closed # 漢字\n{base}"))
        .write(
            "items/a b,c%25/V-2.yaml",
            format!(
                "\u{feff}id: V-2\r\nweakness_name: \"漢字 \\u202e\\e[31m\"\r\nstatus: open\r\npoint_of_contact: {{ name: \"漢字😀\", email: j@example.com, odd<b>: x }}\r\n{}",
                base.replace('\n', "\r\n")
            ),
        )
        .write(
            "items/漢字/V-3.yaml",
            format!("id: V-3\nweakness_name: T\nstatus: \"##[stop-commands]x ::error::y\\n::error::z\\0\"\n{base}"),
        )
        .write(
            "items/V-4.yaml",
            format!(
                "id: V-4\nweakness_name: T\nstatus: open\n\"odd\\n::error::x | `y` @z %0A\": >\n  folded\n  text\n{base}"
            ),
        )
        .write("items/V-5.yaml", format!("id: V-5\nweakness_name: {}\nstatus: opne # {}", "x".repeat(10_000), "|".repeat(10_000)))
        .write("items/V-6.yaml", "id: [V-6,\n")
        .write("items/V-7.yaml", format!("id: V-1\nweakness_name: Same\nstatus: open\n{base}"))
        .write("items/V-8.yaml", "")
        .write("items/V-9.yaml", b"id: \xff\xfe\n");
    repo.commit("2026-01-10", "start");
    repo
}
