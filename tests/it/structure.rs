//! Each outside crate is named only in the modules that own it, and modules import downwards.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where an outside crate may be named: paths that begin with one of these. What a leaf crate depends
/// on alone is not listed: Cargo keeps it there.
const OWNERS: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["src/output/text.rs"]),
    ("anstream", &["src/cli/"]),
    ("anstyle", &["src/text/paint.rs"]),
    ("anyhow", &["src/cli/"]),
    ("askama", &["src/report/", "src/serve/page.rs"]),
    ("axum", &["src/serve/"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/completions.rs"]),
    ("clap_mangen", &["src/cli/man.rs"]),
    ("comfy_table", &["src/text/table.rs"]),
    ("csv", &["crates/poam-scans/", "crates/poam-workbook/"]),
    ("flate2", &["crates/poam-parquet/", "src/intake/finding.rs", "src/output/sarif.rs"]),
    ("foldhash", &["src/history/mod.rs"]),
    ("gen_lsp_types", &["src/lsp/"]),
    ("getrandom", &["src/history/cache/key.rs", "src/serve/"]),
    ("hmac", &["src/history/cache/"]),
    ("hyper", &["src/serve/server.rs"]),
    ("hyper_util", &["src/serve/server.rs"]),
    ("jsonschema", &["src/schema.rs", "src/schema/"]),
    ("lsp_server", &["src/lsp/mod.rs"]),
    ("mimalloc", &["src/main.rs"]),
    (
        "percent_encoding",
        &[
            "crates/poam-model/src/id.rs",
            "src/lsp/position.rs",
            "src/output/",
            "src/report/names.rs",
            "src/serve/",
            "src/settings/links.rs",
        ],
    ),
    ("plotters", &["src/report/chart.rs"]),
    ("poam_parquet", &["src/portfolio/"]),
    ("postcard", &["crates/poam-parquet/", "src/history/cache/"]),
    ("quick_xml", &["crates/poam-scans/", "crates/poam-workbook/", "src/output/junit.rs"]),
    ("rustix", &["src/atomic.rs", "src/cli/input.rs"]),
    ("serde_transcode", &["crates/poam-yaml/src/flat.rs", "src/history/value.rs"]),
    ("similar", &["src/output/diff.rs"]),
    ("strsim", &["src/nearest.rs"]),
    (
        "tempfile",
        &["crates/poam-git/", "src/cli/edit.rs", "src/history/cache/key.rs", "src/serve/upload.rs"],
    ),
    ("terminal_size", &["src/cli/session.rs", "src/cli/terminal.rs"]),
    ("tokio", &["src/serve/server.rs"]),
    ("uuid", &["src/exchange/oscal/"]),
    (
        "walkdir",
        &[
            "src/cli/ids.rs",
            "src/cli/scan.rs",
            "src/intake/record.rs",
            "src/serve/state.rs",
            "src/store/",
        ],
    ),
];

/// The modules of the program, each above those that it may import: the lowest first.
const ORDER: &[&str] = &[
    "text",
    "atomic",
    "nearest",
    "day",
    "files",
    "output_folder",
    "merge",
    "diagnostic",
    "schema",
    "settings",
    "store",
    "history",
    "people",
    "standing",
    "filter",
    "vdr",
    "kev",
    "drift",
    "summary",
    "todo",
    "rules",
    "comparison",
    "verification",
    "output",
    "change",
    "exchange",
    "import",
    "intake",
    "snapshot",
    "report",
    "portfolio",
    "demo",
    "serve",
    "fuzzing",
    "lsp",
    "cli",
];

/// Names of the leaf crates in the program.
const CRATES: &[&str] = &["document", "model", "repository", "workbook"];

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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("src"), &mut found);
    walk(&root.join("crates"), &mut found);
    let name =
        |path: &PathBuf| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    let mut sources: BTreeMap<String, String> =
        found.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect();
    // Files that only tests have may name what they like.
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
fn outside_crates_are_named_where_they_belong() {
    let sources = sources();
    for (name, owners) in OWNERS {
        let mut named = false;
        for (path, text) in &sources {
            let code = code(text);
            let inside = code.match_indices(&format!("{name}::")).any(|(at, _)| {
                !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            });
            named |= inside;
            let allowed = owners.iter().any(|owner| path.starts_with(owner));
            assert!(!inside || allowed, "{name} is named in {path}; it belongs to {owners:?}");
        }
        assert!(named, "nothing uses {name}");
    }
}

#[test]
fn modules_import_only_what_is_below_them() {
    let rank = |module: &str| ORDER.iter().position(|other| *other == module);
    for (path, text) in sources() {
        let code = code(&text);
        let Some(inside) = path.strip_prefix("src/") else { continue };
        let module = inside.split('/').next().unwrap().trim_end_matches(".rs");
        if ["main", "lib"].contains(&module) {
            continue;
        }
        let own = rank(module).unwrap_or_else(|| panic!("{module} has no place in ORDER"));
        let is_test = path.ends_with("/tests.rs");
        if module != "cli" && !is_test {
            assert!(!code.contains("println!"), "{path} prints");
        }
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let other: String = rest.chars().take_while(|c| is_name(*c)).collect();
            if CRATES.contains(&other.as_str()) || code[..at].ends_with(is_name) {
                continue;
            }
            let below = rank(&other).is_some_and(|rank| rank <= own);
            assert!(below, "{path} imports {other}, which stands above {module}");
        }
    }
}

/// Leaf crates and what of ours each may depend on. They know nothing of the program.
const LEAVES: &[(&str, &[&str])] = &[
    ("poam-git", &[]),
    ("poam-model", &[]),
    ("poam-parquet", &[]),
    ("poam-scans", &[]),
    ("poam-workbook", &[]),
    ("poam-yaml", &[]),
];

#[test]
fn leaf_crates_depend_only_downwards_and_have_a_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    let mut crates: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    crates.sort();
    assert_eq!(crates, LEAVES.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
    for (name, below) in LEAVES {
        let manifest = std::fs::read_to_string(folder.join(name).join("Cargo.toml")).unwrap();
        for line in manifest.lines().filter(|line| line.contains("path = ")) {
            let other = line.split([' ', '.', '=']).next().unwrap();
            assert!(below.contains(&other), "{name} depends on {other}");
        }
        assert!(folder.join(name).join("README.md").exists(), "{name} has no README.md");
    }
}
