//! `poam export`: what is written passes the schemas of those who read it, and is the same again.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod assertions;
mod oscal;
mod schemas;
mod tables;
mod ver;
mod ver_sources;

use crate::support::{Repo, shared};

/// A tracker with these lines in its settings, and these items (id, lines).
pub(crate) fn tracker(settings: &str, items: &[(&str, &str)]) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", format!("version: 1\n{settings}"));
    for (id, lines) in items {
        repo.write(&format!("items/{id}.yaml"), item(id, lines));
    }
    repo.commit("2026-03-01", "begin");
    repo
}

/// The file of an item: open, high, detected on 2026-01-14.
fn item(id: &str, lines: &str) -> String {
    let mut text = format!("id: {id}\n");
    for (key, value) in [
        ("weakness_name", "Open port"),
        ("status", "open"),
        ("original_detection_date", "2026-01-14"),
        ("original_risk_rating", "high"),
    ] {
        if !lines.lines().any(|line| line.starts_with(&format!("{key}:"))) {
            text += &format!("{key}: {value}\n");
        }
    }
    text + lines
}

/// The demo, made once for all tests of this file: a year of history.
pub(crate) fn demo() -> &'static Repo {
    static DEMO: std::sync::OnceLock<Repo> = std::sync::OnceLock::new();
    DEMO.get_or_init(|| {
        let repo = Repo::bare_folder();
        repo.poam(0, &["demo", ".", "--today", "2026-11-22", "--quiet"]);
        repo
    })
}
