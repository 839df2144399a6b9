//! Whether it is clear what the sheets of a file are for.

use crate::workbook::layout::SheetRole;
use crate::workbook::read::SourceRow;
use crate::workbook::read::error::ReadError;
use crate::workbook::read::recognise::RoleBy;

/// What a sheet with items is for, and what says so.
pub(super) struct RoleSeen {
    pub(super) name: String,
    pub(super) role: SheetRole,
    pub(super) by: RoleBy,
    /// A column that says when something was closed.
    pub(super) closing: Option<String>,
    pub(super) has_status: bool,
}

/// An error where nothing says whether the rows of a sheet are open or closed, and either would be a
/// guess: beside a sheet that says it, or where rows say when they were closed.
pub(super) fn clear(roles: &[RoleSeen], rows: &[SourceRow]) -> Result<(), ReadError> {
    let told = roles.iter().find(|seen| {
        seen.by == RoleBy::Known && matches!(seen.role, SheetRole::Open | SheetRole::Closed)
    });
    for seen in roles.iter().filter(|seen| seen.by == RoleBy::Assumed && !seen.has_status) {
        let closing = seen.closing.as_ref().filter(|header| {
            let filled = |row: &SourceRow| row.extra.iter().any(|(other, _)| other == *header);
            rows.iter().filter(|row| row.sheet == seen.name).any(filled)
        });
        let why = match (closing, told) {
            (Some(header), _) => format!(
                "rows of it have a `{header}`, which --map \"{header}=completion-date\" reads"
            ),
            (None, Some(told)) => {
                format!("the sheet `{}` is for {} items", told.name, told.role)
            }
            (None, None) => continue,
        };
        return Err(ReadError::UnclearSheet { sheet: seen.name.clone(), why });
    }
    Ok(())
}
