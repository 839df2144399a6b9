//! Where an item is on a day: what follows from its fields, the settings and the commits, and
//! is therefore never stored.
//!
//! Every output takes these numbers from here: lists, summaries, reports, filters and rules from
//! [`Standing`], the official forms from [`Lateness`] and
//! [`PermanentValues`](crate::model::PermanentValues).

use chrono::NaiveDate;
use serde::Serialize;

use crate::history::{Action, History};
use crate::model::{Basis, Due, Exemption, Item, Kind, Milestone, PermanentValues, RiskRating};
use crate::settings::Settings;
use crate::store::Stored;

/// Where an item is on a day; as JSON, the `derived` member of `poam list --format json`.
///
/// What only the commits can determine is absent (null in JSON) without history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The day of the last committed change, in UTC: the workbook's *Status Date*.
    pub status_date: Option<NaiveDate>,
    /// The day that counts for lateness.
    pub effective_due: NaiveDate,
    /// Days from detection to the day, or to the completion of a closed item. Absent for a closed
    /// item of which neither its file nor the commits state when it was closed, or that was closed
    /// before it was detected: days that cannot be are no data.
    pub days_open: Option<i64>,
    /// Days past the effective due date; 0 where the item is not overdue.
    pub days_overdue: i64,
    /// Whether it is open, past its effective due date and not exempt. The due day itself is in
    /// time. That the risk was accepted or the work deferred makes no difference.
    pub overdue: bool,
    /// Number of times that a due date of the item or of one of its milestones moved to a later
    /// day.
    pub times_rescheduled: Option<usize>,
    /// The sheet of the workbook that lists it.
    pub sheet: Listing,
    /// Its file, from the root of the repository.
    pub path: String,
    /// Whether its status is on the closed side of the workflow.
    pub closed: bool,
    /// The rating that counts: the adjusted one where a risk adjustment was approved.
    pub risk: RiskRating,
    /// Source of the effective due date.
    pub due_basis: Basis,
    /// Reason why an open item is not late even past its due date.
    pub exemption: Option<Exemption>,
    /// Days since the last committed change or recorded review.
    pub days_quiet: Option<i64>,
    /// Whether it is open and was quiet for longer than the `stale` rule allows.
    pub stale: Option<bool>,
    /// The number of the unfinished milestone that is due first; none of a closed item, and where
    /// none has a day.
    pub next_milestone: Option<u32>,
    /// The day of that milestone.
    pub next_milestone_due: Option<NaiveDate>,
    /// The detection date and the original rating that count: `detected` and `original_risk`.
    #[serde(flatten)]
    pub permanent: PermanentValues,
}

/// Lateness of an item on a day, with the reason: the one definition of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lateness {
    /// When it is due.
    pub due: Due,
    /// Reason why an open item is not late even past its due date.
    pub exemption: Option<Exemption>,
    /// Whether its status is on the closed side of the workflow.
    pub closed: bool,
    /// Days past the due date; 0 where it is not overdue.
    pub days_overdue: i64,
}

impl Lateness {
    /// Looks at an item on a day.
    pub fn compute(
        item: &Item,
        permanent: PermanentValues,
        settings: &Settings,
        today: NaiveDate,
    ) -> Self {
        let closed = settings.workflow.is_closed(&item.status);
        let due = Due::compute(item, permanent, &settings.deadlines);
        let exemption = if closed { None } else { settings.find_exemption(item, permanent, today) };
        let counts = !closed && exemption.is_none();
        let days_overdue = if counts { due.days_past(today) } else { 0 };
        Self { due, exemption, closed, days_overdue }
    }

    /// Returns whether the item is open, past its due date and not exempt. The due day itself is in
    /// time.
    pub fn is_overdue(&self) -> bool {
        self.days_overdue > 0
    }
}

/// Returns the detection date and the original rating that count for an item. Without history there
/// is only what its file states.
pub fn permanent_values(item: &Item, history: Option<&History>) -> PermanentValues {
    history.map_or_else(|| PermanentValues::resolve(item, None), |history| history.permanent(item))
}

/// The sheet of the workbook that lists an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listing {
    /// Open POA&M items.
    Open,
    /// Closed POA&M items.
    Closed,
    /// Configuration findings (CM-6), while they are open.
    Configuration,
    /// Documentation findings (PL-2), open or not: their sheet has a column for the day of
    /// remediation.
    Documentation,
}

impl Listing {
    /// Returns the sheet for an item of a kind.
    pub fn choose_sheet(kind: Kind, closed: bool) -> Self {
        match (kind, closed) {
            (Kind::Documentation, _) => Self::Documentation,
            (_, true) => Self::Closed,
            (Kind::Configuration, false) => Self::Configuration,
            (Kind::Weakness, false) => Self::Open,
        }
    }

    /// Returns the word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Configuration => "configuration",
            Self::Documentation => "documentation",
        }
    }
}

/// Days without a change after which an item is stale, where the settings do not state.
pub(crate) const STALE_DAYS: u32 = 30;

/// Days without a committed change or a review after which an open item is stale: the number `days`
/// of the rule `stale`, 30 by default.
pub fn stale_days(settings: &Settings) -> u32 {
    let set = settings.rules.get("stale").and_then(|rule| rule.numbers.get("days"));
    set.copied().unwrap_or(STALE_DAYS)
}

impl Standing {
    /// Computes the state of an item on a day.
    pub fn compute(
        stored: &Stored,
        settings: &Settings,
        history: Option<&History>,
        today: NaiveDate,
    ) -> Self {
        let item = &stored.item;
        let permanent = permanent_values(item, history);
        let Lateness { due, exemption, closed, days_overdue } =
            Lateness::compute(item, permanent, settings, today);
        let days_open = match closed {
            true => closed_on(item, history)
                .map(|day| (day - permanent.detected).num_days())
                .filter(|days| *days >= 0),
            false => Some(permanent.age_on(today)),
        };
        let record = history.and_then(|history| history.record(&item.id));
        let heard = history.and_then(|history| last_heard(item, history, today));
        let days_quiet = heard.map(|day| (today - day).num_days().max(0));
        let quiet = |days: i64| days > i64::from(stale_days(settings));
        let next_milestone = next_milestone(item).filter(|_| !closed);
        Self {
            status_date: record.map(crate::history::ItemHistory::status_date),
            effective_due: due.effective,
            days_open,
            days_overdue,
            overdue: days_overdue > 0,
            times_rescheduled: history.map(|history| history.times_rescheduled(&item.id)),
            sheet: Listing::choose_sheet(item.kind, closed),
            path: stored.path().to_owned(),
            closed,
            risk: due.rating,
            due_basis: due.basis,
            exemption,
            days_quiet,
            // An item that no commit has yet is being written just now.
            stale: history.map(|_| !closed && days_quiet.is_some_and(quiet)),
            next_milestone: next_milestone.map(|milestone| milestone.id),
            next_milestone_due: next_milestone.and_then(|milestone| milestone.due),
            permanent,
        }
    }
}

/// Finds the unfinished milestone of an item that is due first.
fn next_milestone(item: &Item) -> Option<&Milestone> {
    let planned = item.milestones.iter().filter(|it| !it.status.is_finished() && it.due.is_some());
    planned.min_by_key(|milestone| (milestone.due, milestone.id))
}

/// Returns the day on which something was last heard of an item: a committed change, or a review that
/// is not in the future. `None` for an item that no commit has yet: it is being written just now.
pub(crate) fn last_heard(item: &Item, history: &History, today: NaiveDate) -> Option<NaiveDate> {
    let record = history.record(&item.id)?;
    let reviews = item.reviews.iter().map(|review| review.date).filter(|day| *day <= today);
    reviews.chain([record.status_date()]).max()
}

/// Returns when a closed item was closed: as its file states, else when its status was committed. `None`
/// where it was reconstructed from a document that gives no day.
fn closed_on(item: &Item, history: Option<&History>) -> Option<NaiveDate> {
    item.completion_date.or_else(|| {
        let event = history?.events_of(&item.id).rev().find(is_status_change)?;
        event.known_day().filter(|_| event.new == item.status.as_str())
    })
}

fn is_status_change(event: &&crate::history::Event) -> bool {
    event.action == Action::StatusChanged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::summary::samples::{day, event, item, settings};

    fn standing(fields: &str, history: Option<&History>, today: &str) -> Standing {
        Standing::compute(&item("V-1", fields), &settings(""), history, day(today))
    }

    #[test]
    fn an_open_item_is_overdue_after_its_due_day_unless_exempt() {
        let vendor = "original_risk_rating: moderate\nvendor_dependency: {last_check_in: 2026-05-06}\noriginal_detection_date: 2026-01-01\n";
        let required = "deviations: [{type: operational-requirement, state: approved}]\n";
        for (fields, today, overdue, days) in [
            ("", "2026-01-31", false, 0),
            ("", "2026-02-01", true, 1),
            ("status: risk-accepted\n", "2026-02-03", true, 3),
            ("status: closed\n", "2026-02-03", false, 0),
            ("status: no-such-status\n", "2026-02-03", true, 3),
            (vendor, "2026-06-05", false, 0),
            (vendor, "2026-06-06", true, 66),
            (required, "2026-06-05", false, 0),
        ] {
            let it = standing(fields, None, today);
            assert_eq!((it.overdue, it.days_overdue), (overdue, days), "{fields} on {today}");
        }
    }

    #[test]
    fn what_landed_first_counts_where_the_file_says_something_else() {
        let landed = crate::summary::samples::created("2026-01-02", "V-1", "");
        let history = History::from_events(vec![landed]);
        let now = "original_detection_date: 2026-06-01\noriginal_risk_rating: low\n";
        let it = standing(now, Some(&history), "2026-06-15");
        assert_eq!((it.effective_due, it.overdue), (day("2026-01-31"), true));
        assert_eq!((it.risk, it.days_open), (RiskRating::High, Some(165)));
        let earlier =
            standing("original_detection_date: 2025-12-01\n", Some(&history), "2026-01-02");
        assert_eq!((earlier.effective_due, earlier.days_overdue), (day("2025-12-31"), 2));
    }

    #[test]
    fn days_open_end_with_the_completion() {
        let closed = event(
            "2026-01-20",
            "V-1",
            Action::StatusChanged,
            "/status",
            json!("open"),
            json!("closed"),
        );
        let history = History::from_events(vec![closed]);
        for (fields, history, expected) in [
            ("", None, Some(31)),
            ("original_detection_date: 2026-03-01\n", None, Some(0)),
            ("status: closed\ncompletion_date: 2026-01-11\n", Some(&history), Some(10)),
            ("status: closed\n", Some(&history), Some(19)),
            ("status: closed\n", None, None),
            ("status: closed\ncompletion_date: 2025-12-28\n", Some(&history), None),
        ] {
            let it = standing(fields, history, "2026-02-01");
            assert_eq!(it.days_open, expected, "{fields}");
        }
    }

    #[test]
    fn the_sheet_follows_from_kind_and_status() {
        for (kind, closed, sheet) in [
            (Kind::Weakness, false, "open"),
            (Kind::Weakness, true, "closed"),
            (Kind::Configuration, false, "configuration"),
            (Kind::Configuration, true, "closed"),
            (Kind::Documentation, false, "documentation"),
            (Kind::Documentation, true, "documentation"),
        ] {
            assert_eq!(Listing::choose_sheet(kind, closed).as_str(), sheet);
            assert_eq!(serde_json::to_value(Listing::choose_sheet(kind, closed)).unwrap(), sheet);
        }
    }

    #[test]
    fn staleness_counts_from_the_last_change_or_review() {
        let moved = |from: &str, to: &str| {
            let field = "/scheduled_completion_date";
            event("2026-01-10", "V-1", Action::ScheduleChanged, field, json!(from), json!(to))
        };
        let history = History::from_events(vec![
            moved("2026-01-31", "2026-02-28"),
            moved("2026-02-28", "2026-02-20"),
        ]);
        for (fields, today, quiet, stale) in [
            ("", "2026-02-09", 30, false),
            ("", "2026-02-10", 31, true),
            ("reviews: [{date: 2026-01-11, by: Sam}]\n", "2026-02-10", 30, false),
            ("reviews: [{date: 2027-01-11, by: Sam}]\n", "2026-02-10", 31, true),
            ("status: closed\n", "2026-02-10", 31, false),
        ] {
            let it = standing(fields, Some(&history), today);
            assert_eq!((it.days_quiet, it.stale), (Some(quiet), Some(stale)), "{fields} {today}");
            assert_eq!((it.times_rescheduled, it.status_date), (Some(1), Some(day("2026-01-10"))));
        }
        let strict = settings("rules: {stale: {days: 5}}\n");
        let it = Standing::compute(&item("V-1", ""), &strict, Some(&history), day("2026-01-16"));
        assert_eq!(it.stale, Some(true));
        let unknown = standing("", Some(&History::default()), "2026-02-10");
        assert_eq!((unknown.days_quiet, unknown.stale), (None, Some(false)));
    }

    #[test]
    fn the_next_milestone_is_the_unfinished_one_that_is_due_first() {
        let milestones = "milestones: [{id: 1, description: A, due: 2026-01-10, status: completed}, \
            {id: 2, description: B}, {id: 3, description: C, due: 2026-03-01}, {id: 4, description: \
            D, due: 2026-02-20, status: in-progress}]\n";
        let it = standing(milestones, None, "2026-02-01");
        assert_eq!((it.next_milestone, it.next_milestone_due), (Some(4), Some(day("2026-02-20"))));
        let it = standing(&format!("{milestones}status: closed\n"), None, "2026-02-01");
        assert_eq!((it.next_milestone, it.next_milestone_due), (None, None));
    }

    #[test]
    fn as_json_it_is_the_derived_member() {
        let json = serde_json::to_value(standing("", None, "2026-02-01")).unwrap();
        let expected = json!({
            "status_date": null, "effective_due": "2026-01-31", "days_open": 31, "days_overdue": 1,
            "overdue": true, "times_rescheduled": null, "sheet": "open", "path": "items/V-1.yaml",
            "closed": false, "risk": "high", "due_basis": "detection", "exemption": null,
            "days_quiet": null, "stale": null, "next_milestone": null,
            "next_milestone_due": null, "detected": "2026-01-01", "original_risk": "high"
        });
        assert_eq!(json, expected);
    }
}
