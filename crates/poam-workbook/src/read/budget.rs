//! Limits on the amount that is read from one document.

use super::error::ReadError;
use super::value::SourceValue;

/// The most cells with a value that are taken from a document: 100,000 rows of 30.
const MAX_CELLS: usize = 3_000_000;
/// The most cells that are looked at, blank ones too.
const MAX_LOOKED_AT: usize = 24_000_000;
/// The most rows with a value that are taken from a document.
const MAX_ROWS: usize = 250_000;
/// The most bytes of text that are taken from a document. Cells may share a text in the file, and they do not
/// once they are read.
const MAX_TEXT: usize = 128 * 1024 * 1024;

/// Amounts that may still be read from a document.
pub(super) struct Budget {
    cells: usize,
    looked_at: usize,
    rows: usize,
    text: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { cells: MAX_CELLS, looked_at: MAX_LOOKED_AT, rows: MAX_ROWS, text: MAX_TEXT }
    }
}

impl Budget {
    /// Counts a cell, blank or not.
    pub(super) fn look_at_cell(&mut self) -> Result<(), ReadError> {
        take_budget(&mut self.looked_at, 1, MAX_LOOKED_AT, "cells")
    }

    /// Counts a value before it is retained.
    pub(super) fn take_cell(&mut self, value: &SourceValue) -> Result<(), ReadError> {
        let text = if let SourceValue::Text(text) = value { text.len() } else { 0 };
        self.take_text(text)?;
        take_budget(&mut self.cells, 1, MAX_CELLS, "cells with a value")
    }

    /// Counts bytes of text before they are retained.
    pub(super) fn take_text(&mut self, bytes: usize) -> Result<(), ReadError> {
        take_budget(&mut self.text, bytes, MAX_TEXT, "bytes of text")
    }

    /// Counts a row with a value before it is retained.
    pub(super) fn take_row(&mut self) -> Result<(), ReadError> {
        take_budget(&mut self.rows, 1, MAX_ROWS, "rows with a value")
    }
}

fn take_budget(
    left: &mut usize,
    count: usize,
    limit: usize,
    of_what: &str,
) -> Result<(), ReadError> {
    *left = left.checked_sub(count).ok_or_else(|| {
        ReadError::Bomb(format!("more than {limit} {of_what}; split it into several files"))
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_refused_with_the_limit() {
        let mut budget = Budget { cells: 2, looked_at: 3, rows: 1, text: 4 };
        let text = |text: &str| SourceValue::Text(text.to_owned());
        budget.take_cell(&text("abc")).unwrap();
        let error = budget.take_cell(&text("de")).unwrap_err().to_string();
        assert!(error.contains("134217728 bytes of text"), "{error}");
        budget.take_cell(&text("d")).unwrap();
        let error = budget.take_cell(&SourceValue::Number(1.0)).unwrap_err().to_string();
        assert!(error.contains("3000000 cells with a value"), "{error}");
        budget.take_row().unwrap();
        assert!(budget.take_row().is_err());
        for _ in 0..3 {
            budget.look_at_cell().unwrap();
        }
        assert!(budget.look_at_cell().is_err());
    }
}
