//! Imports by the trailers at the end of commit messages.
//!
//! Documents are listed in the record of imports; trackers from before it was retained have them here
//! alone. Edited workbooks that were taken back (`--update`) are named only by their commits.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::record::ImportedDocument;
use crate::history::{DAY, DAY_UNKNOWN};
use crate::repository::{GitError, Repository, parse_trailers};

/// The trailer that states which part of an import a commit is: `2/3, 14 rows, 1 refused`.
pub(super) const PART: &str = "Poam-Import";
/// The trailer that names refused rows: `Open POA&M Items!12; …`.
pub(super) const REFUSED: &str = "Poam-Refused";
/// The most refused rows that a commit names.
pub(super) const MOST_REFUSED: usize = 200;

/// The imports that commits name.
#[derive(Debug, Clone, Default)]
pub struct CommittedImports {
    /// Documents that were imported to their end, oldest commit first.
    documents: Vec<ImportedDocument>,
    /// Edited workbooks that were taken back, by their digest, with the day.
    taken: HashMap<String, NaiveDate>,
    /// Whether any commit names a source.
    any: bool,
}

impl CommittedImports {
    /// Reads what the commits of a repository state.
    ///
    /// # Errors
    ///
    /// When the history cannot be read.
    pub fn read(repository: &Repository) -> Result<Self, GitError> {
        let mut imports = Self::default();
        let Some(head) = repository.head()? else { return Ok(imports) };
        let mut commits = repository.said_until(head)?;
        commits.reverse();
        for commit in commits {
            if commit.message.contains("Poam-Source-Id:") {
                imports.add_commit(&commit.message, commit.author.time.date_naive());
            }
        }
        Ok(imports)
    }

    fn add_commit(&mut self, message: &str, day: NaiveDate) {
        let trailers = parse_trailers(message);
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
        let (Some((number, of)), true) = (part.split_once('/'), !rest.is_empty()) else { return };
        if number != of {
            return;
        }
        let refused = match (get(REFUSED), rest.ends_with(", 0 refused")) {
            (_, true) => Some(Default::default()),
            (Some(rows), false) => Some(rows.split("; ").map(str::to_owned).collect()),
            (None, false) => None,
        };
        let rows = rest.split(' ').next().and_then(|rows| rows.parse().ok());
        let document = ImportedDocument {
            source: source.to_owned(),
            source_id: id.to_owned(),
            layout: String::new(),
            day: Some(day).filter(|_| {
                get("Poam-Reconstructed") == Some("true") && get(DAY) != Some(DAY_UNKNOWN)
            }),
            rows: rows.unwrap_or_default(),
            created: 0,
            changed: 0,
            closed: 0,
            refused,
        };
        let known = self.documents.iter().position(|known| known.source_id == id);
        match known.and_then(|place| self.documents.get_mut(place)) {
            Some(known) => *known = document,
            None => self.documents.push(document),
        }
    }

    /// The documents, in the order of their commits.
    pub(super) fn all_documents(&self) -> &[ImportedDocument] {
        &self.documents
    }

    /// Returns whether any commit names a source.
    pub(super) fn has_any(&self) -> bool {
        self.any
    }

    /// The day on which an edited workbook was taken back, by the digest of its file.
    pub fn taken_back(&self, source_id: &str) -> Option<NaiveDate> {
        self.taken.get(source_id).copied()
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
        let mut imports = CommittedImports::default();
        let last = |imports: &CommittedImports| imports.all_documents().last().cloned().unwrap();
        imports.add_commit(&message("1/2, 3 rows, 0 refused", ""), day);
        assert!(imports.has_any() && imports.all_documents().is_empty());
        imports.add_commit(&message("2/2, 3 rows, 0 refused", ""), day);
        assert!(last(&imports).has_accepted("Open!7"));
        assert_eq!((last(&imports).day, last(&imports).rows), (Some(day), 3));
        imports
            .add_commit(&message("1/1, 3 rows, 2 refused", "Poam-Refused: Open!7; Open!9\n"), day);
        assert!(last(&imports).has_accepted("Open!8") && !last(&imports).has_accepted("Open!7"));
        imports.add_commit(&message("1/1, 900 rows, 300 refused", ""), day);
        assert!(!last(&imports).has_accepted("Open!8"), "too many to name: all are looked at");
        imports.add_commit("x\n\nPoam-Source: b\nPoam-Source-Id: d\n", day);
        assert_eq!(imports.all_documents().len(), 1);
        assert_eq!((imports.taken_back("d"), imports.taken_back("abc")), (Some(day), None));
    }
}
