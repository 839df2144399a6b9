//! Links between pages.

use std::collections::BTreeSet;

use super::{pages, read, top};

/// The targets of the links of a Markdown text, those in code left out.
pub(super) fn targets(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        // Every second part stands between backquotes.
        let prose: Vec<&str> = line.split('`').step_by(2).collect();
        let mut rest = prose.join("code");
        while let Some(at) = rest.find("](") {
            rest = rest.split_off(at + 2);
            let Some(end) = rest.find(')') else { break };
            targets.push(rest[..end].split(' ').next().unwrap().to_owned());
        }
    }
    targets
}

/// The anchors of a page, as GitHub and mdBook make them of its headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut is_code = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        let heading = line.trim_start_matches('#');
        if is_code || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().chars().filter_map(|c| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            c if c.is_alphanumeric() => Some(c.to_ascii_lowercase()),
            _ => None,
        });
        anchors.insert(kept.collect());
    }
    anchors
}

/// Returns whether a link of a page leads out of the folder `docs`, which is all that the site has.
fn climbs(page: &str, path: &str) -> bool {
    let mut depth = page.matches('/').count();
    for part in path.split('/') {
        match part {
            ".." => depth -= 1,
            "." | "" => {}
            _ => depth += 1,
        }
        if depth == 0 {
            return true;
        }
    }
    false
}

#[test]
fn every_link_resolves() {
    let mut all = pages("docs");
    all.extend(
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "fuzz/README.md"].map(str::to_owned),
    );
    let mut broken = Vec::new();
    for page in all {
        for target in targets(&read(&page)) {
            if target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = std::path::Path::new(&page).parent().unwrap();
            let file = match path.is_empty() {
                true => page.clone(),
                false => folder.join(path).to_str().unwrap().to_owned(),
            };
            if page.starts_with("docs/") && climbs(&page, path) {
                broken.push(format!("{page}: {target}: not a page of the handbook"));
            } else if !top().join(&file).exists() {
                broken.push(format!("{page}: {target}"));
            } else if !anchor.is_empty() && !anchors(&read(&file)).contains(anchor) {
                broken.push(format!("{page}: {target}: no such heading"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn links_and_anchors_are_found() {
    let text = "See [a](b.md#c), `[not](this)` and [d](../e.md \"title\").\n```\n[no](f.md)\n```\n";
    assert_eq!(targets(text), ["b.md#c", "../e.md"]);
    assert!(climbs("docs/a.md", "../README.md") && climbs("docs/roles/a.md", "../../b.md"));
    assert!(!climbs("docs/a.md", "b.md") && !climbs("docs/roles/a.md", "../b.md"));
    let page = "# Check `poam`, twice\n```sh\n# a remark\n```\n## What it's for\n";
    assert_eq!(anchors(page), ["check-poam-twice", "what-its-for"].map(str::to_owned).into());
}
