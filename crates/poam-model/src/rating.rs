//! The risk rating of an item: low, moderate, high or critical.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Danger of a weakness, as rated by the scanner, the assessor or a risk analysis.
///
/// The FedRAMP workbook knows low, moderate and high; critical is a scanner's word that shares
/// the deadline of high there, and is kept here because nothing that a source says is lost.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RiskRating {
    /// Low.
    Low,
    /// Moderate; scanners say medium.
    Moderate,
    /// High.
    High,
    /// Critical; counts as high in the workbook.
    Critical,
}

impl RiskRating {
    /// All ratings, from the lowest.
    pub const ALL: [Self; 4] = [Self::Low, Self::Moderate, Self::High, Self::Critical];

    /// Returns the word in an item's file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Returns the rating that the workbook can show: critical is shown as high.
    pub fn in_workbook(self) -> Self {
        if self == Self::Critical { Self::High } else { self }
    }
}

impl fmt::Display for RiskRating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RiskRating {
    type Err = String;

    /// Reads the words of items, scanners and checklists, in any spelling: `Medium` and `CAT II` are
    /// moderate. [`words::find_rating`](super::words::rating) has the table.
    fn from_str(text: &str) -> Result<Self, String> {
        super::words::find_rating(text).ok_or_else(|| {
            match super::words::to_comparable(text).as_str() {
                // Some registers put these among the high, others call them critical.
                "cat-i" | "cati" | "cat-1" | "category-i" | "very-high" => {
                    format!("`{text}` can be high or critical: write one of the two")
                }
                _ => format!("`{text}` is not one of low, moderate, high, critical"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_ratings() {
        for rating in RiskRating::ALL {
            assert_eq!(rating.as_str().parse(), Ok(rating));
            assert_eq!(serde_json::to_value(rating).unwrap(), rating.as_str());
        }
        assert_eq!(" Medium ".parse(), Ok(RiskRating::Moderate));
        assert!("severe".parse::<RiskRating>().is_err());
        assert!(RiskRating::Critical > RiskRating::High);
    }
}
