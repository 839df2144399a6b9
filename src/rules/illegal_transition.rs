use super::{Change, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};

/// A branch moves an item to a status that its status does not lead to.
pub(super) const RULE: Rule = Rule {
    name: "illegal-transition",
    level: Level::Error,
    summary: "a change moves an item to a status that the workflow does not allow from there",
    text: include_str!("illegal_transition.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &Change<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited() else { return Vec::new() };
    let (from, to) = (&base.item.status, &head.item.status);
    let workflow = &context.settings.workflow;
    // A status that the workflow does not have is said as such.
    if from == to || workflow.get(from).is_none() || workflow.get(to).is_none() {
        return Vec::new();
    }
    let said = |message: String, help: String| {
        vec![RULE.at(head, "/status", format!("was {from}"), message).help(help)]
    };
    if let Some(found) = workflow.find_move(from, to) {
        let unmet = found.needs().iter().find_map(|guard| guard.unmet(&head.item));
        return unmet.map_or_else(Vec::new, |unmet| {
            said(format!("{from} -> {to} is not open to this item: {}", unmet.fact), unmet.way_out)
        });
    }
    let moves = workflow.get(from).into_iter().flat_map(|definition| &definition.moves);
    let legal: Vec<&str> = moves.map(|next| next.to()).collect();
    let help = match legal.as_slice() {
        [] => format!("no status can be reached from {from}"),
        legal => format!("from {from} an item may move to {}", legal.join(", ")),
    };
    if change.overridden {
        // Recorded as such, for the reviewer to look at.
        let message =
            format!("{from} -> {to} is not a move of the workflow and was made with --override");
        let help = "read the commit's reason before you approve it";
        return said(message, help.to_owned())
            .into_iter()
            .map(|one| one.level(Level::Warning))
            .collect();
    }
    said(format!("{from} -> {to} is not a move of the workflow"), help)
}
