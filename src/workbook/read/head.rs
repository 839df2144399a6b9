//! The values at the head of a sheet.

use super::grid::Grid;
use super::recognise::{Form, Header};
use super::value::{SourceValue, text};
use super::{Note, Options, date};
use crate::workbook::content::HeaderBlock;
use crate::workbook::template_text::{is_block, normal};

/// The values at the head of a sheet: each stands one or two rows below its label.
pub(super) fn block(
    grid: &Grid,
    header: &Header,
    options: &Options,
    notes: &mut Vec<Note>,
) -> HeaderBlock {
    let find = |labels: &[&str]| -> Option<&SourceValue> {
        for (row, cells) in grid.rows.range(..header.row) {
            for (column, value) in cells {
                if !labels.contains(&normal(&text(value)).as_str()) {
                    continue;
                }
                // In 3.0 the row between explains; there the value is typed below or over it.
                let below = [row + 2, row + 1].into_iter().filter(|below| *below < header.row);
                let mut values = below.filter_map(|below| grid.rows.get(&below)?.get(column));
                return values.find(|value| !value.is_blank() && !is_block(&text(value)));
            }
        }
        None
    };
    let as_text = |value: Option<&SourceValue>| value.map(|value| text(value).trim().to_owned());
    // Those of a federal plan of action are words that stand above every table.
    let labels = if header.form == Form::Federal {
        [&["organization"][..], &["system"], &["date"]]
    } else {
        [
            &["cloud service provider", "csp"][..],
            &["cloud service offering", "system name"],
            &["poa&m date", "poam date"],
        ]
    };
    let [provider, offering, date] = labels.map(find);
    let (provider, offering) = (as_text(provider), as_text(offering));
    let mut impact_level = as_text(find(&["impact level"]));
    if provider.is_none() && offering.is_none() && date.is_none() {
        // The 2.1 template comes with `Low` among its placeholders.
        impact_level = impact_level.filter(|level| level != "Low");
    }
    let date = date.and_then(|value| match date::parse_date(&options.settle(value.clone())) {
        Ok(date) => Some(date),
        Err(problem) => {
            let message = format!("the date at the head is left out: {problem}");
            notes.push(Note { sheet: grid.name.clone(), row: None, message });
            None
        }
    });
    HeaderBlock { provider, offering, impact_level, date }
}
