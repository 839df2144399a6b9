//! The words that people use for statuses, ratings and Yes/No beside the canonical ones.
//!
//! One table for commands, filters, item files and imports: a word that one of them takes, all of
//! them take. Files are written with the canonical words. What is not in the table is not guessed:
//! [`find_status`], [`find_rating`] and [`find_answer`] return `None`, and the caller names the known words.

use super::{DeviationState, DeviationType, Kind, MilestoneStatus, RiskRating, Status};

/// Words for statuses, as [`to_comparable`] writes them, with the status that each means.
const STATUSES: [(&str, &str); 23] = [
    ("active", Status::OPEN),
    ("new", Status::OPEN),
    ("not-started", Status::OPEN),
    ("reopened", Status::OPEN),
    ("re-opened", Status::OPEN),
    ("inprogress", Status::IN_PROGRESS),
    ("ongoing", Status::IN_PROGRESS),
    ("on-going", Status::IN_PROGRESS),
    ("started", Status::IN_PROGRESS),
    ("work-in-progress", Status::IN_PROGRESS),
    ("pending-verification", Status::PENDING_VALIDATION),
    ("delayed", Status::DEFERRED),
    ("postponed", Status::DEFERRED),
    ("accepted", Status::RISK_ACCEPTED),
    ("accepted-risk", Status::RISK_ACCEPTED),
    ("risk-acceptance", Status::RISK_ACCEPTED),
    ("accept-risk", Status::RISK_ACCEPTED),
    ("completed", Status::CLOSED),
    ("complete", Status::CLOSED),
    ("remediated", Status::CLOSED),
    ("resolved", Status::CLOSED),
    ("closed-out", Status::CLOSED),
    ("done", Status::CLOSED),
];

/// Words for ratings, as [`to_comparable`] writes them.
///
/// `CAT I` and `Very High` are not here: they are high in some registers and critical in others.
const RATINGS: [(&str, RiskRating); 12] = [
    ("medium", RiskRating::Moderate),
    ("med", RiskRating::Moderate),
    ("mod", RiskRating::Moderate),
    ("cat-ii", RiskRating::Moderate),
    ("category-ii", RiskRating::Moderate),
    ("cat-2", RiskRating::Moderate),
    ("catii", RiskRating::Moderate),
    ("cat-iii", RiskRating::Low),
    ("category-iii", RiskRating::Low),
    ("cat-3", RiskRating::Low),
    ("catiii", RiskRating::Low),
    ("crit", RiskRating::Critical),
];

/// Words for kinds of items, as [`to_comparable`] writes them.
const KINDS: [(&str, Kind); 8] = [
    ("vulnerability", Kind::Weakness),
    ("configuration-finding", Kind::Configuration),
    ("config", Kind::Configuration),
    ("cm-6", Kind::Configuration),
    ("documentation-finding", Kind::Documentation),
    ("document", Kind::Documentation),
    ("doc", Kind::Documentation),
    ("pl-2", Kind::Documentation),
];

/// Words for kinds of deviations, as [`to_comparable`] writes them.
const DEVIATIONS: [(&str, DeviationType); 7] = [
    ("fp", DeviationType::FalsePositive),
    ("false-positives", DeviationType::FalsePositive),
    ("ra", DeviationType::RiskAdjustment),
    ("risk-adjusted", DeviationType::RiskAdjustment),
    ("or", DeviationType::OperationalRequirement),
    ("operational-requirements", DeviationType::OperationalRequirement),
    ("operationally-required", DeviationType::OperationalRequirement),
];

/// Words for where a milestone is, as [`to_comparable`] writes them.
const MILESTONES: [(&str, MilestoneStatus); 13] = [
    ("open", MilestoneStatus::Pending),
    ("planned", MilestoneStatus::Pending),
    ("not-started", MilestoneStatus::Pending),
    ("active", MilestoneStatus::Pending),
    ("inprogress", MilestoneStatus::InProgress),
    ("ongoing", MilestoneStatus::InProgress),
    ("started", MilestoneStatus::InProgress),
    ("complete", MilestoneStatus::Completed),
    ("done", MilestoneStatus::Completed),
    ("closed", MilestoneStatus::Completed),
    ("finished", MilestoneStatus::Completed),
    ("canceled", MilestoneStatus::Cancelled),
    ("dropped", MilestoneStatus::Cancelled),
];

/// Meaning of a word in a Yes/No/Pending column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is so; of a deviation: it was approved.
    Yes,
    /// It is not so.
    No,
    /// It was asked for and is not decided.
    Pending,
}

impl Answer {
    /// Returns the word in small letters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Pending => "pending",
        }
    }
}

/// Words for answers, as [`to_comparable`] writes them.
const ANSWERS: [(&str, Answer); 12] = [
    ("yes", Answer::Yes),
    ("y", Answer::Yes),
    ("true", Answer::Yes),
    ("approved", Answer::Yes),
    ("no", Answer::No),
    ("n", Answer::No),
    ("false", Answer::No),
    ("pending", Answer::Pending),
    ("requested", Answer::Pending),
    ("submitted", Answer::Pending),
    ("pending-approval", Answer::Pending),
    ("in-review", Answer::Pending),
];

/// Returns the word with small letters, and one hyphen for each run of blanks, line breaks,
/// underscores and hyphens. A line break may also be written as `\n`.
pub fn to_comparable(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for part in word.replace("\\n", "\n").split(|c: char| c.is_whitespace() || c == '_' || c == '-')
    {
        if part.is_empty() {
            continue;
        }
        if !plain.is_empty() {
            plain.push('-');
        }
        plain.extend(part.chars().flat_map(char::to_lowercase));
    }
    plain
}

/// Returns the built-in status that a word means: its own name in any spelling, or a synonym.
pub fn find_status(word: &str) -> Option<&'static str> {
    let word = to_comparable(word);
    let named = Status::BUILT_IN.into_iter().find(|status| *status == word);
    named.or_else(|| look_up(&STATUSES, &word))
}

/// Returns the rating that a word means.
pub fn find_rating(word: &str) -> Option<RiskRating> {
    let word = to_comparable(word);
    let named = RiskRating::ALL.into_iter().find(|rating| rating.as_str() == word);
    named.or_else(|| look_up(&RATINGS, &word))
}

/// Returns what a word of a Yes/No/Pending column states.
pub fn find_answer(word: &str) -> Option<Answer> {
    look_up(&ANSWERS, &to_comparable(word))
}

/// Returns the kind of item that a word means.
pub fn find_kind(word: &str) -> Option<Kind> {
    let word = to_comparable(word);
    let named = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
    named.or_else(|| look_up(&KINDS, &word))
}

/// Returns the kind of deviation that a word means.
pub fn find_deviation(word: &str) -> Option<DeviationType> {
    let word = to_comparable(word);
    let named = DeviationType::ALL.into_iter().find(|kind| kind.as_str() == word);
    named.or_else(|| look_up(&DEVIATIONS, &word))
}

/// Returns the state of a deviation that a word means.
pub fn deviation_state(word: &str) -> Option<DeviationState> {
    match to_comparable(word).as_str() {
        "denied" | "rejected" => Some(DeviationState::Denied),
        "withdrawn" => Some(DeviationState::Withdrawn),
        word => match look_up(&ANSWERS, word)? {
            Answer::Yes => Some(DeviationState::Approved),
            Answer::No => Some(DeviationState::Denied),
            Answer::Pending => Some(DeviationState::Pending),
        },
    }
}

/// Returns where a milestone is by a word.
pub fn milestone_status(word: &str) -> Option<MilestoneStatus> {
    let word = to_comparable(word);
    let named = MilestoneStatus::ALL.into_iter().find(|status| status.as_str() == word);
    named.or_else(|| look_up(&MILESTONES, &word))
}

/// Returns the words that mean a status besides its own name, as they are compared.
pub fn of_status(status: &str) -> impl Iterator<Item = &'static str> {
    STATUSES.into_iter().filter(move |(_, meant)| *meant == status).map(|(word, _)| word)
}

fn look_up<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_field_mean_statuses_in_any_spelling() {
        for (word, expected) in [
            ("Active", "open"),
            ("NEW", "open"),
            ("In Progress", "in-progress"),
            ("in_progress", "in-progress"),
            ("InProgress", "in-progress"),
            ("Ongoing", "in-progress"),
            ("Pending\nValidation", "pending-validation"),
            ("pending approval ", "pending-approval"),
            ("Deferred", "deferred"),
            ("Delayed", "deferred"),
            ("Risk Accepted", "risk-accepted"),
            ("Risk\u{a0}Acceptance", "risk-accepted"),
            ("Resolved", "closed"),
            ("Closed", "closed"),
            ("Completed", "closed"),
            ("Remediated", "closed"),
        ] {
            assert_eq!(find_status(word), Some(expected), "{word}");
        }
        for word in ["", "bogus", "Mitigated", "not closed", "Open?"] {
            assert_eq!(find_status(word), None, "{word}");
        }
        assert!(of_status("closed").any(|word| word == "resolved"));
    }

    #[test]
    fn words_of_the_field_mean_ratings() {
        for (word, expected) in [
            ("Low", RiskRating::Low),
            (" MEDIUM ", RiskRating::Moderate),
            ("MED", RiskRating::Moderate),
            ("CAT II", RiskRating::Moderate),
            ("cat-iii", RiskRating::Low),
            ("Critical", RiskRating::Critical),
        ] {
            assert_eq!(find_rating(word), Some(expected), "{word}");
        }
        for word in ["", "CAT I", "Very High", "Very Low", "Informational", "severe", "3"] {
            assert_eq!(find_rating(word), None, "{word}");
        }
    }

    #[test]
    fn words_of_the_field_say_yes_no_or_pending() {
        assert_eq!(find_answer("Y"), Some(Answer::Yes));
        assert_eq!(find_answer(" no "), Some(Answer::No));
        assert_eq!(find_answer("Pending Approval"), Some(Answer::Pending));
        assert_eq!(find_answer("maybe"), None);
    }

    #[test]
    fn words_of_the_field_mean_kinds_and_states() {
        assert_eq!(find_kind("Configuration Finding"), Some(Kind::Configuration));
        assert_eq!(find_deviation("FP"), Some(DeviationType::FalsePositive));
        assert_eq!(
            find_deviation("Operational Requirement"),
            Some(DeviationType::OperationalRequirement)
        );
        assert_eq!(find_deviation("VD"), None, "a vendor dependency is no deviation");
        assert_eq!(deviation_state("Rejected"), Some(DeviationState::Denied));
        assert_eq!(deviation_state("Withdrawn"), Some(DeviationState::Withdrawn));
        assert_eq!(deviation_state("Submitted"), Some(DeviationState::Pending));
        assert_eq!(milestone_status("Not Started"), Some(MilestoneStatus::Pending));
        assert_eq!(milestone_status("Canceled"), Some(MilestoneStatus::Cancelled));
        assert_eq!(milestone_status("later"), None);
    }

    #[test]
    fn each_table_has_every_word_once_and_as_it_is_compared() {
        let words: Vec<&str> =
            STATUSES.iter().map(|(word, _)| *word).chain(Status::BUILT_IN).collect();
        let ratings: Vec<&str> = RATINGS
            .iter()
            .map(|(word, _)| *word)
            .chain(RiskRating::ALL.map(RiskRating::as_str))
            .collect();
        let answers: Vec<&str> = ANSWERS.iter().map(|(word, _)| *word).collect();
        let kinds: Vec<&str> =
            KINDS.iter().map(|(word, _)| *word).chain(Kind::ALL.map(Kind::as_str)).collect();
        let deviations: Vec<&str> = DEVIATIONS
            .iter()
            .map(|(word, _)| *word)
            .chain(DeviationType::ALL.map(DeviationType::as_str))
            .collect();
        let milestones: Vec<&str> = MILESTONES
            .iter()
            .map(|(word, _)| *word)
            .chain(MilestoneStatus::ALL.map(MilestoneStatus::as_str))
            .collect();
        for table in [words, ratings, answers, kinds, deviations, milestones] {
            for (at, word) in table.iter().enumerate() {
                assert_eq!(to_comparable(word), *word);
                assert!(!table[..at].contains(word), "{word} twice");
            }
        }
    }

    #[test]
    fn a_line_break_is_a_blank_like_any_other() {
        let cell = "In Remediation\n(Extension Approved)";
        for typed in
            ["In Remediation (Extension Approved)", "in remediation\\n(extension approved)"]
        {
            assert_eq!(to_comparable(cell), to_comparable(typed));
        }
    }
}
