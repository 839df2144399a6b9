//! Finds the header row, what its columns mean, what the sheet is for, and which layout it is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use super::error::SheetSeen;
use super::grid::{Cells, Grid};
use super::value;
use super::{ReadOptions, SourceRow};
use crate::field::{Field, to_slug};
use crate::layout::{Column, Layout, SheetLayout, SheetRole};
use crate::template_text::normalize_text;

/// Number of rows from the top that are searched for the headers.
pub(super) const ROWS_SEARCHED: u32 = 50;
/// Number of headers of an item sheet that make a header row. Other tools share a few of them by
/// chance.
const ENOUGH: usize = 10;
/// Number of headers that suffices where a row has no others, and no sheet of the file has more.
const FEW: usize = 4;
/// Number of headers of the PL-2 sheet that suffices; it has five.
const ENOUGH_DOCUMENTATION: usize = 4;
/// Number of headers of a federal plan of action that suffices; it has eight.
const ENOUGH_FEDERAL: usize = 6;
/// Number of headers of eMASS's form that suffices; it has 21 at least.
const ENOUGH_EMASS: usize = 10;
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

/// Headers of the form of eMASS before it had a row for each milestone.
const EMASS_ALIASES: &[(&str, Field)] = &[
    ("Security Control Number (NC/NA controls only)", Field::Controls),
    ("Security Control Number", Field::Controls),
    ("Scheduled Completion Date", Field::ScheduledCompletionDate),
    ("Milestone with Completion Dates", Field::PlannedMilestones),
    ("Milestones with Completion Dates", Field::PlannedMilestones),
    ("Milestone Changes", Field::MilestoneChanges),
    ("Source Identifying Vulnerability", Field::DetectorSource),
    ("Status", Field::Status),
];
/// The name of the form that has these headers, and no row for each milestone.
const EMASS_21: &str = "emass-21-columns";

/// Returns the field that a header means in any layout, by its words in small letters with hyphens.
pub(crate) fn field_of_header(name: &str) -> Option<Field> {
    static NAMES: LazyLock<HashMap<String, Field>> = LazyLock::new(|| {
        let columns = all_sheets().flat_map(|sheet| &sheet.columns);
        let columns = columns.map(|column| (to_slug(&column.header), column.field));
        let aliases = ALIASES.iter().map(|(header, field)| (to_slug(header), *field));
        columns.chain(aliases).collect()
    });
    NAMES.get(name).copied()
}

/// The known header row of a sheet.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) row: u32,
    pub(super) fields: BTreeMap<u16, Field>,
    /// Columns whose header is in front of an earlier column too: they count where that is blank.
    pub(super) twins: BTreeMap<u16, Field>,
    /// Columns with a header that no layout knows.
    pub(super) others: BTreeMap<u16, String>,
    pub(super) form: HeaderForm,
}

impl Header {
    /// Returns whether its rows have a rating of their own, which findings in documents do not
    /// have.
    fn rates(&self) -> bool {
        self.fields
            .values()
            .any(|field| matches!(field, Field::OriginalRiskRating | Field::OriginalDetectionDate))
    }

    /// Returns the first column whose header states when something was closed, though it has no
    /// meaning here.
    pub(super) fn closing_column(&self) -> Option<(u16, &str)> {
        let mut others = self.others.iter().filter(|(_, header)| is_closing(header));
        others.next().map(|(column, header)| (*column, header.as_str()))
    }
}

fn is_closing(header: &str) -> bool {
    CLOSING.contains(&normalize_text(header).as_str())
}

/// Headers of columns that state when a row was closed.
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
pub(super) enum HeaderForm {
    /// Those of sheets with items.
    Items,
    /// Those of the PL-2 sheet.
    Documentation,
    /// Those of a federal plan of action.
    Federal,
    /// Those of eMASS's form.
    Emass,
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

/// Returns the header row of a table that `poam export csv` wrote; nothing where the first row is
/// none.
fn find_export_header(grid: &Grid) -> Option<Header> {
    let (row, cells) = grid.rows.iter().next()?;
    let texts: BTreeMap<u16, String> =
        cells.iter().map(|(column, value)| (*column, value::to_text(value))).collect();
    let has = |name: &str| texts.values().any(|text| text == name);
    if !EXPORT.iter().all(|(name, _)| has(name)) || !has(EXPORT_MARK) {
        return None;
    }
    let mut header = Header {
        row: *row,
        fields: BTreeMap::new(),
        twins: BTreeMap::new(),
        others: texts,
        form: HeaderForm::Export,
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

/// Returns whether a row is one of a table that `poam export csv` wrote: it has its columns by
/// their names among those of no layout.
pub fn is_export_row(row: &SourceRow) -> bool {
    row.extra.iter().any(|(header, _)| header == EXPORT_MARK)
}

type Vocabulary = HashMap<String, Field>;

static ITEMS: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut words =
        build_vocabulary(|role| !matches!(role, SheetRole::Documentation | SheetRole::Fixed));
    words.extend(ALIASES.iter().map(|(header, field)| (normalize_text(header), *field)));
    words
});
static DOCUMENTATION: LazyLock<Vocabulary> =
    LazyLock::new(|| build_vocabulary(|role| role == SheetRole::Documentation));
static FEDERAL: LazyLock<Vocabulary> = LazyLock::new(|| {
    let sheets = Layout::federal_layout().into_iter().flat_map(|layout| &layout.sheets);
    let mut words = column_words(sheets.flat_map(|sheet| &sheet.columns));
    words.extend(FEDERAL_ALIASES.iter().map(|(header, field)| (normalize_text(header), *field)));
    words
});

static EMASS: LazyLock<Vocabulary> = LazyLock::new(|| {
    let sheets = Layout::emass_layouts().iter().flat_map(|layout| &layout.sheets);
    let mut words = column_words(sheets.flat_map(|sheet| &sheet.columns));
    words.extend(EMASS_ALIASES.iter().map(|(header, field)| (normalize_text(header), *field)));
    words
});

fn build_vocabulary(wanted: impl Fn(SheetRole) -> bool) -> Vocabulary {
    column_words(all_sheets().filter(|sheet| wanted(sheet.role)).flat_map(|sheet| &sheet.columns))
}

fn column_words<'a>(columns: impl Iterator<Item = &'a Column>) -> Vocabulary {
    columns.map(|column| (normalize_text(&column.header), column.field)).collect()
}

fn all_sheets() -> impl Iterator<Item = &'static SheetLayout> {
    Layout::all_layouts().iter().flat_map(|layout| &layout.sheets)
}

/// Returns a sheet of text in some layout, known by its name; it never holds items.
pub(super) fn is_fixed_sheet(name: &str) -> bool {
    let name = normalize_text(name);
    all_sheets().any(|sheet| sheet.role == SheetRole::Fixed && normalize_text(&sheet.name) == name)
}

/// Number of known headers that makes a header row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeastHeaders {
    /// So many that no table of another tool has them by chance.
    Many,
    /// A few do, where there is nothing else in the row.
    Few,
}

/// Returns the header row of a sheet, or the row that comes closest to one.
///
/// Meanings of headers that a person states go before what is known of them; a row with all of those
/// headers is a header row, however few others it has.
pub(super) fn find(
    grid: &Grid,
    least: LeastHeaders,
    options: &ReadOptions,
) -> Result<Header, SheetSeen> {
    let said = options.named_headers();
    if said.is_empty()
        && let Some(header) = find_export_header(grid)
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
            (&*ITEMS, ENOUGH, HeaderForm::Items),
            (&*DOCUMENTATION, ENOUGH_DOCUMENTATION, HeaderForm::Documentation),
            (&*FEDERAL, ENOUGH_FEDERAL, HeaderForm::Federal),
            (&*EMASS, ENOUGH_EMASS, HeaderForm::Emass),
        ] {
            let header = build_header(*row, cells, (words, form), &said, options);
            let known = header.fields.len();
            let texts = known + header.others.len();
            // Where nothing is known, the row with the most texts is most like a header.
            if (known, texts) > (closest.known, closest.headers.len()) {
                closest.row = Some(*row);
                closest.known = known;
                closest.headers = shown_texts(cells);
            }
            let has = |field| header.fields.values().any(|it| *it == field);
            // A sheet may lack columns that others have, but not most of those that a person names.
            let meant = said.values().filter(|field| has(**field)).count();
            let named = meant >= 2.min(said.len()) && meant * 2 >= said.len() && !said.is_empty();
            let whole = match form {
                // With columns for id and name beside it, the one cell is not both.
                HeaderForm::Federal => {
                    has(Field::Weakness) && !header.others.values().any(|other| names_item(other))
                }
                HeaderForm::Emass => has(Field::VulnerabilityDescription),
                _ => has(Field::WeaknessName) && (named || has(Field::PoamId)),
            };
            // Meanings that a person gives to other columns do not make them those of a form.
            let own = known - meant;
            let of_form = match form {
                HeaderForm::Documentation => own >= enough.min(most) && !header.rates(),
                HeaderForm::Items => known >= enough.min(most) || named,
                HeaderForm::Export => false,
                HeaderForm::Emass => own >= enough.min(most),
                HeaderForm::Federal => own >= enough.min(most) || (named && has(Field::Weakness)),
            };
            let few = least == LeastHeaders::Few
                && form == HeaderForm::Items
                && known >= FEW
                && header.others.is_empty();
            if (of_form || few) && whole && best.as_ref().is_none_or(|(most, _)| known > *most) {
                best = Some((known, header));
            }
        }
    }
    best.map(|(_, header)| header).ok_or(closest)
}

/// Returns whether a header is that of an id or a name.
fn names_item(header: &str) -> bool {
    matches!(ITEMS.get(&normalize_text(header)), Some(Field::PoamId | Field::WeaknessName))
}

fn build_header(
    row: u32,
    cells: &Cells,
    (words, form): (&Vocabulary, HeaderForm),
    said: &Vocabulary,
    options: &ReadOptions,
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
        let text = value::to_text(value);
        let plain = normalize_text(&text);
        // A column that a person names is the only one with that meaning.
        let spaced = || words.get(&plain.replace('_', " "));
        let known = options.of_layout(&plain).or(words.get(&plain).or_else(spaced).copied());
        let known = known.filter(|field| !meant.contains(field));
        match said.get(&plain).copied().or(known) {
            // The first of two equal headers has the meaning; the other column is retained as extra.
            Some(field) if seen.insert(field) => _ = header.fields.insert(*column, field),
            other => {
                if let Some(field) = other {
                    header.twins.insert(*column, field);
                }
                header.others.insert(*column, names.unique_name(text.trim()));
            }
        }
    }
    header
}

/// Returns the texts of the first rows that may be headers: what a wrong name may have meant.
pub(super) fn header_texts(grid: &Grid) -> impl Iterator<Item = String> + '_ {
    let cells = grid.rows.range(..=ROWS_SEARCHED).flat_map(|(_, cells)| cells.values());
    cells.filter(|value| !value.is_blank()).map(value::to_text)
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
    fn unique_name(&mut self, header: &str) -> String {
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

fn shown_texts(cells: &Cells) -> Vec<String> {
    let texts = cells.values().filter(|value| !value.is_blank());
    texts
        .take(SHOWN.0)
        .map(|value| {
            let text = value::to_text(value).split_whitespace().collect::<Vec<_>>().join(" ");
            match text.char_indices().nth(SHOWN.1) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        })
        .collect()
}

/// Evidence for the role of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoleBy {
    /// A person, the name of the sheet, or headers that only such sheets have.
    Known,
    /// Nothing: it is what a sheet is for where nothing is stated.
    Assumed,
}

/// Determines the purpose of a sheet: by a person's choice or its name, else by its headers.
pub(super) fn determine_role(
    name: &str,
    header: &Header,
    options: &ReadOptions,
) -> (SheetRole, RoleBy) {
    if let Some(Some(role)) = options.of_sheet(name) {
        return (role, RoleBy::Known);
    }
    match header.form {
        HeaderForm::Documentation => return (SheetRole::Documentation, RoleBy::Known),
        // Each of its rows states what it is.
        HeaderForm::Export => return (SheetRole::Open, RoleBy::Known),
        // A column states the status of each row.
        HeaderForm::Emass => return (SheetRole::Open, RoleBy::Known),
        HeaderForm::Items | HeaderForm::Federal => {}
    }
    match role_in_name(name) {
        Some(role) => (role, RoleBy::Known),
        None => (SheetRole::Open, RoleBy::Assumed),
    }
}

/// Determines the purpose of rows by the name of their sheet or the title above them.
pub(super) fn role_in_name(name: &str) -> Option<SheetRole> {
    let known = normalize_text(name);
    let official = all_sheets().find(|sheet| {
        !matches!(sheet.role, SheetRole::Documentation | SheetRole::Fixed)
            && normalize_text(&sheet.name) == known
    });
    if let Some(sheet) = official {
        Some(sheet.role)
    } else if name_contains(&known, CLOSED) {
        Some(SheetRole::Closed)
    } else if name_contains(&known, &["configuration", "config"]) {
        Some(SheetRole::Configuration)
    } else if name_contains(&known, OPEN) {
        Some(SheetRole::Open)
    } else {
        None
    }
}

/// Determines the purpose of rows by a title above them: every word of it must name the purpose or
/// the rows. Other texts are remarks (`Closed in error, still open`), from which nothing follows.
pub(super) fn role_in_title(title: &str) -> Option<SheetRole> {
    let title = normalize_text(title);
    let mut words = title
        .split(|c: char| c.is_whitespace() || "-_&/".contains(c))
        .filter(|word| !word.is_empty());
    let is_plain =
        |word: &str| ROWS.contains(&word) || ["the", "all", "list", "of"].contains(&word);
    let is_title = words.all(|word| {
        let word = word.trim_end_matches(':');
        is_status_word(word) || is_plain(word) || is_configuration(word)
    });
    if is_title { role_in_name(title.trim_end_matches(':')) } else { None }
}

fn is_status_word(word: &str) -> bool {
    CLOSED.contains(&word) || OPEN.contains(&word)
}

fn is_configuration(word: &str) -> bool {
    ["configuration", "config"].contains(&word)
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
/// Words for the kind of rows: `closed configuration findings`.
const KINDS: &[&str] = &["config", "configuration", "documentation"];
/// Words between which and the rows nothing else is stated: `closed in 2025`.
const WHEN: &[&str] = &["as", "by", "during", "in", "of", "on", "out", "since"];

/// Returns whether one of the words describes the rows (`Closed items`, `poam-closed`), and not
/// something else (`closed-loop-system`) or its opposite (`Not closed`).
fn name_contains(name: &str, wanted: &[&str]) -> bool {
    let words: Vec<&str> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !word.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        wanted.contains(word)
            && before.is_none_or(|before| !["not", "non", "never", "to", "be"].contains(before))
            && match words.get(at + 1) {
                Some(next) => is_row_word(next) || WHEN.contains(next) || KINDS.contains(next),
                None => before.is_none_or(is_row_word),
            }
    })
}

fn is_row_word(word: &&str) -> bool {
    ROWS.contains(word)
}

/// Returns the layout whose columns the headers fit best, and the newest of those that fit as well.
pub(super) fn fitting_layout(headers: &[&Header]) -> &'static str {
    let form = |form: HeaderForm| headers.iter().all(|header| header.form == form);
    if form(HeaderForm::Federal) {
        return Layout::federal_layout().map_or("", |layout| layout.name.as_str());
    }
    if headers.iter().any(|header| header.form == HeaderForm::Emass) {
        return fitting_emass(headers);
    }
    let role =
        if form(HeaderForm::Documentation) { SheetRole::Documentation } else { SheetRole::Open };
    let seen: BTreeSet<Field> = headers
        .iter()
        .filter(|header| {
            (header.form == HeaderForm::Documentation) == (role == SheetRole::Documentation)
        })
        .flat_map(|header| header.fields.values().copied())
        .collect();
    let misfit = |layout: &&Layout| {
        let columns = layout.sheet(role).map_or(&[][..], |sheet| &sheet.columns);
        let has: BTreeSet<Field> = columns.iter().map(|column| column.field).collect();
        seen.symmetric_difference(&has).count()
    };
    Layout::all_layouts().iter().min_by_key(misfit).map_or("", |layout| layout.name.as_str())
}

/// Returns the form of eMASS whose columns the headers fit best.
fn fitting_emass(headers: &[&Header]) -> &'static str {
    let of_form = headers.iter().filter(|header| header.form == HeaderForm::Emass);
    let seen: BTreeSet<Field> =
        of_form.flat_map(|header| header.fields.values().copied()).collect();
    if !seen.contains(&Field::MilestoneDueDate) {
        return EMASS_21;
    }
    let misfit = |layout: &&Layout| {
        let columns = layout.sheet(SheetRole::Open).map_or(&[][..], |sheet| &sheet.columns);
        let has: BTreeSet<Field> = columns.iter().map(|column| column.field).collect();
        seen.symmetric_difference(&has).count()
    };
    Layout::emass_layouts().iter().min_by_key(misfit).map_or("", |layout| layout.name.as_str())
}

/// Returns the headers that are looked for: those of the newest layout.
pub(super) fn wanted_headers() -> Vec<String> {
    Layout::all_layouts()
        .first()
        .and_then(|layout| layout.sheet(SheetRole::Open))
        .map(|sheet| sheet.columns.iter().map(|column| column.header.clone()).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
