//! What was imported before: the facts at the end of the commits that did it.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use crate::repository::{GitError, Repository, trailers};

/// The trailer that says which part of an import a commit is: `2/3, 14 rows, 1 refused`.
pub(super) const PART: &str = "Poam-Import";
/// The trailer that names refused rows: `Open POA&M Items!12; …`.
pub(super) const REFUSED: &str = "Poam-Refused";
/// The most refused rows that a commit names.
pub(super) const MOST_REFUSED: usize = 200;

/// What was imported before, by the digest of the document.
#[derive(Debug, Clone, Default)]
pub struct Done {
    whole: HashMap<String, Before>,
    /// Edited workbooks that were taken back, by their digest, with the day.
    taken: HashMap<String, NaiveDate>,
    /// Whether anything was imported.
    any: bool,
    /// The latest day of a document that was imported, with its name.
    latest: Option<(NaiveDate, String)>,
}

/// How a document was imported before, to its end.
#[derive(Debug, Clone, Default)]
pub(super) struct Before {
    /// Rows that were refused then; none where they were too many to name.
    refused: Option<BTreeSet<String>>,
}

impl Done {
    /// Reads what the commits of a repository say.
    pub fn read(repository: &Repository) -> Result<Self, GitError> {
        let mut done = Self::default();
        let Some(head) = repository.head()? else { return Ok(done) };
        for said in repository.said_until(head)? {
            if said.message.contains("Poam-Source-Id:") {
                done.take(&said.message, said.time.date_naive());
            }
        }
        Ok(done)
    }

    fn take(&mut self, message: &str, day: NaiveDate) {
        let trailers = trailers(message);
        let get = |key: &str| {
            let found = trailers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
            found.map(|(_, value)| value.as_str())
        };
        let (Some(source), Some(id)) = (get("Poam-Source"), get("Poam-Source-Id")) else { return };
        self.any = true;
        if get(PART).is_none() {
            self.taken.insert(id.to_owned(), day);
        }
        let Some((part, rest)) = get(PART).and_then(|part| part.split_once(", ")) else { return };
        if get("Poam-Reconstructed") == Some("true")
            && self.latest.as_ref().is_none_or(|(latest, _)| day > *latest)
        {
            self.latest = Some((day, source.to_owned()));
        }
        let (Some((number, of)), true) = (part.split_once('/'), !rest.is_empty()) else { return };
        if number == of {
            let refused = match (get(REFUSED), rest.ends_with(", 0 refused")) {
                (_, true) => Some(BTreeSet::new()),
                (Some(rows), false) => Some(rows.split("; ").map(str::to_owned).collect()),
                (None, false) => None,
            };
            self.whole.insert(id.to_owned(), Before { refused });
        }
    }

    pub(super) fn before(&self, source_id: &str) -> Option<&Before> {
        self.whole.get(source_id)
    }

    /// The day on which an edited workbook was taken back, by the digest of its file.
    pub fn taken_back(&self, source_id: &str) -> Option<NaiveDate> {
        self.taken.get(source_id).copied()
    }

    /// From now on something is here that was imported.
    pub(super) fn begun(&mut self) {
        self.any = true;
    }

    /// Whether anything was imported before.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    pub(super) fn latest(&self) -> Option<&(NaiveDate, String)> {
        self.latest.as_ref()
    }
}

impl Before {
    /// Whether a row went in, or was found to be in.
    pub(super) fn has(&self, row: &str) -> bool {
        self.refused.as_ref().is_some_and(|refused| !refused.contains(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_part_ends_an_import() {
        let message = |part: &str, more: &str| {
            format!(
                "import\n\nPoam-Reconstructed: true\nPoam-Source: a.xlsx\nPoam-Source-Id: abc\nPoam-Import: {part}\n{more}"
            )
        };
        let day = "2026-05-04".parse().unwrap();
        let mut done = Done::default();
        done.take(&message("1/2, 3 rows, 0 refused", ""), day);
        assert!(done.any() && done.before("abc").is_none());
        done.take(&message("2/2, 3 rows, 0 refused", ""), day);
        assert!(done.before("abc").unwrap().has("Open!7"));
        assert_eq!(done.latest(), Some(&(day, "a.xlsx".to_owned())));
        done.take(&message("1/1, 3 rows, 2 refused", "Poam-Refused: Open!7; Open!9\n"), day);
        let before = done.before("abc").unwrap();
        assert!(before.has("Open!8") && !before.has("Open!7"));
        done.take(&message("1/1, 900 rows, 300 refused", ""), day);
        assert!(!done.before("abc").unwrap().has("Open!8"), "too many to name: all are looked at");
        done.take("x\n\nPoam-Source: b\nPoam-Source-Id: d\n", day);
        assert!(done.before("d").is_none());
        assert_eq!((done.taken_back("d"), done.taken_back("abc")), (Some(day), None));
    }
}
