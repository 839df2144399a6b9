//! Numbers over items and events: what a status meeting, a monthly report and a chart need.
//!
//! Everything is an argument: the items, the history, the day. Without history the numbers that are
//! derived from commits are absent.

mod aging;
mod ahead;
mod attention;
mod breaches;
mod closing;
mod cmmc;
mod counts;
mod escalation;
mod groups;
mod json;
mod markdown;
mod month;
mod monthly;
mod past;
mod rated;
mod repeated;
#[cfg(test)]
pub(crate) mod samples;
mod scans;
mod sections;
mod since;
mod text;
mod thresholds;
mod vdr;

pub use aging::{Aging, BINS, age_bin};
pub use ahead::Ahead;
pub use attention::{Attention, AttentionEntry, Ending, Term};
pub(crate) use attention::{
    check_in_counts_until, decision_term, kev_due, owner, pending_deviations,
};
pub use closing::TimeToClose;
pub use cmmc::{Cmmc, Conditional, Lost, NotAllowed};
pub use counts::{OwnerCount, RiskCount, Totals};
pub use escalation::{Escalation, EscalationLevel, SystemStatus};
pub use groups::{Group, GroupKey, Groups};
pub use month::{Month, OwnerSlips, Slips};
pub use monthly::{AgeRow, Monthly, OpenRow};
pub use past::TrendMonth;
pub use rated::Rated;
pub use repeated::PastSubmission;
pub use scans::{LastScan, ScanOverview};
pub use since::{Since, Slipped};
pub use vdr::Vdr;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use indexmap::IndexMap;
use rayon::prelude::*;
use serde::Serialize;

use crate::history::History;
use crate::model::{Exemption, ItemId, RiskRating};
use crate::settings::{ProfileName, Settings};
use crate::standing::Standing;
use crate::store::{Store, Stored};

/// The version of the JSON: fields may be added, none renamed.
const VERSION: u32 = 1;

/// The ratings, in the order in which they are shown.
const RATINGS: [RiskRating; 4] =
    [RiskRating::Critical, RiskRating::High, RiskRating::Moderate, RiskRating::Low];

/// Numbers of a tracker on a day; as JSON, `poam summary --format json`.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Version of this shape: 1.
    pub version: u32,
    /// The system, as the settings name it.
    pub system: Option<String>,
    /// The day it is for.
    pub as_of: NaiveDate,
    /// The commit whose tree was read; none for a work tree with changes that no commit has.
    pub commit: Option<String>,
    /// Whether the work tree was read, with changes that no commit has.
    pub uncommitted: bool,
    /// All items of the tree.
    pub totals: Totals,
    /// Items by status, in the order of the workflow; statuses that it does not know follow.
    pub by_status: IndexMap<String, usize>,
    /// Items by the rating that counts, the worst first.
    pub by_risk: IndexMap<RiskRating, RiskCount>,
    /// Open items by owner: those that belong to nobody first, then by overdue items, open items,
    /// name.
    pub by_owner: Vec<OwnerCount>,
    /// Open items by rating and age.
    pub aging: Vec<Aging>,
    /// Items that somebody should look at.
    #[serde(flatten)]
    pub attention: Attention,
    /// FedRAMP's escalation triggers that are realized.
    pub escalations: Vec<Escalation>,
    /// Triggers that only vendor dependencies which are not late keep from being realized.
    pub escalations_averted: Vec<Escalation>,
    /// Upcoming escalation triggers, the soonest first.
    pub escalations_ahead: Vec<Ahead>,
    /// Status of the system by its escalation triggers; absent for profiles other than FedRAMP's.
    pub system_status: Option<SystemStatus>,
    /// The month of the day so far; absent without history.
    pub month: Option<Month>,
    /// The last six months, the current one last; empty without history.
    pub trend: Vec<TrendMonth>,
    /// Moves of due dates to later days; absent without history.
    pub slips: Option<Slips>,
    /// FedRAMP's monthly tables; absent for profiles other than FedRAMP's.
    pub monthly: Option<Monthly>,
    /// The score of the assessment, and when the conditional status ends; absent for profiles
    /// other than that of CMMC level 2.
    pub cmmc: Option<Cmmc>,
    /// Standing under FedRAMP's VDR and VER, or distance from them; absent for profiles other than
    /// FedRAMP's and before they could be adopted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vdr: Option<Vdr>,
    /// Time to close items, by rating.
    pub time_to_close: Vec<TimeToClose>,
    /// Days from detection to completion on average, over all ratings: the mean time to remediate.
    pub mean_days_to_remediate: Option<f64>,
    /// Overview of the recorded scans; absent where no scan is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scans: Option<ScanOverview>,
    /// Earlier submissions, oldest first: the snapshots.
    pub submissions: Vec<PastSubmission>,
    /// Changes since an earlier tree, where they were requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// The items by what they have in common, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Groups>,
    /// Files that could not be read as items, and are in no number above.
    pub unreadable: Vec<String>,
    /// Commits that are dated after the day, by more than a time zone makes: what they changed counts on that day.
    pub dated_ahead: usize,
    /// The days on which triggers were realized, derived from the commits.
    #[serde(skip)]
    entered: breaches::Entries,
    /// Days before a date at which it is announced, from the settings.
    pub warn_days: u32,
    /// Days without a change after which an item is stale, from the settings.
    pub stale_days: u32,
}

/// An item with its standing; all counts are computed from these.
struct Row<'a> {
    stored: &'a Stored,
    standing: Standing,
}

impl Row<'_> {
    /// Days from detection to a day.
    fn age(&self, today: NaiveDate) -> i64 {
        self.standing.permanent.age_on(today)
    }

    /// Returns whether the item waits for a fix of a vendor who was asked lately, and may do so.
    fn waits_for_vendor(&self, today: NaiveDate) -> bool {
        Exemption::waits_for_vendor(&self.stored.item, self.standing.permanent, today)
    }
}

fn rows<'a>(
    store: &'a Store,
    settings: &Settings,
    history: Option<&History>,
    today: NaiveDate,
) -> Vec<Row<'a>> {
    let row =
        |stored| Row { stored, standing: Standing::compute(stored, settings, history, today) };
    store.items().par_iter().map(row).collect()
}

/// Counts the commits of a history that are dated after a day. A day ahead may be a time zone.
fn count_dated_ahead(history: &History, today: NaiveDate) -> usize {
    let tomorrow = today.succ_opt().unwrap_or(today);
    let ahead = history.events.iter().filter(|event| event.time.date_naive() > tomorrow);
    ahead.map(|event| &event.commit).collect::<BTreeSet<_>>().len()
}

impl Summary {
    /// Returns the summary of a tree on a day. `commit` names the tree, where it is one of a
    /// commit; `history` is derived from the commits up to it.
    pub fn compute(
        store: &Store,
        settings: &Settings,
        history: Option<&History>,
        today: NaiveDate,
        commit: Option<String>,
    ) -> Self {
        let rows = rows(store, settings, history, today);
        let unreadable: BTreeSet<String> =
            store.diagnostics().iter().map(|one| one.label.path.to_string()).collect();
        let triggers = escalation::find_triggers(&rows, settings, today);
        let past = history.map(|history| past::months(history, settings, today, past::MONTHS));
        let (months, entered) = match past {
            Some(past::PastMonths { months, entered }) => (Some(months), entered),
            None => (None, Vec::new()),
        };
        let fedramp = settings.profile.name == ProfileName::FedrampRev5;
        let trend = months.as_deref().unwrap_or_default();
        let monthly = fedramp.then(|| Monthly::count(&rows, trend, today));
        let repeated = repeated::find_repeated(&triggers.realized, &entered, &[], today);
        let owner = |id: &ItemId| store.find(id).and_then(|stored| attention::owner(&stored.item));
        let mut summary = Self {
            version: VERSION,
            system: settings.system.name.clone(),
            as_of: today,
            commit,
            uncommitted: false,
            totals: counts::totals(&rows),
            by_status: counts::by_status(&rows, settings),
            by_risk: counts::by_risk(&rows),
            by_owner: counts::by_owner(&rows, today),
            aging: aging::count(&rows, today),
            attention: Attention::collect(&rows, settings, today),
            escalations: triggers.realized,
            escalations_averted: triggers.averted,
            escalations_ahead: ahead::predict(&rows, settings, today),
            system_status: triggers.status,
            month: history.map(|history| Month::count(history, months.as_deref(), today)),
            trend: months.unwrap_or_default(),
            slips: history.map(|history| Slips::count(history, owner)),
            monthly,
            cmmc: Cmmc::compute(&rows, settings, today),
            vdr: Vdr::compute(&rows, settings, history, today),
            time_to_close: closing::measure(&rows),
            mean_days_to_remediate: closing::mean_of_all(&rows),
            scans: None,
            submissions: Vec::new(),
            since: None,
            groups: None,
            unreadable: unreadable.into_iter().collect(),
            dated_ahead: history.map_or(0, |history| count_dated_ahead(history, today)),
            entered,
            warn_days: settings.warn_days,
            stale_days: crate::standing::stale_days(settings),
        };
        if fedramp {
            summary.repeat(repeated);
        }
        summary
    }

    /// Adds earlier submissions, up to the day of the summary. What was submitted in the last six
    /// months decides on E-12 then, instead of how things stood at ends of months.
    #[must_use]
    pub fn with_submissions(mut self, mut submissions: Vec<PastSubmission>) -> Self {
        submissions.retain(|one| one.date <= self.as_of);
        submissions.sort_by(|a, b| (a.date, &a.name).cmp(&(b.date, &b.name)));
        if self.system_status.is_some() && !submissions.is_empty() {
            self.escalations.retain(|one| one.trigger != "E-12");
            let repeated =
                repeated::find_repeated(&self.escalations, &self.entered, &submissions, self.as_of);
            self.repeat(repeated);
        }
        if let Some(vdr) = &mut self.vdr {
            vdr.report_by(&submissions);
        }
        self.submissions = submissions;
        self
    }

    /// Adds the overview of the recorded scans.
    #[must_use]
    pub fn with_scans(mut self, scans: Option<ScanOverview>) -> Self {
        self.scans = scans;
        self
    }

    fn repeat(&mut self, repeated: Vec<Escalation>) {
        self.escalations.extend(repeated);
        self.system_status = Some(escalation::status(&self.escalations));
    }

    /// Returns every month of the history, up to a day; `trend` has the last of them.
    pub fn months(history: &History, settings: &Settings, today: NaiveDate) -> Vec<TrendMonth> {
        past::months(history, settings, today, u32::MAX).months
    }

    /// Returns the items of a tree by what they have in common.
    pub fn groups(
        store: &Store,
        settings: &Settings,
        history: Option<&History>,
        by: GroupKey,
        today: NaiveDate,
    ) -> Groups {
        groups::group_rows(&rows(store, settings, history, today), by, today)
    }

    /// Renders the summary for people at a terminal. `width` is that of the terminal, where there
    /// is one.
    pub fn text(&self, width: Option<usize>, color: bool) -> String {
        text::render(self, width, color)
    }

    /// Renders the summary as Markdown, for a comment or a report.
    pub fn markdown(&self) -> String {
        markdown::render(self)
    }

    /// Renders the summary as JSON, version 1.
    pub fn json(&self) -> String {
        json::render(self)
    }
}
