//! A static web report over all systems, from the tables of an export alone: an overview, a page for each system,
//! and one for each weakness that several systems share.
//!
//! Pages use the templates of `poam report`. Rows are read one after the other; memory holds a line for each system and
//! month, and the open items of one system.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::digest;
use super::overview::{
    NamedRow, OverviewError, PortfolioOverview, SharedWeakness, StoredTables, SystemLine,
};
use crate::report::view::{
    Card, Cell, MenuEntry, Notice, NoticeLine, OverviewPage, PageFrame, ViewTable,
};
use crate::report::{
    Chart, Ink, ReportError, STYLE, Series, SeriesShape, address, draw_chart, page,
};

/// Items that the page of a system lists.
const ITEMS: usize = 500;

/// Months that charts show.
const MONTHS: usize = 12;

/// Shared weaknesses that the first page lists.
const SHARED_ON_OVERVIEW: usize = 50;

const MENU: [MenuEntry; 1] = [MenuEntry::new("overview", "Overview", "index.html")];

/// Reasons why no report was built.
#[derive(Debug, thiserror::Error)]
pub enum PortfolioReportError {
    /// The tables cannot be read.
    #[error(transparent)]
    Tables(#[from] OverviewError),
    /// A page cannot be made.
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// Receives the files of a report: path and content.
type WriteFile<'w> = &'w mut dyn FnMut(&str, &str) -> std::io::Result<()>;

/// An open item in a line.
struct ItemLine {
    id: String,
    name: String,
    risk: String,
    status: String,
    owner: String,
    due: Option<chrono::NaiveDate>,
    days_overdue: usize,
    slips: usize,
}

/// A month of one system.
struct MonthLine {
    month: String,
    open: Option<usize>,
    overdue: Option<usize>,
    opened: Option<usize>,
    closed: Option<usize>,
}

/// An item with a shared weakness.
struct SharedItem {
    system: String,
    line: ItemLine,
}

/// Writes the report of the tables in a folder. `name` is that of the portfolio.
pub fn build_report(
    tables: &std::path::Path,
    name: &str,
    write: WriteFile<'_>,
) -> Result<PortfolioOverview, PortfolioReportError> {
    let stored = StoredTables::open(tables)?;
    let overview = PortfolioOverview::of_tables(&stored)?;
    let mut put = |path: &str, text: &str| {
        write(path, text).map_err(|source| ReportError::Write { path: path.to_owned(), source })
    };
    put("style.css", STYLE)?;
    let text = page("index.html", &first_page(&overview, name)?)?;
    put("index.html", &text)?;
    let mut months = read_months(&stored)?;
    let mut triggers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in &overview.escalations {
        let line = format!("{}, {}: {}", one.trigger, one.level, one.fact);
        triggers.entry(&one.system).or_default().push(line);
    }
    let by_name: HashMap<&str, &SystemLine> =
        overview.systems.iter().map(|line| (line.name.as_str(), line)).collect();
    let shared = read_shared_items(&stored, &overview.shared)?;
    let mut failure: Option<PortfolioReportError> = None;
    let mut done: Vec<String> = Vec::new();
    let mut current: Option<(String, Vec<ItemLine>)> = None;
    let mut finish = |system: &str, items: Vec<ItemLine>| -> Result<(), PortfolioReportError> {
        let Some(line) = by_name.get(system) else { return Ok(()) };
        let months = months.remove(system).unwrap_or_default();
        let notices = triggers.get(system).cloned().unwrap_or_default();
        let path = system_page(system);
        let text = page(&path, &page_of_system(line, items, &months, notices)?)?;
        put(&path, &text)?;
        Ok(())
    };
    stored.each_row("items", &ITEM_COLUMNS, |row| {
        if failure.is_some() {
            return;
        }
        let system = row.text("system");
        if current.as_ref().is_none_or(|(name, _)| name != system) {
            if let Some((name, items)) = current.take() {
                failure = finish(&name, items).err();
                done.push(name);
            }
            current = Some((system.to_owned(), Vec::new()));
        }
        if let Some((_, items)) = &mut current
            && !row.get("closed").is_true()
        {
            items.push(item_line(row));
        }
    })?;
    if let Some(error) = failure {
        return Err(error);
    }
    if let Some((name, items)) = current.take() {
        finish(&name, items)?;
        done.push(name);
    }
    // Systems without an item have a page, too.
    for line in overview.systems.iter().filter(|line| !done.contains(&line.name)) {
        finish(&line.name, Vec::new())?;
    }
    for weakness in &overview.shared {
        let items = shared.get(&weakness_key(&weakness.kind, &weakness.identifier));
        let path = weakness_page(weakness);
        let template = page_of_weakness(weakness, items, overview.as_of);
        put(&path, &page(&path, &template)?)?;
    }
    Ok(overview)
}

const ITEM_COLUMNS: [&str; 10] = [
    "system",
    "item",
    "weakness_name",
    "status",
    "closed",
    "risk",
    "effective_due",
    "days_overdue",
    "slips",
    "owner",
];

fn item_line(row: &NamedRow<'_>) -> ItemLine {
    ItemLine {
        id: row.text("item").to_owned(),
        name: row.text("weakness_name").to_owned(),
        risk: row.text("risk").to_owned(),
        status: row.text("status").to_owned(),
        owner: row.text("owner").to_owned(),
        due: row.day("effective_due"),
        days_overdue: row.count("days_overdue").unwrap_or_default(),
        slips: row.count("slips").unwrap_or_default(),
    }
}

fn read_months(stored: &StoredTables) -> Result<BTreeMap<String, Vec<MonthLine>>, OverviewError> {
    let names = ["system", "month_start", "open_items", "overdue_items", "opened", "closed"];
    let mut months: BTreeMap<String, Vec<MonthLine>> = BTreeMap::new();
    stored.each_row("months", &names, |row| {
        let Some(first) = row.day("month_start") else { return };
        months.entry(row.text("system").to_owned()).or_default().push(MonthLine {
            month: first.format("%Y-%m").to_string(),
            open: row.count("open_items"),
            overdue: row.count("overdue_items"),
            opened: row.count("opened"),
            closed: row.count("closed"),
        });
    })?;
    Ok(months)
}

fn weakness_key(kind: &str, identifier: &str) -> String {
    format!("{kind}\n{identifier}")
}

/// Collects the open items with a shared weakness.
fn read_shared_items(
    stored: &StoredTables,
    shared: &[SharedWeakness],
) -> Result<BTreeMap<String, Vec<SharedItem>>, OverviewError> {
    let wanted: HashSet<String> =
        shared.iter().map(|it| weakness_key(&it.kind, &it.identifier)).collect();
    let mut of_item: HashMap<(String, String), Vec<String>> = HashMap::new();
    let names = ["system", "item", "identifier_kind", "identifier"];
    stored.each_row("identifiers", &names, |row| {
        let key = weakness_key(row.text("identifier_kind"), row.text("identifier"));
        if wanted.contains(&key) {
            let item = (row.text("system").to_owned(), row.text("item").to_owned());
            of_item.entry(item).or_default().push(key);
        }
    })?;
    let mut found: BTreeMap<String, Vec<SharedItem>> = BTreeMap::new();
    stored.each_row("items", &ITEM_COLUMNS, |row| {
        if row.get("closed").is_true() {
            return;
        }
        let item = (row.text("system").to_owned(), row.text("item").to_owned());
        for key in of_item.get(&item).into_iter().flatten() {
            let line = item_line(row);
            found.entry(key.clone()).or_default().push(SharedItem { system: item.0.clone(), line });
        }
    })?;
    Ok(found)
}

/// Returns a name of a page: what can be read of a text, and a digest of all of it.
fn page_name(folder: &str, text: &str) -> String {
    let readable: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(40)
        .collect();
    format!("{folder}/{}-{}.html", readable.trim_matches('-'), digest::of_text(text))
}

fn system_page(system: &str) -> String {
    page_name("system", system)
}

fn weakness_page(weakness: &SharedWeakness) -> String {
    page_name("weakness", &format!("{} {}", weakness.kind, weakness.identifier))
}

fn frame(
    title: &str,
    as_of: chrono::NaiveDate,
    commit: Option<&str>,
    here: &'static str,
    up: &'static str,
) -> PageFrame {
    let mut frame = PageFrame::with(Some(title), as_of, commit, here, up);
    frame.menu = MENU.to_vec();
    frame
}

fn card(number: impl ToString, text: &str, alarm: bool) -> Card {
    Card { number: number.to_string(), text: text.to_owned(), alarm, link: None, change: None }
}

fn number(count: Option<usize>) -> Cell {
    count.map_or_else(|| Cell::new("?").kind("n"), Cell::number)
}

fn first_page(
    overview: &PortfolioOverview,
    name: &str,
) -> Result<OverviewPage, PortfolioReportError> {
    let totals = &overview.totals;
    let mut cards = vec![
        card(totals.systems, "systems", false),
        card(totals.open, "open", false),
        card(totals.overdue, "overdue", totals.overdue > 0),
        card(totals.closed, "closed", false),
        card(totals.accepted, "accepted risks", false),
        card(totals.decisions_ended, "decisions that have ended", totals.decisions_ended > 0),
    ];
    if let Some(days) = overview.mean_days_to_remediate {
        cards.push(card(days, "mean days to remediate", false));
    }
    let mut notices = Vec::new();
    let failed = overview.systems.iter().filter(|line| line.read_error.is_some());
    let mut lines = Vec::new();
    for line in failed {
        let reason = line.read_error.as_deref().unwrap_or_default();
        let first = reason.lines().next().unwrap_or_default();
        lines.push(NoticeLine::new(format!("{}: {first}", line.name)));
    }
    if !lines.is_empty() {
        let title = "Systems that could not be read: their numbers are older".to_owned();
        notices.push(Notice { kind: "", title, lines });
    }
    let charts = overview_charts(overview)?;
    let mut systems = ViewTable::new(
        "Systems",
        &[
            "System", "Agency", "Impact", "Open#", "Overdue#", "Closed#", "Slips#", "Status",
            "As of",
        ],
    );
    for line in &overview.systems {
        systems.push(vec![
            Cell::new(&line.name).link(Some(address(&system_page(&line.name)))),
            Cell::new(line.agency.as_deref().unwrap_or_default()),
            Cell::new(line.impact.as_deref().unwrap_or_default()),
            number(line.open),
            number(line.overdue),
            number(line.closed),
            number(line.slips),
            Cell::new(line.status.as_deref().unwrap_or_default()),
            Cell::day(line.as_of),
        ]);
    }
    let mut agencies = ViewTable::new("Agencies", &["Agency", "Systems#", "Open#", "Overdue#"]);
    for line in &overview.by_agency {
        agencies.push(vec![
            Cell::new(line.agency.as_deref().unwrap_or("without agency")),
            Cell::number(line.systems),
            Cell::number(line.open),
            Cell::number(line.overdue),
        ]);
    }
    let mut escalations =
        ViewTable::new("Escalation triggers", &["System", "Trigger", "Level", "Items#", "Fact"]);
    for one in &overview.escalations {
        escalations.push(vec![
            Cell::new(&one.system).link(Some(address(&system_page(&one.system)))),
            Cell::new(&one.trigger),
            Cell::new(&one.level),
            Cell::number(one.count),
            Cell::new(&one.fact),
        ]);
    }
    let mut shared = ViewTable::new(
        "Weaknesses that are open in several systems",
        &["Weakness", "Kind", "Systems#", "Open items#"],
    );
    for one in overview.shared.iter().take(SHARED_ON_OVERVIEW) {
        shared.push(vec![
            Cell::new(&one.identifier).link(Some(address(&weakness_page(one)))),
            Cell::new(&one.kind),
            Cell::number(one.systems),
            Cell::number(one.items),
        ]);
    }
    let mut tables = vec![agencies, escalations, shared, systems];
    tables.retain(|table| !table.rows.is_empty());
    let frame = frame(name, overview.as_of, None, "overview", "");
    Ok(OverviewPage { frame, cards, notices, urgent: Vec::new(), charts, tables })
}

fn series(name: &'static str, ink: Ink, shape: SeriesShape, values: Vec<Option<usize>>) -> Series {
    Series::new(name, ink, shape, values)
}

fn overview_charts(overview: &PortfolioOverview) -> Result<Vec<Chart>, ReportError> {
    let months = &overview.months[overview.months.len().saturating_sub(MONTHS)..];
    if months.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = months.iter().map(|month| month.month.clone()).collect();
    let open = months.iter().map(|month| Some(month.open)).collect();
    let overdue = months.iter().map(|month| month.overdue).collect();
    let opened = months.iter().map(|month| Some(month.opened)).collect();
    let closed = months.iter().map(|month| Some(month.closed)).collect();
    standing_and_flow(names, [open, overdue, opened, closed])
}

/// Draws open and overdue items, and opened and closed ones, by month.
fn standing_and_flow(
    names: Vec<String>,
    values: [Vec<Option<usize>>; 4],
) -> Result<Vec<Chart>, ReportError> {
    let [open, overdue, opened, closed] = values;
    Ok(vec![
        draw_chart(
            "chart-open",
            ("Open and overdue", "at the end of each month", "Month"),
            names.clone(),
            vec![
                series("open", Ink::Plan, SeriesShape::Beside, open),
                series("overdue", Ink::Alarm, SeriesShape::Beside, overdue),
            ],
        )?,
        draw_chart(
            "chart-flow",
            ("Opened and closed", "items a month, when it landed", "Month"),
            names,
            vec![
                series("opened", Ink::Moderate, SeriesShape::Beside, opened),
                series("closed", Ink::Closed, SeriesShape::Beside, closed),
            ],
        )?,
    ])
}

fn page_of_system(
    line: &SystemLine,
    mut items: Vec<ItemLine>,
    months: &[MonthLine],
    notices: Vec<String>,
) -> Result<OverviewPage, PortfolioReportError> {
    let months = &months[months.len().saturating_sub(MONTHS)..];
    let charts = match months.is_empty() {
        true => Vec::new(),
        false => standing_and_flow(
            months.iter().map(|month| month.month.clone()).collect(),
            [
                months.iter().map(|month| month.open).collect(),
                months.iter().map(|month| month.overdue).collect(),
                months.iter().map(|month| month.opened).collect(),
                months.iter().map(|month| month.closed).collect(),
            ],
        )?,
    };
    items.sort_by(|a, b| (b.days_overdue, a.due, &a.id).cmp(&(a.days_overdue, b.due, &b.id)));
    let count = items.len();
    let mut table = ViewTable::new("Open items", &ITEM_TITLES);
    for item in items.iter().take(ITEMS) {
        table.push(item_cells(Cell::new(&item.id), item));
    }
    if count > ITEMS {
        table.more = Some(format!("and {} more, in the tables", count - ITEMS));
    }
    let shown = |count: Option<usize>| count.map_or_else(|| "?".to_owned(), |it| it.to_string());
    let cards = vec![
        card(shown(line.open), "open", false),
        card(shown(line.overdue), "overdue", line.overdue.is_some_and(|count| count > 0)),
        card(shown(line.closed), "closed", false),
        card(shown(line.slips), "slips", false),
    ];
    let mut shown_notices = Vec::new();
    if !notices.is_empty() {
        let title = format!("Escalation triggers: {}", line.status.as_deref().unwrap_or_default());
        let lines = notices.iter().map(NoticeLine::new).collect();
        shown_notices.push(Notice { kind: "", title, lines });
    }
    if let Some(error) = &line.read_error {
        let title = "The last export could not read the system; these numbers are older".to_owned();
        let lines = vec![NoticeLine::new(error.lines().next().unwrap_or_default())];
        shown_notices.push(Notice { kind: "", title, lines });
    }
    let tables = if count == 0 { Vec::new() } else { vec![table] };
    let as_of = line.as_of.unwrap_or_default();
    let frame = frame(&line.name, as_of, line.commit.as_deref(), "system", "../");
    Ok(OverviewPage { frame, cards, notices: shown_notices, urgent: Vec::new(), charts, tables })
}

const ITEM_TITLES: [&str; 8] =
    ["Item", "Weakness", "Risk", "Status", "Owner", "Due", "Days late#", "Slips#"];

fn item_cells(first: Cell, item: &ItemLine) -> Vec<Cell> {
    vec![
        first,
        Cell::new(&item.name),
        Cell::new(&item.risk),
        Cell::new(&item.status),
        Cell::new(&item.owner),
        Cell::day(item.due),
        Cell::number(item.days_overdue),
        Cell::number(item.slips),
    ]
}

fn page_of_weakness(
    weakness: &SharedWeakness,
    items: Option<&Vec<SharedItem>>,
    as_of: chrono::NaiveDate,
) -> OverviewPage {
    let mut titles = vec!["System"];
    titles.extend(ITEM_TITLES);
    let mut table = ViewTable::new("Open items", &titles);
    for item in items.into_iter().flatten() {
        let link = format!("../{}", address(&system_page(&item.system)));
        let mut cells = vec![Cell::new(&item.system).link(Some(link))];
        cells.extend(item_cells(Cell::new(&item.line.id), &item.line));
        table.push(cells);
    }
    let cards = vec![
        card(weakness.systems, "systems with it open", false),
        card(weakness.items, "open items", false),
    ];
    OverviewPage {
        frame: frame(&weakness.identifier, as_of, None, "weakness", "../"),
        cards,
        notices: Vec::new(),
        urgent: Vec::new(),
        charts: Vec::new(),
        tables: vec![table],
    }
}
