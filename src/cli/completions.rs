//! `poam completions`: prints completions for a shell.

use anyhow::Result;
use clap::Args;
use clap_complete::Shell;

use super::{CommandOutcome, Session, build_command};
use crate::output::OutputKind;

/// Generate shell completions, which know ids, statuses, people and rules
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Asks the program for words first, and completes commands and options where it knows none.
const BASH: &str = r#"
_poam_words() {
    local IFS=$'\n' found word
    found=$(poam complete -- "$COMP_CWORD" "${COMP_WORDS[@]}" 2>/dev/null)
    if [[ -z "$found" ]]; then
        unset IFS
        _poam "$@"
        return
    fi
    COMPREPLY=()
    for word in $found; do
        COMPREPLY+=("$(printf '%q' "$word")")
    done
}
complete -F _poam_words -o bashdefault -o default poam
"#;

const ZSH: &str = r#"
_poam_words() {
    local -a found
    found=("${(@f)$(poam complete -- $((CURRENT - 1)) "${words[@]}" 2>/dev/null)}")
    if [[ -n "${found[1]}" ]]; then
        compadd -- "${found[@]}"
    else
        _poam "$@"
    fi
}
compdef _poam_words poam
"#;

const FISH: &str = r#"
complete -c poam -f -a '(poam complete -- (count (commandline -opc)) (commandline -opc) (commandline -ct) 2>/dev/null)'
"#;

impl CompletionsArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        // Into memory first: the generator gives up where its reader has gone.
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut build_command(), "poam", &mut text);
        let mut text = String::from_utf8_lossy(&text).into_owned();
        text.push_str(match self.shell {
            Shell::Bash => BASH,
            Shell::Zsh => ZSH,
            Shell::Fish => FISH,
            _ => "",
        });
        session.print_as(OutputKind::Exact, text)?;
        Ok(CommandOutcome::Fine)
    }
}
