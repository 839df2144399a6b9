//! Accepting the plan of a scan on a terminal, with owners and due dates of the new items.

use anyhow::{Result, bail};
use chrono::NaiveDate;

use super::ask::AskMode;
use crate::day::{TypedDay, future_day};
use crate::intake::ScanPlan;
use crate::model::is_blank;
use crate::people::person_or_named;
use crate::store::Tracker;
use crate::text::{plural, visible};

/// Extent to which the user wants to be asked.
enum Accepted {
    None,
    All,
    Each,
}

/// Asks whether a plan is to be carried out, and who owns the new items that no rule of the settings
/// gives an owner. Returns whether it is accepted.
pub(super) fn accept_plan(
    ask: AskMode,
    tracker: &Tracker,
    plan: &mut ScanPlan,
    today: NaiveDate,
) -> Result<bool> {
    let choices = ["all", "each", "none"].map(str::to_owned);
    let question = "Write this? `all` asks once for an owner, `each` asks for each new item";
    let accepted = ask.ask_choice(question, &choices, |answer| {
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
            let owner = ask.ask_optional(&format!("Owner of {count} (blank: nobody yet)"))?;
            let person = owner.map(|name| person_or_named(&tracker.settings.people, name));
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
                let owner = ask
                    .ask_optional(&question)?
                    .map(|name| person_or_named(&tracker.settings.people, name));
                let due = ask.optional_day(today, &due)?;
                plan.set_owner_and_due(tracker, at, owner, due)?;
            }
        }
    }
    Ok(true)
}

/// Parses `ID=DAY`.
pub(super) fn parse_due(text: &str) -> Result<(String, TypedDay), String> {
    let (id, day) = text.rsplit_once('=').ok_or("write ID=DATE")?;
    let day = future_day(day).map_err(|error| error.to_string())?;
    Ok((id.trim().to_owned(), day))
}

/// Gives new items the owners and due dates that the options name. An owner without an id is for all that
/// have none then.
pub(super) fn set_owners_and_dues(
    tracker: &Tracker,
    plan: &mut ScanPlan,
    owners: &[String],
    dues: &[(String, NaiveDate)],
) -> Result<()> {
    // A scan that is recorded already makes no item, whatever is said of them.
    if plan.known.is_some() {
        return Ok(());
    }
    let find =
        |plan: &ScanPlan, id: &str| plan.new.iter().position(|new| new.item.id.as_str() == id);
    let mut for_all = None;
    for text in owners {
        let Some((id, name)) = text.rsplit_once('=') else {
            if for_all.replace(text.trim()).is_some() {
                bail!("--owner: one name is for all new items, and there are two");
            }
            continue;
        };
        let Some(at) = find(plan, id.trim()) else {
            bail!("--owner: no new item of this scan has the id `{}`", visible(id.trim()));
        };
        if is_blank(name) {
            bail!("--owner: {} has no name behind it", visible(text));
        }
        plan.set_owner_and_due(
            tracker,
            at,
            Some(person_or_named(&tracker.settings.people, name.trim().to_owned())),
            None,
        )?;
    }
    for (id, due) in dues {
        let Some(at) = find(plan, id) else {
            bail!("--due: no new item of this scan has the id `{}`", visible(id));
        };
        let detected = plan.new.get(at).map(|new| new.item.original_detection_date);
        if detected.is_some_and(|detected| *due < detected) {
            bail!("--due: {due} lies before the day on which {} was detected", visible(id));
        }
        plan.set_owner_and_due(tracker, at, None, Some(*due))?;
    }
    let Some(name) = for_all else { return Ok(()) };
    for at in 0..plan.new.len() {
        let has_owner = plan.new.get(at).is_some_and(|new| new.item.point_of_contact.is_some());
        if !has_owner {
            let owner = person_or_named(&tracker.settings.people, name.to_owned());
            plan.set_owner_and_due(tracker, at, Some(owner), None)?;
        }
    }
    Ok(())
}
