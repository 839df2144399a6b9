//! Forms: the same commit as the command, the refusal beside its field, the diff before, undo after.

use super::client::{Answer, Server};
use super::{TODAY, start, tracker};

fn commit(server: &Server, command: &str, values: &[(&str, &str)]) -> Answer {
    server.post_form(&format!("/change/{command}"), &[values, &[("do", "commit")]].concat())
}

/// Each form, in two repositories that are the same: identity and dates are given, so the commits have
/// the same name where they are the same byte for byte.
#[test]
fn a_form_leaves_the_commit_of_its_command() {
    let (by_form, by_command) = (tracker(), tracker());
    let server = start(&by_form, &[]);
    let steps: &[(&str, &[(&str, &str)], &[&str])] = &[
        (
            "transition",
            &[("item", "V-1"), ("status", "in-progress"), ("reason", "Work starts\r\nnow")],
            &["transition", "V-1", "in-progress", "--reason", "Work starts\nnow"],
        ),
        (
            "milestone-start",
            &[("item", "V-1"), ("number", "1")],
            &["milestone", "start", "V-1", "1"],
        ),
        (
            "milestone-complete",
            &[
                ("item", "V-1"),
                ("number", "1"),
                ("date", "2026-01-19"),
                ("evidence", "CHG-1\r\nCHG-2\r\n"),
            ],
            &[
                "milestone",
                "complete",
                "V-1",
                "1",
                "--date",
                "2026-01-19",
                "--evidence",
                "CHG-1",
                "--evidence",
                "CHG-2",
            ],
        ),
        (
            "milestone-reschedule",
            &[("item", "V-1"), ("number", "2"), ("due", "2026-02-20"), ("reason", "Vendor: late")],
            &[
                "milestone",
                "reschedule",
                "V-1",
                "2",
                "--due",
                "2026-02-20",
                "--reason",
                "Vendor: late",
            ],
        ),
        (
            "milestone-add",
            &[("item", "V-1"), ("description", "--Scan: \"again\""), ("due", "2026-02-25")],
            &["milestone", "add", "--due", "2026-02-25", "--", "V-1", "--Scan: \"again\""],
        ),
        (
            "assign",
            &[("item", "V-1"), ("item", "A/B"), ("to", "Sam Roe"), ("email", "sam@example.com")],
            &["assign", "V-1", "A/B", "--to", "Sam Roe", "--email", "sam@example.com"],
        ),
        (
            "set",
            &[("item", "V-2"), ("fields", "comments=Ünsafe # text: \"x\"\r\ncontrols+=SI-2")],
            &["set", "V-2", "comments=Ünsafe # text: \"x\"", "controls+=SI-2"],
        ),
        (
            "evidence-add",
            &[
                ("item", "V-2"),
                ("ref", "CHG-7\r\nCHG-8"),
                ("type", "scan"),
                ("location", "https://example.com/7"),
            ],
            &[
                "evidence",
                "add",
                "V-2",
                "CHG-7",
                "CHG-8",
                "--type",
                "scan",
                "--location",
                "https://example.com/7",
            ],
        ),
        (
            "deviation-request",
            &[("item", "V-2"), ("kind", "false-positive"), ("rationale", "Not installed")],
            &["deviation", "request", "V-2", "false-positive", "--rationale", "Not installed"],
        ),
        (
            "deviation-approve",
            &[
                ("item", "V-2"),
                ("kind", "false-positive"),
                ("approver", "Olga Official"),
                ("author", "Ben <ben@example.com>"),
            ],
            &[
                "deviation",
                "approve",
                "V-2",
                "false-positive",
                "--approver",
                "Olga Official",
                "--author",
                "Ben <ben@example.com>",
            ],
        ),
        (
            "milestone-plan",
            &[("item", "A/B"), ("text", "3. 2026-03-01: Scan\r\n4. Report")],
            &["milestone", "plan", "A/B", "3. 2026-03-01: Scan\n4. Report"],
        ),
        (
            "milestone-log",
            &[("item", "A/B"), ("text", "Milestone 2 moved to 2026-03-05: vendor delay")],
            &["milestone", "log", "A/B", "Milestone 2 moved to 2026-03-05: vendor delay"],
        ),
        (
            "new",
            &[
                ("name", "Open port 8080"),
                ("risk", "moderate"),
                ("control", "SI-2\r\nCM-8"),
                ("owner", "Jane Doe"),
                ("plan", "Close it"),
                ("description", "Found by hand"),
                ("detector", "Audit"),
                ("asset", "web-1"),
            ],
            &[
                "new",
                "--commit",
                "--name",
                "Open port 8080",
                "--risk",
                "moderate",
                "--control",
                "SI-2",
                "--control",
                "CM-8",
                "--owner",
                "Jane Doe",
                "--plan",
                "Close it",
                "--description",
                "Found by hand",
                "--detector",
                "Audit",
                "--asset",
                "web-1",
            ],
        ),
    ];
    for (form, values, command) in steps {
        let answer = commit(&server, form, values);
        assert_eq!(answer.status, 303, "{form}: {}", answer.text());
        by_command.poam(0, &[&["--today", TODAY], *command].concat());
        let head = |repo: &crate::support::Repo| repo.git(&["cat-file", "commit", "HEAD"]);
        assert_eq!(head(&by_form), head(&by_command), "{form}");
        let place = answer.header("location").unwrap();
        let id = by_form.git(&["rev-parse", "HEAD"]).trim().to_owned();
        assert!(place.ends_with(&format!("done={id}")), "{place}");
        assert_eq!(server.get(&place).status, 200, "{place}");
    }
}

#[test]
fn a_refusal_stands_beside_its_field_and_is_the_command_s() {
    let repo = tracker();
    let server = start(&repo, &[]);
    for (form, values, command, field) in [
        (
            "transition",
            &[("item", "V-2"), ("status", "closed")][..],
            &["transition", "V-2", "closed"][..],
            None,
        ),
        (
            "transition",
            &[("item", "V-1"), ("status", "deferred")],
            &["transition", "V-1", "deferred"],
            Some("until"),
        ),
        (
            "milestone-reschedule",
            &[("item", "V-1"), ("number", "1"), ("due", "2026-03-01")],
            &["milestone", "reschedule", "V-1", "1", "--due", "2026-03-01"],
            Some("reason"),
        ),
        (
            "milestone-complete",
            &[("item", "V-1"), ("number", "1"), ("date", "2027-01-01")],
            &["milestone", "complete", "V-1", "1", "--date", "2027-01-01"],
            None,
        ),
        (
            "milestone-reschedule",
            &[("item", "V-1"), ("number", "1"), ("due", "someday"), ("reason", "x y")],
            &["milestone", "reschedule", "V-1", "1", "--due", "someday", "--reason", "x y"],
            Some("due"),
        ),
        ("assign", &[("item", "V-1")], &["assign", "V-1"], Some("to")),
    ] {
        let answer = commit(&server, form, values);
        let text = answer
            .text()
            .replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#62;", ">")
            .replace("&#60;", "<")
            .replace("&#38;", "&");
        assert_eq!(answer.status, 400, "{form}: {text}");
        let (_, error) = repo.poam(2, &[&["--today", TODAY], command].concat());
        let first = error.lines().next().unwrap().strip_prefix("error: ").unwrap();
        assert!(text.contains(first), "{form}: {first}\n{text}");
        if let Some(field) = field {
            assert!(text.contains(&format!("id=\"{field}-refusal\"")), "{field}: {text}");
        }
        // What was entered is still there.
        for (name, value) in values.iter().filter(|(name, _)| *name != "item") {
            let kept = text.contains(&format!("value=\"{value}\" selected"))
                || text.contains(&format!("value=\"{value}\" aria"))
                || text.contains(value);
            assert!(kept, "{name} {value}: {text}");
        }
    }
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "1");
}

#[test]
fn the_change_is_seen_before_it_is_made_and_undone_after() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let form = server.get("/change/transition?item=V-1").text();
    assert!(
        form.contains("<option value=\"in-progress\">") && form.contains("name=\"version\""),
        "{form}"
    );
    let version = repo.git(&["rev-parse", "HEAD:items/V-1.yaml"]).trim().to_owned();
    let values =
        [("item", "V-1"), ("version", &version), ("status", "in-progress"), ("reason", "Go")];
    let preview =
        server.post_form("/change/transition", &[&values[..], &[("do", "preview")]].concat());
    let text = preview.text();
    assert_eq!(preview.status, 200);
    assert!(text.contains("<span class=\"minus\">-status: open</span>"), "{text}");
    assert!(text.contains("<span class=\"plus\">+status: in-progress</span>"), "{text}");
    assert!(
        text.contains("name=\"status\" value=\"in-progress\"") && text.contains("poam transition"),
        "{text}"
    );
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "1", "nothing is made yet");
    let done = commit(&server, "transition", &values);
    let place = done.header("location").unwrap();
    let page = server.get(&place).text();
    let head = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    assert!(page.contains("Undo") && page.contains(&format!("value=\"{head}\"")), "{page}");
    let undone = server.post_form("/undo", &[("commit", &head)]);
    assert_eq!(undone.status, 303, "{}", undone.text());
    assert!(repo.read("items/V-1.yaml").contains("status: open"));
    assert_eq!(server.post_form("/undo", &[("commit", &head)]).status, 400, "it is undone already");
}

#[test]
fn somebody_else_s_change_is_shown_with_both_values() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let version = repo.git(&["rev-parse", "HEAD:items/V-1.yaml"]).trim().to_owned();
    repo.poam(0, &["set", "V-1", "remediation-plan=Replace it", "--today", TODAY]);
    let values = [
        ("item", "V-1"),
        ("version", version.as_str()),
        ("status", "in-progress"),
        ("reason", "My words"),
    ];
    let answer = commit(&server, "transition", &values);
    let text = answer.text();
    assert_eq!(answer.status, 409, "{text}");
    for part in ["remediation plan", "Upgrade it", "Replace it", "My words"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    // The form that is shown is for the version of now.
    let now = repo.git(&["rev-parse", "HEAD:items/V-1.yaml"]).trim().to_owned();
    assert!(text.contains(&format!("name=\"version\" value=\"{now}\"")));
}

#[test]
fn the_list_filters_and_leads_to_changes_of_many() {
    let repo = tracker();
    for number in 0..150 {
        repo.write(&format!("items/N-{number}.yaml"), super::item(&format!("N-{number}"), "open"));
    }
    repo.commit("2026-01-12", "more");
    let server = start(&repo, &[]);
    let page = server.get("/items.html").text();
    assert!(page.contains("Items 1 to 100 of 153") && page.contains("offset=100"), "{page}");
    assert!(server.get("/items.html?offset=100").text().contains("Items 101 to 153 of 153"));
    assert!(server.get("/items.html?status=in-progress").text().contains("1 item of 153"));
    assert!(server.get("/items.html?q=V-1").text().contains("1 item of 153"));
    assert!(server.get("/items.html?where=colour%3Dred").text().contains("role=\"alert\""));
    let bulk = server.get("/change/bulk?command=assign&item=V-1&item=V-2").text();
    assert!(bulk.contains("2 items, in one commit"), "{bulk}");
    let every = server.get("/change/bulk?command=assign&item=V-1&every=1&list.status=open").text();
    assert!(
        every.contains("152 items, in one commit") && every.contains("and 132 more"),
        "{every}"
    );
    let versions: Vec<String> = ["V-1", "V-2"]
        .iter()
        .map(|id| repo.git(&["rev-parse", &format!("HEAD:items/{id}.yaml")]).trim().to_owned())
        .collect();
    let values = [
        ("item", "V-1"),
        ("version", &*versions[0]),
        ("item", "V-2"),
        ("version", &*versions[1]),
        ("to", "Sam Roe"),
    ];
    let done = commit(&server, "assign", &values);
    assert!(done.header("location").unwrap().starts_with("/items.html?done="));
    assert_eq!(repo.git(&["log", "-1", "--format=%s"]).trim(), "2 items: owner Sam Roe");
    assert!(
        server
            .get("/todo.html?days=400")
            .text()
            .contains("change/milestone-complete?item=N%2D0&#38;number=1")
    );
}

#[test]
fn workbooks_are_downloaded_and_snapshots_made() {
    let repo = tracker();
    let server = start(&repo, &[]);
    assert!(server.get("/publish.html").text().contains("download/poam.xlsx"));
    let file = server.get("/download/poam.xlsx");
    let path = repo.beside("own.xlsx").display().to_string();
    repo.poam(0, &["workbook", "--today", TODAY, "-o", &path]);
    assert!(file.status == 200 && file.body == std::fs::read(path).unwrap(), "the command's bytes");
    assert!(file.header("content-disposition").unwrap().contains("poam.xlsx"));
    assert_eq!(server.get("/download/poam-oscal.json").status, 200);
    for name in ["..%2Fpoam.yaml", "poam.yaml", ""] {
        assert_eq!(server.get(&format!("/download/{name}")).status, 404, "{name}");
    }
    let made = server.post_form("/publish/snapshot", &[("name", "")]);
    assert_eq!(made.status, 200, "{}", made.text());
    let tags = repo.git(&["tag"]);
    assert!(tags.starts_with("poam/") && made.text().contains(tags.trim()), "{tags}");
    let again = server.post_form("/publish/snapshot", &[("name", "")]);
    assert_eq!(again.status, 400, "{}", again.text());
}
