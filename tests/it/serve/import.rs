//! Files on the page: plans as tables, decisions on them, and the commit that the command would make.

use serde_json::Value as Json;

use super::client::{Answer, Server};
use super::{TODAY, start, tracker};
use crate::import_update;
use crate::support::Repo;
use poam::workbook::{Field, Value};

/// The page's text as a reader sees it.
fn words(answer: &Answer) -> String {
    let mut text = answer.text();
    for (escape, plain) in
        [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
    {
        text = text.replace(escape, plain);
    }
    text
}

/// The value of a hidden field of the form that commits.
fn hidden(answer: &Answer, name: &str) -> String {
    let text = words(answer);
    let form = text.split("import/commit").nth(1).unwrap_or_else(|| panic!("no plan: {text}"));
    let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1);
    value.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("{form}")).to_owned()
}

/// Commits a plan as its form would, with decisions.
fn commit(server: &Server, plan: &Answer, kind: &str, values: &[(&str, &str)]) -> Answer {
    let (upload, tracker) = (hidden(plan, "upload"), hidden(plan, "tracker"));
    let own = [("upload", upload.as_str()), ("kind", kind), ("tracker", tracker.as_str())];
    server.post_form("/import/commit", &[&own[..], values].concat())
}

const HEAD: &str = "POAM ID,Weakness Name,Weakness Description,Weakness Detector Source,Weakness Source Identifier,Asset Identifier,Point of Contact,Original Detection Date,Scheduled Completion Date,Original Risk Rating,Status Date\r\n";

#[test]
fn a_plan_is_shown_in_tables_and_committed() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let rows = "V-77,Old TLS,Server speaks TLS 1.0,Nessus,104743,10.0.0.1,Jane Doe,2026-01-03,2026-04-03,Moderate,2026-01-20\r\nV-78,Bad day,,Nessus,1,10.0.0.1,Jane Doe,soon,2026-04-03,Moderate,2026-01-20\r\nV-79,<img src=x>,,Nessus,2,10.0.0.1,Jane Doe,2026-01-04,2026-04-03,High,2026-01-20\r\n";
    let csv = format!("{HEAD}{rows}");
    let file = [("../../2026-01 POAM.csv", csv.as_bytes())];
    let plan = server.upload(&file, &[("kind", "import"), ("import.date", "2026-01-31")]);
    let text = words(&plan);
    assert_eq!(plan.status, 200, "{text}");
    for part in [
        "3 rows: 2 to create, 0 matched (0 to change), 0 unchanged, 1 refused",
        "2026-01 POAM.csv",
        "<h4>New (2)</h4>",
        "Old TLS",
        "<h4>Refused: these rows change nothing (1)</h4>",
        "class=\"word\">H3</td>",
        "Commit this plan",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!plan.text().contains("<img"), "texts of files are escaped");
    assert_eq!(server.get("/api/v1/items/V-77").status, 404, "only a plan");
    // The same files with another option, without choosing them again.
    let upload = hidden(&plan, "upload");
    let values = [("kind", "import"), ("upload", &upload), ("import.date", "2026-01-30")];
    let again = server.upload(&[], &values);
    assert!(words(&again).contains("of 2026-01-30"), "{}", words(&again));
    let done = commit(&server, &again, "import", &[("import.date", "2026-01-30")]);
    let text = words(&done);
    assert!(done.status == 200 && text.contains("What was done"), "{text}");
    let head = repo.git(&["rev-parse", "HEAD"]);
    assert!(text.contains(&head[..10]), "{text}");
    assert_eq!(server.get("/api/v1/items/V-77").json()["weakness_name"], "Old TLS");
    let late = server.post_form("/import/commit", &[("upload", &upload), ("kind", "import")]);
    assert_eq!(late.status, 404, "the files are gone");
    let refused = server.upload(&[("x.csv", b"nothing")], &[("kind", "import")]);
    let text = words(&refused);
    assert!(refused.status == 400 && text.contains("role=\"alert\""), "{text}");
    assert_eq!(server.upload(&[], &[("kind", "import")]).status, 400);
    // Now one of them is changed, and the other is not listed.
    let csv =
        format!("{HEAD}{}", rows.split_inclusive('\n').next().unwrap().replace("Jane", "Sam"));
    let file = [("2026-02 POAM.csv", csv.as_bytes())];
    let plan = server.upload(&file, &[("kind", "import"), ("import.date", "2026-02-01")]);
    let text = words(&plan);
    for part in [
        "Changed (1 item)",
        ">point of contact</td>",
        "Jane Doe",
        "Sam Doe",
        "No longer listed (1)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// A workbook in which two values were changed that the tracker changed too, and one that it did not.
fn edited() -> (Repo, String) {
    let (repo, reading) = import_update::tracker("3.0");
    let file = import_update::save(&repo, &reading, |rows| {
        let text = |text: &str| Value::Text(text.to_owned());
        rows[0].1.insert(Field::Comments, text("theirs & <more>"));
        rows[0].1.insert(Field::WeaknessDescription, text("their words"));
        rows[1].1.insert(Field::Controls, text("SI-2, CM-8"));
    });
    let ours =
        repo.read("items/V-1.yaml").replace("as found", "ours").replace("A port", "Our port");
    repo.write("items/V-1.yaml", ours).commit("2026-01-20", "ours");
    (repo, file)
}

#[test]
fn conflicts_of_an_update_are_decided_row_by_row() {
    let ((by_page, file), (by_command, other)) = (edited(), edited());
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes == std::fs::read(&other).unwrap(), "both workbooks are the same");
    let server = start(&by_page, &[]);
    // Read as it is, the page tells that it was built here and offers the other way.
    let plain = server.upload(&[("edited.xlsx", &bytes)], &[("kind", "import")]);
    let text = words(&plain);
    assert!(text.contains("Take what was edited"), "{text}");
    let upload = hidden(&plain, "upload");
    let values = [("upload", upload.as_str()), ("kind", "import"), ("import.update", "on")];
    let plan = server.post_form("/import/plan", &values);
    let text = words(&plan);
    assert_eq!(plan.status, 200, "{text}");
    for part in [
        "3 rows: 1 to change, 0 to create, 1 unchanged, 0 refused, 1 in conflict",
        "name=\"decide.V-1 /comments\" value=\"ours\">",
        "name=\"decide.V-1 /weakness_description\" value=\"theirs\">",
        "it was built as: <span class=\"value\">as found</span>",
        "Keep the tracker’s: <span class=\"value\">ours</span>",
        "Take the file’s: <span class=\"value\">theirs & <more></span>",
        "Open POA&M Items!Y10",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let update = ("import.update", "on");
    let theirs = ("decide.V-1 /comments", "theirs");
    let ours = ("decide.V-1 /weakness_description", "ours");
    // Half a decision writes nothing and is kept.
    let half = commit(&server, &plan, "import", &[update, theirs]);
    let text = words(&half);
    assert!(
        half.status == 400 && text.contains("1 value of the list below must be decided"),
        "{text}"
    );
    assert!(text.contains("name=\"decide.V-1 /comments\" value=\"theirs\" checked>"), "{text}");
    assert_eq!(by_page.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    let done = commit(&server, &half, "import", &[update, theirs, ours]);
    assert!(done.status == 200 && words(&done).contains("Committed as"), "{}", words(&done));
    let decided =
        ["--decide", "V-1 /comments=theirs", "--decide", "V-1 /weakness_description=ours"];
    let command = ["import", &other, "--update", "--commit", "--today", TODAY];
    by_command.poam(0, &[&command[..], &decided[..]].concat());
    let head = |repo: &Repo| repo.git(&["cat-file", "commit", "HEAD"]);
    assert_eq!(head(&by_page), head(&by_command));
    let text = by_page.read("items/V-1.yaml");
    assert!(text.contains("comments: theirs & <more>\n") && text.contains("Our port is"), "{text}");
}

#[test]
fn a_plan_for_other_items_than_those_of_now_is_shown_anew() {
    let (repo, file) = edited();
    let bytes = std::fs::read(&file).unwrap();
    let server = start(&repo, &[]);
    let values = [("kind", "import"), ("import.update", "on")];
    let plan = server.upload(&[("edited.xlsx", &bytes)], &values);
    // Somebody changes the value that is about to be decided.
    repo.poam(0, &["set", "V-1", "comments=newer", "--today", TODAY]);
    let decided = [
        ("import.update", "on"),
        ("decide.V-1 /comments", "theirs"),
        ("decide.V-1 /weakness_description", "ours"),
    ];
    let answer = commit(&server, &plan, "import", &decided);
    let text = words(&answer);
    assert_eq!(answer.status, 409, "{text}");
    assert!(text.contains("Somebody else changed the items meanwhile."), "{text}");
    assert!(text.contains("Keep the tracker’s: <span class=\"value\">newer</span>"), "{text}");
    assert!(repo.read("items/V-1.yaml").contains("comments: newer"));
    // The plan of now can be committed.
    let done = commit(&server, &answer, "import", &decided);
    assert!(done.status == 200 && words(&done).contains("Committed as"), "{}", words(&done));
    assert!(repo.read("items/V-1.yaml").contains("comments: theirs & <more>"));
    // An uncommitted change of an item counts as well.
    let plan = server.upload(&[("edited.xlsx", &bytes)], &[("kind", "import")]);
    repo.write("items/V-3.yaml", repo.read("items/V-3.yaml").replace("as found", "in an editor"));
    let answer = commit(&server, &plan, "import", &[]);
    assert_eq!(answer.status, 409, "{}", words(&answer));
}

/// Results of two rules, each at one place.
pub(super) fn sarif() -> String {
    let rule =
        |id: &str| format!("{{\"id\":\"{id}\",\"shortDescription\":{{\"text\":\"Rule {id}\"}}}}");
    let result = |id: &str, file: &str| {
        format!(
            "{{\"ruleId\":\"{id}\",\"level\":\"error\",\"message\":{{\"text\":\"bad\"}},\"locations\":[{{\"physicalLocation\":{{\"artifactLocation\":{{\"uri\":\"{file}\"}}}}}}]}}"
        )
    };
    format!(
        "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"name\":\"T\",\"rules\":[{},{}]}}}},\"results\":[{},{}]}}]}}",
        rule("R1"),
        rule("R2"),
        result("R1", "a.rs"),
        result("R2", "b.rs")
    )
}

#[test]
fn new_items_of_a_scan_get_owners_and_due_dates() {
    let (by_page, by_command) = (tracker(), tracker());
    let server = start(&by_page, &[]);
    let (file, scan) = (by_command.beside("a.sarif"), sarif());
    std::fs::write(&file, &scan).unwrap();
    let options = [("kind", "scan"), ("scan.as-of", "2026-01-30"), ("scan.detected", "2026-01-30")];
    let plan = server.upload(&[("a.sarif", scan.as_bytes())], &options);
    let text = words(&plan);
    assert!(plan.status == 200 && text.contains("New items (2)"), "{text}");
    let ids: Vec<String> = text
        .split("name=\"owner.")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    let [first, second] = ids.as_slice() else { panic!("{ids:?}") };
    // A day before the detection is refused; what was entered stays.
    let names = [(format!("name.{first}"), "Rule R1"), (format!("owner.{first}"), "Jane Doe")];
    let due = format!("due.{first}");
    let mut values: Vec<(&str, &str)> = options[1..].to_vec();
    values.extend(names.iter().map(|(name, value)| (name.as_str(), *value)));
    let early = [&values[..], &[(&due, "2026-01-01")]].concat();
    let refused = commit(&server, &plan, "scan", &early);
    let text = words(&refused);
    assert!(refused.status == 400 && text.contains("lies before the day"), "{text}");
    assert!(text.contains(&format!("name=\"owner.{first}\" value=\"Jane Doe\"")), "{text}");
    values.extend([(due.as_str(), "2026-02-20"), ("owner", "Sam Roe")]);
    let done = commit(&server, &refused, "scan", &values);
    assert!(done.status == 200 && words(&done).contains("Committed as"), "{}", words(&done));
    let owner = |id: &str| {
        server.get(&format!("/api/v1/items/{id}")).json()["point_of_contact"]["name"].clone()
    };
    assert_eq!((owner(first), owner(second)), (Json::from("Jane Doe"), Json::from("Sam Roe")));
    let item = server.get(&format!("/api/v1/items/{first}")).json();
    assert_eq!(item["scheduled_completion_date"], "2026-02-20");
    let file = file.display().to_string();
    let (of_first, due) = (format!("{first}=Jane Doe"), format!("{first}=2026-02-20"));
    by_command.poam(
        0,
        &[
            "scan",
            &file,
            "--as-of",
            "2026-01-30",
            "--detected",
            "2026-01-30",
            "--owner",
            &of_first,
            "--due",
            &due,
            "--owner",
            "Sam Roe",
            "--commit",
            "--today",
            TODAY,
        ],
    );
    let head = |repo: &Repo| repo.git(&["cat-file", "commit", "HEAD"]);
    assert_eq!(head(&by_page), head(&by_command));
    // Items that the scan does not make.
    let other = tracker();
    for (option, wrong, why) in [
        ("--owner", "V-404=Jane", "no new item of this scan has the id `V-404`"),
        ("--due", "V-404=2026-03-01", "no new item of this scan has the id `V-404`"),
        ("--due", "soon", "write ID=DATE"),
    ] {
        let scan = ["scan", &file, "--as-of", "2026-01-30", "--detected", "2026-01-30"];
        let (_, error) = other.poam(2, &[&scan[..], &[option, wrong]].concat());
        assert!(error.contains(why), "{error}");
    }
}
