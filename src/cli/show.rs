//! `poam show`: prints one item with its standing and its events.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use super::item_lookup::find_one;
use super::list::standing;
use super::{CommandOutcome, Session, TextOrJson};
use crate::exchange::with_derived;
use crate::history::{Event, History};
use crate::model::Exemption;
use crate::output;
use crate::standing::Standing;
use crate::store::Stored;
use crate::text::{plural, visible};
use crate::todo::next_command;
use crate::vdr;

/// Show items: the file, where it stands, and what happened to it
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Ids of the items
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl ShowArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.find_repository()?;
        let tracker = session.tracker(repository.as_ref())?;
        let history = session.history(repository.as_ref(), &tracker)?;
        let history = history.as_ref();
        let mut values = Vec::new();
        for (number, id) in self.ids.iter().enumerate() {
            let stored = find_one(repository.as_ref(), &tracker, id)?;
            let standing = standing(&stored, &tracker, history, session.today);
            match self.format {
                TextOrJson::Json => values.push(with_derived(&stored, &standing)?),
                TextOrJson::Text => {
                    let detected = standing.permanent.detected;
                    let settings = &tracker.settings;
                    let vdr = vdr::describe_standing(
                        &stored.item,
                        detected,
                        settings,
                        history,
                        session.today,
                    );
                    let shown = render_item(session, &stored, &standing, &vdr, history);
                    let parted = if number > 0 { "\n" } else { "" };
                    session.print(format_args!("{parted}{shown}"))?;
                    if self.ids.len() == 1 {
                        session.hint(&next_command(&stored, settings, session.today));
                    }
                }
            }
        }
        match values.as_slice() {
            [] => {}
            [value] => session.print_json(format_args!("{value:#}\n"))?,
            values => session.print_json(format_args!("{:#}\n", Value::from(values.to_vec())))?,
        }
        Ok(CommandOutcome::Fine)
    }
}

fn render_item(
    session: &Session,
    stored: &Stored,
    standing: &Standing,
    vdr: &[String],
    history: Option<&History>,
) -> String {
    let mut out = format!("{}\n", where_it_stands(stored, standing));
    for line in vdr {
        let _ = writeln!(out, "VDR and VER: {line}");
    }
    out.push('\n');
    for line in
        stored.document.text().lines().filter(|line| !line.starts_with("# yaml-language-server"))
    {
        let _ = writeln!(out, "{}", visible(line));
    }
    if let Some(history) = history {
        let events: Vec<&Event> = history.events_of(&stored.item.id).collect();
        if events.is_empty() {
            out.push_str("\nnot committed yet\n");
        } else {
            let events = match session.width() {
                Some(width) => output::events_within(&events, false, width, session.color),
                None => output::render_events(&events, false),
            };
            let _ = write!(out, "\n{events}");
        }
    }
    out
}

/// One sentence on what follows from the fields and the commits.
fn where_it_stands(stored: &Stored, standing: &Standing) -> String {
    let permanent = standing.permanent;
    let mut parts = Vec::new();
    if permanent.differ_from(&stored.item) {
        parts.push(format!(
            "detected {} and rated {} when first recorded, which is what counts",
            permanent.detected, permanent.rating
        ));
    }
    if standing.closed {
        parts.push("closed".to_owned());
    } else {
        parts.push(format!("due {}", standing.effective_due));
        if standing.overdue {
            parts.push(format!("{} overdue", count_days(standing.days_overdue)));
        }
        let exemption = standing.exemption.map(Exemption::describe);
        parts.extend(exemption.map(|reason| format!("not late: {reason}")));
    }
    if let (Some(number), Some(due)) = (standing.next_milestone, standing.next_milestone_due) {
        parts.push(format!("milestone {number} due {due}"));
    }
    if let Some(review) = &stored.item.review {
        parts.push(format!("review {}", review.state));
    }
    parts.extend(standing.days_open.map(|count| format!("open for {}", count_days(count))));
    parts.extend(standing.status_date.map(|day| format!("last changed {day}")));
    if let Some(times) = standing.times_rescheduled.filter(|times| *times > 0) {
        parts.push(format!("rescheduled {}", plural(times, "time")));
    }
    format!("{} · {}", parts.join(" · "), visible(&standing.path))
}

fn count_days(count: i64) -> String {
    plural(usize::try_from(count).unwrap_or_default(), "day")
}
