//! `poam workbook verify`: whether a workbook is what the tree gives.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use clap::Args;
use serde_json::json;

use super::edition::{Asked, Source};
use super::origin::{Edited, Origin};
use crate::cli::input::read_document;
use crate::cli::{Outcome, Session, TextOrJson};
use crate::day::calendar_day;
use crate::exchange::Edition;
use crate::output::{plural, visible};
use crate::repository::CommitId;
use crate::workbook::read::MAX_FILE_BYTES;
use crate::workbook::verify::{Kind, date_of};
use crate::workbook::{Comparison, Difference, Layout, compare, properties_of};

/// Say whether a workbook is what the tree gives, and how it differs
///
/// The workbook is built again and compared: bytes first, then cell by cell, so that a file that
/// was only saved again counts as the same. Exit code 0: the same; 1: it differs.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The workbook
    file: PathBuf,
    /// Layout, instead of the one that the file was built with
    #[arg(long, value_name = "LAYOUT")]
    template: Option<String>,
    /// Compare with this revision, or the last commit of a day, instead of the last commit
    #[arg(long, value_name = "REV|YYYY-MM-DD")]
    as_of: Option<String>,
    /// The POA&M date that the file must have, instead of the one it has
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = calendar_day)]
    date: Option<NaiveDate>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// What the document properties of a file say of how it was built.
#[derive(Default)]
struct Claims {
    commit: Option<CommitId>,
    layout: Option<String>,
    open_only: bool,
    late_only: bool,
}

/// What came of it.
struct Verdict {
    comparison: Comparison,
    /// The layout that the tree gives, where the file was built with another.
    other_layout: Option<String>,
    /// Where the file comes from, where it has not the same bytes.
    origin: Origin,
}

impl Verify {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let name = visible(&self.file.display().to_string()).into_owned();
        let path = session.directory.join(&self.file);
        let reading = || format!("reading {name}");
        let given = read_document(&path, MAX_FILE_BYTES, "a workbook").with_context(reading)?;
        let claims = Claims::of(&given).with_context(reading)?;
        let asked = Asked { as_of: self.as_of.clone(), ..Asked::default() };
        let source = Source::open(session, &asked)?;

        let wanted = source.layout(session, self.template.as_deref())?;
        // A file of another official layout is compared in its own form, and told about.
        let claimed = claims.layout.as_deref().filter(|_| self.template.is_none());
        let claimed = claimed.filter(|name| *name != wanted.name).map(str::to_owned);
        let layout = match claimed.as_deref().map(Layout::named) {
            Some(Ok(layout)) => std::borrow::Cow::Borrowed(layout),
            _ => wanted.clone(),
        };
        let edition = self.edition(&source, &layout, &given, &claims).with_context(reading)?;
        let built = source.build(&layout, &edition)?;
        let comparison = compare(&layout, &built.bytes, &given).with_context(reading)?;
        let origin = match claims.commit {
            None => Origin::Unsaid,
            Some(commit) if commit == source.commit || comparison.same_bytes => {
                Origin::Compared(Edited::of(&comparison))
            }
            Some(commit) if source.repository.committed(commit).is_err() => Origin::Unknown(commit),
            Some(commit) => match self.edited(session, &source, commit, &given, &claims) {
                Ok(edited) => Origin::Other(commit, edited, source.landed_since(commit)),
                Err(error) => Origin::NotBuilt(commit, format!("{error:#}")),
            },
        };
        let verdict =
            Verdict { comparison, other_layout: claimed.map(|_| wanted.name.clone()), origin };
        match self.format {
            TextOrJson::Text => self.text(session, &name, &source, &layout, &edition, &verdict)?,
            TextOrJson::Json => self.json(session, &source, &layout, &edition, &verdict)?,
        }
        Ok(if verdict.same() { Outcome::Fine } else { Outcome::Diagnosed })
    }

    /// The edition that the file claims to be. What it claims is checked by building it again.
    fn edition(
        &self,
        source: &Source,
        layout: &Layout,
        given: &[u8],
        claims: &Claims,
    ) -> Result<Edition> {
        let date = match self.date {
            Some(date) => date,
            None => date_of(layout, given)?.unwrap_or_else(|| source.day()),
        };
        Ok(Edition { date, open_only: claims.open_only, late_only: claims.late_only })
    }

    /// How the file differs from what another commit gives.
    fn edited(
        &self,
        session: &Session,
        source: &Source,
        commit: CommitId,
        given: &[u8],
        claims: &Claims,
    ) -> Result<Edited> {
        let other = source.other(session, commit)?;
        let named = self.template.as_deref().or(claims.layout.as_deref());
        let named = named.filter(|name| Layout::named(name).is_ok());
        let layout = other.layout(session, named)?;
        let edition = self.edition(&other, &layout, given, claims)?;
        let built = other.build(&layout, &edition)?;
        Ok(Edited::of(&compare(&layout, &built.bytes, given)?))
    }

    fn text(
        &self,
        session: &mut Session,
        name: &str,
        source: &Source,
        layout: &Layout,
        edition: &Edition,
        verdict: &Verdict,
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
            session.print(format_args!("  {}\n", line(difference)))?;
        }
        Ok(())
    }

    fn json(
        &self,
        session: &mut Session,
        source: &Source,
        layout: &Layout,
        edition: &Edition,
        verdict: &Verdict,
    ) -> Result<()> {
        let here = Some(source.commit).filter(|_| verdict.comparison.same());
        let matched = here.or(verdict.origin.matched()).map(|commit| commit.to_string());
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
            "claimed_commit": verdict.origin.claimed().map(|commit| commit.to_string()),
            "matched_commit": matched,
            "differences": verdict.comparison.differences,
        });
        session.print_json(format_args!("{value:#}\n"))
    }
}

impl Verdict {
    fn same(&self) -> bool {
        self.comparison.same() && self.other_layout.is_none()
    }
}

impl Claims {
    fn of(given: &[u8]) -> Result<Self> {
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
fn line(difference: &Difference) -> String {
    let quoted = |text: &Option<String>| match text {
        None => "nothing".to_owned(),
        Some(text) => {
            let short: String = text.chars().take(60).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!("`{}{more}`", visible(&short.replace('\n', "⏎")))
        }
    };
    let mut place = visible(&difference.sheet).into_owned();
    if let Some(cell) = &difference.cell {
        place.push_str(&format!("!{cell}"));
    }
    let item =
        difference.item.as_deref().map(|id| format!("{}: ", visible(id))).unwrap_or_default();
    let field = difference.field.map(|field| format!("{field}: ")).unwrap_or_default();
    let fact = match difference.kind {
        Kind::MissingSheet => "the sheet is missing".to_owned(),
        Kind::ExtraSheet => "a sheet that the tree does not give".to_owned(),
        Kind::MissingRow => "the row is missing".to_owned(),
        Kind::ExtraRow => "a row that the tree does not give".to_owned(),
        Kind::Order => "the rows stand in another order".to_owned(),
        Kind::Cell => {
            format!("{} instead of {}", quoted(&difference.found), quoted(&difference.expected))
        }
        Kind::Comment => format!(
            "a comment on the cell: {} instead of {}",
            quoted(&difference.found),
            quoted(&difference.expected)
        ),
        Kind::Link => format!(
            "a link of the cell: {} instead of {}",
            quoted(&difference.found),
            quoted(&difference.expected)
        ),
        Kind::Uncalculated => "the formula has no stored result".to_owned(),
        Kind::Formula if difference.found.is_none() => "the formula is gone".to_owned(),
        Kind::Formula => "another formula".to_owned(),
    };
    format!("{place}: {item}{field}{fact}")
}
