//! The columns of the table of items.

use chrono::NaiveDate;
use clap::ValueEnum;

use crate::model::Exemption;
use crate::standing::Standing;
use crate::store::Stored;
use crate::text::{Paint, Table, cut, visible};

/// A column of the table of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListColumn {
    /// Id of the item
    Id,
    /// Status
    Status,
    /// Risk rating that counts
    Risk,
    /// Effective due date
    Due,
    /// Days late, or why the item is not late past its due date
    Late,
    /// Days late, or days left
    When,
    /// Next milestone and its day
    Milestone,
    /// Point of contact
    Owner,
    /// Name of the weakness
    Weakness,
    /// Detection date that counts
    Detected,
    /// Scheduled completion date
    Scheduled,
    /// Completion date
    Completed,
    /// Days from detection
    Age,
    /// Times that a date moved to a later day
    Slips,
    /// Day of the last change
    Changed,
    /// weakness, configuration or documentation
    Kind,
    /// Controls
    Controls,
    /// Requirements of other frameworks
    Requirements,
    /// Affected assets
    Assets,
    /// State of a review that is under way
    Review,
    /// The file
    Path,
}

/// Characters of a terminal that is wide enough for all columns.
const WIDE: usize = 110;

/// The columns that are shown where none are named.
pub(super) fn default_columns(width: Option<usize>) -> Vec<ListColumn> {
    use ListColumn::*;
    match width.is_none_or(|width| width >= WIDE) {
        true => vec![Id, Status, Risk, Due, Late, Milestone, Owner, Weakness],
        false => vec![Id, Status, Risk, When, Owner, Weakness],
    }
}

impl ListColumn {
    /// The title; a `#` at the end marks a column of numbers.
    fn title(self) -> &'static str {
        match self {
            Self::Id => "Id",
            Self::Status => "Status",
            Self::Risk => "Risk",
            Self::Due => "Due",
            Self::Late => "Late#",
            Self::When => "Due#",
            Self::Milestone => "Milestone",
            Self::Owner => "Owner",
            Self::Weakness => "Weakness",
            Self::Detected => "Detected",
            Self::Scheduled => "Scheduled",
            Self::Completed => "Completed",
            Self::Age => "Days#",
            Self::Slips => "Slips#",
            Self::Changed => "Changed",
            Self::Kind => "Kind",
            Self::Controls => "Controls",
            Self::Requirements => "Requirements",
            Self::Assets => "Assets",
            Self::Review => "Review",
            Self::Path => "File",
        }
    }

    /// The text of an item in the column.
    fn cell_text(self, stored: &Stored, standing: &Standing, today: NaiveDate) -> String {
        let item = &stored.item;
        match self {
            Self::Id => item.id.to_string(),
            Self::Status => item.status.to_string(),
            Self::Risk => standing.risk.to_string(),
            Self::Due if standing.closed => String::new(),
            Self::Due => standing.effective_due.to_string(),
            Self::Late => late(standing),
            Self::When if standing.closed => String::new(),
            Self::When => match late(standing) {
                left if left.is_empty() => {
                    format!("in {} d", (standing.effective_due - today).num_days())
                }
                late if standing.overdue => format!("{late} late"),
                why => why,
            },
            Self::Milestone => match (standing.next_milestone, standing.next_milestone_due) {
                (Some(number), Some(due)) => format!("{number}: {due}"),
                _ => String::new(),
            },
            Self::Owner => {
                item.point_of_contact.as_ref().map_or("-", |person| person.name.as_str()).to_owned()
            }
            Self::Weakness => cut(&visible(&item.weakness_name)),
            Self::Detected => standing.permanent.detected.to_string(),
            Self::Scheduled => {
                text_or_blank(item.scheduled_completion_date.map(|day| day.to_string()))
            }
            Self::Completed => text_or_blank(item.completion_date.map(|day| day.to_string())),
            Self::Age => text_or_blank(standing.days_open.map(|days| days.to_string())),
            Self::Slips => text_or_blank(standing.times_rescheduled.map(|times| times.to_string())),
            Self::Changed => text_or_blank(standing.status_date.map(|day| day.to_string())),
            Self::Kind => item.kind.as_str().to_owned(),
            Self::Controls => item.controls.join(", "),
            Self::Requirements => {
                item.mappings.values().flatten().cloned().collect::<Vec<_>>().join(", ")
            }
            Self::Assets => item.assets.join(", "),
            Self::Review => text_or_blank(item.review.as_ref().map(|it| it.state.to_string())),
            Self::Path => standing.path.clone(),
        }
    }
}

fn text_or_blank(value: Option<String>) -> String {
    value.unwrap_or_default()
}

/// Days late; past its due date and not late, the reason.
fn late(standing: &Standing) -> String {
    match standing.exemption {
        _ if standing.overdue => format!("{} d", standing.days_overdue),
        Some(Exemption::VendorCheckIn) if !standing.closed => "vendor".to_owned(),
        Some(Exemption::OperationalRequirement) if !standing.closed => "OR".to_owned(),
        Some(Exemption::Decision) if !standing.closed => "decided".to_owned(),
        _ => String::new(),
    }
}

/// The lines of a table that fits a terminal: late items are painted, closed ones are quiet.
pub(super) fn lines(
    found: &[(&Stored, Standing)],
    columns: &[ListColumn],
    today: NaiveDate,
    width: Option<usize>,
    color: bool,
) -> Vec<String> {
    let titles: Vec<&str> = columns.iter().map(|column| column.title()).collect();
    let mut table = Table::new(&titles);
    for row in rows(found, columns, today) {
        table.push(row.iter().map(|cell| visible(cell).into_owned()));
    }
    let mut lines = table.text_within(width);
    for (at, line) in lines.iter_mut().enumerate() {
        let paint = match at.checked_sub(1).and_then(|at| found.get(at)) {
            None => Paint::Heading,
            Some((_, standing)) if standing.closed => Paint::Quiet,
            Some((_, standing)) if standing.overdue => Paint::Alarm,
            Some(_) => Paint::Plain,
        };
        *line = paint.paint(line, color);
    }
    lines
}

/// The cells of items.
pub(super) fn rows<'a>(
    found: &'a [(&Stored, Standing)],
    columns: &'a [ListColumn],
    today: NaiveDate,
) -> impl Iterator<Item = Vec<String>> + 'a {
    found.iter().map(move |(stored, standing)| {
        columns.iter().map(|column| column.cell_text(stored, standing, today)).collect()
    })
}

/// The titles of columns.
pub(super) fn titles(columns: &[ListColumn]) -> Vec<String> {
    columns.iter().map(|column| column.title().trim_end_matches('#').to_owned()).collect()
}
