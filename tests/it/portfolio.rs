//! Many trackers: the list of systems, their state, and the tables of all of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use poam::portfolio::TABLES;
use poam_parquet::{ParquetValue, TableReader};
use serde_json::{Value, json};

use crate::support::Repo;

/// The day of all numbers.
const TODAY: &str = "2026-03-01";

/// Settings with FedRAMP's profile and a name.
const SETTINGS: &str =
    "version: 1\nsystem: {name: Example Cloud, provider: Example Corp, impact_level: moderate}\n";

/// An item that is due on 2026-01-31 (30 days for high).
const OVERDUE: &str = "id: V-1\nweakness_name: Old  OpenSSL\nstatus: open\noriginal_detection_date: 2026-01-01\n\
    original_risk_rating: high\ncves: [CVE-2026-1234]\ncontrols: [SI-2]\npoint_of_contact: {name: Jane Doe, email: \
    jane@example.com}\nscheduled_completion_date: 2026-01-20\nmilestones: [{id: 1, description: Patch, due: \
    2026-01-15}]\nextra: {ticket: 7}\n";

/// An item that was closed after ten days.
const CLOSED: &str = "id: V-2\nweakness_name: Telnet\nstatus: closed\noriginal_detection_date: 2026-01-01\n\
    original_risk_rating: low\ncompletion_date: 2026-01-11\n";

/// Makes a tracker in a folder beside: two items, one moved twice.
fn tracker(repo: &Repo, name: &str) -> PathBuf {
    let folder = repo.beside(name);
    std::fs::create_dir_all(folder.join("items")).unwrap();
    let git = |arguments: &[&str]| {
        let output = repo.try_git(&folder, &[], arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    std::fs::write(folder.join("poam.yaml"), SETTINGS).unwrap();
    std::fs::write(folder.join("items/V-1.yaml"), OVERDUE).unwrap();
    std::fs::write(folder.join("items/V-2.yaml"), CLOSED).unwrap();
    commit(repo, &folder, "2026-01-02");
    let moved = OVERDUE.replace("due: 2026-01-15", "due: 2026-01-25");
    std::fs::write(folder.join("items/V-1.yaml"), &moved).unwrap();
    commit(repo, &folder, "2026-02-03");
    folder
}

fn commit(repo: &Repo, folder: &Path, day: &str) {
    let date = format!("{day}T12:00:00+00:00");
    let when = [("GIT_AUTHOR_DATE", date.as_str()), ("GIT_COMMITTER_DATE", date.as_str())];
    for arguments in [&["add", "--all"][..], &["commit", "--quiet", "-m", "Vendor is late"]] {
        assert!(repo.try_git(folder, &when, arguments).status.success());
    }
}

/// A portfolio of two systems beside, in a folder of its own.
fn portfolio() -> Repo {
    let repo = Repo::bare_folder();
    tracker(&repo, "alpha");
    tracker(&repo, "beta");
    repo.write(
        "portfolio.yaml",
        "version: 1\nsystems:\n- {name: Beta, path: ../beta, tags: {agency: DOE}}\n\
         - {name: Alpha, path: ../alpha, tags: {agency: DOJ, impact: high}}\n",
    );
    repo
}

fn run(repo: &Repo, code: i32, arguments: &[&str]) -> (String, String) {
    let mut all = vec!["--today", TODAY, "portfolio"];
    all.extend(arguments);
    repo.poam(code, &all)
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The rows of a table, by the names of the columns.
fn rows(folder: &Path, table: &str) -> Vec<BTreeMap<&'static str, ParquetValue>> {
    let columns = TABLES.iter().find(|it| it.name == table).unwrap().columns();
    let mut found = Vec::new();
    for name in files(folder).keys().filter(|name| name.starts_with(&format!("{table}/"))) {
        let mut reader = TableReader::open(&folder.join(name), columns).unwrap();
        while let Some(row) = reader.next_row().unwrap() {
            found.push(columns.iter().map(|column| column.name).zip(row).collect());
        }
    }
    found
}

/// Days since 1970 of a day.
fn date(day: &str) -> ParquetValue {
    let day: chrono::NaiveDate = day.parse().unwrap();
    let days = day.signed_duration_since(chrono::NaiveDate::default()).num_days();
    ParquetValue::Date(i32::try_from(days).unwrap())
}

#[test]
fn status_lists_every_system_and_says_which_cannot_be_read() {
    let repo = portfolio();
    let (out, _) = run(&repo, 0, &["status"]);
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("SYSTEM"), "{out}");
    assert!(lines[1].starts_with("Alpha") && lines[1].contains("2026-02-03"), "{out}");
    std::fs::write(repo.beside("beta/items/V-3.yaml"), "status: [\n").unwrap();
    commit(&repo, &repo.beside("beta"), "2026-02-04");
    repo.write(
        "portfolio.yaml",
        repo.read("portfolio.yaml")
            + "- {name: Gone, path: ../gone}\n- {name: Empty, path: ../home}\n",
    );
    let (out, err) = run(&repo, 1, &["status", "--format", "json"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    let systems = found["systems"].as_array().unwrap();
    let names: Vec<&str> = systems.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Alpha", "Beta", "Empty", "Gone"], "{err}");
    assert_eq!((&systems[0]["items"], &systems[0]["open"]), (&json!(2), &json!(1)));
    assert_eq!(systems[1]["unreadable"], json!(["items/V-3.yaml"]));
    assert!(systems[2]["error"].as_str().unwrap().contains("no git repository"));
    assert!(systems[3]["error"].as_str().unwrap().contains("there is no"));
}

#[test]
fn check_counts_what_validate_counts() {
    let repo = portfolio();
    let (out, _) = run(&repo, 1, &["check", "--format", "json"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    let output = repo
        .command(env!("CARGO_BIN_EXE_poam"), &repo.beside("alpha"))
        .args(["--today", TODAY, "validate", "--format", "json"])
        .output()
        .unwrap();
    let validated: Value = serde_json::from_slice(&output.stdout).unwrap();
    let alpha = &found["systems"][0];
    assert_eq!(alpha["errors"], validated["summary"]["errors"]);
    assert_eq!(alpha["warnings"], validated["summary"]["warnings"]);
    assert_eq!(alpha["overdue"], json!(1));
}

#[test]
fn tables_hold_what_other_commands_say() {
    let repo = portfolio();
    let (out, _) = run(&repo, 0, &["export", "-o", "tables"]);
    assert!(out.contains("2 systems, 2 read anew") && out.contains("items: 4"), "{out}");
    let tables = repo.path().join("tables");
    let items = rows(&tables, "items");
    let ids: Vec<_> =
        items.iter().map(|it| (it["system"].as_text(), it["item"].as_text())).collect();
    let expected = [("Alpha", "V-1"), ("Alpha", "V-2"), ("Beta", "V-1"), ("Beta", "V-2")];
    assert_eq!(ids, expected.map(|(system, item)| (Some(system), Some(item))));
    // 2026-01-31 is 30 days after the detection; 2026-03-01 is 29 days after that.
    for (column, value) in [
        ("effective_due", date("2026-01-31")),
        ("overdue", true.into()),
        ("days_overdue", 29i64.into()),
        ("days_open", 59i64.into()),
        ("age_bin", "31-60".into()),
        ("slips", 1i64.into()),
        ("slipped_days", 10i64.into()),
        ("risk", "high".into()),
        ("owner", "Jane Doe".into()),
        ("detected", date("2026-01-01")),
        ("scheduled_completion", date("2026-01-20")),
        ("status_date", date("2026-02-03")),
        ("next_milestone_due", date("2026-01-25")),
        ("cves", vec!["CVE-2026-1234".to_owned()].into()),
        ("assets", Vec::new().into()),
        ("kev_listed", ParquetValue::Null),
        ("path", "items/V-1.yaml".into()),
    ] {
        assert_eq!(items[0][column], value, "{column}");
    }
    let other: Value = serde_json::from_str(items[0]["other_fields"].as_text().unwrap()).unwrap();
    assert_eq!(other["extra"]["ticket"], json!(7));
    assert!(other.get("cves").is_none());
    assert_eq!(
        (&items[1]["days_open"], &items[1]["age_bin"]),
        (&10i64.into(), &ParquetValue::Null)
    );
    let systems = rows(&tables, "systems");
    for (column, value) in [
        ("agency", "DOJ".into()),
        ("impact", "high".into()),
        ("open_items", 1i64.into()),
        ("overdue_items", 1i64.into()),
        ("slips", 1i64.into()),
        ("mean_days_to_remediate", 10.0.into()),
        ("is_current", true.into()),
        ("read_error", ParquetValue::Null),
    ] {
        assert_eq!(systems[0][column], value, "{column}");
    }
    assert_eq!(systems[1]["impact"], "moderate".into());
    let events = rows(&tables, "events");
    let moved: Vec<_> = events.iter().filter(|it| it["slip"].is_true()).collect();
    assert_eq!(moved.len(), 2);
    assert_eq!(moved[0]["days_moved"], 10i64.into());
    assert_eq!(moved[0]["reason"], "Vendor is late".into());
    // 2026-02-03T12:00:00Z
    assert_eq!(moved[0]["happened_at"], ParquetValue::Timestamp(1_770_120_000_000_000));
    assert!(tables.join("events/year=2026/month=1/events.parquet").exists());
    let months = rows(&tables, "months");
    assert_eq!(months.len(), 6);
    assert_eq!(months[0]["month_start"], date("2026-01-01"));
    let milestones = rows(&tables, "milestones");
    assert_eq!((milestones.len(), &milestones[0]["slips"]), (2, &1i64.into()));
    let identifiers = rows(&tables, "identifiers");
    let name = identifiers.iter().find(|it| it["identifier_kind"] == "weakness".into()).unwrap();
    assert_eq!(name["identifier"], "old openssl".into());
    assert!(rows(&tables, "snapshots").is_empty() && tables.join("snapshots").is_dir());
}

#[test]
fn only_what_changed_is_written_and_the_bytes_are_those_of_a_whole_export() {
    let repo = portfolio();
    run(&repo, 0, &["export", "-o", "tables"]);
    let tables = repo.path().join("tables");
    let first = files(&tables);
    let (out, _) = run(&repo, 0, &["export", "-o", "tables"]);
    assert!(out.contains("0 read anew") && out.contains(" 0 written"), "{out}");
    assert!(files(&tables) == first);
    std::fs::write(repo.beside("beta/items/V-4.yaml"), CLOSED.replace("V-2", "V-4")).unwrap();
    commit(&repo, &repo.beside("beta"), "2026-02-20");
    let (out, _) = run(&repo, 0, &["export", "-o", "tables"]);
    assert!(out.contains("1 read anew"), "{out}");
    let second = files(&tables);
    let january = "events/year=2026/month=1/events.parquet";
    assert!(second[january] == first[january]);
    assert!(second["items/items-0000.parquet"] != first["items/items-0000.parquet"]);
    run(&repo, 0, &["export", "-o", "again"]);
    assert!(files(&repo.path().join("again")) == second);
    run(&repo, 0, &["export", "-o", "tables", "--full"]);
    assert!(files(&tables) == second);
    // A system that leaves the portfolio takes its rows with it.
    repo.write("portfolio.yaml", "version: 1\nsystems: [{name: Beta, path: ../beta}]\n");
    run(&repo, 0, &["export", "-o", "tables"]);
    assert_eq!(rows(&tables, "items").len(), 3);
    assert!(rows(&tables, "events").iter().all(|it| it["system"] == "Beta".into()));
}

#[test]
fn a_failed_system_keeps_its_rows_and_leaves_the_others_whole() {
    let repo = portfolio();
    run(&repo, 0, &["export", "-o", "tables"]);
    let tables = repo.path().join("tables");
    let before = files(&tables);
    std::fs::rename(repo.beside("alpha"), repo.beside("away")).unwrap();
    std::fs::write(repo.beside("beta/items/V-4.yaml"), CLOSED.replace("V-2", "V-4")).unwrap();
    commit(&repo, &repo.beside("beta"), "2026-02-20");
    let (_, err) = run(&repo, 1, &["export", "-o", "tables"]);
    assert!(err.contains("error: Alpha: there is no ") && err.contains("are kept"), "{err}");
    assert_eq!(rows(&tables, "items").len(), 5);
    let systems = rows(&tables, "systems");
    assert_eq!(
        (&systems[0]["open_items"], &systems[0]["is_current"]),
        (&1i64.into(), &false.into())
    );
    assert!(systems[0]["read_error"].as_text().unwrap().contains("there is no"));
    assert_eq!(systems[1]["is_current"], true.into());
    // A new export knows nothing of it, and says so.
    let (_, err) = run(&repo, 1, &["export", "-o", "other"]);
    assert!(err.contains("the tables have no items of it"), "{err}");
    assert_eq!(rows(&repo.path().join("other"), "systems").len(), 2);
    // Back again, at the same commit.
    std::fs::rename(repo.beside("away"), repo.beside("alpha")).unwrap();
    std::fs::remove_file(repo.beside("beta/items/V-4.yaml")).unwrap();
    repo.try_git(&repo.beside("beta"), &[], &["reset", "--quiet", "--hard", "HEAD~1"]);
    run(&repo, 0, &["export", "-o", "tables"]);
    assert!(files(&tables) == before);
}

#[test]
fn a_killed_export_leaves_the_old_tables_whole() {
    let repo = portfolio();
    run(&repo, 0, &["export", "-o", "tables"]);
    let tables = repo.path().join("tables");
    let before = files(&tables);
    for delay in [0, 5, 20, 40, 80] {
        let mut child = repo
            .command(env!("CARGO_BIN_EXE_poam"), &repo.path())
            .args(["--today", TODAY, "portfolio", "export", "-o", "tables", "--full"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(files(&tables) == before, "killed after {delay} ms");
    }
    run(&repo, 0, &["export", "-o", "tables", "--full"]);
    let left: Vec<String> = std::fs::read_dir(repo.path())
        .unwrap()
        .map(|it| it.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(".poam-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_folder_with_other_files_is_refused() {
    let repo = portfolio();
    repo.write("mine/notes.txt", "keep");
    let (_, err) = run(&repo, 2, &["export", "-o", "mine"]);
    assert!(err.contains("files that are not of an export (notes.txt)"), "{err}");
    assert_eq!(repo.read("mine/notes.txt"), "keep");
    let (_, err) = run(&repo, 2, &["export", "-o", "portfolio.yaml"]);
    assert!(err.contains("is not a folder"), "{err}");
}

#[test]
fn repositories_elsewhere_are_cloned_and_followed() {
    let repo = portfolio();
    let url = format!("file://{}", repo.beside("alpha").display());
    repo.write("portfolio.yaml", format!("version: 1\nsystems: [{{name: A, url: '{url}'}}]\n"));
    let (_, err) = run(&repo, 1, &["status", "--offline"]);
    assert!(err.contains("was not cloned yet"), "{err}");
    run(&repo, 0, &["status"]);
    std::fs::write(repo.beside("alpha/items/V-4.yaml"), CLOSED.replace("V-2", "V-4")).unwrap();
    commit(&repo, &repo.beside("alpha"), "2026-02-20");
    let items = |arguments: &[&str]| {
        let (out, _) = run(&repo, 0, arguments);
        let found: Value = serde_json::from_str(&out).unwrap();
        found["systems"][0]["items"].as_u64()
    };
    assert_eq!(items(&["status", "--format", "json", "--offline"]), Some(2));
    assert_eq!(items(&["status", "--format", "json"]), Some(3));
    run(&repo, 0, &["export", "-o", "tables"]);
    assert_eq!(rows(&repo.path().join("tables"), "items").len(), 3);
    for (url, reason) in [
        ("ext::sh -c true", "not an address"),
        ("--upload-pack=true", "would be an option"),
        ("https://user:secret@example.com/x", "a password has no place"),
    ] {
        repo.write("portfolio.yaml", format!("version: 1\nsystems: [{{name: A, url: '{url}'}}]\n"));
        let (_, err) = run(&repo, 2, &["status"]);
        assert!(err.contains(reason) && err.contains("portfolio.yaml"), "{err}");
    }
}

/// A VER detail report of a month, with an overdue vulnerability and a remediated one.
fn ver_report(month: u32, overdue: bool) -> String {
    json!({
        "certificationPackageOverviewUri": "https://example.com/cpo",
        "reportPeriod": {"from": format!("2026-{month:02}-01T00:00:00Z"), "to": format!("2026-{month:02}-28T00:00:00Z")},
        "vulnerabilities": [
            {
                "providerTrackingId": "VER-1",
                "detection": {"detectedAt": "2026-01-05T10:00:00Z", "detectionSource": "Trivy"},
                "vulnerabilityDescription": "CVE-2026-1234 in OpenSSL",
                "currentRating": 4,
                "isInternetReachable": true,
                "overdueStatus": {"isOverdue": overdue, "explanation": "vendor"},
            },
            {
                "providerTrackingId": "VER-2",
                "detection": {"detectedAt": "2026-01-06T10:00:00Z", "detectionSource": "Trivy"},
                "vulnerabilityDescription": "Weak cipher",
                "finalDisposition": "Remediated",
            },
        ],
    })
    .to_string()
}

#[test]
fn published_documents_of_others_come_into_the_same_tables() {
    let repo = portfolio();
    repo.write("x/2026-01.json", ver_report(1, false));
    repo.write("x/2026-02.json", ver_report(2, true));
    repo.write("x/notes.txt", "not read");
    repo.write("x/other.json", "{\"catalog\": {}}");
    // What this program writes for a tracker, somebody else gets as a document.
    let output = repo
        .command(env!("CARGO_BIN_EXE_poam"), &repo.beside("alpha"))
        .args(["--today", TODAY, "export", "oscal"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    repo.write("oscal.json", &output.stdout);
    repo.write(
        "portfolio.yaml",
        "version: 1\nsystems:\n- {name: Alpha, path: ../alpha}\n- {name: Cloud X, documents: x, tags: {agency: DOJ}}\n\
         - {name: Cloud Y, documents: oscal.json}\n",
    );
    let (_, err) = run(&repo, 1, &["export", "-o", "tables"]);
    assert!(err.contains("Cloud X: other.json: no OSCAL POA&M and no VER report"), "{err}");
    let tables = repo.path().join("tables");
    let items = rows(&tables, "items");
    let of = |system: &str, item: &str| {
        let is_it = |row: &&BTreeMap<&'static str, ParquetValue>| {
            row["system"] == system.into() && row["item"] == item.into()
        };
        items.iter().find(is_it).unwrap_or_else(|| panic!("{system} {item}"))
    };
    for (column, value) in [
        ("as_of", date("2026-02-28")),
        ("status", "active".into()),
        ("closed", false.into()),
        ("overdue", true.into()),
        ("ver_rating", 4i64.into()),
        ("internet_reachable", true.into()),
        ("detected", date("2026-01-05")),
        // Nothing of these is in the report.
        ("risk", ParquetValue::Null),
        ("effective_due", ParquetValue::Null),
        ("slips", ParquetValue::Null),
        ("weakness_name", ParquetValue::Null),
    ] {
        assert_eq!(of("Cloud X", "VER-1")[column], value, "{column}");
    }
    assert_eq!(of("Cloud X", "VER-2")["closed"], true.into());
    // The OSCAL document of the same commit says the same, as far as OSCAL can.
    for column in
        ["risk", "detected", "effective_due", "closed", "weakness_name", "cves", "controls"]
    {
        assert_eq!(of("Cloud Y", "V-1")[column], of("Alpha", "V-1")[column], "{column}");
    }
    assert_eq!(of("Cloud Y", "V-1")["slips"], ParquetValue::Null);
    let shared = rows(&tables, "identifiers");
    let with_cve = shared.iter().filter(|it| it["identifier"] == "CVE-2026-1234".into());
    assert_eq!(with_cve.count(), 3);
    let systems = rows(&tables, "systems");
    let cloud = systems.iter().find(|it| it["system"] == "Cloud X".into()).unwrap();
    assert_eq!((&cloud["source"], &cloud["overdue_items"]), (&"ver".into(), &1i64.into()));
    assert!(cloud["lacking"].as_texts().contains(&"items.effective_due".to_owned()));
    let months = rows(&tables, "months");
    let months: Vec<_> = months.iter().filter(|it| it["system"] == "Cloud X".into()).collect();
    assert_eq!(months.len(), 2);
    assert_eq!(months[0]["overdue_items"], 0i64.into());
    assert_eq!(
        (&months[1]["overdue_items"], &months[1]["opened"]),
        (&1i64.into(), &ParquetValue::Null)
    );
    let (out, _) = run(&repo, 1, &["export", "-o", "tables"]);
    assert!(out.contains("0 read anew"), "{out}");
    let (out, _) = run(&repo, 1, &["status"]);
    assert!(out.contains("Cloud Y"), "{out}");
}

#[test]
fn summary_and_report_are_made_of_the_tables_alone() {
    let repo = portfolio();
    run(&repo, 0, &["export", "-o", "tables"]);
    std::fs::rename(repo.beside("alpha"), repo.beside("away")).unwrap();
    let (out, _) = run(&repo, 0, &["summary", "tables", "--format", "json"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    // Each system has V-1 (open, overdue, one slip) and V-2 (closed after ten days).
    for (pointer, expected) in [
        ("/as_of", json!(TODAY)),
        ("/totals/systems", json!(2)),
        ("/totals/open", json!(2)),
        ("/totals/overdue", json!(2)),
        ("/totals/closed", json!(2)),
        ("/mean_days_to_remediate", json!(10.0)),
        ("/by_agency/0", json!({"agency": "DOE", "systems": 1, "open": 1, "overdue": 1})),
        ("/systems/0/name", json!("Alpha")),
        ("/systems/1/slips", json!(1)),
        ("/months/0/month", json!("2026-01")),
        ("/months/0/open", json!(2)),
        ("/months/0/opened", json!(2)),
        (
            "/shared/0",
            json!({"kind": "cve", "identifier": "CVE-2026-1234", "systems": 2, "items": 2}),
        ),
        // That of the closed item is open nowhere.
        ("/shared/1/identifier", json!("old openssl")),
    ] {
        assert_eq!(found.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_eq!(found["shared"].as_array().unwrap().len(), 2);
    let (out, _) = run(&repo, 0, &["summary", "tables"]);
    assert!(out.starts_with("2 systems on 2026-03-01: 2 open, 2 overdue, 2 closed"), "{out}");
    let (out, _) = run(&repo, 0, &["report", "tables", "-o", "site", "--name", "Agency <One>"]);
    assert!(out.starts_with("site/index.html: 2 systems"), "{out}");
    let site = files(&repo.path().join("site"));
    let index = String::from_utf8(site["index.html"].clone()).unwrap();
    assert!(index.contains("Agency &#60;One&#62;") && index.contains("<svg"), "{index}");
    let mut links = 0;
    for (name, bytes) in site.iter().filter(|(name, _)| name.ends_with(".html")) {
        let text = String::from_utf8_lossy(bytes);
        let folder = Path::new(name).parent().unwrap();
        for link in text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if link.starts_with('#') || link.starts_with("data:") {
                continue;
            }
            let target = match link.strip_prefix("../") {
                Some(rest) => PathBuf::from(rest),
                None => folder.join(link),
            };
            assert!(site.contains_key(&*target.to_string_lossy()), "{name}: {link}");
            links += 1;
        }
    }
    assert!(links > 10, "{links}");
    assert_eq!(site.keys().filter(|name| name.starts_with("system/")).count(), 2);
    assert_eq!(site.keys().filter(|name| name.starts_with("weakness/")).count(), 2);
    let (_, err) = run(&repo, 2, &["summary", "site"]);
    assert!(err.contains("has no tables that this version reads"), "{err}");
}
