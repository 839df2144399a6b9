use poam::output::{Format, ValidationReport};
use poam::text::visible;
use serde_json::Value;

use crate::diagnostic_formats::fixture::{FORMATS, hostile, many, report};
use crate::diagnostic_formats::read::{cells, command, shown};
use crate::diagnostic_formats::schemas;

#[test]
fn nothing_steers_a_terminal_or_a_runner() {
    for text in hostile() {
        for format in FORMATS {
            let out = report(&text).render(format, false);
            let steering = |c: char| {
                c != '\n'
                    && (c.is_control()
                        || matches!(c, '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
            };
            let found = out.chars().find(|c| steering(*c));
            assert_eq!(found, None, "{format:?} of {text:?}");
            // GitHub's commands are found before this older form is looked for.
            if format != Format::Github {
                assert!(!out.contains("##[") && !out.contains("##vso["), "{format:?}");
                assert!(!out.lines().any(|line| line.trim_start().starts_with("::error")));
            }
        }
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for format in FORMATS {
        let texts = || report("x | y\n").render(format, false);
        assert_eq!(texts(), texts(), "{format:?}");
    }
}

/// Folders of items have free names, and git keeps any.
#[cfg(unix)]
#[test]
fn a_folder_with_a_hostile_name_is_only_a_name() {
    let repo = crate::support::Repo::new();
    let folder = "items/a\n::error::b %0A ##[error]c \u{1b}[31m\u{202e}<b>|]]>";
    repo.write("poam.yaml", "version: 1\n").write(&format!("{folder}/V-1.yaml"), "id: V-1\n");
    let run = |format| repo.poam(1, &["validate", "--format", format]).0;
    let count = |value: &Value| value.as_array().unwrap().len();
    let expected = count(&serde_json::from_str::<Value>(&run("json")).unwrap()["diagnostics"]);
    assert!(expected > 0);
    assert_eq!(count(&schemas::sarif(&run("sarif"))["runs"][0]["results"]), expected);
    assert_eq!(count(&schemas::gitlab(&run("gitlab"))), expected);
    assert_eq!(schemas::junit(&run("junit")).len(), expected);
    let github = run("github");
    assert_eq!(github.lines().count(), expected + 1, "{github}");
    let markdown = run("markdown");
    let rows: Vec<Vec<String>> = markdown.lines().filter_map(cells).collect();
    assert!(rows.len() == expected + 2 && rows.iter().all(|row| row.len() == 4), "{markdown}");
    for out in [github, markdown, run("text"), run("json"), run("sarif")] {
        assert!(!out.contains(['\u{1b}', '\u{202e}']), "{out}");
    }
}

#[test]
fn json_formats_hold_the_text_as_it_was() {
    for text in hostile() {
        let said = visible(&text);
        let report = report(&text);
        let json: Value = serde_json::from_str(&report.render(Format::Json, false)).unwrap();
        assert_eq!(json["diagnostics"][0]["message"], text);
        let sarif = schemas::sarif(&report.render(Format::Sarif, false));
        let result = &sarif["runs"][0]["results"][0];
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        let path = percent_encoding::percent_decode_str(uri).decode_utf8().unwrap();
        assert_eq!(path, format!("items/{text}.yaml"));
        let message = result["message"]["text"].as_str().unwrap();
        assert!(
            !message.contains("](") && !message.replace("{{0}}", "").contains("{0}"),
            "{message}"
        );
        let gitlab = schemas::gitlab(&report.render(Format::Gitlab, false));
        assert_eq!(gitlab[0]["description"], format!("{said} (help: {said})"));
    }
}

#[test]
fn junit_holds_the_text_as_it_is_shown() {
    for text in hostile() {
        let said = visible(&text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
        let cases = schemas::junit(&report(&text).render(Format::Junit, false));
        let failure =
            cases.iter().flat_map(|it| &it.children).find(|it| it.name == "failure").unwrap();
        assert_eq!(failure.get("message"), said);
        let case = cases.iter().find(|it| it.get("classname") == "overdue").unwrap();
        assert_eq!(case.get("name"), format!("{said}: {said}"));
        let place = format!("items/{said}.yaml:3:9: {said}\n");
        assert_eq!(
            case.children[0].text.split_once('\n').unwrap().1.split_inclusive('\n').next().unwrap(),
            place
        );
    }
}

#[test]
fn markdown_stays_in_its_tables() {
    for text in hostile() {
        let out = report(&text).render(Format::Markdown, false);
        assert!(out.len() <= 65_536);
        let rows: Vec<Vec<String>> = out.lines().filter_map(cells).collect();
        assert!(rows.iter().all(|row| row.len() == 4), "{out}");
        assert_eq!(rows.len(), 6 + 3 * 2, "six diagnostics in three tables: {out}");
        let plain = |line: &str| line.is_empty() || line.starts_with('#') || cells(line).is_some();
        assert!(out.lines().all(plain), "{out}");
        for cell in rows.iter().flatten() {
            assert!(!cell.contains(['<', '>']) && !cell.contains("://"), "{cell}");
            assert!(!cell.to_lowercase().contains("www."), "{cell}");
            let mut before = ' ';
            let mut rest = cell.chars();
            let is_code = cell.starts_with('`') && cell.ends_with('`');
            while let Some(c) = rest.next() {
                let special =
                    matches!(c, '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '!' | '#');
                let entity = before == '&' && c == '#' && rest.as_str().starts_with("8203;");
                assert!(!special || before == '\\' || entity || is_code, "{c} in {cell}");
                assert!(c != '@' || rest.as_str().starts_with("&#8203;"), "{cell}");
                before = if before == '\\' && c == '\\' { ' ' } else { c };
            }
        }
        let one_line = text.trim().replace(['\n', '\r', '\t'], " ");
        if one_line.chars().count() < 400 {
            assert_eq!(shown(&rows[2][2]).trim(), visible(&one_line).trim());
        }
    }
}

#[test]
fn markdown_fits_into_a_comment_and_says_what_it_leaves_out() {
    let out = many(173, 50, 2).render(Format::Markdown, false);
    assert!(out.contains("\n… and 123 more\n\n#### Warnings"), "{out}");
    assert!(out.ends_with("\n`poam validate` lists all of them.\n"), "{out}");
    assert_eq!(out.lines().filter_map(cells).count(), 50 + 50 + 2 + 3 * 2);
    let long = "漢@".repeat(5_000);
    let diagnostics = (0..40).flat_map(|_| report(&long).diagnostics).collect();
    let out = ValidationReport { diagnostics, ..ValidationReport::default() }
        .render(Format::Markdown, false);
    assert!(out.len() <= 65_536 && out.len() > 50_000, "{}", out.len());
    let listed = out.lines().filter_map(cells).filter(|row| row[1].starts_with('`')).count();
    let left = out
        .lines()
        .filter_map(|line| line.strip_prefix("… and ")?.split(' ').next()?.parse::<usize>().ok());
    assert_eq!(listed + left.sum::<usize>(), 240, "{out}");
}

/// Files that are too much, too deep or broken, and values that try to break out, in one tracker:
/// every format is whole, has each diagnostic once, and is the same again.
#[test]
fn a_tracker_full_of_hostile_files_comes_out_whole_in_every_format() {
    let repo = crate::support::Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    let base = "original_detection_date: 2026-01-05\noriginal_risk_rating: high\n";
    for (index, text) in hostile().iter().enumerate() {
        // JSON's quoting is YAML's too; what YAML cannot hold is refused, which is said.
        let quoted = serde_json::to_string(text).unwrap();
        let item = format!(
            "id: V-{index}\nweakness_name: {quoted}\nstatus: {quoted}\ncves: [{quoted}]\n\
            point_of_contact: {{name: {quoted}}}\ncontrols: [{quoted}]\n{quoted}: {quoted}\n{base}"
        );
        repo.write(&format!("items/V-{index}.yaml"), item);
        let sound = format!(
            "id: W-{index}\nweakness_name: T\nstatus: open\ncves: [{quoted}]\ncontrols: [{quoted}]\n\
            point_of_contact: {{name: {quoted}}}\n{base}"
        );
        repo.write(&format!("items/W-{index}.yaml"), sound);
    }
    let laughs: String = (1..20)
        .map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")))
        .collect();
    repo.write("items/laughs.yaml", format!("a0: &a0 [x]\n{laughs}"))
        .write("items/deep.yaml", format!("a: {}", "[".repeat(10_000)))
        .write("items/deep_block.yaml", "- ".repeat(10_000))
        .write("items/big.yaml", format!("id: \"{}\"\n", "x".repeat(10 << 20)))
        .write("items/long.yaml", format!("id: \"{}\"\n", "x".repeat(200_000)))
        .write("items/twice.yaml", "id: V-1\nid: V-2\n")
        .write("items/nul.yaml", b"id: V\0\n")
        .write(
            "items/cmd.yaml",
            format!("id: \"=cmd|' /C calc'!A0\"\nweakness_name: W\nstatus: open\n{base}"),
        );
    let run = |format: &str| {
        let all = ["--today", "2026-02-01", "validate", "--format", format];
        let (out, err) = repo.poam(1, &all);
        assert_eq!(err, "", "{format}");
        // That the same report gives the same bytes in every format is tested above.
        if format == "json" {
            assert!(out == repo.poam(1, &all).0, "the same run gives the same bytes");
        }
        assert!(out.len() < 8 << 20, "{format}: {} bytes", out.len());
        let steering = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert_eq!(out.chars().find(|c| steering(*c)), None, "{format}");
        out
    };
    let count = |value: &Value| value.as_array().unwrap().len();
    let json: Value = serde_json::from_str(&run("json")).unwrap();
    let expected = count(&json["diagnostics"]);
    assert!(expected > 2 * hostile().len());
    for name in ["laughs", "deep", "deep_block", "big", "long", "twice", "nul", "cmd"] {
        let path = format!("items/{name}.yaml");
        let here = json["diagnostics"].as_array().unwrap().iter().filter(|it| it["path"] == *path);
        assert!(here.count() > 0, "nothing is said of {path}");
    }
    assert_eq!(count(&schemas::sarif(&run("sarif"))["runs"][0]["results"]), expected);
    assert_eq!(count(&schemas::gitlab(&run("gitlab"))), expected);
    assert_eq!(schemas::junit(&run("junit")).len(), expected);
    let github = run("github");
    assert!(
        github.lines().all(|line| command(line).is_some() || !line.starts_with("::")),
        "{github}"
    );
    // Where GitHub shows fewer, a command of our own says so.
    let said = |line: &str| command(line).filter(|it| it.properties["title"] != "poam");
    assert_eq!(github.lines().filter_map(said).count(), expected);
    let markdown = run("markdown");
    let plain =
        |line: &str| line.is_empty() || line.starts_with(['#', '…', '`']) || cells(line).is_some();
    assert!(markdown.lines().all(plain), "{markdown}");
    assert!(run("text").lines().all(|line| !line.trim_start().starts_with("::error")));
}
