//! Files of the demonstration's tracker: settings, templates, and the first versions of items.

use std::collections::BTreeMap;

use serde_json::json;

use super::DemoError;
use super::calendar::{Calendar, shift_date};
use super::script::{Cast, ItemScript, Member};
use crate::document::emit_yaml;
use crate::model::{Deadlines, Item, ItemId, Kev, Milestone, Person, VendorDependency, Ver};
use crate::schema::Schema;
use crate::settings;

/// Returns the files of the tracker besides the items, by path.
pub(super) fn tracker_files(cast: &Cast) -> Result<Vec<(String, String)>, DemoError> {
    let readme = "\
# POA&M of Example Cloud

A made-up system and made-up people: every weakness is one file under `items/`, and the commits are
its history. Try `poam summary`, `poam validate`, `poam log` and `poam workbook -o poam.xlsx`.
";
    Ok(vec![
        (".gitattributes".to_owned(), "* text=auto\n*.yaml text eol=lf\n".to_owned()),
        ("README.md".to_owned(), readme.to_owned()),
        (settings::FILE.to_owned(), poam_yaml(cast)?),
        ("schema/item.schema.json".to_owned(), Schema::Item.text().to_owned()),
        ("schema/settings.schema.json".to_owned(), Schema::Settings.text().to_owned()),
    ])
}

/// Returns the template of the settings with the system and the people filled in.
fn poam_yaml(cast: &Cast) -> Result<String, DemoError> {
    let people: Vec<Person> = cast
        .people
        .values()
        .filter(|one| one.owns && one.joins.is_none())
        .map(Member::to_person)
        .collect();
    let people = emit_yaml(&json!({ "people": people }))?;
    let system = "\
system:
  provider: Example Corp
  name: Example Cloud
  impact_level: moderate
  certification_package: https://cloud.example.com/trust/certification-package.json
";
    let mut text = String::new();
    for line in include_str!("../../templates/poam.yaml").lines() {
        match line {
            _ if line.starts_with("# ~ system:") => text.push_str(system),
            _ if line.starts_with("# ~ people:") => text.push_str(&people),
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    Ok(text)
}

/// Returns the first version of an item's file.
pub(super) fn first_version(
    script: &ItemScript,
    cast: &Cast,
    calendar: Calendar,
    ids: &BTreeMap<&str, ItemId>,
    (path, ticket): (&str, u64),
) -> Result<String, DemoError> {
    let id = |key: &str| {
        ids.get(key).cloned().ok_or_else(|| DemoError::Script(format!("no item is called {key}")))
    };
    let detected = calendar.work_day(script.detected);
    let day = |days: i64| calendar.work_day(script.detected + days);
    let by = |days: i64| calendar.planned_day(script.detected + days);
    let mut item = Item::new(
        id(&script.key)?,
        script.name.clone(),
        "open".parse().map_err(DemoError::Script)?,
        detected,
        script.rating,
    );
    item.kind = script.kind;
    item.weakness_description = Some(script.description.clone());
    item.controls.clone_from(&script.controls);
    item.mappings.clone_from(&script.mappings);
    item.detector_source = Some(script.source.clone());
    item.source_identifier.clone_from(&script.plugin);
    item.original_finding = Some(script.finding.clone());
    item.cves.clone_from(&script.cves);
    item.kev = script.kev.as_ref().map(|kev| Kev {
        listed: kev.listed,
        added: None,
        due: kev.date.or(kev.due.map(by)),
    });
    item.assets.clone_from(&script.assets);
    item.services.clone_from(&script.services);
    item.point_of_contact = match (&script.owner, &script.owner_name) {
        (Some(owner), _) => Some(cast.find_member(owner)?.to_person()),
        (None, name) => name.clone().map(Person::named),
    };
    item.resources_required.clone_from(&script.resources);
    item.remediation_plan.clone_from(&script.plan);
    let days = Deadlines::FEDRAMP.days_for(script.rating);
    item.scheduled_completion_date = Some(shift_date(detected, i64::from(days)));
    item.milestones = (1..)
        .zip(&script.milestones)
        .map(|(id, planned)| Milestone::planned(id, planned.text.clone(), Some(by(planned.due))))
        .collect();
    let vendor = script.vendor.as_ref().map(|vendor| VendorDependency {
        vendor: Some(vendor.vendor.clone()),
        product: Some(vendor.product.clone()),
        last_check_in: Some(detected),
        fix_released: None,
    });
    item.vendor_dependency = vendor.map(Box::new);
    item.dependencies =
        script.dependencies.iter().map(|key| id(key)).collect::<Result<_, DemoError>>()?;
    item.successor_of = script.successor_of.as_deref().map(id).transpose()?;
    item.exposure.clone_from(&script.exposure);
    let ver = script.ver.as_ref().map(|ver| Ver {
        evaluated: Some(day(ver.evaluated).into()),
        rating: Some(ver.rating),
        overdue_explanation: ver.explanation.clone(),
        ..Ver::default()
    });
    item.ver = ver.map(Box::new);
    item.sensitive.clone_from(&script.sensitive);
    item.change_ticket = Some(format!("REQ-{ticket}"));
    let up = "../".repeat(path.matches('/').count());
    let mut text = format!("# yaml-language-server: $schema={up}schema/item.schema.json\n");
    for line in emit_yaml(&item)?.lines() {
        if let Some((field, _)) = line.split_once(':')
            && let Some(note) = script.notes.get(field)
        {
            text.push_str(&format!("# {note}\n"));
        }
        text.push_str(line);
        text.push('\n');
    }
    Ok(text)
}
