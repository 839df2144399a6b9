//! The work of people without a terminal, in Chromium: an owner with the keyboard alone, and the weeks of a
//! compliance engineer and of an owner.

use std::time::{Duration, Instant};

use serde_json::json;

use super::browser::{Browser, ENTER};
use super::client::Server;
use super::{TODAY, start, tracker};
use crate::import_update;
use crate::support::Repo;
use poam::workbook::{Field, Value as Cell};

#[test]
fn an_owner_works_with_the_keyboard_alone() {
    let repo = tracker();
    let Some(browser) = Browser::start(&repo, 1400) else { return };
    let server = start(&repo, &[]);
    let top = format!("http://127.0.0.1:{}", server.port);
    browser.go(&format!("{top}/?token={}", server.token));
    browser.wait_for("Plan of Action and Milestones");
    // To the list, to the item, to the form of its status.
    browser.tab_to("a[href='items.html']");
    browser.press(ENTER);
    browser.wait_for("3 items of 3");
    browser.press("/");
    browser.press("V-1");
    browser.press(ENTER);
    browser.wait_for("1 item of 3");
    browser.tab_to("th a[href='item/V-1.html']");
    browser.press(ENTER);
    browser.wait_for("V-1: Weakness V-1");
    browser.tab_to("a[href^='../change/transition']");
    browser.press(ENTER);
    browser.wait_for("Show the change");
    // A status that needs more: the refusal stands beside its field.
    browser.tab_to("select[name=status]");
    browser.press("def");
    browser.tab_to("button[value=preview]");
    browser.press(ENTER);
    browser.wait_for("Nothing was changed.");
    assert_eq!(
        browser.script("return document.querySelector('#until-refusal') !== null"),
        json!(true)
    );
    browser.tab_to("select[name=status]");
    browser.press("in-p");
    browser.tab_to("textarea[name=reason]");
    browser.press("Work starts");
    browser.tab_to("button[value=preview]");
    browser.press(ENTER);
    browser.wait_for("+status: in-progress");
    browser.tab_to("button[value=commit]");
    browser.press(ENTER);
    browser.wait_for("Committed as");
    assert_eq!(
        repo.git(&["log", "-1", "--format=%s%n%b"]).lines().next(),
        Some("V-1: open -> in-progress")
    );
    assert!(repo.git(&["log", "-1", "--format=%b"]).contains("Work starts"));
    // A milestone, from its row.
    browser.tab_to("td a[href*='milestone-complete']");
    browser.press(ENTER);
    browser.wait_for("Show the change");
    browser.tab_to("textarea[name=evidence]");
    browser.press("CHG-1");
    browser.tab_to("button[value=commit]");
    browser.press(ENTER);
    browser.wait_for("Committed as");
    assert_eq!(repo.git(&["log", "-1", "--format=%s"]).trim(), "V-1: milestone 1 completed");
    browser.tab_to("main form button");
    browser.press(ENTER);
    browser.wait_for("Committed as");
    assert!(repo.git(&["log", "-1", "--format=%s"]).starts_with("Undo"));
    // What happens outside is announced.
    repo.poam(0, &["set", "V-1", "comments=By hand", "--today", super::TODAY]);
    let begin = Instant::now();
    browser.wait_for("The items changed meanwhile.");
    eprintln!("announced after {:?}", begin.elapsed());
    // Nothing was blocked by the policy of the pages.
    let log = browser.of_session("POST", "/se/log", &json!({"type": "browser"}));
    let log = log.to_string();
    assert!(!log.contains("Content Security Policy"), "{log}");
}

/// A page and a browser that has opened it.
fn open(repo: &Repo) -> Option<(Browser, Server, String)> {
    let browser = Browser::start(repo, 1400)?;
    let server = start(repo, &[]);
    let top = format!("http://127.0.0.1:{}", server.port);
    browser.go(&format!("{top}/?token={}", server.token));
    browser.wait_for("Plan of Action and Milestones");
    Some((browser, server, top))
}

fn subject(repo: &Repo) -> String {
    repo.git(&["log", "-1", "--format=%s"]).trim().to_owned()
}

#[test]
fn the_weeks_of_a_compliance_engineer() {
    let (repo, reading) = import_update::tracker("3.0");
    // The assessor's copy of the workbook comes back with a comment and a new row.
    let file = import_update::save(&repo, &reading, |rows| {
        let text = |text: &str| Cell::Text(text.to_owned());
        rows[0].1.insert(Field::Comments, text("seen by the assessor"));
        rows[1].1.insert(Field::Controls, text("SI-2, CM-8"));
    });
    let ours = repo.read("items/V-1.yaml").replace("as found", "ours");
    repo.write("items/V-1.yaml", ours).commit("2026-01-20", "ours");
    let Some((browser, server, top)) = open(&repo) else { return };
    // Week 1: the workbook is taken back, and the value that both changed is decided.
    browser.click("a[href='import.html']");
    browser.enter("#files", &file);
    browser.click("form[enctype] button.first");
    browser.wait_for("This workbook was built here.");
    browser.click("form.notice button");
    browser.wait_for("1 in conflict");
    browser.click("input[name='decide.V-1 /comments'][value=theirs]");
    browser.click("form.plan button.first");
    browser.wait_for("Committed as");
    assert_eq!(subject(&repo), "update 2 items from edited.xlsx");
    assert!(repo.read("items/V-1.yaml").contains("comments: seen by the assessor"));
    // Owners in bulk.
    browser.go(&format!("{top}/items.html?show=open"));
    browser.wait_for("3 items of 3");
    browser.click("#every");
    browser.choose("select[name=command]", "assign");
    browser.click(".bulk button");
    browser.wait_for("3 items, in one commit");
    browser.enter("#f-to", "Sam Roe");
    browser.click("button[value=preview]");
    browser.wait_for("+point_of_contact: {name: Sam Roe}");
    browser.click("button[value=commit]");
    browser.wait_for("Committed as");
    assert_eq!(subject(&repo), "3 items: owner Sam Roe");
    // Week 2: a milestone.
    browser.go(&format!("{top}/item/V-2.html"));
    browser.click("a[href*='change/milestone-add']");
    browser.enter("#f-description", "Scan all hosts again and attach the result");
    browser.script("document.querySelector('#f-due').value = '2026-02-20'");
    browser.click("button[value=commit]");
    browser.wait_for("Committed as");
    assert_eq!(subject(&repo), "V-2: new milestone 2, due 2026-02-20");
    // Week 3: somebody's branch is reviewed.
    repo.git(&["switch", "--quiet", "-c", "sam/v-3"]);
    repo.poam(0, &["milestone", "complete", "V-3", "1", "--evidence", "CHG-7", "--today", TODAY]);
    repo.git(&["switch", "--quiet", "main"]);
    browser.go(&format!("{top}/diff.html"));
    browser.click("a[href*='head=sam']");
    browser.wait_for("milestone-completed");
    // Week 4: evidence, and the item is closed.
    repo.git(&["merge", "--quiet", "sam/v-3"]);
    browser.go(&format!("{top}/item/V-3.html"));
    browser.click("a[href*='change/evidence-add']");
    browser.enter("#f-ref", "SCAN-12");
    browser.click("button[value=commit]");
    browser.wait_for("Committed as");
    for status in ["pending-validation", "closed"] {
        browser.click("a[href*='change/transition']");
        browser.choose("#f-status", status);
        browser.enter("#f-reason", "The scan is clean");
        browser.click("button[value=commit]");
        browser.wait_for("Committed as");
        assert!(subject(&repo).ends_with(status), "{}", subject(&repo));
    }
    // The workbook of the month.
    let downloads = repo.beside("downloads");
    std::fs::create_dir(&downloads).unwrap();
    let allowed = json!({"behavior": "allow", "downloadPath": downloads.display().to_string()});
    browser.devtools("Browser.setDownloadBehavior", &allowed);
    browser.go(&format!("{top}/publish.html"));
    browser.click("a[href$='download/poam.xlsx']");
    let begin = Instant::now();
    while !downloads.join("poam.xlsx").exists() {
        assert!(begin.elapsed() < Duration::from_secs(30), "no download");
        std::thread::sleep(Duration::from_millis(50));
    }
    let path = repo.beside("command.xlsx").display().to_string();
    repo.poam(0, &["workbook", "-o", &path, "--today", TODAY]);
    let published = std::fs::read(downloads.join("poam.xlsx")).unwrap();
    assert!(published == std::fs::read(path).unwrap(), "the command's bytes");
    assert_eq!(server.get("/api/v1/items/V-3").json()["status"], "closed");
}

#[test]
fn the_weeks_of_an_owner() {
    let repo = tracker();
    let Some((browser, _server, top)) = open(&repo) else { return };
    // What is mine?
    browser.go(&format!("{top}/todo.html?owner=Jane+Doe"));
    browser.wait_for("complete milestone 1: Patch the test system");
    browser.click("a[href*='milestone-complete?item=V%2D1']");
    browser.enter("#f-evidence", "CHG-1");
    browser.click("button[value=commit]");
    browser.wait_for("Committed as");
    assert_eq!(subject(&repo), "V-1: milestone 1 completed");
    // A date that does not hold: it needs a reason.
    browser.click("td a[href*='milestone-reschedule']");
    browser.script("document.querySelector('#f-due').value = '2026-02-25'");
    browser.click("button[value=commit]");
    browser.wait_for("Nothing was changed.");
    assert_eq!(
        browser.script("return document.querySelector('#f-due').value"),
        json!("2026-02-25")
    );
    assert_eq!(
        browser.script("return document.querySelector('#reason-refusal') !== null"),
        json!(true)
    );
    browser.enter("#f-reason", "The vendor is late");
    browser.click("button[value=commit]");
    browser.wait_for("Committed as");
    assert_eq!(subject(&repo), "V-1: milestone 2 due 2026-02-10 -> 2026-02-25");
    // The fields of the item, with their values.
    browser.click("a[href*='change/set']");
    browser.wait_for("Remediation plan");
    assert_eq!(
        browser.script("return document.querySelector('#e-remediation_plan').value"),
        json!("Upgrade it")
    );
    browser.replace("#e-remediation_plan", "Replace it");
    browser.enter("#e-assets", "web-1");
    // Meanwhile somebody else edits another field of it.
    repo.poam(0, &["set", "V-1", "comments=From the terminal", "--today", TODAY]);
    browser.wait_for("The items changed meanwhile.");
    browser.click("button[value=preview]");
    browser.wait_for("Somebody else changed this meanwhile.");
    assert!(browser.text().contains("From the terminal"), "{}", browser.text());
    assert_eq!(
        browser.script("return document.querySelector('#e-remediation_plan').value"),
        json!("Replace it")
    );
    browser.click("button[value=preview]");
    browser.wait_for("+remediation_plan: Replace it");
    browser.click("button[value=commit]");
    browser.wait_for("Committed as");
    let text = repo.read("items/V-1.yaml");
    assert!(text.contains("comments: From the terminal\n"), "{text}");
    assert!(text.contains("remediation_plan: Replace it\n") && text.contains("web-1"), "{text}");
    // It is handed to the reviewer.
    browser.click("a[href*='change/review-submit']");
    browser.enter("#f-reviewer", "Ann Author");
    browser.click("button[value=commit]");
    browser.wait_for("Committed as");
    // One look at the log.
    browser.go(&format!("{top}/log.html?item=V-1"));
    browser.wait_for("milestone-rescheduled");
}
