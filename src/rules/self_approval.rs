use super::{Change, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{Action, Actor, Event};
use crate::model::{DeviationState, Item, Person, Status, folded};
use crate::store::Stored;

/// Somebody approves their own deviation or acceptance.
pub(super) const RULE: Rule = Rule {
    name: "self-approval",
    level: Level::Error,
    summary: "the author of a change approves their own deviation or acceptance",
    text: include_str!("self_approval.md"),
    numbers: &[],
    history: true,
    check: Check::Change(check),
};

fn check(change: &Change<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(head) = change.head else { return Vec::new() };
    let base = change.edited().map(|(base, _)| &base.item);
    let life = context.life(head);
    let mut found = Vec::new();
    for (index, deviation) in head.item.deviations.iter().enumerate() {
        let Some(approver) = approver(&head.item, index) else { continue };
        let had = base.is_some_and(|base| {
            (0..base.deviations.len()).any(|at| {
                base.deviations.get(at).is_some_and(|it| it.kind == deviation.kind)
                    && self::approver(base, at).is_some_and(|it| same(it, approver))
            })
        });
        let kind = deviation.kind.as_str();
        let of_kind = |event: &Event| event.new.text("type").as_deref() == Some(kind);
        let decided = |event: &Event| event.action == Action::DeviationDecided && of_kind(event);
        let asked = |event: &Event| match event.action {
            Action::DeviationRequested => of_kind(event),
            Action::ItemCreated => {
                let all = event.new.get("deviations");
                let all = all.as_ref().and_then(|it| it.as_array());
                all.into_iter().flatten().any(|it| it.get("type").is_some_and(|it| it == kind))
            }
            _ => false,
        };
        if let Some(level) = (!had).then(|| own(&life, approver, &decided, &asked)).flatten() {
            let at = format!("/deviations/{index}/approver");
            found.push(say(head, &at, approver, &format!("their own {kind}"), level));
        }
    }
    let accepted = |item: &Item| item.risk_acceptance.as_ref().and_then(|it| it.approver.clone());
    if let Some(approver) = accepted(&head.item) {
        let had = base.and_then(accepted).is_some_and(|it| same(&it, &approver));
        let decided = |event: &Event| event.action == Action::RiskAccepted;
        // What waits for approval was proposed by whom put it there, or drafted the acceptance.
        let asked = |event: &Event| match event.action {
            Action::StatusChanged => event.new == Status::PENDING_APPROVAL,
            Action::FieldChanged => event.field.starts_with("/risk_acceptance"),
            Action::ItemCreated => {
                event.new.get("risk_acceptance").is_some()
                    || event.new.text("status").as_deref() == Some(Status::PENDING_APPROVAL)
            }
            _ => false,
        };
        if let Some(level) = (!had).then(|| own(&life, &approver, &decided, &asked)).flatten() {
            let at = "/risk_acceptance/approver";
            found.push(say(head, at, &approver, "the acceptance that they proposed", level));
        }
    }
    found
}

fn say(head: &Stored, at: &str, who: &Person, what: &str, level: Level) -> Diagnostic {
    RULE.at(head, at, "and author of the change", format!("{} approves {what}", who.name))
        .at_most(level)
        .help("name the person who decided; who asks and who decides are two people")
}

/// Who approved a deviation, if somebody did.
fn approver(item: &Item, index: usize) -> Option<&Person> {
    let deviation = item.deviations.get(index)?;
    deviation.approver.as_ref().filter(|_| deviation.state == DeviationState::Approved)
}

/// Whether an approver decided on what he asked for himself; how surely.
///
/// Who asked is who landed the request, or, where there was none, who landed the decision. Where
/// several people had a hand in that, the approver may be the one who only decided.
fn own(
    life: &[&Event],
    approver: &Person,
    decided: &dyn Fn(&Event) -> bool,
    asked: &dyn Fn(&Event) -> bool,
) -> Option<Level> {
    let (at, decision) = life
        .iter()
        .enumerate()
        .rev()
        .find(|(_, it)| decided(it) || it.action == Action::ItemCreated)?;
    let request = life.get(..at)?.iter().rev().find(|event| asked(event));
    let asked_by = request.unwrap_or(decision);
    let mut people: Vec<&Actor> = vec![&asked_by.actor];
    people.extend(asked_by.co_actors.iter().map(|actor| &**actor));
    if !people.iter().any(|actor| is(approver, actor)) {
        return None;
    }
    let alone = people.iter().all(|actor| is(approver, actor));
    Some(if alone { Level::Error } else { Level::Warning })
}

/// Whether an actor is a person: the same mail address or the same name.
fn is(person: &Person, actor: &Actor) -> bool {
    let mail = person.email.as_deref().is_some_and(|mail| alike(mail, &actor.email));
    mail || alike(&person.name, &actor.name)
}

fn same(one: &Person, other: &Person) -> bool {
    alike(&one.name, &other.name)
        && one.email.as_deref().map(folded) == other.email.as_deref().map(folded)
}

/// Whether two texts look the same but for case and blanks; nothing is like nothing.
fn alike(one: &str, other: &str) -> bool {
    let one = folded(one);
    !one.is_empty() && one == folded(other)
}

#[cfg(test)]
mod tests {
    use super::super::examples::said;
    use super::*;

    const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-02-05\noriginal_risk_rating: high\n# …\n";

    fn between(base: &str, branch: &str) -> Vec<String> {
        said(
            &RULE,
            &format!("fail\n# commit: 2026-02-06 Ann Author\n{ITEM}{base}# branch\n{branch}"),
        )
    }

    fn deviation(state: &str, approver: &str) -> String {
        format!("deviations: [{{type: false-positive, state: {state}{approver}}}]\n")
    }

    #[test]
    fn who_asks_does_not_decide() {
        let none: [&str; 0] = [];
        let by = |name: &str| deviation("approved", &format!(", approver: {{name: {name}}}"));
        let commit = |who: &str, text: &str| format!("# commit: 2026-02-20 {who}\n{text}");
        assert_eq!(
            between("", &commit("Jane Doe", &by("\"jane  DOE\""))),
            ["error `{name: \"jane  DOE\"}`: jane  DOE approves their own false-positive"]
        );
        assert_eq!(between("", &commit("Jane Doe", &by("Carl"))), none, "he approved it");
        assert_eq!(between("", &commit("Ann Author", &by("Jane Doe"))), none);
        // A request that landed, then the decision by its author or by somebody else.
        let pending = deviation("pending", "");
        assert_eq!(
            between(&pending, &commit("Carl", &by("Carl"))),
            none,
            "Ann asked, Carl decided"
        );
        assert_eq!(between(&pending, &commit("Carl", &by("Ann Author"))).len(), 1, "Ann asked");
        let both = format!("{}{}", commit("Jane Doe", &pending), commit("Carl", &by("Carl")));
        assert_eq!(between("", &both), none);
        // What the base has is not of this change.
        assert_eq!(between(&by("Ann Author"), &commit("Ann Author", "comments: C\n")), none);
        let mail = deviation("approved", ", approver: {name: J, email: A@Example.com}");
        assert_eq!(between("", &commit("Jane Doe", &mail)).len(), 1, "by mail address");
        let mail = mail.replace("Exa", "Exa\u{ad}");
        assert_eq!(between("", &commit("Jane Doe", &mail)).len(), 1, "as it looks");
        let names =
            ["\"Jane D\\u200Boe\"", "\"\\u202AJane\\u3164 Doe\\uFEFF\"", "Jane\u{2060} Doe"];
        for name in names {
            assert_eq!(between("", &commit("Jane Doe", &by(name))).len(), 1, "{name}");
        }
        assert_eq!(between("", &commit("Jane D\u{200b}oe", &by("Jane Doe"))).len(), 1);
    }

    #[test]
    fn an_acceptance_needs_two_people_too() {
        let accepted = "risk_acceptance: {rationale: R, approver: {name: Jane Doe}, approved: 2026-02-20, review_by: 2026-12-01}\n";
        let commit = |who: &str, text: &str| format!("# commit: 2026-02-20 {who}\n{text}");
        assert_eq!(between("", &commit("Jane Doe", accepted)).len(), 1);
        assert_eq!(between("", &commit("Carl", accepted)).len(), 0);
        let waits = commit("Carl", "status: pending-approval\n");
        let decides = commit("Jane Doe", &format!("status: risk-accepted\n{accepted}"));
        assert_eq!(between("", &format!("{waits}{decides}")).len(), 0, "Carl proposed it");
        let waits = commit("Jane Doe", "status: pending-approval\n");
        assert_eq!(between("", &format!("{waits}{decides}")).len(), 1);
    }
}
