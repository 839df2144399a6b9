//! First page of the web report: counts, notices, charts and lists.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate};

use super::chart::{Chart, Ink, Series, SeriesShape};
use super::names::{Names, address, owner_page};
use super::view::{
    Card, Cell, Notice, NoticeLine, OverviewPage, PageFrame, PageLink, ViewTable, line,
};
use super::{ReportError, ReportInput, ReportRow};
use crate::model::{ItemId, RiskRating};
use crate::people::person_in;
use crate::summary::{
    Attention, AttentionEntry, BINS, EscalationLevel, Summary, SystemStatus, Term, Totals,
    TrendMonth,
};
use crate::text::plural;
use crate::todo::{Task, TaskKind, TaskList, Urgency};

/// Months that charts show.
const MONTHS: usize = 12;

/// Months ahead that the burn-down shows.
const AHEAD: u32 = 6;

/// Rows of a list on the overview.
const ROWS: usize = 10;

/// Where FedRAMP explains the escalation triggers.
const TRIGGERS: &str = "https://github.com/FedRAMP/docs/blob/main/tools/site/content/rev5/playbook/csp/continuous-monitoring/performance-management.md";

/// Pages that list items by a filter.
#[derive(Clone, Copy)]
struct ItemLists {
    /// Whether a program serves the pages: its list has other filters.
    is_live: bool,
}

impl ItemLists {
    /// Returns the address of the items that a tile shows.
    fn shown(self, show: &str) -> Option<String> {
        match self.is_live {
            true if ["open", "overdue", "closed"].contains(&show) => {
                Some(format!("items.html?show={show}"))
            }
            true => None,
            false => Some(format!("items.html#show={show}")),
        }
    }

    /// Returns the addresses of the items that the bars of a chart count.
    fn of_bars(self, queries: impl Iterator<Item = String>) -> Vec<String> {
        match self.is_live {
            true => Vec::new(),
            false => queries.map(|query| format!("items.html#{query}")).collect(),
        }
    }
}

const RISKS: [(RiskRating, &str, Ink); 4] = [
    (RiskRating::Low, "low", Ink::Low),
    (RiskRating::Moderate, "moderate", Ink::Moderate),
    (RiskRating::High, "high", Ink::High),
    (RiskRating::Critical, "critical", Ink::Critical),
];

/// Returns the first page.
pub(super) fn page(
    input: ReportInput<'_>,
    rows: &[ReportRow<'_>],
    names: &Names,
    frame: PageFrame,
) -> Result<OverviewPage, ReportError> {
    let summary = input.summary;
    let months = input
        .history
        .map(|history| Summary::months(history, input.settings, summary.as_of))
        .unwrap_or_default();
    let months = &months[months.len().saturating_sub(MONTHS)..];
    let lists = ItemLists { is_live: frame.live.is_some() };
    let mut charts = Vec::new();
    if !months.is_empty() {
        charts.push(by_risk(months, lists).drawn()?);
        charts.push(burn_down(rows, months, summary.as_of, lists).drawn()?);
    }
    charts.push(aging(summary, lists).drawn()?);
    if !months.is_empty() {
        charts.push(flow(months, lists).drawn()?);
        if months.iter().any(|month| month.rescheduled > 0) {
            charts.push(slips(months, lists).drawn()?);
        }
    }
    let tasks = TaskList::derive_tasks(
        input.store,
        input.settings,
        input.history,
        summary.as_of,
        summary.warn_days,
    );
    let mut notices = vec![situation(&tasks)];
    notices.extend(self::notices(summary, names));
    Ok(OverviewPage {
        frame,
        cards: cards(summary, rows, lists),
        notices,
        urgent: urgent(&tasks, summary, names, lists),
        charts,
        tables: tables(summary, names),
    })
}

/// Returns whether a task is work that is late after its day. The review of a quiet item is in a
/// list of its own.
fn is_work(task: &Task) -> bool {
    !matches!(task.kind, TaskKind::Review | TaskKind::Owner | TaskKind::Decision)
}

/// Says in plain words what is late and who must act.
fn situation(tasks: &TaskList) -> Notice {
    let late: Vec<&Task> =
        tasks.tasks.iter().filter(|task| task.urgency == Urgency::Late && is_work(task)).collect();
    let soon = tasks
        .tasks
        .iter()
        .filter(|task| matches!(task.urgency, Urgency::Today | Urgency::Soon) && is_work(task));
    let days = (tasks.until - tasks.as_of).num_days();
    let within = plural(usize::try_from(days).unwrap_or_default(), "day");
    let next = match soon.count() {
        0 => format!("Nothing is due within {within}."),
        count => format!("{} due within {within}.", plural_verb(count, "task is", "tasks are")),
    };
    if late.is_empty() {
        let title = "Nothing is late".to_owned();
        return Notice { kind: "good", title, lines: vec![NoticeLine::new(next)] };
    }
    let count = |kind: fn(TaskKind) -> bool| late.iter().filter(|task| kind(task.kind)).count();
    let items = count(|kind| matches!(kind, TaskKind::Item | TaskKind::KnownExploited));
    let milestones = count(|kind| kind == TaskKind::Milestone);
    let others = late.len() - items - milestones;
    let mut parts = Vec::new();
    for (count, noun) in [(items, "item"), (milestones, "milestone"), (others, "other task")] {
        if count > 0 {
            parts.push(plural(count, noun));
        }
    }
    let verb = if late.len() == 1 { "is" } else { "are" };
    let title = format!("{} {verb} late", join_words(&parts));
    let mut people: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for task in &late {
        let name = task.assignee.as_deref().or(task.owner.as_deref()).map(person_in);
        *people.entry(name.filter(|name| !name.trim().is_empty())).or_default() += 1;
    }
    let mut people: Vec<(Option<&str>, usize)> = people.into_iter().collect();
    people.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let more = people.len().saturating_sub(ROWS);
    let links = people.iter().take(ROWS).map(|(name, count)| {
        let mark = super::owner::mark_of(*name).filter(|_| name.is_some());
        let mark = mark.map(|mark| format!(", {mark}")).unwrap_or_default();
        PageLink {
            text: line(&format!("{} ({count}{mark})", name.unwrap_or("no owner"))),
            address: address(&owner_page(*name)),
        }
    });
    let mut who = NoticeLine::new("Who must act:");
    who.links = links.collect();
    if more > 0 {
        who.links
            .push(PageLink { text: format!("{more} more"), address: "owners.html".to_owned() });
    }
    Notice { kind: "", title, lines: vec![who, NoticeLine::new(next)] }
}

fn plural_verb(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// `a, b and c`
fn join_words(parts: &[String]) -> String {
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => parts.concat(),
    }
}

/// Lists the tasks that are late, and those that are due soon.
fn urgent(tasks: &TaskList, summary: &Summary, names: &Names, lists: ItemLists) -> Vec<ViewTable> {
    let list = |title: &str, is_meant: &dyn Fn(&Task) -> bool, show: &str| {
        let titles = ["Item", "Weakness", "To do", "Risk", "Owner", "Due", "Days#"];
        let mut table = ViewTable::new(title, &titles);
        let meant: Vec<&Task> =
            tasks.tasks.iter().filter(|task| is_work(task) && is_meant(task)).collect();
        for task in meant.iter().take(2 * ROWS) {
            let days = task.days.unwrap_or_default();
            table.push(vec![
                Cell::new(task.item.as_str()).link(names.address(&task.item)),
                Cell::new(&task.name).kind("wide"),
                Cell::new(&task.text).kind("wide"),
                Cell::risk(task.risk),
                owner(task.assignee.as_deref().or(task.owner.as_deref())),
                Cell::day(task.due),
                match days {
                    ..0 => Cell::new(format!("{} late", -days)).kind("n late"),
                    0 => Cell::new("today"),
                    _ => Cell::new(format!("{days} left")),
                },
            ]);
        }
        if meant.len() > 2 * ROWS {
            table.more = Some(format!("… and {} more", meant.len() - 2 * ROWS));
            table.more_link = lists.shown(show);
        }
        table
    };
    let soon = format!("Due within {}", plural(summary.warn_days as usize, "day"));
    let mut tables = vec![
        list("Late", &|task| task.urgency == Urgency::Late, "overdue"),
        list(&soon, &|task| matches!(task.urgency, Urgency::Today | Urgency::Soon), "soon"),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn cards(summary: &Summary, rows: &[ReportRow<'_>], lists: ItemLists) -> Vec<Card> {
    let totals = summary.totals;
    let attention = &summary.attention;
    let last = summary.submissions.last();
    let card = |count: usize, text: &str, is_alarm: bool, show: &str| Card {
        number: count.to_string(),
        text: text.to_owned(),
        alarm: is_alarm && count > 0,
        link: lists.shown(show),
        change: None,
    };
    let since = |card: Card, now: usize, then: Option<usize>| {
        let change = last.zip(then).map(|(last, then)| {
            let name = line(&last.name);
            match now.cmp(&then) {
                Ordering::Equal => format!("as in {name}"),
                Ordering::Greater => format!("+{} since {name}", now - then),
                Ordering::Less => format!("\u{2212}{} since {name}", then - now),
            }
        });
        Card { change, ..card }
    };
    let then = |count: fn(&Totals) -> usize| last.map(|last| count(&last.totals));
    let open = || rows.iter().filter(|row| !row.standing.closed);
    let is_late = |row: &&ReportRow<'_>| {
        row.standing.next_milestone_due.is_some_and(|due| due < summary.as_of)
    };
    let milestones = open().filter(is_late).count();
    let unowned = open().filter(|row| super::owner::mark(&row.stored.item).is_some()).count();
    let noun = |count: usize, one: &'static str, many: &'static str| match count {
        1 => one,
        _ => many,
    };
    let pending = attention.pending_deviations.len();
    let soon = format!("due within {}", plural(summary.warn_days as usize, "day"));
    let always = [
        since(card(totals.open, "open", false, "open"), totals.open, then(|it| it.open)),
        since(
            card(totals.overdue, "overdue", true, "overdue"),
            totals.overdue,
            then(|it| it.overdue),
        ),
    ];
    let mut cards = vec![
        card(milestones, "with a late milestone", true, "milestones"),
        card(attention.due_soon.len(), &soon, false, "soon"),
        card(attention.kev_overdue.len(), "known exploited and late", true, "kev"),
        card(
            pending,
            noun(pending, "pending deviation request", "pending deviation requests"),
            false,
            "decisions",
        ),
        card(unowned, "without a person as owner", true, "unowned"),
    ];
    cards.retain(|card| card.number != "0");
    let closed =
        since(card(totals.closed, "closed", false, "closed"), totals.closed, then(|it| it.closed));
    always.into_iter().chain(cards).chain([closed]).collect()
}

/// Explains a trigger and what FedRAMP asks for when it is reached.
fn consequence(level: EscalationLevel) -> &'static str {
    match level {
        EscalationLevel::FindingReview => {
            "FedRAMP then asks for a detailed finding review: causes, a plan with milestones and the \
             date of the full resolution"
        }
        EscalationLevel::CorrectiveAction => {
            "FedRAMP then asks for a corrective action plan, signed by the system owner: causes, a \
             plan with milestones and the date of the full resolution"
        }
    }
}

/// The items that a line is about, as links to their pages.
fn item_links(items: &[ItemId], names: &Names) -> Vec<PageLink> {
    let named = items.iter().take(ROWS);
    let links = named.map(|id| PageLink {
        text: line(id.as_str()),
        address: names.address(id).unwrap_or_default(),
    });
    links.filter(|link| !link.address.is_empty()).collect()
}

fn notices(summary: &Summary, names: &Names) -> Vec<Notice> {
    let mut notices = Vec::new();
    let source = || NoticeLine {
        text: "FedRAMP explains the triggers in its playbook:".to_owned(),
        links: vec![PageLink {
            text: "Performance Management".to_owned(),
            address: TRIGGERS.to_owned(),
        }],
    };
    if let Some(status) = summary.system_status {
        let explained = |one: &crate::summary::Escalation| NoticeLine {
            links: item_links(&one.items, names),
            ..NoticeLine::new(format!(
                "{}, reached: {}. {}.",
                one.trigger,
                one.fact,
                consequence(one.level)
            ))
        };
        let mut lines: Vec<NoticeLine> = summary.escalations.iter().map(explained).collect();
        if !lines.is_empty() {
            lines.push(source());
        }
        notices.push(Notice {
            kind: if status == SystemStatus::Satisfactory { "good" } else { "" },
            title: format!("FedRAMP's escalation triggers: {status}"),
            lines,
        });
    }
    let ahead = |one: &crate::summary::Ahead| {
        let days = plural(usize::try_from(one.days).unwrap_or_default(), "day");
        NoticeLine {
            links: item_links(&one.items, names),
            ..NoticeLine::new(format!(
                "In {days}, on {}, {} will be reached, because too many items will be too old, unless \
                 at least {} of these {} are closed before. {}.",
                one.on,
                one.trigger,
                one.to_close,
                plural(one.items.len(), "item"),
                consequence(one.level),
            ))
        }
    };
    let mut ahead: Vec<NoticeLine> = summary.escalations_ahead.iter().map(ahead).collect();
    if !ahead.is_empty() {
        if summary.escalations.is_empty() {
            ahead.push(source());
        }
        let title = "Upcoming escalation triggers".to_owned();
        notices.push(Notice { kind: "ahead", title, lines: ahead });
    }
    if let Some(cmmc) = &summary.cmmc {
        notices.push(Notice {
            kind: if cmmc.is_in_order() { "good" } else { "" },
            title: format!("CMMC level 2: {}", cmmc.in_short()),
            lines: cmmc.lines().iter().map(NoticeLine::new).collect(),
        });
    }
    if !summary.unreadable.is_empty() {
        let lines = summary.unreadable.iter().map(NoticeLine::new).collect();
        let title = "Files that could not be read, and are in no number".to_owned();
        notices.push(Notice { kind: "", title, lines });
    }
    notices
}

fn names_of(months: &[TrendMonth]) -> Vec<String> {
    months.iter().map(|month| month.month.clone()).collect()
}

fn by_risk(months: &[TrendMonth], lists: ItemLists) -> Chart {
    let series = RISKS.map(|(risk, name, ink)| {
        let values =
            months.iter().map(|month| month.by_risk.as_ref()?.get(&risk).copied()).collect();
        let links = months.iter().map(|month| format!("risk={name}&at={}", month.month));
        Series::new(name, ink, SeriesShape::Stacked, values)
            .with_links(lists.of_bars(links))
            .with_last()
    });
    Chart {
        id: "chart-risk",
        title: "Open items by risk",
        note: "at the end of each month, by rating at that time",
        unit: "Month",
        categories: names_of(months),
        series: used(series),
        svg: String::new(),
    }
}

/// Drops the series without values: a rating that no item has.
fn used(series: impl IntoIterator<Item = Series>) -> Vec<Series> {
    let some = |one: &Series| one.values.iter().any(|value| *value != Some(0));
    series.into_iter().filter(some).collect()
}

/// Draws the number of open items against the number if every item closed on its due date.
fn burn_down(
    rows: &[ReportRow<'_>],
    months: &[TrendMonth],
    today: NaiveDate,
    lists: ItemLists,
) -> Chart {
    let past = &months[months.len().saturating_sub(AHEAD as usize)..];
    let mut categories = names_of(past);
    let mut open: Vec<Option<usize>> = past.iter().map(|month| Some(month.open)).collect();
    let mut plan: Vec<Option<usize>> = past
        .iter()
        .map(|month| month.overdue.map(|overdue| month.open.saturating_sub(overdue)))
        .collect();
    for ahead in 1..=AHEAD {
        let first = today.checked_add_months(Months::new(ahead)).and_then(|day| {
            use chrono::Datelike as _;
            day.with_day(1)
        });
        let end = first
            .and_then(|day| day.checked_add_months(Months::new(1)))
            .and_then(|day| day.checked_sub_days(Days::new(1)));
        let (Some(first), Some(end)) = (first, end) else { break };
        let left = rows.iter().filter(|row| {
            let standing = &row.standing;
            let waits = standing.exemption.is_some() || standing.effective_due > end;
            !standing.closed && !standing.overdue && waits
        });
        categories.push(first.format("%Y-%m").to_string());
        open.push(None);
        plan.push(Some(left.count()));
    }
    let at = categories.iter().map(|month| format!("at={month}"));
    let links = lists.of_bars(at);
    let series = |name, ink, values| Series::new(name, ink, SeriesShape::Line, values);
    Chart {
        id: "chart-plan",
        title: "Burn-down against the schedule",
        note: "the gap is what is past due; ahead, what is left if every other item closes in time",
        unit: "Month",
        categories,
        series: vec![
            series("open, on schedule", Ink::Plan, plan),
            series("open", Ink::High, open).with_links(links).with_last(),
        ],
        svg: String::new(),
    }
}

fn aging(summary: &Summary, lists: ItemLists) -> Chart {
    let series = RISKS.map(|(risk, name, ink)| {
        let counts = BINS.iter().map(|(bin, _)| {
            let line = summary.aging.iter().find(|line| line.risk == risk);
            Some(line.and_then(|line| line.bins.get(bin).copied()).unwrap_or_default())
        });
        let links = BINS
            .iter()
            .map(|(bin, _)| format!("risk={name}&show=open&age={}", bin.replace('+', "%2B")));
        Series::new(name, ink, SeriesShape::Stacked, counts.collect())
            .with_links(lists.of_bars(links))
            .with_sum()
    });
    Chart {
        id: "chart-age",
        title: "Age of open items",
        note: "days since detection, by the rating that counts",
        unit: "Days",
        categories: BINS.iter().map(|(bin, _)| (*bin).to_owned()).collect(),
        series: used(series),
        svg: String::new(),
    }
}

fn flow(months: &[TrendMonth], lists: ItemLists) -> Chart {
    let series = |name, ink, count: fn(&TrendMonth) -> usize| {
        let links = months.iter().map(|month| format!("{name}={}", month.month));
        let values = months.iter().map(|month| Some(count(month))).collect();
        Series::new(name, ink, SeriesShape::Beside, values)
            .with_links(lists.of_bars(links))
            .with_sum()
    };
    Chart {
        id: "chart-flow",
        title: "Opened and closed",
        note: "items a month, by the day of the commit",
        unit: "Month",
        categories: names_of(months),
        series: vec![
            series("opened", Ink::Opened, |month| month.opened),
            series("closed", Ink::Closed, |month| month.closed),
        ],
        svg: String::new(),
    }
}

fn slips(months: &[TrendMonth], lists: ItemLists) -> Chart {
    let links = months.iter().map(|month| format!("slipped={}", month.month));
    let values = months.iter().map(|month| Some(month.rescheduled)).collect();
    Chart {
        id: "chart-slips",
        title: "Dates that slipped",
        note: "due dates of items and milestones that moved to a later day",
        unit: "Month",
        categories: names_of(months),
        series: vec![
            Series::new("moves to a later day", Ink::Alarm, SeriesShape::Beside, values)
                .with_links(lists.of_bars(links))
                .with_sum(),
        ],
        svg: String::new(),
    }
}

fn tables(summary: &Summary, names: &Names) -> Vec<ViewTable> {
    let attention = &summary.attention;
    let mut tables = vec![
        list("Known exploited (KEV), past due", &attention.kev_overdue, attention, summary, names),
        vendors(attention, names),
        list(
            "Pending deviation requests",
            &attention.pending_deviations,
            attention,
            summary,
            names,
        ),
        ending(attention, names),
        quiet(summary, names),
        owners(summary),
        time_to_remediate(summary),
        last_scans(summary),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn list(
    title: &str,
    ids: &[ItemId],
    attention: &Attention,
    summary: &Summary,
    names: &Names,
) -> ViewTable {
    let mut table =
        ViewTable::new(title, &["Item", "Weakness", "Risk", "Status", "Owner", "Due", "Days#"]);
    for (id, entry) in entries(attention, ids) {
        let days = (entry.effective_due - summary.as_of).num_days();
        let mut row = first_cells(id, entry, names);
        row.push(Cell::day(Some(entry.effective_due)));
        row.push(if entry.days_overdue > 0 {
            Cell::new(format!("{} late", entry.days_overdue)).kind("n late")
        } else {
            Cell::new(if days < 0 { "not late".to_owned() } else { format!("{days} left") })
        });
        table.push(row);
    }
    cut(table, ids)
}

fn vendors(attention: &Attention, names: &Names) -> ViewTable {
    let titles = ["Item", "Weakness", "Risk", "Status", "Owner", "Last check-in"];
    let mut table = ViewTable::new("Vendor check-ins due", &titles);
    for (id, entry) in entries(attention, &attention.vendor_check_ins_due) {
        let mut row = first_cells(id, entry, names);
        row.push(match entry.last_check_in {
            Some(day) => Cell::day(Some(day)),
            None => Cell::new("never"),
        });
        table.push(row);
    }
    cut(table, &attention.vendor_check_ins_due)
}

fn quiet(summary: &Summary, names: &Names) -> ViewTable {
    let attention = &summary.attention;
    let title = format!("No change for more than {}", plural(summary.stale_days as usize, "day"));
    let titles = ["Item", "Weakness", "Risk", "Status", "Owner", "Quiet#"];
    let mut table = ViewTable::new(title, &titles);
    for (id, entry) in entries(attention, &attention.stale) {
        let mut row = first_cells(id, entry, names);
        row.push(Cell::new(entry.days_quiet.map_or_else(String::new, |days| format!("{days} d"))));
        table.push(row);
    }
    cut(table, &attention.stale)
}

/// Returns the items that a list shows.
fn entries<'a>(
    attention: &'a Attention,
    ids: &'a [ItemId],
) -> impl Iterator<Item = (&'a ItemId, &'a AttentionEntry)> {
    ids.iter().take(ROWS).filter_map(|id| Some((id, attention.items.get(id)?)))
}

/// Builds the first cells of an item in most lists.
fn first_cells(id: &ItemId, entry: &AttentionEntry, names: &Names) -> Vec<Cell> {
    vec![
        Cell::new(id.as_str()).link(names.address(id)),
        Cell::new(&entry.name).kind("wide"),
        Cell::risk(entry.risk),
        Cell::new(entry.status.as_str()).kind("word"),
        owner(entry.owner.as_deref()),
    ]
}

/// States how many more a list has than it shows.
fn cut(mut table: ViewTable, ids: &[ItemId]) -> ViewTable {
    if ids.len() > ROWS {
        table.more = Some(format!("… and {} more", ids.len() - ROWS));
    }
    table
}

fn owner(owner: Option<&str>) -> Cell {
    let owner = owner.map(person_in);
    let link = Some(address(&owner_page(owner)));
    let mark = super::owner::mark_of(owner).filter(|_| owner.is_some());
    Cell { mark, ..Cell::new(owner.unwrap_or("(no owner)")).link(link) }
}

fn ending(attention: &Attention, names: &Names) -> ViewTable {
    let mut table = ViewTable::new(
        "Expiring decisions",
        &["Item", "Weakness", "Decision", "Owner", "Until", "Days#"],
    );
    for one in attention.ending.iter().take(ROWS) {
        let entry = attention.items.get(&one.item);
        let left = if one.days < 0 {
            Cell::new(format!("ended {} ago", -one.days)).kind("n late")
        } else {
            Cell::new(format!("{} left", one.days))
        };
        table.push(vec![
            Cell::new(one.item.as_str()).link(names.address(&one.item)),
            Cell::new(entry.map_or("", |entry| &entry.name)).kind("wide"),
            Cell::new(match one.what {
                Term::RiskAcceptance => "risk acceptance",
                Term::Deferral => "deferral",
            }),
            owner(entry.and_then(|entry| entry.owner.as_deref())),
            Cell::day(Some(one.date)),
            left,
        ]);
    }
    if attention.ending.len() > ROWS {
        table.more = Some(format!("… and {} more", attention.ending.len() - ROWS));
    }
    table
}

fn time_to_remediate(summary: &Summary) -> ViewTable {
    let title = "Time to remediate: days from detection to completion";
    let mut table = ViewTable::new(title, &["Risk", "Closed#", "Mean#", "Median#", "Longest#"]);
    for one in &summary.time_to_close {
        table.push(vec![
            Cell::risk(one.risk),
            Cell::number(one.closed),
            Cell::new(one.mean_days.to_string()),
            Cell::new(one.median_days.to_string()),
            Cell::new(one.longest_days.to_string()),
        ]);
    }
    table
}

fn last_scans(summary: &Summary) -> ViewTable {
    let heads = ["Scan", "Day", "Tool", "Results#", "Items#", "Assets#", "Not finished#"];
    let Some(scans) = &summary.scans else { return ViewTable::new("", &heads) };
    let title = format!(
        "Last scans: they looked at {} of {} in the last {} days",
        scans.looked_at,
        plural(scans.open_items, "open scanner item"),
        scans.days
    );
    let mut table = ViewTable::new(&title, &heads);
    for scan in scans.last.iter().take(ROWS) {
        table.push(vec![
            Cell::new(scan.name.clone()),
            Cell::new(scan.day.to_string()),
            Cell::new(scan.tools.join(", ")),
            Cell::number(scan.results),
            Cell::number(scan.found),
            Cell::number(scan.assets),
            Cell::number(scan.incomplete),
        ]);
    }
    if scans.last.len() > ROWS {
        table.more = Some(format!("{} more", scans.last.len() - ROWS));
    }
    table
}

fn owners(summary: &Summary) -> ViewTable {
    let mut table =
        ViewTable::new("Owners of open items", &["Owner", "Open#", "Overdue#", "Oldest#"]);
    for one in summary.by_owner.iter().take(ROWS) {
        let late = if one.overdue > 0 { "n late" } else { "" };
        table.push(vec![
            owner(one.owner.as_deref()),
            Cell::number(one.open),
            Cell::number(one.overdue).kind(late),
            Cell::new(format!("{} d", one.oldest)),
        ]);
    }
    if summary.by_owner.len() > ROWS {
        table.more = Some("All owners".to_owned());
        table.more_link = Some("owners.html".to_owned());
    }
    table
}
