//! `poam rules`: lists the rules, explains one, and prints FedRAMP's calendar and time frames.

use std::path::PathBuf;

use anyhow::{Result, bail};
use chrono::NaiveDate;
use clap::Args;
use serde_json::json;

use super::{CommandOutcome, Session, TextOrJson, rules_compare};
use crate::nearest::nearest;
use crate::rules::{self, Rule};
use crate::settings::{Profile, ProfileName, Settings};
use crate::text::{Table, plural};
use crate::vdr::{self, Binding, Class, OfficialRule, OfficialRules};

/// List every rule, or explain one with a bad and a good example
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// Name of a rule, or the id of one of FedRAMP's on vulnerabilities, such as VER-TFR-EVU
    name: Option<String>,
    /// Show from which day FedRAMP's rules bind, and the duties of the class of the system
    #[arg(long, conflicts_with = "name")]
    calendar: bool,
    /// The profile of the calendar, if not that of the tracker
    #[arg(long, value_name = "PROFILE", requires = "calendar")]
    profile: Option<ProfileName>,
    /// The class of the calendar (A, B, C or D), if not that of the tracker's impact level
    #[arg(long, value_name = "CLASS", requires = "calendar")]
    class: Option<String>,
    /// Compare the data that comes with the program with newer official files in a folder: rules,
    /// schemas, catalogs. Exit code 1 where something changed
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["name", "calendar"])]
    compare: Option<PathBuf>,
    /// Output format of the calendar or the comparison
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl RulesArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        if let Some(folder) = &self.compare {
            return rules_compare::run(session, folder, self.format);
        }
        if self.calendar {
            return self.show_calendar(session);
        }
        match self.name {
            Some(name) => match rules::find(&name) {
                Some(rule) => explain(session, rule)?,
                None if official_rule(&name).is_some() => explain_official(session, &name)?,
                None => match nearest(&name, rules::ALL.iter().map(|rule| rule.name)) {
                    Some(near) => bail!("no rule `{name}`: did you mean `{near}`?"),
                    None => bail!("no rule `{name}`; `poam rules` lists all"),
                },
            },
            None => {
                session.print(list_of_rules(session.width()))?;
                session.hint("poam rules NAME explains one");
            }
        }
        Ok(CommandOutcome::Fine)
    }
}

/// Finds a rule of FedRAMP by its id, such as VER-TFR-EVU.
fn official_rule(name: &str) -> Option<(&'static str, &'static OfficialRule)> {
    let (id, rule) = OfficialRules::built_in().rules.get_key_value(&name.to_uppercase())?;
    Some((id.as_str(), rule))
}

/// Prints the statements of a rule of FedRAMP, and the rules that check a tracker against it.
fn explain_official(session: &mut Session, name: &str) -> Result<()> {
    let Some((id, rule)) = official_rule(name) else { return Ok(()) };
    let mut out = format!("{id}: {} (FedRAMP, release {}", rule.name, rule.release);
    if let Some(later) = &rule.confirmed {
        out += &format!(", statement as in {later}");
    }
    out += ")\n";
    for (class, variant) in &rule.classes {
        let class =
            if class == "all" { "all classes".to_owned() } else { format!("class {class}") };
        let within = variant.within.or(variant.stated);
        let within = within.map(|within| format!(", {within}")).unwrap_or_default();
        out += &format!("\n{class}, {}{within}:\n  {}\n", variant.force, variant.statement);
    }
    for line in &rule.information {
        out += &format!("  - {line}\n");
    }
    let checks: Vec<_> = rules::ALL.iter().filter(|rule| rule.text.contains(id)).collect();
    out += match checks.is_empty() {
        true => "\nNo rule checks a tracker against it.\n",
        false => "\nChecked by (`poam rules NAME` explains each):\n",
    };
    for check in checks {
        out += &format!("  {}: {}\n", check.name, check.summary);
    }
    session.print(out)
}

impl RulesArgs {
    /// Prints the calendar. Outside a tracker it is that of the profile that is named.
    fn show_calendar(&self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.find_repository()?;
        let named = self.profile;
        let settings = match session.tracker(repository.as_ref()) {
            Ok(tracker) => Some(tracker.settings),
            Err(_) if named.is_some() => None,
            Err(error) => return Err(error),
        };
        let of_tracker = settings.as_ref().map(|settings| settings.profile.name);
        let profile = named.or(of_tracker).unwrap_or_default();
        let class = match self.class.as_deref() {
            Some(text) => Some(class_of(text)?),
            None => settings.as_ref().and_then(Class::find),
        };
        let entries = vdr::binding_calendar(profile);
        let today = session.today;
        match self.format {
            TextOrJson::Json => {
                let source = &OfficialRules::built_in().source;
                let json = json!({
                    "version": 1,
                    "today": today,
                    "profile": Profile::find_named(profile).name,
                    "class": class.map(Class::as_str),
                    "adopted": settings.as_ref().and_then(|settings| settings.vdr_adopted),
                    "source": {
                        "repository": source.repository,
                        "release": source.release,
                        "commit": source.commit,
                        "read": source.read,
                    },
                    "entries": entries,
                    "duties": timed_duties(class).into_iter().map(|duty| json!({
                        "rule": duty.rule, "force": duty.force, "within": duty.within, "name": duty.name,
                    })).collect::<Vec<_>>(),
                });
                session.print_json(format_args!("{json:#}\n"))?;
            }
            TextOrJson::Text => {
                let text = calendar_text(&entries, profile, class, settings.as_ref(), today);
                session.print(text)?;
            }
        }
        Ok(CommandOutcome::Fine)
    }
}

/// Every rule with its level; on a terminal the text is broken into lines that fit.
fn list_of_rules(width: Option<usize>) -> String {
    let longest = rules::ALL.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let indent = longest + 2 + 7 + 2;
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(30));
    let mut out = String::new();
    for rule in rules::ALL {
        let mut line = format!("{:longest$}  {:7}  ", rule.name, rule.level);
        let mut used = 0;
        for word in rule.summary.split(' ') {
            let length = word.chars().count();
            if used > 0 && used + 1 + length > room {
                out += &(line.trim_end().to_owned() + "\n");
                line = " ".repeat(indent);
                used = 0;
            } else if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
        out += &(line.trim_end().to_owned() + "\n");
    }
    out
}

fn class_of(text: &str) -> Result<Class> {
    let named = Class::ALL.into_iter().find(|class| class.as_str().eq_ignore_ascii_case(text));
    match named {
        Some(class) => Ok(class),
        None => bail!("no class `{text}`: A, B (Low, LI-SaaS), C (Moderate) or D (High)"),
    }
}

/// A rule of VDR or VER with a time frame, as it binds a class.
struct Duty {
    rule: &'static str,
    name: &'static str,
    force: String,
    within: String,
}

/// The rules with time frames, in the order of their ids. Those of 20x alone are left out.
fn timed_duties(class: Option<Class>) -> Vec<Duty> {
    let rules = OfficialRules::built_in();
    let mut duties = Vec::new();
    for (id, rule) in rules.rules.iter().filter(|(_, rule)| rule.applies != "20x") {
        let Some(variant) = rules.find_variant(id, class) else { continue };
        let within = match (variant.within.or(variant.stated), variant.reduce.is_empty()) {
            (Some(frame), _) => frame.to_string(),
            (None, false) => "by N-rating and exposure".to_owned(),
            (None, true) => continue,
        };
        duties.push(Duty { rule: id, name: &rule.name, force: variant.force.to_string(), within });
    }
    duties
}

fn calendar_text(
    entries: &[Binding],
    profile: ProfileName,
    class: Option<Class>,
    settings: Option<&Settings>,
    today: NaiveDate,
) -> String {
    let mut out = format!("{}\n", Profile::find_named(profile).title);
    if entries.is_empty() {
        return out + "No official day binds this profile.\n";
    }
    let mut table = Table::new(&["Day", "", "What", "Phase", "From this day on"]);
    for entry in entries {
        let days = (entry.day - today).num_days();
        let when = match days {
            0 => "today".to_owned(),
            days if days > 0 => format!("in {}", plural(days.unsigned_abs() as usize, "day")),
            days => format!("{} ago", plural(days.unsigned_abs() as usize, "day")),
        };
        table.push([
            entry.day.to_string(),
            when,
            entry.what.clone(),
            entry.phase.as_str().to_owned(),
            entry.meaning.clone(),
        ]);
    }
    out += &format!("\n{}\n", table.text().join("\n"));
    if profile != ProfileName::FedrampRev5 {
        return out;
    }
    let rules = OfficialRules::built_in();
    let adopted = settings.and_then(|settings| settings.vdr_adopted);
    out += &match adopted {
        Some(day) => format!("\nThis tracker follows VDR and VER from {day} (vdr_adopted).\n"),
        None if settings.is_some() => {
            "\nThis tracker does not follow VDR and VER yet: set vdr_adopted in poam.yaml.\n"
                .to_owned()
        }
        None => String::new(),
    };
    let title = match class {
        Some(class) => format!("\nTime frames under VDR and VER, class {class}\n\n"),
        None => {
            "\nTime frames under VDR and VER that all classes share (set system.impact_level)\n\n"
                .to_owned()
        }
    };
    let mut frames = Table::new(&["Rule", "Force", "Within", "Name"]);
    for duty in timed_duties(class) {
        frames.push([duty.rule.to_owned(), duty.force, duty.within, duty.name.to_owned()]);
    }
    out += &title;
    out += &(frames.text().join("\n") + "\n");
    let source = &rules.source;
    let read = source.read.map(|day| day.to_string()).unwrap_or_default();
    out += &format!(
        "\nSource: {} {}, release {}, commit {}, read {read}\n",
        source.repository,
        source.file,
        source.release,
        source.commit.get(..12).unwrap_or_default()
    );
    if let Some(statements) = &source.statements {
        out += &format!("Statements and forces: release {}\n", statements.release);
    }
    for later in &source.later {
        out += &format!("Not in the data: release {}: {}\n", later.release, later.says);
    }
    out
}

fn explain(session: &mut Session, rule: &Rule) -> Result<()> {
    session.print(rule.text)?;
    session.print(format_args!("\nDefault level: {}\n", rule.level))?;
    for profile in Profile::all_profiles() {
        if profile.superseded_by_vdr.iter().any(|name| name == rule.name) {
            session.print(format_args!(
                "Only about POA&Ms: off in {} from the day that the settings name as `vdr_adopted`\n",
                profile.title.split(':').next().unwrap_or_default()
            ))?;
        }
    }
    for number in rule.numbers {
        let (name, default, meaning) = (number.name, number.default, number.meaning);
        session.print(format_args!("Setting `{name}`: {meaning} (default {default})\n"))?;
    }
    Ok(())
}
