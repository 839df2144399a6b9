use chrono::{Days, Months, NaiveDate};

use super::chart::{Chart, Ink, Series, Shape};
use super::names::{Names, address, owner_page};
use super::view::{Card, Cell, Frame, Notice, OverviewPage, Table, line};
use super::{BuildError, Input, Row};
use crate::model::{ItemId, RiskRating};
use crate::output::plural;
use crate::summary::{Attention, BINS, Entry, Level, Summary, SystemStatus, Term, TrendMonth};

/// Months that charts show.
const MONTHS: usize = 12;

/// Months ahead that the burn-down shows.
const AHEAD: u32 = 6;

/// Rows of a list on the overview.
const ROWS: usize = 10;

const RISKS: [(RiskRating, &str, Ink); 4] = [
    (RiskRating::Low, "low", Ink::Low),
    (RiskRating::Moderate, "moderate", Ink::Moderate),
    (RiskRating::High, "high", Ink::High),
    (RiskRating::Critical, "critical", Ink::Critical),
];

/// The first page.
pub(super) fn page(
    input: Input<'_>,
    rows: &[Row<'_>],
    names: &Names,
    frame: Frame,
) -> Result<OverviewPage, BuildError> {
    let summary = input.summary;
    let months = input
        .history
        .map(|history| Summary::months(history, input.settings, summary.as_of))
        .unwrap_or_default();
    let months = &months[months.len().saturating_sub(MONTHS)..];
    let mut charts = Vec::new();
    if !months.is_empty() {
        charts.push(by_risk(months).drawn()?);
        charts.push(burn_down(rows, months, summary.as_of).drawn()?);
    }
    charts.push(aging(summary).drawn()?);
    if !months.is_empty() {
        charts.push(flow(months).drawn()?);
        if months.iter().any(|month| month.rescheduled > 0) {
            charts.push(slips(months).drawn()?);
        }
    }
    Ok(OverviewPage {
        frame,
        cards: cards(summary),
        notices: notices(summary),
        charts,
        tables: tables(summary, names),
    })
}

fn cards(summary: &Summary) -> Vec<Card> {
    let totals = summary.totals;
    let attention = &summary.attention;
    let card = |count: usize, text: String, alarm: bool, link: Option<&str>| Card {
        number: count.to_string(),
        text,
        alarm: alarm && count > 0,
        link: link.map(str::to_owned),
    };
    let soon = format!("due within {}", plural(summary.warn_days as usize, "day"));
    let mut cards = vec![
        card(totals.open, "open".to_owned(), false, Some("items.html#show=open")),
        card(totals.overdue, "overdue".to_owned(), true, Some("items.html#show=overdue")),
        card(attention.due_soon.len(), soon, false, None),
        card(attention.kev_overdue.len(), "known exploited and late".to_owned(), true, None),
        card(
            attention.pending_deviations.len(),
            "deviations without a decision".to_owned(),
            false,
            None,
        ),
        card(totals.closed, "closed".to_owned(), false, Some("items.html#show=closed")),
    ];
    cards.retain(|card| card.number != "0" || ["open", "overdue", "closed"].contains(&&*card.text));
    cards
}

fn notices(summary: &Summary) -> Vec<Notice> {
    let mut notices = Vec::new();
    if let Some(status) = summary.system_status {
        let line = |one: &crate::summary::Escalation| {
            let leads = match one.level {
                Level::FindingReview => "detailed finding review",
                Level::CorrectiveAction => "corrective action plan",
            };
            format!("{} ({leads}): {}", one.trigger, one.fact)
        };
        notices.push(Notice {
            kind: if status == SystemStatus::Satisfactory { "good" } else { "" },
            title: format!("Escalation triggers: {status}"),
            lines: summary.escalations.iter().map(line).collect(),
        });
    }
    let ahead: Vec<String> = summary
        .escalations_ahead
        .iter()
        .map(|one| {
            format!(
                "{} in {}, on {}, unless {} of {} closes before",
                one.trigger,
                plural(usize::try_from(one.days).unwrap_or_default(), "day"),
                one.on,
                one.to_close,
                plural(one.items.len(), "item"),
            )
        })
        .collect();
    if !ahead.is_empty() {
        let title = "What time alone will bring".to_owned();
        notices.push(Notice { kind: "ahead", title, lines: ahead });
    }
    if let Some(cmmc) = &summary.cmmc {
        notices.push(Notice {
            kind: if cmmc.is_in_order() { "good" } else { "" },
            title: format!("CMMC level 2: {}", cmmc.in_short()),
            lines: cmmc.lines(),
        });
    }
    if !summary.unreadable.is_empty() {
        let lines = summary.unreadable.iter().map(|path| line(path)).collect();
        let title = "Files that could not be read, and are in no number".to_owned();
        notices.push(Notice { kind: "", title, lines });
    }
    notices
}

fn names_of(months: &[TrendMonth]) -> Vec<String> {
    months.iter().map(|month| month.month.clone()).collect()
}

fn by_risk(months: &[TrendMonth]) -> Chart {
    let series = RISKS.map(|(risk, name, ink)| Series {
        name,
        ink,
        shape: Shape::Stacked,
        values: months.iter().map(|month| month.by_risk.as_ref()?.get(&risk).copied()).collect(),
    });
    Chart {
        id: "chart-risk",
        title: "Open items by risk",
        note: "at the end of each month, by the rating that counted then",
        unit: "Month",
        categories: names_of(months),
        series: used(series),
        svg: String::new(),
    }
}

/// Without what is nowhere: a rating that no item has.
fn used(series: impl IntoIterator<Item = Series>) -> Vec<Series> {
    let some = |one: &Series| one.values.iter().any(|value| *value != Some(0));
    series.into_iter().filter(some).collect()
}

/// What is open against what would be if every item closed on its due date.
fn burn_down(rows: &[Row<'_>], months: &[TrendMonth], today: NaiveDate) -> Chart {
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
    let series = |name, ink, values| Series { name, ink, shape: Shape::Line, values };
    Chart {
        id: "chart-plan",
        title: "Burn-down against the schedule",
        note: "the gap is what is past due; ahead, what is left if every other item closes in time",
        unit: "Month",
        categories,
        series: vec![series("open and in time", Ink::Plan, plan), series("open", Ink::High, open)],
        svg: String::new(),
    }
}

fn aging(summary: &Summary) -> Chart {
    let series = RISKS.map(|(risk, name, ink)| Series {
        name,
        ink,
        shape: Shape::Stacked,
        values: BINS
            .iter()
            .map(|(bin, _)| {
                let line = summary.aging.iter().find(|line| line.risk == risk);
                Some(line.and_then(|line| line.bins.get(bin).copied()).unwrap_or_default())
            })
            .collect(),
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

fn flow(months: &[TrendMonth]) -> Chart {
    let series = |name, ink, count: fn(&TrendMonth) -> usize| Series {
        name,
        ink,
        shape: Shape::Beside,
        values: months.iter().map(|month| Some(count(month))).collect(),
    };
    Chart {
        id: "chart-flow",
        title: "Opened and closed",
        note: "items a month, when it landed",
        unit: "Month",
        categories: names_of(months),
        series: vec![
            series("opened", Ink::Moderate, |month| month.opened),
            series("closed", Ink::Closed, |month| month.closed),
        ],
        svg: String::new(),
    }
}

fn slips(months: &[TrendMonth]) -> Chart {
    Chart {
        id: "chart-slips",
        title: "Dates that slipped",
        note: "due dates of items and milestones that moved to a later day",
        unit: "Month",
        categories: names_of(months),
        series: vec![Series {
            name: "moves to a later day",
            ink: Ink::Alarm,
            shape: Shape::Beside,
            values: months.iter().map(|month| Some(month.rescheduled)).collect(),
        }],
        svg: String::new(),
    }
}

fn tables(summary: &Summary, names: &Names) -> Vec<Table> {
    let attention = &summary.attention;
    let mut tables = vec![
        list("Overdue", &attention.overdue, attention, summary, names),
        list("Due soon", &attention.due_soon, attention, summary, names),
        list(
            "Known exploited, past CISA's date",
            &attention.kev_overdue,
            attention,
            summary,
            names,
        ),
        vendors(attention, names),
        list(
            "Deviations without a decision",
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
    if let Some(first) = tables.first_mut() {
        first.more_link = Some("items.html#show=overdue".to_owned());
    }
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn list(
    title: &str,
    ids: &[ItemId],
    attention: &Attention,
    summary: &Summary,
    names: &Names,
) -> Table {
    let mut table =
        Table::new(title, &["Item", "Weakness", "Risk", "Status", "Owner", "Due", "Days#"]);
    for (id, entry) in entries(attention, ids) {
        let days = (entry.effective_due - summary.as_of).num_days();
        let mut row = first_cells(id, entry, names);
        row.push(Cell::day(Some(entry.effective_due)));
        row.push(if entry.days_overdue > 0 {
            Cell::of(format!("{} late", entry.days_overdue)).kind("n late")
        } else {
            Cell::of(if days < 0 { "not late".to_owned() } else { format!("{days} left") })
        });
        table.push(row);
    }
    cut(table, ids)
}

fn vendors(attention: &Attention, names: &Names) -> Table {
    let titles = ["Item", "Weakness", "Risk", "Status", "Owner", "Last asked"];
    let mut table = Table::new("Vendors to ask", &titles);
    for (id, entry) in entries(attention, &attention.vendor_check_ins_due) {
        let mut row = first_cells(id, entry, names);
        row.push(match entry.last_check_in {
            Some(day) => Cell::day(Some(day)),
            None => Cell::of("never"),
        });
        table.push(row);
    }
    cut(table, &attention.vendor_check_ins_due)
}

fn quiet(summary: &Summary, names: &Names) -> Table {
    let attention = &summary.attention;
    let title = format!("No change for more than {}", plural(summary.stale_days as usize, "day"));
    let titles = ["Item", "Weakness", "Risk", "Status", "Owner", "Quiet#"];
    let mut table = Table::new(title, &titles);
    for (id, entry) in entries(attention, &attention.stale) {
        let mut row = first_cells(id, entry, names);
        row.push(Cell::of(entry.days_quiet.map_or_else(String::new, |days| format!("{days} d"))));
        table.push(row);
    }
    cut(table, &attention.stale)
}

/// The items that a list shows.
fn entries<'a>(
    attention: &'a Attention,
    ids: &'a [ItemId],
) -> impl Iterator<Item = (&'a ItemId, &'a Entry)> {
    ids.iter().take(ROWS).filter_map(|id| Some((id, attention.items.get(id)?)))
}

/// What most lists say of an item first.
fn first_cells(id: &ItemId, entry: &Entry, names: &Names) -> Vec<Cell> {
    vec![
        Cell::of(id.as_str()).link(names.address(id)),
        Cell::of(&entry.name).kind("wide"),
        Cell::of(entry.risk.as_str()),
        Cell::of(entry.status.as_str()).kind("word"),
        owner(entry.owner.as_deref()),
    ]
}

/// Says how many more a list has than it shows.
fn cut(mut table: Table, ids: &[ItemId]) -> Table {
    if ids.len() > ROWS {
        table.more = Some(format!("… and {} more", ids.len() - ROWS));
    }
    table
}

fn owner(owner: Option<&str>) -> Cell {
    let link = Some(address(&owner_page(owner)));
    Cell::of(owner.unwrap_or("(no owner)")).link(link)
}

fn ending(attention: &Attention, names: &Names) -> Table {
    let mut table = Table::new(
        "Decisions that end",
        &["Item", "Weakness", "Decision", "Owner", "Until", "Days#"],
    );
    for one in attention.ending.iter().take(ROWS) {
        let entry = attention.items.get(&one.item);
        let left = if one.days < 0 {
            Cell::of(format!("ended {} ago", -one.days)).kind("n late")
        } else {
            Cell::of(format!("{} left", one.days))
        };
        table.push(vec![
            Cell::of(one.item.as_str()).link(names.address(&one.item)),
            Cell::of(entry.map_or("", |entry| &entry.name)).kind("wide"),
            Cell::of(match one.what {
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

fn time_to_remediate(summary: &Summary) -> Table {
    let title = "Time to remediate: days from detection to completion";
    let mut table = Table::new(title, &["Risk", "Closed#", "Mean#", "Median#", "Longest#"]);
    for one in &summary.time_to_close {
        table.push(vec![
            Cell::of(one.risk.to_string()),
            Cell::number(one.closed),
            Cell::of(one.mean_days.to_string()),
            Cell::of(one.median_days.to_string()),
            Cell::of(one.longest_days.to_string()),
        ]);
    }
    table
}

fn last_scans(summary: &Summary) -> Table {
    let heads = ["Scan", "Day", "Tool", "Results#", "Items#", "Assets#", "Not finished#"];
    let Some(scans) = &summary.scans else { return Table::new("", &heads) };
    let title = format!(
        "Last scans: they looked at {} of {} in the last {} days",
        scans.looked_at,
        plural(scans.open_items, "open scanner item"),
        scans.days
    );
    let mut table = Table::new(&title, &heads);
    for scan in scans.last.iter().take(ROWS) {
        table.push(vec![
            Cell::of(scan.name.clone()),
            Cell::of(scan.day.to_string()),
            Cell::of(scan.tools.join(", ")),
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

fn owners(summary: &Summary) -> Table {
    let mut table = Table::new("Owners of open items", &["Owner", "Open#", "Overdue#", "Oldest#"]);
    for one in summary.by_owner.iter().take(ROWS) {
        let late = if one.overdue > 0 { "n late" } else { "" };
        table.push(vec![
            owner(one.owner.as_deref()),
            Cell::number(one.open),
            Cell::number(one.overdue).kind(late),
            Cell::of(format!("{} d", one.oldest)),
        ]);
    }
    if summary.by_owner.len() > ROWS {
        table.more = Some("All owners".to_owned());
        table.more_link = Some("owners.html".to_owned());
    }
    table
}
