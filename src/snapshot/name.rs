//! Names of snapshots: the tag of a month, and the prefix of a tracker in a folder.

use chrono::NaiveDate;

/// Prefix of the names of all snapshots.
const START: &str = "poam/";

/// Returns the name of the snapshot of a month: `poam/2026-11`; for a tracker in a folder of the
/// repository (with a `/` at its end) `poam/FOLDER/2026-11`.
pub fn month_name(folder: &str, day: NaiveDate) -> String {
    full_name(folder, &day.format("%Y-%m").to_string())
}

/// Returns the full name of a snapshot as a person types it: with or without what all begin with.
pub fn full_name(folder: &str, typed: &str) -> String {
    if typed.starts_with(START) { typed.to_owned() } else { name_prefix(folder) + typed }
}

/// Returns the prefix of the names of a tracker's snapshots.
pub(super) fn name_prefix(folder: &str) -> String {
    format!("{START}{folder}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole() {
        let day = "2026-11-22".parse().unwrap();
        assert_eq!(month_name("", day), "poam/2026-11");
        assert_eq!(month_name("systems/a/", day), "poam/systems/a/2026-11");
        for (folder, typed, whole) in [
            ("", "2026-11", "poam/2026-11"),
            ("", "poam/2026-11", "poam/2026-11"),
            ("a/", "sar", "poam/a/sar"),
            ("a/", "poam/sar", "poam/sar"),
        ] {
            assert_eq!(full_name(folder, typed), whole);
        }
    }
}
