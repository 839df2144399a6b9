//! `poam report`: the files of the web report, and what a browser makes of them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Repo;

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>'\\\"&\\u202e{{7*7}}";

fn item(number: usize) -> String {
    let (rating, day) = (["high", "moderate", "low"][number % 3], number % 28 + 1);
    let status = if number % 5 == 4 {
        "status: closed\ncompletion_date: 2026-05-01\n"
    } else {
        "status: open\n"
    };
    format!(
        "id: V-{number}\nweakness_name: Weakness number {number}\n{status}original_detection_date: 2026-01-{day:02}\noriginal_risk_rating: {rating}\npoint_of_contact: {{name: Owner {}}}\n",
        number % 7
    )
}

/// 230 items and one that is hostile wherever it can be.
fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", format!("version: 1\nsystem: {{name: \"{HOSTILE}\"}}\n"));
    for number in 0..230 {
        repo.write(&format!("items/V-{number}.yaml"), item(number));
    }
    let hostile = format!(
        "id: H-1\nweakness_name: \"{HOSTILE}\"\nweakness_description: \"{HOSTILE}\\n{HOSTILE}\"\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\npoint_of_contact: {{name: \"{HOSTILE}\"}}\nassets: [\"{HOSTILE}\"]\nservices: [\"{HOSTILE}\"]\ncontrols: [\"{HOSTILE}\"]\nevidence: [{{reference: \"{HOSTILE}\", location: \"javascript:alert(1)\"}}, {{reference: a, location: \"https://example.com/?{HOSTILE}\"}}]\nmilestones: [{{id: 1, description: \"{HOSTILE}\", due: 2026-02-01, status: pending}}]\ndependencies: [V-1]\ncomments: \"{HOSTILE}\"\nextra: {{a: \"{HOSTILE}\"}}\n"
    );
    repo.write("items/H-1.yaml", hostile);
    repo.commit_as("<b>Mallory</b> <m@example.com>", "2026-02-01", "<script>alert(1)</script>");
    repo
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    fn walk(top: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(top, &path, found);
            } else {
                let name = path.strip_prefix(top).unwrap().display().to_string();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn report(repo: &Repo, name: &str) -> PathBuf {
    let to = repo.beside(name);
    repo.poam(0, &["report", "-o", &to.display().to_string(), "--today", "2026-06-30"]);
    to
}

#[test]
fn every_page_is_whole_safe_and_the_same_again() {
    let repo = tracker();
    let first = files(&report(&repo, "a"));
    assert_eq!(first, files(&report(&repo, "b")), "the same commit, the same bytes");
    assert!(first.contains_key("item/V-229.html"));
    assert_eq!(first.keys().filter(|name| name.starts_with("owner/owner-")).count(), 7);
    for (name, text) in first.iter().filter(|(name, _)| name.ends_with(".html")) {
        assert!(text.contains("content=\"default-src 'none'; script-src 'self'"), "{name}");
        for bad in ["<img", "<b>M", "<script>", " style=", "=\"javascript:", "\u{202e}"] {
            assert!(!text.contains(bad), "{bad} in {name}");
        }
        // Scripts and styles are files of the report, and everything that is linked to is there.
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in text.split(" href=\"").skip(1).chain(text.split(" src=\"").skip(1)) {
            let link = link.split('"').next().unwrap();
            let path = link.split('#').next().unwrap();
            let is_elsewhere = ["https://", "data:image/svg+xml,"];
            if path.is_empty() || is_elsewhere.iter().any(|start| path.starts_with(start)) {
                continue;
            }
            let path = match path.strip_prefix("../") {
                Some(path) => path.to_owned(),
                None if folder.is_empty() => path.to_owned(),
                None => format!("{folder}/{path}"),
            };
            assert!(first.contains_key(&path), "{link} in {name}");
        }
        // Tags are closed in order.
        let mut open = Vec::new();
        for tag in text.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            let word = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
            if let Some(closed) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed), "{name}");
            } else if !tag.ends_with('/')
                && !["!doctype", "meta", "link", "br", "input"].contains(&word)
            {
                open.push(word);
            }
        }
        assert_eq!(open, Vec::<&str>::new(), "{name}");
    }
    let hostile = &first["item/H-1.html"];
    assert!(hostile.contains("&#60;/script&#62;") && hostile.contains("{{7*7}}"), "{hostile}");
    assert!(!first["data.js"].contains('<'));
}

#[test]
fn the_folder_is_a_report_s_or_it_is_left_alone() {
    let repo = tracker();
    let to = report(&repo, "a");
    std::fs::write(to.join("CNAME"), "example.com").unwrap();
    let (_, err) = repo.poam(2, &["report", "-o", &to.display().to_string()]);
    assert!(err.contains("files that are not of a report (CNAME)"), "{err}");
    let to = repo.beside("past").display().to_string();
    repo.write("items/V-1.yaml", item(2).replace("V-2", "V-1")).commit("2026-03-01", "later");
    let (out, _) = repo.poam(0, &["report", "-o", &to, "--as-of", "2026-02-15"]);
    assert!(out.contains("231 items"), "{out}");
    let page = std::fs::read_to_string(Path::new(&to).join("item/V-1.html")).unwrap();
    assert!(page.contains("Weakness number 1") && page.contains("on 2026-02-15, from commit"));
}

#[test]
fn the_first_page_says_what_is_late_and_who_must_act() {
    let repo = Repo::new();
    let links = "links:\n  commit: https://git.example/c/{commit}\n  file: https://git.example/f/{commit}/{path}\n  pull_request: https://git.example/p/{number}\n";
    repo.write("poam.yaml", format!("version: 1\n{links}"));
    let item = |id: &str, more: &str| {
        let text = format!(
            "id: {id}\nweakness_name: Weakness {id}\nstatus: open\noriginal_detection_date: 2026-01-05\n{more}"
        );
        repo.write(&format!("items/{id}.yaml"), text);
    };
    // A late item of Jane's; a late milestone of Sam's; nobody's; a group's.
    item("V-1", "original_risk_rating: high\npoint_of_contact: {name: Jane Doe}\n");
    item(
        "V-2",
        "original_risk_rating: low\npoint_of_contact: {name: Sam Roe}\nmilestones: [{id: 1, description: Install the patch, due: 2026-02-01}]\n",
    );
    item("V-3", "original_risk_rating: low\n");
    item("V-4", "original_risk_rating: low\npoint_of_contact: {name: Security Team}\n");
    repo.commit("2026-01-10", "Add four items (#7)");
    repo.poam(0, &["--today", "2026-01-11", "snapshot", "2026-01"]);
    item("V-5", "original_risk_rating: low\npoint_of_contact: {name: Jane Doe}\n");
    let head = repo.commit("2026-02-10", "one more");
    let to = repo.beside("site");
    repo.poam(0, &["report", "-o", &to.display().to_string(), "--today", "2026-02-20"]);
    let pages = files(&to);
    let first = &pages["index.html"];
    // Due 2026-02-04, 30 days after its detection (high): 16 days late.
    for part in [
        "<p><b>1 item and 1 milestone are late</b></p>",
        ">Jane Doe (1)</a>",
        ">Sam Roe (1)</a>",
        ">16 late</td>",
        ">19 late</td>",
        "milestone 1: Install the patch",
        "+1 since ",
        "items.html#show=milestones\">with a late milestone</a>",
        "items.html#show=unowned\">without a person as owner</a>",
        "<span class=\"tag late\">group, no person</span>",
        &format!("href=\"https://git.example/c/{head}\""),
        "<title>2026-01, low: 3</title>",
        "href=\"items.html#risk=high&amp;at=2026-02\"",
    ] {
        assert!(first.contains(part), "{part}\n---\n{first}");
    }
    let at = |part: &str| first.find(part).unwrap();
    assert!(at("Who must act:") < at("<h2>Late</h2>") && at("<h2>Late</h2>") < at("Over time"));
    let item = &pages["item/V-2.html"];
    assert!(item.contains(">19 d</td>"), "{item}");
    assert!(item.contains("href=\"https://git.example/p/7\""), "{item}");
    assert!(item.contains(&format!("https://git.example/f/{head}/items/V-2.yaml")), "{item}");
    let owner = pages.iter().find(|(name, _)| name.starts_with("owner/sam-roe")).unwrap().1;
    assert!(owner.contains("1. Install the patch") && owner.contains("day late"), "{owner}");
}

/// Script that operates the table in a frame, as a person would, and writes down its states.
const DRIVE: &str = r#"
const said = [];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
window.addEventListener("load", async () => {
  try {
    const frame = document.getElementById("frame");
    const page = () => frame.contentDocument;
    const $ = (id) => page().getElementById(id);
    const rows = () => $("items").tBodies[0].rows;
    const first = () => rows()[0].cells[0].textContent;
    const set = (id, value) => { $(id).value = value; $(id).dispatchEvent(new Event("input", { bubbles: true })); };
    const click = (name) => page().querySelector(`th[data-sort="${name}"] button`).click();
    const sort = (name) => page().querySelector(`th[data-sort="${name}"]`).getAttribute("aria-sort");
    const violations = [];
    page().addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
    said.push(`rows ${rows().length} ${$("count").textContent} ${$("page").textContent}`);
    $("next").click(); $("next").click();
    said.push(`last ${rows().length} ${$("page").textContent} ${$("next").disabled}`);
    set("search", "v-22");
    said.push(`search ${rows().length} ${$("page").textContent}`);
    set("search", "");
    click("id");
    said.push(`sort ${first()} ${rows()[2].cells[0].textContent} ${sort("id")} ${sort("due")}`);
    click("id");
    said.push(`down ${first()} ${sort("id")}`);
    set("risk", "high"); set("show", "overdue"); set("owner", "Owner 3");
    said.push(`filter ${rows().length} ${new Set([...rows()].map((row) => row.cells[2].textContent + row.cells[4].textContent)).size}`);
    $("reset").click();
    set("search", "onerror");
    said.push(`hostile ${rows().length} ${rows()[0].cells[1].textContent.includes("<img src=x")} ${page().images.length}`);
    said.push(`focus ${page().activeElement.id}`);
    const link = rows()[0].querySelector("a");
    link.click();
    for (let tries = 0; tries < 100 && !frame.contentDocument.querySelector(".timeline"); tries += 1) { await wait(50); }
    said.push(`item ${page().querySelector("h1").textContent.startsWith("H-1: ")} ${page().querySelectorAll(".timeline li").length} ${page().images.length}`);
    said.push(`violations ${violations.join()}`);
  } catch (error) { said.push(`failed ${error}`); }
  document.getElementById("said").textContent = said.join("\n");
});
"#;

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let mut all = std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name)));
    all.find(|file| file.is_file())
}

/// The page as it is after its scripts have run.
fn dump(repo: &Repo, program: &Path, page: &Path) -> String {
    let out = repo.beside("page.out");
    let mut child = Command::new(program)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", repo.beside("profile").display()))
        .args(["--allow-file-access-from-files", "--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() > Duration::from_secs(90) {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{} did not end within 90 seconds", program.display());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::fs::read_to_string(out).unwrap()
}

#[test]
fn a_browser_searches_sorts_filters_and_opens() {
    let Some(program) = chromium() else {
        eprintln!("skipped: no Chromium on the PATH (apt-get install chromium)");
        return;
    };
    let repo = tracker();
    let site = report(&repo, "site");
    // From the file system and under its own policy, driven from a frame, for which files must see
    // each other.
    std::fs::write(site.join("drive.js"), DRIVE).unwrap();
    let drive = "<!doctype html><title>t</title><iframe id=frame src=items.html width=1200 height=900></iframe><pre id=said></pre><script src=drive.js></script>";
    std::fs::write(site.join("drive.html"), drive).unwrap();
    let dom = dump(&repo, &program, &site.join("drive.html"));
    let said = dom.split("id=\"said\">").nth(1).unwrap().split("</pre>").next().unwrap();
    // Of the items 3, 6, 9 … that are high, open and overdue, each 21st is of owner 3.
    let member = |number: &usize| (number % 3, number % 7) == (0, 3) && number % 5 != 4;
    let matching = (0..230).filter(member).count();
    let expected = format!(
        "rows 100 Items 1 to 100 of 231 Page 1 of 3\n\
         last 31 Page 3 of 3 true\n\
         search 11 Page 1 of 1\n\
         sort H-1 V-1 ascending null\n\
         down V-229 descending\n\
         filter {matching} 1\n\
         hostile 1 true 0\n\
         focus search\n\
         item true 1 0\n\
         violations "
    );
    assert_eq!(said, expected);
}
