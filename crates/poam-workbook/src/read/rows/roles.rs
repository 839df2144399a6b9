//! Checks that the purposes of the sheets of a file are clear.

use crate::layout::SheetRole;
use crate::read::SourceRow;
use crate::read::error::ReadError;
use crate::read::recognise::RoleBy;

/// Purpose of a sheet with items, and the evidence for it.
pub(super) struct RoleSeen {
    pub(super) name: String,
    pub(super) role: SheetRole,
    pub(super) by: RoleBy,
    /// A column that states when something was closed.
    pub(super) closing: Option<String>,
    pub(super) has_status: bool,
}

/// Returns an error where nothing states whether the rows of a sheet are open or closed, and either
/// would be a guess: beside a sheet that states it, or where rows state when they were closed.
pub(super) fn check_clear(roles: &[RoleSeen], rows: &[SourceRow]) -> Result<(), ReadError> {
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
