//! The rule `self-approval`: the author of a change approves their own deviation or acceptance.
//!
//! Compares the base of a branch with its head, item by item. The page `self_approval.md` has its
//! text, source and examples.

use serde_json::Value;

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{Action, Actor, Event};
use crate::model::{DeviationState, Item, Person, Status, normalize_look};
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

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(head) = change.head else { return Vec::new() };
    let base = change.edited_versions().map(|(base, _)| &base.item);
    let mut found = Vec::new();
    for (index, deviation) in head.item.deviations.iter().enumerate() {
        let Some(approver) = find_approver(&head.item, index) else { continue };
        let had = base.is_some_and(|base| {
            (0..base.deviations.len()).any(|at| {
                base.deviations.get(at).is_some_and(|it| it.kind == deviation.kind)
                    && self::find_approver(base, at).is_some_and(|it| is_same(it, approver))
            })
        });
        let request = Request::Deviation(deviation.kind.as_str());
        if let Some(level) = own_level(head, context, approver, request).filter(|_| !had) {
            let at = format!("/deviations/{index}/approver");
            found.push(report_approval(
                head,
                &at,
                approver,
                &format!("their own {}", deviation.kind),
                level,
            ));
        }
    }
    if let Some(approver) = acceptance_approver(&head.item) {
        let had = base.is_some_and(|base| {
            acceptance_approver(base).is_some_and(|it| is_same(&it, &approver))
                && acceptance_day(base) == acceptance_day(&head.item)
        });
        if let Some(level) =
            own_level(head, context, &approver, Request::Acceptance).filter(|_| !had)
        {
            let at = "/risk_acceptance/approver";
            found.push(report_approval(
                head,
                at,
                &approver,
                "the acceptance that they proposed",
                level,
            ));
        }
    }
    found
}

fn acceptance_approver(item: &Item) -> Option<Person> {
    item.risk_acceptance.as_ref().and_then(|it| it.approver.clone())
}

fn acceptance_day(item: &Item) -> Option<chrono::NaiveDate> {
    item.risk_acceptance.as_ref().and_then(|it| it.approved)
}

fn report_approval(head: &Stored, at: &str, who: &Person, what: &str, level: Level) -> Diagnostic {
    RULE.at(head, at, "who asked for it, too", format!("{} approves {what}", who.name))
        .at_most(level)
        .help("name the person who decided; who asks and who decides are two people")
}

/// Returns the person who approved a deviation, if somebody did.
fn find_approver(item: &Item, index: usize) -> Option<&Person> {
    let deviation = item.deviations.get(index)?;
    deviation.approver.as_ref().filter(|_| deviation.state == DeviationState::Approved)
}

/// Kind of request that needs an approval.
#[derive(Clone, Copy)]
enum Request {
    /// A deviation of a type.
    Deviation(&'static str),
    /// The acceptance of the risk.
    Acceptance,
}

impl Request {
    /// Returns whether an event records the request. What waits for approval was proposed by who
    /// moved it there, or drafted the acceptance.
    fn is_asked_by(self, event: &Event) -> bool {
        match (self, event.action) {
            (Self::Deviation(kind), Action::DeviationRequested) => {
                event.new.entry_text("type").as_deref() == Some(kind)
            }
            (Self::Deviation(kind), Action::ItemCreated) => {
                let all = event.new.get("deviations");
                let all = all.as_ref().and_then(|it| it.as_array());
                all.into_iter().flatten().any(|it| it.get("type").is_some_and(|it| it == kind))
            }
            (Self::Acceptance, Action::StatusChanged) => event.new == Status::PENDING_APPROVAL,
            (Self::Acceptance, Action::FieldChanged) => event.field.starts_with("/risk_acceptance"),
            (Self::Acceptance, Action::ItemCreated) => {
                event.new.get("risk_acceptance").is_some()
                    || event.new.entry_text("status").as_deref() == Some(Status::PENDING_APPROVAL)
            }
            _ => false,
        }
    }

    /// Returns whether an event records the approval by a person.
    fn is_approved_by(self, event: &Event, approver: &Person) -> bool {
        let names = |value: Option<&Value>| {
            let name = value.and_then(|it| it.get("name")).and_then(Value::as_str);
            name == Some(approver.name.as_str())
        };
        let new = || event.new.value();
        match (self, event.action) {
            (Self::Deviation(kind), Action::DeviationDecided) => {
                event.new.entry_text("type").as_deref() == Some(kind)
                    && names(new().get("approver"))
            }
            (Self::Deviation(kind), Action::ItemCreated) => {
                let new = new();
                let all = new.get("deviations").and_then(Value::as_array);
                let mut of_kind = all
                    .into_iter()
                    .flatten()
                    .filter(|it| it.get("type").is_some_and(|it| it == kind));
                of_kind.any(|it| names(it.get("approver")))
            }
            (Self::Deviation(_), Action::FieldChanged) => {
                event.field.starts_with("/deviations/") && names_at(event, "/approver", approver)
            }
            (Self::Acceptance, Action::RiskAccepted) => names(new().get("approver")),
            (Self::Acceptance, Action::ItemCreated) => {
                names(new().get("risk_acceptance").and_then(|it| it.get("approver")))
            }
            _ => false,
        }
    }
}

/// Returns whether an event sets a field, or the name below it, to the name of a person.
fn names_at(event: &Event, field: &str, person: &Person) -> bool {
    let new = event.new.value();
    let name = match event.field.strip_suffix("/name") {
        Some(above) if above.ends_with(field) => new.as_str(),
        _ if event.field.ends_with(field) => new.get("name").and_then(Value::as_str),
        _ => None,
    };
    name == Some(person.name.as_str())
}

/// Determines whether and how surely an approver decided on his own request.
///
/// Who asked is who committed the request, or, where there was none, who made the decision. Where
/// several people contributed to that, the approver may be the one who only decided. What is not
/// committed yet is made by who would commit it.
fn own_level(
    head: &Stored,
    context: &Context<'_>,
    approver: &Person,
    request: Request,
) -> Option<Level> {
    let people = context.people;
    let life = context.item_events(head);
    let landed = life.iter().rposition(|event| request.is_approved_by(event, approver));
    let before = life.get(..landed.unwrap_or(life.len()))?;
    let asked = before.iter().rev().find(|event| request.is_asked_by(event));
    let decision = landed.and_then(|at| life.get(at));
    let decided_by =
        decision.map_or_else(|| people.author.iter().cloned().collect(), |it| event_actors(it));
    let asked_by = asked.map_or_else(|| decided_by.clone(), |it| event_actors(it));
    let is_own = |actor: &Actor| {
        people.is_actor(approver, actor)
            || decided_by.iter().any(|it| people.is_actor_through(approver, it, actor))
    };
    let own = asked_by.iter().filter(|actor| is_own(actor)).count();
    match own {
        0 => None,
        own if own == asked_by.len() => Some(Level::Error),
        _ => Some(Level::Warning),
    }
}

fn event_actors(event: &Event) -> Vec<Actor> {
    // Where a document does not state who it was, anyone who put it here answers for it.
    let landed_by = event.actor.is_none().then_some(&event.landed_by);
    landed_by.into_iter().chain(event.people()).map(|actor| (**actor).clone()).collect()
}

/// Returns whether two entries name one approver in equal words.
fn is_same(one: &Person, other: &Person) -> bool {
    normalize_look(&one.name) == normalize_look(&other.name)
        && one.email.as_deref().map(normalize_look) == other.email.as_deref().map(normalize_look)
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-02-05\noriginal_risk_rating: high\n# …\n";

    fn between(base: &str, branch: &str) -> Vec<String> {
        run_example(
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
        // A request that was committed, then the decision by its author or by somebody else.
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
        let mail = deviation("approved", ", approver: {name: J, email: Jane.Doe@Example.com}");
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
