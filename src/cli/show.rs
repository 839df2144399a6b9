use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;

use super::list::standing;
use super::session::find_one;
use super::{Outcome, Session, TextOrJson};
use crate::exchange::with_derived;
use crate::history::{Event, History};
use crate::model::Exemption;
use crate::output::{self, plural, visible};
use crate::standing::Standing;
use crate::store::Stored;
use crate::vdr;

/// Show one item: its file, where it stands, and what happened to it
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Id of the item
    id: String,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl Show {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.find_repository()?;
        let tracker = session.tracker(repository.as_ref())?;
        let stored = find_one(repository.as_ref(), &tracker, &self.id)?;
        let history = session.history(repository.as_ref(), &tracker)?;
        let standing = standing(&stored, &tracker, history.as_ref(), session.today);
        match self.format {
            TextOrJson::Json => {
                session.print_json(format_args!("{:#}\n", with_derived(&stored, &standing)?))?
            }
            TextOrJson::Text => {
                let detected = standing.permanent.detected;
                let vdr = vdr::describe(&stored.item, detected, &tracker.settings, session.today);
                session.print(text(&stored, &standing, &vdr, history.as_ref()))?;
            }
        }
        Ok(Outcome::Fine)
    }
}

fn text(stored: &Stored, standing: &Standing, vdr: &[String], history: Option<&History>) -> String {
    let mut out = String::new();
    for line in
        stored.document.text().lines().filter(|line| !line.starts_with("# yaml-language-server"))
    {
        let _ = writeln!(out, "{}", visible(line));
    }
    let _ = writeln!(out, "\n{}", where_it_stands(stored, standing));
    for line in vdr {
        let _ = writeln!(out, "VDR and VER: {line}");
    }
    if let Some(history) = history {
        let events: Vec<&Event> = history.events_of(&stored.item.id).collect();
        if events.is_empty() {
            out.push_str("\nnot committed yet\n");
        } else {
            let _ = write!(out, "\n{}", output::events(&events, false));
        }
    }
    out
}

/// One sentence on what follows from the fields and the commits.
fn where_it_stands(stored: &Stored, standing: &Standing) -> String {
    let permanent = standing.permanent;
    let mut parts = Vec::new();
    let days = |count: i64| plural(usize::try_from(count).unwrap_or_default(), "day");
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
            parts.push(format!("{} overdue", days(standing.days_overdue)));
        }
        parts.extend(standing.exemption.map(|exemption| match exemption {
            Exemption::VendorCheckIn => "not late: it waits for the vendor".to_owned(),
            Exemption::OperationalRequirement => {
                "not late: an approved operational requirement".to_owned()
            }
            Exemption::Decision => "not late: deferred or accepted".to_owned(),
        }));
    }
    parts.extend(standing.days_open.map(|count| format!("open for {}", days(count))));
    parts.extend(standing.status_date.map(|day| format!("last changed {day}")));
    if let Some(times) = standing.times_rescheduled.filter(|times| *times > 0) {
        parts.push(format!("rescheduled {}", plural(times, "time")));
    }
    format!("{} · {}", parts.join(" · "), visible(&standing.path))
}
