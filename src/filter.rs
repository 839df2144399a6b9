//! Which items are meant: conditions on an item and the state of it.
//!
//! A filter is text such as `status=open,in-progress risk>=high overdue detected<2026-01-01
//! owner="Jane Doe"`: conditions between blanks that must all hold, each a key, an operator and one
//! value or several between commas. A word alone (`overdue`) asks for yes, `!overdue` for no. Statuses,
//! ratings, kinds and yes or no are taken in the usual words of the field, days as people type them.
//! A value that names nothing is an error with what is near it, never an empty answer.

mod parse;

use chrono::NaiveDate;

use crate::model::{
    CONTROLS_FRAMEWORK, Catalog, CatalogId, Item, Kind, Person, Requirement, ReviewState,
    RiskRating, Workflow, framework_key, normalize_look,
};
use crate::nearest::nearest;
use crate::standing::Standing;
use crate::text::visible;

pub use parse::{control_fact, status_fact};
use parse::{parse_condition, split_words, suggest_quotes};

/// The keys, in the order of the documentation.
pub const KEYS: [&str; 25] = [
    "id",
    "status",
    "owner",
    "risk",
    "control",
    "practice",
    "framework",
    "kind",
    "text",
    "open",
    "overdue",
    "stale",
    "no-owner",
    "review",
    "detected",
    "completed",
    "due",
    "scheduled",
    "milestone-due",
    "detected-before",
    "detected-after",
    "completed-before",
    "completed-after",
    "due-before",
    "due-after",
];

/// The word for the user as an owner.
const ME: &str = "me";

/// Conditions that must all hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter(Vec<Condition>);

/// One of some facts must hold, or none of them.
#[derive(Debug, Clone, PartialEq)]
struct Condition {
    not: bool,
    any: Vec<Fact>,
}

/// A fact that can hold for an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// It has this id.
    Id(String),
    /// It has this status.
    Status(String),
    /// Its owner's name or mail address contains this.
    Owner(String),
    /// Its owner is one of these people: the user.
    Mine(Vec<Person>),
    /// Its rating, after approved adjustments, compares so with this one.
    Risk(Compare, RiskRating),
    /// It affects this control (AC-2 covers AC-2(1) too), or is mapped to this requirement of any
    /// framework.
    Control(String),
    /// It is mapped to something of this framework.
    Framework(String),
    /// It is of this kind.
    Kind(Kind),
    /// Its id, name, description, plan, comments, assets or CVEs contain this.
    Text(String),
    /// It is not closed.
    Open,
    /// It is past its effective due date and not exempt.
    Overdue,
    /// It is open and was quiet for longer than the rule `stale` allows.
    Stale,
    /// It has no point of contact.
    NoOwner,
    /// A review of it is under way, in this state or in any.
    Review(Option<ReviewState>),
    /// A day of it compares so with this one; a day that it does not have compares with none.
    Day(DateField, Compare, NaiveDate),
}

/// Which day of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateField {
    /// When it was detected.
    Detected,
    /// When it was completed.
    Completed,
    /// When it is due, by what counts.
    Due,
    /// When its completion is scheduled.
    Scheduled,
    /// When its next unfinished milestone is due.
    Milestone,
}

/// Comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Below it, before it.
    Less,
    /// Not above it.
    AtMost,
    /// Equal to it.
    Equal,
    /// Not below it.
    AtLeast,
    /// Above it, after it.
    More,
}

impl Compare {
    fn holds_between<T: Ord>(self, one: &T, other: &T) -> bool {
        match self {
            Self::Less => one < other,
            Self::AtMost => one <= other,
            Self::Equal => one == other,
            Self::AtLeast => one >= other,
            Self::More => one > other,
        }
    }
}

/// Reasons why a text is not a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// There is no condition.
    #[error("the filter is empty; write conditions such as `status=open risk=high`")]
    Empty,
    /// No such key.
    #[error("a filter has no key `{}`: {help}", visible(.key))]
    Key {
        /// As written.
        key: String,
        /// The near or the known ones.
        help: String,
    },
    /// The key does not take the value.
    #[error("`{}` is not {}: {help}", visible(.value), kind_of_value(.key))]
    Value {
        /// The key.
        key: String,
        /// As written.
        value: String,
        /// Values that the key takes.
        help: String,
    },
    /// The key does not take the operator.
    #[error("`{key}` takes {takes}, not `{operator}`")]
    Operator {
        /// The key.
        key: String,
        /// As written.
        operator: &'static str,
        /// Operators that the key takes.
        takes: &'static str,
    },
    /// A value of several words without quotes.
    #[error(
        "`{}` is not a condition: a value with blanks needs quotes, write `{}`",
        visible(.word),
        visible(.quoted)
    )]
    Unquoted {
        /// The first word that was taken for a condition.
        word: String,
        /// The condition as it must be written.
        quoted: String,
    },
    /// Nothing in the tracker has the value.
    #[error("no {what} is `{}`: {help}", visible(.value))]
    Unknown {
        /// Kind of thing that the value names.
        what: &'static str,
        /// As written.
        value: String,
        /// The near or the known ones.
        help: String,
    },
    /// A quote without its end.
    #[error("a quote in the filter has no end")]
    Quote,
}

/// Names the kind of value that a key takes.
fn kind_of_value(key: &str) -> String {
    match key {
        "risk" => "a risk rating".to_owned(),
        "overdue" | "stale" | "open" | "no-owner" => format!("a value of `{key}`"),
        "owner" => "an owner".to_owned(),
        "id" => "an id".to_owned(),
        key => format!("a {key}"),
    }
}

impl Filter {
    /// Reads a filter. Statuses must be those of the workflow; days like `friday` are seen from
    /// `today`.
    pub fn parse(text: &str, workflow: &Workflow, today: NaiveDate) -> Result<Self, FilterError> {
        let words = split_words(text)?;
        if words.is_empty() {
            return Err(FilterError::Empty);
        }
        let mut conditions = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let read = parse_condition(word, workflow, today);
            conditions.push(read.map_err(|error| suggest_quotes(&words, at).unwrap_or(error))?);
        }
        Ok(Self(conditions))
    }

    /// Checks that the ids, controls and people that are asked for are those of somebody: of an item,
    /// of the catalog of controls, of the people in the settings.
    ///
    /// An owner that nobody is and no settings list is only asked for where `people` is not empty:
    /// without such a list nobody can determine who exists.
    pub fn check_names(
        &self,
        items: &[&Item],
        people: &[Person],
        is_control: impl Fn(&str) -> bool,
    ) -> Result<(), FilterError> {
        for fact in self.0.iter().flat_map(|condition| &condition.any) {
            match fact {
                Fact::Id(id) if !items.iter().any(|item| item.id.as_str() == id) => {
                    let ids = items.iter().map(|item| item.id.as_str());
                    return Err(unknown_value("item", id, ids, "`poam list` shows all ids"));
                }
                Fact::Control(control) if !is_control(control) => {
                    if CatalogId::find(control).is_some()
                        || items.iter().any(|item| affects_control(item, control))
                    {
                        continue;
                    }
                    let known = items
                        .iter()
                        .flat_map(|item| {
                            item.controls.iter().chain(item.mappings.values().flatten())
                        })
                        .map(String::as_str);
                    let help =
                        "write an id like AC-2, SI.L2-3.14.1 or 3.14.1; --text looks for words";
                    return Err(unknown_value("control", control, known, help));
                }
                Fact::Framework(name) if Catalog::find_by_framework(name).is_empty() => {
                    let mut known = items.iter().flat_map(|item| item.mappings.keys());
                    if known.any(|known| known.eq_ignore_ascii_case(name)) {
                        continue;
                    }
                    let known = items.iter().flat_map(|item| item.mappings.keys());
                    let catalogs = Catalog::all_catalogs().map(|catalog| -> &str { catalog.key() });
                    let known = known.map(String::as_str).chain(catalogs);
                    let help = "write one that items are mapped to, or one of `poam mappings --catalogs`, such as nist-800-53, cmmc or soc2";
                    return Err(unknown_value("framework", name, known, help));
                }
                Fact::Owner(part) if !people.is_empty() => {
                    let owners = items.iter().filter_map(|item| item.point_of_contact.as_ref());
                    if owners.chain(people).any(|person| names_person(person, part)) {
                        continue;
                    }
                    let names = people.iter().map(|person| person.name.as_str());
                    let help = "`people:` in poam.yaml lists those who are known";
                    return Err(unknown_value("owner", part, names, help));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the owners that are asked for and that no item has.
    pub fn owners_of_nothing<'a>(&'a self, items: &[&Item]) -> Vec<&'a str> {
        let facts = self.0.iter().flat_map(|condition| &condition.any);
        let asked = facts.filter_map(|fact| match fact {
            Fact::Owner(part) => Some(part.as_str()),
            _ => None,
        });
        let owners: Vec<&Person> =
            items.iter().filter_map(|item| item.point_of_contact.as_ref()).collect();
        asked.filter(|part| !owners.iter().any(|person| names_person(person, part))).collect()
    }

    /// Adds a condition: one of these facts, where there are any.
    pub fn and_any(mut self, any: impl IntoIterator<Item = Fact>) -> Self {
        let any: Vec<Fact> = any.into_iter().collect();
        if !any.is_empty() {
            self.0.push(Condition { not: false, any });
        }
        self
    }

    /// Returns whether the owner `me` is asked for.
    pub fn asks_for_me(&self) -> bool {
        let mut facts = self.0.iter().flat_map(|condition| &condition.any);
        facts.any(|fact| matches!(fact, Fact::Owner(part) if part.eq_ignore_ascii_case(ME)))
    }

    /// Replaces the owner `me` by the owners who are the user.
    pub fn replace_me(&mut self, mine: &[Person]) {
        for fact in self.0.iter_mut().flat_map(|condition| &mut condition.any) {
            if matches!(fact, Fact::Owner(part) if part.eq_ignore_ascii_case(ME)) {
                *fact = Fact::Mine(mine.to_vec());
            }
        }
    }

    /// Returns whether the filter itself states which statuses are wanted, so that closed items may be.
    pub fn asks_for_closed(&self) -> bool {
        let mut facts = self.0.iter().flat_map(|condition| &condition.any);
        facts.any(|fact| {
            matches!(
                fact,
                Fact::Id(_) | Fact::Status(_) | Fact::Open | Fact::Day(DateField::Completed, ..)
            )
        })
    }

    /// Returns the conditions of both.
    pub fn and_filter(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Returns whether the filter needs history: deadlines depend on the first committed values.
    pub fn needs_history(&self) -> bool {
        self.0.iter().flat_map(|condition| &condition.any).any(needs_commits)
    }

    /// Returns whether the filter matches an item.
    pub fn is_match(&self, item: &Item, standing: &Standing) -> bool {
        self.0.iter().all(|condition| {
            condition.any.iter().any(|fact| fact.holds_for(item, standing)) != condition.not
        })
    }
}

fn needs_commits(fact: &Fact) -> bool {
    match fact {
        Fact::Stale | Fact::Overdue | Fact::Risk(..) => true,
        Fact::Day(which, ..) => matches!(which, DateField::Detected | DateField::Due),
        _ => false,
    }
}

impl Fact {
    fn holds_for(&self, item: &Item, standing: &Standing) -> bool {
        match self {
            Self::Id(id) => item.id.as_str() == id,
            Self::Status(status) => item.status == status.as_str(),
            Self::Owner(part) => {
                item.point_of_contact.as_ref().is_some_and(|person| names_person(person, part))
            }
            Self::Mine(people) => {
                item.point_of_contact.as_ref().is_some_and(|person| people.contains(person))
            }
            Self::Risk(compare, rating) => compare.holds_between(&standing.risk, rating),
            Self::Control(wanted) => affects_control(item, wanted),
            Self::Framework(wanted) => {
                let key = framework_key(wanted);
                let is_named = |name: &String| {
                    name.eq_ignore_ascii_case(wanted) || key.is_some() && framework_key(name) == key
                };
                key == Some(CONTROLS_FRAMEWORK) && !item.controls.is_empty()
                    || item.mappings.iter().any(|(name, ids)| is_named(name) && !ids.is_empty())
            }
            Self::Kind(kind) => item.kind == *kind,
            Self::Text(part) => {
                let texts = [&item.weakness_description, &item.remediation_plan, &item.comments];
                contains_text(item.id.as_str(), part)
                    || contains_text(&item.weakness_name, part)
                    || texts.into_iter().flatten().any(|text| contains_text(text, part))
                    || item.assets.iter().chain(&item.cves).any(|text| contains_text(text, part))
            }
            Self::Open => !standing.closed,
            Self::Overdue => standing.overdue,
            Self::Stale => standing.stale == Some(true),
            Self::NoOwner => item.point_of_contact.is_none(),
            Self::Review(wanted) => item
                .review
                .as_ref()
                .is_some_and(|review| wanted.is_none_or(|wanted| review.state == wanted)),
            Self::Day(which, compare, day) => {
                let own = match which {
                    DateField::Detected => Some(standing.permanent.detected),
                    DateField::Completed => item.completion_date,
                    DateField::Due => (!standing.closed).then_some(standing.effective_due),
                    DateField::Scheduled => item.scheduled_completion_date,
                    DateField::Milestone => standing.next_milestone_due,
                };
                own.is_some_and(|own| compare.holds_between(&own, day))
            }
        }
    }
}

fn contains_text(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

/// Returns whether a person's name or mail address contains a text, as a reader sees both.
pub fn names_person(person: &Person, part: &str) -> bool {
    let part = normalize_look(part);
    normalize_look(&person.name).contains(&part)
        || person.email.as_ref().is_some_and(|email| normalize_look(email).contains(&part))
}

/// Returns the error for a value that names nothing.
fn unknown_value<'a>(
    what: &'static str,
    value: &str,
    known: impl Iterator<Item = &'a str>,
    help: &str,
) -> FilterError {
    let help = match nearest(value, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => help.to_owned(),
    };
    FilterError::Unknown { what, value: value.to_owned(), help }
}

/// Returns whether an item names a control or a requirement. `AC-2` covers `AC-2(1)`; a requirement
/// of NIST SP 800-171 and the practice of CMMC for it are the same.
fn affects_control(item: &Item, wanted: &str) -> bool {
    let wanted =
        CatalogId::find(wanted).map_or_else(|| wanted.to_uppercase(), |it| it.id.to_uppercase());
    let requirement = Requirement::of_id(&wanted).map(|one| one.number);
    let is_meant = |id: &String| {
        let upper = id.to_uppercase();
        let rest = upper.strip_prefix(&wanted);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
            || (requirement.is_some()
                && Requirement::of_id(&upper).map(|one| one.number) == requirement)
    };
    item.controls.iter().chain(item.mappings.values().flatten()).any(is_meant)
}

#[cfg(test)]
mod tests;
