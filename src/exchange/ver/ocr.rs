//! The Ongoing Certification Report (CCM-OCR-AVL): a tracker holds the summary of accepted
//! vulnerabilities; people write the rest.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::report::{VerError, Vulnerabilities, text};
use super::types::AcceptanceBasis;
use crate::exchange::check::{AUTHORED_MEMBERS, DocumentKind, FedrampRules, check_document};
use crate::nearest::nearest;

/// Members that the tracker writes.
const WRITTEN: [&str; 3] =
    ["certificationPackageOverviewUri", "reportPeriod", "acceptedVulnerabilities"];

/// Members of the report that people write.
#[derive(Debug, Clone, Default)]
pub struct Authored(Map<String, Value>);

/// Reasons why a file cannot be taken for the members that people write.
#[derive(Debug, thiserror::Error)]
pub enum AuthoredError {
    /// It is no mapping.
    #[error("it is no mapping: write the members {} of the report", AUTHORED_MEMBERS.join(", "))]
    NoMapping,
    /// A member that the tracker writes.
    #[error("`{0}` is written from the tracker: remove it")]
    Written(String),
    /// A member that the report does not have.
    #[error("the report has no member `{name}`{}; a key of your own begins with `x-`", near.as_deref().map(|near| format!(": did you mean `{near}`?")).unwrap_or_default())]
    Unknown {
        /// The member.
        name: String,
        /// A name that may be meant.
        near: Option<String>,
    },
}

impl Authored {
    /// Takes the members from a value.
    ///
    /// # Errors
    ///
    /// When it is no mapping, or has members that are not for people to write.
    pub fn from_value(value: Value) -> Result<Self, AuthoredError> {
        let Value::Object(members) = value else { return Err(AuthoredError::NoMapping) };
        for name in members.keys() {
            if WRITTEN.contains(&name.as_str()) || name == "x-poam" {
                return Err(AuthoredError::Written(name.clone()));
            }
            if !AUTHORED_MEMBERS.contains(&name.as_str()) && !name.starts_with("x-") {
                let near = nearest(name, AUTHORED_MEMBERS).map(str::to_owned);
                return Err(AuthoredError::Unknown { name: name.clone(), near });
            }
        }
        Ok(Self(members))
    }
}

/// The report, with what is missing.
#[derive(Debug)]
pub struct OcrReport {
    /// The JSON text.
    pub text: String,
    /// Required members that nobody wrote.
    pub missing: Vec<&'static str>,
    /// Faults of the members that people wrote.
    pub faults: Vec<String>,
}

impl Vulnerabilities {
    /// Builds the report. Nothing is stated that neither the tracker nor people stated: an empty list of
    /// incidents attests that there were none, so that it is never written by itself.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub fn ocr(&self, authored: &Authored) -> Result<OcrReport, VerError> {
        let kind = DocumentKind::OngoingCertification;
        let mut report = Map::new();
        report.insert("certificationPackageOverviewUri".to_owned(), self.package.as_str().into());
        let (from, to) = (self.period.from.date_naive(), self.period.to.date_naive());
        let period = json!({"from": from.to_string(), "to": to.to_string()});
        report.insert("reportPeriod".to_owned(), period);
        let take = |report: &mut Map<String, Value>, name: &str| {
            if let Some(value) = authored.0.get(name) {
                report.insert(name.to_owned(), value.clone());
            }
        };
        take(&mut report, AUTHORED_MEMBERS[0]);
        take(&mut report, AUTHORED_MEMBERS[1]);
        report.insert("acceptedVulnerabilities".to_owned(), self.accepted_summary().into());
        for name in AUTHORED_MEMBERS.iter().skip(2) {
            take(&mut report, name);
        }
        for (name, value) in authored.0.iter().filter(|(name, _)| name.starts_with("x-")) {
            report.insert(name.clone(), value.clone());
        }
        let mut own = serde_json::to_value(self.own(kind))?;
        own["acceptedVulnerabilities"] = self.accepted_ids();
        report.insert("x-poam".to_owned(), own);
        let missing: Vec<&'static str> =
            AUTHORED_MEMBERS.into_iter().filter(|name| !authored.0.contains_key(*name)).collect();
        let text = text(&Value::Object(report))?;
        let checked = check_document("report", text.as_bytes(), Some(kind), FedrampRules::Never);
        let is_missing =
            |message: &str| missing.iter().any(|name| message == format!("`{name}` is missing"));
        let faults = checked.diagnostics.iter().filter(|one| !is_missing(&one.message));
        let faults = faults.map(|one| {
            let help = one.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}: {}{help}", one.label.pointer, one.message)
        });
        let faults = faults.collect();
        Ok(OcrReport { text, missing, faults })
    }

    /// The ids of the accepted vulnerabilities with their ratings, for programs.
    fn accepted_ids(&self) -> Value {
        let entry = |id: &str, rating: Option<u8>, basis: AcceptanceBasis| {
            let mut entry = json!({"providerTrackingId": id, "basis": basis});
            if let Some(rating) = rating {
                entry["currentRating"] = rating.into();
            }
            entry
        };
        self.accepted
            .iter()
            .map(|one| {
                let detail = &one.shape.vulnerability_detail;
                entry(&detail.provider_tracking_id, detail.current_rating, one.shape.own.basis)
            })
            .collect()
    }

    /// The summary of accepted vulnerabilities: how many, by rating and by reason, and one line each.
    fn accepted_summary(&self) -> String {
        let day = self.period.to.date_naive();
        let count = self.accepted.len();
        if count == 0 {
            return format!("No accepted vulnerabilities on {day}.");
        }
        let noun = if count == 1 { "vulnerability" } else { "vulnerabilities" };
        let mut by_rating: BTreeMap<std::cmp::Reverse<Option<u8>>, usize> = BTreeMap::new();
        let mut by_basis: BTreeMap<AcceptanceBasis, usize> = BTreeMap::new();
        for one in &self.accepted {
            let rating = one.shape.vulnerability_detail.current_rating;
            *by_rating.entry(std::cmp::Reverse(rating)).or_default() += 1;
            *by_basis.entry(one.shape.own.basis).or_default() += 1;
        }
        let ratings: Vec<String> = by_rating
            .iter()
            .map(|(rating, count)| match rating.0 {
                Some(rating) => format!("N{rating}: {count}"),
                None => format!("not rated: {count}"),
            })
            .collect();
        let bases: Vec<String> = by_basis
            .iter()
            .map(|(basis, count)| {
                let words = match basis {
                    AcceptanceBasis::Decision => "by a recorded decision",
                    AcceptanceBasis::OperationalRequirement => {
                        "by an approved operational requirement"
                    }
                    AcceptanceBasis::Age => "evaluated more than 192 days ago (VER-TFR-MAV)",
                };
                format!("{count} {words}")
            })
            .collect();
        let active = self.accepted.iter().filter(|one| one.in_period).count();
        let mut text = format!(
            "{count} accepted {noun} on {day} ({}): {}. {active} with activity in the period. Full records are reported per VER-RPT-AVI.",
            ratings.join(", "),
            bases.join(", ")
        );
        for one in &self.accepted {
            let detail = &one.shape.vulnerability_detail;
            let rating =
                detail.current_rating.map_or("not rated".to_owned(), |it| format!("N{it}"));
            let name = detail.vulnerability_description.lines().next().unwrap_or_default();
            let why =
                one.shape.acceptance_rationale.split_whitespace().collect::<Vec<_>>().join(" ");
            text.push_str(&format!(
                "\n- {} ({rating}): {name}: {why}",
                detail.provider_tracking_id
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_their_members_and_no_others() {
        for (value, expected) in [
            (json!({"activeAgencies": ["GSA"], "x-team": 1}), None),
            (json!([]), Some("it is no mapping")),
            (json!({"acceptedVulnerabilities": "None"}), Some("is written from the tracker")),
            (json!({"activeAgencys": []}), Some("did you mean `activeAgencies`?")),
            (json!({"comments": []}), Some("a key of your own begins with `x-`")),
        ] {
            let taken = Authored::from_value(value.clone()).err().map(|error| error.to_string());
            match expected {
                None => assert_eq!(taken, None, "{value}"),
                Some(part) => assert!(taken.as_ref().unwrap().contains(part), "{taken:?}"),
            }
        }
    }
}
