//! The plan of a scan, coverage and the list of scans, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{AbsentOutcome, Coverage, ScanPlan, ScanRecord, VexProposal, VexStatus};
use crate::model::{Item, ItemId, RiskRating};
use crate::text::{few, plural, shell_word, visible};

/// So many entries of a list are shown.
const SHOWN: usize = 20;

fn scan_name(record: &ScanRecord) -> String {
    let files: Vec<&str> = record.files.keys().map(String::as_str).collect();
    visible(&format!("{} of {} ({})", record.name(), record.day, files.join(", "))).into_owned()
}

/// Writes some lines of a list, and how many more there are.
fn push_section<T>(text: &mut String, head: &str, list: &[T], line: impl Fn(&T) -> String) {
    if list.is_empty() {
        return;
    }
    _ = writeln!(text, "{head} ({})", list.len());
    for entry in list.iter().take(SHOWN) {
        _ = writeln!(text, "  {}", visible(&line(entry)));
    }
    if list.len() > SHOWN {
        _ = writeln!(text, "  … and {} more; --format json lists all", list.len() - SHOWN);
    }
}

/// Renders a plan for people.
pub fn scan_plan_text(plan: &ScanPlan) -> String {
    let mut text =
        format!("scan {}: {}\n", scan_name(&plan.record), plural(plan.counts.results, "result"));
    if let Some(path) = &plan.known {
        _ = writeln!(text, "  recorded already in {}: nothing to do", visible(path));
        return text;
    }
    if let Some(day) = plan.unused_day {
        _ = writeln!(
            text,
            "  the files say that the scan was on {}; {day} (--as-of) is not used",
            plan.record.day
        );
    }
    if let Some(path) = &plan.same_scan {
        let path = visible(path);
        _ = writeln!(text, "  the same scan as {path}: the two count once for what is gone");
    }
    let counts = plan.counts;
    for (name, count, note) in [
        ("new", counts.new, "no item has them"),
        ("known", counts.known, "an item has them"),
        ("below", counts.below, "informational, or below `scan.minimum`"),
        ("suppressed", counts.suppressed, "the scanner was told to leave them out"),
        ("passed", counts.passed, "passed, fixed or not applicable"),
        ("not checked", counts.not_checked, "errors and open checks; they close nothing"),
        ("statements", counts.statements, "VEX"),
        ("refused", counts.refused, "cannot be used"),
    ] {
        if count > 0 {
            _ = writeln!(text, "  {count:>7}  {name:<12} {note}");
        }
    }
    for rating in RiskRating::ALL.iter().rev() {
        let of_rating: Vec<_> =
            plan.new.iter().filter(|new| new.item.original_risk_rating == *rating).collect();
        push_section(&mut text, &format!("New, {rating}"), &of_rating, |new| {
            let again =
                new.successor_of.as_ref().map(|id| format!(", found again after {id} was closed"));
            let assets = plural(new.item.assets.len(), "asset");
            format!(
                "{}  {} ({assets}{})",
                new.item.id,
                new.item.weakness_name,
                again.unwrap_or_default()
            )
        });
    }
    push_section(&mut text, "Changed", &plan.changed, |changed| {
        let mut parts = changed.changes.clone();
        if !changed.added_assets.is_empty() {
            parts.push(format!("+ {}", changed.added_assets.join(", ")));
        }
        if !changed.removed_assets.is_empty() {
            parts.push(format!("- {}", changed.removed_assets.join(", ")));
        }
        format!("{}  {}", changed.id, parts.join("; "))
    });
    push_section(&mut text, "Not found", &plan.absent, |absent| {
        let scans = plural(absent.clean, "scan");
        match &absent.outcome {
            AbsentOutcome::Waits => {
                format!("{}  not found by {scans}; more must confirm it", absent.id)
            }
            AbsentOutcome::Moves { to } => format!("{}  not found by {scans}: {to}", absent.id),
            AbsentOutcome::HeldBack { reason } => {
                format!("{}  not found by {scans}, but {reason}", absent.id)
            }
        }
    });
    push_section(
        &mut text,
        "Not found, and not known to be gone; they stay as they are",
        &plan.not_shown,
        |(id, why)| format!("{id}  {why}"),
    );
    push_section(&mut text, "Found again, and not reopened", &plan.not_reopened, |(id, why)| {
        format!("{id}  {why}")
    });
    push_section(
        &mut text,
        "Approved false positives, found again",
        &plan.false_positives,
        ToString::to_string,
    );
    push_section(
        &mut text,
        "Called informational by the scanner now; the item stays open",
        &plan.informational,
        ToString::to_string,
    );
    push_section(
        &mut text,
        "Without a severity, rated by `scan.ratings`",
        &plan.unrated,
        |(id, rating)| format!("{id}  {rating}"),
    );
    push_section(
        &mut text,
        "Rated otherwise by the scanner now; the item keeps its original rating",
        &plan.rated_otherwise,
        |(id, now, original)| format!("{id}  {original} -> {now}"),
    );
    push_section(
        &mut text,
        "Detected earlier, as the files say; the item keeps its day of detection",
        &plan.detected_earlier,
        |(id, day, own)| format!("{id}  {day} in the files, {own} in the item"),
    );
    push_section(
        &mut text,
        "Found on assets that a decision does not name; a person decides",
        &plan.outside_decisions,
        |(id, why)| format!("{id}  {why}"),
    );
    push_section(&mut text, "Suppressed; recorded, not obeyed", &plan.suppressed, |one| {
        format!("{}  {}: {}", one.key.id, one.title, one.reason)
    });
    push_section(&mut text, "Refused", &plan.refused, |one| {
        format!("{}: {}: {}", one.file, one.place, one.reason)
    });
    push_section(&mut text, "VEX statements; a person decides", &plan.proposals, render_proposal);
    if plan.other_products > 0 {
        let statements = plural(plan.other_products, "VEX statement");
        _ = writeln!(
            text,
            "{statements} about a weakness of an item, but in another product: nothing is proposed"
        );
    }
    if plan.without_product > 0 {
        let statements = plural(plan.without_product, "VEX statement");
        _ = writeln!(
            text,
            "{statements} about a weakness of an item without the name of a product: nothing is proposed"
        );
    }
    push_section(
        &mut text,
        "VEX statements that contradict each other; nothing is proposed",
        &plan.contradictions,
        |(id, why)| format!("{id}  {why}"),
    );
    if plan.proofs > 0 {
        _ = writeln!(
            text,
            "{} in the files were not copied: they may hold secrets",
            plural(plan.proofs, "proof")
        );
    }
    text
}

/// States what came of a plan. `committed` states that it was carried out.
pub fn scan_plan_end(plan: &ScanPlan, committed: bool) -> String {
    if plan.known.is_some() {
        String::new()
    } else if committed {
        let mut text = format!("committed with {}\n", visible(&plan.record_path));
        let without_owner = lacking(plan, |item| item.point_of_contact.is_none());
        let without_control = lacking(plan, |item| item.controls.is_empty());
        for (what, ids) in [("an owner", &without_owner), ("a control", &without_control)] {
            if !ids.is_empty() {
                let items = plural(ids.len(), "new item");
                _ = writeln!(text, "warning: {items} without {what}: {}", few(ids));
            }
        }
        if !without_owner.is_empty() {
            // Every item without an owner is meant, whichever scan brought it.
            text += "next: poam assign --where 'no-owner open' --to NAME, or poam list --no-owner first";
            text += "; rules under `scan.rules` in poam.yaml give new items an owner\n";
            return text;
        }
        text + "next: poam validate\n"
    } else {
        "nothing is written yet; next: the same command with --commit\n".to_owned()
    }
}

/// Returns the ids of the new items that lack something.
fn lacking(plan: &ScanPlan, is_missing: fn(&Item) -> bool) -> Vec<&str> {
    let lacking = plan.new.iter().filter(|new| is_missing(&new.item));
    lacking.map(|new| new.item.id.as_str()).collect()
}

fn render_proposal(proposal: &VexProposal) -> String {
    let VexProposal { id, vulnerability, justification, not_about, .. } = proposal;
    let quoted = justification.replace('"', "'");
    let others = match not_about.is_empty() {
        true => String::new(),
        false => format!(", but nothing is said of {}", not_about.join(", ")),
    };
    match proposal.status {
        VexStatus::Fixed => {
            format!(
                "{id}  {vulnerability} is fixed ({quoted}){others}: poam transition {} pending-validation",
                shell_word(id.as_str())
            )
        }
        _ => format!(
            "{id}  {vulnerability} does not affect it{others}: poam deviation request {} false-positive --rationale {}",
            shell_word(id.as_str()),
            shell_word(justification)
        ),
    }
}

/// Renders a plan as JSON, version 1.
pub fn scan_plan_json(plan: &ScanPlan, committed: bool) -> Value {
    let new: Vec<Value> = plan
        .new
        .iter()
        .map(|new| json!({"item": new.item, "path": new.path, "successor_of": new.successor_of}))
        .collect();
    let changed: Vec<Value> = plan
        .changed
        .iter()
        .map(|one| {
            json!({"id": one.id, "added_assets": one.added_assets, "removed_assets": one.removed_assets, "changes": one.changes})
        })
        .collect();
    let absent: Vec<Value> = plan
        .absent
        .iter()
        .map(|one| {
            let (outcome, detail) = match &one.outcome {
                AbsentOutcome::Waits => ("waits", None),
                AbsentOutcome::Moves { to } => ("moves", Some(to)),
                AbsentOutcome::HeldBack { reason } => ("held-back", Some(reason)),
            };
            json!({"id": one.id, "clean_scans": one.clean, "outcome": outcome, "detail": detail})
        })
        .collect();
    let unrated: Vec<Value> =
        plan.unrated.iter().map(|(key, risk)| json!({"finding": key, "risk": risk})).collect();
    let rated: Vec<Value> = plan
        .rated_otherwise
        .iter()
        .map(|(id, now, original)| json!({"id": id, "scanner": now, "original": original}))
        .collect();
    let earlier: Vec<Value> = plan
        .detected_earlier
        .iter()
        .map(|(id, day, own)| json!({"id": id, "files": day, "item": own}))
        .collect();
    let suppressed: Vec<Value> = plan
        .suppressed
        .iter()
        .map(|one| json!({"detector": one.key.detector, "id": one.key.id, "title": one.title, "reason": one.reason}))
        .collect();
    let proposals: Vec<Value> = plan
        .proposals
        .iter()
        .map(|one| {
            json!({"id": one.id, "vulnerability": one.vulnerability, "justification": one.justification, "not_about": one.not_about,
                "proposal": if one.status == VexStatus::Fixed { "validate" } else { "false-positive" }})
        })
        .collect();
    json!({
        "version": 1, "day": plan.record.day, "scope": plan.record.scope, "record": plan.record_path,
        "known": plan.known, "same_scan": plan.same_scan, "committed": committed && plan.known.is_none(), "counts": plan.counts,
        "new": new, "changed": changed, "unchanged": plan.unchanged, "absent": absent,
        "not_shown": reason_pairs(&plan.not_shown), "informational": plan.informational,
        "false_positives": plan.false_positives, "not_reopened": reason_pairs(&plan.not_reopened),
        "unrated": unrated, "rated_otherwise": rated, "detected_earlier": earlier,
        "outside_decisions": reason_pairs(&plan.outside_decisions), "suppressed": suppressed, "refused": plan.refused,
        "proposals": proposals, "other_products": plan.other_products, "without_product": plan.without_product,
        "contradictions": reason_pairs(&plan.contradictions), "proofs_left_out": plan.proofs,
    })
}

fn reason_pairs(list: &[(ItemId, String)]) -> Vec<Value> {
    list.iter().map(|(id, why)| json!({"id": id, "reason": why})).collect()
}

/// Renders which findings of a scan have an item, for people.
pub fn scan_coverage_text(coverage: &Coverage) -> String {
    let mut text = format!(
        "{} at or above {}: {} with an open item, {} with a closed item, {} without an item\n",
        plural(coverage.findings, "finding"),
        coverage.minimum,
        coverage.open,
        coverage.closed,
        coverage.missing.len()
    );
    for missing in &coverage.missing {
        let assets = plural(missing.assets, "asset");
        _ = writeln!(
            text,
            "  {:<9} {}  {} ({assets})",
            missing.risk,
            visible(&missing.id),
            visible(&missing.title)
        );
    }
    text
}

/// Renders the recorded scans for people, a line each.
pub fn scan_list_text(records: &[(String, ScanRecord)]) -> String {
    let mut text = String::new();
    for (path, record) in records {
        let assets = plural(record.assets.len(), "asset");
        let found = plural(record.found.len(), "item");
        let counts = format!("{} results, {assets}, {found} found", record.counts.results);
        let name = record.name();
        _ = writeln!(text, "{}  {}  {counts}  {}", record.day, visible(&name), visible(path));
    }
    text
}

/// Renders the recorded scans as JSON, version 1.
pub fn scan_list_json(records: &[(String, ScanRecord)]) -> Value {
    let scans: Vec<Value> =
        records.iter().map(|(path, record)| json!({"path": path, "scan": record})).collect();
    json!({"version": 1, "scans": scans})
}
