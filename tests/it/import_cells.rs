//! `poam import`: cells, words, dates and sheets as people write them.

use crate::support::Repo;

/// A tracker with a first commit.
fn tracker() -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.commit("2026-01-01", "start");
    repo
}

/// The columns of another tool, and what they mean.
const HEAD: &str = "Nr,Title,Severity,Found";
const MAP: [&str; 8] = [
    "--map",
    "Nr=poam-id",
    "--map",
    "Title=Weakness Name",
    "--map",
    "Severity=original-risk-rating",
    "--map",
    "Found=Original Detection Date",
];

fn import<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    ["import", file].iter().chain(&MAP).chain(more).copied().collect()
}

#[test]
fn a_mapping_is_saved_and_read_again() {
    let repo = tracker();
    repo.write("p.csv", format!("{HEAD},State,FP\nX-1,a,CAT I,1/2/26,\"In Remediation\n(Extended)\",X\nX-2,b,Low,Oct 2025,Open,\n"));
    let options = [
        "--map",
        "State=status",
        "--map",
        "FP=false-positive",
        "--map-status",
        "In Remediation (Extended)=in-progress",
        "--map-risk",
        "CAT I=critical",
        "--map-yes-no",
        "X=pending",
        "--dates",
        "mdy",
        "--month-day",
        "last",
        "--sheet",
        "p=open",
    ];
    let (first, _) =
        repo.poam(0, &import("p.csv", &[&options[..], &["--save-map", "map.yaml"]].concat()));
    assert!(first.contains("2 to create") && first.contains("rated Critical"), "{first}");
    let (again, _) = repo.poam(0, &["import", "p.csv", "--mapping", "map.yaml"]);
    assert_eq!(first, again);
    repo.poam(0, &["import", "p.csv", "--mapping", "map.yaml", "--commit"]);
    let item = repo.read("items/2026/0000/X-1.yaml");
    for said in ["original_detection_date: 2026-01-02", "status: in-progress", "state: pending"] {
        assert!(item.contains(said), "{said}\n{item}");
    }
    assert!(repo.read("items/2025/0000/X-2.yaml").contains("original_detection_date: 2025-10-31"));
    let (_, err) = repo.poam(2, &import("p.csv", &["--save-map", "map.yaml"]));
    assert!(err.contains("map.yaml is there already"), "{err}");
    repo.write("bad.yaml", "colums: {}\n");
    let (_, err) = repo.poam(2, &["import", "p.csv", "--mapping", "bad.yaml"]);
    assert!(err.contains("bad.yaml") && err.contains("colums"), "{err}");
}

#[test]
fn what_is_refused_names_the_option_that_reads_it() {
    let repo = tracker();
    repo.write(
        "p.csv",
        format!("{HEAD},FP\nX-1,a,Very High,2026-01-02,\nX-2,b,Low,12-Jan-26,\nX-3,c,Low,Oct 2025,\nX-4,d,Low,2026,\nX-5,e,Low,2026-01-02,perhaps\n"),
    );
    let (out, _) = repo.poam(1, &import("p.csv", &["--map", "FP=false-positive"]));
    for said in [
        "p!C2: `Very High` is not one of low, moderate, high, critical: say what it means with --map-risk \"Very High=RATING\"",
        "p!D3: `12-Jan-26` has a year of two digits",
        "--dates dmy or --dates mdy",
        "--month-day first or --month-day last",
        "p!D5: `2026` is not a date",
        "p!E6: `perhaps` is none of Yes, No, Pending: say what it means with --map-yes-no \"perhaps=ANSWER\" (yes, no or pending)",
        "0 to create, 0 unchanged, 5 refused",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
}

#[test]
fn sheets_are_open_or_closed_by_name_or_the_import_asks() {
    let repo = tracker();
    let row = |id: &str| format!("{HEAD}\n{id},a,Low,2026-01-02\n");
    repo.write("r/Active.csv", row("X-1"));
    repo.write("r/Completed.csv", row("X-2"));
    repo.poam(0, &import("r", &["--commit"]));
    assert!(repo.read("items/2026/0000/X-1.yaml").contains("status: open"));
    assert!(repo.read("items/2026/0000/X-2.yaml").contains("status: closed"));
    repo.write("r/Old.csv", row("X-3"));
    let (_, err) = repo.poam(2, &import("r", &[]));
    assert!(err.contains("the sheet `Old`") && err.contains("--sheet \"Old=closed\""), "{err}");
    let (out, _) = repo.poam(0, &import("r", &["--sheet", "Old=ignore"]));
    assert!(out.contains("0 to create"), "{out}");
    let (_, err) = repo.poam(2, &import("r", &["--sheet", "Odl=closed"]));
    assert!(err.contains("there is no sheet `Odl`; there are Active, Completed, Old"), "{err}");
    repo.write(
        "p.csv",
        format!("{HEAD},Date Closed\nX-4,Open port,Low,2026-01-03,\nX-5,Weak cipher,Low,2026-01-04,2026-02-01\n"),
    );
    let (_, err) = repo.poam(2, &import("p.csv", &[]));
    assert!(err.contains("`Date Closed`") && err.contains("=completion-date"), "{err}");
    let (out, _) = repo.poam(0, &import("p.csv", &["--map", "Date Closed=completion-date"]));
    assert!(out.contains("2 to create"), "{out}");
}

#[test]
fn a_row_for_each_milestone_is_one_item() {
    let repo = tracker();
    repo.write("p.csv", "id,weakness,milestone,milestone_due,risk,Found\nP-1,MFA is missing,Enrol the nodes,2026-12-15,high,2026-01-02\nP-1,MFA is missing,Test the jobs,2027-01-30,high,2026-01-02\nP-2,Old TLS,Upgrade,,low,2026-01-02\n");
    let map = [
        "--map",
        "weakness=weakness-name",
        "--map",
        "risk=original-risk-rating",
        "--map",
        "Found=original-detection-date",
        "--map",
        "id=id",
    ];
    let all: Vec<&str> = ["import", "p.csv", "--commit"].iter().chain(&map).copied().collect();
    let (out, _) = repo.poam(0, &all);
    assert!(out.contains("2 rows: 2 created"), "{out}");
    let item = repo.read("items/2026/0000/P-1.yaml");
    for said in [
        "description: Enrol the nodes",
        "due: 2026-12-15",
        "description: Test the jobs",
        "due: 2027-01-30",
    ] {
        assert!(item.contains(said), "{said}\n{item}");
    }
    assert!(repo.read("items/2026/0000/P-2.yaml").contains("description: Upgrade"));
}

/// The columns of template 3.0, as far as a row needs them.
const HEAD_3_0: &str = "POAM ID,Controls,Weakness Name,Weakness Description,Weakness Detector Source,Weakness Source Identifier,Asset Identifier,Point of Contact,Resources Required,Remediation Plan,Original Detection Date,Scheduled Completion Date,Status Date,Vendor Dependency,Last Vendor Check-in Date,Vendor Dependent Product Name,Original Risk Rating,Adjusted Risk Rating,Risk Adjustment,False Positive,Operational Requirement,Deviation Rationale,Supporting Documents,Comments,Binding Operational Directive 22-01 tracking,Binding Operational Directive 22-01 Due Date,CVE,Service Name";

#[test]
fn a_list_in_the_plan_of_template_3_is_read_as_milestones() {
    let lists = [
        ("V-1", "Two steps:\n1. Patch staging by 2026-03-01\n2. Patch production by 2026-04-01"),
        ("V-2", "2026-03-01: Order the server\n2026-05-01: Move the data"),
        ("V-3", "Upgrade OpenSSL on both hosts and scan again."),
        ("V-4", "- ask the vendor\n- wait"),
        ("V-5", "(1) Draft the policy; (2) Approve the policy"),
        ("V-6", "Apply 1.2.3 and 1.2.4"),
    ];
    let row = |(id, plan): &(&str, &str)| {
        format!(
            "{id},SI-2,Old library {id},Text,Nessus,1,host,Ana Ruiz,,\"{plan}\",2026-01-05,2026-07-04,2026-01-05,No,,,Low,,No,No,No,,,,No,,,"
        )
    };
    let rows: Vec<String> = lists.iter().map(row).collect();
    let repo = tracker();
    repo.write("p.csv", format!("{HEAD_3_0}\n{}\n", rows.join("\n")));
    let (out, _) =
        repo.poam(0, &["import", "p.csv", "--date", "2026-01-31", "--sheet", "p=open", "--commit"]);
    assert!(out.contains("is read as 2 milestones; its text stays"), "{out}");
    let item = |id: &str| repo.read(&format!("items/2026/0000/{id}.yaml"));
    for (id, expected) in [
        (
            "V-1",
            &[
                "description: Patch staging",
                "due: 2026-03-01",
                "description: Patch production",
                "due: 2026-04-01",
                "Two steps:",
            ][..],
        ),
        (
            "V-2",
            &[
                "description: Order the server",
                "due: 2026-03-01",
                "description: Move the data",
                "due: 2026-05-01",
            ],
        ),
        ("V-5", &["description: Draft the policy", "description: Approve the policy"]),
    ] {
        for text in expected {
            assert!(item(id).contains(text), "{text}\n{}", item(id));
        }
    }
    for id in ["V-3", "V-4", "V-6"] {
        assert!(!item(id).contains("milestones:"), "{}", item(id));
    }
    // The same document again says nothing new, and neither does the workbook that is built of it.
    let (again, _) =
        repo.poam(0, &["import", "p.csv", "--date", "2026-01-31", "--sheet", "p=open", "--commit"]);
    assert!(again.contains("0 commits"), "{again}");
    repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx", "--template", "3.0"]);
    let file = repo.beside("w.xlsx").display().to_string();
    let (update, _) = repo.poam(0, &["import", &file, "--update"]);
    assert!(update.contains("6 rows: 0 to change") || update.contains("6 unchanged"), "{update}");
}

/// Two documents of one register: hosts on one line and renumbered rows with a line for each host.
#[test]
fn hosts_on_one_line_are_the_hosts_of_a_line_each() {
    let row = |id: &str, assets: &str, cves: &str| {
        format!(
            "{id},SI-2,Old library,Text,Nessus,1,\"{assets}\",Ana Ruiz,,Patch it,2026-01-05,2026-07-04,2026-01-05,No,,,Low,,No,No,No,,,,No,,\"{cves}\","
        )
    };
    for (first, second) in [
        ("web-1, web-2", "web-1\nweb-2"),
        ("web-1;web-2", "web-2\nweb-1"),
        ("web-1 web-2", "web-1, web-2"),
        ("10.0.0.1 (443/tcp, 80/tcp), 10.0.0.2", "10.0.0.1 (443/tcp, 80/tcp)\n10.0.0.2"),
    ] {
        let repo = tracker();
        let document = |rows: &[String]| format!("{HEAD_3_0}\n{}\n", rows.join("\n"));
        let cves = "CVE-2026-1111 CVE-2026-2222";
        repo.write("a.csv", document(&[row("V-1", first, cves), row("V-2", "db-1", "")]));
        let import = |file: &str, day: &str| {
            let options = ["--date", day, "--sheet", "a=open", "--close-absent", "--commit"];
            repo.poam(0, &[&["import", file][..], &options].concat()).0
        };
        import("a.csv", "2026-01-31");
        let (shown, _) = repo.poam(0, &["show", "V-1", "--format", "json"]);
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let count = |field: &str| shown[field].as_array().unwrap().len();
        assert_eq!((count("assets"), count("cves")), (2, 2), "{first}: {shown}");
        let cves = "CVE-2026-1111\nCVE-2026-2222";
        repo.write("a.csv", document(&[row("V-7", second, cves), row("V-8", "db-1", "")]));
        let out = import("a.csv", "2026-02-28");
        assert!(out.contains("0 created") && !out.contains("closed"), "{first}: {out}");
        assert!(repo.read("items/2026/0000/V-1.yaml").contains("status: open"), "{first}");
    }
    let repo = tracker();
    let unclear = row("V-1", "Linux servers, Windows servers", "");
    repo.write("a.csv", format!("{HEAD_3_0}\n{unclear}\n"));
    let (out, _) = repo.poam(0, &["import", "a.csv", "--sheet", "a=open"]);
    assert!(out.contains("`Linux servers, Windows servers` is read as one name"), "{out}");
}

#[test]
fn a_document_that_comes_again_keeps_its_day_and_quiet_prints_the_numbers() {
    let repo = tracker();
    repo.write("p.csv", format!("{HEAD}\nX-1,a,Low,2026-01-02\n"));
    let again = |day: &'static str, more: &[&'static str]| {
        let options = [&["--date", day, "--sheet", "p=open", "--commit"][..], more].concat();
        repo.poam(0, &import("p.csv", &options)).0
    };
    again("2026-01-31", &[]);
    let out = again("2026-02-28", &[]);
    for line in [
        "of 2026-01-31 (the record of its import)",
        "its day stays the one as of which it was imported, not 2026-02-28 (--force takes that)",
        "0 commits made",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    assert!(!out.contains("recorded"), "{out}");
    let quiet = again("2026-02-28", &["--quiet"]);
    assert_eq!(quiet, "p.csv: 1 row: 0 created, 1 unchanged, 0 refused\n0 commits made\n");
    let out = again("2026-02-28", &["--force"]);
    assert!(out.contains("of 2026-02-28 (--date)") && out.contains("1 commit made"), "{out}");
}

#[test]
fn our_own_csv_reads_back() {
    let repo = tracker();
    let item = "id: V-1\nkind: configuration\nweakness_name: Open port\nweakness_description: \"a, b\\nc\"\ncontrols: [AC-2, SI-2]\nmappings: {soc2: [CC7.1]}\nassets: [\"web (80/tcp)\"]\npoint_of_contact: {name: Jane Doe, email: jane@example.com}\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: critical\nmilestones:\n  - {id: 3, description: Patch it, due: 2026-02-01, status: completed, completed: 2026-01-30, evidence: [CHG-1]}\nstatus: in-progress\nevidence: [{type: scan, reference: x}]\nextra: {ticket: 7}\n";
    repo.write("items/2026/0000/V-1.yaml", item);
    repo.commit("2026-02-01", "item");
    let (csv, _) = repo.poam(0, &["export", "csv"]);
    let other = tracker();
    other.write("items.csv", csv);
    let (out, _) = other.poam(0, &["import", "items.csv", "--commit"]);
    assert!(out.contains("1 created"), "{out}");
    let (back, _) = other.poam(0, &["list", "--format", "json"]);
    let (there, _) = repo.poam(0, &["list", "--format", "json"]);
    let fields = |text: &str| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        value[0].as_object_mut().unwrap().remove("derived");
        value
    };
    assert_eq!(fields(&back), fields(&there));
}

#[test]
fn files_of_another_kind_are_named_and_oscal_in_yaml_is_read() {
    let repo = tracker();
    for (name, text, way) in [
        ("a.xlsx", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (
            "a.xml",
            "<plan-of-action-and-milestones xmlns=\"http://csrc.nist.gov/ns/oscal/1.0\"/>",
            "convert it to JSON",
        ),
        ("a.md", "| ID |\n|---|\n| 1 |\n", "save it as CSV"),
        ("a.xls", "<html><table></table></html>", "save it as .xlsx"),
        ("a.json", "{\"a\": 1}", "no OSCAL POA&M"),
        ("a.yaml", "id: V-1\n", "no OSCAL POA&M"),
        ("empty.csv", "", "the file is empty"),
    ] {
        repo.write(name, text);
        let (_, err) = repo.poam(2, &["import", name]);
        assert!(err.contains(way) && !err.contains("--map"), "{name}: {err}");
    }
    let oscal = "plan-of-action-and-milestones:\n  uuid: 5a5c1a5e-0000-4000-8000-000000000001\n  metadata: {title: T, last-modified: 2026-07-25T08:12:38Z, version: \"1\", oscal-version: 1.1.3}\n  poam-items: [{uuid: 5a5c1a5e-0000-4000-8000-000000000002, title: a, description: b}]\n";
    repo.write("poam.yml", oscal);
    let options = ["import", "poam.yml", "--assume-detected", "2026-01-01", "--assume-risk", "low"];
    let (out, _) = repo.poam(0, &options);
    assert!(out.contains("1 to create"), "{out}");
}

#[test]
fn a_status_column_beside_official_headers_is_read_or_asked_about() {
    let repo = tracker();
    let head = "POAM ID,Weakness Name,Weakness Description,Weakness Detector Source,Asset Identifier,Point of Contact,Original Detection Date,Status Date,Original Risk Rating,Comments,Status";
    let row = |id: &str, closed: &str, status: &str| {
        format!("{id},weakness {id},d,Nessus,web-1,Jane,2026-01-05,{closed},High,,{status}\n")
    };
    let rows = [row("V-1", "", "In Progress"), row("V-2", "2026-02-01", "Remediated")].concat();
    repo.write("p.csv", format!("{head}\n{rows}"));
    let (out, _) = repo.poam(0, &["import", "p.csv", "--commit"]);
    assert!(out.contains("the column `Status` is read as the status of items"), "{out}");
    assert!(repo.read("items/2026/0000/V-1.yaml").contains("status: in-progress"));
    let closed = repo.read("items/2026/0000/V-2.yaml");
    assert!(closed.contains("status: closed\n"), "{closed}");
    assert!(closed.contains("completion_date: 2026-02-01"), "{closed}");
    // Some words say closed, one says nothing that is known.
    let rows = [row("V-3", "", "With Bob"), row("V-4", "2026-02-01", "Closed")].concat();
    repo.write("q.csv", format!("{head}\n{rows}"));
    let (_, err) = repo.poam(2, &["import", "q.csv"]);
    for said in ["K3 in the column `Status` says closed", "`With Bob`", "--map \"Status=status\""] {
        assert!(err.contains(said), "{said}\n{err}");
    }
    let mapped = ["--map", "Status=status", "--map-status", "With Bob=deferred"];
    let (out, _) = repo.poam(0, &[&["import", "q.csv"][..], &mapped].concat());
    assert!(out.contains("2 to create"), "{out}");
}

#[test]
fn titles_totals_and_words_for_no_id_make_no_items() {
    let repo = tracker();
    let head = "POAM ID,Weakness Name,Weakness Description,Weakness Detector Source,Asset Identifier,Point of Contact,Original Detection Date,Status Date,Original Risk Rating,Comments";
    repo.write(
        "p.csv",
        format!(
            "{head}\nV-1,Open port,d,Nessus,web-1,Jane,2026-01-05,,High,\nClosed Items,,,,,,,,,\n{head}\nV-2,Weak cipher,d,Nessus,web-2,Jane,2026-01-05,2026-02-01,High,\nTotal,,,,,,,,,2\nN/A,No id yet,d,Nessus,web-3,Jane,2026-01-05,2026-02-01,High,\n"
        ),
    );
    let (out, _) = repo.poam(1, &["import", "p.csv", "--commit"]);
    for said in [
        "p row 3: the rows below `Closed Items` in A3 are read as closed items",
        "p row 6: a total or remark, and no item, left out: A6, J6",
        "refused: p!row 7: the row has no POAM ID",
        "3 rows: 2 created, 0 unchanged, 1 refused",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    assert!(repo.read("items/2026/0000/V-1.yaml").contains("status: open"));
    assert!(repo.read("items/2026/0000/V-2.yaml").contains("completion_date: 2026-02-01"));
}
