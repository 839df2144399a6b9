//! Diagnostics of the state before a change, to find those that the change brings.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::diagnostic::{Diagnostic, Identity};

/// The diagnostics of the state before a change.
///
/// A diagnostic with days in its message is known although the change made them others, as long as it
/// counts no more days: a deadline that moved nearer to a late schedule brings no new error.
#[derive(Debug, Default)]
pub(super) struct KnownDiagnostics {
    /// Number of occurrences of each identity.
    exact: HashMap<Identity, usize>,
    /// The days that each counts, by its identity without days, where it was not found again.
    by_cause: HashMap<Identity, Vec<i64>>,
}

impl KnownDiagnostics {
    /// Keeps the diagnostics of a change that were not there before; returns how many were.
    pub(super) fn retain_new<'a>(
        before: impl IntoIterator<Item = &'a Diagnostic>,
        found: &mut Vec<Diagnostic>,
    ) -> usize {
        let count = found.len();
        let mut known = Self::default();
        let before: Vec<&Diagnostic> = before.into_iter().collect();
        for diagnostic in found.iter() {
            *known.exact.entry(diagnostic.identity()).or_default() += 1;
        }
        // A diagnostic that stays as it was does not excuse another one.
        for diagnostic in &before {
            match known.exact.get_mut(&diagnostic.identity()) {
                Some(left) if *left > 0 => *left -= 1,
                _ => {
                    let (cause, days) = without_days(diagnostic);
                    known.by_cause.entry(cause).or_default().push(days);
                }
            }
        }
        let mut left: HashMap<Identity, usize> = HashMap::new();
        for diagnostic in before {
            *left.entry(diagnostic.identity()).or_default() += 1;
        }
        found.retain(|diagnostic| {
            match left.get_mut(&diagnostic.identity()).filter(|left| **left > 0) {
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => !known.take_cause(diagnostic),
            }
        });
        count - found.len()
    }

    /// Returns whether a diagnostic of the same cause was there that counts as many days or more, which
    /// then is no longer there for others.
    fn take_cause(&mut self, diagnostic: &Diagnostic) -> bool {
        let (cause, days) = without_days(diagnostic);
        let Some(known) = self.by_cause.get_mut(&cause) else { return false };
        let Some(place) = known.iter().position(|before| *before >= days) else { return false };
        known.swap_remove(place);
        true
    }
}

/// Returns the identity of a diagnostic without the days in its message, and the most days that it
/// counts.
fn without_days(diagnostic: &Diagnostic) -> (Identity, i64) {
    let (rule, about, place, message) = diagnostic.identity();
    let mut words: Vec<&str> = Vec::new();
    let mut most = 0;
    for word in message.split(' ') {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if matches!(bare, "day" | "days")
            && let Some(count) = words.last().and_then(|last| last.parse::<i64>().ok())
        {
            words.pop();
            words.push("# days");
            most = most.max(count);
            continue;
        }
        let is_date = bare.parse::<NaiveDate>().is_ok();
        words.push(if is_date { "#" } else { word });
    }
    ((rule, about, place, words.join(" ")), most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::diagnostic::Label;

    fn diagnostic(message: &str) -> Diagnostic {
        let label = Label::new("items/V-1.yaml", &Arc::from(""), 0..0, "/status");
        Diagnostic::new("schedule-beyond-deadline", label, message.to_owned())
    }

    /// Returns what is new of some messages after others.
    fn new(before: &[&str], after: &[&str]) -> Vec<String> {
        let before: Vec<Diagnostic> = before.iter().map(|text| diagnostic(text)).collect();
        let mut found: Vec<Diagnostic> = after.iter().map(|text| diagnostic(text)).collect();
        let count = KnownDiagnostics::retain_new(&before, &mut found);
        assert_eq!(count + found.len(), after.len());
        found.iter().map(|one| one.message.clone()).collect()
    }

    #[test]
    fn a_diagnostic_is_known_unless_it_counts_more_days() {
        let late =
            |days: u32, day: &str| format!("2026-06-20 is {days} days after {day}, of high items");
        let (was, less) = (late(111, "2026-03-01"), late(20, "2026-05-31"));
        let more = late(200, "2025-12-01");
        assert!(new(&[&was], &[&was]).is_empty());
        assert!(new(&[&was], &[&less]).is_empty());
        assert_eq!(new(&[&was], &[&more]), [more.as_str()]);
        assert_eq!(new(&[&was], &[&was, &less]), [less.as_str()], "each is known once");
        assert_eq!(new(&[], &[&was]), [was.as_str()]);
        // Other words are another diagnostic.
        let other = was.replace("high", "low");
        assert_eq!(new(&[&was], &[&other]), [other.as_str()]);
        assert_eq!(new(&["control XX-1"], &["control XX-2"]), ["control XX-2"]);
    }
}
