use chrono::NaiveDate;

/// What the names of all snapshots begin with.
const START: &str = "poam/";

/// The name of the snapshot of a month: `poam/2026-11`; for a tracker in a folder of the repository
/// (with a `/` at its end) `poam/FOLDER/2026-11`.
pub fn name(folder: &str, day: NaiveDate) -> String {
    full_name(folder, &day.format("%Y-%m").to_string())
}

/// The whole name of a snapshot as a person types it: with or without what all begin with.
pub fn full_name(folder: &str, typed: &str) -> String {
    if typed.starts_with(START) { typed.to_owned() } else { start(folder) + typed }
}

/// What the names of a tracker's snapshots begin with.
pub(super) fn start(folder: &str) -> String {
    format!("{START}{folder}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole() {
        let day = "2026-11-22".parse().unwrap();
        assert_eq!(name("", day), "poam/2026-11");
        assert_eq!(name("systems/a/", day), "poam/systems/a/2026-11");
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
