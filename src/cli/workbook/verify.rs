//! `poam workbook verify`: whether a workbook is what the tree gives.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use super::edition::{RequestedWorkbook, WorkbookSource};
use super::origin::{Origin, WorkbookEdits};
use crate::cli::input::read_document;
use crate::cli::{CommandOutcome, Session, TextOrJson};
use crate::day::{TypedDay, future_day};
use crate::exchange::Edition;
use crate::repository::CommitId;
use crate::text::{plural, visible};
use crate::workbook::read::MAX_FILE_BYTES;
use crate::workbook::verify::{DifferenceKind, date_of};
use crate::workbook::{Layout, WorkbookComparison, WorkbookDifference, compare, properties_of};

/// Say whether a workbook is what the tree gives, and how it differs
///
/// The workbook is built again and compared: bytes first, then cell by cell, so that a file that
/// was only saved again counts as the same. Exit code 0: the same; 1: it differs.
#[derive(Debug, Args)]
pub(super) struct WorkbookVerifyArgs {
    /// The workbook
    file: PathBuf,
    /// Layout, instead of the one that the file was built with
    #[arg(long, value_name = "LAYOUT")]
    template: Option<String>,
    /// Compare with this revision, or the last commit of a day, instead of the last commit
    #[arg(long, value_name = "REV|DATE")]
    as_of: Option<String>,
    /// The POA&M date that the file must have, instead of the one it has
    #[arg(long, value_name = "DATE", value_parser = future_day)]
    date: Option<TypedDay>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// Document properties of a file that describe how it was built.
#[derive(Default)]
struct Claims {
    commit: Option<CommitId>,
    layout: Option<String>,
    open_only: bool,
    late_only: bool,
}

/// Result of the verification.
struct VerifyResult {
    comparison: WorkbookComparison,
    /// The layout that the tree gives, where the file was built with another.
    other_layout: Option<String>,
    /// Where the file comes from, where it has not the same bytes.
    origin: Origin,
}

impl WorkbookVerifyArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let name = visible(&self.file.display().to_string()).into_owned();
        let path = session.directory.join(&self.file);
        let reading = || format!("reading {name}");
        let given = read_document(&path, MAX_FILE_BYTES, "a workbook").with_context(reading)?;
        let claims = Claims::read(&given).with_context(reading)?;
        let asked = RequestedWorkbook { as_of: self.as_of.clone(), ..RequestedWorkbook::default() };
        let source = WorkbookSource::open(session, &asked)?;

        let wanted = source.find_layout(session, self.template.as_deref())?;
        // A file of another official layout is compared in its own form, and reported.
        let claimed = claims.layout.as_deref().filter(|_| self.template.is_none());
        let claimed = claimed.filter(|name| *name != wanted.name).map(str::to_owned);
        let layout = match claimed.as_deref().map(Layout::find_named) {
            Some(Ok(layout)) => std::borrow::Cow::Borrowed(layout),
            _ => wanted.clone(),
        };
        let edition = self
            .claimed_edition(session, &source, &layout, &given, &claims)
            .with_context(reading)?;
        let built = source.build(&layout, &edition)?;
        let comparison = compare(&layout, &built.bytes, &given).with_context(reading)?;
        let origin = match claims.commit {
            None => Origin::Unsaid,
            Some(commit) if commit == source.commit || comparison.same_bytes => {
                Origin::Compared(WorkbookEdits::compare(&comparison))
            }
            Some(commit) if source.repository.commit_time(commit).is_err() => {
                Origin::Unknown(commit)
            }
            Some(commit) => match self.compare_edited(session, &source, commit, &given, &claims) {
                Ok(edited) => Origin::Other(commit, edited, source.landed_since(commit)),
                Err(error) => Origin::NotBuilt(commit, format!("{error:#}")),
            },
        };
        let verdict =
            VerifyResult { comparison, other_layout: claimed.map(|_| wanted.name.clone()), origin };
        match self.format {
            TextOrJson::Text => {
                self.print_text(session, &name, &source, &layout, &edition, &verdict)?
            }
            TextOrJson::Json => self.print_json(session, &source, &layout, &edition, &verdict)?,
        }
        Ok(if verdict.same() { CommandOutcome::Fine } else { CommandOutcome::Diagnosed })
    }

    /// The edition that the file claims to be. What it claims is checked by building it again.
    fn claimed_edition(
        &self,
        session: &Session,
        source: &WorkbookSource,
        layout: &Layout,
        given: &[u8],
        claims: &Claims,
    ) -> Result<Edition> {
        let date = match self.date {
            Some(typed) => typed.resolve_on(session.today),
            None => date_of(layout, given)?.unwrap_or_else(|| source.commit_day()),
        };
        Ok(Edition { date, open_only: claims.open_only, late_only: claims.late_only })
    }

    /// Compares the file with the workbook of another commit.
    fn compare_edited(
        &self,
        session: &Session,
        source: &WorkbookSource,
        commit: CommitId,
        given: &[u8],
        claims: &Claims,
    ) -> Result<WorkbookEdits> {
        let other = source.at_commit(session, commit)?;
        let named = self.template.as_deref().or(claims.layout.as_deref());
        let named = named.filter(|name| Layout::find_named(name).is_ok());
        let layout = other.find_layout(session, named)?;
        let edition = self.claimed_edition(session, &other, &layout, given, claims)?;
        let built = other.build(&layout, &edition)?;
        Ok(WorkbookEdits::compare(&compare(&layout, &built.bytes, given)?))
    }

    fn print_text(
        &self,
        session: &mut Session,
        name: &str,
        source: &WorkbookSource,
        layout: &Layout,
        edition: &Edition,
        verdict: &VerifyResult,
    ) -> Result<()> {
        let commit = source.commit.short();
        if let Some(wanted) = &verdict.other_layout {
            session.print(format_args!(
                "{name}: the layout is {}, and the settings give {wanted} (`--template` names the one to compare with)\n",
                visible(&layout.name)
            ))?;
        }
        let mut limits = Vec::new();
        if edition.open_only {
            limits.push(" (open items only)");
        }
        if edition.late_only {
            limits.push(" (of the open items, those that must be listed)");
        }
        let limits = limits.concat();
        let differences = &verdict.comparison.differences;
        if verdict.comparison.same() {
            let how = if verdict.comparison.same_bytes {
                "the same bytes"
            } else {
                "the same content, not the same bytes"
            };
            session.print(format_args!(
                "{name}: {how} as commit {commit} gives for {}{limits}\n",
                edition.date
            ))?;
            return Ok(());
        }
        session.print(format_args!(
            "{name}: {} from what commit {commit} gives for {}{limits}\n",
            plural(differences.len(), "difference"),
            edition.date
        ))?;
        session.print(format_args!("{}\n", verdict.origin))?;
        for difference in differences {
            session.print(format_args!("  {}\n", render_difference(difference)))?;
        }
        Ok(())
    }

    fn print_json(
        &self,
        session: &mut Session,
        source: &WorkbookSource,
        layout: &Layout,
        edition: &Edition,
        verdict: &VerifyResult,
    ) -> Result<()> {
        let here = Some(source.commit).filter(|_| verdict.comparison.same());
        let matched = here.or(verdict.origin.matched_commit()).map(|commit| commit.to_string());
        let value = json!({
            "version": 1,
            "file": self.file.display().to_string(),
            "same": verdict.same(),
            "same_bytes": verdict.comparison.same_bytes,
            "layout": layout.name,
            "expected_layout": verdict.other_layout.as_deref().unwrap_or(&layout.name),
            "commit": source.commit.to_string(),
            "date": edition.date,
            "origin": Some(verdict.origin.as_str()).filter(|_| !verdict.comparison.same()),
            "claimed_commit": verdict.origin.claimed_commit().map(|commit| commit.to_string()),
            "matched_commit": matched,
            "differences": verdict.comparison.differences,
        });
        session.print_json(format_args!("{value:#}\n"))
    }
}

impl VerifyResult {
    fn same(&self) -> bool {
        self.comparison.same() && self.other_layout.is_none()
    }
}

impl Claims {
    fn read(given: &[u8]) -> Result<Self> {
        let properties = properties_of(given)?;
        let commit = properties.subject.strip_prefix("commit ").and_then(|it| it.parse().ok());
        let mut claims = Self { commit, ..Self::default() };
        for word in properties.keywords.split(", ") {
            match word {
                "open only" => claims.open_only = true,
                "late only" => claims.late_only = true,
                word => {
                    if let Some(layout) = word.strip_prefix("layout ") {
                        claims.layout = Some(layout.to_owned());
                    }
                }
            }
        }
        Ok(claims)
    }
}

/// A difference in a line. What files hold is cut and made harmless.
fn render_difference(difference: &WorkbookDifference) -> String {
    let mut place = visible(&difference.sheet).into_owned();
    if let Some(cell) = &difference.cell {
        place.push_str(&format!("!{cell}"));
    }
    let item =
        difference.item.as_deref().map(|id| format!("{}: ", visible(id))).unwrap_or_default();
    let field = difference.field.map(|field| format!("{field}: ")).unwrap_or_default();
    let fact = match difference.kind {
        DifferenceKind::MissingSheet => "the sheet is missing".to_owned(),
        DifferenceKind::ExtraSheet => "a sheet that the tree does not give".to_owned(),
        DifferenceKind::MissingRow => "the row is missing".to_owned(),
        DifferenceKind::ExtraRow => "a row that the tree does not give".to_owned(),
        DifferenceKind::Order => "the rows stand in another order".to_owned(),
        DifferenceKind::Cell => {
            format!(
                "{} instead of {}",
                quote_start(&difference.found),
                quote_start(&difference.expected)
            )
        }
        DifferenceKind::Comment => format!(
            "a comment on the cell: {} instead of {}",
            quote_start(&difference.found),
            quote_start(&difference.expected)
        ),
        DifferenceKind::Link => format!(
            "a link of the cell: {} instead of {}",
            quote_start(&difference.found),
            quote_start(&difference.expected)
        ),
        DifferenceKind::Uncalculated => "the formula has no stored result".to_owned(),
        DifferenceKind::Formula if difference.found.is_none() => "the formula is gone".to_owned(),
        DifferenceKind::Formula => "another formula".to_owned(),
    };
    format!("{place}: {item}{field}{fact}")
}

fn quote_start(text: &Option<String>) -> String {
    match text {
        None => "nothing".to_owned(),
        Some(text) => {
            let short: String = text.chars().take(60).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!("`{}{more}`", visible(&short.replace('\n', "⏎")))
        }
    }
}
