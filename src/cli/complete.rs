use anyhow::Result;
use clap::{Arg, Args, Command};

use super::{CommandOutcome, Session, build_command};
use crate::filter;
use crate::history::Action;
use crate::model::{DeviationType, RiskRating};
use crate::output::OutputKind;
use crate::rules;
use crate::store::{Store, Tracker};

/// Print the words that may stand at a place of the command line; for the scripts of `completions`
#[derive(Debug, Args)]
pub(super) struct CompleteArgs {
    /// Place of the word, then the words of the command line
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// The kind of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WordKind {
    Item,
    Status,
    Person,
    Rating,
    Rule,
    Action,
    Milestone,
    Deviation,
    FilterKey,
    CommandName,
}

impl CompleteArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let (place, words) = match self.words.split_first() {
            Some((place, words)) => (place.parse::<usize>().unwrap_or_default(), words),
            None => return Ok(CommandOutcome::Fine),
        };
        let line = TypedLine::parse(place, words);
        let typed = line.typed.to_lowercase();
        let mut found = Vec::new();
        for kind in line.kinds() {
            found.extend(find_candidates(session, kind, &line));
        }
        found.retain(|word| word.to_lowercase().starts_with(&typed));
        found.sort();
        found.dedup();
        // A name with a line break cannot be completed by any shell.
        found.retain(|word| !word.chars().any(char::is_control));
        session.print_as(
            OutputKind::Exact,
            found.iter().map(|word| format!("{word}\n")).collect::<String>(),
        )?;
        Ok(CommandOutcome::Fine)
    }
}

/// A command line up to the word that is being typed.
struct TypedLine {
    /// Names of the command and its subcommands.
    path: Vec<String>,
    /// The words of the command that are no options.
    positionals: Vec<String>,
    /// The option whose value is being typed.
    option: Option<String>,
    /// The beginning of the word.
    typed: String,
}

impl TypedLine {
    fn parse(place: usize, words: &[String]) -> Self {
        let mut command = build_command();
        command.build();
        let mut line = Self {
            path: Vec::new(),
            positionals: Vec::new(),
            option: None,
            typed: words.get(place).cloned().unwrap_or_default(),
        };
        for word in words.iter().take(place).skip(1) {
            if word == "=" {
                continue;
            }
            if line.option.take().is_some() {
                continue;
            }
            if word.starts_with('-') {
                let takes_value = find_option(&command, word).is_some_and(takes_value);
                line.option = (takes_value && !word.contains('=')).then(|| word.clone());
                continue;
            }
            match command.find_subcommand(word).filter(|_| line.positionals.is_empty()) {
                Some(found) => {
                    line.path.push(word.clone());
                    command = found.clone();
                }
                None => line.positionals.push(word.clone()),
            }
        }
        if line.typed == "=" {
            line.typed.clear();
        }
        if let Some((option, value)) = line.typed.clone().split_once('=')
            && option.starts_with("--")
        {
            line.option = Some(option.to_owned());
            line.typed = value.to_owned();
        }
        line
    }

    /// The kinds of words that may be here.
    fn kinds(&self) -> Vec<WordKind> {
        use WordKind::*;
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        if let Some(option) = &self.option {
            return match option.trim_start_matches('-') {
                "owner" | "to" | "by" | "approver" | "reviewer" | "actor" => vec![Person],
                "status" => vec![Status],
                "risk" | "rating" if path != ["ver"] => vec![Rating],
                "rule" => vec![Rule],
                "action" => vec![Action],
                "where" => vec![FilterKey],
                "id" => vec![Item],
                _ => Vec::new(),
            };
        }
        if self.typed.starts_with('-') {
            return Vec::new();
        }
        let first = self.positionals.is_empty();
        match path.as_slice() {
            ["rules"] => vec![Rule],
            ["man"] => vec![CommandName],
            ["transition"] if first => vec![Item],
            ["transition"] => vec![Status, Item],
            ["milestone", _] if first => vec![Item],
            ["milestone", _] => vec![Milestone, Item],
            ["deviation", _] if first => vec![Item],
            ["deviation", _] => vec![Deviation, Item],
            ["log"] if first => vec![Item],
            ["show"] => vec![Item],
            ["edit" | "assign" | "set" | "review" | "ver" | "mappings" | "validate"]
            | ["review" | "evidence" | "vendor", _] => vec![Item],
            _ => Vec::new(),
        }
    }
}

/// The option of a command that a word names.
fn find_option<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let name = word.split('=').next().unwrap_or(word);
    command.get_arguments().find(|arg| match name.strip_prefix("--") {
        Some(long) => arg.get_long_and_visible_aliases().is_some_and(|all| all.contains(&long)),
        None => {
            let mut letters = name.chars().skip(1);
            arg.get_short().is_some_and(|short| letters.next() == Some(short))
        }
    })
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// The words of a kind. Where there is no tracker, there are none.
fn find_candidates(session: &Session, kind: WordKind, line: &TypedLine) -> Vec<String> {
    match kind {
        WordKind::Rating => return to_owned_names(&RiskRating::ALL.map(RiskRating::as_str)),
        WordKind::Deviation => {
            return to_owned_names(&DeviationType::ALL.map(DeviationType::as_str));
        }
        WordKind::Action => return to_owned_names(&Action::ALL.map(Action::as_str)),
        WordKind::FilterKey => return to_owned_names(&filter::KEYS),
        WordKind::Rule => return rules::ALL.iter().map(|rule| rule.name.to_owned()).collect(),
        WordKind::CommandName => {
            let cli = build_command();
            let names = cli.get_subcommands().filter(|it| !it.is_hide_set());
            return names.map(|it| it.get_name().to_owned()).collect();
        }
        _ => {}
    }
    let Ok(repository) = session.find_repository() else { return Vec::new() };
    let Ok(tracker) = session.tracker(repository.as_ref()) else { return Vec::new() };
    if kind == WordKind::Status {
        return to_owned_names(&tracker.settings.workflow.names());
    }
    let Ok(store) = tracker.load_all(repository.as_ref()) else { return Vec::new() };
    match kind {
        WordKind::Item => store.ids().map(|id| id.as_str().to_owned()).collect(),
        WordKind::Person => list_people(&store, &tracker, line),
        _ => list_milestones(&store, line),
    }
}

fn to_owned_names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Everybody whom items and settings name.
fn list_people(store: &Store, tracker: &Tracker, line: &TypedLine) -> Vec<String> {
    let listed = tracker.settings.people.iter().map(|person| person.name.clone());
    let items = store.items().iter().map(|stored| &stored.item);
    let owners = items.filter_map(|item| Some(item.point_of_contact.as_ref()?.name.clone()));
    let me = line.option.as_deref().filter(|option| option.ends_with("owner"));
    listed.chain(owners).chain(me.map(|_| "me".to_owned())).collect()
}

/// The numbers of the unfinished milestones of the items that the line names.
fn list_milestones(store: &Store, line: &TypedLine) -> Vec<String> {
    let is_named = |id: &str| line.positionals.iter().any(|word| word == id);
    let named = store.items().iter().filter(|stored| is_named(stored.item.id.as_str()));
    let all = named.flat_map(|stored| &stored.item.milestones);
    all.filter(|it| !it.status.is_finished()).map(|it| it.id.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_says_which_words_may_stand_there() {
        use WordKind::*;
        for (line, expected) in [
            ("poam show ", vec![Item]),
            ("poam -C dir show ", vec![Item]),
            ("poam transition V-1 ", vec![Status, Item]),
            ("poam transition V-1 closed --approver ", vec![Person]),
            ("poam list --owner ", vec![Person]),
            ("poam list --status=", vec![Status]),
            ("poam list ", vec![]),
            ("poam milestone complete V-1 ", vec![Milestone, Item]),
            ("poam milestone ", vec![]),
            ("poam deviation request V-1 ", vec![Deviation, Item]),
            ("poam validate --rule ", vec![Rule]),
            ("poam rules ", vec![Rule]),
            ("poam review submit ", vec![Item]),
            ("poam log --action ", vec![Action]),
            ("poam show --fo", vec![]),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(TypedLine::parse(words.len() - 1, &words).kinds(), expected, "{line}");
        }
    }
}
