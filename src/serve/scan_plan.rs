//! The plan of a scan as tables, from the JSON that the command prints.

use serde_json::Value;

use super::page;
use super::plan::{
    NewItemView, PlanChoices, PlanView, SHOWN, cell, count, ids, item_cell, list, shortened, table,
    text,
};
use super::state::TrackerState;
use crate::report::view::{Cell, ViewTable, line};
use crate::text::plural;

/// Title of the items with a decision that were found beside the assets of the decision.
const OUTSIDE_DECISIONS: &str = "Found on assets that a decision does not name; a person decides";

/// Reads the JSON of `poam scan`.
pub(super) fn read(value: &Value, state: &TrackerState, choices: &PlanChoices<'_>) -> PlanView {
    let counts = value.get("counts").cloned().unwrap_or_default();
    let known = text(value, "known");
    let mut parts = vec![plural(count(&counts, "results"), "result")];
    for (name, what) in [
        ("new", "new"),
        ("known", "known"),
        ("below", "informational or below the threshold"),
        ("suppressed", "suppressed"),
        ("passed", "passed"),
        ("not_checked", "not checked"),
        ("statements", "VEX statements"),
        ("refused", "refused"),
    ] {
        match count(&counts, name) {
            0 => {}
            number => parts.push(format!("{number} {what}")),
        }
    }
    let mut notes = Vec::new();
    if !known.is_empty() {
        notes.push(format!("This scan is recorded already in {}: nothing to do.", line(&known)));
    }
    let same = text(value, "same_scan");
    if !same.is_empty() {
        notes.push(format!(
            "The same scan as {}: the two count once for what is gone.",
            line(&same)
        ));
    }
    if count(value, "proofs_left_out") > 0 {
        let proofs = plural(count(value, "proofs_left_out"), "proof");
        notes.push(format!("{proofs} in the files are not copied: they may hold secrets."));
    }
    for (name, what) in [
        ("other_products", "about a weakness of an item, but in another product"),
        ("without_product", "about a weakness of an item without the name of a product"),
    ] {
        match count(value, name) {
            0 => {}
            number => notes
                .push(format!("{} {what}: nothing is proposed.", plural(number, "VEX statement"))),
        }
    }
    let scope = text(value, "scope");
    let scope = if scope.is_empty() { String::new() } else { format!(" of {}", line(&scope)) };
    let new = list(value, "new");
    let mut tables = vec![
        refused_results(value),
        changed_by_scan(value, state),
        absent(value, state),
        reasons(value, "not_shown", "Not found, and not known to be gone; they stay", state),
        reasons(value, "not_reopened", "Found again, and not reopened", state),
        ids(value, "false_positives", "Approved false positives, found again", state),
        ids(value, "informational", "Called informational now; the item stays open", state),
        rated_otherwise(value, state),
        detected_earlier(value, state),
        reasons(value, "outside_decisions", OUTSIDE_DECISIONS, state),
        suppressed(value),
        proposals(value, state),
        reasons(value, "contradictions", "VEX statements that contradict each other", state),
    ];
    tables.retain(|table| !table.rows.is_empty());
    PlanView {
        title: format!("Scan{scope} on {}", text(value, "day")),
        account: parts.join(", "),
        notes,
        more_new_items: new.len().saturating_sub(SHOWN),
        new_items: new.iter().take(SHOWN).map(|one| new_item(one, choices)).collect(),
        tables,
        has_work: known.is_empty(),
        ..PlanView::default()
    }
}

fn new_item(value: &Value, choices: &PlanChoices<'_>) -> NewItemView {
    let item = value.get("item").cloned().unwrap_or_default();
    let (id, name) = (text(&item, "id"), text(&item, "weakness_name"));
    let again = match text(value, "successor_of") {
        id if id.is_empty() => String::new(),
        id => format!(" (found again after {id} was closed)"),
    };
    let name = line(&format!("{name}{again}"));
    // An id may be that of another weakness by now: what was entered for that one is not for this.
    let is_same = choices.get(&format!("name.{id}")) == name;
    let chosen = |what: &str| match is_same {
        true => choices.get(&format!("{what}.{id}")).to_owned(),
        false => String::new(),
    };
    let assets = list(&item, "assets");
    let first = match assets.first() {
        Some(Value::String(name)) => name.clone(),
        Some(asset) => text(asset, "identifier"),
        None => String::new(),
    };
    let assets = match assets.len() {
        0 | 1 => first,
        more => format!("{first} and {} more", more - 1),
    };
    let scheduled = text(&item, "scheduled_completion_date");
    let (owner, due) = (chosen("owner"), chosen("due"));
    let owner_of = item.get("point_of_contact").cloned().unwrap_or_default();
    NewItemView {
        name,
        risk: text(&item, "original_risk_rating"),
        assets: line(&assets),
        detected: text(&item, "original_detection_date"),
        given_owner: line(&text(&owner_of, "name")),
        owner,
        due: if due.is_empty() { scheduled } else { due },
        id,
    }
}

fn refused_results(value: &Value) -> ViewTable {
    let columns = ["File", "Place", "Reason"];
    table("Refused: these results are not used", &columns, list(value, "refused"), |one| {
        vec![cell(one, "file", ""), cell(one, "place", "word"), cell(one, "reason", "wide")]
    })
}

fn changed_by_scan(value: &Value, state: &TrackerState) -> ViewTable {
    let columns = ["Item", "Change", "Assets found anew", "Assets that are clean"];
    table("Changed", &columns, list(value, "changed"), |one| {
        let joined = |name: &str| {
            let texts: Vec<&str> = list(one, name).iter().filter_map(Value::as_str).collect();
            Cell::new(shortened(&texts.join(", "))).kind("wide")
        };
        vec![
            item_cell(&text(one, "id"), state),
            joined("changes"),
            joined("added_assets"),
            joined("removed_assets"),
        ]
    })
}

fn absent(value: &Value, state: &TrackerState) -> ViewTable {
    let columns = ["Item", "Scans without it#", "What follows"];
    table("Not found any more", &columns, list(value, "absent"), |one| {
        let detail = text(one, "detail");
        let follows = match text(one, "outcome").as_str() {
            "moves" => format!("moves to {detail}"),
            "held-back" => format!("stays, because {detail}"),
            _ => "stays until more scans confirm it".to_owned(),
        };
        vec![
            item_cell(&text(one, "id"), state),
            cell(one, "clean_scans", ""),
            Cell::new(follows).kind("wide"),
        ]
    })
}

fn reasons(value: &Value, name: &str, title: &str, state: &TrackerState) -> ViewTable {
    table(title, &["Item", "Reason"], list(value, name), |one| {
        vec![item_cell(&text(one, "id"), state), cell(one, "reason", "wide")]
    })
}

fn rated_otherwise(value: &Value, state: &TrackerState) -> ViewTable {
    let columns = ["Item", "The scanner says", "The item keeps"];
    let title = "Rated otherwise by the scanner now";
    table(title, &columns, list(value, "rated_otherwise"), |one| {
        vec![
            item_cell(&text(one, "id"), state),
            cell(one, "scanner", "word"),
            cell(one, "original", "word"),
        ]
    })
}

fn detected_earlier(value: &Value, state: &TrackerState) -> ViewTable {
    let columns = ["Item", "Day in the files", "Day of the item, which stays"];
    table("Detected earlier, as the files say", &columns, list(value, "detected_earlier"), |one| {
        vec![
            item_cell(&text(one, "id"), state),
            cell(one, "files", "word"),
            cell(one, "item", "word"),
        ]
    })
}

fn suppressed(value: &Value) -> ViewTable {
    let columns = ["Finding", "Title", "Reason in the file"];
    table("Suppressed; recorded, not obeyed", &columns, list(value, "suppressed"), |one| {
        vec![cell(one, "id", "word"), cell(one, "title", "wide"), cell(one, "reason", "wide")]
    })
}

/// VEX statements with the form that would follow them.
fn proposals(value: &Value, state: &TrackerState) -> ViewTable {
    let columns = ["Item", "Vulnerability", "Statement", "Form"];
    table("VEX statements; a person decides", &columns, list(value, "proposals"), |one| {
        let (id, why) = (text(one, "id"), text(one, "justification"));
        let others: Vec<&str> = list(one, "not_about").iter().filter_map(Value::as_str).collect();
        let shown = match others.is_empty() {
            true => why.clone(),
            false => format!("{why}; nothing is said of {}", shortened(&others.join(", "))),
        };
        let (label, form, values) = match text(one, "proposal").as_str() {
            "validate" => (
                "Move to validation",
                "change/transition",
                vec![("item", id.as_str()), ("status", "pending-validation"), ("reason", &why)],
            ),
            _ => (
                "Request a false positive",
                "change/deviation-request",
                vec![("item", id.as_str()), ("kind", "false-positive"), ("rationale", &why)],
            ),
        };
        vec![
            item_cell(&id, state),
            cell(one, "vulnerability", "word"),
            Cell::new(shown).kind("wide"),
            Cell::new(label).link(Some(page::query(form, &values))),
        ]
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_entered_stays_with_its_weakness() {
        let values: Vec<(String, String)> =
            [("owner.V-1", "Jane"), ("name.V-1", "Old TLS"), ("due.V-1", "2027-01-01")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec();
        let choices = PlanChoices::read(&values);
        let view =
            |name: &str| new_item(&json!({"item": {"id": "V-1", "weakness_name": name}}), &choices);
        assert_eq!(
            (view("Old TLS").owner.as_str(), view("Old TLS").due.as_str()),
            ("Jane", "2027-01-01")
        );
        assert_eq!((view("Open port").owner.as_str(), view("Open port").due.as_str()), ("", ""));
    }
}
