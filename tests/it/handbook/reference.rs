//! The generated pages below `docs/reference`. `POAM_ACCEPT=1` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use poam::rules;
use serde_json::Value;

use super::{pages, top};
use crate::support::Repo;

/// Options that every command has; the page of the commands explains them once.
const GLOBAL: [&str; 6] =
    ["-C, --directory", "--today", "--color", "-q, --quiet", "-h, --help", "-V, --version"];

/// All generated pages: path from the top of the project, text.
fn generated() -> BTreeMap<String, String> {
    let repo = Repo::bare_folder();
    let mut pages = BTreeMap::new();
    pages.insert("commands.md".to_owned(), commands(&repo));
    pages.insert("rules.md".to_owned(), rules_index());
    for rule in rules::ALL {
        pages.insert(format!("rules/{}.md", rule.name), rule_page(&repo, rule.name));
    }
    let settings = repo.poam(0, &["schema", "settings"]).0;
    let item = repo.poam(0, &["schema", "item"]).0;
    pages.insert("settings.md".to_owned(), fields("Settings", SETTINGS, &settings));
    pages.insert("item.md".to_owned(), fields("Fields of an item", ITEM, &item));
    let mut pages: BTreeMap<String, String> =
        pages.into_iter().map(|(name, text)| (format!("docs/reference/{name}"), text)).collect();
    pages.insert("docs/SUMMARY.md".to_owned(), summary());
    pages
}

/// The table of contents, with the pages of the rules as they are now.
fn summary() -> String {
    let kept = super::read("docs/SUMMARY.md");
    let mut lines: Vec<String> = Vec::new();
    for line in kept.lines().filter(|line| !line.contains("(reference/rules/")) {
        lines.push(line.to_owned());
        if line.ends_with("(reference/rules.md)") {
            let entry =
                |rule: &&rules::Rule| format!("  - [{0}](reference/rules/{0}.md)", rule.name);
            lines.extend(rules::ALL.iter().map(entry));
        }
    }
    lines.join("\n") + "\n"
}

const SETTINGS: &str = "The settings of a tracker are in `poam.yaml` at its top; `poam init` writes the file with every setting explained. \
     Settings above the repository are not looked for. The schema is `poam schema settings`.";

const ITEM: &str = "An item is one YAML file. `poam set ID FIELD=VALUE` sets a field, `poam edit ID` opens the file in your editor. What \
     follows from the commits is no field. The schema is `poam schema item`.";

/// The names that stand below `Commands:` in a help text.
fn names_of_commands(help: &str) -> Vec<String> {
    let Some(list) = help.split("\nCommands:\n").nth(1) else { return Vec::new() };
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// A help text without the options that all commands have, and without empty lines at its ends.
fn without_globals(help: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut is_global = false;
    for line in help.lines() {
        let option = line.trim_start();
        let indent = line.len() - option.len();
        if !line.is_empty() && indent <= 6 {
            is_global =
                option.starts_with('-') && GLOBAL.iter().any(|name| option.starts_with(name));
        }
        if !is_global {
            lines.push(line);
        }
    }
    let text = lines.join("\n");
    // A heading below which nothing is left.
    let text = text.trim_end();
    let text = ["Options:", "Global options:"]
        .iter()
        .fold(text, |text, heading| text.strip_suffix(heading).unwrap_or(text).trim_end());
    text.to_owned()
}

fn commands(repo: &Repo) -> String {
    let (help, _) = repo.poam(0, &["--help"]);
    let mut page = "# Commands\n\nWhat `poam --help` and `poam COMMAND --help` print. Every command also takes these options:\n\n\
                    | option | what it does |\n|---|---|\n\
                    | `-C DIR`, `--directory DIR` | works in this folder instead of the current one |\n\
                    | `--today YYYY-MM-DD` | the day that counts as today (UTC), instead of the real one |\n\
                    | `--color WHEN` | `auto` (on a terminal, unless `NO_COLOR` is set), `always` or `never` |\n\
                    | `-q`, `--quiet` | prints only results and errors |\n\
                    | `-h`, `--help` | prints the help, `-h` its short form |\n\n\
                    Exit codes: 0 fine, 1 the data has an error, 2 the work could not be done.\n"
        .to_owned();
    for name in names_of_commands(&help) {
        section(repo, &[&name], &mut page);
    }
    page
}

/// Adds the section of a command, then those of its subcommands.
fn section(repo: &Repo, command: &[&str], page: &mut String) {
    let (help, _) = repo.poam(0, &[command, &["--help"]].concat());
    let level = "#".repeat(command.len() + 1);
    let _ = write!(
        page,
        "\n{level} poam {}\n\n```text\n{}\n```\n",
        command.join(" "),
        without_globals(&help)
    );
    for name in names_of_commands(&help) {
        section(repo, &[command, &[name.as_str()]].concat(), page);
    }
}

fn rules_index() -> String {
    let mut page = "# Rules\n\nEach rule has a page. The level is the one without settings; a profile and `poam.yaml` can name another.\n\n\
                    | rule | level | what it reports |\n|---|---|---|\n"
        .to_owned();
    for rule in rules::ALL {
        let summary = rule.summary.replace('|', "\\|");
        let _ =
            writeln!(page, "| [`{0}`](rules/{0}.md) | {1} | {summary} |", rule.name, rule.level);
    }
    page
}

fn rule_page(repo: &Repo, name: &str) -> String {
    let (text, _) = repo.poam(0, &["rules", name]);
    text
}

/// A table of the properties of a schema, then one for each kind of object in it.
fn fields(title: &str, introduction: &str, schema: &str) -> String {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let mut page = format!("# {title}\n\n{introduction}\n");
    let kinds = &schema["$defs"];
    table(&schema, kinds, &mut page);
    for (name, kind) in schema["$defs"].as_object().into_iter().flatten() {
        if kind["properties"].is_object() {
            let _ = write!(page, "\n## {}\n", kind_name(name));
            if let Some(text) = kind["description"].as_str() {
                let _ = write!(page, "\n{}\n", one_line(text));
            }
            table(kind, kinds, &mut page);
        }
    }
    page
}

/// `RawIds` is how the code names what people know as ids.
fn kind_name(name: &str) -> &str {
    name.strip_prefix("Raw").unwrap_or(name)
}

fn table(schema: &Value, kinds: &Value, page: &mut String) {
    page.push_str("\n| field | value | meaning |\n|---|---|---|\n");
    let required = schema["required"].as_array();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let is_required =
            required.is_some_and(|names| names.iter().any(|one| one == name.as_str()));
        let mut meaning = one_line(property["description"].as_str().unwrap_or_default());
        if is_required {
            meaning = format!("Required. {meaning}");
        }
        let _ =
            writeln!(page, "| `{name}` | {} | {} |", value(property, kinds), meaning.trim_end());
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// A short name of the values that a schema allows; `kinds` are those that it refers to.
fn value(schema: &Value, kinds: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        let kind = &kinds[name];
        let title = kind_name(name);
        return match kind["properties"].is_object() {
            true => format!("[{title}](#{})", title.to_lowercase()),
            false => value(kind, kinds),
        };
    }
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<String> = choices
            .iter()
            .map(|choice| format!("`{}`", choice.as_str().unwrap_or("null")))
            .collect();
        return choices.join(", ");
    }
    if let Some(constant) = schema.get("const") {
        return format!(
            "`{}`",
            constant.as_str().map_or_else(|| constant.to_string(), str::to_owned)
        );
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[key].as_array() {
            let mut names: Vec<String> = choices
                .iter()
                .filter(|choice| choice["type"] != "null")
                .map(|choice| value(choice, kinds))
                .collect();
            names.dedup();
            return names.join(" or ");
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    match types.first() {
        Some(&"array") => format!("list of {}", value(&schema["items"], kinds)),
        Some(&"object") if schema["additionalProperties"].is_object() => {
            format!("mapping to {}", value(&schema["additionalProperties"], kinds))
        }
        Some(&"object") => "mapping".to_owned(),
        Some(&"string") if schema["format"] == "date" => "day (YYYY-MM-DD)".to_owned(),
        Some(&"string") => "text".to_owned(),
        Some(kind) => (*kind).to_owned(),
        None => "any".to_owned(),
    }
}

#[test]
fn the_reference_is_what_the_program_prints() {
    let generated = generated();
    let mut stale: Vec<&str> = Vec::new();
    for (page, text) in &generated {
        let path = top().join(page);
        let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        if kept == *text {
            continue;
        }
        if std::env::var_os("POAM_ACCEPT").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
        } else {
            stale.push(page);
        }
    }
    let kept = pages("docs/reference");
    let surplus: Vec<&String> = kept.iter().filter(|page| !generated.contains_key(*page)).collect();
    assert!(
        stale.is_empty() && surplus.is_empty(),
        "not as the program prints it: {stale:?}; without a command or rule: {surplus:?}\n\
         POAM_ACCEPT=1 cargo test --test it handbook::reference"
    );
}

#[test]
fn every_rule_has_a_page_in_the_handbook() {
    let summary = super::read("docs/SUMMARY.md");
    for rule in rules::ALL {
        let page = format!("reference/rules/{}.md", rule.name);
        assert!(top().join("docs").join(&page).exists(), "{page}");
        assert!(
            summary.contains(&format!("- [{}]({page})", rule.name)),
            "{page} is not in docs/SUMMARY.md"
        );
    }
}

#[test]
fn options_of_all_commands_are_left_out_of_a_section() {
    let help = "Do it\n\nUsage: poam x\n\nOptions:\n      --base <REV>\n          A revision\n\n      --today <DAY>\n          \
                The day\n\n  -h, --help\n          Print help\n";
    assert_eq!(
        without_globals(help),
        "Do it\n\nUsage: poam x\n\nOptions:\n      --base <REV>\n          A revision"
    );
    assert_eq!(without_globals("Do it\n\nOptions:\n  -h, --help\n          Print help\n"), "Do it");
}
