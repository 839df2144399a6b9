//! Odd and hostile files of scanners: each is read, or refused with its place; nothing is lost silently and
//! nothing looks clean because of what could not be read.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::support::Repo;

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nscan: {clean_scans: 1}\n").commit("2026-01-01", "start");
    repo
}

const DAYS: [&str; 4] = ["--as-of", "2026-02-01", "--detected", "2026-02-01"];

fn plan(repo: &Repo, code: i32, files: &[&str]) -> Value {
    let arguments =
        [&["--today", "2026-02-02", "scan"][..], files, &DAYS, &["--format", "json"]].concat();
    let (out, _) = repo.poam(code, &arguments);
    serde_json::from_str(&out).unwrap()
}

fn error(repo: &Repo, files: &[&str]) -> String {
    let arguments = [&["--today", "2026-02-02", "scan"][..], files, &DAYS].concat();
    repo.poam(2, &arguments).1
}

fn grype(ids: &[&str]) -> String {
    let list: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"vulnerability": {{"id": "{id}", "severity": "High"}}, "artifact": {{"name": "p"}}}}"#))
        .collect();
    format!(
        r#"{{"matches": [{}], "source": {{"type": "image", "target": {{"userInput": "app"}}}}, "descriptor": {{"name": "grype"}}}}"#,
        list.join(",")
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn one_file_in_other_encodings_and_compressed_gives_the_same() {
    let text = grype(&["CVE-2026-1111"]);
    let marked = format!("\u{feff}{text}");
    let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let repo = tracker();
    for (name, bytes) in [
        ("plain.json", text.clone().into_bytes()),
        ("mark.json", marked.clone().into_bytes()),
        ("utf16.json", little.clone()),
        ("plain.json.gz", gzip(text.as_bytes())),
        ("utf16.gz", gzip(&little)),
    ] {
        repo.write(name, bytes);
        let plan = plan(&repo, 0, &[name]);
        assert_eq!(plan["new"][0]["item"]["source_identifier"], "CVE-2026-1111", "{name}");
        assert_eq!(plan["new"][0]["item"]["assets"], serde_json::json!(["app"]), "{name}");
    }
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_place() {
    let repo = tracker();
    let json = grype(&["CVE-2026-1111"]);
    let open = "<NessusClientData_v2><Report><ReportHost name=\"a\">";
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", Vec::new(), "the file is empty"),
        ("text", b"hello".to_vec(), "the format is not known"),
        ("cut.json", json.as_bytes()[..json.len() - 9].to_vec(), "line 1, column"),
        ("nul.json", [json.as_bytes(), b"\0\0"].concat(), "line 1, column"),
        ("huge.json", format!("{{\"matches\": [], \"descriptor\": {}}}", "[".repeat(200)).into_bytes(), "line 1, column"),
        ("cut.nessus", open.as_bytes().to_vec(), "cut off"),
        (
            "bomb.nessus",
            format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{open}<ReportItem pluginID=\"1\"><description>&b;</description>").into_bytes(),
            "DOCTYPE",
        ),
        ("entity.nessus", format!("{open}<ReportItem pluginID=\"1\"><description>&b;").into_bytes(), "&b; is not defined"),
        ("deep.nessus", format!("{open}{}", "<x>".repeat(500)).into_bytes(), "levels of elements"),
        ("cut.gz", gzip(json.as_bytes())[..30].to_vec(), "cut.gz"),
        ("bomb.gz", gzip(&[json.as_bytes(), &vec![b' '; 65 << 20]].concat()), "bytes; split the file"),
        ("latin.csv", b"Plugin ID,Risk,Host,Name\n1,High,a,caf\xe9\n".to_vec(), "line 2"),
    ];
    for (name, bytes, expected) in table {
        repo.write(name, bytes);
        let said = error(&repo, &[name]);
        assert!(said.contains(expected), "{name}: {said}");
    }
    assert_eq!(repo.git(&["status", "--porcelain", "scans", "items"]), "");
}

#[test]
fn a_folder_is_one_scan_without_its_other_files_and_links() {
    let repo = tracker();
    repo.write("in/a/results.json", grype(&["CVE-2026-1111"]));
    repo.write("in/b/results.json", grype(&["CVE-2026-2222"]));
    repo.write("in/README.md", "notes\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/hostname", repo.path().join("in/link")).unwrap();
    let arguments = [&["--today", "2026-02-02", "scan", "in", "--commit"][..], &DAYS].concat();
    let (out, err) = repo.poam(0, &arguments);
    assert!(out.contains("results.json, results.json (2)"), "{out}");
    assert!(err.contains("README.md is of no known format"), "{err}");
    #[cfg(unix)]
    assert!(err.contains("in/link is a link"), "{err}");
    // Both files are in the record, so that the folder is known the next time.
    let (out, _) = repo.poam(0, &arguments);
    assert!(out.contains("recorded already"), "{out}");
    let said = error(&repo, &["in", "in"]);
    assert!(said.contains("holds the same as results.json"), "{said}");
    let said = error(&repo, &["-", "-"]);
    assert!(said.contains("named twice"), "{said}");
    repo.write("only/README.md", "notes\n");
    assert!(error(&repo, &["only"]).contains("README.md"), "no results at all");
}

#[test]
fn what_was_refused_may_be_what_looks_gone() {
    let repo = tracker();
    let commit = |name: &str, text: String, code: i32| {
        repo.write(name, text);
        let arguments = [&["--today", "2026-02-02", "scan", name, "--commit"][..], &DAYS].concat();
        repo.poam(code, &arguments);
        let (out, _) = repo.poam(0, &["list", "--format", "json"]);
        serde_json::from_str::<Value>(&out).unwrap()[0]["status"].clone()
    };
    assert_eq!(commit("a.json", grype(&["CVE-2026-1111", "CVE-2026-2222"]), 0), "open");
    // The result that is refused may be CVE-2026-1111.
    let odd = grype(&["CVE-2026-2222", "x"]).replace("\"id\": \"x\"", "\"id\": 5");
    assert_eq!(commit("b.json", odd, 1), "open");
    assert_eq!(commit("c.json", grype(&["CVE-2026-2222"]), 0), "pending-validation");
}

#[test]
fn values_at_the_edge_are_read_or_refused() {
    let repo = tracker();
    repo.write(
        "a.nessus",
        format!(
            "<NessusClientData_v2><Report><ReportHost name=\"2001:db8::1\"><HostProperties><tag name=\"HOST_END\">2026-02-01 00:00:00</tag>\
             </HostProperties><ReportItem port=\"-1\" severity=\"3\" pluginID=\"1\" pluginName=\"{}\"><plugin_output>{}</plugin_output></ReportItem>\
             <ReportItem port=\"99999\" severity=\"9\" pluginID=\"2\" pluginName=\"n\"/><ReportItem port=\"22\" protocol=\"tcp\" severity=\"3\" pluginID=\"\"/>\
             </ReportHost></Report></NessusClientData_v2>",
            "long ".repeat(200),
            "x".repeat(10 << 20)
        ),
    );
    let plan = plan(&repo, 1, &["a.nessus"]);
    assert_eq!((&plan["counts"]["new"], &plan["counts"]["refused"]), (&2.into(), &1.into()));
    assert_eq!(plan["new"][0]["item"]["assets"], serde_json::json!(["2001:db8::1"]));
    assert_eq!(plan["unrated"][0]["finding"], "nessus 2");
    assert!(plan["new"][0]["item"]["weakness_name"].as_str().unwrap().chars().count() <= 251);
    assert_eq!(plan["proofs_left_out"], 1);
}
