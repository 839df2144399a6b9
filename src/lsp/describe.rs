//! Hover, definitions and code lenses.

use gen_lsp_types::{
    CodeLens, Command, Contents, Hover, Location, MarkupContent, MarkupKind, Range,
};

use super::pointer::place_at;
use super::position::{Position, byte_of, position_of, range_of, uri_of_path};
use super::schema_tree;
use super::workspace::{OpenTracker, Workspace};
use crate::document::{Document, Limits};
use crate::model::{Basis, ItemId};
use crate::rules;
use crate::schema::file_schema;
use crate::settings;
use crate::standing::Standing;
use crate::store::Stored;

impl Workspace {
    /// Explains a field, the page of a rule, an item by its id, when an item is due and why.
    pub(super) fn hover_at(&self, uri: &str, position: Position) -> Option<Hover> {
        let (path, file, tracker) = self.open_file(uri)?;
        let mut parts: Vec<String> = Vec::new();
        let mut range = None;
        for shown in self.shown_diagnostics(&path) {
            let span = shown.published.range;
            if span.start <= position && position <= span.end {
                range = Some(span);
                if let Some(rule) = rules::find(shown.diagnostic.rule) {
                    parts.push(rule_text(rule));
                }
            }
        }
        let document = Document::parse("file", file.text.as_bytes(), &Limits::ITEM).ok();
        let byte = byte_of(&file.text, position);
        let place = document.as_ref().and_then(|document| place_at(document.root(), byte));
        if let (Some(place), Some(document)) = (place, &document) {
            let is_settings = path.file_name().is_some_and(|name| name == settings::FILE);
            let steps: Vec<String> = pointer_steps(&place.pointer);
            let schema = file_schema(is_settings);
            if let Some(text) = schema_tree::find_description(schema, &steps) {
                let name = steps.iter().rev().find(|step| step.parse::<usize>().is_err());
                let mut text = format!("**{}**: {text}", name.map_or("value", String::as_str));
                for allowed in schema_tree::find_values(schema, &steps) {
                    if !allowed.meaning.is_empty() {
                        text.push_str(&format!("\n- `{}`: {}", allowed.value, allowed.meaning));
                    }
                }
                parts.push(text);
            }
            let first = steps.first().map_or("", String::as_str);
            if let (Some(open), false) = (tracker, is_settings) {
                let about_dates = [
                    "scheduled_completion_date",
                    "original_detection_date",
                    "original_risk_rating",
                    "id",
                    "kev",
                ];
                if about_dates.contains(&first)
                    && let Some(stored) = open.item_at(&path)
                {
                    parts.push(due_text(stored, open, self));
                }
                let value = document.find(&place.pointer).map(|node| node.to_value());
                let id = value.as_ref().and_then(|it| it.as_str()?.parse::<ItemId>().ok());
                if let Some(other) =
                    id.and_then(|id| open.store.find(&id)).filter(|_| first != "id")
                {
                    let item = &other.item;
                    parts
                        .push(format!("**{}**: {} ({})", item.id, item.weakness_name, item.status));
                }
            }
            range = range.or_else(|| Some(range_of(&file.text, place.span)));
        }
        if parts.is_empty() {
            return None;
        }
        let content =
            MarkupContent { kind: MarkupKind::Markdown, value: parts.join("\n\n---\n\n") };
        Some(Hover { contents: Contents::MarkupContent(content), range })
    }

    /// The file of the item whose id is at a position.
    pub(super) fn find_definition(&self, uri: &str, position: Position) -> Option<Location> {
        let (_, file, tracker) = self.open_file(uri)?;
        let open = tracker?;
        let stored = open.store.find(&word_at(&file.text, byte_of(&file.text, position))?)?;
        let path = open.tracker.on_disk(stored.path());
        let uri = self.files.get(&path).map_or_else(|| uri_of_path(&path), |file| file.uri.clone());
        let label = stored.document.label("/id");
        let start = position_of(stored.document.text(), label.span.start);
        let end = position_of(stored.document.text(), label.span.end);
        Some(Location { uri: uri.into(), range: Range { start, end } })
    }

    /// One line above an item: when it is due, and how often its dates slipped.
    pub(super) fn code_lenses(&self, uri: &str) -> Vec<CodeLens> {
        let Some((path, file, Some(open))) = self.open_file(uri) else { return Vec::new() };
        let Some(stored) = open.item_at(&path) else { return Vec::new() };
        let standing = Standing::compute(
            stored,
            &open.tracker.settings,
            open.history.as_ref(),
            self.today_date(),
        );
        let line = file.text.lines().position(|line| line.starts_with("id:")).unwrap_or(0);
        let start = Position { line: u32::try_from(line).unwrap_or(0), character: 0 };
        let lens = |title: String| CodeLens {
            range: Range { start, end: start },
            // No command: the text is all there is to see.
            command: Some(Command {
                title,
                tooltip: None,
                command: String::new(),
                arguments: None,
            }),
            data: None,
        };
        vec![lens(due_line(&standing)), lens(slip_line(&standing))]
    }
}

/// When an item is due, in a few words.
fn due_line(standing: &Standing) -> String {
    if standing.closed {
        return "closed".to_owned();
    }
    let day = standing.effective_due;
    match (standing.days_overdue, standing.exemption) {
        (0, Some(exemption)) => format!("due {day}, not late: {}", exemption.describe()),
        (0, None) => format!("due {day}, risk {}", standing.risk),
        (1, _) => format!("due {day}, 1 day overdue"),
        (days, _) => format!("due {day}, {days} days overdue"),
    }
}

fn slip_line(standing: &Standing) -> String {
    match standing.times_rescheduled {
        None => "not committed yet".to_owned(),
        Some(0) => "no date slipped".to_owned(),
        Some(1) => "dates slipped once".to_owned(),
        Some(times) => format!("dates slipped {times} times"),
    }
}

/// When an item is due and why then.
fn due_text(stored: &Stored, open: &OpenTracker, workspace: &Workspace) -> String {
    let settings = &open.tracker.settings;
    let standing =
        Standing::compute(stored, settings, open.history.as_ref(), workspace.today_date());
    let days = settings.deadlines.days_for(standing.risk);
    let detected = standing.permanent.detected;
    let why = match standing.due_basis {
        Basis::Detection => format!("detected {detected}, {} risk: {days} days", standing.risk),
        Basis::VendorRelease => {
            format!("{days} days from the release of the vendor's fix ({} risk)", standing.risk)
        }
        Basis::Kev => "CISA's due date for a known exploited vulnerability is earlier".to_owned(),
        Basis::ConditionalStatus => format!("{days} days from the conditional status"),
    };
    format!("Effective due date: **{}** ({why}). {}.", standing.effective_due, slip_line(&standing))
}

/// The head of a rule's page.
fn rule_text(rule: &rules::Rule) -> String {
    let section = |name: &str| {
        let rest = rule.text.split(&format!("## {name}\n")).nth(1)?;
        Some(rest.split("\n## ").next()?.trim().to_owned())
    };
    let mut text = format!("**rule {}**", rule.name);
    for name in ["What it does", "Why is this bad?"] {
        if let Some(section) = section(name) {
            text.push_str(&format!("\n\n{section}"));
        }
    }
    text
}

fn pointer_steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

/// The id that is at a byte.
fn word_at(text: &str, byte: usize) -> Option<ItemId> {
    let before = text.get(..byte)?;
    let start = before.rfind(is_border).map_or(0, |at| at + 1);
    let end = text.get(byte..)?.find(is_border).map_or(text.len(), |at| byte + at);
    text.get(start..end)?.parse().ok()
}

fn is_border(c: char) -> bool {
    c.is_whitespace() || ",[]{}\"'#".contains(c)
}
