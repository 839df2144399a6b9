//! Every page at the widths of a desk and of a phone, light and dark: nothing is wider than the window, and
//! axe-core finds nothing.
//!
//! axe-core is no part of this project: `POAM_AXE` names its `axe.min.js`, or it lies in `target/axe-core`
//! (`.ci/run` puts it there). `POAM_SCREENSHOTS=DIR` keeps a picture of each page.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::browser::Browser;
use super::client::Server;
use super::{TODAY, start, tracker};
use crate::import_update;
use crate::support::Repo;
use poam::workbook::{Field, Value as Cell};

fn axe() -> Option<String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe-core/axe.min.js");
    let file = std::env::var_os("POAM_AXE").map_or(own, PathBuf::from);
    let text = std::fs::read_to_string(&file).ok();
    if text.is_none() {
        eprintln!(
            "skipped: no axe-core at {} (npm pack axe-core); widths are checked",
            file.display()
        );
    }
    text
}

struct PageCheck {
    browser: Browser,
    server: Server,
    top: String,
    axe: Option<String>,
    faults: Vec<String>,
}

impl PageCheck {
    fn start(repo: &Repo) -> Option<Self> {
        let browser = Browser::start(repo, 1400)?;
        let server = start(repo, &[]);
        let top = format!("http://127.0.0.1:{}", server.port);
        browser.go(&format!("{top}/?token={}", server.token));
        browser.wait_for("Plan of Action and Milestones");
        Some(Self { browser, server, top, axe: axe(), faults: Vec::new() })
    }

    fn go(&mut self, name: &str, page: &str) {
        self.browser.go(&format!("{}/{page}", self.top));
        self.check(name);
    }

    /// Drops files on the page and waits for the plan.
    fn drop(&self, file: &str, kind: &str, values: &[(&str, &str)]) {
        self.browser.go(&format!("{}/import.html", self.top));
        self.browser.enter("#files", file);
        self.browser.click(&format!("input[name=kind][value={kind}]"));
        for (id, value) in values {
            let set = format!("document.getElementById({}).value = {}", json!(id), json!(value));
            self.browser.script(&set);
        }
        self.browser.click("form[enctype] button.first");
        self.browser.wait_for("Commit this plan");
    }

    /// Checks the page that is shown.
    fn check(&mut self, name: &str) {
        for scheme in ["light", "dark"] {
            for width in [1400, 390] {
                self.browser.show_as(width, scheme);
                let wide = self.browser.script(
                    "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
                );
                if wide != json!(0) {
                    self.faults.push(format!("{name}, {width}: wider than the window by {wide}"));
                }
                self.find_faults(&format!("{name}, {width} {scheme}"));
                self.take_picture(&format!("{name}-{width}-{scheme}"));
            }
        }
        self.browser.show_as(1400, "light");
    }

    fn find_faults(&mut self, place: &str) {
        let Some(axe) = &self.axe else { return };
        // The policy of the pages lets no script of others in; the protocol of the browser does.
        self.browser.devtools("Runtime.evaluate", &json!({"expression": axe}));
        let run = "axe.run(document).then(found => JSON.stringify(found.violations.map(one => [one.id, one.nodes.map(node => node.html)])))";
        let run = json!({"expression": run, "awaitPromise": true, "returnByValue": true});
        let found = self.browser.devtools("Runtime.evaluate", &run);
        let text = found["result"]["value"].as_str().unwrap_or_else(|| panic!("{place}: {found}"));
        let violations: Vec<Value> = serde_json::from_str(text).unwrap();
        self.faults.extend(violations.iter().map(|one| format!("{place}: {one}")));
    }

    fn take_picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("POAM_SCREENSHOTS") else { return };
        std::fs::create_dir_all(&folder).unwrap();
        let shot = json!({"captureBeyondViewport": true, "format": "png"});
        let shot = self.browser.devtools("Page.captureScreenshot", &shot);
        let text = shot["data"].as_str().unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), decoded(text)).unwrap();
    }
}

/// Decodes base64.
fn decoded(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u32> = text.bytes().filter_map(digit).collect();
    let mut bytes = Vec::new();
    for four in digits.chunks(4) {
        let whole =
            four.iter().enumerate().fold(0, |sum, (at, digit)| sum | digit << (18 - 6 * at));
        bytes.extend_from_slice(&whole.to_be_bytes()[1..four.len()]);
    }
    bytes
}

#[test]
fn every_page_fits_and_is_accessible() {
    let repo = tracker();
    repo.write(
        "items/L-1.yaml",
        super::item("L-1", "open").replace("Weakness L-1", &"Long".repeat(60)),
    );
    repo.commit("2026-01-11", "a long name");
    let Some(mut check) = PageCheck::start(&repo) else { return };
    for (name, page) in [
        ("overview", ""),
        ("items", "items.html"),
        ("items-refused", "items.html?where=colour%3Dred"),
        ("item", "item/V-1.html"),
        ("item-long", "item/L-1.html"),
        ("todo", "todo.html?days=400"),
        ("log", "log.html"),
        ("review", "diff.html"),
        ("review-range", "diff.html?base=HEAD~1&head=main"),
        ("owners", "owners.html"),
        ("import", "import.html"),
        ("publish", "publish.html"),
        ("new", "change/new"),
        ("transition", "change/transition?item=V-1"),
        ("edit", "change/set?item=V-1"),
        ("milestone-complete", "change/milestone-complete?item=V-1&number=1"),
        ("bulk", "change/bulk?command=assign&item=V-1&item=V-2"),
        ("failure", "nothing.html"),
    ] {
        check.go(name, page);
    }
    // What follows from a form: a refusal, the change, a conflict, the commit.
    let form = format!("{}/change/transition?item=V-1", check.top);
    check.browser.go(&form);
    check.browser.choose("#f-status", "deferred");
    check.browser.click("button[value=preview]");
    check.browser.wait_for("Nothing was changed.");
    check.check("refusal");
    check.browser.choose("#f-status", "in-progress");
    check.browser.click("button[value=preview]");
    check.browser.wait_for("+status: in-progress");
    check.check("preview");
    repo.poam(0, &["set", "V-1", "comments=Newer", "--today", TODAY]);
    check.browser.click("button[value=commit]");
    check.browser.wait_for("Somebody else changed this meanwhile.");
    check.check("conflict");
    check.browser.click("button[value=commit]");
    check.browser.wait_for("Committed as");
    check.check("committed");
    assert_eq!(check.server.get("/api/v1/items/V-1").json()["status"], "in-progress");
    assert!(check.faults.is_empty(), "{}", check.faults.join("\n"));
}

#[test]
fn plans_fit_and_are_accessible() {
    let (repo, reading) = import_update::tracker("3.0");
    let file = import_update::save(&repo, &reading, |rows| {
        let text = |text: &str| Cell::Text(text.to_owned());
        rows[0].1.insert(Field::Comments, text(&"theirs ".repeat(80)));
        rows[0].1.insert(Field::WeaknessDescription, text("their words"));
        rows[1].1.insert(Field::Controls, text("SI-2, CM-8"));
        rows[2].1.insert(Field::OriginalDetectionDate, text("soon"));
    });
    let ours =
        repo.read("items/V-1.yaml").replace("as found", "ours").replace("A port", "Our port");
    repo.write("items/V-1.yaml", ours).commit("2026-01-20", "ours");
    let scan = repo.beside("a.sarif");
    std::fs::write(&scan, super::import::sarif()).unwrap();
    let Some(mut check) = PageCheck::start(&repo) else { return };
    check.drop(&file, "import", &[]);
    check.check("plan-of-import");
    check.browser.click("form.notice button");
    check.browser.wait_for("1 in conflict");
    check.check("plan-of-update");
    check.browser.click("form.plan button.first");
    check.browser.wait_for("must be decided first");
    check.check("plan-undecided");
    let day = "2026-01-30";
    let days = [("f-scan.as-of", day), ("f-scan.detected", day)];
    check.drop(&scan.display().to_string(), "scan", &days);
    check.check("plan-of-scan");
    check.browser.click("form.plan button.first");
    check.browser.wait_for("Committed as");
    check.check("scan-done");
    assert!(check.faults.is_empty(), "{}", check.faults.join("\n"));
}
