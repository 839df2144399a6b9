//! Open items that somebody should look at, in lists by reason: late, undecided, due soon, without
//! an owner.
//!
//! [`Attention`] is computed from the rows of the summary; a list is sorted by urgency.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::Row;
use crate::model::{
    Decision, DeviationType, Exemption, Guard, Item, ItemId, RiskRating, Status, VendorDependency,
};
use crate::people::person_in;
use crate::settings::Settings;

/// Open items that somebody should look at, the most pressing first in each list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Attention {
    /// Past the effective due date and not exempt: most days first.
    pub overdue: Vec<ItemId>,
    /// Due within the days that the settings announce dates before: the soonest first.
    pub due_soon: Vec<ItemId>,
    /// Without a committed change or review for too long: the quietest first. Empty without history.
    pub stale: Vec<ItemId>,
    /// Vendors who are to be asked, at least every 30 days (FedRAMP POA&M completion guide,
    /// column P): no check-in, or one that ceases to count within the days that are announced.
    pub vendor_check_ins_due: Vec<ItemId>,
    /// Known exploited vulnerabilities past CISA's date. A vendor dependency is no excuse here.
    pub kev_overdue: Vec<ItemId>,
    /// Acceptances and deferrals that end within the days that are announced, or have ended.
    pub ending: Vec<Ending>,
    /// With a deviation that nobody has decided.
    pub pending_deviations: Vec<ItemId>,
    /// Every item that a list names.
    pub items: BTreeMap<ItemId, AttentionEntry>,
}

/// A decision that holds until a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// The item.
    pub item: ItemId,
    /// Kind of the decision that ends.
    pub what: Term,
    /// The last day.
    pub date: NaiveDate,
    /// Days left; below 0 where it has ended.
    pub days: i64,
}

/// A kind of decision that holds until a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// The risk was accepted, to be looked at again.
    RiskAcceptance,
    /// Work was put off.
    Deferral,
}

/// Line of an item in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttentionEntry {
    /// Name of the weakness.
    pub name: String,
    /// Name of the point of contact.
    pub owner: Option<String>,
    /// Status.
    pub status: Status,
    /// The rating that counts.
    pub risk: RiskRating,
    /// The day that counts for lateness.
    pub effective_due: NaiveDate,
    /// Days past it; 0 where the item is not overdue.
    pub days_overdue: i64,
    /// Days since the last committed change or review; none without history.
    pub days_quiet: Option<i64>,
    /// The day the vendor was last asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_check_in: Option<NaiveDate>,
    /// CISA's due date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kev_due: Option<NaiveDate>,
    /// Deviations that wait for a decision.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<DeviationType>,
    /// Its file, from the root of the repository.
    pub path: String,
}

const DEVIATIONS: [DeviationType; 3] = [
    DeviationType::RiskAdjustment,
    DeviationType::FalsePositive,
    DeviationType::OperationalRequirement,
];

/// Returns the name of an item's owner, without a role beside it; an empty name is none.
pub(crate) fn owner(item: &Item) -> Option<String> {
    let name = item.point_of_contact.as_ref().map(|person| person_in(&person.name))?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// Returns the deviations of an item that nobody has decided.
pub(crate) fn pending_deviations(item: &Item) -> Vec<DeviationType> {
    let pending = |kind: &DeviationType| item.decision(*kind) == Decision::Pending;
    DEVIATIONS.into_iter().filter(pending).collect()
}

/// Returns CISA's date of a listed vulnerability.
pub(crate) fn kev_due(item: &Item) -> Option<NaiveDate> {
    item.kev.as_ref().filter(|kev| kev.listed)?.due
}

/// Returns the last day on which the last check-in counts, where a vendor has to be asked;
/// `Some(None)` where nobody has asked yet.
pub(crate) fn check_in_counts_until(item: &Item, today: NaiveDate) -> Option<Option<NaiveDate>> {
    let waits = |vendor: &&VendorDependency| vendor.fix_released.is_none();
    let vendor = item.vendor_dependency.as_deref().filter(waits)?;
    // A date in the future is a slip of the pen, not a check-in.
    let last = vendor.last_check_in.filter(|day| *day <= today);
    Some(last.map(|day| after(day, Exemption::CHECK_IN_DAYS)))
}

fn after(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_days(Days::new(u64::from(days))).unwrap_or(day)
}

/// Returns the decision on which the status of an item depends, with its last day. A deferral in the
/// file of an item that is no longer deferred is history, not a decision.
pub(crate) fn decision_term(item: &Item, settings: &Settings) -> Option<(Term, NaiveDate)> {
    let needs = settings.workflow.get(&item.status).map(|one| one.needs.as_slice())?;
    if needs.contains(&Guard::RiskAcceptance)
        && let Some(day) = item.risk_acceptance.as_ref().and_then(|one| one.review_by)
    {
        return Some((Term::RiskAcceptance, day));
    }
    let deferral = item.deferral.as_ref().filter(|_| needs.contains(&Guard::Deferral))?;
    Some((Term::Deferral, deferral.until))
}

impl Attention {
    pub(super) fn collect(rows: &[Row<'_>], settings: &Settings, today: NaiveDate) -> Self {
        let horizon = after(today, settings.warn_days);
        let open: Vec<&Row<'_>> = rows.iter().filter(|row| !row.standing.closed).collect();
        let soon = |row: &Row<'_>| {
            let due = row.standing.effective_due;
            (row.standing.exemption.is_none() && due >= today && due <= horizon).then_some(due)
        };
        let stale = |row: &Row<'_>| {
            row.standing.stale.filter(|stale| *stale).map(|_| Reverse(row.standing.days_quiet))
        };
        let vendor = |row: &Row<'_>| {
            check_in_counts_until(&row.stored.item, today)
                .filter(|until| until.is_none_or(|day| day <= horizon))
        };
        let waiting = |row: &Row<'_>| {
            let waits = !pending_deviations(&row.stored.item).is_empty();
            waits.then_some(row.standing.effective_due)
        };
        let mut ending: Vec<(Ending, Reverse<RiskRating>)> = open
            .iter()
            .filter_map(|row| {
                let (what, date) = decision_term(&row.stored.item, settings)?;
                let days = (date - today).num_days();
                let item = row.stored.item.id.clone();
                (date <= horizon)
                    .then_some((Ending { item, what, date, days }, Reverse(row.standing.risk)))
            })
            .collect();
        ending.sort_by(|(a, x), (b, y)| (a.date, x, &a.item).cmp(&(b.date, y, &b.item)));
        let mut attention = Self {
            overdue: pick(&open, |row| {
                row.standing.overdue.then_some(Reverse(row.standing.days_overdue))
            }),
            due_soon: pick(&open, soon),
            stale: pick(&open, stale),
            vendor_check_ins_due: pick(&open, vendor),
            kev_overdue: pick(&open, |row| kev_due(&row.stored.item).filter(|due| *due < today)),
            ending: ending.into_iter().map(|(one, _)| one).collect(),
            pending_deviations: pick(&open, waiting),
            items: BTreeMap::new(),
        };
        let named = attention.named();
        let mut items = BTreeMap::new();
        for row in open.iter().filter(|row| named.contains(&row.stored.item.id)) {
            items.entry(row.stored.item.id.clone()).or_insert_with(|| entry(row));
        }
        attention.items = items;
        attention
    }

    /// Returns the items that the lists name.
    fn named(&self) -> BTreeSet<ItemId> {
        let lists = [
            &self.overdue,
            &self.due_soon,
            &self.stale,
            &self.vendor_check_ins_due,
            &self.kev_overdue,
            &self.pending_deviations,
        ];
        let ending = self.ending.iter().map(|one| &one.item);
        lists.into_iter().flatten().chain(ending).cloned().collect()
    }
}

/// Returns the ids of the rows that have a key, by it, then the worst rating, then the id.
fn pick<K: Ord>(rows: &[&Row<'_>], key: impl Fn(&Row<'_>) -> Option<K>) -> Vec<ItemId> {
    let keyed = |row: &&Row<'_>| {
        key(row).map(|key| (key, Reverse(row.standing.risk), row.stored.item.id.clone()))
    };
    let mut picked: Vec<_> = rows.iter().filter_map(keyed).collect();
    picked.sort();
    picked.into_iter().map(|(_, _, id)| id).collect()
}

fn entry(row: &Row<'_>) -> AttentionEntry {
    let item = &row.stored.item;
    AttentionEntry {
        name: item.weakness_name.clone(),
        owner: owner(item),
        status: item.status.clone(),
        risk: row.standing.risk,
        effective_due: row.standing.effective_due,
        days_overdue: row.standing.days_overdue,
        days_quiet: row.standing.days_quiet,
        last_check_in: item.vendor_dependency.as_ref().and_then(|vendor| vendor.last_check_in),
        kev_due: kev_due(item),
        pending: pending_deviations(item),
        path: row.standing.path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, rows, settings, store};
    use super::*;

    fn lists(items: &[(&str, &str)], today: &str) -> [String; 6] {
        let (store, settings) = (store(items), settings(""));
        let it = Attention::collect(&rows(&store, &settings, today), &settings, day(today));
        let ids = |list: &[ItemId]| list.iter().map(ItemId::as_str).collect::<Vec<_>>().join(" ");
        let ending: Vec<_> =
            it.ending.iter().map(|one| format!("{}:{}", one.item, one.days)).collect();
        [
            ids(&it.overdue),
            ids(&it.due_soon),
            ids(&it.vendor_check_ins_due),
            ids(&it.kev_overdue),
            ending.join(" "),
            ids(&it.pending_deviations),
        ]
    }

    #[test]
    fn overdue_ones_come_by_days_then_rating_then_id() {
        let moderate = "original_risk_rating: moderate\noriginal_detection_date: 2025-11-02\n";
        let [overdue, soon, ..] = lists(
            &[
                ("V-1", ""),
                ("V-2", "original_detection_date: 2025-12-31\n"),
                ("V-3", "original_risk_rating: critical\n"),
                ("V-4", moderate),
                ("V-0", ""),
                ("V-5", "status: closed\n"),
                ("V-6", "original_detection_date: 2026-01-05\n"),
                ("V-7", "original_detection_date: 2026-01-04\n"),
                ("V-8", "original_detection_date: 2026-01-18\n"),
                ("V-9", "original_detection_date: 2026-01-19\n"),
            ],
            "2026-02-03",
        );
        assert_eq!(overdue, "V-2 V-3 V-0 V-1 V-4");
        assert_eq!(soon, "V-7 V-6 V-8", "the due day itself, and 14 days on");
    }

    #[test]
    fn vendors_are_asked_every_thirty_days() {
        let vendor = |fields: &str| format!("vendor_dependency: {{{fields}}}\n");
        for (fields, today, due) in [
            (vendor("vendor: A"), "2026-02-03", true),
            (vendor("last_check_in: 2026-01-10"), "2026-01-25", false),
            (vendor("last_check_in: 2026-01-10"), "2026-01-26", true),
            (vendor("last_check_in: 2026-01-10"), "2026-03-26", true),
            (vendor("last_check_in: 2026-03-10"), "2026-02-01", true),
            (vendor("last_check_in: 2025-01-10, fix_released: 2026-01-01"), "2026-02-01", false),
            (vendor("vendor: A") + "status: closed\n", "2026-02-03", false),
        ] {
            let [_, _, vendors, ..] = lists(&[("V-1", &fields)], today);
            assert_eq!(!vendors.is_empty(), due, "{fields} on {today}");
        }
    }

    #[test]
    fn decisions_end_and_wait() {
        let [_, _, _, kev, ending, pending] = lists(
            &[
                ("V-1", "status: deferred\ndeferral: {reason: r, until: 2026-02-10}\n"),
                ("V-2", "status: risk-accepted\nrisk_acceptance: {review_by: 2026-02-01}\n"),
                ("V-3", "status: deferred\ndeferral: {reason: r, until: 2026-02-18}\n"),
                ("V-4", "deferral: {reason: r, until: 2026-02-01}\n"),
                ("V-5", "kev: {listed: true, due: 2026-02-02}\n"),
                ("V-6", "kev: {listed: true, due: 2026-02-03}\n"),
                ("V-7", "kev: {listed: false, due: 2026-02-02}\n"),
                ("V-8", "deviations: [{type: false-positive, state: pending}]\n"),
                (
                    "V-9",
                    "deviations: [{type: false-positive, state: pending}, {type: false-positive, state: denied}]\n",
                ),
            ],
            "2026-02-03",
        );
        assert_eq!((kev.as_str(), pending.as_str()), ("V-5", "V-8"));
        assert_eq!(ending, "V-2:-2 V-1:7");
    }
}
