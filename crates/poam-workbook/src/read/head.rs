//! The values at the head of a sheet.

use super::grid::Grid;
use super::recognise::{Header, HeaderForm};
use super::value::{SourceValue, to_text};
use super::{ReadOptions, ReadingNote, date};
use crate::content::HeaderBlock;
use crate::template_text::{is_block, normalize_text};

/// Returns the values at the head of a sheet: each is one or two rows below its label.
pub(super) fn read_block(
    grid: &Grid,
    header: &Header,
    options: &ReadOptions,
    notes: &mut Vec<ReadingNote>,
) -> HeaderBlock {
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
    let date = date.and_then(|value| match date::parse_date(&options.settle_date(value.clone())) {
        Ok(date) => Some(date),
        Err(problem) => {
            let message = format!("the date at the head is left out: {problem}");
            notes.push(ReadingNote { sheet: grid.name.clone(), row: None, message });
            None
        }
    });
    HeaderBlock { provider, offering, impact_level, date }
}

fn trimmed_value(value: Option<&SourceValue>) -> Option<String> {
    value.map(|value| to_text(value).trim().to_owned())
}
