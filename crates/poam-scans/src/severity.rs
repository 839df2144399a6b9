//! The scale of severities that all formats are read into.

/// Severity of a result by the scanner. The order is from the least to the most severe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file does not state.
    Unknown,
    /// Information, no weakness.
    Informational,
    /// Low.
    Low,
    /// Moderate, called medium by most scanners.
    Moderate,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Severity {
    /// Reads the word of a scanner, whatever its case: `MEDIUM`, `CAT II`, `important`.
    /// A word that is not known is [`Severity::Unknown`].
    pub fn from_word(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "critical" | "urgent" | "fatal" => Self::Critical,
            "high" | "important" | "serious" | "cat i" | "cat1" | "i" => Self::High,
            "medium" | "moderate" | "cat ii" | "cat2" | "ii" => Self::Moderate,
            "low" | "minor" | "negligible" | "minimal" | "unimportant" | "cat iii" | "cat3"
            | "iii" => Self::Low,
            "info" | "informational" | "information" | "none" | "note" => Self::Informational,
            _ => Self::Unknown,
        }
    }

    /// Reads a CVSS base score by the qualitative scale of CVSS 3.1, section 5.
    /// A number outside 0 to 10 is [`Severity::Unknown`].
    pub fn from_cvss(score: f64) -> Self {
        match score {
            s if !(0.0..=10.0).contains(&s) => Self::Unknown,
            s if s >= 9.0 => Self::Critical,
            s if s >= 7.0 => Self::High,
            s if s >= 4.0 => Self::Moderate,
            s if s > 0.0 => Self::Low,
            _ => Self::Informational,
        }
    }

    /// The name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Severity;

    #[test]
    fn scores_follow_the_table_of_cvss() {
        let table = [
            (0.0, Severity::Informational),
            (0.1, Severity::Low),
            (3.9, Severity::Low),
            (4.0, Severity::Moderate),
            (6.9, Severity::Moderate),
            (7.0, Severity::High),
            (8.9, Severity::High),
            (9.0, Severity::Critical),
            (10.0, Severity::Critical),
            (-1.0, Severity::Unknown),
            (f64::NAN, Severity::Unknown),
        ];
        for (score, expected) in table {
            assert_eq!(Severity::from_cvss(score), expected, "{score}");
        }
    }

    #[test]
    fn words_of_several_scanners_are_known() {
        for (word, expected) in [
            ("MEDIUM", Severity::Moderate),
            (" Important ", Severity::High),
            ("CAT III", Severity::Low),
            ("None", Severity::Informational),
            ("UNTRIAGED", Severity::Unknown),
        ] {
            assert_eq!(Severity::from_word(word), expected, "{word}");
        }
    }
}
