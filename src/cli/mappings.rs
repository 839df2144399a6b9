//! `poam mappings`: shows the ids of items in other frameworks, and suggestions of published
//! crosswalks.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::how::parse_text;
use super::item_lookup::find_item;
use super::{CommandOutcome, Session, TextOrJson};
use crate::model::{
    Catalog, CatalogEntry, CatalogId, Item, Suggestion, framework_key, suggest_ids,
};
use crate::store::Stored;
use crate::text::visible;

/// Show what items are mapped to in other frameworks, and what published crosswalks suggest
///
/// Suggestions are marked as such and name their crosswalk; nothing is written: put those that fit under `mappings:`
/// of the item.
#[derive(Debug, Args)]
pub(super) struct MappingsArgs {
    /// Ids of items; without any, all open ones
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Only ids of this framework, such as cmmc, nist-800-171, soc2, nist-csf or nist-800-53
    #[arg(long, value_name = "FRAMEWORK", value_parser = parse_text)]
    framework: Option<String>,
    /// List the catalogs that come with the program
    #[arg(long, conflicts_with_all = ["ids", "framework"])]
    catalogs: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl MappingsArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        if self.catalogs {
            return list_catalogs(session, self.format);
        }
        let repository = session.find_repository()?;
        let tracker = session.tracker(repository.as_ref())?;
        let store = tracker.load_all(repository.as_ref())?;
        session.say_unreadable(&store);
        let items: Vec<&Stored> = match self.ids.is_empty() {
            true => {
                let workflow = &tracker.settings.workflow;
                store.items().iter().filter(|it| !workflow.is_closed(&it.item.status)).collect()
            }
            false => self.ids.iter().map(|id| find_item(&store, id)).collect::<Result<_>>()?,
        };
        let wanted = |framework: &str| {
            self.framework.as_deref().is_none_or(|wanted| {
                let key = framework_key(wanted);
                wanted.eq_ignore_ascii_case(framework)
                    || key.is_some() && framework_key(framework) == key
            })
        };
        let mut found = Vec::new();
        for stored in items {
            let item = &stored.item;
            let mapped: Vec<(String, String)> =
                mapped_ids(item).into_iter().filter(|(framework, _)| wanted(framework)).collect();
            let mut suggested = suggest_ids(item);
            suggested.retain(|one| wanted(one.framework));
            if !mapped.is_empty() || !suggested.is_empty() || !self.ids.is_empty() {
                found.push((item, mapped, suggested));
            }
        }
        match self.format {
            TextOrJson::Text => {
                for (item, mapped, suggested) in &found {
                    session.print(render_mappings(item, mapped, suggested))?;
                }
            }
            TextOrJson::Json => {
                let items: Vec<_> = found
                    .iter()
                    .map(|(item, mapped, suggested)| {
                        json!({
                            "item": item.id,
                            "mapped": mapped.iter().map(|(framework, id)| json!({
                                "framework": framework, "id": id, "title": find_title(id),
                                "state": IdState::find(framework, id).word(),
                                "instead": IdState::find(framework, id).way_out(),
                            })).collect::<Vec<_>>(),
                            "suggested": suggested.iter().map(|one| json!({
                                "framework": one.framework, "id": one.id, "title": find_title(one.id),
                                "from": {"framework": one.from_framework, "id": one.from},
                                "source": one.source,
                            })).collect::<Vec<_>>(),
                        })
                    })
                    .collect();
                let json = json!({"version": 1, "items": items});
                session.print_json(format_args!("{json:#}\n"))?;
            }
        }
        Ok(CommandOutcome::Fine)
    }
}

/// The ids that an item has: its controls, then the other frameworks.
fn mapped_ids(item: &Item) -> Vec<(String, String)> {
    let controls =
        item.controls.iter().map(|id| (crate::model::CONTROLS_FRAMEWORK.to_owned(), id.clone()));
    let others = item
        .mappings
        .iter()
        .flat_map(|(framework, ids)| ids.iter().map(|id| (framework.clone(), id.clone())));
    controls.chain(others).collect()
}

/// The standing of an id in the catalogs of its framework.
enum IdState {
    /// No catalog of the framework comes with the program.
    NotChecked,
    /// It is in force.
    InForce,
    /// It was withdrawn.
    Withdrawn(CatalogEntry),
    /// No catalog of the framework has it.
    Unknown(Option<String>),
}

impl IdState {
    fn find(framework: &str, id: &str) -> Self {
        let catalogs = Catalog::find_by_framework(framework);
        if catalogs.is_empty() {
            return Self::NotChecked;
        }
        match catalogs.iter().find_map(|catalog| catalog.find_entry(id)) {
            Some(entry) if entry.withdrawn => Self::Withdrawn(entry),
            Some(_) => Self::InForce,
            None => Self::Unknown(catalogs.iter().find_map(|catalog| catalog.canonical_id(id))),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::NotChecked => "not checked",
            Self::InForce => "in force",
            Self::Withdrawn(_) => "withdrawn",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Returns the id to write instead.
    fn way_out(&self) -> Option<String> {
        match self {
            Self::Withdrawn(entry) => Some(entry.way_out()),
            Self::Unknown(canonical) => canonical.as_ref().map(|id| format!("write `{id}`")),
            Self::NotChecked | Self::InForce => None,
        }
    }
}

/// The title of an id; empty where its catalog has ids alone, or none has it.
fn find_title(id: &str) -> &'static str {
    let Some(found) = CatalogId::find(id) else { return "" };
    let mut catalogs =
        Catalog::all_catalogs().filter(|catalog| catalog.framework == found.framework);
    catalogs.find_map(|catalog| catalog.find_entry(&found.id)).map_or("", |entry| entry.title)
}

fn render_mappings(item: &Item, mapped: &[(String, String)], suggested: &[Suggestion]) -> String {
    let mut out = format!("{}: {}\n", visible(item.id.as_str()), visible(&item.weakness_name));
    for (framework, id) in mapped {
        let state = IdState::find(framework, id);
        let line = format!("  {:14} {:14} {}", visible(framework), visible(id), find_title(id));
        out += line.trim_end();
        match (state.word(), state.way_out()) {
            (word @ ("unknown" | "withdrawn"), Some(way)) => out += &format!(" ({word}: {way})"),
            (word @ ("unknown" | "withdrawn"), None) => out += &format!(" ({word})"),
            _ => {}
        }
        out.push('\n');
    }
    for one in suggested {
        let line = format!(
            "  {:14} {:14} {} (suggested by {}, from {})",
            one.framework,
            one.id,
            find_title(one.id),
            one.source,
            one.from
        );
        out += &line.replace("  (suggested", " (suggested");
        out.push('\n');
    }
    if mapped.is_empty() && suggested.is_empty() {
        out += "  nothing, and no suggestion\n";
    }
    out
}

fn list_catalogs(session: &mut Session, format: TextOrJson) -> Result<CommandOutcome> {
    match format {
        TextOrJson::Json => {
            let catalogs: Vec<_> = Catalog::all_catalogs()
                .map(|catalog| {
                    json!({
                        "framework": catalog.framework.unwrap_or(crate::model::CONTROLS_FRAMEWORK),
                        "name": catalog.name,
                        "ids": catalog.ids().count(),
                        "head": catalog.head().collect::<Vec<_>>(),
                    })
                })
                .collect();
            session
                .print_json(format_args!("{:#}\n", json!({"version": 1, "catalogs": catalogs})))?;
        }
        TextOrJson::Text => {
            for catalog in Catalog::all_catalogs() {
                let framework = catalog.framework.unwrap_or(crate::model::CONTROLS_FRAMEWORK);
                let head: Vec<&str> = catalog.head().collect();
                session.print(format_args!(
                    "{framework}: {} ids, such as {}\n  {}\n",
                    catalog.ids().count(),
                    catalog.example,
                    head.join("\n  ")
                ))?;
            }
        }
    }
    Ok(CommandOutcome::Fine)
}
