//! Counts of a tracker at the end of past months, from the events alone.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value};

use super::RATINGS;
use super::breaches::{Breaches, Entries};
use super::rated::Seen;
use crate::history::{Action, DateMove, Event, History};
use crate::model::{FirstValues, Item, ItemId, PermanentValues, RiskRating, Status};
use crate::settings::Settings;
use crate::standing::Lateness;

/// Months that the trend has.
pub(super) const MONTHS: u32 = 6;

/// A month of the trend. What happened counts when it was committed (UTC): `open` is the `open` of the
/// month before, plus `opened`, less `closed` and `removed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrendMonth {
    /// The month, as 2026-06.
    pub month: String,
    /// Open items at its end; of the current month, on the day of the summary.
    pub open: usize,
    /// Items that became open: committed as open, or reopened.
    pub opened: usize,
    /// Of these, the reopened ones.
    pub reopened: usize,
    /// Items that were closed.
    pub closed: usize,
    /// Items whose file was removed while they were open.
    pub removed: usize,
    /// Due dates that moved to a later day.
    pub rescheduled: usize,
    /// Open items that were overdue at its end, by the dates, ratings, deviations and vendor
    /// check-ins of that day and the deadlines and statuses that the settings have now. Absent
    /// where an item that was open then cannot be distinguished from its events.
    pub overdue: Option<usize>,
    /// Open items at its end by rating at that time, the worst first. Absent likewise.
    pub by_risk: Option<IndexMap<RiskRating, usize>>,
    /// The open weaknesses at its end; absent likewise.
    #[serde(skip)]
    pub(super) seen: Option<Seen>,
    /// Its last day that counts.
    #[serde(skip)]
    last: NaiveDate,
}

impl TrendMonth {
    fn starting(first: NaiveDate, today: NaiveDate) -> Self {
        let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
        let last = next.checked_sub_days(Days::new(1)).unwrap_or(first).min(today);
        Self {
            month: name(first),
            open: 0,
            opened: 0,
            reopened: 0,
            closed: 0,
            removed: 0,
            rescheduled: 0,
            overdue: None,
            by_risk: None,
            seen: None,
            last,
        }
    }
}

/// Returns whether two days are in one month.
pub(super) fn same_month(a: NaiveDate, b: NaiveDate) -> bool {
    (a.year(), a.month()) == (b.year(), b.month())
}

/// Returns the name of a day's month: 2026-06.
pub(super) fn name(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

/// Counts of past months, derived from events.
#[derive(Debug, Default)]
pub(super) struct PastMonths {
    /// The months, the last one last.
    pub(super) months: Vec<TrendMonth>,
    /// The days of the last six months on which triggers came to be realized.
    pub(super) entered: Entries,
}

/// Returns the last months up to a day, so many at most, without months before the first event.
///
/// What a commit changed is in the tree that is counted, whatever its clock says: a commit that is dated after the day
/// counts on that day. So `open` of the last month is the number of open items of the tree.
pub(super) fn months(
    history: &History,
    settings: &Settings,
    today: NaiveDate,
    most: u32,
) -> PastMonths {
    let events = in_order(history, settings, today);
    let Some((begin, _)) = events.first() else { return PastMonths::default() };
    let first = |day: NaiveDate| day.with_day(1).unwrap_or(day);
    let this = first(today);
    let mut months: Vec<TrendMonth> = (0..most
        .min(months_between(first(begin.date_naive()), this) + 1))
        .rev()
        .filter_map(|back| this.checked_sub_months(Months::new(back)))
        .filter(|month| *month >= first(begin.date_naive()))
        .map(|month| TrendMonth::starting(month, today))
        .collect();
    let breaches = Breaches::new(settings, today);
    let mut past = PastReplay { settings, states: BTreeMap::new(), open: 0, breaches };
    let mut at = 0;
    for (time, event) in events {
        let day = time.date_naive();
        while let Some(month) = months.get_mut(at).filter(|month| month.last < day) {
            past.finish(month);
            at += 1;
        }
        let Some(month) = months.get_mut(at) else { break };
        let month = Some(month).filter(|month| same_month(day, month.last));
        past.apply(&event, day, month);
    }
    for month in months.iter_mut().skip(at) {
        past.finish(month);
    }
    let ids: Vec<ItemId> = past.states.keys().cloned().collect();
    for id in ids {
        past.count_breaches(&id, today);
    }
    let entered = past.breaches.entries();
    PastMonths { months, entered }
}

/// Counts the entire months from the first day of one to that of another; 0 where it is not later.
fn months_between(from: NaiveDate, to: NaiveDate) -> u32 {
    let months = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
    u32::try_from(months(to) - months(from)).unwrap_or(0)
}

/// A change of an item at a time, as an event records it.
#[derive(Debug, Clone, Copy)]
enum PastChange<'a> {
    /// Change of the event itself.
    Happened(&'a Event),
    /// The item that was committed closed was detected, and open from then on.
    Detected(&'a Event),
}

impl<'a> PastChange<'a> {
    fn event(&self) -> &'a Event {
        match *self {
            Self::Happened(event) | Self::Detected(event) => event,
        }
    }
}

/// Returns the events of items by time. An event that claims to be earlier than what was committed on the
/// same item before it (a wrong clock, a past that was reconstructed late) counts at that time. An
/// item that was committed closed counts as open from its detection to its completion, where it states both:
/// it was closed then, not when a document was imported.
fn in_order<'a>(
    history: &'a History,
    settings: &Settings,
    today: NaiveDate,
) -> Vec<(DateTime<Utc>, PastChange<'a>)> {
    let end = today.and_hms_opt(23, 59, 59).map(|end| end.and_utc());
    let mut latest: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
    let mut events = Vec::new();
    for event in &history.events {
        let Some(id) = &event.item else { continue };
        let before = match event.action {
            Action::ItemRenamed => event.old.as_str().and_then(|old| latest.get(old)),
            _ => latest.get(id.as_str()),
        };
        let time = before.map_or(event.time, |before| event.time.max(*before));
        let time = end.map_or(time, |end| time.min(end));
        latest.insert(id.as_str(), time);
        match open_before(event, time, settings) {
            Some((detected, completed)) => {
                events.push((detected, PastChange::Detected(event)));
                events.push((completed, PastChange::Happened(event)));
            }
            None => events.push((time, PastChange::Happened(event))),
        }
    }
    // Stable: events of one time keep the order in which they were committed.
    events.sort_by_key(|(time, _)| *time);
    events
}

/// Returns from when to when an item was open that was closed when it was first committed, where
/// its fields state so.
fn open_before(
    event: &Event,
    time: DateTime<Utc>,
    settings: &Settings,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    if event.action != Action::ItemCreated {
        return None;
    }
    let status: Status = event.new.entry_text("status")?.parse().ok()?;
    if !settings.workflow.is_closed(&status) {
        return None;
    }
    let day = |field: &str| event.new.entry_text(field)?.parse::<NaiveDate>().ok();
    let (detected, completed) = (day("original_detection_date")?, day("completion_date")?);
    if detected > completed || completed > time.date_naive() {
        return None;
    }
    let noon = |day: NaiveDate| day.and_hms_opt(12, 0, 0).map(|it| it.and_utc().min(time));
    Some((noon(detected)?, noon(completed)?))
}

/// Returns whether an event changes what states whether an item is open and when it is due.
fn is_of_state(event: &Event) -> bool {
    match event.action {
        Action::ItemCreated | Action::ItemDeleted | Action::ItemRenamed => true,
        Action::Unreadable => false,
        // Repeats what the decision on the deviation states.
        Action::RiskAdjusted if event.field.starts_with("/deviations") => false,
        _ => event.field.split('/').nth(1).is_some_and(|first| FIELDS.contains(&first)),
    }
}

/// The fields that show whether an item is open and when it is due.
const FIELDS: [&str; 11] = [
    "id",
    "kind",
    "weakness_name",
    "status",
    "original_detection_date",
    "original_risk_rating",
    "kev",
    "vendor_dependency",
    "deviations",
    "risk_acceptance",
    "deferral",
];

/// State of an item at a time.
struct ItemState {
    fields: Map<String, Value>,
    open: bool,
    /// The item that the fields make, once somebody asked; none within where they make none.
    item: Option<Option<Item>>,
    /// The values of the first version that can be read.
    first: Option<FirstValues>,
    /// The day since when it is so.
    since: NaiveDate,
}

/// An item that was open at the end of a month.
struct OpenThen<'a> {
    item: &'a Item,
    permanent: PermanentValues,
    late: Lateness,
}

struct PastReplay<'a> {
    settings: &'a Settings,
    states: BTreeMap<ItemId, ItemState>,
    open: usize,
    breaches: Breaches,
}

impl PastReplay<'_> {
    /// Counts an item for triggers as it stood up to a day, included.
    fn count_breaches(&mut self, id: &ItemId, to: NaiveDate) {
        let Some(state) = self.states.get_mut(id).filter(|state| state.open) else { return };
        if self.breaches.is_before(to) {
            return;
        }
        let (from, first) = (state.since, state.first);
        let Some(item) = state.item() else { return };
        let permanent = PermanentValues::resolve(item, first);
        let late = Lateness::compute(item, permanent, self.settings, to);
        self.breaches.add(item, permanent, &late, (from, to));
    }

    fn apply(&mut self, change: &PastChange<'_>, day: NaiveDate, month: Option<&mut TrendMonth>) {
        let event = change.event();
        let Some(id) = &event.item else { return };
        let mut was = self.states.get(id).map(|state| state.open);
        if is_of_state(event) {
            let old = event.old.as_str().filter(|_| event.action == Action::ItemRenamed);
            let before = old.and_then(|old| old.parse::<ItemId>().ok());
            let until = day.pred_opt().unwrap_or(day);
            self.count_breaches(before.as_ref().unwrap_or(id), until);
        }
        match event.action {
            Action::ItemCreated => {
                let known = |field: &str| Some((field.to_owned(), event.new.get(field)?));
                let fields = FIELDS.into_iter().filter_map(known).collect();
                let mut state =
                    ItemState { fields, open: false, item: None, first: None, since: day };
                state.first = state.item().map(FirstValues::from);
                if matches!(change, PastChange::Detected(_)) {
                    state.reset("status", Status::OPEN.into());
                }
                self.states.insert(id.clone(), state);
            }
            Action::ItemDeleted => drop(self.states.remove(id)),
            Action::ItemRenamed => {
                let old = event.old.as_str().and_then(|old| old.parse::<ItemId>().ok());
                let state = old.and_then(|old| self.states.remove(&old));
                // An item that continues under another id was neither opened nor closed.
                was = state.as_ref().map(|state| state.open);
                if let Some(state) = state {
                    self.states.insert(id.clone(), ItemState { since: day, ..state });
                }
            }
            _ if !is_of_state(event) => {}
            _ => {
                if let Some(state) = self.states.get_mut(id) {
                    state.set(event);
                    state.since = day;
                }
            }
        }
        let closed = |state: &ItemState| {
            let status = state.fields.get("status").and_then(Value::as_str);
            let status = status.and_then(|text| text.parse().ok());
            status.is_some_and(|status| self.settings.workflow.is_closed(&status))
        };
        let is = self.states.get(id).map(|state| !closed(state));
        if let (Some(state), Some(open)) = (self.states.get_mut(id), is) {
            state.open = open;
        }
        self.open = self.open + usize::from(is == Some(true)) - usize::from(was == Some(true));
        let Some(month) = month else { return };
        match (was, is) {
            (None, Some(true)) => month.opened += 1,
            (Some(false), Some(true)) => {
                month.opened += 1;
                month.reopened += 1;
            }
            (Some(true), Some(false)) => month.closed += 1,
            (Some(true), None) => month.removed += 1,
            _ => {}
        }
        let slip = DateMove::of_event(event).filter(DateMove::is_slip);
        month.rescheduled += usize::from(slip.is_some());
    }

    /// Completes the counts of a month when its last day has passed.
    fn finish(&mut self, month: &mut TrendMonth) {
        month.open = self.open;
        let settings = self.settings;
        let mut open = Vec::with_capacity(self.open);
        for state in self.states.values_mut().filter(|state| state.open) {
            let first = state.first;
            let Some(item) = state.item() else { return };
            let permanent = PermanentValues::resolve(item, first);
            let late = Lateness::compute(item, permanent, settings, month.last);
            open.push(OpenThen { item, permanent, late });
        }
        month.overdue = Some(open.iter().filter(|it| it.late.is_overdue()).count());
        let mut by_risk: IndexMap<RiskRating, usize> =
            RATINGS.into_iter().map(|risk| (risk, 0)).collect();
        let mut seen = Seen::default();
        for it in &open {
            let risk = it.late.due.rating;
            *by_risk.entry(risk).or_default() += 1;
            seen.add(it.item, it.permanent, risk);
        }
        month.by_risk = Some(by_risk);
        month.seen = Some(seen);
    }
}

impl ItemState {
    /// Returns the item, as far as the fields go.
    fn item(&mut self) -> Option<&Item> {
        let fields = &self.fields;
        self.item
            .get_or_insert_with(|| Item::deserialize_from(&Value::Object(fields.clone())).ok())
            .as_ref()
    }

    /// Sets a field.
    fn reset(&mut self, field: &str, value: Value) {
        self.fields.insert(field.to_owned(), value);
        self.item = None;
    }

    /// Makes the change that an event shows.
    fn set(&mut self, event: &Event) {
        // None of the fields has a step that would be escaped.
        let mut steps = event.field.split('/').skip(1);
        let Some(first) = steps.next() else { return };
        self.item = None;
        let rest: Vec<&str> = steps.collect();
        let value = self.fields.entry(first).or_insert(Value::Null);
        if first == "deviations" {
            set_deviation(value, &rest, event);
        } else {
            set(value, &rest, &event.new.value());
        }
    }
}

/// Makes a change of the deviations. Places in the list are no identity: requests come and go.
/// The type is, since only the last one of each counts.
fn set_deviation(deviations: &mut Value, path: &[&str], event: &Event) {
    let Value::Array(list) = deviations else {
        if path.is_empty() {
            *deviations = event.new.value();
        } else if path.len() == 1 && event.new.is_object() {
            *deviations = Value::Array(vec![event.new.value()]);
        }
        return;
    };
    match path {
        [] => *deviations = event.new.value(),
        [_] => {
            let entry = if event.new.is_null() { &event.old } else { &event.new };
            let entry = entry.value();
            list.retain(|other| other.get("type") != entry.get("type"));
            if !event.new.is_null() {
                list.push(event.new.value());
            }
        }
        // Of the single values, only the rating that was asked for has a part in the due date.
        [_, field @ "adjusted_risk_rating"] => {
            let adjusts =
                |it: &&mut Value| it.get("type").is_some_and(|it| it == "risk-adjustment");
            if let Some(entry) = list.iter_mut().rev().find(adjusts) {
                set(entry, &[field], &event.new.value());
            }
        }
        _ => {}
    }
}

/// Sets the value at a path of keys; null removes it. Mappings on the way are made where they are
/// missing.
fn set(value: &mut Value, path: &[&str], new: &Value) {
    let Some((step, rest)) = path.split_first() else {
        *value = new.clone();
        return;
    };
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(map) = value else { return };
    if rest.is_empty() && new.is_null() {
        map.shift_remove(*step);
    } else {
        set(map.entry(*step).or_insert(Value::Null), rest, new);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples::{created, day, event, settings};
    use super::*;

    fn status(day: &str, id: &str, old: &str, new: &str) -> Event {
        event(day, id, Action::StatusChanged, "/status", json!(old), json!(new))
    }

    /// month, open, opened, reopened, closed, removed, rescheduled, overdue
    fn told(events: Vec<Event>, today: &str) -> Vec<String> {
        months(&History::from_events(events), &settings(""), day(today), MONTHS)
            .months
            .iter()
            .map(|it| {
                let late = it.overdue.map_or("?".to_owned(), |count| count.to_string());
                format!(
                    "{} {} +{}({}) -{} x{} >{} !{late}",
                    it.month,
                    it.open,
                    it.opened,
                    it.reopened,
                    it.closed,
                    it.removed,
                    it.rescheduled
                )
            })
            .collect()
    }

    #[test]
    fn months_are_told_by_what_landed() {
        let schedule = |day: &str, old: &str, new: &str| {
            let field = "/scheduled_completion_date";
            event(day, "V-1", Action::ScheduleChanged, field, json!(old), json!(new))
        };
        let events = vec![
            created("2026-01-02", "V-1", ""),
            created("2026-01-31", "V-2", "original_risk_rating: low\n"),
            created("2026-02-01", "V-3", "status: closed\n"),
            schedule("2026-02-02", "2026-01-31", "2026-03-01"),
            schedule("2026-02-03", "2026-03-01", "2026-02-20"),
            status("2026-03-01", "V-1", "open", "in-progress"),
            status("2026-03-02", "V-1", "in-progress", "closed"),
            status("2026-03-31", "V-1", "closed", "in-progress"),
            event("2026-04-01", "V-2", Action::ItemDeleted, "", json!({}), Value::Null),
            event("2026-04-02", "V-9", Action::ItemRenamed, "/id", json!("V-1"), json!("V-9")),
            status("2026-04-03", "V-9", "in-progress", "closed"),
            created("2026-05-09", "V-4", ""),
            created("2026-05-11", "V-5", ""),
        ];
        assert_eq!(
            told(events, "2026-05-10"),
            [
                "2026-01 2 +2(0) -0 x0 >0 !0",
                "2026-02 2 +0(0) -0 x0 >1 !1",
                "2026-03 2 +1(1) -1 x0 >0 !1",
                "2026-04 0 +0(0) -1 x1 >0 !0",
                "2026-05 2 +2(0) -0 x0 >0 !2",
            ]
        );
        assert!(told(Vec::new(), "2026-05-10").is_empty());
        let long = told(vec![created("2025-01-01", "V-1", "")], "2026-02-10");
        assert_eq!((long.len(), long[0].as_str()), (6, "2025-09 1 +0(0) -0 x0 >0 !0"));
        assert_eq!(long[5], "2026-02 1 +0(0) -0 x0 >0 !1");
    }

    /// The tree has the items, so that the months have them too.
    #[test]
    fn a_commit_of_the_future_counts_on_the_day() {
        let events = vec![
            created("2026-04-02", "V-1", ""),
            created("2026-07-01", "V-2", ""),
            status("2026-08-01", "V-1", "open", "closed"),
            created("2026-04-03", "V-3", ""),
            status("2026-04-04", "V-2", "open", "closed"),
        ];
        assert_eq!(
            told(events, "2026-05-10"),
            ["2026-04 2 +2(0) -0 x0 >0 !2", "2026-05 1 +1(0) -2 x0 >0 !1"]
        );
        let only = told(vec![created("2026-07-01", "V-1", "")], "2026-05-10");
        assert_eq!(only, ["2026-05 1 +1(0) -0 x0 >0 !1"]);
    }

    #[test]
    fn overdue_counts_by_what_was_known_then() {
        let request = json!({"type": "risk-adjustment", "state": "pending", "adjusted_risk_rating": "moderate"});
        let approved =
            json!({"type": "risk-adjustment", "state": "approved", "adjusted_risk_rating": "low"});
        let events = vec![
            created("2026-01-02", "V-1", ""),
            event(
                "2026-02-02",
                "V-1",
                Action::DeviationRequested,
                "/deviations/0",
                Value::Null,
                request.clone(),
            ),
            event(
                "2026-03-02",
                "V-1",
                Action::DeviationDecided,
                "/deviations/0",
                request,
                approved,
            ),
            event(
                "2026-03-02",
                "V-1",
                Action::RiskAdjusted,
                "/deviations/0/adjusted_risk_rating",
                Value::Null,
                json!("low"),
            ),
            event(
                "2026-04-02",
                "V-1",
                Action::FieldChanged,
                "/kev",
                Value::Null,
                json!({"listed": true, "due": "2026-04-20"}),
            ),
            event(
                "2026-05-02",
                "V-1",
                Action::FieldChanged,
                "/kev/listed",
                json!(true),
                json!(false),
            ),
            event(
                "2026-06-02",
                "V-1",
                Action::FieldChanged,
                "/original_detection_date",
                json!("2026-01-01"),
                json!("soon"),
            ),
        ];
        let late: Vec<_> = told(events, "2026-06-10")
            .iter()
            .map(|line| line.split(' ').next_back().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(late, ["!0", "!1", "!0", "!1", "!0", "!?"]);
    }

    #[test]
    fn an_event_never_counts_before_what_it_builds_on() {
        let events = vec![
            created("2026-02-02", "V-1", ""),
            status("2026-01-02", "V-1", "open", "closed"),
            created("2026-01-05", "V-2", ""),
        ];
        assert_eq!(
            told(events, "2026-02-10"),
            ["2026-01 1 +1(0) -0 x0 >0 !0", "2026-02 1 +1(0) -1 x0 >0 !1"]
        );
    }

    #[test]
    fn values_are_set_where_the_pointer_leads() {
        for (value, path, new, expected) in [
            (json!(null), "a/b", json!(1), json!({"a": {"b": 1}})),
            (json!({"a": 1, "b": 2}), "a", json!(null), json!({"b": 2})),
            (json!("text"), "a", json!(1), json!("text")),
        ] {
            let mut found = value.clone();
            set(&mut found, &path.split('/').collect::<Vec<_>>(), &new);
            assert_eq!(found, expected, "{value} {path}");
        }
    }
}
