//! The plan of a scan, coverage and the list of scans, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{plural, shell_word, visible};
use crate::intake::{AbsentOutcome, Coverage, ScanPlan, ScanRecord, VexProposal, VexStatus};
use crate::model::{Item, ItemId, RiskRating};

/// So many entries of a list are shown.
const SHOWN: usize = 20;

fn scan_name(record: &ScanRecord) -> String {
    let files: Vec<&str> = record.files.keys().map(String::as_str).collect();
    visible(&format!("{} of {} ({})", record.name(), record.day, files.join(", "))).into_owned()
}

/// Writes some lines of a list, and how many more there are.
fn section<T>(text: &mut String, head: &str, list: &[T], line: impl Fn(&T) -> String) {
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
        section(&mut text, &format!("New, {rating}"), &of_rating, |new| {
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
    section(&mut text, "Changed", &plan.changed, |changed| {
        let mut parts = changed.changes.clone();
        if !changed.added_assets.is_empty() {
            parts.push(format!("+ {}", changed.added_assets.join(", ")));
        }
        if !changed.removed_assets.is_empty() {
            parts.push(format!("- {}", changed.removed_assets.join(", ")));
        }
        format!("{}  {}", changed.id, parts.join("; "))
    });
    section(&mut text, "Not found", &plan.absent, |absent| {
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
    section(&mut text, "Found again, and not reopened", &plan.not_reopened, |(id, why)| {
        format!("{id}  {why}")
    });
    section(
        &mut text,
        "Approved false positives, found again",
        &plan.false_positives,
        ToString::to_string,
    );
    section(
        &mut text,
        "Without a severity, rated by `scan.ratings`",
        &plan.unrated,
        |(id, rating)| format!("{id}  {rating}"),
    );
    section(
        &mut text,
        "Rated otherwise by the scanner now; the item keeps its original rating",
        &plan.rated_otherwise,
        |(id, now, original)| format!("{id}  {original} -> {now}"),
    );
    section(&mut text, "Suppressed; recorded, not obeyed", &plan.suppressed, |one| {
        format!("{}  {}: {}", one.key.id, one.title, one.reason)
    });
    section(&mut text, "Refused", &plan.refused, |one| {
        format!("{}: {}: {}", one.file, one.place, one.reason)
    });
    section(&mut text, "VEX statements; a person decides", &plan.proposals, proposal);
    if plan.proofs > 0 {
        _ = writeln!(
            text,
            "{} in the files were not copied: they may hold secrets",
            plural(plan.proofs, "proof")
        );
    }
    text
}

/// Says what came of a plan. `committed` says that it was carried out.
pub fn scan_plan_end(plan: &ScanPlan, committed: bool) -> String {
    if plan.known.is_some() {
        String::new()
    } else if committed {
        let lacks = |is_missing: fn(&Item) -> bool| {
            plan.new.iter().filter(|new| is_missing(&new.item)).count()
        };
        let owners = lacks(|item| item.point_of_contact.is_none());
        let controls = lacks(|item| item.controls.is_empty());
        let mut text = format!("committed with {}\n", visible(&plan.record_path));
        if owners + controls > 0 {
            _ = writeln!(
                text,
                "new items without an owner: {owners}, without a control: {controls}; rules under `scan.rules` in poam.yaml can give both"
            );
        }
        text + "next: poam validate\n"
    } else {
        "nothing is written yet; next: the same command with --commit\n".to_owned()
    }
}

fn proposal(proposal: &VexProposal) -> String {
    let VexProposal { id, vulnerability, justification, .. } = proposal;
    let quoted = justification.replace('"', "'");
    match proposal.status {
        VexStatus::Fixed => {
            format!(
                "{id}  {vulnerability} is fixed ({quoted}): poam transition {} pending-validation",
                shell_word(id.as_str())
            )
        }
        _ => format!(
            "{id}  {vulnerability} does not affect it: poam deviation request {} false-positive --rationale {}",
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
    let pairs = |list: &[(ItemId, String)]| -> Vec<Value> {
        list.iter().map(|(id, why)| json!({"id": id, "reason": why})).collect()
    };
    let unrated: Vec<Value> =
        plan.unrated.iter().map(|(key, risk)| json!({"finding": key, "risk": risk})).collect();
    let rated: Vec<Value> = plan
        .rated_otherwise
        .iter()
        .map(|(id, now, original)| json!({"id": id, "scanner": now, "original": original}))
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
            json!({"id": one.id, "vulnerability": one.vulnerability, "justification": one.justification,
                "proposal": if one.status == VexStatus::Fixed { "validate" } else { "false-positive" }})
        })
        .collect();
    json!({
        "version": 1, "day": plan.record.day, "scope": plan.record.scope, "record": plan.record_path,
        "known": plan.known, "committed": committed && plan.known.is_none(), "counts": plan.counts,
        "new": new, "changed": changed, "unchanged": plan.unchanged, "absent": absent,
        "false_positives": plan.false_positives, "not_reopened": pairs(&plan.not_reopened),
        "unrated": unrated, "rated_otherwise": rated, "suppressed": suppressed, "refused": plan.refused,
        "proposals": proposals, "proofs_left_out": plan.proofs,
    })
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
