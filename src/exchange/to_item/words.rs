//! Words of a row's cells: statuses, ratings and answers, as a person or the table of words states.

use super::{Refused, RowReader};
use crate::model::words::{self, Answer};
use crate::model::{RiskRating, Status};
use crate::workbook::Field;

impl RowReader<'_> {
    /// Returns the status that a column of another layout states, in the words of items and of other
    /// tools, and whether items with it are closed. What a person states of a word goes before all
    /// that.
    pub(super) fn status(&self) -> Result<Option<(Status, bool)>, Refused> {
        let Some(text) = self.text(Field::Status) else { return Ok(None) };
        if let Some(meaning) = self.assumed.statuses.iter().find(|meaning| meaning.is_of(&text)) {
            return Ok(Some((meaning.status.clone(), meaning.closed)));
        }
        let status = match words::find_status(&text) {
            Some(status) => status,
            None => {
                let word = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let reason = format!(
                    "`{word}` is not a known status ({}, or Active, Ongoing, Resolved, Completed): say what it means with --map-status \"{word}=STATUS\", or leave the column out of --map",
                    Status::BUILT_IN.join(", "),
                );
                return Err(self.refuse(Field::Status, reason));
            }
        };
        let closed = status == Status::CLOSED;
        let status = status.parse().map_err(|error: String| self.refuse(Field::Status, error))?;
        Ok(Some((status, closed)))
    }

    pub(super) fn rating(&self, assumed: Option<RiskRating>) -> Result<RiskRating, Refused> {
        match self.text(Field::OriginalRiskRating) {
            Some(text) => self.rating_in(Field::OriginalRiskRating, &text),
            None => assumed.ok_or_else(|| {
                self.refuse(
                    Field::OriginalRiskRating,
                    "the row has no risk rating: fill the cell, or say --assume-risk RATING",
                )
            }),
        }
    }

    /// Returns the rating that a cell states.
    pub(super) fn rating_in(&self, field: Field, text: &str) -> Result<RiskRating, Refused> {
        self.assumed.rating_of(text).ok_or_else(|| {
            let word = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let reason = format!(
                "`{word}` is not one of low, moderate, high, critical: say what it means with --map-risk \"{word}=RATING\""
            );
            self.refuse(field, reason)
        })
    }

    /// Reads a Yes/No/Pending column; nothing where it is blank.
    pub(super) fn answer(&self, field: Field, known: &str) -> Result<Option<Answer>, Refused> {
        let Some(text) = self.situational(field) else { return Ok(None) };
        let answer = self.assumed.answer_of(&text);
        let answer =
            answer.filter(|answer| *answer != Answer::Pending || known.contains("Pending"));
        match answer {
            Some(answer) => Ok(Some(answer)),
            None => {
                let word = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let reason = format!(
                    "`{word}` is none of {known}: say what it means with --map-yes-no \"{word}=ANSWER\" (yes, no or pending)"
                );
                Err(self.refuse(field, reason))
            }
        }
    }

    pub(super) fn yes_no(&self, field: Field) -> Result<Option<bool>, Refused> {
        Ok(self.answer(field, "Yes, No")?.map(|answer| answer == Answer::Yes))
    }
}
