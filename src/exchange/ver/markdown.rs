//! The monthly report for people (VER-TFR-MHR).

use std::fmt::Write as _;

use super::report::{Reported, Vulnerabilities};
use super::types::Detail;
use crate::output::markdown::escape;

impl Vulnerabilities {
    /// The activity of the period in Markdown: what is new, what ended, what is open, late or
    /// accepted.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let of = self.system.as_deref().map(|name| format!(" of {}", escape(name)));
        let _ = writeln!(out, "# Vulnerability activity{}\n", of.unwrap_or_default());
        let (from, to) = (self.period.from.date_naive(), self.period.to.date_naive());
        let _ = writeln!(out, "Period: {from} to {to}. Days are days in UTC.\n");
        let open: Vec<&Reported<Detail>> =
            self.active.iter().filter(|it| it.shape.final_disposition.is_none()).collect();
        let late: Vec<&Detail> = open.iter().map(|it| &it.shape).filter(|it| is_late(it)).collect();
        let new = self.active.iter().filter(|it| it.is_new).map(|it| &it.shape);
        let new = new.chain(
            self.accepted.iter().filter(|it| it.is_new).map(|it| &it.shape.vulnerability_detail),
        );
        let new: Vec<&Detail> = new.collect();
        let ended: Vec<&Reported<Detail>> =
            self.active.iter().filter(|it| it.closed.is_some()).collect();
        let _ = writeln!(
            out,
            "| open | overdue | accepted | new in the period | ended in the period |"
        );
        let _ = writeln!(out, "|---|---|---|---|---|");
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            open.len(),
            late.len(),
            self.accepted.len(),
            new.len(),
            ended.len()
        );
        let _ = writeln!(out, "\n## Open by rating\n\n| rating | open | overdue |\n|---|---|---|");
        for rating in [Some(5), Some(4), Some(3), Some(2), Some(1), Some(0), None] {
            let with = |it: &&Detail| it.current_rating == rating;
            let count = open.iter().map(|it| &it.shape).filter(|it| with(it)).count();
            let late = late.iter().filter(|it| with(it)).count();
            let name = rating.map_or_else(|| "not rated".to_owned(), |rating| format!("N{rating}"));
            if count > 0 || rating.is_some() {
                let _ = writeln!(out, "| {name} | {count} | {late} |");
            }
        }
        table(&mut out, "New", &new, |it| it.detection.detected_at.clone());
        let ended: Vec<&Detail> = ended.into_iter().map(|it| &it.shape).collect();
        table(&mut out, "Ended", &ended, |it| {
            let how = it.final_disposition.unwrap_or_default();
            let on = it.own.closed_on.as_deref().map(|day| format!(" on {day}"));
            format!("{how}{}", on.unwrap_or_default())
        });
        table(&mut out, "Overdue", &late, |it| {
            let status = it.overdue_status.as_ref();
            status.and_then(|status| status.explanation.clone()).unwrap_or_default()
        });
        let _ = writeln!(out, "\n## Accepted\n");
        if self.accepted.is_empty() {
            let _ = writeln!(out, "None.");
        } else {
            let _ = writeln!(out, "| id | rating | vulnerability | why |\n|---|---|---|---|");
            for one in &self.accepted {
                let row = row(&one.shape.vulnerability_detail, &one.shape.acceptance_rationale);
                let _ = writeln!(out, "{row}");
            }
        }
        out
    }
}

fn is_late(detail: &Detail) -> bool {
    detail.overdue_status.as_ref().is_some_and(|status| status.is_overdue)
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
