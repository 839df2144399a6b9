use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::input::read_document;
use super::{Outcome, Session, TextOrJson};
use crate::exchange::Assumed;
use crate::exchange::oscal::{MAX_BYTES, document};
use crate::import::{OscalPlan, plan_oscal};
use crate::output::{plural, visible};

/// How an OSCAL document is imported.
pub(super) struct How {
    pub(super) commit: bool,
    pub(super) date: Option<NaiveDate>,
    pub(super) assumed: Assumed,
    pub(super) format: TextOrJson,
}

/// Rows of a list that the text shows; the JSON has all.
const SHOWN: usize = 20;

/// Whether a file is JSON or YAML, by its name or by how it begins: read as OSCAL.
pub(super) fn is_oscal(directory: &Path, file: &Path) -> bool {
    const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];
    let ending = file.extension().and_then(|it| it.to_str()).unwrap_or_default();
    if ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)) {
        return true;
    }
    let path = directory.join(file);
    // What is taken from a pipe is gone, and a device may have no end.
    if !path.is_file() {
        return false;
    }
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    let text = String::from_utf8_lossy(&head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    read.is_ok()
        && text.contains("plan-of-action-and-milestones")
        && (text.starts_with('{')
            || text.lines().any(|line| line.starts_with("plan-of-action-and-milestones:")))
}

/// Imports an OSCAL POA&M in JSON or YAML.
pub(super) fn run(session: &mut Session, file: &Path, how: &How) -> Result<Outcome> {
    let repository = session.repository()?;
    let tracker = session.tracker(Some(&repository))?;
    let doing = || format!("reading {}", file.display());
    let path = session.directory.join(file);
    let bytes = read_document(&path, MAX_BYTES as u64, "an OSCAL document").with_context(doing)?;
    let source = file.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let source_id = format!("sha256:{:x}", Sha256::digest(&bytes));
    let document = document(&source, &bytes, &how.assumed).with_context(doing)?;
    // From the choice of ids to the commit, so that no other command takes the same.
    let _lock = match how.commit {
        true => Some(session.lock(&repository)?),
        false => None,
    };
    let store = tracker.load_all(Some(&repository))?;
    if store.unreadable() > 0 {
        session.say_unreadable(&store);
        bail!(
            "the tracker has files that cannot be read, so what is new cannot be told; mend them first"
        );
    }
    let plan = plan_oscal(&tracker, &store, &source, &source_id, document, session.today);
    let made = match how.commit {
        true => plan.carry_out(&repository, how.date)?,
        false => None,
    };
    let commits = usize::from(made.is_some());
    if commits > 0 {
        session.warn_if_detached(&repository);
    }
    match how.format {
        TextOrJson::Json => session.print_json(format_args!("{:#}\n", plan.to_json(commits)))?,
        TextOrJson::Text => session.print(text(&plan, &source, how.commit, commits))?,
    }
    Ok(if plan.refused.is_empty() { Outcome::Fine } else { Outcome::Diagnosed })
}

fn text(plan: &OscalPlan, source: &str, committed: bool, commits: usize) -> String {
    let mut lines = vec![format!("{}: layout {}", visible(source), plan.layout())];
    let notes = plan.notes.iter().map(|note| format!("note: {}", visible(note)));
    shown(&mut lines, notes.collect());
    let kept = plan.kept.iter();
    let kept = kept.map(|(cell, why)| format!("kept: {}: {}", visible(cell), visible(why)));
    shown(&mut lines, kept.collect());
    let refused = plan.refused.iter();
    let refused =
        refused.map(|one| format!("refused: {}: {}", visible(&one.cell), visible(&one.reason)));
    shown(&mut lines, refused.collect());
    let verb = if committed { "created" } else { "to create" };
    lines.push(format!(
        "{}: {} {verb}, {} unchanged, {} refused",
        plural(plan.items, "item"),
        plan.created.len(),
        plan.unchanged.len(),
        plan.refused.len()
    ));
    lines.push(match (committed, plan.created.is_empty()) {
        (true, _) => format!("{} made", plural(commits, "commit")),
        (false, false) => "nothing is written yet: add --commit to do this".to_owned(),
        (false, true) => "nothing to do".to_owned(),
    });
    lines.join("\n") + "\n"
}

fn shown(lines: &mut Vec<String>, more: Vec<String>) {
    let left = more.len().saturating_sub(SHOWN);
    lines.extend(more.into_iter().take(SHOWN));
    if left > 0 {
        lines.push(format!("… and {left} more; --format json lists all"));
    }
}
