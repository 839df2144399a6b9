//! Notes on the changes of one item: the remarks that a reviewer would make.
//!
//! [`ChangeFacts`] has base, head, events and history of the item; each function adds notes on one
//! subject. Dates that slip are in `slips`.

use chrono::NaiveDate;

use super::{ChangeKind, ChangeNote, identity, slips};
use crate::diagnostic::Level;
use crate::history::{Action, Actor, Difference, Event, EventValue, History};
use crate::model::{
    DeviationState, DeviationType, Guard, Item, Milestone, PermanentValues, Person, RiskRating,
    is_reference, normalize_look,
};
use crate::rules;
use crate::settings::Settings;
use crate::standing::Lateness;
use crate::text::plural;

/// Known facts of a change to one item.
pub(super) struct ChangeFacts<'a> {
    pub(super) kind: ChangeKind,
    pub(super) events: &'a [Difference],
    pub(super) base: Option<&'a Item>,
    pub(super) head: Option<&'a Item>,
    /// Events of the item up to the base, oldest first.
    pub(super) life: Vec<&'a Event>,
    pub(super) has_reason: bool,
    /// For each who changed it, the document that it was taken from.
    pub(super) sources: Vec<Option<&'a str>>,
    /// Items that the change deletes.
    pub(super) deleted: &'a [&'a Item],
    /// Authors of the change.
    pub(super) authors: &'a [Actor],
    /// Settings of the base: when its items were due.
    pub(super) base_settings: &'a Settings,
    pub(super) settings: &'a Settings,
    /// History up to the base.
    pub(super) history: &'a History,
    pub(super) today: NaiveDate,
}

/// Collects the remarks on a change, in the order in which a reviewer would ask: those from the
/// facts, then the diagnostics that the rules report of the item.
///
/// A remark that states in a reviewer's words what a rule reports takes its place, with its level: the
/// verdict stays that of the rules.
pub(super) fn notes(facts: &ChangeFacts<'_>, mut reported: Vec<ChangeNote>) -> Vec<ChangeNote> {
    let mut notes = Vec::new();
    for event in facts.events {
        match event.action {
            Action::ItemRenamed => {
                let before = event.old.as_str().unwrap_or_default();
                notes.push(ChangeNote::alarm(
                    "renamed",
                    format!("goes on under this id, was {before}"),
                ));
            }
            Action::Unreadable => {
                let why = event.new.as_str().unwrap_or_default();
                let note = ChangeNote::alarm("unreadable", format!("cannot be read: {why}"));
                notes.push(in_place_of("schema", note, &mut reported));
            }
            _ => {}
        }
    }
    if facts.kind == ChangeKind::Removed
        && !reported.iter().any(|note| note.about == "item-deleted")
    {
        notes.push(ChangeNote::alarm("item-deleted", "item is deleted"));
    }
    if facts.kind == ChangeKind::Added {
        notes.extend(added(facts));
        notes.extend(predecessor(facts));
    }
    notes.extend(imported(facts));
    let mut slipped = slips::notes(facts);
    if let Some(silent) = slipped.iter().position(|note| note.text.ends_with(slips::SILENT)) {
        let note = slipped.remove(silent);
        slipped.insert(silent, in_place_of("rescheduled-without-reason", note, &mut reported));
    }
    notes.extend(slipped);
    if let Some(head) = facts.head {
        notes.extend(status(facts, head, &mut reported));
        notes.extend(decisions(facts, head, &mut reported));
        notes.extend(deferral(facts, head));
        notes.extend(rating(facts, head));
        notes.extend(due(facts, head));
        notes.extend(plan(facts, head));
        notes.extend(identity::notes(facts, head));
    }
    notes.extend(reported);
    notes
}

/// Notes that milestones were cancelled and none is open any more, although the item is.
fn plan(facts: &ChangeFacts<'_>, head: &Item) -> Option<ChangeNote> {
    let base = facts.base.filter(|_| !facts.is_closed(head))?;
    let is_open = |item: &Item| item.milestones.iter().any(|it| !it.status.is_finished());
    if !is_open(base) || is_open(head) {
        return None;
    }
    let was_cancelled = |step: &&Milestone| {
        let before = base.milestones.iter().find(|it| it.id == step.id);
        step.status.is_given_up() && before.is_none_or(|before| !before.status.is_given_up())
    };
    let cancelled: Vec<String> =
        head.milestones.iter().filter(was_cancelled).map(|step| step.id.to_string()).collect();
    let text = match &cancelled[..] {
        [] if head.milestones.is_empty() => "no milestone is left".to_owned(),
        [] => return None,
        [one] => format!("no open milestone is left: milestone {one} is cancelled"),
        more => format!("no open milestone is left: milestones {} are cancelled", more.join(", ")),
    };
    Some(ChangeNote::alarm("plan", text))
}

/// Puts a note in place of the diagnostics of a rule, where there are any: it then has the level of
/// the worst of them.
fn in_place_of(
    rule: &'static str,
    mut note: ChangeNote,
    reported: &mut Vec<ChangeNote>,
) -> ChangeNote {
    let said: Vec<ChangeNote> = reported.extract_if(.., |one| one.rule == Some(rule)).collect();
    if let Some(level) = said.iter().filter_map(|one| one.level).min() {
        note.rule = Some(rule);
        note.level = Some(level);
        note.alarming |= said.iter().any(|one| one.alarming);
    }
    note
}

impl ChangeFacts<'_> {
    /// Computes when the item of the head is due and how late it is, by its first committed values.
    pub(super) fn lateness(&self, item: &Item) -> Lateness {
        self.lateness_by(item, self.settings)
    }

    /// Computes that of the item of the base, by the settings that the base has.
    pub(super) fn lateness_before(&self, item: &Item) -> Lateness {
        self.lateness_by(item, self.base_settings)
    }

    fn lateness_by(&self, item: &Item, settings: &Settings) -> Lateness {
        // An item that goes on under another id was committed first under the one before.
        let first = self.base.and_then(|base| self.history.first_values(&base.id));
        let permanent = PermanentValues::resolve(item, first);
        Lateness::compute(item, permanent, settings, self.today)
    }

    fn is_closed(&self, item: &Item) -> bool {
        self.settings.workflow.is_closed(&item.status)
    }

    fn was_closed(&self, base: &Item) -> bool {
        self.base_settings.workflow.is_closed(&base.status)
    }

    /// Returns the reason that entitles the item to new dates in this change.
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
}

fn added(facts: &ChangeFacts<'_>) -> Option<ChangeNote> {
    let head = facts.head?;
    let text = match head.milestones.len() {
        _ if facts.is_closed(head) => "new, closed already".to_owned(),
        0 => "new, without a milestone".to_owned(),
        count => format!("new, with {}", plural(count, "milestone")),
    };
    Some(ChangeNote::plain("added", text))
}

/// Notes the item that a new one looks like, where the change deletes that one.
fn predecessor(facts: &ChangeFacts<'_>) -> Option<ChangeNote> {
    let head = facts.head?;
    let base = facts.deleted.iter().find(|base| rules::looks_like(base, head))?;
    let moved = rules::describe_moved_detection(base, head);
    let text = format!("looks like {}, which is deleted{moved}", base.id);
    Some(ChangeNote::alarm("detection-date-changed", text))
}

/// Notes the documents that the change was imported from, where all of it was.
fn imported(facts: &ChangeFacts<'_>) -> Option<ChangeNote> {
    let mut sources: Vec<&str> = facts.sources.iter().copied().collect::<Option<_>>()?;
    sources.sort_unstable();
    sources.dedup();
    (!sources.is_empty())
        .then(|| ChangeNote::plain("imported", format!("taken from {}", sources.join(", "))))
}

fn status(facts: &ChangeFacts<'_>, head: &Item, reported: &mut Vec<ChangeNote>) -> Vec<ChangeNote> {
    let mut notes = Vec::new();
    let was_closed = facts.base.is_some_and(|base| facts.was_closed(base));
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
        notes.push(ChangeNote::alarm("reopened", format!("is opened again{again}")));
        return notes;
    }
    notes.extend(closing(head, reported));
    let open = head.milestones.iter().filter(|step| !step.status.is_finished()).count();
    if open > 0 {
        let text = format!("closes with {}", plural(open, "open milestone"));
        let note = ChangeNote::plain("open-milestones", text);
        notes.push(in_place_of("closed-with-open-milestones", note, reported));
    }
    notes
}

/// Notes what an item is closed with. Whether it counts as evidence is the rule's verdict.
fn closing(head: &Item, reported: &mut Vec<ChangeNote>) -> Option<ChangeNote> {
    let rule = "closed-without-evidence";
    let is_reported = reported.iter().any(|note| note.rule == Some(rule));
    let evidence: Vec<&str> = head.evidence.iter().map(|it| it.reference.as_str()).collect();
    let (evidence, words): (Vec<&str>, Vec<&str>) =
        evidence.into_iter().partition(|it| is_reference(it));
    if Guard::Evidence.find_unmet(head).is_some() {
        let text = match words.is_empty() {
            true => "closes without evidence".to_owned(),
            false => format!("closes without evidence: `{}` is none", words.join("`, `")),
        };
        return Some(in_place_of(rule, ChangeNote::plain("closes", text), reported));
    }
    // The rule explains why what is there does not count.
    if is_reported {
        return None;
    }
    let is_false_positive = head
        .deviation(DeviationType::FalsePositive)
        .is_some_and(|it| it.state == DeviationState::Approved);
    Some(ChangeNote::plain(
        "closes",
        match evidence.split_first() {
            Some((first, [])) => format!("closes with evidence {first}"),
            Some((first, rest)) => format!("closes with evidence {first} and {} more", rest.len()),
            None if is_false_positive => "closes as an approved false positive".to_owned(),
            None => "closes with the evidence of its milestones".to_owned(),
        },
    ))
}

/// Notes the people who decided on a deviation or on accepting the risk.
fn decisions(
    facts: &ChangeFacts<'_>,
    head: &Item,
    reported: &mut Vec<ChangeNote>,
) -> Vec<ChangeNote> {
    let mut notes = Vec::new();
    for event in facts.events {
        match event.action {
            Action::RiskAccepted => {
                let acceptance = head.risk_acceptance.as_ref();
                let until = acceptance.and_then(|it| it.review_by);
                notes.push(decision(
                    facts,
                    &DecisionFacts {
                        what: "risk acceptance",
                        done: "approved",
                        by: acceptance.and_then(|it| it.approver.as_ref()),
                        end: until.map(|day| format!(", review by {day}")).unwrap_or_default(),
                        own: "the acceptance that they proposed",
                        incomplete: "undecided-acceptance",
                    },
                    reported,
                ));
            }
            Action::DeviationDecided => {
                let kind = event.new.entry_text("type");
                let kind = kind.as_deref();
                let deviation =
                    head.deviations.iter().rev().find(|it| Some(it.kind.as_str()) == kind);
                let Some(deviation) = deviation else { continue };
                notes.push(decision(
                    facts,
                    &DecisionFacts {
                        what: &deviation.kind.as_str().replace('-', " "),
                        done: deviation.state.as_str(),
                        by: deviation.approver.as_ref(),
                        end: String::new(),
                        own: &format!("their own {}", deviation.kind),
                        incomplete: "adjustment-not-approved",
                    },
                    reported,
                ));
            }
            _ => {}
        }
    }
    notes
}

/// A decision that a change records.
struct DecisionFacts<'a> {
    what: &'a str,
    done: &'a str,
    by: Option<&'a Person>,
    /// Words at the end of the note.
    end: String,
    /// End of the message of the rule `self-approval` about it.
    own: &'a str,
    /// The rule that reports it where it lacks something.
    incomplete: &'static str,
}

fn decision(
    change: &ChangeFacts<'_>,
    facts: &DecisionFacts<'_>,
    reported: &mut Vec<ChangeNote>,
) -> ChangeNote {
    let DecisionFacts { what, done, by, end, own, incomplete } = facts;
    let Some(person) = by else {
        let text = format!("{what} {done} without an approver{end}");
        let note = in_place_of(incomplete, ChangeNote::plain("decision", text), reported);
        return ChangeNote { alarming: note.rule.is_some() || *done != "approved", ..note };
    };
    let message = format!("{} approves {own}", person.name);
    let is_own = |note: &mut ChangeNote| note.rule == Some("self-approval") && note.text == message;
    let Some(own) = reported.extract_if(.., is_own).next() else {
        return ChangeNote::plain("decision", format!("{what} {done} by {}{end}", person.name));
    };
    // The rule asks who made the request; who commits the decision may be somebody else.
    let author = match change.authors {
        [only] if is_named(only, person) => "the author of this change",
        _ if own.level == Some(Level::Error) => "who asked for it",
        _ => "one of those who asked for it",
    };
    let text = format!("{what} {done} by {}, {author}{end}", person.name);
    ChangeNote { about: "self-approval", text, ..own }
}

/// Returns whether a person has the name or the mail address of an author.
fn is_named(author: &Actor, person: &Person) -> bool {
    let has_email = person
        .email
        .as_deref()
        .is_some_and(|email| normalize_look(email) == normalize_look(&author.email));
    has_email || normalize_look(&person.name) == normalize_look(&author.name)
}

/// Notes until when it is deferred and why, where that is new.
fn deferral(facts: &ChangeFacts<'_>, head: &Item) -> Option<ChangeNote> {
    let until = |item: &Item, settings: &Settings| {
        let deferral = item.deferral.as_ref().filter(|_| settings.is_deferred(item));
        deferral.map(|deferral| deferral.until)
    };
    let until_now = until(head, facts.settings)?;
    let before = facts.base.and_then(|base| until(base, facts.base_settings));
    if before == Some(until_now) {
        return None;
    }
    let instead = before.map(|day| format!(" instead of {day}")).unwrap_or_default();
    let reason = head.deferral.as_ref().map_or("", |deferral| deferral.reason.trim());
    let reason = match reason.is_empty() {
        true => ", without a reason".to_owned(),
        false => format!(": {reason}"),
    };
    Some(ChangeNote::alarm("deferred", format!("is deferred until {until_now}{instead}{reason}")))
}

/// Returns the rating that counts from now on, where that is another one.
fn rating(facts: &ChangeFacts<'_>, head: &Item) -> Option<ChangeNote> {
    let was: RiskRating = facts.lateness_before(facts.base?).due.rating;
    let is = facts.lateness(head).due.rating;
    let verb = if is < was { "falls" } else { "rises" };
    (was != is)
        .then(|| ChangeNote::plain("rating", format!("risk rating {verb} from {was} to {is}")))
}

/// Returns the day by which it must be done, where that is another one.
fn due(facts: &ChangeFacts<'_>, head: &Item) -> Option<ChangeNote> {
    let base = facts.base.filter(|base| !facts.was_closed(base) && !facts.is_closed(head))?;
    let (was, is) = (facts.lateness_before(base).due.effective, facts.lateness(head).due.effective);
    if was == is {
        return None;
    }
    let text = format!("due date moves from {was} to {is}");
    let later = is > was && facts.entitled().is_none();
    Some(if later { ChangeNote::alarm("due", text) } else { ChangeNote::plain("due", text) })
}
