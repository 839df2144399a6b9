//! `poam import`: what is recognised, what is kept, what is asked about.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;

use crate::support::{COMPLETE, Repo};
use poam::exchange::Assumed;
use poam::import::{
    DatedSubmission, ImportMatch, ImportOptions, ImportRecord, LEAST_SCORE, MatchedBy,
    MergeDecisions, Submission, plan_series,
};
use poam::store::Tracker;
use poam::workbook::{Field, SourceRow, cell_text};
use serde_json::Value;

/// The name of a real document, where it is there.
fn shared(path: &str) -> Option<String> {
    crate::support::shared(path).map(|path| path.display().to_string())
}

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.commit("2026-01-01", "start");
    repo
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn count(value: &Value, key: &str) -> usize {
    value[key].as_array().unwrap().len()
}

const HEADERS: &str = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,Controls,Point of Contact,Comments,Weakness Description,Asset Identifier,Remediation Plan,Status Date,Weakness Source Identifier";

/// An open sheet: id, name, asset and comment of each row.
fn sheet(rows: &[[&str; 4]]) -> String {
    let row = |[id, name, asset, comment]: &[&str; 4]| {
        format!("{id},{name},2026-01-05,High,SI-2,Jane Doe,{comment},,{asset},Patch.,,\n")
    };
    format!("{HEADERS}\n{}", rows.iter().map(row).collect::<String>())
}

fn item(repo: &Repo, id: &str) -> String {
    let listed = repo.git(&["ls-files", "items"]);
    let name = format!("/{id}.yaml");
    repo.read(listed.lines().find(|path| path.ends_with(&name)).unwrap())
}

/// Events as day, item and action.
fn events(repo: &Repo, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["log", "--format", "ndjson"], arguments].concat();
    let (out, _) = repo.poam(0, &arguments);
    let line = |line: &str| {
        let event = json(line);
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", &text("time")[..10], text("item"), text("action"))
    };
    let mut events: Vec<String> = out.lines().map(line).collect();
    events.sort();
    events
}

/// Runs poam as somebody who commits on a day.
fn poam_on(repo: &Repo, day: &str, arguments: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_poam");
    let output = repo
        .command(program, &repo.path())
        .env("GIT_COMMITTER_DATE", format!("{day}T12:00:00+00:00"))
        .args(["--today", day])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn months_become_commits_and_numbers_that_changed_are_seen_through() {
    let repo = tracker();
    repo.write(
        "../2026-03.csv",
        sheet(&[
            ["V-1", "Open port", "a", ""],
            ["V-2", "Weak cipher", "a", ""],
            ["V-3", "Old kernel", "b", ""],
            ["V-4", "Default password", "c", "found"],
        ]),
    );
    // Numbered anew: one is gone, one is new, one has changed.
    repo.write(
        "../2026-04.csv",
        sheet(&[
            ["V-1", "Weak cipher", "a", ""],
            ["V-2", "Old kernel", "b", ""],
            ["V-3", "Default password", "c", "rotated"],
            ["V-4", "No audit log", "d", ""],
        ]),
    );
    let files = ["import", "../2026-03.csv", "../2026-04.csv", "--today", "2026-06-01"];
    let (plan, _) = repo.poam(0, &files);
    for line in [
        "2026-04.csv: layout fedramp-rev5-3.0, of 2026-04-30 (the last day of the month in the name of the file)",
        "matched: V-1 is V-2 by fingerprint (1.00)",
        "matched: V-3 is V-4 by fingerprint (1.00)",
        "changed: V-4: comments: found -> rotated\n",
        "note: 2026-04 row 5: `V-4` is another weakness in the tracker: it becomes POAM-2026-001",
        "no longer listed: V-1 (stays open, close it with --close-absent)",
        "4 rows: 1 to create, 3 matched (1 changed), 0 unchanged, 0 refused; 1 no longer listed",
        "nothing is written yet",
    ] {
        assert!(plan.contains(line), "{line}\n{plan}");
    }
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "a plan writes nothing");
    let commit = [&files[..3], &["--commit"]].concat();
    let done = poam_on(&repo, "2026-06-01", &commit);
    assert!(done.contains("2 commits made"), "{done}");
    let days = repo.git(&["log", "--format=%ad %s", "--date=short", "-2"]);
    assert_eq!(
        days,
        "2026-04-30 import 2026-04.csv: 1 created, 1 changed\n2026-03-31 import 4 items from 2026-03.csv\n"
    );
    let message = repo.git(&["log", "-1", "--format=%B"]);
    for trailer in [
        "Poam-Reconstructed: true\n",
        "Poam-Source: 2026-04.csv\n",
        "Poam-Source-Id: sha256:",
        "Poam-Import: 1/1, 4 rows, 0 refused\n",
    ] {
        assert!(message.contains(trailer), "{trailer}\n{message}");
    }
    assert!(item(&repo, "V-4").contains("comments: rotated\n"));
    assert!(item(&repo, "POAM-2026-001").contains("source_id: V-4\n"));
    assert_eq!(
        events(&repo, &["--today", "2026-06-01", "--reconstructed"]),
        [
            "2026-03-31 V-1 item-created",
            "2026-03-31 V-2 item-created",
            "2026-03-31 V-3 item-created",
            "2026-03-31 V-4 item-created",
            "2026-04-30 POAM-2026-001 item-created",
            "2026-04-30 V-4 field-changed",
        ]
    );
    // Again, together or alone, adds nothing, and does not undo what somebody did since.
    let path = repo.git(&["ls-files", "items/*V-4.yaml"]).trim().to_owned();
    repo.write(&path, repo.read(&path).replace("rotated", "by hand"))
        .commit("2026-05-02", "by hand");
    let again = poam_on(&repo, "2026-06-01", &commit);
    assert!(
        again.contains("0 commits made") && again.contains("it was imported before"),
        "{again}"
    );
    let again = poam_on(&repo, "2026-06-01", &["import", "../2026-04.csv", "--commit"]);
    assert!(again.contains("4 rows: 0 created, 4 unchanged, 0 refused"), "{again}");
    assert!(item(&repo, "V-4").contains("comments: by hand\n"));
    // Looked at again, both changed the value: somebody decides, and no item is made twice.
    let force = ["import", "../2026-04.csv", "--today", "2026-06-01", "--commit", "--force"];
    let (out, _) = repo.poam(1, &force);
    let both = "comments of V-4: last imported as \"rotated\", in the file now \"rotated\", in the tracker now \"by hand\"";
    assert!(out.contains(both) && out.contains("nothing is written: say --ours"), "{out}");
    assert!(item(&repo, "V-4").contains("comments: by hand\n"));
    let forced = poam_on(&repo, "2026-06-01", &[&force[..], &["--theirs"]].concat());
    assert!(
        forced.contains("4 rows: 0 created") && item(&repo, "V-4").contains("comments: rotated\n"),
        "{forced}"
    );
    assert_eq!(repo.git(&["ls-files", "items"]).lines().count(), 5);
}

#[test]
fn a_second_month_on_a_tracker_is_the_same_as_a_series() {
    let months = [
        sheet(&[["V-1", "Open port", "a", ""], ["V-2", "Weak cipher", "a", ""]]),
        sheet(&[["V-1", "Open port", "a", "seen again"], ["V-3", "Old kernel", "b", ""]]),
    ];
    let (together, apart) = (tracker(), tracker());
    for repo in [&together, &apart] {
        repo.write("../2026-03.csv", &months[0]).write("../2026-04.csv", &months[1]);
    }
    let today = ["--today", "2026-06-01", "--commit"];
    together.poam(0, &[&["import", "../2026-03.csv", "../2026-04.csv"], &today[..]].concat());
    apart.poam(0, &[&["import", "../2026-03.csv"], &today[..]].concat());
    apart.poam(0, &[&["import", "../2026-04.csv"], &today[..]].concat());
    let tree = |repo: &Repo| repo.git(&["rev-parse", "HEAD^{tree}"]);
    assert_eq!(tree(&together), tree(&apart));
    let days = |repo: &Repo| repo.git(&["log", "--format=%ad", "--date=short"]);
    assert_eq!(days(&together), days(&apart));
    // The older one again would take back what the newer one brought.
    apart.write("../2026-03.csv", format!("{}\n", months[0].replace("Patch.", "Replace.")));
    let (_, err) = apart.poam(2, &[&["import", "../2026-03.csv"], &today[..]].concat());
    assert!(
        err.contains("2026-04.csv of 2026-04-30 was imported already") && err.contains("--force"),
        "{err}"
    );
    let order = ["import", "../2026-04.csv", "../2026-03.csv", "--today", "2026-06-01"];
    let (_, err) = apart.poam(2, &order);
    assert!(err.contains("name the files in the order of their days"), "{err}");
}

#[test]
fn the_plan_says_the_days_of_its_commits() {
    let repo = tracker();
    let dated = |day: &str| {
        sheet(&[["V-1", "Open port", "a", ""], ["V-2", "Weak cipher", "a", ""]]).replacen(
            "Patch.,,",
            &format!("Patch.,{day},"),
            1,
        )
    };
    repo.write("../2026-03.csv", dated("2026-02-14"));
    let (out, _) = repo.poam(0, &["import", "../2026-03.csv", "--today", "2026-06-01"]);
    for line in [
        "commit of 2026-02-14: 1 item, by the status date of each row\n",
        "commit of 2026-03-31: 1 item, by the last day of the month in the name of the file\n",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    let (out, _) = repo.poam(
        0,
        &["import", "../2026-03.csv", "--today", "2026-06-01", "--format", "json", "--commit"],
    );
    let plan = json(&out);
    assert_eq!(
        plan["days"].to_string(),
        r#"[{"day":"2026-02-14","items":1},{"day":"2026-03-31","items":1}]"#
    );
    let days = repo.git(&["log", "--format=%ad", "--date=short", "-2"]);
    assert_eq!(days, "2026-03-31\n2026-02-14\n");
}

#[test]
fn a_few_official_headers_are_enough() {
    let repo = tracker();
    let table = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,Point of Contact,Comments\nV-1,Open port,2026-01-05,High,Jane Doe,as found\n";
    repo.write("../2026-03.csv", table);
    let (out, _) = repo.poam(0, &["import", "../2026-03.csv", "--today", "2026-06-01"]);
    assert!(out.contains("1 row: 1 to create, 0 unchanged, 0 refused\n"), "{out}");
    let wider = table.replacen("Comments", "Comments,Team", 1).replacen("found", "found,Blue", 1);
    repo.write("../2026-03.csv", wider);
    let (_, err) = repo.poam(2, &["import", "../2026-03.csv", "--today", "2026-06-01"]);
    let way_out = "--map \"Weakness Name=weakness-name\"";
    assert!(err.contains("6 known of 7 headers") && err.contains(way_out), "{err}");
    let map = ["--map", "Weakness Name=weakness-name", "--today", "2026-06-01"];
    let (out, _) = repo.poam(0, &[&["import", "../2026-03.csv"], &map[..]].concat());
    assert!(out.contains("1 row: 1 to create, 0 unchanged, 0 refused\n"), "{out}");
}

#[test]
fn an_id_that_is_given_was_never_that_of_another_item() {
    let repo = tracker();
    let new = |name: &str| {
        let detected = ["--detected", "2026-01-05", "--today", "2026-02-01", "--commit"];
        let new = ["new", "--name", name, "--risk", "low"];
        repo.poam(0, &[&new[..], &detected, &COMPLETE].concat());
    };
    new("Weak cipher");
    new("Old kernel");
    let there = repo.git(&["ls-files", "items"]);
    repo.remove(there.lines().last().unwrap()).commit("2026-02-02", "gone");
    repo.git(&["checkout", "-q", "-b", "other"]);
    let other = ["new", "--name", "X", "--risk", "low", "--id", "POAM-2026-007", "--commit"];
    repo.poam(0, &[&other[..], &["--detected", "2026-01-05"], &COMPLETE].concat());
    repo.git(&["checkout", "-q", "main"]);
    repo.write("../2026-03.csv", sheet(&[["", "Open port", "a", ""]]));
    let (out, _) =
        repo.poam(0, &["import", "../2026-03.csv", "--today", "2026-06-01", "--assign-ids"]);
    assert!(out.contains("the row has no id: it becomes POAM-2026-008\n"), "{out}");
    repo.git(&["branch", "-D", "other"]);
    let (out, _) =
        repo.poam(0, &["import", "../2026-03.csv", "--today", "2026-06-01", "--assign-ids"]);
    assert!(out.contains("the row has no id: it becomes POAM-2026-003\n"), "{out}");
}

#[test]
fn a_row_that_cannot_be_read_lists_its_item_all_the_same() {
    let repo = tracker();
    let rows = [["V-1", "Open port", "a", ""], ["V-2", "Weak cipher", "a", ""]];
    repo.write("../2026-03.csv", sheet(&rows));
    let other = sheet(&rows).replacen("V-2,Weak cipher,2026-01-05", "V-2,Weak cipher,soon", 1);
    repo.write("../2026-04.csv", other);
    repo.poam(0, &["import", "../2026-03.csv", "--today", "2026-06-01", "--commit"]);
    let again = ["import", "../2026-04.csv", "--today", "2026-06-01", "--commit", "--close-absent"];
    let (out, _) = repo.poam(1, &again);
    assert!(out.contains("1 unchanged, 1 refused\n"), "{out}");
    assert!(item(&repo, "V-2").contains("status: open\n"));
}

#[test]
fn what_is_closed_is_listed_as_closed_or_closed_on_request() {
    let repo = tracker();
    std::fs::create_dir_all(repo.beside("2026-03")).unwrap();
    std::fs::create_dir_all(repo.beside("2026-04")).unwrap();
    let rows = [
        ["V-1", "Open port", "a", ""],
        ["V-2", "Weak cipher", "a", ""],
        ["V-3", "Old kernel", "b", ""],
    ];
    repo.write("../2026-03/open.csv", sheet(&rows));
    repo.write("../2026-04/open.csv", sheet(&rows[..1]));
    let closed = sheet(&rows[1..2]).replace("Patch.,,", "Patch.,2026-04-12,");
    repo.write("../2026-04/closed.csv", closed);
    let files = ["import", "../2026-03", "../2026-04", "--today", "2026-06-01", "--commit"];
    let (out, _) = repo.poam(0, &files);
    assert!(
        out.contains("changed: V-2: status: open -> closed; completion date: 2026-04-12\n"),
        "{out}"
    );
    assert!(
        item(&repo, "V-2").contains("status: closed\n")
            && item(&repo, "V-2").contains("completion_date: 2026-04-12\n")
    );
    assert!(item(&repo, "V-3").contains("status: open\n"), "absence closes nothing");
    // Taken up again the month after, and what is absent closes because somebody says so.
    repo.write("../2026-05.csv", sheet(&rows[1..2]));
    let (out, _) = repo.poam(
        0,
        &["import", "../2026-05.csv", "--today", "2026-06-01", "--commit", "--close-absent"],
    );
    assert!(
        out.contains("no longer listed: V-3 (closed)") && out.contains("2 commits made"),
        "{out}"
    );
    assert!(
        item(&repo, "V-2").contains("status: open\n")
            && !item(&repo, "V-2").contains("completion_date")
    );
    assert!(item(&repo, "V-3").contains("completion_date: 2026-05-31\n"));
    let (log, _) =
        repo.poam(0, &["log", "V-3", "--format", "ndjson", "--action", "status-changed"]);
    assert_eq!(json(&log)["reason"], "no longer listed in 2026-05.csv");
}

#[test]
fn a_register_that_was_begun_anew_is_asked_about() {
    let repo = tracker();
    let rows = |stem: &str| -> String {
        let rows: Vec<[String; 2]> =
            (1..=5).map(|n| [format!("V-{n}"), format!("{stem} number {n}")]).collect();
        let rows: Vec<[&str; 4]> =
            rows.iter().map(|[id, name]| [id.as_str(), name.as_str(), "a", ""]).collect();
        sheet(&rows)
    };
    repo.write("../2026-03.csv", rows("Open port"))
        .write("../2026-04.csv", rows("Kernel out of date"));
    let files = ["import", "../2026-03.csv", "../2026-04.csv", "--today", "2026-06-01", "--commit"];
    let (_, err) = repo.poam(2, &files);
    assert!(
        err.contains(
            "2026-04.csv has almost nothing in common with this tracker: 0 of its 5 open rows"
        ) && err.contains("--unrelated"),
        "{err}"
    );
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "nothing is half done");
    assert_eq!(repo.git(&["ls-files", "items"]), "");
    let (out, _) = repo.poam(0, &[&files[..], &["--unrelated"]].concat());
    assert!(out.contains("5 rows: 5 created, 0 unchanged, 0 refused; 5 no longer listed"), "{out}");
    assert_eq!(repo.git(&["ls-files", "items"]).lines().count(), 10);
}

#[test]
fn by_id_alone_another_weakness_is_refused() {
    let repo = tracker();
    repo.write("../2026-03.csv", sheet(&[["V-1", "Open port", "a", ""]]));
    repo.write("../2026-04.csv", sheet(&[["V-1", "Kernel out of date", "a", ""]]));
    repo.poam(0, &["import", "../2026-03.csv", "--commit", "--today", "2026-06-01"]);
    let (out, _) = repo.poam(
        1,
        &["import", "../2026-04.csv", "--match", "id", "--today", "2026-06-01", "--commit"],
    );
    assert!(out.contains("refused: 2026-04!A2: V-1 is another weakness in the tracker"), "{out}");
    assert!(item(&repo, "V-1").contains("weakness_name: Open port\n"));
}

#[test]
fn rows_that_were_refused_can_be_given_later_and_others_are_left_alone() {
    let repo = tracker();
    let text = sheet(&[["V-1", "Open port", "a", ""], ["V-2", "Weak cipher", "a", ""]]);
    let second = text.rfind("2026-01-05").unwrap();
    let text = format!("{}03/04/2026{}", &text[..second], &text[second + 10..]);
    repo.write("../rows.csv", text);
    let (out, _) = repo.poam(1, &["import", "../rows.csv", "--commit"]);
    assert!(
        out.contains("refused: rows!C3: `03/04/2026` is 2026-03-04 or 2026-04-03")
            && out.contains("--dates dmy or --dates mdy"),
        "{out}"
    );
    let path = repo.git(&["ls-files", "items"]).trim().to_owned();
    repo.write(&path, repo.read(&path).replace("Open port", "Open port 8080"))
        .commit("2026-02-01", "by hand");
    let (out, _) = repo.poam(0, &["import", "../rows.csv", "--commit", "--dates", "dmy"]);
    assert!(out.contains("2 rows: 1 created, 1 unchanged, 0 refused"), "{out}");
    assert!(item(&repo, "V-2").contains("original_detection_date: 2026-04-03\n"));
    assert!(repo.read(&path).contains("Open port 8080"));
}

#[test]
fn tables_of_other_tools_are_refused_once_and_read_as_a_person_says() {
    let map = |columns: &[&str]| -> Vec<String> {
        columns.iter().flat_map(|column| ["--map".to_owned(), (*column).to_owned()]).collect()
    };
    let rest = ["--assume-detected", "2026-01-01", "--assume-risk", "moderate", "--assign-ids"];
    for (file, said, columns, code, rows) in [
        (
            "foreign-1.csv",
            "sheet `foreign-1`: row 1",
            map(&[
                "poam_id=id",
                "title=weakness-name",
                "discovered_date=original-detection-date",
                "severity=original-risk-rating",
                "status=status",
                "owner=point-of-contact",
                "due_date=scheduled-completion-date",
                "control_refs=controls",
            ]),
            1,
            None,
        ),
        (
            "foreign-2.csv",
            "sheet `foreign-2`: row 1",
            map(&["item=id", "weakness=weakness_name", "control_id=controls", "status=status"]),
            0,
            None,
        ),
        (
            "foreign-3.xlsx",
            "sheet `POAM`: row 1",
            map(&[
                "ID=id",
                "Weakness=weakness-name",
                "Severity=original-risk-rating",
                "Owner=point-of-contact",
            ]),
            0,
            Some(1),
        ),
    ] {
        let Some(path) = shared(&format!("workbooks/{file}")) else { return };
        let repo = tracker();
        let (out, err) = repo.poam(2, &["import", &path, "--commit"]);
        assert!(
            out.is_empty() && err.contains(said) && err.contains("--map \"HEADER=FIELD\""),
            "{err}"
        );
        assert_eq!(err.matches("error:").count(), 1, "{err}");
        assert_eq!(repo.git(&["status", "--porcelain"]), "");
        let mut arguments = vec!["import", &path, "--commit", "--format", "json"];
        arguments.extend(rest);
        arguments.extend(columns.iter().map(String::as_str));
        let (out, _) = repo.poam(code, &arguments);
        let plan = json(&out);
        let created = count(&plan, "created");
        let refused = count(&plan, "refused");
        assert!(created > 0 && plan["rows"] == created + refused, "{file}: {out}");
        assert_eq!(refused > 0, code == 1, "{file}");
        if let Some(rows) = rows {
            assert_eq!(created, rows, "{file}");
        }
        assert_eq!(repo.git(&["ls-files", "items"]).lines().count(), created);
        let (out, _) = repo.poam(code, &arguments);
        assert_eq!(
            (json(&out)["commits"].as_u64(), json(&out)["unchanged"].as_u64()),
            (Some(0), Some(created as u64)),
            "{file}"
        );
    }
}

#[test]
fn a_wrong_name_of_a_column_or_field_is_corrected() {
    let repo = tracker();
    repo.write("../x.csv", "Nr,Weakness Title,Found\nV-1,Open port,2026-01-05\n");
    let (_, err) = repo.poam(
        2,
        &["import", "../x.csv", "--map", "Nr=id", "--map", "Weakness Titel=weakness-name"],
    );
    assert!(
        err.contains("has no column `Weakness Titel`: did you mean `Weakness Title`?"),
        "{err}"
    );
    let (_, err) = repo.poam(2, &["import", "../x.csv", "--map", "Weakness Title=weakness-nam"]);
    assert!(
        err.contains("there is no field `weakness-nam`: did you mean `weakness-name`?"),
        "{err}"
    );
    let (out, _) = repo.poam(
        0,
        &[
            "import",
            "../x.csv",
            "--map",
            "Nr=id",
            "--map",
            "Weakness Title=weakness-name",
            "--map",
            "Found=original-detection-date",
            "--assume-risk",
            "low",
        ],
    );
    assert!(out.contains("1 row: 1 to create"), "{out}");
}

#[test]
fn milestones_of_real_workbooks_come_along() {
    for file in ["trestle-test-poam.xlsx", "trestle-test-poam.csv"] {
        let Some(path) = shared(&format!("workbooks/{file}")) else { return };
        let repo = tracker();
        repo.poam(0, &["import", &path, "--commit"]);
        let text = item(&repo, "P001");
        assert!(
            text.contains("due: 2024-03-01\n")
                && text.contains("description: Implement by 2024-06-30\n"),
            "{text}"
        );
    }
}

/// A document with some of its rows: those whose weakness has a name of a certain length, so that
/// what says the same stays together. All of them are for the benchmarks.
fn some_rows(path: &str) -> Submission {
    let mut reading = poam::workbook::read(Path::new(path)).unwrap();
    let name = |row: &SourceRow| cell_text(&row.cells[&Field::WeaknessName].value);
    reading.rows.retain(|row| name(row).len() % 8 == 6);
    let source = Path::new(path).file_name().unwrap().to_string_lossy().into_owned();
    let today = "2026-11-22".parse().unwrap();
    let dated = DatedSubmission::detect_day(&source, &reading, None, today);
    let origin = reading.layout.clone();
    Submission {
        source_id: format!("sha256:{source}"),
        source,
        origin,
        reading,
        listed: Vec::new(),
        dated,
    }
}

#[test]
fn a_series_of_real_workbooks_whose_numbers_all_changed() {
    let (Some(a), Some(b)) =
        (shared("workbooks/homelab-2026-05-a.xlsx"), shared("workbooks/homelab-2026-05-b.xlsx"))
    else {
        return;
    };
    let repo = tracker();
    let tracker = Tracker::find(&repo.path(), Some(&repo.path())).unwrap();
    let submissions = [some_rows(&a), some_rows(&b)];
    let [first, second] = &submissions;
    let rows = |submission: &Submission| submission.reading.rows.len();
    assert!(rows(second) > 100 && rows(first) > rows(second));
    let options = ImportOptions {
        assumed: Assumed::default(),
        own: Vec::new(),
        by: ImportMatch::Auto,
        least: LEAST_SCORE,
        assign_ids: false,
        close_absent: false,
        unrelated: false,
        decisions: MergeDecisions::default(),
        force: false,
        reconstruct: false,
        reserved: std::collections::BTreeSet::new(),
        today: "2026-11-22".parse().unwrap(),
    };
    let store = tracker.load();
    let plans =
        plan_series(&tracker, &store, &submissions, &ImportRecord::default(), &options).unwrap();
    let [planned, again] = plans.as_slice() else { panic!("a plan for each") };
    assert_eq!((planned.created.len(), planned.refused.len()), (rows(first), 0));
    assert_eq!((again.created.len(), again.refused.len(), again.unchanged.len()), (0, 0, 0));
    assert_eq!(again.matched.len(), rows(second));
    assert_eq!(again.absent.len(), rows(first) - rows(second));
    let day = |plan: &poam::import::Plan| plan.dated.unwrap().day.to_string();
    assert_eq!((day(planned), day(again)), ("2026-05-04".to_owned(), "2026-05-04".to_owned()));
    // Every row is the item that says the same, and each item is one row.
    let named = |submission: &Submission| -> std::collections::BTreeMap<String, String> {
        let text = |row: &SourceRow, field| cell_text(&row.cells[&field].value);
        let of = |row: &SourceRow| {
            let said = format!(
                "{} {}",
                text(row, Field::WeaknessName),
                text(row, Field::OriginalRiskRating)
            );
            (text(row, Field::PoamId), said)
        };
        submission.reading.rows.iter().map(of).collect()
    };
    let (before, after) = (named(first), named(second));
    let mut items = std::collections::BTreeSet::new();
    for one in &again.matched {
        assert_eq!((one.by, one.score >= 0.999), (MatchedBy::Fingerprint, true));
        assert_eq!(before[one.id.as_str()], after[&one.row_id]);
        assert!(items.insert(&one.id) && one.id.as_str() != one.row_id);
    }
}

#[test]
fn a_row_is_taken_apart_into_the_days_it_says() {
    let repo = tracker();
    let headers = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,Controls,Point of Contact,Comments,Planned Milestones,Milestone Changes,Status Date,Asset Identifier,CVE";
    repo.write(
        "../2026-04 closed.csv",
        format!("{headers}\nV-1,Open port,2026-01-05,High,SI-2,Jane Doe,,\"(1) 2026-01-20: Close it\n\n(2) 2026-02-10: Scan again\",\"(1) Complete 2026-01-19 : done\n\n(2) Update 2026-02-20 : delayed\",2026-02-25,,\nV-2,Weak cipher,2026-01-05,High,SI-2,Jane Doe,,soon,,2026-02-20,,\n"),
    );
    let arguments = ["import", "../2026-04 closed.csv", "--reconstruct"];
    let plan = poam_on(&repo, "2026-06-01", &arguments);
    assert!(
        plan.contains("taken apart into 2 days before the last, 2026-01-05 to 2026-01-19"),
        "{plan}"
    );
    poam_on(&repo, "2026-06-01", &[&arguments[..], &["--commit"]].concat());
    assert_eq!(
        repo.git(&["log", "--format=%ad", "--date=short"]),
        "2026-02-25\n2026-02-20\n2026-01-19\n2026-01-05\n2026-01-01\n"
    );
    let told = events(&repo, &["--today", "2026-06-01", "--reconstructed", "V-1"]);
    for line in [
        "2026-01-05 V-1 item-created",
        "2026-01-19 V-1 milestone-completed",
        "2026-02-25 V-1 milestone-rescheduled",
        "2026-02-25 V-1 status-changed",
    ] {
        assert!(told.contains(&line.to_owned()), "{line}\n{told:?}");
    }
    let told = events(&repo, &["--today", "2026-06-01", "--reconstructed", "V-2"]);
    assert!(
        !told.iter().any(|line| line.contains("milestone")),
        "what is not dated is not invented: {told:?}"
    );
    let again = poam_on(&repo, "2026-06-01", &[&arguments[..], &["--commit"]].concat());
    assert!(again.contains("2 unchanged") && again.contains("0 commits made"), "{again}");
    // The words of the source come out as they went in, once.
    repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx", "--template", "2.1"]);
    let reading = poam::workbook::read(&repo.beside("w.xlsx")).unwrap();
    let cell = &reading.rows[0].cells[&poam::workbook::Field::MilestoneChanges];
    assert_eq!(
        poam::workbook::cell_text(&cell.value),
        "(1) Complete 2026-01-19 : done\n\n(2) Update 2026-02-20 : delayed"
    );
}
