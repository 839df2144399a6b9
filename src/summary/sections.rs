//! Sections of a summary in the order of reading; text and Markdown differ only in form.

use chrono::NaiveDate;

use super::{
    Ahead, Attention, BINS, Cmmc, Escalation, GroupKey, Groups, Monthly, Since, Summary, Term,
};
use crate::model::ItemId;
use crate::text::{Table, first_of, plural, truncate};

/// A part of a summary.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) body: Body,
}

/// Content of a section.
pub(super) enum Body {
    /// A full table.
    Table(Table),
    /// A table that may be cut: the most pressing rows come first.
    List(Table),
    /// A line each.
    Lines(Vec<String>),
}

/// Characters of a weakness's name that are shown.
const NAME: usize = 48;

/// Ids that a line names before it only counts.
const IDS: usize = 5;

/// Ids that a line on what changed names before it only counts.
const CHANGED: usize = 10;

/// Submissions that are listed, the last ones.
const SUBMISSIONS: usize = 6;

/// `Example Cloud: POA&M on 2026-06-05, commit 0123456789ab`.
pub(super) fn title(summary: &Summary) -> String {
    let system = summary.system.as_ref().map_or(String::new(), |name| format!("{name}: "));
    let commit = summary.commit.as_deref().map_or(String::new(), |commit| {
        format!(", commit {}", commit.chars().take(12).collect::<String>())
    });
    let uncommitted = if summary.uncommitted { ", with changes that no commit has" } else { "" };
    format!("{system}POA&M on {}{commit}{uncommitted}", summary.as_of)
}

/// `12 open, 3 overdue, 2 due within 14 days, 4 closed`.
pub(super) fn headline(summary: &Summary) -> String {
    let totals = summary.totals;
    let mut parts = vec![format!("{} open", totals.open), format!("{} overdue", totals.overdue)];
    let soon = summary.attention.due_soon.len();
    if soon > 0 {
        parts.push(format!("{soon} due within {}", plural(summary.warn_days as usize, "day")));
    }
    parts.push(format!("{} closed", totals.closed));
    parts.join(", ")
}

/// Returns the parts that have something to state. Where groups were asked for, they are all.
pub(super) fn build(summary: &Summary) -> Vec<Section> {
    if let Some(groups) = &summary.groups {
        let by = match groups.by {
            GroupKey::Owner => "owner",
            GroupKey::Control => "control",
            GroupKey::Requirement => "requirement",
            GroupKey::Framework => "framework",
            GroupKey::Service => "service",
            GroupKey::Month => "month of detection",
        };
        let body = Body::Table(group_table(groups));
        return vec![Section { title: format!("By {by}"), body }];
    }
    let attention = &summary.attention;
    let mut sections = Vec::new();
    let mut add = |title: &str, body: Body| {
        let empty = match &body {
            Body::Table(table) | Body::List(table) => table.rows.is_empty(),
            Body::Lines(lines) => lines.is_empty(),
        };
        if !empty {
            sections.push(Section { title: title.to_owned(), body });
        }
    };
    if let Some(since) = &summary.since {
        let title = format!(
            "Since {} ({}, {} days ago)",
            since.base,
            since.date,
            (summary.as_of - since.date).num_days()
        );
        add(&title, Body::Lines(changes(since)));
        add("Slipped dates since then", Body::List(slipped(since)));
    }
    let status = summary.system_status.map_or(String::new(), |status| format!(": {status}"));
    add(&format!("Escalation triggers{status}"), Body::Lines(escalations(&summary.escalations)));
    add(
        "Triggers averted by vendor dependencies",
        Body::Lines(escalations(&summary.escalations_averted)),
    );
    add("Upcoming escalation triggers", Body::Lines(ahead(&summary.escalations_ahead)));
    if let Some(cmmc) = &summary.cmmc {
        add("CMMC level 2", Body::Lines(cmmc.lines()));
        add("CMMC points by item", Body::List(points_lost(cmmc)));
    }
    if let Some(vdr) = &summary.vdr {
        add("FedRAMP VDR and VER", Body::Lines(vdr.lines()));
    }
    add("By risk and age in days", Body::Table(risks(summary)));
    add("By status", Body::Lines(statuses(summary)));
    add("By owner", Body::List(owners(summary)));
    add("Overdue", Body::List(overdue(attention)));
    add("Due soon", Body::List(due_soon(attention, summary.as_of)));
    add("Known exploited (KEV), past due", Body::List(known_exploited(attention)));
    add("Vendor check-ins due", Body::List(vendors(attention)));
    add("Expiring decisions", Body::List(ending(attention)));
    add("Pending deviation requests", Body::List(pending(attention)));
    let stale = format!("No change for more than {}", plural(summary.stale_days as usize, "day"));
    add(&stale, Body::List(quiet(attention)));
    add("Commits dated in the future", Body::Lines(dated_ahead(summary)));
    add("Month by month", Body::Table(trend(summary)));
    if let Some(monthly) = &summary.monthly {
        let left_out = left_out(monthly);
        add(
            &format!("Open weaknesses by original and adjusted rating{left_out}"),
            Body::Table(open_by_rating(monthly)),
        );
        add(
            &format!("Age of open weaknesses in days, and past due{left_out}"),
            Body::Table(age_by_rating(monthly)),
        );
    }
    add(
        "Time to remediate: days from detection to completion",
        Body::Table(time_to_close(summary)),
    );
    add("Last scans", Body::Table(last_scans(summary)));
    add("Open items from scanners", Body::Lines(scanner_items(summary)));
    add("Submissions", Body::Table(submissions(summary)));
    add("This month", Body::Lines(this_month(summary)));
    add("Since the beginning", Body::Lines(slips_since_the_beginning(summary)));
    add("Slipped dates, by owner", Body::List(slips_by_owner(summary)));
    add("Files that could not be read", Body::Lines(summary.unreadable.clone()));
    sections
}

fn escalations(list: &[Escalation]) -> Vec<String> {
    let line = |one: &Escalation| {
        let ids = first_of(&one.items, IDS);
        let mut fact = format!("{}, {} trigger it", one.fact, one.threshold);
        if one.trigger == "E-12" {
            fact.clone_from(&one.fact);
        }
        if one.gross > one.count {
            fact += &format!("; {} counting vendor dependencies that are not late", one.gross);
        }
        if one.net_of_deviations < one.count {
            let rest = one.net_of_deviations;
            fact += &format!("; {rest} without operational requirements and pending deviations");
        }
        if ids.is_empty() {
            return format!("{}, {}: {fact}", one.trigger, one.level.words());
        }
        format!("{}, {}: {fact} ({ids})", one.trigger, one.level.words())
    };
    list.iter().map(line).collect()
}

fn ahead(list: &[Ahead]) -> Vec<String> {
    let line = |one: &Ahead| {
        format!(
            "{}, {}: in {}, on {}, unless at least {} of these {} items are closed: {}",
            one.trigger,
            one.level.words(),
            days(one.days),
            one.on,
            one.to_close,
            one.items.len(),
            first_of(&one.items, IDS),
        )
    };
    list.iter().map(line).collect()
}

fn points_lost(cmmc: &Cmmc) -> Table {
    let titles = ["Item", "Points#", "Closing regains#", "Requirements", "Owner", "Weakness"];
    let mut table = Table::new(&titles);
    for one in &cmmc.lost {
        table.push([
            one.item.to_string(),
            one.points.to_string(),
            one.regained.to_string(),
            truncate(&one.requirements.join(" "), NAME),
            name_of(one.owner.as_deref()),
            truncate(&one.name, NAME),
        ]);
    }
    table
}

fn changes(since: &Since) -> Vec<String> {
    let line = |what: &str, ids: &[ItemId]| {
        (!ids.is_empty()).then(|| format!("{} {what}: {}", ids.len(), first_of(ids, CHANGED)))
    };
    let lines: Vec<_> = [
        line("opened", &since.opened),
        line("reopened", &since.reopened),
        line("closed", &since.closed),
        line("opened and closed", &since.opened_and_closed),
        line("removed", &since.removed),
        line("changed otherwise", &since.changed),
    ]
    .into_iter()
    .flatten()
    .collect();
    if lines.is_empty() && since.slipped.is_empty() {
        return vec!["nothing changed".to_owned()];
    }
    lines
}

fn slipped(since: &Since) -> Table {
    let mut table = Table::new(&["Item", "Date", "From", "To", "Later#"]);
    for one in &since.slipped {
        table.push([
            one.item.to_string(),
            one.milestone.map_or_else(|| "schedule".to_owned(), |id| format!("milestone {id}")),
            one.from.to_string(),
            one.to.to_string(),
            days(one.days),
        ]);
    }
    table
}

fn group_table(groups: &Groups) -> Table {
    let title = match groups.by {
        GroupKey::Owner => "Owner",
        GroupKey::Control => "Control",
        GroupKey::Requirement => "Requirement",
        GroupKey::Framework => "Framework",
        GroupKey::Service => "Service",
        GroupKey::Month => "Detected",
    };
    let titles = [title, "Open#", "High+#", "Overdue#", "Closed#", "Oldest#", "To close#"];
    let mut table = Table::new(&titles);
    for one in &groups.groups {
        table.push([
            one.name.as_deref().map_or_else(|| "(none)".to_owned(), |name| truncate(name, NAME)),
            number(one.open),
            number(one.high),
            number(one.overdue),
            number(one.closed),
            one.oldest.map_or_else(|| "-".to_owned(), days),
            one.mean_days_to_close.map_or_else(|| "-".to_owned(), |mean| format!("{mean} days")),
        ]);
    }
    table
}

/// Describes the items that the tables of open weaknesses do not count.
fn left_out(monthly: &Monthly) -> String {
    let now = |counts: &[Option<usize>]| counts.last().copied().flatten().unwrap_or_default();
    let parts: Vec<String> = [
        (now(&monthly.configuration_findings), "configuration finding"),
        (now(&monthly.documentation_findings), "documentation finding"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| plural(count, what))
    .collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!(" (without {})", parts.join(" and ")),
    }
}

fn open_by_rating(monthly: &Monthly) -> Table {
    let mut table = Table::new(&["Rating"]);
    for month in &monthly.months {
        table = table.with_numbers(month.clone());
    }
    let told = |count: &Option<usize>| count.map_or_else(|| "?".to_owned(), number);
    let mut row = |name: String, counts: &[Option<usize>]| {
        if counts.iter().any(|count| *count != Some(0)) {
            table.push([name].into_iter().chain(counts.iter().map(told)));
        }
    };
    for one in &monthly.open {
        row(one.rating.to_string(), &one.counts);
    }
    row("total".to_owned(), &monthly.total);
    row("configuration findings, not in the total".to_owned(), &monthly.configuration_findings);
    row("documentation findings, not in the total".to_owned(), &monthly.documentation_findings);
    row("pending false positives".to_owned(), &monthly.false_positives_pending);
    row("pending operational requirements".to_owned(), &monthly.requirements_pending);
    row("approved operational requirements".to_owned(), &monthly.requirements_approved);
    table
}

fn age_by_rating(monthly: &Monthly) -> Table {
    let mut table = Table::new(&["Rating"]);
    for (name, _) in BINS {
        table = table.with_numbers(name);
    }
    table = table.with_numbers("Past due");
    for one in monthly.age.iter().filter(|row| row.bins.values().any(|count| *count > 0)) {
        let bins = one.bins.values().copied().chain([one.past_due]).map(number);
        table.push([one.rating.to_string()].into_iter().chain(bins));
    }
    table
}

fn time_to_close(summary: &Summary) -> Table {
    let mut table = Table::new(&["Risk", "Closed#", "Mean#", "Median#", "Longest#"]);
    for one in &summary.time_to_close {
        table.push([
            one.risk.to_string(),
            number(one.closed),
            format!("{} days", one.mean_days),
            format!("{} days", one.median_days),
            days(one.longest_days),
        ]);
    }
    table
}

fn last_scans(summary: &Summary) -> Table {
    let mut table =
        Table::new(&["Scan", "Day", "Tool", "Results#", "Items#", "Assets#", "Not finished#"]);
    for scan in summary.scans.iter().flat_map(|scans| &scans.last) {
        table.push([
            scan.name.clone(),
            scan.day.to_string(),
            scan.tools.join(", "),
            number(scan.results),
            number(scan.found),
            number(scan.assets),
            number(scan.incomplete),
        ]);
    }
    table
}

fn scanner_items(summary: &Summary) -> Vec<String> {
    let Some(scans) = &summary.scans else { return Vec::new() };
    let mut line = format!(
        "{} open, a scan looked at {} of them in the last {} days",
        scans.open_items, scans.looked_at, scans.days
    );
    if !scans.not_looked_at.is_empty() {
        line += &format!("; not at {}", first_of(&scans.not_looked_at, IDS));
    }
    vec![line]
}

fn submissions(summary: &Summary) -> Table {
    let mut table = Table::new(&["Snapshot", "Date", "Open#", "Overdue#", "Closed#", "Triggers"]);
    let skipped = summary.submissions.len().saturating_sub(SUBMISSIONS);
    for one in summary.submissions.iter().skip(skipped) {
        table.push([
            one.name.clone(),
            one.date.to_string(),
            number(one.totals.open),
            number(one.totals.overdue),
            number(one.totals.closed),
            one.triggers.join(" "),
        ]);
    }
    table
}

fn slips_by_owner(summary: &Summary) -> Table {
    let mut table = Table::new(&["Owner", "Moves#", "Mean#", "Worst#"]);
    for one in summary.slips.iter().flat_map(|slips| &slips.by_owner) {
        table.push([
            name_of(one.owner.as_deref()),
            number(one.count),
            format!("{} days", one.mean_days),
            days(one.worst_days),
        ]);
    }
    table
}

fn risks(summary: &Summary) -> Table {
    let mut titles = vec!["Risk", "Open#", "Overdue#", "Closed#"];
    let bins = ["0-30#", "31-60#", "61-90#", "91-120#", "121+#"];
    titles.extend(bins);
    let mut table = Table::new(&titles);
    for aging in &summary.aging {
        let count = summary.by_risk.get(&aging.risk).copied().unwrap_or_default();
        if count.open + count.closed == 0 {
            continue;
        }
        let numbers = [count.open, count.overdue, count.closed];
        let ages = BINS.iter().map(|(name, _)| aging.bins.get(name).copied().unwrap_or_default());
        let cells = numbers.into_iter().chain(ages).map(number);
        table.push([aging.risk.to_string()].into_iter().chain(cells));
    }
    table
}

/// Formats a count in a table: a dash for 0, so that the rest is out.
fn number(count: usize) -> String {
    if count == 0 { "-".to_owned() } else { count.to_string() }
}

fn statuses(summary: &Summary) -> Vec<String> {
    let some = summary.by_status.iter().filter(|(_, count)| **count > 0);
    let parts: Vec<_> = some.map(|(status, count)| format!("{count} {status}")).collect();
    if parts.is_empty() { Vec::new() } else { vec![parts.join(", ")] }
}

fn owners(summary: &Summary) -> Table {
    let mut table = Table::new(&["Owner", "Open#", "Overdue#", "Oldest#", "Item"]);
    for one in &summary.by_owner {
        table.push([
            name_of(one.owner.as_deref()),
            number(one.open),
            number(one.overdue),
            days(one.oldest),
            one.oldest_item.to_string(),
        ]);
    }
    table
}

fn name_of(owner: Option<&str>) -> String {
    owner.map_or_else(|| "(no owner)".to_owned(), |name| truncate(name, NAME / 2))
}

/// `1 day`, `12 days`.
fn days(count: i64) -> String {
    let sign = if count < 0 { "-" } else { "" };
    let count = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    format!("{sign}{}", plural(count, "day"))
}

fn overdue(attention: &Attention) -> Table {
    let mut table = Table::new(&["Item", "Risk", "Due", "Late#", "Owner", "Weakness"]);
    for (id, entry) in entries(attention, &attention.overdue) {
        table.push([
            id.to_string(),
            entry.risk.to_string(),
            entry.effective_due.to_string(),
            days(entry.days_overdue),
            name_of(entry.owner.as_deref()),
            truncate(&entry.name, NAME),
        ]);
    }
    table
}

fn due_soon(attention: &Attention, today: NaiveDate) -> Table {
    let mut table = Table::new(&["Item", "Risk", "Due", "Left#", "Owner", "Weakness"]);
    for (id, entry) in entries(attention, &attention.due_soon) {
        table.push([
            id.to_string(),
            entry.risk.to_string(),
            entry.effective_due.to_string(),
            days((entry.effective_due - today).num_days()),
            name_of(entry.owner.as_deref()),
            truncate(&entry.name, NAME),
        ]);
    }
    table
}

fn entries<'a>(
    attention: &'a Attention,
    ids: &'a [ItemId],
) -> impl Iterator<Item = (&'a ItemId, &'a super::AttentionEntry)> {
    ids.iter().filter_map(|id| Some((id, attention.items.get(id)?)))
}

fn known_exploited(attention: &Attention) -> Table {
    let mut table = Table::new(&["Item", "Risk", "CISA's date", "Owner", "Weakness"]);
    for (id, entry) in entries(attention, &attention.kev_overdue) {
        table.push([
            id.to_string(),
            entry.risk.to_string(),
            entry.kev_due.map_or_else(String::new, |day| day.to_string()),
            name_of(entry.owner.as_deref()),
            truncate(&entry.name, NAME),
        ]);
    }
    table
}

fn vendors(attention: &Attention) -> Table {
    let mut table = Table::new(&["Item", "Last check-in", "Owner", "Weakness"]);
    for (id, entry) in entries(attention, &attention.vendor_check_ins_due) {
        table.push([
            id.to_string(),
            entry.last_check_in.map_or_else(|| "never".to_owned(), |day| day.to_string()),
            name_of(entry.owner.as_deref()),
            truncate(&entry.name, NAME),
        ]);
    }
    table
}

fn ending(attention: &Attention) -> Table {
    let mut table = Table::new(&["Item", "What", "Until", "Left#", "Owner"]);
    for one in &attention.ending {
        let what = match one.what {
            Term::RiskAcceptance => "risk acceptance",
            Term::Deferral => "deferral",
        };
        let owner = attention.items.get(&one.item).and_then(|entry| entry.owner.as_deref());
        table.push([
            one.item.to_string(),
            what.to_owned(),
            one.date.to_string(),
            days(one.days),
            name_of(owner),
        ]);
    }
    table
}

fn pending(attention: &Attention) -> Table {
    let mut table = Table::new(&["Item", "Risk", "Due", "Deviation", "Owner"]);
    for (id, entry) in entries(attention, &attention.pending_deviations) {
        let kinds: Vec<_> = entry.pending.iter().map(|kind| kind.as_str()).collect();
        table.push([
            id.to_string(),
            entry.risk.to_string(),
            entry.effective_due.to_string(),
            kinds.join(", "),
            name_of(entry.owner.as_deref()),
        ]);
    }
    table
}

fn quiet(attention: &Attention) -> Table {
    let mut table = Table::new(&["Item", "Status", "Quiet#", "Owner", "Weakness"]);
    for (id, entry) in entries(attention, &attention.stale) {
        table.push([
            id.to_string(),
            entry.status.to_string(),
            entry.days_quiet.map_or_else(String::new, days),
            name_of(entry.owner.as_deref()),
            truncate(&entry.name, NAME),
        ]);
    }
    table
}

fn trend(summary: &Summary) -> Table {
    let titles = ["Month", "Open#", "Opened#", "Closed#", "Rescheduled#", "Overdue#"];
    let mut table = Table::new(&titles);
    for month in &summary.trend {
        let so_far = if month.month == super::past::name(summary.as_of) { " so far" } else { "" };
        table.push([
            format!("{}{so_far}", month.month),
            number(month.open),
            number(month.opened),
            number(month.closed),
            number(month.rescheduled),
            month.overdue.map_or_else(|| "?".to_owned(), number),
        ]);
    }
    table
}

fn dated_ahead(summary: &Summary) -> Vec<String> {
    let (verb, day) = (if summary.dated_ahead == 1 { "is" } else { "are" }, summary.as_of);
    match summary.dated_ahead {
        0 => Vec::new(),
        count => vec![format!(
            "{} {verb} dated after {day}: changes count on {day}; `poam verify` lists them",
            plural(count, "commit")
        )],
    }
}

fn this_month(summary: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(month) = &summary.month {
        let parts: Vec<_> = [
            (month.reopened, "item", " reopened"),
            (month.removed, "item", " removed while open"),
            (month.deviations_requested, "deviation", " requested"),
            (month.deviations_approved, "deviation", " approved"),
            (month.deviations_denied, "deviation", " denied"),
            (month.vendor_check_ins, "vendor check-in", ""),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, what)| format!("{}{what}", plural(count, noun)))
        .collect();
        if !parts.is_empty() {
            lines.push(parts.join(", "));
        }
    }
    lines
}

fn slips_since_the_beginning(summary: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(slips) = summary.slips.as_ref().filter(|slips| slips.count > 0) {
        let worst = slips.worst_item.as_ref().map_or(String::new(), |id| format!(" ({id})"));
        lines.push(format!(
            "{} moved {} to a later day, {} days on average, {} at worst{worst}",
            plural(slips.items, "item"),
            if slips.count == 1 { "a date".to_owned() } else { plural(slips.count, "date") },
            slips.mean_days,
            slips.worst_days,
        ));
    }
    lines
}
