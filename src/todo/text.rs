//! Renders tasks for a terminal, grouped by urgency.

use super::{Task, TaskList, Urgency};
use crate::text::{Paint, plural, truncate, visible};

/// Characters of a line of text at most.
const WIDTH: usize = 78;

/// Renders tasks in groups, the most urgent first: a line that states what to do, one with the
/// command.
pub(super) fn render(list: &TaskList, limit: usize, color: bool) -> String {
    let mut out = String::new();
    for urgency in Urgency::ALL {
        let tasks: Vec<&Task> = list.tasks.iter().filter(|task| task.urgency == urgency).collect();
        if tasks.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let title = match urgency {
            Urgency::Late => format!("Late: {}", plural(tasks.len(), "task")),
            Urgency::Today => format!("Due today: {}", plural(tasks.len(), "task")),
            Urgency::Soon => format!("Due by {}: {}", list.until, plural(tasks.len(), "task")),
            Urgency::Waiting => format!("Waiting, no due date: {}", plural(tasks.len(), "task")),
        };
        let paint = if urgency == Urgency::Late { Paint::Alarm } else { Paint::Heading };
        out += &(paint.paint(&title, color) + "\n");
        for task in tasks.iter().take(limit) {
            out += &render_task(task, color);
        }
        if tasks.len() > limit {
            out += &format!("  … and {} more (`--limit 0` shows all)\n", tasks.len() - limit);
        }
    }
    out
}

fn render_task(task: &Task, color: bool) -> String {
    let days =
        |count: i64| plural(usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX), "day");
    let when = match (task.due, task.days) {
        (Some(due), Some(0)) => format!("{due}"),
        (Some(due), Some(left)) if left < 0 => format!("{due}, {} late", days(left)),
        (Some(due), Some(left)) => format!("{due}, in {}", days(left)),
        _ => String::new(),
    };
    let owner = task.owner.as_deref().map(str::trim).filter(|owner| !owner.is_empty());
    let mut facts = vec![format!("{}, {}", task.item, task.risk)];
    if !when.is_empty() {
        facts.push(when);
    }
    match task.assignee.as_deref() {
        Some(person) => facts.push(person.to_owned()),
        None => facts.push(owner.unwrap_or("no owner").to_owned()),
    }
    if !task.escalated_to.is_empty() {
        facts.push(format!("told: {}", task.escalated_to.join(", ")));
    }
    let head = format!("  {}", visible(&facts.join(" | ")));
    let text = format!("    {}", visible(&task.text));
    let name = format!("    {}", visible(&task.name));
    let command = format!("    $ {}", visible(&task.command));
    format!(
        "{}\n{}\n{}\n{}\n",
        truncate(&head, WIDTH),
        truncate(&text, WIDTH),
        Paint::Quiet.paint(&truncate(&name, WIDTH), color),
        // A command is never cut: it is there to be copied.
        Paint::Quiet.paint(&command, color)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::samples::{day, settings, store};

    #[test]
    fn tasks_stand_in_groups_with_their_commands() {
        let jane = "point_of_contact: {name: Jane Doe}\nstatus: in-progress\nmilestones: [{id: 1, description: Apply the patch of the vendor to both hosts and scan them again in the window, due: 2026-02-07}]\n";
        let store = store(&[("V-1", jane), ("V-2", "original_risk_rating: low\n")]);
        let list = TaskList::derive_tasks(&store, &settings(""), None, day("2026-02-03"), 14);
        let expected = "\
Late: 1 task
  V-1, high | 2026-01-31, 3 days late | Jane Doe
    close the item (in-progress)
    Weakness V-1
    $ poam milestone complete V-1 1

Due by 2026-02-17: 1 task
  V-1, high | 2026-02-07, in 4 days | Jane Doe
    complete milestone 1: Apply the patch of the vendor to both hosts and sca…
    Weakness V-1
    $ poam milestone complete V-1 1

Waiting, no due date: 1 task
  V-2, low | no owner
    name an owner
    Weakness V-2
    $ poam assign V-2 --to NAME
";
        assert_eq!(list.render_text(20, false), expected);
        assert!(list.render_text(0, false).contains("… and 1 more"));
    }
}
