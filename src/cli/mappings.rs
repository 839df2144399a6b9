use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::session::find_item;
use super::{Outcome, Session, TextOrJson};
use crate::model::{Catalog, CatalogId, Item, Suggestion, suggestions};
use crate::output::visible;
use crate::store::Stored;

/// Show what items are mapped to in other frameworks, and what published crosswalks suggest
///
/// Suggestions are marked as such and name their crosswalk; nothing is written: put those that fit under `mappings:`
/// of the item.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  poam mappings V-12                     an item
  poam mappings --framework cmmc         all open items, of one framework
  poam mappings --catalogs               which frameworks are known, with source and day")]
pub(super) struct Mappings {
    /// Ids of items; without any, all open ones
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Only ids of this framework, such as cmmc, nist-800-171, soc2, nist-csf or nist-800-53
    #[arg(long, value_name = "FRAMEWORK")]
    framework: Option<String>,
    /// List the catalogs that come with the program
    #[arg(long, conflicts_with_all = ["ids", "framework"])]
    catalogs: bool,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl Mappings {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
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
            self.framework.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(framework))
        };
        let mut found = Vec::new();
        for stored in items {
            let item = &stored.item;
            let mapped: Vec<(String, String)> =
                mapped(item).into_iter().filter(|(framework, _)| wanted(framework)).collect();
            let mut suggested = suggestions(item);
            suggested.retain(|one| wanted(one.framework));
            if !mapped.is_empty() || !suggested.is_empty() || !self.ids.is_empty() {
                found.push((item, mapped, suggested));
            }
        }
        match self.format {
            TextOrJson::Text => {
                for (item, mapped, suggested) in &found {
                    session.print(text(item, mapped, suggested))?;
                }
            }
            TextOrJson::Json => {
                let items: Vec<_> = found
                    .iter()
                    .map(|(item, mapped, suggested)| {
                        json!({
                            "item": item.id,
                            "mapped": mapped.iter().map(|(framework, id)| json!({
                                "framework": framework, "id": id, "title": title(id),
                            })).collect::<Vec<_>>(),
                            "suggested": suggested.iter().map(|one| json!({
                                "framework": one.framework, "id": one.id, "title": title(one.id),
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
        Ok(Outcome::Fine)
    }
}

/// The ids that an item has: its controls, then the other frameworks.
fn mapped(item: &Item) -> Vec<(String, String)> {
    let controls =
        item.controls.iter().map(|id| (crate::model::CONTROLS_FRAMEWORK.to_owned(), id.clone()));
    let others = item
        .mappings
        .iter()
        .flat_map(|(framework, ids)| ids.iter().map(|id| (framework.clone(), id.clone())));
    controls.chain(others).collect()
}

/// The title of an id; empty where its catalog has ids alone, or none has it.
fn title(id: &str) -> &'static str {
    let Some(found) = CatalogId::find(id) else { return "" };
    let mut catalogs = Catalog::all().filter(|catalog| catalog.framework == found.framework);
    catalogs.find_map(|catalog| catalog.entry(&found.id)).map_or("", |entry| entry.title)
}

fn text(item: &Item, mapped: &[(String, String)], suggested: &[Suggestion]) -> String {
    let mut out = format!("{}: {}\n", visible(item.id.as_str()), visible(&item.weakness_name));
    for (framework, id) in mapped {
        let line = format!("  {:14} {:14} {}", visible(framework), visible(id), title(id));
        out += line.trim_end();
        out.push('\n');
    }
    for one in suggested {
        let line = format!(
            "  {:14} {:14} {} (suggested by {}, from {})",
            one.framework,
            one.id,
            title(one.id),
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

fn list_catalogs(session: &mut Session, format: TextOrJson) -> Result<Outcome> {
    match format {
        TextOrJson::Json => {
            let catalogs: Vec<_> = Catalog::all()
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
            for catalog in Catalog::all() {
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
    Ok(Outcome::Fine)
}
