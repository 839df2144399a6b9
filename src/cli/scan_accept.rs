//! Accepting the plan of a scan on a terminal, with owners and due dates of the new items.

use anyhow::Result;
use chrono::NaiveDate;

use super::ask::Ask;
use crate::intake::ScanPlan;
use crate::model::Person;
use crate::output::{plural, visible};
use crate::store::Tracker;

/// How much a person wants to be asked.
enum Accepted {
    None,
    All,
    Each,
}

/// Asks whether a plan is to be carried out, and who owns the new items that no rule of the settings
/// gives an owner. Returns whether it is accepted.
pub(super) fn accept(
    ask: Ask,
    tracker: &Tracker,
    plan: &mut ScanPlan,
    today: NaiveDate,
) -> Result<bool> {
    let choices = ["all", "each", "none"].map(str::to_owned);
    let question = "Write this? `all` asks once for an owner, `each` asks for each new item";
    let accepted = ask.choice(question, &choices, |answer| {
        Ok(match answer.to_lowercase().as_str() {
            "all" | "a" | "yes" | "y" => Accepted::All,
            "each" | "e" => Accepted::Each,
            "none" | "no" | "n" | "" => Accepted::None,
            other => anyhow::bail!("`{other}` is none of all, each, none"),
        })
    })?;
    let without_owner: Vec<usize> =
        (0..plan.new.len()).filter(|at| plan.new[*at].item.point_of_contact.is_none()).collect();
    match accepted {
        Accepted::None => return Ok(false),
        Accepted::All if without_owner.is_empty() => {}
        Accepted::All => {
            let count = plural(without_owner.len(), "new item");
            let owner = ask.optional(&format!("Owner of {count} (blank: nobody yet)"))?;
            let person = owner.map(|name| person(name, tracker));
            for at in without_owner {
                plan.set_owner_and_due(tracker, at, person.clone(), None)?;
            }
        }
        Accepted::Each => {
            for at in 0..plan.new.len() {
                let item = &plan.new[at].item;
                let rating = item.original_risk_rating;
                let name = format!("{}  {} ({rating})", item.id, item.weakness_name);
                let known = item.point_of_contact.as_ref().map_or("nobody yet", |p| &p.name);
                let question = format!("{}\n  owner (blank: {})", visible(&name), visible(known));
                let due = match item.scheduled_completion_date {
                    Some(day) => format!("  due (blank: {day})"),
                    None => "  due (blank: none)".to_owned(),
                };
                let owner = ask.optional(&question)?.map(|name| person(name, tracker));
                let due = ask.optional_day(today, &due)?;
                plan.set_owner_and_due(tracker, at, owner, due)?;
            }
        }
    }
    Ok(true)
}

/// Returns a person with what the settings say of him.
fn person(name: String, tracker: &Tracker) -> Person {
    let known = tracker.settings.people.iter().find(|known| known.name == name);
    known.cloned().unwrap_or_else(|| Person::named(name))
}
