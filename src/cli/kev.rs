//! `poam kev`: marks items that CISA's catalog lists as known exploited, with its due date.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::guard::refuse_errors;
use super::how::ChangeContext;
use super::input::read_document;
use super::{CommandOutcome, Session, TextOrJson};
use crate::change::{Change, ChangeOptions, ItemRecord, Options, apply};
use crate::kev::{KevCatalog, KevPlan, plan_kev};
use crate::repository::CommitId;
use crate::store::Stored;
use crate::text::{few, plural, visible};

/// The largest catalog that is read: CISA's has about 2 MB.
const MAX_CATALOG: u64 = 100_000_000;

/// Mark items that CISA lists as known exploited
///
/// Reads CISA's catalog (known_exploited_vulnerabilities.json), shows which open items have a CVE of it and
/// do not say so, and writes `kev:` with the day of the entry and the due date with --commit, in one commit. Of
/// several CVEs the earliest due date counts. Running it again changes nothing.
#[derive(Debug, Args)]
pub(super) struct KevArgs {
    /// The catalog in JSON
    file: PathBuf,
    /// Write the items, in one commit
    #[arg(long)]
    commit: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl KevArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let name = visible(&self.file.display().to_string()).into_owned();
        let bytes = read_document(&self.file, MAX_CATALOG, "a catalog")
            .with_context(|| format!("reading {name}"))?;
        let catalog = KevCatalog::parse(&bytes).with_context(|| format!("reading {name}"))?;
        let bench = ChangeContext::open(session)?;
        let _lock = match self.commit {
            true => Some(session.lock(&bench.repository)?),
            false => None,
        };
        let store = bench.tracker.load_all(Some(&bench.repository))?;
        if store.unreadable() > 0 {
            session.say_unreadable(&store);
            bail!("the tracker has files that cannot be read; mend them first");
        }
        let plan = plan_kev(&catalog, store.items(), &bench.tracker.settings);
        let mut changes = Vec::new();
        for mark in &plan.marked {
            let note = ItemRecord::Kev {
                added: mark.entry.date_added,
                due: mark.entry.due_date,
                catalog: catalog.catalog_version.clone(),
            };
            changes.push(note.plan_change(
                mark.stored,
                &ChangeOptions::default(),
                session.today,
                session.today,
            )?);
        }
        refuse_errors(session, &bench, &changes, None)?;
        let commit = match self.commit && !changes.is_empty() {
            true => apply(&bench.repository, &changes, Options::default())?.commit,
            false => None,
        };
        if commit.is_some() {
            session.warn_if_detached(&bench.repository);
        }
        match self.format {
            TextOrJson::Json => {
                let json = to_json(&catalog, &plan, &changes, commit);
                session.print_json(format_args!("{json:#}\n"))?;
            }
            TextOrJson::Text => session.print(to_text(&catalog, &plan, self.commit, commit))?,
        }
        Ok(CommandOutcome::Fine)
    }
}

fn item_ids(items: &[&Stored]) -> Vec<String> {
    items.iter().map(|stored| stored.item.id.to_string()).collect()
}

fn to_text(
    catalog: &KevCatalog,
    plan: &KevPlan<'_>,
    write: bool,
    commit: Option<CommitId>,
) -> String {
    let version = visible(&catalog.catalog_version);
    let count = catalog.vulnerabilities.len();
    let mut lines = vec![format!("catalog {version}, {}", plural(count, "CVE"))];
    for mark in &plan.marked {
        let was = match &mark.stored.item.kev {
            Some(kev) => match kev.due {
                Some(due) => format!(" (the item said due {due})"),
                None => " (the item had no due date)".to_owned(),
            },
            None => String::new(),
        };
        lines.push(format!(
            "{}: {}, listed {}, due {}{was}",
            visible(mark.stored.item.id.as_str()),
            visible(&mark.entry.cve),
            mark.entry.date_added,
            mark.entry.due_date
        ));
    }
    let not_listed = item_ids(&plan.not_listed);
    if !not_listed.is_empty() {
        let names: Vec<&str> = not_listed.iter().map(String::as_str).collect();
        lines.push(format!(
            "note: known exploited by what they say, and this catalog has none of their CVEs: {}",
            few(&names)
        ));
    }
    let verb = if commit.is_some() { "marked" } else { "to mark" };
    lines.push(format!(
        "{} {verb}, {} unchanged, {} closed and left as they are",
        plural(plan.marked.len(), "item"),
        plan.unchanged.len(),
        plan.closed
    ));
    lines.push(match (commit, write || plan.marked.is_empty()) {
        (Some(commit), _) => format!("committed as {}", commit.short()),
        (None, true) => "nothing to do".to_owned(),
        (None, false) => "nothing is written yet: add --commit to do this".to_owned(),
    });
    lines.join("\n") + "\n"
}

fn to_json(
    catalog: &KevCatalog,
    plan: &KevPlan<'_>,
    changes: &[Change],
    commit: Option<CommitId>,
) -> Value {
    let marked = plan.marked.iter().zip(changes).map(|(mark, change)| {
        json!({
            "item": mark.stored.item.id,
            "cve": mark.entry.cve,
            "added": mark.entry.date_added,
            "due": mark.entry.due_date,
            "was": mark.stored.item.kev,
            "changed": change.changed,
        })
    });
    json!({
        "version": 1,
        "catalog": {
            "version": catalog.catalog_version,
            "released": catalog.date_released,
            "count": catalog.vulnerabilities.len(),
        },
        "marked": marked.collect::<Vec<_>>(),
        "unchanged": item_ids(&plan.unchanged),
        "not_listed": item_ids(&plan.not_listed),
        "closed": plan.closed,
        "commit": commit.map(|commit| commit.to_string()),
    })
}
