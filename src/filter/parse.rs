//! Parsing of filters: words, operators, values.

use chrono::NaiveDate;

use super::{Compare, Condition, DateField, Fact, FilterError, KEYS};
use crate::day::{future_day, past_day};
use crate::model::{ItemId, Kind, ReviewState, RiskRating, Workflow, is_blank, words};
use crate::nearest::nearest;

/// Suggests quotes where a word that is no condition continues the value before it, as in
/// `owner=Sam Roe`.
pub(super) fn suggest_quotes(words: &[String], at: usize) -> Option<FilterError> {
    let is_bare = |word: &String| !word.contains(['=', '<', '>', '!', '"', '\'']);
    let word = words.get(at)?;
    // The value may be what is wrong (`status=In Progress`), or the word after it.
    let first = if is_bare(word) { at.checked_sub(1)? } else { at };
    let begin = words.get(..=first)?.iter().rposition(|word| !is_bare(word))?;
    let more = words
        .get(begin + 1..)?
        .iter()
        .take_while(|word| is_bare(word) && bool_fact(word.as_str()).is_none());
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

/// Returns the words between blanks; what is in quotes is retained together, with its quotes.
pub(super) fn split_words(text: &str) -> Result<Vec<String>, FilterError> {
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

/// Returns the values between commas, without their quotes.
fn split_values(text: &str) -> Vec<String> {
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

/// Parses a condition: a key alone, or a key, an operator and values.
pub(super) fn parse_condition(
    word: &str,
    workflow: &Workflow,
    today: NaiveDate,
) -> Result<Condition, FilterError> {
    let key_end = word.find(['!', '<', '>', '=']).filter(|at| *at > 0).unwrap_or(word.len());
    let (key, rest) = word.split_at(key_end);
    let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator));
    let Some(operator) = operator else {
        let (not, key) = key.strip_prefix('!').map_or((false, key), |key| (true, key));
        let fact = bool_fact(find_key(key)?).ok_or_else(|| FilterError::Value {
            key: key.to_owned(),
            value: String::new(),
            help: format!("write `{key}=…`"),
        })?;
        return Ok(Condition { not, any: vec![fact] });
    };
    let key = find_key(key)?;
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
    for value in split_values(rest) {
        let state = ReviewState::ALL.into_iter().find(|state| state.as_str() == value);
        if let Some(state) = state.filter(|_| key == "review") {
            any.push(Fact::Review(Some(state)));
        } else if let Some(fact) = bool_fact(key) {
            not ^= !parse_bool(key, &value)?;
            any.push(fact);
        } else {
            any.push(parse_fact(key, compare, &value, (workflow, today))?);
        }
    }
    Ok(Condition { not, any })
}

/// Returns the key, in the words of the list.
fn find_key(key: &str) -> Result<&'static str, FilterError> {
    KEYS.into_iter()
        .find(|known| *known == key)
        .ok_or_else(|| FilterError::Key { key: key.to_owned(), help: suggest_known(key, &KEYS) })
}

/// Returns the fact of a key that states yes or no.
pub(super) fn bool_fact(key: &str) -> Option<Fact> {
    Some(match key {
        "open" => Fact::Open,
        "overdue" => Fact::Overdue,
        "stale" => Fact::Stale,
        "no-owner" => Fact::NoOwner,
        "review" => Fact::Review(None),
        _ => return None,
    })
}

/// The values of the key `review`.
const REVIEW_VALUES: [&str; 5] = ["yes", "no", "requested", "submitted", "returned"];

fn parse_bool(key: &str, value: &str) -> Result<bool, FilterError> {
    match words::find_answer(value) {
        Some(words::Answer::Yes) => Ok(true),
        Some(words::Answer::No) => Ok(false),
        _ if key == "review" => Err(wrong_value(key, value, suggest_known(value, &REVIEW_VALUES))),
        _ => Err(wrong_value(key, value, "yes or no".to_owned())),
    }
}

fn parse_fact(
    key: &str,
    compare: Compare,
    value: &str,
    (workflow, today): (&Workflow, NaiveDate),
) -> Result<Fact, FilterError> {
    if is_blank(value) {
        let help = match key {
            "owner" => "write `owner=NAME`, or `no-owner` for items without one".to_owned(),
            _ => format!("write `{key}=…`"),
        };
        return Err(wrong_value(key, value, help));
    }
    let day = |which: DateField, compare: Compare| {
        let day = match which {
            DateField::Detected | DateField::Completed => past_day(value),
            DateField::Due | DateField::Scheduled | DateField::Milestone => future_day(value),
        };
        let day = day.map_err(|error| wrong_value("date", value, error.to_string()));
        day.map(|day| Fact::Day(which, compare, day.resolve_on(today)))
    };
    Ok(match key {
        "id" => Fact::Id(match value.parse::<ItemId>() {
            Ok(id) => id.as_str().to_owned(),
            Err(error) => return Err(wrong_value(key, value, error.to_string())),
        }),
        "status" => status_fact(value, workflow)?,
        "owner" => Fact::Owner(value.to_owned()),
        "risk" => {
            let known = RiskRating::ALL.map(RiskRating::as_str);
            let rating = words::find_rating(value);
            let rating =
                rating.ok_or_else(|| wrong_value(key, value, suggest_known(value, &known)))?;
            Fact::Risk(compare, rating)
        }
        "control" | "practice" => control_fact(value),
        "framework" => Fact::Framework(value.to_owned()),
        "kind" => {
            let kind = words::find_kind(value);
            let all = Kind::ALL.map(Kind::as_str);
            Fact::Kind(kind.ok_or_else(|| wrong_value(key, value, suggest_known(value, &all)))?)
        }
        "detected" => day(DateField::Detected, compare)?,
        "completed" => day(DateField::Completed, compare)?,
        "due" => day(DateField::Due, compare)?,
        "scheduled" => day(DateField::Scheduled, compare)?,
        "milestone-due" => day(DateField::Milestone, compare)?,
        "detected-before" => day(DateField::Detected, Compare::Less)?,
        "detected-after" => day(DateField::Detected, Compare::More)?,
        "completed-before" => day(DateField::Completed, Compare::Less)?,
        "completed-after" => day(DateField::Completed, Compare::More)?,
        "due-before" => day(DateField::Due, Compare::Less)?,
        "due-after" => day(DateField::Due, Compare::More)?,
        _ => Fact::Text(value.to_owned()),
    })
}

/// Returns the fact that an item has a status, in any of its words.
pub fn status_fact(value: &str, workflow: &Workflow) -> Result<Fact, FilterError> {
    match workflow.resolve_word(value) {
        Some(status) => Ok(Fact::Status(status.as_str().to_owned())),
        None => Err(wrong_value("status", value, suggest_known(value, &workflow.names()))),
    }
}

/// Returns the fact that an item affects a control, written as the catalog writes it: `ac-2 (1)` is
/// AC-2(1).
pub fn control_fact(value: &str) -> Fact {
    let plain: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    Fact::Control(plain.to_uppercase().replace('_', "-"))
}

fn wrong_value(key: &str, value: &str, help: String) -> FilterError {
    FilterError::Value { key: key.to_owned(), value: value.to_owned(), help }
}

fn suggest_known(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Known are {}", known.join(", ")),
        None => format!("known are {}", known.join(", ")),
    }
}
