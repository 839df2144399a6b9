//! Conflict marks: comment lines around a value that both sides changed.

use super::SideNames;

/// The beginning of the comment line at which a conflict begins.
pub const CONFLICT_COMMENT: &str = "# <<<<<<< ";

const OURS: &str = "# <<<<<<<";
const MIDDLE: &str = "# =======";
const THEIRS: &str = "# >>>>>>>";

/// Lines of a conflict: those above the value of ours, and those below it.
pub(super) struct ConflictLines {
    pub(super) above: Vec<String>,
    pub(super) below: Vec<String>,
}

/// Builds the lines around our value. `theirs` are the lines of their value, none where they removed it.
pub(super) fn mark_conflict(
    names: &SideNames,
    ours_is_there: bool,
    theirs: Option<&[String]>,
) -> ConflictLines {
    let mut above = vec![format!("{OURS} {}", names.ours)];
    if !ours_is_there {
        above.push(format!("# (removed in {})", names.ours));
    }
    let mut below = vec![MIDDLE.to_owned()];
    match theirs {
        Some(lines) => {
            below.extend(lines.iter().map(|line| format!("# {line}").trim_end().to_owned()))
        }
        None => below.push(format!("# (removed in {})", names.theirs)),
    }
    below.push(format!("{THEIRS} {}", names.theirs));
    ConflictLines { above, below }
}

/// Returns whether lines hold the mark that begins a conflict, in a comment.
pub(super) fn has_conflict_marks<'a>(lines: impl IntoIterator<Item = &'a str>) -> bool {
    lines.into_iter().any(|line| line.trim_start().starts_with(OURS))
}
