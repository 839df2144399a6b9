//! Finds the header row, what its columns mean, what the sheet is for, and which layout it is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use super::error::SheetSeen;
use super::grid::{Cells, Grid};
use super::value;
use super::{Options, SourceRow};
use crate::workbook::field::{Field, slug};
use crate::workbook::layout::{Column, Layout, SheetLayout, SheetRole};
use crate::workbook::template_text::normal;

/// How many rows from the top are searched for the headers.
pub(super) const ROWS_SEARCHED: u32 = 50;
/// How many headers of an item sheet make a header row. Other tools share a few of them by chance.
const ENOUGH: usize = 10;
/// How many do where a row has no others, and no sheet of the file has more.
const FEW: usize = 4;
/// How many headers of the PL-2 sheet do, which has five.
const ENOUGH_DOCUMENTATION: usize = 4;
/// The same for a federal plan of action, which has eight.
const ENOUGH_FEDERAL: usize = 6;
/// The most headers of one row that an error repeats, and the most characters of each.
const SHOWN: (usize, usize) = (40, 60);

/// Spellings of headers that the templates do not use and people do.
const ALIASES: &[(&str, Field)] = &[
    ("POA&M ID", Field::PoamId),
    ("POAM Item ID", Field::PoamId),
    ("Control", Field::Controls),
    ("Security Controls", Field::Controls),
    ("Weakness Source", Field::DetectorSource),
    ("Detector Source", Field::DetectorSource),
    ("Asset Identifiers", Field::AssetIdentifier),
    ("POC", Field::PointOfContact),
    ("Milestones", Field::PlannedMilestones),
    ("Detection Date", Field::OriginalDetectionDate),
    ("Original Detection", Field::OriginalDetectionDate),
    ("Scheduled Completion", Field::ScheduledCompletionDate),
    ("Last Vendor Check-in", Field::LastVendorCheckIn),
    ("Last Vendor Checkin Date", Field::LastVendorCheckIn),
    ("Vendor Product", Field::VendorProduct),
    ("Risk Rating", Field::OriginalRiskRating),
    ("Supporting Document", Field::SupportingDocuments),
    ("Comment", Field::Comments),
    ("BOD 22-01 tracking", Field::KevTracking),
    ("BOD 22-01 Due Date", Field::KevDueDate),
    ("CVEs", Field::Cve),
    ("Services", Field::ServiceName),
    ("Milestone", Field::PlannedMilestones),
    ("Milestone Description", Field::PlannedMilestones),
    ("Milestone Due", Field::MilestoneDueDate),
    ("Milestone Due Date", Field::MilestoneDueDate),
    ("Milestone Date", Field::MilestoneDueDate),
    ("Milestone Scheduled Completion Date", Field::MilestoneDueDate),
    ("Milestone Status", Field::MilestoneStatus),
    ("Milestone Completed", Field::MilestoneCompletionDate),
    ("Milestone Completion Date", Field::MilestoneCompletionDate),
];

/// Spellings of the headers of federal plans of action, older ones of OMB among them.
const FEDERAL_ALIASES: &[(&str, Field)] = &[
    ("Weakness", Field::Weakness),
    ("POC", Field::PointOfContact),
    ("Point of Contact", Field::PointOfContact),
    ("Responsible Office", Field::PointOfContact),
    ("Responsible Organization", Field::PointOfContact),
    ("Resources Required", Field::ResourcesRequired),
    ("Resource Estimate", Field::ResourcesRequired),
    ("Milestones with Completion Dates", Field::PlannedMilestones),
    ("Milestones", Field::PlannedMilestones),
    ("Milestone Changes", Field::MilestoneChanges),
    ("Identified in CFO Audit or other review", Field::DetectorSource),
    ("Source of Weakness", Field::DetectorSource),
    ("How Identified", Field::DetectorSource),
    ("Status", Field::Status),
];

/// The field that a header means in any layout, by its words in small letters with hyphens.
pub(in crate::workbook) fn field_of_header(name: &str) -> Option<Field> {
    static NAMES: LazyLock<HashMap<String, Field>> = LazyLock::new(|| {
        let columns = sheets().flat_map(|sheet| &sheet.columns);
        let columns = columns.map(|column| (slug(&column.header), column.field));
        let aliases = ALIASES.iter().map(|(header, field)| (slug(header), *field));
        columns.chain(aliases).collect()
    });
    NAMES.get(name).copied()
}

/// The known header row of a sheet.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) row: u32,
    pub(super) fields: BTreeMap<u16, Field>,
    /// Columns whose header stands in front of an earlier column too: they count where that is blank.
    pub(super) twins: BTreeMap<u16, Field>,
    /// Columns with a header that no layout knows.
    pub(super) others: BTreeMap<u16, String>,
    pub(super) form: Form,
}

impl Header {
    /// Whether its rows have a rating of their own, which findings in documents do not have.
    fn rates(&self) -> bool {
        self.fields
            .values()
            .any(|field| matches!(field, Field::OriginalRiskRating | Field::OriginalDetectionDate))
    }

    /// The first column whose header says when something was closed, though it has no meaning here.
    pub(super) fn closing_column(&self) -> Option<(u16, &str)> {
        let says = |header: &str| CLOSING.contains(&normal(header).as_str());
        let mut others = self.others.iter().filter(|(_, header)| says(header));
        others.next().map(|(column, header)| (*column, header.as_str()))
    }
}

/// Headers of columns that say when a row was closed.
const CLOSING: &[&str] = &[
    "closed",
    "closed on",
    "closed date",
    "date closed",
    "closing date",
    "closure date",
    "completed on",
    "completed date",
    "date completed",
    "completion date",
    "actual completion date",
    "resolved on",
    "date resolved",
    "remediated on",
    "date remediated",
];

/// Which headers a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Those of sheets with items.
    Items,
    /// Those of the PL-2 sheet.
    Documentation,
    /// Those of a federal plan of action.
    Federal,
    /// The names of the fields of items, as `poam export csv` writes them.
    Export,
}

/// Columns that every such table has, with the fields that name an item here.
const EXPORT: [(&str, Field); 5] = [
    ("id", Field::PoamId),
    ("weakness_name", Field::WeaknessName),
    ("original_detection_date", Field::OriginalDetectionDate),
    ("original_risk_rating", Field::OriginalRiskRating),
    ("status", Field::Status),
];

/// The header row of a table that `poam export csv` wrote; nothing where the first row is none.
fn export(grid: &Grid) -> Option<Header> {
    let (row, cells) = grid.rows.iter().next()?;
    let texts: BTreeMap<u16, String> =
        cells.iter().map(|(column, value)| (*column, value::text(value))).collect();
    let has = |name: &str| texts.values().any(|text| text == name);
    if !EXPORT.iter().all(|(name, _)| has(name)) || !has(EXPORT_MARK) {
        return None;
    }
    let mut header = Header {
        row: *row,
        fields: BTreeMap::new(),
        twins: BTreeMap::new(),
        others: texts,
        form: Form::Export,
    };
    for (name, field) in EXPORT {
        let column = header.others.iter().find(|(_, text)| *text == name);
        if let Some(column) = column.map(|(column, _)| *column) {
            header.fields.insert(column, field);
        }
    }
    Some(header)
}

/// A column that no other table has.
const EXPORT_MARK: &str = "derived.path";

/// Whether a row is one of a table that `poam export csv` wrote: it has its columns by their names
/// among those of no layout.
pub fn is_export_row(row: &SourceRow) -> bool {
    row.extra.iter().any(|(header, _)| header == EXPORT_MARK)
}

type Vocabulary = HashMap<String, Field>;

static ITEMS: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut words = vocabulary(|role| !matches!(role, SheetRole::Documentation | SheetRole::Fixed));
    words.extend(ALIASES.iter().map(|(header, field)| (normal(header), *field)));
    words
});
static DOCUMENTATION: LazyLock<Vocabulary> =
    LazyLock::new(|| vocabulary(|role| role == SheetRole::Documentation));
static FEDERAL: LazyLock<Vocabulary> = LazyLock::new(|| {
    let sheets = Layout::federal().into_iter().flat_map(|layout| &layout.sheets);
    let mut words = words(sheets.flat_map(|sheet| &sheet.columns));
    words.extend(FEDERAL_ALIASES.iter().map(|(header, field)| (normal(header), *field)));
    words
});

fn vocabulary(wanted: impl Fn(SheetRole) -> bool) -> Vocabulary {
    words(sheets().filter(|sheet| wanted(sheet.role)).flat_map(|sheet| &sheet.columns))
}

fn words<'a>(columns: impl Iterator<Item = &'a Column>) -> Vocabulary {
    columns.map(|column| (normal(&column.header), column.field)).collect()
}

fn sheets() -> impl Iterator<Item = &'static SheetLayout> {
    Layout::all().iter().flat_map(|layout| &layout.sheets)
}

/// A sheet of text in some layout, known by its name; it never holds items.
pub(super) fn is_fixed_sheet(name: &str) -> bool {
    let name = normal(name);
    sheets().any(|sheet| sheet.role == SheetRole::Fixed && normal(&sheet.name) == name)
}

/// How many known headers make a header row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    /// So many that no table of another tool has them by chance.
    Many,
    /// A few do, where there is nothing else in the row.
    Few,
}

/// The header row of a sheet, or the row that comes closest to one.
///
/// What a person says that headers mean goes before what is known of them; a row with all of those
/// headers is a header row, however few others it has.
pub(super) fn find(grid: &Grid, least: Least, options: &Options) -> Result<Header, SheetSeen> {
    let said = options.vocabulary();
    if said.is_empty()
        && let Some(header) = export(grid)
    {
        return Ok(header);
    }
    // A layout of the team's own may have fewer columns.
    let own: BTreeSet<Field> = options.layout.iter().map(|(_, field)| *field).collect();
    let most = if own.is_empty() { usize::MAX } else { own.len() };
    let mut best: Option<(usize, Header)> = None;
    let mut closest = SheetSeen { name: grid.name.clone(), row: None, headers: vec![], known: 0 };
    for (row, cells) in grid.rows.range(..=ROWS_SEARCHED) {
        for (words, enough, form) in [
            (&*ITEMS, ENOUGH, Form::Items),
            (&*DOCUMENTATION, ENOUGH_DOCUMENTATION, Form::Documentation),
            (&*FEDERAL, ENOUGH_FEDERAL, Form::Federal),
        ] {
            let header = header(*row, cells, (words, form), &said, options);
            let known = header.fields.len();
            let texts = known + header.others.len();
            // Where nothing is known, the row with the most texts is most like a header.
            if (known, texts) > (closest.known, closest.headers.len()) {
                closest.row = Some(*row);
                closest.known = known;
                closest.headers = shown(cells);
            }
            let has = |field| header.fields.values().any(|it| *it == field);
            // A sheet may lack columns that others have, but not most of those that a person names.
            let meant = said.values().filter(|field| has(**field)).count();
            let named = meant >= 2.min(said.len()) && meant * 2 >= said.len() && !said.is_empty();
            let whole = match form {
                // With columns for id and name beside it, the one cell is not both.
                Form::Federal => {
                    has(Field::Weakness) && !header.others.values().any(|other| names_item(other))
                }
                _ => has(Field::WeaknessName) && (named || has(Field::PoamId)),
            };
            // What a person says of other columns does not make them those of a form.
            let own = known - meant;
            let of_form = match form {
                Form::Documentation => own >= enough.min(most) && !header.rates(),
                Form::Items => known >= enough.min(most) || named,
                Form::Export => false,
                Form::Federal => own >= enough.min(most) || (named && has(Field::Weakness)),
            };
            let few = least == Least::Few
                && form == Form::Items
                && known >= FEW
                && header.others.is_empty();
            if (of_form || few) && whole && best.as_ref().is_none_or(|(most, _)| known > *most) {
                best = Some((known, header));
            }
        }
    }
    best.map(|(_, header)| header).ok_or(closest)
}

/// Whether a header is that of an id or a name.
fn names_item(header: &str) -> bool {
    matches!(ITEMS.get(&normal(header)), Some(Field::PoamId | Field::WeaknessName))
}

fn header(
    row: u32,
    cells: &Cells,
    (words, form): (&Vocabulary, Form),
    said: &Vocabulary,
    options: &Options,
) -> Header {
    let mut header = Header {
        row,
        fields: BTreeMap::new(),
        twins: BTreeMap::new(),
        others: BTreeMap::new(),
        form,
    };
    let mut seen = BTreeSet::new();
    let mut names = ColumnNames::default();
    let meant: BTreeSet<Field> = said.values().copied().collect();
    for (column, value) in cells {
        if value.is_blank() {
            continue;
        }
        let text = value::text(value);
        let plain = normal(&text);
        // What a person names is the only column with that meaning.
        let spaced = || words.get(&plain.replace('_', " "));
        let known = options.of_layout(&plain).or(words.get(&plain).or_else(spaced).copied());
        let known = known.filter(|field| !meant.contains(field));
        match said.get(&plain).copied().or(known) {
            // The first of two equal headers has the meaning; the other column is kept as extra.
            Some(field) if seen.insert(field) => _ = header.fields.insert(*column, field),
            other => {
                if let Some(field) = other {
                    header.twins.insert(*column, field);
                }
                header.others.insert(*column, names.unique(text.trim()));
            }
        }
    }
    header
}

/// The texts of the first rows that may be headers: what a wrong name may have meant.
pub(super) fn texts(grid: &Grid) -> impl Iterator<Item = String> + '_ {
    let cells = grid.rows.range(..=ROWS_SEARCHED).flat_map(|(_, cells)| cells.values());
    cells.filter(|value| !value.is_blank()).map(value::text)
}

/// The names of columns without a meaning. A header that is there already gets a number, so that no
/// column hides another; thousands of equal ones are counted on, not tried from the first.
#[derive(Default)]
struct ColumnNames {
    taken: HashSet<String>,
    /// The number that an equal header gets next.
    next: HashMap<String, usize>,
}

impl ColumnNames {
    fn unique(&mut self, header: &str) -> String {
        let mut name = header.to_owned();
        if self.taken.contains(&name) {
            let number = self.next.entry(header.to_owned()).or_insert(2);
            while self.taken.contains(&name) {
                name = format!("{header} ({number})");
                *number += 1;
            }
        }
        self.taken.insert(name.clone());
        name
    }
}

fn shown(cells: &Cells) -> Vec<String> {
    let texts = cells.values().filter(|value| !value.is_blank());
    texts
        .take(SHOWN.0)
        .map(|value| {
            let text = value::text(value).split_whitespace().collect::<Vec<_>>().join(" ");
            match text.char_indices().nth(SHOWN.1) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        })
        .collect()
}

/// What says that a sheet has its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoleBy {
    /// A person, the name of the sheet, or headers that only such sheets have.
    Known,
    /// Nothing: it is what a sheet is for where nothing is said.
    Assumed,
}

/// What a sheet is for: a person or its name says it, else its headers.
pub(super) fn role(name: &str, header: &Header, options: &Options) -> (SheetRole, RoleBy) {
    if let Some(Some(role)) = options.of_sheet(name) {
        return (role, RoleBy::Known);
    }
    match header.form {
        Form::Documentation => return (SheetRole::Documentation, RoleBy::Known),
        // Each of its rows says what it is.
        Form::Export => return (SheetRole::Open, RoleBy::Known),
        Form::Items | Form::Federal => {}
    }
    match role_in_name(name) {
        Some(role) => (role, RoleBy::Known),
        None => (SheetRole::Open, RoleBy::Assumed),
    }
}

/// What rows are for, by the name of their sheet or the title above them.
pub(super) fn role_in_name(name: &str) -> Option<SheetRole> {
    let known = normal(name);
    let official = sheets().find(|sheet| {
        !matches!(sheet.role, SheetRole::Documentation | SheetRole::Fixed)
            && normal(&sheet.name) == known
    });
    if let Some(sheet) = official {
        Some(sheet.role)
    } else if says(&known, CLOSED) {
        Some(SheetRole::Closed)
    } else if says(&known, &["configuration", "config"]) {
        Some(SheetRole::Configuration)
    } else if says(&known, OPEN) {
        Some(SheetRole::Open)
    } else {
        None
    }
}

/// What rows are for, by a title above them: every word of it says so, or names the rows. Other texts
/// are remarks (`Closed in error, still open`), from which nothing follows.
pub(super) fn role_in_title(title: &str) -> Option<SheetRole> {
    let title = normal(title);
    let mut words = title
        .split(|c: char| c.is_whitespace() || "-_&/".contains(c))
        .filter(|word| !word.is_empty());
    let is_status = |word: &str| CLOSED.contains(&word) || OPEN.contains(&word);
    let is_plain =
        |word: &str| ROWS.contains(&word) || ["the", "all", "list", "of"].contains(&word);
    let is_configuration = |word: &str| ["configuration", "config"].contains(&word);
    let is_title = words.all(|word| {
        let word = word.trim_end_matches(':');
        is_status(word) || is_plain(word) || is_configuration(word)
    });
    if is_title { role_in_name(title.trim_end_matches(':')) } else { None }
}

/// Words in the name of a sheet whose rows are closed.
const CLOSED: &[&str] = &[
    "closed",
    "completed",
    "complete",
    "resolved",
    "remediated",
    "done",
    "fixed",
    "archive",
    "archived",
    "historical",
    "history",
    "inactive",
];
/// Words in the name of a sheet whose rows are open.
const OPEN: &[&str] = &["open", "active", "current", "ongoing", "outstanding", "unresolved"];

/// Words that a name has for what the rows are.
const ROWS: &[&str] = &[
    "poa",
    "m",
    "poam",
    "poams",
    "item",
    "items",
    "finding",
    "findings",
    "weaknesses",
    "weakness",
    "action",
    "actions",
    "entries",
    "issues",
    "records",
    "risks",
    "rows",
    "vulnerabilities",
    "vulns",
];
/// Words between which and the rows nothing else is said: `closed in 2025`.
const WHEN: &[&str] = &["as", "by", "during", "in", "of", "on", "out", "since"];

/// Whether one of the words is said of the rows (`Closed items`, `poam-closed`), and not of
/// something else (`closed-loop-system`) or of what they are not (`Not closed`).
fn says(name: &str, wanted: &[&str]) -> bool {
    let is_rows = |word: &&str| ROWS.contains(word);
    let words: Vec<&str> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !word.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        wanted.contains(word)
            && before.is_none_or(|before| !["not", "non", "never", "to", "be"].contains(before))
            && match words.get(at + 1) {
                Some(next) => is_rows(next) || WHEN.contains(next),
                None => before.is_none_or(is_rows),
            }
    })
}

/// The layout whose columns the headers fit best, and the newest of those that fit as well.
pub(super) fn layout(headers: &[&Header]) -> &'static str {
    let form = |form: Form| headers.iter().all(|header| header.form == form);
    if form(Form::Federal) {
        return Layout::federal().map_or("", |layout| layout.name.as_str());
    }
    let role = if form(Form::Documentation) { SheetRole::Documentation } else { SheetRole::Open };
    let seen: BTreeSet<Field> = headers
        .iter()
        .filter(|header| (header.form == Form::Documentation) == (role == SheetRole::Documentation))
        .flat_map(|header| header.fields.values().copied())
        .collect();
    let misfit = |layout: &&Layout| {
        let columns = layout.sheet(role).map_or(&[][..], |sheet| &sheet.columns);
        let has: BTreeSet<Field> = columns.iter().map(|column| column.field).collect();
        seen.symmetric_difference(&has).count()
    };
    Layout::all().iter().min_by_key(misfit).map_or("", |layout| layout.name.as_str())
}

/// The headers that are looked for: those of the newest layout.
pub(super) fn wanted() -> Vec<String> {
    Layout::all()
        .first()
        .and_then(|layout| layout.sheet(SheetRole::Open))
        .map(|sheet| sheet.columns.iter().map(|column| column.header.clone()).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::SourceValue;

    fn grid(row: u32, headers: &[&str]) -> Grid {
        let cells: Cells =
            (1..).zip(headers.iter().map(|it| SourceValue::Text((*it).to_owned()))).collect();
        Grid { name: "Sheet1".to_owned(), rows: BTreeMap::from([(row, cells)]), ..Grid::default() }
    }

    fn found(grid: Grid) -> Result<Header, SheetSeen> {
        find(&grid, Least::Many, &Options::default())
    }

    fn headers(name: &str, role: SheetRole) -> Vec<&'static str> {
        let sheet = Layout::named(name).unwrap().sheet(role).unwrap();
        sheet.columns.iter().map(|column| column.header.as_str()).collect()
    }

    #[test]
    fn headers_are_known_in_any_row_order_case_and_spacing() {
        let mut mixed: Vec<String> = headers("3.0", SheetRole::Open)
            .iter()
            .rev()
            .map(|header| format!(" {} ", header.to_uppercase().replace(' ', " \n ")))
            .collect();
        mixed.insert(3, "Ticket".to_owned());
        mixed.extend(["cve", "Ticket", "Ticket (2)", "Ticket"].map(str::to_owned));
        let mixed: Vec<&str> = mixed.iter().map(String::as_str).collect();
        let found = found(grid(17, &mixed)).unwrap();
        assert_eq!((found.row, found.fields.len()), (17, 27));
        assert_eq!(found.fields[&1], Field::Cve);
        assert_eq!(found.others[&4], "Ticket");
        assert_eq!(found.others[&29], "cve");
        let more: Vec<_> = found.others.range(30..).map(|(_, header)| header.as_str()).collect();
        assert_eq!(more, ["Ticket (2)", "Ticket (2) (2)", "Ticket (3)"]);
    }

    #[test]
    fn older_headers_of_federal_plans_of_action_are_known() {
        let omb = [
            "Weaknesses",
            "POC",
            "Resources Required",
            "Scheduled Completion Date",
            "Milestones with Completion Dates",
            "Changes to Milestones",
            "Identified in CFO Audit or other review",
            "Status",
        ];
        let header = found(grid(1, &omb)).unwrap();
        assert_eq!((header.form, header.fields.len()), (Form::Federal, 8));
        let with_id: Vec<&str> = ["POAM ID"].into_iter().chain(omb).collect();
        assert!(found(grid(1, &with_id)).is_err());
    }

    #[test]
    fn sheets_and_layouts_are_told_apart() {
        let old = found(grid(5, &headers("2.1", SheetRole::Open))).unwrap();
        let new = found(grid(5, &headers("3.0", SheetRole::Closed))).unwrap();
        let documents = found(grid(1, &headers("3.0", SheetRole::Documentation))).unwrap();
        // The Rev 4 template has the columns of 2.1 but for the last one.
        let mut rev4 = headers("2.1", SheetRole::Open);
        rev4.pop();
        let rev4 = found(grid(5, &rev4)).unwrap();
        for (headers, name) in [
            (vec![&old, &new], "fedramp-rev5-2.1"),
            (vec![&new, &documents], "fedramp-rev5-3.0"),
            (vec![&documents], "fedramp-rev5-3.0"),
            (vec![&rev4], "fedramp-rev4"),
        ] {
            assert_eq!(layout(&headers), name);
        }
        for (name, expected) in [
            ("Open POA&M Items", SheetRole::Open),
            ("CLOSED items", SheetRole::Closed),
            ("Configuration Findings", SheetRole::Configuration),
            ("Closed", SheetRole::Closed),
            ("Completed", SheetRole::Closed),
            ("POA&M Closed", SheetRole::Closed),
            ("Resolved Findings", SheetRole::Closed),
            ("Closed since 2025", SheetRole::Closed),
            ("Remediated (2025)", SheetRole::Closed),
            ("Archive", SheetRole::Closed),
            ("Not closed", SheetRole::Open),
            ("Active", SheetRole::Open),
            ("2026-05 POAM closed", SheetRole::Closed),
            ("acme-closed-items-2026", SheetRole::Closed),
            ("Sheet1", SheetRole::Open),
            ("closed-loop-system", SheetRole::Open),
            ("Disclosed items", SheetRole::Open),
            ("Reconfiguration findings", SheetRole::Open),
            ("enclosed", SheetRole::Open),
        ] {
            let options = Options::default();
            assert_eq!(role(name, &new, &options).0, expected, "{name}");
            assert_eq!(role(name, &documents, &options).0, SheetRole::Documentation);
        }
    }

    #[test]
    fn a_table_of_another_tool_is_read_as_a_person_says() {
        let columns = [("Title", Field::WeaknessName), ("id", Field::PoamId)];
        let columns = columns.map(|(header, field)| (header.to_owned(), field)).to_vec();
        let options = Options { columns, ..Options::default() };
        let find = |headers: &[&str]| find(&grid(3, headers), Least::Many, &options);
        let header = find(&["ID", "Title", "Comments", "Weakness Name"]);
        let header = header.unwrap();
        let known: Vec<_> = header.fields.iter().map(|(column, field)| (*column, *field)).collect();
        assert_eq!(known, [(1, Field::PoamId), (2, Field::WeaknessName), (3, Field::Comments)]);
        assert_eq!(header.others[&4], "Weakness Name", "only the named column has the meaning");
        assert!(find(&["ID", "Name", "Comments"]).is_err());
    }

    #[test]
    fn a_few_headers_do_where_there_are_no_others() {
        let few = |headers: &[&str]| {
            let grid = grid(1, headers);
            let found = |least| find(&grid, least, &Options::default()).is_ok();
            (found(Least::Many), found(Least::Few))
        };
        let official = [
            "POAM ID",
            "Weakness Name",
            "Controls",
            "Original Detection Date",
            "Original Risk Rating",
        ];
        assert_eq!(few(&official), (false, true));
        assert_eq!(few(&official[..3]), (false, false));
        assert_eq!(few(&official[1..]), (false, false), "no id");
        assert_eq!(few(&[&official[..], &["Team"]].concat()), (false, false));
    }

    #[test]
    fn tables_of_other_tools_are_not_taken_for_ours() {
        for other in [
            &["POAM ID", "Weakness Name", "Status", "Owner"][..],
            &["POA&M Item ID", "Resources Required", "Scheduled Completion Date", "Comments"][..],
            &[],
        ] {
            assert!(found(grid(1, other)).is_err());
        }
        assert!(found(grid(51, &headers("3.0", SheetRole::Open))).is_err());
        let seen = found(grid(7, &["A", "Comments", "B"])).unwrap_err();
        assert_eq!((seen.row, seen.known, seen.headers.len()), (Some(7), 1, 3));
    }

    #[test]
    fn equal_headers_are_numbered_whatever_their_number() {
        let mut names = ColumnNames::default();
        let headers = ["Note", "Note (2)", "Note", "Note", "Other"];
        let found: Vec<String> = headers.iter().map(|header| names.unique(header)).collect();
        assert_eq!(found, ["Note", "Note (2)", "Note (3)", "Note (4)", "Other"]);
        // As many as a sheet has columns: names that were tried one by one took minutes.
        for _ in 0..16_384 {
            names.unique("x");
        }
        assert_eq!(names.unique("x"), "x (16385)");
    }
}
