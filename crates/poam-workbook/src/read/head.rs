//! The values at the head of a sheet.

use chrono::NaiveDate;

use super::grid::Grid;
use super::recognise::{Header, HeaderForm};
use super::value::{SourceValue, to_text};
use super::{DateForms, ReadOptions, ReadingNote, date};
use crate::content::HeaderBlock;
use crate::template_text::{is_block, normalize_text};

/// Returns the values at the head of a sheet: each is one or two rows below its label.
pub(super) fn read_block(
    grid: &Grid,
    header: &Header,
    options: &ReadOptions,
    notes: &mut Vec<ReadingNote>,
) -> HeaderBlock {
    if header.form == HeaderForm::Emass {
        return read_emass_block(grid, header, options, notes);
    }
    let find = |labels: &[&str]| -> Option<&SourceValue> {
        for (row, cells) in grid.rows.range(..header.row) {
            for (column, value) in cells {
                if !labels.contains(&normalize_text(&to_text(value)).as_str()) {
                    continue;
                }
                // In 3.0 the row between explains; there the value is typed below or over it.
                let below = [row + 2, row + 1].into_iter().filter(|below| *below < header.row);
                let mut values = below.filter_map(|below| grid.rows.get(&below)?.get(column));
                return values.find(|value| !value.is_blank() && !is_block(&to_text(value)));
            }
        }
        None
    };
    // Those of a federal plan of action are words that are above every table.
    let labels = if header.form == HeaderForm::Federal {
        [&["organization"][..], &["system"], &["date"]]
    } else {
        [
            &["cloud service provider", "csp"][..],
            &["cloud service offering", "system name"],
            &["poa&m date", "poam date"],
        ]
    };
    let [provider, offering, date] = labels.map(find);
    let (provider, offering) = (trimmed_value(provider), trimmed_value(offering));
    let mut impact_level = trimmed_value(find(&["impact level"]));
    if provider.is_none() && offering.is_none() && date.is_none() {
        // The 2.1 template comes with `Low` among its placeholders.
        impact_level = impact_level.filter(|level| level != "Low");
    }
    let date = date.and_then(|value| settle_day(value, grid, options.dates, notes));
    HeaderBlock { provider, offering, impact_level, date, ..HeaderBlock::default() }
}

/// Returns the day at the head of a sheet; states why there is none where the cell is not blank.
fn settle_day(
    value: &SourceValue,
    grid: &Grid,
    dates: DateForms,
    notes: &mut Vec<ReadingNote>,
) -> Option<NaiveDate> {
    match date::parse_date_as(value, dates) {
        Ok(date) => Some(date),
        Err(problem) => {
            let message = format!("the date at the head is left out: {problem}");
            notes.push(ReadingNote { sheet: grid.name.clone(), row: None, message });
            None
        }
    }
}

/// Labels at the head of eMASS's form, of 2026 and before, with the names of their values.
const EMASS_LABELS: &[(&str, &str)] = &[
    ("date exported:", "date"),
    ("exported by:", "exported-by"),
    ("cc/s/a/fa:", "component"),
    ("dod component:", "component"),
    ("system / project name:", "system"),
    ("dow it registration no:", "registration-number"),
    ("dod it registration no:", "registration-number"),
    ("system type:", "system-type"),
    ("poc name:", "contact-name"),
    ("poc phone:", "contact-phone"),
    ("poc e-mail:", "contact-email"),
    ("omb project id:", "omb-project-id"),
    ("security costs:", "security-costs"),
];

/// Returns the values at the head of eMASS's form: each stands to the right of its label, in the next
/// cell that is not blank.
fn read_emass_block(
    grid: &Grid,
    header: &Header,
    options: &ReadOptions,
    notes: &mut Vec<ReadingNote>,
) -> HeaderBlock {
    let mut block = HeaderBlock::default();
    for (_, cells) in grid.rows.range(..header.row) {
        let mut name = None;
        for value in cells.values().filter(|value| !value.is_blank()) {
            let plain = normalize_text(&to_text(value));
            let label = EMASS_LABELS.iter().find(|(label, _)| *label == plain);
            if let Some((_, label)) = label {
                name = Some(*label);
                continue;
            }
            let text = trimmed_value(Some(value)).unwrap_or_default();
            match name.take() {
                Some("date") => {
                    block.date = settle_day(value, grid, options.dates.month_first(), notes);
                }
                Some("component") => block.provider = Some(text),
                Some("system") => block.offering = Some(text),
                Some(name) => _ = block.more.insert(name.to_owned(), text),
                None => {}
            }
        }
    }
    block
}

fn trimmed_value(value: Option<&SourceValue>) -> Option<String> {
    value.map(|value| to_text(value).trim().to_owned())
}
