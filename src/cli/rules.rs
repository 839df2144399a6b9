use std::path::PathBuf;

use anyhow::{Result, bail};
use chrono::NaiveDate;
use clap::Args;
use serde_json::json;

use super::{Outcome, Session, TextOrJson, rules_compare};
use crate::nearest::nearest;
use crate::output::{Table, plural};
use crate::rules::{self, Rule};
use crate::settings::{Profile, ProfileName, Settings};
use crate::vdr::{self, Binding, Class, OfficialRules};

/// List every rule, or explain one with a bad and a good example
#[derive(Debug, Args)]
pub(super) struct Rules {
    /// Name of a rule
    name: Option<String>,
    /// Show from which day FedRAMP's rules bind, and the duties of the class of the system
    #[arg(long, conflicts_with = "name")]
    calendar: bool,
    /// The profile of the calendar, if not that of the tracker
    #[arg(long, value_name = "PROFILE", requires = "calendar")]
    profile: Option<String>,
    /// The class of the calendar (A, B, C or D), if not that of the tracker's impact level
    #[arg(long, value_name = "CLASS", requires = "calendar")]
    class: Option<String>,
    /// Compare the data that comes with the program with newer official files in a folder: rules,
    /// schemas, catalogs. Exit code 1 where something changed
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["name", "calendar"])]
    compare: Option<PathBuf>,
    /// How to print the calendar or the comparison
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl Rules {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        if let Some(folder) = &self.compare {
            return rules_compare::run(session, folder, self.format);
        }
        if self.calendar {
            return self.show_calendar(session);
        }
        match self.name {
            Some(name) => match rules::find(&name) {
                Some(rule) => explain(session, rule)?,
                None => match nearest(&name, rules::ALL.iter().map(|rule| rule.name)) {
                    Some(near) => bail!("no rule `{name}`: did you mean `{near}`?"),
                    None => bail!("no rule `{name}`; `poam rules` lists all"),
                },
            },
            None => {
                let width = rules::ALL.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
                for rule in rules::ALL {
                    session.print(format_args!(
                        "{:width$}  {:7}  {}\n",
                        rule.name, rule.level, rule.summary
                    ))?;
                }
            }
        }
        Ok(Outcome::Fine)
    }
}

impl Rules {
    /// Prints the calendar. Outside a tracker it is that of the profile that is named.
    fn show_calendar(&self, session: &mut Session) -> Result<Outcome> {
        let repository = session.find_repository()?;
        let named = self.profile.as_deref().map(profile_of).transpose()?;
        let settings = match session.tracker(repository.as_ref()) {
            Ok(tracker) => Some(tracker.settings),
            Err(_) if named.is_some() => None,
            Err(error) => return Err(error),
        };
        let of_tracker = settings.as_ref().map(|settings| settings.profile.name);
        let profile = named.or(of_tracker).unwrap_or_default();
        let class = match self.class.as_deref() {
            Some(text) => Some(class_of(text)?),
            None => settings.as_ref().and_then(Class::of),
        };
        let entries = vdr::calendar(profile);
        let today = session.today;
        match self.format {
            TextOrJson::Json => {
                let source = &OfficialRules::built_in().source;
                let json = json!({
                    "version": 1,
                    "today": today,
                    "profile": Profile::named(profile).name,
                    "class": class.map(Class::as_str),
                    "adopted": settings.as_ref().and_then(|settings| settings.vdr_adopted),
                    "source": {
                        "repository": source.repository,
                        "release": source.release,
                        "commit": source.commit,
                        "read": source.read,
                    },
                    "entries": entries,
                    "duties": duties(class).into_iter().map(|duty| json!({
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
        Ok(Outcome::Fine)
    }
}

fn profile_of(text: &str) -> Result<ProfileName> {
    let named = |profile: &&Profile| word_of(profile.name) == text;
    match Profile::all().iter().find(named) {
        Some(profile) => Ok(profile.name),
        None => {
            let names: Vec<String> = Profile::all().iter().map(|it| word_of(it.name)).collect();
            bail!("no profile `{text}`: {}", names.join(", "))
        }
    }
}

/// The word of a profile in settings.
fn word_of(profile: ProfileName) -> String {
    json!(profile).as_str().unwrap_or_default().to_owned()
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
fn duties(class: Option<Class>) -> Vec<Duty> {
    let rules = OfficialRules::built_in();
    let mut duties = Vec::new();
    for (id, rule) in rules.rules.iter().filter(|(_, rule)| rule.applies != "20x") {
        let Some(variant) = rules.variant(id, class) else { continue };
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
    let mut out = format!("{}\n", Profile::named(profile).title);
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
    for duty in duties(class) {
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
    for profile in Profile::all() {
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
