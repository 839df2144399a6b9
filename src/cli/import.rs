use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::Args;
use sha2::{Digest, Sha256};

use super::{Outcome, Session, TextOrJson};
use crate::exchange::{Assumed, can_be_committed};
use crate::import::{self, Plan};
use crate::model::RiskRating;
use crate::output::{plural, visible};
use crate::repository::RelPath;
use crate::workbook;

/// Read a POA&M workbook or CSV file into items
///
/// Official FedRAMP workbooks (3.0, 2.1) and CSV files with the same headers are recognised by
/// their headers. Without --commit nothing is written: the plan is printed.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file
    file: PathBuf,
    /// Write the items and commit them
    #[arg(long, conflicts_with = "dry_run")]
    commit: bool,
    /// Print the plan and write nothing (the default)
    #[arg(long)]
    dry_run: bool,
    /// The day the file is from, for rows that do not say when they were last changed
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,
    /// Original detection date for rows without one
    #[arg(long, value_name = "YYYY-MM-DD")]
    assume_detected: Option<NaiveDate>,
    /// Risk rating for rows without one
    #[arg(long, value_name = "RATING")]
    assume_risk: Option<RiskRating>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// Rows of a list that the text shows; the JSON has all.
const SHOWN: usize = 20;

impl Import {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        if self.date.is_some_and(|date| !can_be_committed(date, session.today)) {
            bail!("--date: a commit can be of no day before 1970 or after today");
        }
        let repository = session.repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let file = session.directory.join(&self.file);
        let bytes =
            std::fs::read(&file).with_context(|| format!("reading {}", self.file.display()))?;
        let name = self
            .file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let source_id = format!("sha256:{:x}", Sha256::digest(&bytes));
        let reading = workbook::read_bytes(&name, bytes)
            .with_context(|| format!("reading {}", self.file.display()))?;
        let store = tracker.load();
        if store.unreadable() > 0 {
            session.say_unreadable(&store);
            bail!(
                "the tracker has files that cannot be read, so what is new cannot be told; mend them first"
            );
        }
        let assumed = Assumed { detected: self.assume_detected, rating: self.assume_risk };
        let mut plan =
            import::plan(&tracker, &store, &name, &source_id, reading, assumed, session.today);
        let there: Vec<RelPath> =
            plan.unchanged.iter().map(RelPath::new).collect::<Result<_, _>>()?;
        plan.uncommitted = repository.uncommitted(&there)?.len();
        let commits = match self.commit && !plan.created.is_empty() {
            true => import::carry_out(&repository, &plan, self.date)?.len(),
            false => 0,
        };
        match self.format {
            TextOrJson::Json => session.print(format_args!("{:#}\n", plan.to_json(commits)))?,
            TextOrJson::Text => session.print(text(&plan, self.commit, commits))?,
        }
        Ok(if plan.refused.is_empty() { Outcome::Fine } else { Outcome::Diagnosed })
    }
}

fn text(plan: &Plan, committed: bool, commits: usize) -> String {
    let mut lines = vec![format!("{}: layout {}", visible(&plan.source), plan.layout)];
    for sheet in plan.sheets.iter().filter(|sheet| sheet.rows_read + sheet.rows_empty > 0) {
        let empty = match sheet.rows_empty {
            0 => String::new(),
            empty => format!(", {} with nothing but a formula", plural(empty, "row")),
        };
        let role = sheet.role.map(|role| format!(" ({role})")).unwrap_or_default();
        lines.push(format!(
            "  {}{role}: {}{empty}",
            visible(&sheet.name),
            plural(sheet.rows_read, "item row"),
        ));
    }
    let notes = plan.notes.iter().map(|note| {
        let row = note.row.map(|row| format!(" row {row}")).unwrap_or_default();
        format!("note: {}{row}: {}", visible(&note.sheet), visible(&note.message))
    });
    shown(&mut lines, notes.collect());
    let kept = plan.kept.iter().map(|(sheet, cell, reason)| {
        format!("kept as text: {}!{cell}: {}", visible(sheet), visible(reason))
    });
    shown(&mut lines, kept.collect());
    let refused = plan.refused.iter().map(|one| {
        format!("refused: {}!{}: {}", visible(&one.sheet), one.cell, visible(&one.reason))
    });
    shown(&mut lines, refused.collect());
    let (created, unchanged, refused) =
        (plan.created.len(), plan.unchanged.len(), plan.refused.len());
    let verb = if committed { "created" } else { "to create" };
    let uncommitted = match plan.uncommitted {
        0 => String::new(),
        1 => " (1 of them is not committed)".to_owned(),
        many => format!(" ({many} of them are not committed)"),
    };
    lines.push(format!(
        "{}: {created} {verb}, {unchanged} unchanged{uncommitted}, {refused} refused",
        plural(plan.rows, "row")
    ));
    lines.push(match (committed, commits) {
        (true, commits) => format!("{} made", plural(commits, "commit")),
        (false, _) if created > 0 => "nothing is written yet: add --commit to do this".to_owned(),
        (false, _) => "nothing to do".to_owned(),
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
