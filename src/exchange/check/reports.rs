//! Rules for FedRAMP's reports of 2026 beyond their schemas.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, Months, NaiveDate};
use serde_json::Value;

use super::DocumentFault;
use super::kind::DocumentKind;
use crate::diagnostic::Level;
use crate::model::is_blank;

/// Members that VER-RPT-VDT and VER-RPT-AVI list and the schema does not require.
const EXPECTED: [&str; 4] =
    ["evaluationCompletedAt", "isInternetReachable", "isLikelyExploitable", "currentRating"];

/// The longest quarter in days.
const QUARTER: i64 = 92;

/// Collects what a report has against the rules that its schema cannot state.
pub(super) fn check(kind: DocumentKind, report: &Value, faults: &mut Vec<DocumentFault>) {
    let mut check = ReportCheck { faults };
    check.period(report);
    match kind {
        DocumentKind::VulnerabilityDetail => check.details(report, "vulnerabilities", ""),
        DocumentKind::AcceptedVulnerabilities => check.accepted(report),
        DocumentKind::HistoricalActivity => {
            check.details(report, "activeVulnerabilities", "");
            check.accepted(report);
        }
        DocumentKind::OngoingCertification => check.quarter(report),
        DocumentKind::SecurityDecisions
        | DocumentKind::SignificantChange
        | DocumentKind::OscalPoam => {}
    }
    check.tracking_ids(report);
}

struct ReportCheck<'f> {
    faults: &'f mut Vec<DocumentFault>,
}

fn instant(value: &Value, pointer: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(value.pointer(pointer)?.as_str()?).ok()
}

fn day(value: &Value, pointer: &str) -> Option<NaiveDate> {
    value.pointer(pointer)?.as_str()?.parse().ok()
}

impl ReportCheck<'_> {
    fn add(
        &mut self,
        rule: &'static str,
        level: Level,
        pointer: String,
        message: String,
        help: &str,
    ) {
        let help = Some(help.to_owned());
        self.faults.push(DocumentFault { rule, level, pointer, is_key: false, message, help });
    }

    /// Checks that the period ends after it begins.
    fn period(&mut self, report: &Value) {
        let at = |name: &str| format!("/reportPeriod/{name}");
        let backwards = match (instant(report, &at("from")), instant(report, &at("to"))) {
            (Some(from), Some(to)) => to < from,
            _ => match (day(report, &at("from")), day(report, &at("to"))) {
                (Some(from), Some(to)) => to < from,
                _ => false,
            },
        };
        if backwards {
            let message = "the period of the report ends before it begins".to_owned();
            let help = "exchange `from` and `to`, or correct them";
            self.add("report-period", Level::Error, "/reportPeriod".to_owned(), message, help);
        }
    }

    fn accepted(&mut self, report: &Value) {
        self.details(report, "acceptedVulnerabilities", "/vulnerabilityDetail");
        let entries = report.get("acceptedVulnerabilities").and_then(Value::as_array);
        for (at, entry) in entries.into_iter().flatten().enumerate() {
            if entry.get("acceptanceRationale").and_then(Value::as_str).is_some_and(is_blank) {
                let pointer = format!("/acceptedVulnerabilities/{at}/acceptanceRationale");
                let message = "the acceptance has no explanation".to_owned();
                let help = "say why the vulnerability is accepted (VER-RPT-AVI)";
                self.add("blank-explanation", Level::Error, pointer, message, help);
            }
        }
    }

    /// Checks the vulnerabilities of a list; `inner` leads from an entry to its detail.
    fn details(&mut self, report: &Value, list: &str, inner: &str) {
        let entries = report.get(list).and_then(Value::as_array);
        let mut missing = [0usize; EXPECTED.len()];
        let mut first: [Option<String>; EXPECTED.len()] = Default::default();
        for (at, entry) in entries.into_iter().flatten().enumerate() {
            let pointer = format!("/{list}/{at}{inner}");
            let Some(detail) = entry.pointer(inner) else { continue };
            self.detail(detail, &pointer);
            for (place, name) in EXPECTED.iter().enumerate() {
                if detail.is_object() && detail.get(name).is_none() {
                    missing[place] += 1;
                    first[place].get_or_insert_with(|| pointer.clone());
                }
            }
        }
        let rule = if inner.is_empty() { "VER-RPT-VDT" } else { "VER-RPT-AVI" };
        for (place, name) in EXPECTED.iter().enumerate() {
            let Some(pointer) = first[place].clone() else { continue };
            let have =
                if missing[place] == 1 { "vulnerability has" } else { "vulnerabilities have" };
            let message = format!("{} {have} no `{name}`; this is the first", missing[place]);
            let help =
                format!("{rule} lists it among the required information; evaluate, and record it");
            self.add("incomplete-report", Level::Note, pointer, message, &help);
        }
    }

    fn detail(&mut self, detail: &Value, pointer: &str) {
        let overdue = detail.get("overdueStatus");
        let explanation = overdue.and_then(|it| it.get("explanation")).and_then(Value::as_str);
        let is_overdue = overdue.and_then(|it| it.get("isOverdue")) == Some(&Value::Bool(true));
        if is_overdue && explanation.is_some_and(is_blank) {
            let at = format!("{pointer}/overdueStatus/explanation");
            let message = "the vulnerability is overdue without an explanation".to_owned();
            self.add("blank-explanation", Level::Error, at, message, "say why it is overdue");
        }
        let detected = instant(detail, "/detection/detectedAt");
        let evaluated = instant(detail, "/evaluationCompletedAt");
        if let (Some(detected), Some(evaluated)) = (detected, evaluated)
            && evaluated < detected
        {
            let at = format!("{pointer}/evaluationCompletedAt");
            let message = "the evaluation was completed before the detection".to_owned();
            self.add("date-order", Level::Warning, at, message, "correct one of the two instants");
        }
        let rating = detail.get("currentRating").and_then(Value::as_i64);
        let target = detail.pointer("/projectedNextReduction/targetRating").and_then(Value::as_i64);
        if let (Some(rating), Some(target)) = (rating, target)
            && target >= rating
        {
            let at = format!("{pointer}/projectedNextReduction/targetRating");
            let message =
                format!("the next reduction leads to N{target}, and the rating is N{rating}");
            let help = "a reduction leads to a lower rating; leave it out where none is planned";
            self.add("no-reduction", Level::Warning, at, message, help);
        }
    }

    /// Checks that each id names one vulnerability of the report.
    fn tracking_ids(&mut self, report: &Value) {
        let mut first: HashMap<&str, String> = HashMap::new();
        for (list, inner) in [
            ("vulnerabilities", ""),
            ("activeVulnerabilities", ""),
            ("acceptedVulnerabilities", "/vulnerabilityDetail"),
        ] {
            let entries = report.get(list).and_then(Value::as_array);
            for (at, entry) in entries.into_iter().flatten().enumerate() {
                let pointer = format!("/{list}/{at}{inner}/providerTrackingId");
                let id = entry.pointer(&format!("{inner}/providerTrackingId"));
                let Some(id) = id.and_then(Value::as_str) else { continue };
                match first.get(id) {
                    Some(other) => {
                        let message = format!("the tracking id `{id}` stands at {other}, too");
                        let help = "give each vulnerability an id of its own";
                        self.add("duplicate-tracking-id", Level::Error, pointer, message, help);
                    }
                    None => {
                        first.insert(id, pointer);
                    }
                }
            }
        }
    }

    /// Checks that the Ongoing Certification Report covers a quarter and plans for the next one.
    fn quarter(&mut self, report: &Value) {
        let (from, to) = (day(report, "/reportPeriod/from"), day(report, "/reportPeriod/to"));
        if let (Some(from), Some(to)) = (from, to)
            && (to - from).num_days() > QUARTER
        {
            let message =
                format!("the period has {} days, more than three months", (to - from).num_days());
            let help = "CCM-OCR-AVL asks for a report every three months";
            self.add("report-period", Level::Warning, "/reportPeriod".to_owned(), message, help);
        }
        let at = "/plannedCertificationDataChanges/planningHorizonThrough";
        let least = to.and_then(|to| to.checked_add_months(Months::new(3)));
        if let (Some(horizon), Some(least)) = (day(report, at), least)
            && horizon < least
        {
            let message =
                format!("the plan ends on {horizon}, less than three months after the period");
            let help = format!("plan through {least} at least");
            self.add("planning-horizon", Level::Warning, at.to_owned(), message, &help);
        }
        if report.get("acceptedVulnerabilities").and_then(Value::as_str).is_some_and(is_blank) {
            let message = "the summary of accepted vulnerabilities is empty".to_owned();
            let help =
                "say how many there are, also where there are none; `poam export ocr` writes it";
            let at = "/acceptedVulnerabilities".to_owned();
            self.add("blank-explanation", Level::Warning, at, message, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(kind: DocumentKind, report: &Value) -> Vec<(&'static str, Level, String)> {
        let mut faults = Vec::new();
        check(kind, report, &mut faults);
        faults.into_iter().map(|fault| (fault.rule, fault.level, fault.pointer)).collect()
    }

    fn full(extra: Value) -> Value {
        let mut detail = json!({
            "providerTrackingId": "V-1",
            "detection": {"detectedAt": "2026-01-02T00:00:00Z"},
            "evaluationCompletedAt": "2026-01-03T00:00:00Z",
            "isInternetReachable": true,
            "isLikelyExploitable": false,
            "currentRating": 3,
        });
        for (key, value) in extra.as_object().unwrap() {
            detail[key] = value.clone();
        }
        detail
    }

    #[test]
    fn reports_on_vulnerabilities() {
        let kind = DocumentKind::VulnerabilityDetail;
        let period = json!({"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"});
        for (detail, expected) in [
            (full(json!({})), None),
            (
                full(json!({"overdueStatus": {"isOverdue": true, "explanation": " "}})),
                Some((
                    "blank-explanation",
                    Level::Error,
                    "/vulnerabilities/0/overdueStatus/explanation",
                )),
            ),
            (
                full(json!({"evaluationCompletedAt": "2026-01-01T00:00:00Z"})),
                Some(("date-order", Level::Warning, "/vulnerabilities/0/evaluationCompletedAt")),
            ),
            (
                full(json!({"projectedNextReduction": {"targetRating": 3}})),
                Some((
                    "no-reduction",
                    Level::Warning,
                    "/vulnerabilities/0/projectedNextReduction/targetRating",
                )),
            ),
            (full(json!({"projectedNextReduction": {"targetRating": 0}})), None),
        ] {
            let report = json!({"reportPeriod": period, "vulnerabilities": [detail]});
            let expected = expected.map(|(rule, level, at)| (rule, level, at.to_owned()));
            assert_eq!(rules(kind, &report), Vec::from_iter(expected), "{report}");
        }
        let twice = json!({
            "reportPeriod": {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
            "vulnerabilities": [full(json!({})), full(json!({}))],
        });
        let found: Vec<&str> = rules(kind, &twice).iter().map(|(rule, ..)| *rule).collect();
        assert_eq!(found, ["report-period", "duplicate-tracking-id"]);
    }

    #[test]
    fn information_that_is_missing_is_counted_once() {
        let report = json!({"acceptedVulnerabilities": [
            {"vulnerabilityDetail": full(json!({})), "acceptanceRationale": ""},
            {"vulnerabilityDetail": {"providerTrackingId": "V-2", "currentRating": 1}},
            {"vulnerabilityDetail": {"providerTrackingId": "V-3"}},
        ]});
        let found = rules(DocumentKind::AcceptedVulnerabilities, &report);
        let notes = found.iter().filter(|(rule, ..)| *rule == "incomplete-report");
        let places: Vec<&str> = notes.map(|(.., pointer)| pointer.as_str()).collect();
        let second = "/acceptedVulnerabilities/1/vulnerabilityDetail";
        let third = "/acceptedVulnerabilities/2/vulnerabilityDetail";
        assert_eq!(places, [second, second, second, third]);
        assert!(found.contains(&(
            "blank-explanation",
            Level::Error,
            "/acceptedVulnerabilities/0/acceptanceRationale".to_owned()
        )));
    }

    #[test]
    fn the_quarterly_report_covers_a_quarter_and_plans_for_the_next() {
        let report = |to: &str, horizon: &str| {
            json!({
                "reportPeriod": {"from": "2026-10-01", "to": to},
                "plannedCertificationDataChanges": {"planningHorizonThrough": horizon},
            })
        };
        let found = |to, horizon| rules(DocumentKind::OngoingCertification, &report(to, horizon));
        assert_eq!(found("2026-12-31", "2027-03-31"), []);
        assert_eq!(found("2027-01-02", "2027-04-01")[0].0, "report-period");
        assert_eq!(found("2027-01-02", "2027-04-01")[1].0, "planning-horizon");
        assert_eq!(found("2026-12-31", "2027-03-30")[0].0, "planning-horizon");
    }
}
