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
    let Some((base, head)) = change.both() else { return Vec::new() };
    let (from, to) = (&base.item.status, &head.item.status);
    let workflow = &context.settings.workflow;
    if from == to || workflow.find_move(from, to).is_some() {
        return Vec::new();
    }
    let legal: Vec<&str> = workflow
        .get(from)
        .into_iter()
        .flat_map(|definition| &definition.moves)
        .map(|next| next.to())
        .collect();
    let help = match legal.as_slice() {
        [] => format!("no status can be reached from {from}"),
        legal => format!("from {from} an item may move to {}", legal.join(", ")),
    };
    vec![
        RULE.at(
            head,
            "/status",
            format!("was {from}"),
            format!("{from} -> {to} is not a move of the workflow"),
        )
        .help(help),
    ]
}
