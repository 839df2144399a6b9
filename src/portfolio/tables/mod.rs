//! The tables: columns with their meaning and value, and how their files are laid out. One file a table.

pub(super) mod events;
pub(super) mod identifiers;
pub(super) mod items;
pub(super) mod milestones;
pub(super) mod months;
pub(super) mod snapshots;
pub(super) mod systems;
pub(super) mod triggers;

use std::sync::OnceLock;

use poam_parquet::{ParquetColumn, column_table};

use super::columns::descriptions;

/// Version of the tables: a column may be added with a new one, none is renamed or removed.
pub(super) const VERSION: u32 = 1;

/// A table of the export.
#[derive(Debug, Clone, Copy)]
pub struct TableDefinition {
    /// Its name, which is that of its folder.
    pub name: &'static str,
    /// Its meaning, and the meaning of a row.
    pub text: &'static str,
    /// Layout of its files.
    pub layout: TableLayout,
    columns: fn() -> Vec<ParquetColumn>,
    cell: &'static OnceLock<Vec<ParquetColumn>>,
}

/// Layout of the files of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableLayout {
    /// One file.
    Single,
    /// Systems spread over files by their names.
    Spread,
    /// A folder for each year and month.
    Monthly,
}

impl TableLayout {
    /// Returns the paths of the files, as a pattern.
    fn pattern(self, table: &str) -> String {
        match self {
            Self::Single | Self::Spread => format!("{table}/*.parquet"),
            Self::Monthly => format!("{table}/year=*/month=*/*.parquet"),
        }
    }
}

impl TableDefinition {
    /// Returns its columns, in the order of the files.
    pub fn columns(&self) -> &'static [ParquetColumn] {
        self.cell.get_or_init(self.columns)
    }

    /// Returns the stem of the file that the table has where it has no row.
    pub(super) fn empty_stem(&self) -> String {
        match self.layout {
            TableLayout::Single => format!("{0}/{0}", self.name),
            TableLayout::Spread => format!("{0}/{0}-0000", self.name),
            TableLayout::Monthly => format!("{0}/year=1970/month=1/{0}", self.name),
        }
    }
}

macro_rules! table {
    ($module:ident, $layout:ident, $text:literal) => {{
        static COLUMNS: OnceLock<Vec<ParquetColumn>> = OnceLock::new();
        TableDefinition {
            name: stringify!($module),
            text: $text,
            layout: TableLayout::$layout,
            columns: || descriptions(&$module::columns()),
            cell: &COLUMNS,
        }
    }};
}

/// All tables, in the order of the documentation.
pub static TABLES: [TableDefinition; 8] = [
    table!(
        systems,
        Single,
        "A row for each system of the portfolio, with its totals. The totals are those of `poam summary` for the \
         same commit and day."
    ),
    table!(
        items,
        Spread,
        "A row for each item as the commit has it, with where it stands on the day `as_of`. Sorted by system and item."
    ),
    table!(
        milestones,
        Spread,
        "A row for each milestone of an item. Sorted by system, item and number."
    ),
    table!(
        identifiers,
        Spread,
        "A row for each name by which an item can be found again in other systems: CVE, identifier of the scanner, \
         name of the weakness, control. It saves views from taking lists apart, which every engine writes otherwise."
    ),
    table!(
        events,
        Monthly,
        "A row for each event of the audit log (`poam log`), append-only. `year` and `month` are those of `event_day`; \
         they are in the path and not in the files. Sorted by system, item and sequence."
    ),
    table!(
        triggers,
        Single,
        "A row for each of FedRAMP's escalation triggers that is realized in a system, and for each that only vendor \
         dependencies avert. As in `poam summary`."
    ),
    table!(snapshots, Single, "A row for each submission that was frozen (`poam snapshot`)."),
    table!(
        months,
        Spread,
        "A row for each month of a system that the commits tell of, up to the day of the numbers: all months of which \
         the trend of `poam summary` has the last six."
    ),
];

/// Finds a table by its name.
pub(super) fn find(name: &str) -> Option<&'static TableDefinition> {
    TABLES.iter().find(|table| table.name == name)
}

/// Returns the page of all tables, as Markdown.
pub fn page() -> String {
    let mut out = String::from(PAGE);
    for table in &TABLES {
        let files = table.layout.pattern(table.name);
        out.push_str(&format!("\n## {}\n\n{}\n\nFiles: `{files}`.\n\n", table.name, table.text));
        out.push_str(&column_table(table.columns()));
    }
    out
}

/// The beginning of the page.
const PAGE: &str = "\
# Tables of a portfolio

`poam portfolio export -o DIR` writes these tables as Parquet, version 1. Columns are only added, never renamed or removed.

- Every column may be null: the source does not say it. `systems.lacking` lists what the source of a system never says.
- Dates are `DATE`. Instants are `TIMESTAMP` in UTC, in microseconds. Lists are `LIST` of texts. JSON columns are texts.
- `system` and `item` together name an item; ids are unique in one system only.
- Numbers are for the day `as_of`. A system that could not be read keeps the rows and the day of the last export that read it,
  and says why in `systems.read_error`.
- `poam-portfolio.json` names every file with its rows, size and SHA-256. The same commits, day and version of the program give
  the same bytes.
";

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that some engine does not take as the name of a column.
    const KEYWORDS: [&str; 12] = [
        "at", "by", "commit", "day", "from", "group", "month", "order", "table", "user", "values",
        "year",
    ];

    #[test]
    fn columns_have_plain_names_that_are_unique() {
        for table in &TABLES {
            let mut names: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
            for column in table.columns() {
                let name = column.name;
                let is_plain = |c: char| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit();
                assert!(name.chars().all(is_plain), "{name}");
                assert!(!KEYWORDS.contains(&name), "{}.{name}", table.name);
                assert!(!column.text.is_empty() && !column.text.contains('|'), "{name}");
            }
            assert_eq!(names[0], "system");
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}", table.name);
        }
    }

    /// Checks the published page. `POAM_ACCEPT=1 cargo test` writes it again.
    #[test]
    fn the_published_page_agrees_with_the_columns() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/portfolio.md");
        if std::env::var_os("POAM_ACCEPT").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            published == page(),
            "schema/portfolio.md is not what the columns say; accept with: POAM_ACCEPT=1 cargo test --lib portfolio"
        );
    }
}
