//! Each outside crate is named only behind its door, and rooms know only the rooms below them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where a crate may be named: paths below `src` that begin with one of these.
const DOORS: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["output/text.rs"]),
    ("anstream", &["cli/"]),
    ("anstyle", &["output/paint.rs"]),
    ("anyhow", &["cli/"]),
    ("askama", &["report/"]),
    ("calamine", &["workbook/"]),
    ("clap", &["cli/"]),
    ("clap_complete", &["cli/completions.rs"]),
    ("clap_mangen", &["cli/man.rs"]),
    ("comfy_table", &["output/table.rs"]),
    ("csv", &["workbook/"]),
    ("flate2", &["intake/finding.rs", "output/sarif.rs"]),
    ("foldhash", &["history/mod.rs"]),
    ("getrandom", &["history/cache/key.rs"]),
    ("git2", &["repository/"]),
    ("granit_parser", &["document/"]),
    ("hmac", &["history/cache/"]),
    ("jsonschema", &["schema.rs", "schema/"]),
    ("lz4_flex", &["packed.rs"]),
    ("mimalloc", &["main.rs"]),
    ("percent_encoding", &["model/id.rs", "output/", "report/names.rs"]),
    ("plotters", &["report/chart.rs"]),
    ("poam_scans", &["cli/scan.rs", "intake/"]),
    ("postcard", &["history/cache/"]),
    ("quick_xml", &["output/junit.rs", "workbook/"]),
    ("rust_xlsxwriter", &["workbook/"]),
    ("serde_transcode", &["document/flat.rs", "history/value.rs"]),
    ("similar", &["output/diff.rs"]),
    ("rustix", &["atomic.rs", "cli/input.rs"]),
    ("strsim", &["nearest.rs"]),
    ("tempfile", &["cli/edit.rs", "history/cache/key.rs", "repository/"]),
    ("terminal_size", &["cli/session.rs"]),
    ("uuid", &["exchange/oscal/"]),
    ("walkdir", &["cli/ids.rs", "cli/scan.rs", "intake/record.rs", "store/"]),
    ("yaml_edit", &["document/"]),
    ("zip", &["workbook/"]),
];

/// Rooms that import nothing of ours but what is named.
const BELOW: &[(&str, &[&str])] = &[
    ("model/", &["model"]),
    ("atomic.rs", &[]),
    ("packed.rs", &[]),
    ("source.rs", &["packed"]),
    ("diagnostic.rs", &["source"]),
    ("document/", &["document", "diagnostic", "packed", "source"]),
    ("repository/", &["repository"]),
    ("workbook/", &["workbook"]),
];

fn sources() -> BTreeMap<String, String> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    let name =
        |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    let mut sources: BTreeMap<String, String> =
        found.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect();
    // Files that only tests have are no part of the house.
    let tests: Vec<String> =
        sources.iter().flat_map(|(path, text)| test_files(path, text)).collect();
    sources.retain(|path, _| !tests.contains(path));
    sources
}

/// The files that a file declares for tests only.
fn test_files(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let declared = text.split("#[cfg(test)]\n").skip(1).filter_map(|rest| {
        let line = rest.lines().next()?;
        let name =
            line.trim_start_matches("pub(crate) ").strip_prefix("mod ")?.strip_suffix(';')?;
        Some(format!("{folder}/{name}.rs"))
    });
    declared.collect()
}

/// The code of a file: without its tests and comments.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn outside_crates_stay_behind_their_doors() {
    let sources = sources();
    for (name, doors) in DOORS {
        let mut named = false;
        for (path, text) in &sources {
            let code = code(text);
            let inside = code.match_indices(&format!("{name}::")).any(|(at, _)| {
                !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            });
            named |= inside;
            let allowed = doors.iter().any(|door| path.starts_with(door));
            assert!(!inside || allowed, "{name} is named in src/{path}; its door is {doors:?}");
        }
        assert!(named, "nothing uses {name}");
    }
}

#[test]
fn rooms_know_only_the_rooms_below_them() {
    for (path, text) in sources() {
        let code = code(&text);
        if !path.starts_with("cli/") && path != "main.rs" && path != "lib.rs" {
            assert!(!code.contains("crate::cli"), "src/{path} imports the commands");
            assert!(!code.contains("println!"), "src/{path} prints");
        }
        for (room, below) in BELOW.iter().filter(|(room, _)| path.starts_with(room)) {
            for (at, _) in code.match_indices("crate::") {
                let rest = &code[at + "crate::".len()..];
                let other: String =
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                assert!(
                    below.contains(&other.as_str()),
                    "src/{path} in {room} imports crate::{other}"
                );
            }
        }
    }
}
