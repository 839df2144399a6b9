//! Which items are meant: conditions on an item and where it stands.
//!
//! A filter is text such as `status=open,in-progress risk>=high overdue detected<2026-01-01
//! owner="Jane Doe"`: conditions between blanks that must all hold, each a key, an operator and one
//! value or several between commas. A word alone (`overdue`) asks for yes, `!overdue` for no. Statuses,
//! ratings, kinds and yes or no are taken in the usual words of the field, days as people type them.
//! A value that names nothing is an error with what is near it, never an empty answer.

use chrono::NaiveDate;

use crate::day::TypedDay;
use crate::model::{
    Catalog, CatalogId, Item, ItemId, Kind, Person, Requirement, RiskRating, Workflow, folded,
    words,
};
use crate::nearest::nearest;
use crate::output::visible;
use crate::standing::Standing;

/// The keys, in the order of the documentation.
pub const KEYS: [&str; 24] = [
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

/// Conditions that must all hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter(Vec<Condition>);

/// One of some facts must hold, or none of them.
#[derive(Debug, Clone, PartialEq)]
struct Condition {
    not: bool,
    any: Vec<Fact>,
}

/// What may be so of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// It has this id.
    Id(String),
    /// It has this status.
    Status(String),
    /// Its owner's name or mail address contains this.
    Owner(String),
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
    /// A day of it compares so with this one; a day that it does not have compares with none.
    Day(Which, Compare, NaiveDate),
}

/// Which day of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
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

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Below it, before it.
    Less,
    /// Not above it.
    AtMost,
    /// The same.
    Equal,
    /// Not below it.
    AtLeast,
    /// Above it, after it.
    More,
}

impl Compare {
    fn holds<T: Ord>(self, one: &T, other: &T) -> bool {
        match self {
            Self::Less => one < other,
            Self::AtMost => one <= other,
            Self::Equal => one == other,
            Self::AtLeast => one >= other,
            Self::More => one > other,
        }
    }
}

/// Why a filter says nothing.
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
    #[error("`{}` is no {key}: {help}", visible(.value))]
    Value {
        /// The key.
        key: String,
        /// As written.
        value: String,
        /// What would do.
        help: String,
    },
    /// The key does not take the operator.
    #[error("`{key}` takes {takes}, not `{operator}`")]
    Operator {
        /// The key.
        key: String,
        /// As written.
        operator: &'static str,
        /// What would do.
        takes: &'static str,
    },
    /// A value of several words without quotes.
    #[error(
        "`{}` is no condition of its own: a value with blanks needs quotes, write `{}`",
        visible(.word),
        visible(.quoted)
    )]
    Unquoted {
        /// The first word that was taken for a condition.
        word: String,
        /// How to write it.
        quoted: String,
    },
    /// Nothing in the tracker has the value.
    #[error("no {what} is `{}`: {help}", visible(.value))]
    Unknown {
        /// What the value names.
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

impl Filter {
    /// Reads a filter. Statuses must be those of the workflow; days like `friday` are seen from
    /// `today`.
    pub fn parse(text: &str, workflow: &Workflow, today: NaiveDate) -> Result<Self, FilterError> {
        let words = split(text)?;
        if words.is_empty() {
            return Err(FilterError::Empty);
        }
        let mut conditions = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let read = condition(word, workflow, today);
            conditions.push(read.map_err(|error| unquoted(&words, at).unwrap_or(error))?);
        }
        Ok(Self(conditions))
    }

    /// Checks that the ids, controls and people that are asked for are those of somebody: of an item,
    /// of the catalog of controls, of the people in the settings.
    ///
    /// An owner that nobody is and no settings list is only asked for where `people` is not empty:
    /// without such a list nobody can tell who exists.
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
                    return Err(unknown("item", id, ids, "`poam list` shows all ids"));
                }
                Fact::Control(control) if !is_control(control) => {
                    if CatalogId::find(control).is_some()
                        || items.iter().any(|item| affects(item, control))
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
                    return Err(unknown("control", control, known, help));
                }
                Fact::Framework(name) if Catalog::of(name).is_empty() => {
                    let mut known = items.iter().flat_map(|item| item.mappings.keys());
                    if known.any(|known| known.eq_ignore_ascii_case(name)) {
                        continue;
                    }
                    let known = items.iter().flat_map(|item| item.mappings.keys());
                    let help = "write one that items are mapped to, such as cmmc or soc2";
                    return Err(unknown("framework", name, known.map(String::as_str), help));
                }
                Fact::Owner(part) if !people.is_empty() => {
                    let owners = items.iter().filter_map(|item| item.point_of_contact.as_ref());
                    if owners.chain(people).any(|person| names_person(person, part)) {
                        continue;
                    }
                    let names = people.iter().map(|person| person.name.as_str());
                    let help = "`people:` in poam.yaml lists those who are known";
                    return Err(unknown("owner", part, names, help));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The owners that are asked for and that no item has.
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

    /// The same filter with one more condition: one of these facts, where there are any.
    pub fn and(mut self, any: impl IntoIterator<Item = Fact>) -> Self {
        let any: Vec<Fact> = any.into_iter().collect();
        if !any.is_empty() {
            self.0.push(Condition { not: false, any });
        }
        self
    }

    /// The conditions of both.
    pub fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether only the commits tell if it holds: deadlines run from what landed first.
    pub fn needs_history(&self) -> bool {
        let told_by_commits = |fact: &Fact| match fact {
            Fact::Stale | Fact::Overdue | Fact::Risk(..) => true,
            Fact::Day(which, ..) => matches!(which, Which::Detected | Which::Due),
            _ => false,
        };
        self.0.iter().flat_map(|condition| &condition.any).any(told_by_commits)
    }

    /// Whether it holds for an item.
    pub fn wants(&self, item: &Item, standing: &Standing) -> bool {
        self.0.iter().all(|condition| {
            condition.any.iter().any(|fact| fact.holds(item, standing)) != condition.not
        })
    }
}

impl Fact {
    fn holds(&self, item: &Item, standing: &Standing) -> bool {
        let contains = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        match self {
            Self::Id(id) => item.id.as_str() == id,
            Self::Status(status) => item.status == status.as_str(),
            Self::Owner(part) => {
                item.point_of_contact.as_ref().is_some_and(|person| names_person(person, part))
            }
            Self::Risk(compare, rating) => compare.holds(&standing.risk, rating),
            Self::Control(wanted) => affects(item, wanted),
            Self::Framework(wanted) => {
                let named = |name: &String| name.eq_ignore_ascii_case(wanted);
                item.mappings.iter().any(|(name, ids)| named(name) && !ids.is_empty())
            }
            Self::Kind(kind) => item.kind == *kind,
            Self::Text(part) => {
                let texts = [&item.weakness_description, &item.remediation_plan, &item.comments];
                contains(item.id.as_str(), part)
                    || contains(&item.weakness_name, part)
                    || texts.into_iter().flatten().any(|text| contains(text, part))
                    || item.assets.iter().chain(&item.cves).any(|text| contains(text, part))
            }
            Self::Open => !standing.closed,
            Self::Overdue => standing.overdue,
            Self::Stale => standing.stale == Some(true),
            Self::NoOwner => item.point_of_contact.is_none(),
            Self::Day(which, compare, day) => {
                let own = match which {
                    Which::Detected => Some(standing.permanent.detected),
                    Which::Completed => item.completion_date,
                    Which::Due => (!standing.closed).then_some(standing.effective_due),
                    Which::Scheduled => item.scheduled_completion_date,
                    Which::Milestone => standing.next_milestone_due,
                };
                own.is_some_and(|own| compare.holds(&own, day))
            }
        }
    }
}

/// Whether a person's name or mail address contains a text, as a reader sees both.
pub fn names_person(person: &Person, part: &str) -> bool {
    let part = folded(part);
    folded(&person.name).contains(&part)
        || person.email.as_ref().is_some_and(|email| folded(email).contains(&part))
}

/// The error for a value that names nothing.
fn unknown<'a>(
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

/// What to write where a word that is no condition goes on with the value before it, as in
/// `owner=Sam Roe`.
fn unquoted(words: &[String], at: usize) -> Option<FilterError> {
    let is_bare = |word: &String| !word.contains(['=', '<', '>', '!', '"', '\'']);
    let word = words.get(at)?;
    // The value may be what is wrong (`status=In Progress`), or the word after it.
    let first = if is_bare(word) { at.checked_sub(1)? } else { at };
    let begin = words.get(..=first)?.iter().rposition(|word| !is_bare(word))?;
    let more = words
        .get(begin + 1..)?
        .iter()
        .take_while(|word| is_bare(word) && yes(word.as_str()).is_none());
    let more: Vec<&str> = more.map(String::as_str).collect();
    let condition = words.get(begin)?;
    let end = condition.find(['=', '<', '>'])?;
    let operator = condition.get(end..)?.find(|c| !matches!(c, '=' | '<' | '>'))?;
    let (key, value) = condition.split_at(end + operator);
    if more.is_empty() || value.contains(['"', '\'']) {
        return None;
    }
    let quoted = format!("{key}\"{value} {}\"", more.join(" "));
    Some(FilterError::Unquoted { word: more.first()?.to_string(), quoted })
}

/// Returns whether an item names a control or a requirement. `AC-2` covers `AC-2(1)`; a requirement
/// of NIST SP 800-171 and the practice of CMMC for it are the same.
fn affects(item: &Item, wanted: &str) -> bool {
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

/// The words between blanks; what stands in quotes is kept together, with its quotes.
fn split(text: &str) -> Result<Vec<String>, FilterError> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        match quote {
            None if c.is_whitespace() => words.push(String::new()),
            _ => {
                if quote == Some(c) {
                    quote = None;
                } else if quote.is_none() && (c == '"' || c == '\'') {
                    quote = Some(c);
                }
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    if quote.is_some() { Err(FilterError::Quote) } else { Ok(words) }
}

/// The values between commas, without their quotes.
fn values(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && (c == '"' || c == '\'') {
            quote = Some(c);
        } else if quote.is_none() && c == ',' {
            values.push(String::new());
        } else if let Some(value) = values.last_mut() {
            value.push(c);
        }
    }
    values
}

const OPERATORS: [&str; 6] = ["!=", "<=", ">=", "=", "<", ">"];

fn condition(word: &str, workflow: &Workflow, today: NaiveDate) -> Result<Condition, FilterError> {
    let key_end = word.find(['!', '<', '>', '=']).filter(|at| *at > 0).unwrap_or(word.len());
    let (key, rest) = word.split_at(key_end);
    let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator));
    let Some(operator) = operator else {
        let (not, key) = key.strip_prefix('!').map_or((false, key), |key| (true, key));
        let fact = yes(known(key)?).ok_or_else(|| FilterError::Value {
            key: key.to_owned(),
            value: String::new(),
            help: format!("write `{key}=…`"),
        })?;
        return Ok(Condition { not, any: vec![fact] });
    };
    let key = known(key)?;
    let compare = match operator {
        "<" => Compare::Less,
        "<=" => Compare::AtMost,
        ">=" => Compare::AtLeast,
        ">" => Compare::More,
        _ => Compare::Equal,
    };
    let ordered =
        matches!(key, "risk" | "detected" | "completed" | "due" | "scheduled" | "milestone-due");
    if compare != Compare::Equal && !ordered {
        return Err(FilterError::Operator { key: key.to_owned(), operator, takes: "`=` and `!=`" });
    }
    let mut not = operator == "!=";
    let rest = rest.get(operator.len()..).unwrap_or_default();
    let mut any = Vec::new();
    for value in values(rest) {
        if let Some(fact) = yes(key) {
            not ^= !truth(key, &value)?;
            any.push(fact);
        } else {
            any.push(fact(key, compare, &value, (workflow, today))?);
        }
    }
    Ok(Condition { not, any })
}

/// The key, in the words of the list.
fn known(key: &str) -> Result<&'static str, FilterError> {
    KEYS.into_iter()
        .find(|known| *known == key)
        .ok_or_else(|| FilterError::Key { key: key.to_owned(), help: suggest(key, &KEYS) })
}

/// The fact of a key that says yes or no.
fn yes(key: &str) -> Option<Fact> {
    Some(match key {
        "open" => Fact::Open,
        "overdue" => Fact::Overdue,
        "stale" => Fact::Stale,
        "no-owner" => Fact::NoOwner,
        _ => return None,
    })
}

fn truth(key: &str, value: &str) -> Result<bool, FilterError> {
    match words::answer(value) {
        Some(words::Answer::Yes) => Ok(true),
        Some(words::Answer::No) => Ok(false),
        _ => Err(wrong(key, value, "yes or no".to_owned())),
    }
}

fn fact(
    key: &str,
    compare: Compare,
    value: &str,
    (workflow, today): (&Workflow, NaiveDate),
) -> Result<Fact, FilterError> {
    if value.is_empty() {
        return Err(wrong(key, value, format!("write `{key}=…`")));
    }
    let day = |which: Which, compare: Compare| {
        let day = value.parse::<TypedDay>();
        let day = day.map_err(|error| wrong("day", value, error.to_string()));
        day.map(|day| Fact::Day(which, compare, day.on(today)))
    };
    Ok(match key {
        "id" => Fact::Id(match value.parse::<ItemId>() {
            Ok(id) => id.as_str().to_owned(),
            Err(error) => return Err(wrong(key, value, error.to_string())),
        }),
        "status" => status(value, workflow)?,
        "owner" => Fact::Owner(value.to_owned()),
        "risk" => {
            let known = RiskRating::ALL.map(RiskRating::as_str);
            let rating = words::rating(value);
            let rating = rating.ok_or_else(|| wrong(key, value, suggest(value, &known)))?;
            Fact::Risk(compare, rating)
        }
        "control" | "practice" => control(value),
        "framework" => Fact::Framework(value.to_owned()),
        "kind" => {
            let kind = words::kind(value);
            let all = Kind::ALL.map(Kind::as_str);
            Fact::Kind(kind.ok_or_else(|| wrong(key, value, suggest(value, &all)))?)
        }
        "detected" => day(Which::Detected, compare)?,
        "completed" => day(Which::Completed, compare)?,
        "due" => day(Which::Due, compare)?,
        "scheduled" => day(Which::Scheduled, compare)?,
        "milestone-due" => day(Which::Milestone, compare)?,
        "detected-before" => day(Which::Detected, Compare::Less)?,
        "detected-after" => day(Which::Detected, Compare::More)?,
        "completed-before" => day(Which::Completed, Compare::Less)?,
        "completed-after" => day(Which::Completed, Compare::More)?,
        "due-before" => day(Which::Due, Compare::Less)?,
        "due-after" => day(Which::Due, Compare::More)?,
        _ => Fact::Text(value.to_owned()),
    })
}

/// The fact that an item has a status, in any of its words.
pub fn status(value: &str, workflow: &Workflow) -> Result<Fact, FilterError> {
    match workflow.resolve(value) {
        Some(status) => Ok(Fact::Status(status.as_str().to_owned())),
        None => Err(wrong("status", value, suggest(value, &workflow.names()))),
    }
}

/// The fact that an item affects a control, written as the catalog writes it: `ac-2 (1)` is AC-2(1).
pub fn control(value: &str) -> Fact {
    let plain: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    Fact::Control(plain.to_uppercase().replace('_', "-"))
}

fn wrong(key: &str, value: &str, help: String) -> FilterError {
    FilterError::Value { key: key.to_owned(), value: value.to_owned(), help }
}

fn suggest(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Known are {}", known.join(", ")),
        None => format!("known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::store::Stored;

    const ITEM: &str = "\
id: V-1
weakness_name: Open port
point_of_contact: {name: Jane Doe, email: jane@example.com}
controls: [AC-2(1)]
original_detection_date: 2026-01-05
scheduled_completion_date: 2026-02-01
original_risk_rating: high
status: in-progress
";

    fn parse(filter: &str) -> Result<Filter, FilterError> {
        Filter::parse(filter, &Workflow::default(), "2026-06-01".parse().unwrap())
    }

    fn wants(filter: &str) -> bool {
        let stored = Stored::parse("items/V-1.yaml", ITEM.as_bytes()).unwrap();
        let today = "2026-06-01".parse().unwrap();
        let settings = Settings::parse("poam.yaml", b"version: 1\n").unwrap();
        let standing = Standing::of(&stored, &settings, None, today);
        let filter = parse(filter).unwrap();
        filter.wants(&stored.item, &standing)
    }

    #[test]
    fn conditions_hold_or_not() {
        for (filter, expected) in [
            ("id=V-1", true),
            ("id=V-2,V-1", true),
            ("status=open", false),
            ("status=open,in-progress", true),
            ("status!=open,in-progress", false),
            ("status!=open  risk=high", true),
            ("owner=jane", true),
            ("owner=\"jane doe\"", true),
            ("owner='jane doe' status=open", false),
            ("owner=example.org,EXAMPLE.COM", true),
            ("owner=\"roe, jane\"", false),
            ("risk>=high", true),
            ("risk>high", false),
            ("risk<high", false),
            ("risk!=moderate", true),
            ("risk=HIGH,medium", true),
            ("risk=med", false),
            ("status=\"In Progress\"", true),
            ("status=in_progress", true),
            ("status=Active", false),
            ("status=Ongoing", true),
            ("kind=Weakness", true),
            ("overdue=Y", true),
            ("owner=\"JANE  doe\"", true),
            ("detected<today", true),
            ("detected>-7d", false),
            ("scheduled<\"last week\"", true),
            ("control=\"ac-2 (1)\"", true),
            ("control=ac-2", true),
            ("control=AC-20", false),
            ("kind=weakness", true),
            ("text=PORT", true),
            ("open", true),
            ("!open", false),
            ("open=no", false),
            ("open!=no", true),
            ("overdue", true),
            ("no-owner", false),
            ("stale", false),
            ("detected=2026-01-05", true),
            ("detected<2026-01-05", false),
            ("detected<=2026-01-05", true),
            ("detected-after=2026-01-04", true),
            ("completed<2030-01-01", false),
            ("completed!=2026-01-01", true),
            ("scheduled>2026-01-31", true),
            ("due-before=2026-06-01", true),
        ] {
            assert_eq!(wants(filter), expected, "{filter}");
        }
    }

    #[test]
    fn every_error_says_what_would_do() {
        for (filter, message) in [
            ("  ", "the filter is empty; write conditions such as `status=open risk=high`"),
            ("stauts=open", "a filter has no key `stauts`: did you mean `status`?"),
            (
                "status=opne",
                "`opne` is no status: did you mean `open`? Known are open, in-progress,",
            ),
            (
                "status=In Progress",
                "`Progress` is no condition of its own: a value with blanks needs quotes, write `status=\"In Progress\"`",
            ),
            (
                "owner=Sam Roe",
                "`Roe` is no condition of its own: a value with blanks needs quotes, write `owner=\"Sam Roe\"`",
            ),
            (
                "status=open owner=Sam de Roe risk>=high",
                "`de` is no condition of its own: a value with blanks needs quotes, write `owner=\"Sam de Roe\"`",
            ),
            ("due<12/15/2026", "`12/15/2026` is no day: write YYYY-MM-DD, here 2026-12-15"),
            (
                "status=zzzzzzz",
                "`zzzzzzz` is no status: known are open, in-progress, pending-validation, pending-approval, deferred, risk-accepted, closed",
            ),
            ("status<open", "`status` takes `=` and `!=`, not `<`"),
            ("risk=hihg", "`hihg` is no risk: did you mean `high`?"),
            ("kind=x", "`x` is no kind: known are weakness, configuration, documentation"),
            ("detected<soon", "`soon` is no day: write YYYY-MM-DD"),
            ("overdue=maybe", "`maybe` is no overdue: yes or no"),
            ("owner", "`` is no owner: write `owner=…`"),
            ("owner=", "`` is no owner: write `owner=…`"),
            ("owner=\"Jane", "a quote in the filter has no end"),
            ("\u{1b}[31m=1", "a filter has no key `\\u{1b}[31m`: known are id"),
        ] {
            let error = parse(filter).unwrap_err().to_string();
            assert!(error.starts_with(message), "{filter}: {error}");
        }
    }

    #[test]
    fn names_that_nobody_has_are_errors_and_not_empty_answers() {
        let stored = Stored::parse("items/V-1.yaml", ITEM.as_bytes()).unwrap();
        let items = [&stored.item];
        let sam = [Person::named("Sam Roe")];
        let check = |filter: &str, people: &[Person]| {
            parse(filter).unwrap().check_names(&items, people, |control| control == "SI-2")
        };
        for fine in
            ["id=V-1", "control=AC-2", "control=SI-2", "owner=jane", "owner=sam", "text=zzz"]
        {
            assert_eq!(check(fine, &sam), Ok(()), "{fine}");
        }
        for (filter, said) in [
            ("id=V-2", "no item is `V-2`: did you mean `V-1`?"),
            ("id!=X-99", "no item is `X-99`: `poam list` shows all ids"),
            ("control=AC-20(99)", "no control is `AC-20(99)`:"),
            ("owner=\"sam rowe\"", "no owner is `sam rowe`: did you mean `Sam Roe`?"),
            ("owner=nobody", "no owner is `nobody`: `people:` in poam.yaml lists those"),
        ] {
            let error = check(filter, &sam).unwrap_err().to_string();
            assert!(error.starts_with(said), "{filter}: {error}");
        }
        // Without a list of people nobody can tell.
        assert_eq!(check("owner=nobody", &[]), Ok(()));
        assert_eq!(parse("owner=nobody").unwrap().owners_of_nothing(&items), ["nobody"]);
    }

    #[test]
    fn every_key_is_understood() {
        for key in KEYS {
            let value = match key {
                "status" => "open",
                "risk" => "high",
                "kind" => "weakness",
                _ if yes(key).is_some() => "yes",
                _ => "2026-01-01",
            };
            assert!(parse(&format!("{key}={value}")).is_ok(), "{key}");
        }
    }
}
