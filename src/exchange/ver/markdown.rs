//! The monthly report for people (VER-TFR-MHR): a summary of all activity since the previous report
//! (VER-RPT-PER).

use std::fmt::Write as _;

use super::period::Period;
use super::report::{Reported, Vulnerabilities};
use super::types::{Detail, RatingChange};
use crate::text::markdown::escape;

/// Beginning of the activity report, which `poam check` recognises it by.
pub(crate) const ACTIVITY_HEADING: &str = "# Vulnerability activity";

/// The ratings in the order of the table, then none.
const RATINGS: [Option<u8>; 7] = [Some(5), Some(4), Some(3), Some(2), Some(1), Some(0), None];

impl Vulnerabilities {
    /// The activity of the period in Markdown: what is new, what ended, what is open, late,
    /// mitigated or accepted, and what else changed. Every vulnerability with activity in the period
    /// is in one of the tables.
    pub fn markdown(&self) -> String {
        let groups = VulnerabilityGroups::group(self);
        let mut out = String::new();
        let of = self.system.as_deref().map(|name| format!(" of {}", escape(name)));
        let _ = writeln!(out, "{ACTIVITY_HEADING}{}\n", of.unwrap_or_default());
        let (from, to) = (self.period.from.date_naive(), self.period.to.date_naive());
        let _ = writeln!(out, "Period: {from} to {to}. Days are days in UTC.\n");
        groups.counts(&mut out, self.accepted.len());
        groups.by_rating(&mut out);
        table(&mut out, "New", &groups.new, |it| it.detection.detected_at.clone());
        table(&mut out, "Ended", &groups.ended, |it| {
            let how = it.final_disposition.unwrap_or_default();
            let on = it.own.closed_on.as_deref().map(|day| format!(" on {day}"));
            format!("{how}{}", on.unwrap_or_default())
        });
        table(&mut out, "Overdue", &groups.late, explanation);
        table(&mut out, "Not known whether overdue", &groups.undecided, |it| {
            match it.evaluation_completed_at {
                None => "not evaluated".to_owned(),
                Some(_) => {
                    "a rating, an answer about exposure, the hour or a date is missing".to_owned()
                }
            }
        });
        table(&mut out, "Fully mitigated, still detected", &groups.mitigated, explanation);
        table(&mut out, "False positives", &groups.false_positive, |_| String::new());
        self.accepted_table(&mut out);
        table(&mut out, "Other activity", &groups.other, |it| changes_in(it, &self.period));
        if !self.deleted.is_empty() {
            let _ = writeln!(
                out,
                "\n## Deleted\n\nThese were deleted; what happened to them is not told.\n"
            );
            for id in &self.deleted {
                let _ = writeln!(out, "- {}", escape(id));
            }
        }
        out
    }

    fn accepted_table(&self, out: &mut String) {
        let _ = writeln!(out, "\n## Accepted\n");
        if self.accepted.is_empty() {
            let _ = writeln!(out, "None.");
            return;
        }
        let _ = writeln!(out, "| id | rating | vulnerability | why |\n|---|---|---|---|");
        for one in &self.accepted {
            let row = row(&one.shape.vulnerability_detail, &one.shape.acceptance_rationale);
            let _ = writeln!(out, "{row}");
        }
    }
}

/// The vulnerabilities of a report by what is stated of them.
#[derive(Default)]
struct VulnerabilityGroups<'a> {
    /// Not ended, neither mitigated nor accepted.
    open: Vec<&'a Detail>,
    late: Vec<&'a Detail>,
    undecided: Vec<&'a Detail>,
    mitigated: Vec<&'a Detail>,
    false_positive: Vec<&'a Detail>,
    new: Vec<&'a Detail>,
    ended: Vec<&'a Detail>,
    /// With activity in the period, neither new nor ended.
    other: Vec<&'a Detail>,
}

impl<'a> VulnerabilityGroups<'a> {
    fn group(found: &'a Vulnerabilities) -> Self {
        let mut groups = Self::default();
        for one in &found.active {
            let detail = &one.shape;
            let is_closed = detail.own.closed;
            match detail.final_disposition {
                _ if is_closed => {}
                None => {
                    groups.open.push(detail);
                    match &detail.overdue_status {
                        None => groups.undecided.push(detail),
                        Some(status) if status.is_overdue => groups.late.push(detail),
                        Some(_) => {}
                    }
                }
                Some("False Positive") => groups.false_positive.push(detail),
                Some(_) => {
                    groups.mitigated.push(detail);
                    if is_late(detail) {
                        groups.late.push(detail);
                    }
                }
            }
            if one.closed.is_some() {
                groups.ended.push(detail);
            }
            groups.add_activity(one, detail);
        }
        for one in &found.accepted {
            groups.add_activity(one, &one.shape.vulnerability_detail);
        }
        groups
    }

    fn add_activity<T>(&mut self, one: &Reported<T>, detail: &'a Detail) {
        if one.is_new {
            self.new.push(detail);
        } else if one.in_period && one.closed.is_none() {
            self.other.push(detail);
        }
    }

    fn counts(&self, out: &mut String, accepted: usize) {
        let counts = [
            ("open", self.open.len()),
            ("overdue", self.late.len()),
            ("not known whether overdue", self.undecided.len()),
            ("fully mitigated", self.mitigated.len()),
            ("false positive", self.false_positive.len()),
            ("accepted", accepted),
            ("new in the period", self.new.len()),
            ("ended in the period", self.ended.len()),
        ];
        let names = counts.map(|(name, _)| name).join(" | ");
        let numbers = counts.map(|(_, number)| number.to_string()).join(" | ");
        let _ = writeln!(out, "| {names} |\n{}|\n| {numbers} |", "|---".repeat(counts.len()));
        let _ = writeln!(
            out,
            "\nFully mitigated vulnerabilities are still detected, with a risk that is negligible; they do not count as open."
        );
    }

    fn by_rating(&self, out: &mut String) {
        let head = "| rating | open | overdue | fully mitigated |\n|---|---|---|---|";
        let _ = writeln!(out, "\n## By rating\n\n{head}");
        for rating in RATINGS {
            let count =
                |group: &[&Detail]| group.iter().filter(|it| it.current_rating == rating).count();
            let [open, late, mitigated] =
                [&self.open, &self.late, &self.mitigated].map(|group| count(group));
            let name = rating.map_or_else(|| "not rated".to_owned(), |rating| format!("N{rating}"));
            if open + late + mitigated > 0 || rating.is_some() {
                let _ = writeln!(out, "| {name} | {open} | {late} | {mitigated} |");
            }
        }
    }
}

fn is_late(detail: &Detail) -> bool {
    detail.overdue_status.as_ref().is_some_and(|status| status.is_overdue)
}

fn explanation(detail: &Detail) -> String {
    let status = detail.overdue_status.as_ref();
    status.and_then(|status| status.explanation.clone()).unwrap_or_default()
}

/// Describes the changes of the rating in a period, else states that something else changed.
fn changes_in(detail: &Detail, period: &Period) -> String {
    let rating = |rating: Option<u8>| {
        rating.map_or_else(|| "not rated".to_owned(), |rating| format!("N{rating}"))
    };
    let changes = detail.own.rating_changes.iter();
    let in_period = changes.filter(|it| period.has_change(&it.commit, &it.recorded_at));
    let changes: Vec<String> = in_period
        .map(|RatingChange { from, to, .. }| format!("{} to {}", rating(*from), rating(*to)))
        .collect();
    match changes.is_empty() {
        true => "other changes".to_owned(),
        false => changes.join(", "),
    }
}

fn table(out: &mut String, title: &str, rows: &[&Detail], last: impl Fn(&Detail) -> String) {
    let _ = writeln!(out, "\n## {title}\n");
    if rows.is_empty() {
        let _ = writeln!(out, "None.");
        return;
    }
    let _ = writeln!(out, "| id | rating | vulnerability | |\n|---|---|---|---|");
    for detail in rows {
        let _ = writeln!(out, "{}", row(detail, &last(detail)));
    }
}

fn row(detail: &Detail, last: &str) -> String {
    let rating = detail.current_rating.map(|rating| format!("N{rating}")).unwrap_or_default();
    let name = detail.vulnerability_description.lines().next().unwrap_or_default();
    let last = last.strip_suffix("T00:00:00Z").unwrap_or(last);
    let id = escape(&detail.provider_tracking_id);
    format!("| {id} | {rating} | {} | {} |", escape(name), escape(last))
}
