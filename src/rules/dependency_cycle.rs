//! The rule `dependency-cycle`: items wait for each other in a circle.
//!
//! Checks the items together. The page `dependency_cycle.md` has its text, source and examples.

use std::collections::HashMap;

use super::{Check, Context, Rule};
use crate::diagnostic::Label;
use crate::diagnostic::{Diagnostic, Level};
use crate::model::ItemId;
use crate::store::Stored;

/// Items wait for each other.
pub(super) const RULE: Rule = Rule {
    name: "dependency-cycle",
    level: Level::Error,
    summary: "items wait for each other in a circle",
    text: include_str!("dependency_cycle.md"),
    numbers: &[],
    history: false,
    check: Check::Store(check),
};

/// The longest circle that a message writes out.
const SHOWN: usize = 6;

/// One item on the way of the walk, and which of its dependencies comes next.
struct DependencyStep<'a> {
    stored: &'a Stored,
    next: usize,
}

/// Walks every item's dependencies once; each circle is stated where it closes.
fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let store = context.store;
    let mut found = Vec::new();
    // Where an item is on the way; `None` once everything behind it was walked.
    let mut seen: HashMap<&ItemId, Option<usize>> = HashMap::new();
    for start in store.items() {
        if start.item.dependencies.is_empty() || seen.contains_key(&start.item.id) {
            continue;
        }
        let mut way = vec![DependencyStep { stored: start, next: 0 }];
        seen.insert(&start.item.id, Some(0));
        while let Some(step) = way.last_mut() {
            let (stored, index) = (step.stored, step.next);
            let Some(id) = stored.item.dependencies.get(index) else {
                seen.insert(&stored.item.id, None);
                way.pop();
                continue;
            };
            step.next += 1;
            match (seen.get(id), store.find(id)) {
                (Some(Some(from)), _) => {
                    found.push(report_circle(way.get(*from..).unwrap_or_default(), index));
                }
                (None, Some(next)) => {
                    seen.insert(id, Some(way.len()));
                    way.push(DependencyStep { stored: next, next: 0 });
                }
                _ => {}
            }
        }
    }
    found
}

/// Returns the diagnostic on a circle: its last item leads back to its first.
fn report_circle(steps: &[DependencyStep<'_>], index: usize) -> Diagnostic {
    let ids: Vec<&str> = steps.iter().map(|step| step.stored.item.id.as_str()).collect();
    let stored = steps.last().map(|step| step.stored);
    let (Some(stored), Some(first)) = (stored, ids.first()) else {
        return Diagnostic::new(RULE.name, Label::whole_file(""), "items wait for each other");
    };
    let message = match ids.as_slice() {
        [one] => format!("`{one}` waits for itself"),
        ids if ids.len() <= SHOWN => {
            format!("items wait for each other: {} -> {first}", ids.join(" -> "))
        }
        ids => format!("{} items wait for each other, `{first}` among them", ids.len()),
    };
    let label = format!("leads back to {first}");
    RULE.at(stored, &format!("/dependencies/{index}"), label, message)
        .help("remove the dependency that is not one")
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    fn items(edges: &[(u32, &[u32])]) -> String {
        let mut block = "fail\n".to_owned();
        for (id, to) in edges {
            let to: Vec<_> = to.iter().map(|to| format!("V-{to}")).collect();
            block.push_str(&format!(
                "# file: items/V-{id}.yaml\nid: V-{id}\nweakness_name: W\n\
            status: open\noriginal_detection_date: 2026-02-05\noriginal_risk_rating: low\n\
            dependencies: [{}]\n",
                to.join(", ")
            ));
        }
        block
    }

    #[test]
    fn each_circle_is_said_once() {
        for (edges, expected) in [
            (vec![(1, &[2][..]), (2, &[3]), (3, &[])], vec![]),
            (vec![(1, &[2, 3]), (2, &[3]), (3, &[])], vec![]),
            (vec![(1, &[1])], vec!["error `V-1`: `V-1` waits for itself"]),
            (
                vec![(1, &[2]), (2, &[3]), (3, &[2, 9])],
                vec!["error `V-2`: items wait for each other: V-2 -> V-3 -> V-2"],
            ),
        ] {
            assert_eq!(run_example(&RULE, &items(&edges)), expected);
        }
    }

    #[test]
    fn a_long_chain_is_walked_without_recursion() {
        let mut edges: Vec<(u32, Vec<u32>)> = (1..3000).map(|id| (id, vec![id + 1])).collect();
        edges.push((3000, vec![1]));
        let edges: Vec<(u32, &[u32])> = edges.iter().map(|(id, to)| (*id, to.as_slice())).collect();
        let said = run_example(&RULE, &items(&edges));
        assert_eq!(said.len(), 1);
        assert!(said[0].ends_with("3000 items wait for each other, `V-1` among them"), "{said:?}");
    }
}
