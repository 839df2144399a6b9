use anyhow::{Result, bail};
use clap::Args;

use super::{Outcome, Session};
use crate::nearest::nearest;
use crate::rules::{self, Rule};
use crate::settings::Profile;

/// List every rule, or explain one with a bad and a good example
#[derive(Debug, Args)]
pub(super) struct Rules {
    /// Name of a rule
    name: Option<String>,
}

impl Rules {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
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
