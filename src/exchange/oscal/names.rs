//! The words of OSCAL, of FedRAMP's extensions and of our own, for writing and reading.

use std::borrow::Cow;

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};

use crate::model::CatalogId;

/// A version of OSCAL that the program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OscalVersion {
    /// 1.0.4, the version of FedRAMP's guide and templates, with the namespace that they use.
    V104,
    /// 1.1.3.
    V113,
    /// 1.2.3, the newest.
    V123,
}

impl OscalVersion {
    /// Returns the value of `oscal-version`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V104 => "1.0.4",
            Self::V113 => "1.1.3",
            Self::V123 => "1.2.3",
        }
    }

    /// Returns the namespace of FedRAMP's extensions: `https` in its guide and templates of 1.0.4,
    /// `http` since its decision record of October 2024, as in NIST's lists of 1.2.
    pub(super) fn fedramp(self) -> &'static str {
        match self {
            Self::V104 => "https://fedramp.gov/ns/oscal",
            Self::V113 | Self::V123 => "http://fedramp.gov/ns/oscal",
        }
    }

    /// Returns the type of a FedRAMP identifier of a system, and the system of its risk facets.
    pub(super) fn fedramp_system(self) -> &'static str {
        match self {
            Self::V104 => "https://fedramp.gov",
            Self::V113 | Self::V123 => "http://fedramp.gov/ns/oscal",
        }
    }
}

/// The version of FedRAMP's rules for OSCAL: the only one that its list of values allows.
pub(crate) const FEDRAMP_VERSION: &str = "fedramp-3.0.0rc1-oscal-1.1.2";
/// The namespace of OSCAL's own properties.
pub(super) const NIST: &str = "http://csrc.nist.gov/ns/oscal";
/// The namespace of what OSCAL has no place for.
pub(in crate::exchange) const OURS: &str = "urn:poam:oscal:1";

/// Property of a document's metadata, in our namespace: the profile of a tracker that is not for FedRAMP.
pub(in crate::exchange) const PROFILE: &str = "profile";
/// Where CVE identifiers are from.
pub(super) const CVE: &str = "http://cve.mitre.org";
/// The type of an identifier that is a UUID.
pub(super) const UUID_TYPE: &str = "http://ietf.org/rfc/rfc4122";

/// Placeholder for the statement of a risk, where OSCAL requires words and the item has none.
/// Reading takes them for nothing.
pub(super) const NO_STATEMENT: &str = "No Risk Statement";
/// Placeholder for a missing plan.
pub(super) const NO_PLAN: &str = "No remediation plan is recorded.";
/// Placeholder for a missing recommendation.
pub(super) const NO_RECOMMENDATION: &str = "No recommendation is recorded.";
/// Placeholder for a missing rationale of a deviation.
pub(super) const NO_RATIONALE: &str = "No rationale is recorded.";
/// Titles that the program gives itself.
pub(super) const PLAN_TITLE: &str = "Remediation plan";
/// Title that the program gives to a recommendation.
pub(super) const RECOMMENDATION_TITLE: &str = "Recommendation";
/// The title of the entry that states when an item was closed, as FedRAMP's guide has it.
pub(super) const CLOSED_TITLE: &str = "Risk Closed";

/// The role of who decides on deviations.
pub(super) const APPROVER: &str = "approver";

/// Returns a text that OSCAL allows as a value: one line, with no blank at either end.
pub(super) fn value(text: &str) -> Option<&str> {
    let fits = !text.is_empty()
        && text.trim_matches(is_blank) == text
        && !text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
    fits.then_some(text)
}

/// Returns whether the patterns of OSCAL take a character for a blank (`\s` of ECMA-262: what
/// Unicode calls a blank, and the byte order mark).
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Returns a text as one line: of a title, of a name.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    if let Some(text) = value(text) {
        return Cow::Borrowed(text);
    }
    let words: Vec<&str> =
        text.split(|c: char| is_blank(c) || c.is_control()).filter(|it| !it.is_empty()).collect();
    if words.is_empty() { Cow::Borrowed("-") } else { Cow::Owned(words.join(" ")) }
}

/// Returns whether OSCAL's pattern of a time allows a day: years from 1900 to 2999, and, by an
/// oversight in the pattern, no 29 February before 2000.
pub(super) fn can_be_said(day: NaiveDate) -> bool {
    let leap = (day.month(), day.day()) == (2, 29);
    (1900..=2999).contains(&day.year()) && (day.year() >= 2000 || !leap)
}

/// Returns the beginning of a day. A deadline is written so: FedRAMP's check of deadlines wants it
/// earlier than so many days after the detection, which is written as noon.
pub(super) fn midnight(day: NaiveDate) -> String {
    format!("{day}T00:00:00Z")
}

/// Returns noon of a day.
pub(super) fn noon(day: NaiveDate) -> String {
    format!("{day}T12:00:00Z")
}

/// Returns a moment, to the second. A commit may be dated as its author likes: a date that OSCAL
/// cannot state is written as the nearest one that it can, and the reader gets a note (see [`own_date`]).
pub(super) fn moment(time: DateTime<Utc>) -> String {
    let day = time.date_naive();
    if !can_be_said(day) {
        return match day.year() {
            ..1900 => "1900-01-01T00:00:00Z".to_owned(),
            3000.. => "2999-12-31T23:59:59Z".to_owned(),
            year => format!("{year}-02-28T23:59:59Z"),
        };
    }
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", time.date_naive())
}

/// Returns the date of an event as the commit has it, where OSCAL's times cannot state it.
pub(super) fn own_date(time: DateTime<Utc>) -> Option<String> {
    (!can_be_said(time.date_naive())).then(|| time.to_rfc3339())
}

/// Returns a control as OSCAL's catalogs name it: `AC-2(1)` is `ac-2.1`.
pub(super) fn control_id(control: &str) -> String {
    control.to_lowercase().replace('(', ".").replace([')', ' '], "")
}

/// Returns the ids of controls, each once. A text that is no control and has several words gives the controls
/// in it that a catalog knows.
pub(super) fn control_ids(controls: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut add = |control: &str| {
        let known = CatalogId::find(control).filter(|found| found.framework.is_none());
        let id = control_id(known.as_ref().map_or(control, |found| found.id.as_str()));
        if value(&id).is_some() && !ids.contains(&id) {
            ids.push(id);
        }
    };
    for control in controls {
        let is_known = CatalogId::find(control).is_some();
        if is_known || !control.trim().contains(char::is_whitespace) {
            add(control);
            continue;
        }
        let words = control.split(|c: char| c.is_whitespace() || ",;/&|".contains(c));
        for word in
            words.filter(|word| CatalogId::find(word).is_some_and(|it| it.framework.is_none()))
        {
            add(word);
        }
    }
    ids
}

/// Returns a control as people write it: `ac-2.1` is `AC-2(1)`.
pub(super) fn control_of(id: &str) -> String {
    let upper = id.to_uppercase();
    match upper.split_once('.') {
        Some((control, number)) if number.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{control}({number})")
        }
        _ => upper,
    }
}

/// Returns whether a text can be used as a reference: the characters that RFC 3986 allows, no
/// blank.
pub(super) fn is_reference(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=".contains(&b);
    // A colon in the first part must end a scheme.
    let first = text.split('/').next().unwrap_or_default();
    let scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    !text.is_empty()
        && text.bytes().all(allowed)
        && text.matches('#').count() <= 1
        && first.split_once(':').is_none_or(|(name, _)| scheme(name))
}

/// Returns whether a text is a mail address beyond doubt.
pub(super) fn is_mail(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let dots = |text: &str, also: &[u8]| {
        text.split('.').all(|part| {
            !part.is_empty()
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || also.contains(&b))
        })
    };
    dots(local, b"_+%-") && dots(domain, b"-") && local.len() <= 64 && text.len() <= 254
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_the_pattern_allows() {
        for (day, can) in [
            ("1899-12-31", false),
            ("1900-01-01", true),
            ("1996-02-29", false),
            ("1996-02-28", true),
            ("2000-02-29", true),
            ("2996-02-29", true),
            ("2999-12-31", true),
            ("3000-01-01", false),
        ] {
            assert_eq!(can_be_said(day.parse().unwrap()), can, "{day}");
        }
    }

    #[test]
    fn each_control_has_its_id_once() {
        for (controls, ids) in [
            (&["AC-2", "AC-2(1)", "ac-02", "AC-02 (01)"][..], &["ac-2", "ac-2.1"][..]),
            (&["AC-2 AC-3"], &["ac-2", "ac-3"]),
            (&["AC-2 and AC-3", "AC-3"], &["ac-2", "ac-3"]),
            (&["ZZ-1", "Our own control"], &["zz-1"]),
        ] {
            let controls: Vec<String> = controls.iter().map(ToString::to_string).collect();
            assert_eq!(control_ids(&controls), ids, "{controls:?}");
        }
    }

    #[test]
    fn texts_become_what_oscal_allows() {
        for (text, fits, as_line) in [
            ("one line", true, "one line"),
            ("two\nlines ", false, "two lines"),
            (" ", false, "-"),
            ("", false, "-"),
            ("a\u{2028}b", false, "a b"),
            ("\u{feff}one", false, "one"),
            ("one\u{feff}", false, "one"),
            ("\u{feff}", false, "-"),
            ("o\u{feff}ne", true, "o\u{feff}ne"),
            ("\u{3000}one\u{85}", false, "one"),
        ] {
            assert_eq!((value(text).is_some(), line(text).as_ref()), (fits, as_line), "{text:?}");
        }
        for (control, id) in [("AC-2(1)", "ac-2.1"), ("SI-2", "si-2"), ("AC-2 (1)", "ac-2.1")] {
            assert_eq!(control_id(control), id);
        }
        assert_eq!((control_of("ac-2.1"), control_of("si-2")), ("AC-2(1)".into(), "SI-2".into()));
        assert_eq!(control_of("sc-7.3_smt.a"), "SC-7.3_SMT.A");
        for (text, is) in [
            ("https://example.com/a?b=c#d", true),
            ("./scan.csv", true),
            ("scans/2026 03.csv", false),
            ("1:2", false),
            ("C:\\x", false),
            ("a%zz", false),
        ] {
            assert_eq!(is_reference(text), is, "{text}");
        }
        for (text, is) in
            [("jane@example.com", true), ("a b@x", false), ("@x", false), ("a@.x", false)]
        {
            assert_eq!(is_mail(text), is, "{text}");
        }
    }
}
