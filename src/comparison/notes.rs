use chrono::NaiveDate;

use super::{Kind, Note, slips};
use crate::history::{Action, Difference, Event, EventValue, History};
use crate::model::{
    DeviationState, DeviationType, Due, Item, PermanentValues, Person, is_reference,
};
use crate::output::plural;
use crate::settings::Settings;

/// What is known of a change to one item.
pub(super) struct Facts<'a> {
    pub(super) kind: Kind,
    pub(super) events: &'a [Difference],
    pub(super) base: Option<&'a Item>,
    pub(super) head: Option<&'a Item>,
    /// What happened to it up to the base, oldest first.
    pub(super) life: Vec<&'a Event>,
    pub(super) has_reason: bool,
    /// For each who changed it, the document that it was taken from.
    pub(super) sources: Vec<Option<&'a str>>,
    pub(super) settings: &'a Settings,
    /// What the commits say up to the base.
    pub(super) history: &'a History,
    pub(super) today: NaiveDate,
    /// What the rules on changes say of it.
    pub(super) said: &'a [Note],
}

/// What a change means, in the order in which a reviewer would ask.
pub(super) fn notes(facts: &Facts<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    for event in facts.events {
        match event.action {
            Action::ItemRenamed => {
                let before = event.old.as_str().unwrap_or_default();
                notes.push(Note::alarm("renamed", format!("goes on under this id, was {before}")));
            }
            Action::Unreadable => {
                let why = event.new.as_str().unwrap_or_default();
                notes.push(Note::alarm("unreadable", format!("cannot be read: {why}")));
            }
            _ => {}
        }
    }
    if facts.kind == Kind::Removed && !facts.said.iter().any(|note| note.about == "item-deleted") {
        notes.push(Note::alarm("item-deleted", "item is deleted"));
    }
    if facts.kind == Kind::Added {
        notes.extend(added(facts));
    }
    notes.extend(imported(facts));
    notes.extend(slips::notes(facts));
    if let Some(head) = facts.head {
        notes.extend(status(facts, head));
        notes.extend(decisions(facts, head));
        notes.extend(deferral(facts, head));
        notes.extend(due(facts, head));
    }
    // What was said in a reviewer's words already is not said again in those of the rule.
    let own = |note: &&Note| {
        let told = |about: &str| notes.iter().any(|it| it.alarming && it.about == about);
        match note.about {
            "self-approval" => !told("self-approval"),
            "closed-without-evidence" => !told("closes"),
            "closed-with-open-milestones" => !told("open-milestones"),
            "adjustment-not-approved" | "undecided-acceptance" => !told("decision"),
            _ => true,
        }
    };
    let said: Vec<Note> = facts.said.iter().filter(own).cloned().collect();
    notes.extend(said);
    notes
}

impl Facts<'_> {
    /// When an item is due, by what landed first.
    fn due(&self, item: &Item) -> Due {
        // An item that goes on under another id landed first under the one before.
        let first = self.base.and_then(|base| self.history.first_values(&base.id));
        Due::of(item, PermanentValues::of(item, first), &self.settings.deadlines)
    }

    fn is_closed(&self, item: &Item) -> bool {
        self.settings.workflow.is_closed(&item.status)
    }

    /// What entitles the item to new dates in this change.
    pub(super) fn entitled(&self) -> Option<&'static str> {
        let (base, head) = (self.base?, self.head?);
        let approved = |item: &Item| {
            let adjustment = item.deviation(DeviationType::RiskAdjustment);
            adjustment.is_some_and(|it| it.state == DeviationState::Approved)
        };
        let released = |item: &Item| item.vendor_dependency.as_ref().and_then(|it| it.fix_released);
        if approved(head) && !approved(base) {
            return Some("a risk adjustment is approved with it");
        }
        (released(head).is_some() && released(base).is_none())
            .then_some("the vendor released a fix")
    }

    /// Whether the rule says that somebody approves what they asked for.
    fn is_self_approval(&self, person: &Person) -> bool {
        let by = format!("{} approves ", person.name);
        let mut said = self.said.iter().filter(|note| note.about == "self-approval");
        said.any(|note| note.text.starts_with(&by))
    }
}

fn added(facts: &Facts<'_>) -> Option<Note> {
    let head = facts.head?;
    let mut parts = vec![format!("new, {} risk", head.original_risk_rating)];
    if facts.is_closed(head) {
        parts.push("closed already".to_owned());
    } else {
        parts.push(format!("due {}", facts.due(head).effective));
        match &head.point_of_contact {
            Some(person) => parts.push(format!("owner {}", person.name)),
            None => parts.push("without an owner".to_owned()),
        }
        match head.milestones.len() {
            0 => parts.push("without a milestone".to_owned()),
            count => parts.push(plural(count, "milestone")),
        }
    }
    Some(Note::plain("added", parts.join(", ")))
}

/// What was taken from a document, where all of it was.
fn imported(facts: &Facts<'_>) -> Option<Note> {
    let mut sources: Vec<&str> = facts.sources.iter().copied().collect::<Option<_>>()?;
    sources.sort_unstable();
    sources.dedup();
    (!sources.is_empty())
        .then(|| Note::plain("imported", format!("taken from {}", sources.join(", "))))
}

fn status(facts: &Facts<'_>, head: &Item) -> Vec<Note> {
    let mut notes = Vec::new();
    let was_closed = facts.base.is_some_and(|base| facts.is_closed(base));
    let is_closed = facts.is_closed(head);
    if facts.base.is_none() || was_closed == is_closed {
        return notes;
    }
    if !is_closed {
        let moves = facts.life.iter().filter(|event| event.action == Action::StatusChanged);
        let reopened = moves.filter(|event| {
            let closed = |value: &EventValue| {
                let status = value.as_str().and_then(|text| text.parse().ok());
                status.is_some_and(|status| facts.settings.workflow.is_closed(&status))
            };
            closed(&event.old) && !closed(&event.new)
        });
        let again = match reopened.count() {
            0 => String::new(),
            before => format!(" for the {}. time", before + 1),
        };
        notes.push(Note::alarm("reopened", format!("is opened again{again}")));
        return notes;
    }
    let evidence: Vec<&str> = head.evidence.iter().map(|it| it.reference.as_str()).collect();
    let words: Vec<&str> = evidence.iter().copied().filter(|it| !is_reference(it)).collect();
    let evidence: Vec<&str> = evidence.into_iter().filter(|it| is_reference(it)).collect();
    let of_milestones = head.milestones.iter().any(|step| !step.evidence.is_empty());
    let false_positive = head
        .deviation(DeviationType::FalsePositive)
        .is_some_and(|it| it.state == DeviationState::Approved);
    notes.push(match evidence.split_first() {
        Some((first, [])) => Note::plain("closes", format!("closes with evidence {first}")),
        Some((first, rest)) => {
            Note::plain("closes", format!("closes with evidence {first} and {} more", rest.len()))
        }
        None if false_positive => Note::plain("closes", "closes as an approved false positive"),
        None if !words.is_empty() => {
            let text = format!("closes without evidence: `{}` is none", words.join("`, `"));
            Note::alarm("closes", text)
        }
        None if of_milestones => {
            Note::plain("closes", "closes with the evidence of its milestones")
        }
        None => Note::alarm("closes", "closes without evidence"),
    });
    let open = head.milestones.iter().filter(|step| !step.status.is_finished()).count();
    if open > 0 {
        let open = plural(open, "open milestone");
        notes.push(Note::alarm("open-milestones", format!("closes with {open}")));
    }
    notes
}

/// Who decided on a deviation or on accepting the risk.
fn decisions(facts: &Facts<'_>, head: &Item) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut decided = |what: &str, done: &str, by: Option<&Person>| match by {
        None => notes.push(Note::alarm("decision", format!("{what} {done} without an approver"))),
        Some(person) if done == "approved" && facts.is_self_approval(person) => {
            notes.push(Note::alarm("self-approval", format!("{what} {done} by its own author")));
        }
        Some(person) => {
            notes.push(Note::plain("decision", format!("{what} {done} by {}", person.name)));
        }
    };
    for event in facts.events {
        match event.action {
            Action::RiskAccepted => {
                let acceptance = head.risk_acceptance.as_ref();
                decided(
                    "risk acceptance",
                    "approved",
                    acceptance.and_then(|it| it.approver.as_ref()),
                );
            }
            Action::DeviationDecided => {
                let kind = event.new.text("type");
                let kind = kind.as_deref();
                let deviation =
                    head.deviations.iter().rev().find(|it| Some(it.kind.as_str()) == kind);
                let Some(deviation) = deviation else { continue };
                let what = deviation.kind.as_str().replace('-', " ");
                decided(&what, deviation.state.as_str(), deviation.approver.as_ref());
            }
            _ => {}
        }
    }
    notes
}

/// Until when it is put off, where that is new: with its rating, its owner and how late it is.
fn deferral(facts: &Facts<'_>, head: &Item) -> Option<Note> {
    let until = |item: &Item| {
        let deferral = item.deferral.as_ref().filter(|_| facts.settings.is_deferred(item));
        deferral.map(|deferral| deferral.until)
    };
    let until_now = until(head)?;
    if facts.base.and_then(until) == Some(until_now) {
        return None;
    }
    let due = facts.due(head).effective;
    let late = (facts.today - due).num_days();
    let late = match usize::try_from(late) {
        Ok(days) if days > 0 => format!(", {} late", plural(days, "day")),
        _ => String::new(),
    };
    let owner = head
        .point_of_contact
        .as_ref()
        .map_or("no owner".to_owned(), |person| format!("owner {}", person.name));
    let rating = head.original_risk_rating;
    let text = format!("is deferred until {until_now}: {rating} risk, {owner}, due {due}{late}");
    Some(Note::alarm("deferred", text))
}

/// The day by which it must be done, where that is another one.
fn due(facts: &Facts<'_>, head: &Item) -> Option<Note> {
    let base = facts.base.filter(|base| !facts.is_closed(base) && !facts.is_closed(head))?;
    let day = |item| facts.due(item).effective;
    let (was, is) = (day(base), day(head));
    if was == is {
        return None;
    }
    let text = format!("is due {is} instead of {was}");
    let later = is > was && facts.entitled().is_none();
    Some(if later { Note::alarm("due", text) } else { Note::plain("due", text) })
}
