//! Words that people type for a command that has another name.

/// The words, with the command that does it.
const OTHER_NAMES: &[(&[&str], &str)] = &[
    (&["version"], "poam --version"),
    (&["lint", "verify-items"], "poam validate"),
    (&["status", "stat", "st"], "poam todo, poam summary or poam list"),
    (&["ls", "items"], "poam list"),
    (&["view", "cat", "info", "get"], "poam show ID"),
    (&["search", "find", "grep", "filter"], "poam list --text TEXT or --where FILTER"),
    (&["close", "resolve", "done", "fix"], "poam transition ID closed --evidence REF"),
    (&["reopen", "start", "move", "state"], "poam transition ID STATUS"),
    (&["defer", "postpone"], "poam transition ID deferred --until DATE --reason TEXT"),
    (&["accept"], "poam transition ID risk-accepted --approver NAME --until DATE"),
    (&["delay", "reschedule", "slip"], "poam milestone reschedule ID NUMBER --due DATE"),
    (
        &["approve", "deny", "request", "resubmit", "withdraw"],
        "poam deviation approve|deny|request|resubmit|withdraw ID KIND",
    ),
    (&["add", "create"], "poam new --name TEXT --risk RATING"),
    (&["update", "change", "modify"], "poam set ID FIELD=VALUE or poam edit ID"),
    (&["owner", "reassign", "owners"], "poam assign ID --to NAME"),
    (&["note", "comment"], "poam set ID comments=TEXT or poam milestone note ID NUMBER TEXT"),
    (&["history", "events", "audit", "blame"], "poam log"),
    (&["excel", "xlsx", "spreadsheet"], "poam workbook or poam export xlsx"),
    (&["csv", "json", "oscal"], "poam export csv|ndjson|oscal"),
    (&["html", "site", "dashboard"], "poam report or poam serve"),
    (&["submit", "freeze", "tag", "release"], "poam snapshot create NAME"),
    (&["revert", "rollback"], "poam undo"),
    (&["me", "mine", "tasks"], "poam todo --owner me"),
    (&["delete", "remove", "rm"], "poam transition ID closed (items stay, for the record)"),
    (&["start-tracker", "setup"], "poam init"),
];

/// Returns the error for a word that is no command but means one.
pub(super) fn hint(word: &str) -> Option<String> {
    let word = word.to_lowercase();
    let (_, command) = OTHER_NAMES.iter().find(|(words, _)| words.contains(&word.as_str()))?;
    Some(format!("there is no command `{word}`: use {command}"))
}

#[cfg(test)]
mod tests {
    use super::super::build_command;
    use super::*;

    #[test]
    fn every_hint_names_a_command_and_no_word_is_one() {
        let cli = build_command();
        for (words, hint) in OTHER_NAMES {
            let named = hint.split("poam ").nth(1).unwrap();
            let name = named.split([' ', ',']).next().unwrap();
            let is_command = cli.find_subcommand(name).is_some() || name == "--version";
            assert!(is_command, "{hint}");
            for word in *words {
                assert!(cli.find_subcommand(word).is_none(), "{word}");
            }
        }
        assert_eq!(
            hint("Close").unwrap(),
            "there is no command `close`: use poam transition ID closed --evidence REF"
        );
        assert_eq!(hint("zzz"), None);
    }
}
