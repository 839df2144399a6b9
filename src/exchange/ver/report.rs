//! The vulnerabilities of a tracker, and the reports on them.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;

use super::period::Period;
use super::types::{
    Accepted, AcceptedReport, Activity, Detail, DetailReport, OwnReport, ReportPeriod,
};
use super::vulnerability::{Gaps, Surroundings, Vulnerability};
use crate::exchange::check::{COMMON_VERSION, DocumentKind};
use crate::exchange::content::in_order;
use crate::history::{Action, History};
use crate::model::{Item, ItemId, Kind};
use crate::settings::Settings;
use crate::store::Store;
use crate::vdr::{Class, TimeFrames};

/// Member that a report requires and an item lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingMember {
    /// The item.
    pub id: ItemId,
    /// The field.
    pub field: &'static str,
    /// Advice what to do.
    pub way: &'static str,
}

impl MissingMember {
    pub(super) fn new(item: &Item, field: &'static str, way: &'static str) -> Self {
        Self { id: item.id.clone(), field, way }
    }
}

/// Reasons why no report can be written.
#[derive(Debug, thiserror::Error)]
pub enum VerError {
    /// The settings do not state where the overview of the certification package lies.
    #[error(
        "the settings do not name the Certification Package Overview, which every report must: add `system: {{certification_package: https://…}}` to poam.yaml"
    )]
    NoPackage,
    /// It is no URI.
    #[error("`{0}` is not a full URI: write `certification_package` of poam.yaml as https://…")]
    NotUri(String),
    /// Items do not hold what a report requires.
    #[error("items do not hold what the reports require:{}", list(.0))]
    Missing(Vec<MissingMember>),
    /// A report cannot be written as JSON.
    #[error("writing JSON")]
    Json(#[from] serde_json::Error),
}

/// Values that an error lists; the rest are counted.
const LISTED: usize = 20;

fn list(missing: &[MissingMember]) -> String {
    let lines = missing.iter().take(LISTED).map(|one| {
        let id = crate::text::visible(one.id.as_str()).into_owned();
        format!("\n  {id}: {}: {}", one.field, one.way)
    });
    let more = missing.len().saturating_sub(LISTED);
    let more = (more > 0).then(|| format!("\n  … and {more} more"));
    lines.chain(more).collect()
}

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerReport {
    /// Vulnerabilities that are not accepted, with activity in the period (VER-RPT-VDT). That one became overdue or
    /// accepted is activity, also where no commit states so (VER-RPT-PER: all activity).
    Detail,
    /// Accepted vulnerabilities with activity in the period (VER-RPT-AVI).
    Accepted,
    /// All vulnerabilities as they are (VER-TFR-MRH).
    Activity,
}

impl VerReport {
    /// The reports, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Detail, Self::Accepted, Self::Activity];

    /// The kind of document that it is.
    pub fn kind(self) -> DocumentKind {
        match self {
            Self::Detail => DocumentKind::VulnerabilityDetail,
            Self::Accepted => DocumentKind::AcceptedVulnerabilities,
            Self::Activity => DocumentKind::HistoricalActivity,
        }
    }

    /// The name of its file, after FedRAMP's name of its schema.
    pub fn file_name(self) -> String {
        format!("{}.json", self.kind().name())
    }
}

/// A vulnerability with what the reports need to know of it besides.
#[derive(Debug, Clone)]
pub struct Reported<T> {
    pub(super) shape: T,
    /// Whether there was activity in the period: a commit changed it, or time alone made it overdue or accepted.
    pub(super) in_period: bool,
    /// Whether it was detected in the period.
    pub(super) is_new: bool,
    /// The day it was closed, in the period.
    pub(super) closed: Option<NaiveDate>,
}

/// The vulnerabilities of a tracker at a commit.
#[derive(Debug, Clone)]
pub struct Vulnerabilities {
    pub(super) package: String,
    pub(super) system: Option<String>,
    pub(super) commit: String,
    pub(super) period: Period,
    pub(super) active: Vec<Reported<Detail>>,
    pub(super) accepted: Vec<Reported<Accepted>>,
    /// Documentation findings, which are no vulnerabilities.
    pub left_out: usize,
    /// Members that the reports leave out because nobody recorded them exactly enough.
    pub unknown: Vec<MissingMember>,
    /// The items that were deleted in the period: reports must summarize all activity (VER-RPT-PER).
    pub deleted: Vec<String>,
}

/// Collects the vulnerabilities of a tracker at a commit for reports on a period.
///
/// # Errors
///
/// When the settings or an item do not hold what the schemas require; all such items are named.
pub fn vulnerabilities(
    store: &Store,
    settings: &Settings,
    history: &History,
    commit: &str,
    period: Period,
) -> Result<Vulnerabilities, VerError> {
    let package = settings.system.certification_package.clone().ok_or(VerError::NoPackage)?;
    if !is_uri(&package) {
        return Err(VerError::NotUri(package));
    }
    let frames = TimeFrames::new(Class::find(settings)).with_history(Some(history));
    let surroundings = Surroundings { settings, history, frames, at: period.to };
    let mut found = Vulnerabilities {
        package,
        system: settings.system.name.clone(),
        commit: commit.to_owned(),
        period,
        active: Vec::new(),
        accepted: Vec::new(),
        left_out: 0,
        unknown: Vec::new(),
        deleted: Vec::new(),
    };
    let mut gaps = Gaps::default();
    for stored in in_order(store) {
        let item = &stored.item;
        if item.kind == Kind::Documentation {
            found.left_out += 1;
            continue;
        }
        let Some(vulnerability) = surroundings.describe(item, &mut gaps) else { continue };
        let in_period = history.events_of(&item.id).any(|event| found.period.has(event))
            || surroundings.is_changed_by_time(item, found.period.from);
        let is_new = found.period.has_day(history.permanent(item).detected);
        let closed = item
            .completion_date
            .filter(|day| settings.workflow.is_closed(&item.status) && found.period.has_day(*day));
        match vulnerability {
            Vulnerability::Active(shape) => {
                found.active.push(Reported { shape: *shape, in_period, is_new, closed });
            }
            Vulnerability::Accepted(shape) => {
                found.accepted.push(Reported { shape: *shape, in_period, is_new, closed });
            }
        }
    }
    found.deleted = deleted(store, history, &found.period);
    found.unknown = gaps.unknown;
    if gaps.missing.is_empty() { Ok(found) } else { Err(VerError::Missing(gaps.missing)) }
}

/// The items that were deleted in a period and are not there again.
fn deleted(store: &Store, history: &History, period: &Period) -> Vec<String> {
    let there: HashSet<&ItemId> = store.items().iter().map(|stored| &stored.item.id).collect();
    let is_gone = |id: &&ItemId| {
        let last = history.events_of(id).next_back();
        !there.contains(id)
            && last.is_some_and(|event| event.action == Action::ItemDeleted && period.has(event))
    };
    history.ids().filter(is_gone).map(ToString::to_string).collect()
}

/// A full URI: a scheme, and something behind it without blanks.
fn is_uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
            && rest.len() > 2
            && rest.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&b))
    })
}

fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Vulnerabilities {
    /// Writes a report as JSON text, after FedRAMP's newest schema.
    pub fn json(&self, report: VerReport) -> Result<String, VerError> {
        let uri = self.package.as_str();
        let period = ReportPeriod { from: instant(self.period.from), to: instant(self.period.to) };
        let own = self.own(report.kind());
        match report {
            VerReport::Detail => text(&DetailReport {
                certification_package_overview_uri: uri,
                report_period: period,
                vulnerabilities: shapes(&self.active, |it| it.in_period),
                own,
            }),
            VerReport::Accepted => text(&AcceptedReport {
                certification_package_overview_uri: uri,
                report_period: period,
                accepted_vulnerabilities: shapes(&self.accepted, |it| it.in_period),
                own,
            }),
            VerReport::Activity => text(&Activity {
                certification_package_overview_uri: uri,
                generated_at: period.to,
                active_vulnerabilities: shapes(&self.active, |_| true),
                accepted_vulnerabilities: shapes(&self.accepted, |_| true),
                own,
            }),
        }
    }

    /// Builds the note on the schema of a report and its source.
    pub(super) fn own(&self, kind: DocumentKind) -> OwnReport<'_> {
        OwnReport {
            schema: kind.schema_id().unwrap_or_default(),
            schema_version: kind.schema_version().unwrap_or_default(),
            common_definitions_version: COMMON_VERSION,
            commit: &self.commit,
            deleted: &self.deleted,
        }
    }

    /// Counts the vulnerabilities that are not accepted.
    pub fn count_active(&self) -> usize {
        self.active.len()
    }

    /// Counts the vulnerabilities of a report.
    pub fn count(&self, report: VerReport) -> usize {
        match report {
            VerReport::Detail => self.active.iter().filter(|it| it.in_period).count(),
            VerReport::Accepted => self.accepted.iter().filter(|it| it.in_period).count(),
            VerReport::Activity => self.active.len() + self.accepted.len(),
        }
    }
}

fn shapes<T>(all: &[Reported<T>], wanted: impl Fn(&Reported<T>) -> bool) -> Vec<&T> {
    all.iter().filter(|one| wanted(one)).map(|one| &one.shape).collect()
}

pub(super) fn text(report: &impl Serialize) -> Result<String, VerError> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}
