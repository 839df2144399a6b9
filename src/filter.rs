//! Which items are meant: conditions on an item and where it stands.
//!
//! A filter is text such as `status=open,in-progress risk>=high overdue detected<2026-01-01
//! owner="Jane Doe"`: conditions between blanks that must all hold, each a key, an operator and one
//! value or several between commas. A word alone (`overdue`) asks for yes, `!overdue` for no.

use chrono::NaiveDate;

use crate::model::{Item, Kind, RiskRating, Workflow};
use crate::nearest::nearest;
use crate::output::visible;
use crate::standing::Standing;

/// The keys, in the order of the documentation.
pub const KEYS: [&str; 21] = [
    "id",
    "status",
    "owner",
    "risk",
    "control",
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
    /// It affects this control; AC-2 covers AC-2(1) too.
    Control(String),
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
    /// A quote without its end.
    #[error("a quote in the filter has no end")]
    Quote,
}

impl Filter {
    /// Reads a filter. Statuses must be those of the workflow.
    pub fn parse(text: &str, workflow: &Workflow) -> Result<Self, FilterError> {
        let words = words(text)?;
        if words.is_empty() {
            return Err(FilterError::Empty);
        }
        words.iter().map(|word| condition(word, workflow)).collect::<Result<_, _>>().map(Self)
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

    /// Whether only the commits tell if it holds.
    pub fn needs_history(&self) -> bool {
        self.0.iter().flat_map(|condition| &condition.any).any(|fact| *fact == Fact::Stale)
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
            Self::Owner(part) => item.point_of_contact.as_ref().is_some_and(|person| {
                contains(&person.name, part)
                    || person.email.as_ref().is_some_and(|email| contains(email, part))
            }),
            Self::Risk(compare, rating) => compare.holds(&standing.risk, rating),
            Self::Control(wanted) => item.controls.iter().any(|one| {
                let one = one.to_uppercase();
                one.strip_prefix(&wanted.to_uppercase())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
            }),
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
                    Which::Detected => Some(item.original_detection_date),
                    Which::Completed => item.completion_date,
                    Which::Due => (!standing.closed).then_some(standing.effective_due),
                    Which::Scheduled => item.scheduled_completion_date,
                };
                own.is_some_and(|own| compare.holds(&own, day))
            }
        }
    }
}

/// The words between blanks; what stands in quotes is kept together, with its quotes.
fn words(text: &str) -> Result<Vec<String>, FilterError> {
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

fn condition(word: &str, workflow: &Workflow) -> Result<Condition, FilterError> {
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
    let ordered = matches!(key, "risk" | "detected" | "completed" | "due" | "scheduled");
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
            any.push(fact(key, compare, &value, workflow)?);
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
    match value {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err(wrong(key, value, "yes or no".to_owned())),
    }
}

fn fact(
    key: &str,
    compare: Compare,
    value: &str,
    workflow: &Workflow,
) -> Result<Fact, FilterError> {
    if value.is_empty() {
        return Err(wrong(key, value, format!("write `{key}=…`")));
    }
    let day = |which: Which, compare: Compare| {
        let day = value.parse().map_err(|_| wrong("day", value, "write YYYY-MM-DD".to_owned()));
        day.map(|day| Fact::Day(which, compare, day))
    };
    Ok(match key {
        "id" => Fact::Id(value.to_owned()),
        "status" => {
            let names = workflow.names();
            if !names.contains(&value) {
                return Err(wrong(key, value, suggest(value, &names)));
            }
            Fact::Status(value.to_owned())
        }
        "owner" => Fact::Owner(value.to_owned()),
        "risk" => {
            let known = RiskRating::ALL.map(RiskRating::as_str);
            let rating = RiskRating::ALL.into_iter().find(|rating| rating.as_str() == value);
            let rating = rating.ok_or_else(|| wrong(key, value, suggest(value, &known)))?;
            Fact::Risk(compare, rating)
        }
        "control" => Fact::Control(value.to_owned()),
        "kind" => {
            let all = [Kind::Weakness, Kind::Configuration, Kind::Documentation];
            let kind = all.into_iter().find(|kind| kind.as_str() == value);
            Fact::Kind(
                kind.ok_or_else(|| wrong(key, value, suggest(value, &all.map(Kind::as_str))))?,
            )
        }
        "detected" => day(Which::Detected, compare)?,
        "completed" => day(Which::Completed, compare)?,
        "due" => day(Which::Due, compare)?,
        "scheduled" => day(Which::Scheduled, compare)?,
        "detected-before" => day(Which::Detected, Compare::Less)?,
        "detected-after" => day(Which::Detected, Compare::More)?,
        "completed-before" => day(Which::Completed, Compare::Less)?,
        "completed-after" => day(Which::Completed, Compare::More)?,
        "due-before" => day(Which::Due, Compare::Less)?,
        "due-after" => day(Which::Due, Compare::More)?,
        _ => Fact::Text(value.to_owned()),
    })
}

fn wrong(key: &str, value: &str, help: String) -> FilterError {
    FilterError::Value { key: key.to_owned(), value: value.to_owned(), help }
}

fn suggest(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
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

    fn wants(filter: &str) -> bool {
        let stored = Stored::parse("items/V-1.yaml", ITEM.as_bytes()).unwrap();
        let today = "2026-06-01".parse().unwrap();
        let settings = Settings::parse("poam.yaml", b"version: 1\n").unwrap();
        let standing = Standing::of(&stored, &settings, None, today);
        let filter = Filter::parse(filter, &Workflow::default()).unwrap();
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
            ("status=opne", "`opne` is no status: did you mean `open`?"),
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
            let error = Filter::parse(filter, &Workflow::default()).unwrap_err().to_string();
            assert!(error.starts_with(message), "{filter}: {error}");
        }
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
            assert!(
                Filter::parse(&format!("{key}={value}"), &Workflow::default()).is_ok(),
                "{key}"
            );
        }
    }
}
