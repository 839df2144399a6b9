//! The description of a command's arguments, from which its form, its call by the API and the words of
//! its command line come.
//!
//! Descriptions are derived from the arguments that the commands declare; nothing is written twice. What
//! only the tracker knows (statuses that an item may move to, its milestones, people) is added by
//! [`FieldChoices`].

use serde::Serialize;

use super::edit::WORD;
use super::state::TrackerState;
use crate::model::{DeviationType, RiskRating};
use crate::store::Stored;
use crate::text::cut;

/// A command that pages offer as a form.
#[derive(Debug, Clone, Serialize)]
pub struct CommandForm {
    /// Its name in addresses: the words with hyphens.
    pub name: String,
    /// The words that call it.
    pub words: Vec<String>,
    /// Its effect, in one line.
    pub title: String,
    /// The rest of its help.
    pub help: String,
    /// Whether it is given items to change.
    pub takes_items: bool,
    /// Its arguments besides the items.
    pub fields: Vec<FormField>,
}

/// An argument of a command.
#[derive(Debug, Clone, Serialize)]
pub struct FormField {
    /// Its name in forms and in the API.
    pub name: String,
    /// The option of the command line; none for positional arguments after the items.
    pub option: Option<String>,
    /// The word for the value in the help.
    pub value_name: String,
    /// Its help.
    pub help: String,
    /// The kind of its values.
    pub kind: FormFieldKind,
    /// Whether the command needs it.
    pub required: bool,
    /// The values that it may have, where these are known without looking at an item.
    pub choices: Vec<String>,
}

/// The kind of the values of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormFieldKind {
    /// Given or not.
    Flag,
    /// A word or a line.
    Line,
    /// A text.
    Text,
    /// A day.
    Day,
    /// Several values, one a line.
    Lines,
}

impl CommandForm {
    /// The form with a name.
    pub(super) fn find<'a>(forms: &'a [Self], name: &str) -> Option<&'a Self> {
        forms.iter().find(|form| form.name == name)
    }

    /// The field with a name.
    pub(super) fn field(&self, name: &str) -> Option<&FormField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns the text of links to it, with the verb first.
    pub(super) fn label(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["transition"] => "Change the status".to_owned(),
            ["assign"] => "Give to an owner".to_owned(),
            ["set"] => "Edit fields".to_owned(),
            ["review"] => "Record a review".to_owned(),
            ["ver"] => "Evaluate (VER)".to_owned(),
            ["vendor", "check-in"] => "Record a vendor check-in".to_owned(),
            ["milestone", "note"] => "Note progress".to_owned(),
            ["milestone", "plan"] => "Plan from a list".to_owned(),
            ["milestone", "log"] => "Change from a text".to_owned(),
            [noun, verb] => capitalized(&format!("{verb} {noun}")),
            words => capitalized(&words.join(" ").replace('-', " ")),
        }
    }

    /// Returns the heading under which pages list it.
    pub(super) fn group(&self) -> &'static str {
        match self.words.first().map(String::as_str) {
            Some("milestone") => "Milestones",
            Some("review") => "Review",
            Some("evidence" | "vendor" | "deviation" | "ver") => "Evidence and decisions",
            _ => "Item",
        }
    }

    /// The words of the command line for some items and values; `extra` are options of every command.
    ///
    /// Values are given behind `=` and words behind `--`, so that no value is taken for an option.
    pub(super) fn command_line(
        &self,
        items: &[String],
        values: &[(String, String)],
        extra: &[&str],
    ) -> Vec<String> {
        let mut line = self.words.clone();
        line.extend(extra.iter().map(|word| (*word).to_owned()));
        let mut behind: Vec<String> = items.to_vec();
        for field in &self.fields {
            let given = values.iter().filter(|(name, _)| *name == field.name);
            let texts = given.flat_map(|(_, value)| field.split(value));
            match (&field.option, field.kind) {
                (Some(option), FormFieldKind::Flag) => {
                    line.extend(texts.take(1).map(|_| option.clone()));
                }
                (Some(option), _) => line.extend(texts.map(|text| format!("{option}={text}"))),
                (None, _) => behind.extend(texts),
            }
        }
        let words = values.iter().filter(|(name, _)| name == WORD);
        behind.extend(words.map(|(_, word)| word.clone()));
        if !behind.is_empty() {
            line.push("--".to_owned());
            line.append(&mut behind);
        }
        line
    }

    /// The parts of a refusal by the field that they are about, and whether any has one. A refusal names
    /// the options that would do.
    pub(super) fn refused_fields(&self, refusal: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for field in &self.fields {
            let line = refusal.lines().find(|line| match &field.option {
                Some(option) => names(line, option),
                None => names_word(line, &field.name) && !line.contains("--"),
            });
            found.extend(line.map(|line| (field.name.clone(), line.trim().to_owned())));
        }
        found
    }
}

/// Returns whether a text names an option, and not one that only begins with it.
fn names(text: &str, option: &str) -> bool {
    text.match_indices(option).any(|(at, _)| {
        let next = text[at + option.len()..].chars().next();
        !next.is_some_and(|next| next.is_alphanumeric() || next == '-')
    })
}

/// Returns whether a text has a word.
fn names_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|one| one.eq_ignore_ascii_case(word))
}

impl FormField {
    /// The values that a text of a form gives: none where it is blank.
    fn split(&self, text: &str) -> Vec<String> {
        let text = text.replace("\r\n", "\n");
        let values: Vec<&str> = match self.kind {
            FormFieldKind::Lines => text.split('\n').map(str::trim).collect(),
            _ => vec![text.trim()],
        };
        values.into_iter().filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    /// Returns the name of the field on a page.
    pub(super) fn label(&self) -> String {
        capitalized(&self.name.replace('-', " "))
    }
}

/// A text with a capital at its beginning.
pub(super) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next();
    first.into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}

/// A value that a form offers, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldChoice {
    pub(super) value: String,
    pub(super) text: String,
}

/// The values that a field offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FieldChoices {
    /// No other value is right.
    Only(Vec<FieldChoice>),
    /// Other values are right too.
    Suggested(Vec<String>),
}

impl FieldChoices {
    /// The values of a field for some items.
    pub(super) fn collect(field: &FormField, state: &TrackerState, items: &[&Stored]) -> Self {
        let only = |values: Vec<String>| {
            let choice = |value: String| FieldChoice { text: value.clone(), value };
            Self::Only(values.into_iter().map(choice).collect())
        };
        if !field.choices.is_empty() {
            return only(field.choices.clone());
        }
        match (field.option.as_deref(), field.value_name.as_str()) {
            (None, "STATUS") => Self::Only(statuses(state, items)),
            (None, "NUMBER") => Self::Only(milestones(items)),
            (None, "KIND") => only(DeviationType::ALL.iter().map(ToString::to_string).collect()),
            (_, "RATING") => {
                let all =
                    [RiskRating::Low, RiskRating::Moderate, RiskRating::High, RiskRating::Critical];
                only(all.iter().map(ToString::to_string).collect())
            }
            // The name of a scope is nobody's.
            (Some("--scope"), _) => Self::Suggested(Vec::new()),
            (_, "NAME") => Self::Suggested(state.people()),
            _ => Self::Suggested(Vec::new()),
        }
    }
}

/// The statuses that items may move to: those of the table where all have the same status, and all of
/// the workflow else. Moves outside the table are made by --override.
fn statuses(state: &TrackerState, items: &[&Stored]) -> Vec<FieldChoice> {
    let workflow = &state.tracker.settings.workflow;
    let mut statuses: Vec<FieldChoice> = Vec::new();
    let choice = |value: &str, note: &str| FieldChoice {
        value: value.to_owned(),
        text: format!("{value}{note}"),
    };
    let mut note = "";
    if let [first, rest @ ..] = items
        && rest.iter().all(|stored| stored.item.status == first.item.status)
    {
        let moves = workflow.get(&first.item.status).into_iter().flat_map(|status| &status.moves);
        statuses.extend(moves.map(|next| choice(next.to(), "")));
        note = " (no move of the workflow: needs Override)";
    }
    let others = workflow.names().into_iter().filter(|name| {
        !items.iter().all(|stored| !items.is_empty() && stored.item.status.as_str() == *name)
    });
    for name in others {
        if !statuses.iter().any(|status| status.value == name) {
            statuses.push(choice(name, note));
        }
    }
    statuses
}

/// The milestones of an item, those that are not finished first.
fn milestones(items: &[&Stored]) -> Vec<FieldChoice> {
    let mut all: Vec<_> = items.iter().flat_map(|stored| &stored.item.milestones).collect();
    all.sort_by_key(|milestone| (milestone.status.is_finished(), milestone.id));
    all.dedup_by_key(|milestone| milestone.id);
    let choice = |milestone: &&crate::model::Milestone| {
        let due = milestone.due.map_or_else(|| "no date".to_owned(), |due| format!("due {due}"));
        let text = cut(&milestone.description);
        let status = milestone.status.as_str();
        FieldChoice {
            value: milestone.id.to_string(),
            text: format!("{}: {text} ({status}, {due})", milestone.id),
        }
    };
    all.iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, option: Option<&str>, kind: FormFieldKind) -> FormField {
        FormField {
            name: name.to_owned(),
            option: option.map(str::to_owned),
            value_name: name.to_uppercase(),
            help: String::new(),
            kind,
            required: option.is_none(),
            choices: Vec::new(),
        }
    }

    fn form() -> CommandForm {
        CommandForm {
            name: "transition".to_owned(),
            words: vec!["transition".to_owned()],
            title: String::new(),
            help: String::new(),
            takes_items: true,
            fields: vec![
                field("status", None, FormFieldKind::Line),
                field("reason", Some("--reason"), FormFieldKind::Text),
                field("evidence", Some("--evidence"), FormFieldKind::Lines),
                field("override", Some("--override"), FormFieldKind::Flag),
                field("until", Some("--until"), FormFieldKind::Day),
            ],
        }
    }

    #[test]
    fn values_become_words_that_nothing_takes_for_options() {
        let values = [
            ("reason", " --because\r\nof this "),
            ("status", "--closed"),
            ("evidence", "CHG-1\n\n -x \n"),
            ("override", "on"),
            ("until", " "),
            ("unknown", "y"),
        ];
        let values: Vec<(String, String)> =
            values.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let line = form().command_line(&["V-1".into(), "-V".into()], &values, &["--format=json"]);
        let expected = [
            "transition",
            "--format=json",
            "--reason=--because\nof this",
            "--evidence=CHG-1",
            "--evidence=-x",
            "--override",
            "--",
            "V-1",
            "-V",
            "--closed",
        ];
        assert_eq!(line, expected);
    }

    #[test]
    fn a_refusal_stands_beside_the_field_that_it_names() {
        let refused = |text: &str| {
            let found = form().refused_fields(text);
            found.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(refused("V-1: open -> closed needs a reason: add --reason \"…\""), ["reason"]);
        assert_eq!(refused("unknown status `x`: did you mean `open`?"), ["status"]);
        assert_eq!(
            refused("a\n  - no day (use --until DATE)\n  - b (use --evidence REF)"),
            ["evidence", "until"]
        );
        assert_eq!(refused("--reasons is no option"), Vec::<String>::new());
    }
}
