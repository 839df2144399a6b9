//! Examples of every command, as its help shows them.

use clap::Command;

use crate::day;

/// Commands (by their words) with examples, in the order of the help.
pub(super) const EXAMPLES: &[(&str, &[&str])] = &[
    ("demo", &["poam demo", "poam demo /tmp/tracker"]),
    ("init", &["poam init tracker", "poam init --ci github", "poam init --ci gitlab --scan trivy"]),
    (
        "new",
        &[
            "poam new --name \"Telnet on two hosts\" --risk high --owner \"Jane Doe\" --commit",
            "poam new --name \"No MFA on VPN\" --risk moderate --practice IA.L2-3.5.3",
            "poam new --name \"Old firmware\" --risk high --vendor \"Example Corp\" --product Firewall --milestone \"2026-12-15: Install the fix and scan again\"",
        ],
    ),
    (
        "validate",
        &[
            "poam validate",
            "poam validate POAM-2026-042",
            "poam validate --rule overdue --format concise",
            "poam validate --base origin/main",
        ],
    ),
    (
        "list",
        &[
            "poam list",
            "poam list --owner me --sort due",
            "poam list --where \"risk>=high milestone-due<+14d\"",
            "poam list --all --columns id,status,due,owner,slips",
            "poam list --format csv",
        ],
    ),
    ("show", &["poam show POAM-2026-042", "poam show 42 --format json"]),
    (
        "transition",
        &[
            "poam transition POAM-2026-042 in-progress --reason \"work starts\"",
            "poam transition POAM-2026-042 closed --evidence CHG-1234",
            "poam transition POAM-2026-042 deferred --until +90d --reason \"waits for the new data centre\"",
            "poam transition POAM-2026-042 risk-accepted --approver \"Lee Wong\" --until 2027-06-30 --reason \"isolated network\"",
        ],
    ),
    (
        "milestone",
        &[
            "poam milestone add POAM-2026-042 \"Scan both hosts again\" --due +30d",
            "poam milestone complete POAM-2026-042 2 --evidence CHG-1234",
            "poam milestone reschedule POAM-2026-042 2 --due 2026-12-15 --reason \"vendor delay\"",
            "poam milestone note POAM-2026-042 2 \"patch is tested, waits for the window\"",
            "poam milestone assign POAM-2026-042 2 --to \"Sam Roe\"",
        ],
    ),
    ("milestone add", &["poam milestone add POAM-2026-042 \"Scan both hosts again\" --due +30d"]),
    (
        "milestone complete",
        &[
            "poam milestone complete POAM-2026-042 2 --evidence CHG-1234",
            "poam milestone complete POAM-2026-042 2 --date yesterday",
        ],
    ),
    (
        "milestone reschedule",
        &["poam milestone reschedule POAM-2026-042 2 --due friday --reason \"vendor delay\""],
    ),
    (
        "assign",
        &[
            "poam assign POAM-2026-042 --to \"Sam Roe\"",
            "poam assign --where no-owner --to \"Sam Roe\"",
        ],
    ),
    (
        "set",
        &[
            "poam set POAM-2026-042 plan=\"Replace both hosts\" controls+=SI-2",
            "poam set POAM-2026-042 vendor=\"Example Corp\" product=Firewall",
            "poam set --where \"text=telnet\" ticket=CHG-1234",
        ],
    ),
    (
        "edit",
        &["poam edit POAM-2026-042", "poam edit POAM-2026-042 -m \"new plan after the test\""],
    ),
    ("undo", &["poam undo --dry-run", "poam undo"]),
    (
        "review",
        &[
            "poam review POAM-2026-042 --note \"on track\"",
            "poam review request POAM-2026-042 --due +2w --note \"new dates, please\"",
            "poam review request --where stale",
            "poam review submit POAM-2026-042",
            "poam review return POAM-2026-042 --note \"evidence is missing\"",
            "poam review complete POAM-2026-042 --note \"dates hold\"",
        ],
    ),
    (
        "evidence",
        &[
            "poam evidence add POAM-2026-042 CHG-1234 --type remediation --location https://example.com/CHG-1234",
        ],
    ),
    (
        "vendor",
        &[
            "poam vendor check-in POAM-2026-042 -m \"fix is planned for December\"",
            "poam vendor check-in POAM-2026-042 --fix-released 2026-11-20",
        ],
    ),
    (
        "deviation",
        &[
            "poam deviation request POAM-2026-042 false-positive --rationale \"the banner is misread\"",
            "poam deviation request POAM-2026-042 RA --rating moderate --rationale \"behind a firewall\"",
            "poam deviation return POAM-2026-042 --question \"which firewall?\" --by \"Lee Wong\"",
            "poam deviation resubmit POAM-2026-042 --answer \"fw-1, rule 12\"",
            "poam deviation approve POAM-2026-042 --approver \"Lee Wong\"",
        ],
    ),
    ("ver", &["poam ver POAM-2026-042 --rating 3 --rationale \"one agency, no data at risk\""]),
    (
        "log",
        &[
            "poam log POAM-2026-042",
            "poam log --since \"2 weeks ago\" --limit 20",
            "poam log --action status-changed --format csv",
        ],
    ),
    ("diff", &["poam diff", "poam diff main", "poam diff main..branch --format markdown"]),
    ("verify", &["poam verify", "poam verify --anchor poam/2026-10 --require-signed"]),
    (
        "summary",
        &[
            "poam summary",
            "poam summary --by owner",
            "poam summary --since poam/2026-10",
            "poam summary --format markdown",
        ],
    ),
    (
        "todo",
        &[
            "poam todo --owner me",
            "poam todo --owner \"Jane Doe\" --days 7",
            "poam todo --format json",
        ],
    ),
    (
        "snapshot",
        &["poam snapshot create 2026-11", "poam snapshot list", "poam snapshot verify 2026-11"],
    ),
    ("report", &["poam report -o report", "poam report -o report --as-of poam/2026-10"]),
    (
        "portfolio",
        &[
            "poam portfolio status",
            "poam portfolio check --format json",
            "poam portfolio export -o tables",
            "poam portfolio summary tables",
            "poam portfolio report tables -o report",
        ],
    ),
    ("format", &["poam format", "poam format --check"]),
    ("check", &["poam check detail.json", "poam check poam.oscal.json --format json"]),
    (
        "import",
        &[
            "poam import POAM-2026-10.xlsx",
            "poam import POAM-2026-10.xlsx --commit",
            "poam import POAM-2026-11.xlsx --update",
        ],
    ),
    (
        "scan",
        &[
            "poam scan results.nessus",
            "poam scan results/ --scope production --commit",
            "poam scan 2026-10.nessus 2026-11.nessus --series --commit",
            "poam scan coverage results.nessus",
            "poam scan --formats nessus",
        ],
    ),
    ("kev", &["poam kev known_exploited_vulnerabilities.json", "poam kev catalog.json --commit"]),
    (
        "mappings",
        &[
            "poam mappings POAM-2026-042",
            "poam mappings --framework cmmc",
            "poam mappings --catalogs",
        ],
    ),
    ("merge-driver", &["poam init --merge-driver"]),
    ("lsp", &["poam lsp"]),
    ("serve", &["poam serve", "poam serve --port 8080 --open", "poam serve --read-only"]),
    (
        "export",
        &[
            "poam export oscal -o poam.json",
            "poam export xlsx -o items.xlsx",
            "poam export csv --columns flat --bom -o items.csv",
            "poam export ndjson -o items.ndjson",
        ],
    ),
    (
        "workbook",
        &[
            "poam workbook -o POAM-2026-11.xlsx",
            "poam workbook --template 2.1 -o POAM.xlsx --as-of poam/2026-10",
            "poam workbook verify POAM-2026-11.xlsx",
        ],
    ),
    ("rules", &["poam rules", "poam rules overdue", "poam rules --calendar"]),
    ("schema", &["poam schema item > item.schema.json"]),
    (
        "completions",
        &[
            "poam completions bash > ~/.local/share/bash-completion/completions/poam",
            "poam completions zsh > ~/.zfunc/_poam",
            "poam completions fish > ~/.config/fish/completions/poam.fish",
        ],
    ),
    (
        "man",
        &[
            "poam man | man -l -",
            "poam man transition | man -l -",
            "poam man --all ~/.local/share/man/man1",
        ],
    ),
];

/// Adds the examples to the help of each command, and the forms of dates to that of each command that takes
/// some.
pub(super) fn add_to(mut cli: Command) -> Command {
    for (words, examples) in EXAMPLES {
        let path: Vec<&str> = words.split(' ').collect();
        cli = add(cli, &path, examples);
    }
    explain_dates(cli)
}

fn explain_dates(mut command: Command) -> Command {
    let takes_dates = command.get_arguments().any(|argument| {
        let names = argument.get_value_names().unwrap_or_default();
        names.iter().any(|name| name.ends_with("DATE"))
    });
    if takes_dates {
        let dates = format!("Dates: {}", day::EXAMPLES);
        let examples = command.get_after_help().map(ToString::to_string);
        let help = examples.map_or(dates.clone(), |examples| format!("{dates}\n\n{examples}"));
        command = command.after_help(help);
    }
    let names: Vec<String> =
        command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, explain_dates);
    }
    command
}

fn add(command: Command, path: &[&str], examples: &[&str]) -> Command {
    match path {
        [] => {
            let lines: String = examples.iter().map(|line| format!("\n  {line}")).collect();
            command.after_help(format!("Examples:{lines}"))
        }
        [name, rest @ ..] => command.mut_subcommand(*name, |command| add(command, rest, examples)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::build_command;
    use super::*;

    /// The words of a shell's line up to a pipe or a redirection.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in line.split(" | ").next().unwrap().split(" > ").next().unwrap().chars() {
            match c {
                '"' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().unwrap().push(c),
            }
        }
        words
    }

    #[test]
    fn every_example_is_a_command_that_is_understood() {
        for (name, examples) in EXAMPLES {
            for line in *examples {
                assert!(line.starts_with("poam "), "{name}: {line}");
                let result = build_command().try_get_matches_from(words(line));
                assert!(result.is_ok(), "{line}: {}", result.unwrap_err());
            }
        }
    }

    #[test]
    fn every_command_has_examples() {
        for command in build_command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let name = command.get_name();
            let has_some = EXAMPLES.iter().any(|(other, _)| *other == name);
            assert!(has_some || name == "help", "{name} has no examples");
        }
    }
}
