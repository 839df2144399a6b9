//! Comparison of the data that comes with the program with newer official files.
//!
//! [`compare`] takes the texts of files, finds for each what it is a newer state of (rules, schema,
//! catalog, other data), and lists what changed. What forces somebody to do something comes first.

mod catalog;
mod data;
mod rules;
mod schema;
mod statements;
mod values;

use serde::Serialize;
use serde_json::Value;

use crate::vdr::OfficialRules;

/// A file that may be a newer state of some of our data.
#[derive(Debug, Clone)]
pub struct NewerFile {
    /// Its path, as messages name it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What a comparison found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DriftReport {
    /// The files that were compared.
    pub compared: Vec<Compared>,
    /// The files of which nothing here is an older state.
    pub unrecognised: Vec<String>,
    /// The changes, those that force something first.
    pub changes: Vec<Drift>,
}

/// A file and what it was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The newer file.
    pub path: String,
    /// Our file.
    pub with: String,
    /// Both versions, where they have one.
    pub versions: Option<(String, String)>,
    /// How many changes there are.
    pub changes: usize,
}

impl Compared {
    /// Returns whether the file has an older version than ours.
    pub fn is_older(&self) -> bool {
        let parts = |version: &str| -> Option<Vec<u64>> {
            version.split('.').map(|part| part.parse().ok()).collect()
        };
        let Some((ours, theirs)) = &self.versions else { return false };
        parts(ours).zip(parts(theirs)).is_some_and(|(ours, theirs)| theirs < ours)
    }
}

/// A change of the official files against our data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Drift {
    /// How much it forces.
    pub weight: Weight,
    /// Our file.
    pub file: String,
    /// The rule, the id or the place in the file.
    pub place: String,
    /// The change, in words.
    pub change: String,
}

/// How much a change forces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Something that was right becomes wrong: a MUST, a day, a required member, a withdrawn id.
    Forced,
    /// A SHOULD.
    Should,
    /// Something new that may be used: a MAY, an optional member, a new id.
    Optional,
    /// Other words for the same.
    Wording,
}

impl Weight {
    /// All weights, the heaviest first.
    pub const ALL: [Self; 4] = [Self::Forced, Self::Should, Self::Optional, Self::Wording];

    /// The title of the changes of a weight.
    pub fn title(self) -> &'static str {
        match self {
            Self::Forced => "Forced changes",
            Self::Should => "Changes of SHOULD rules",
            Self::Optional => "New possibilities",
            Self::Wording => "Changed words",
        }
    }
}

/// Collects the changes of one file.
struct Changes {
    file: &'static str,
    found: Vec<Drift>,
}

impl Changes {
    fn add(&mut self, weight: Weight, place: impl Into<String>, change: impl Into<String>) {
        let (file, place) = (self.file.to_owned(), place.into());
        self.found.push(Drift { weight, file, place, change: change.into() });
    }
}

/// Compares files with our data.
pub fn compare(files: &[NewerFile]) -> DriftReport {
    let mut report = DriftReport::default();
    for file in files {
        match compare_file(file) {
            Some((compared, changes)) => {
                report.compared.push(compared);
                report.changes.extend(changes);
            }
            None => report.unrecognised.push(file.path.clone()),
        }
    }
    report.changes.sort();
    report
}

fn compare_file(newer: &NewerFile) -> Option<(Compared, Vec<Drift>)> {
    let name = newer.path.rsplit(['/', '\\']).next().unwrap_or_default();
    let json: Option<Value> = serde_json::from_str(&newer.text).ok();
    let (file, versions, found) = match json {
        Some(json) if json.get("FRR").is_some() => {
            let theirs = rules::from_dataset(&json)?;
            compare_rules(&theirs)
        }
        Some(json) if json.get("framework_id").is_some() => {
            let theirs = statements::from_extract(&json)?;
            let mut changes = Changes { file: data::RULES, found: Vec::new() };
            statements::compare(OfficialRules::built_in(), &theirs, &mut changes);
            let ours = OfficialRules::built_in().source.statements.as_ref();
            let ours = ours.map(|it| it.release.clone()).unwrap_or_default();
            (data::RULES, Some((ours, theirs.release)), changes.found)
        }
        Some(json) if json.get("rulesets").is_some() => {
            let theirs: OfficialRules = serde_json::from_value(json).ok()?;
            compare_rules(&theirs)
        }
        Some(json) if json.get("$schema").is_some() => {
            let (file, ours) = data::schema(name, &json)?;
            let mut changes = Changes { file, found: Vec::new() };
            schema::compare(&ours, &json, &mut changes);
            let versions = data::version(&ours).zip(data::version(&json));
            (file, versions, changes.found)
        }
        Some(json) if json.get("catalog").is_some_and(Value::is_object) => {
            let ours = data::controls();
            let theirs = catalog::from_oscal(&json)?;
            let mut changes = Changes { file: ours.0, found: Vec::new() };
            catalog::compare(&catalog::from_text(ours.1), &theirs.entries, &mut changes);
            let versions = Some((catalog::release(ours.1), theirs.release));
            (ours.0, versions, changes.found)
        }
        Some(json) => {
            let (file, text) = data::named(name)?;
            let ours: Value = serde_json::from_str(text).ok()?;
            let mut changes = Changes { file, found: Vec::new() };
            values::compare(&ours, &json, "", &mut changes);
            (file, None, changes.found)
        }
        None => {
            let (file, text) = data::named(name).filter(|(file, _)| file.ends_with(".txt"))?;
            let mut changes = Changes { file, found: Vec::new() };
            let theirs = catalog::from_text(&newer.text);
            catalog::compare(&catalog::from_text(text), &theirs, &mut changes);
            (file, None, changes.found)
        }
    };
    let (path, with) = (newer.path.clone(), file.to_owned());
    Some((Compared { path, with, versions, changes: found.len() }, found))
}

fn compare_rules(theirs: &OfficialRules) -> (&'static str, Option<(String, String)>, Vec<Drift>) {
    let mut changes = Changes { file: data::RULES, found: Vec::new() };
    let ours = OfficialRules::built_in();
    rules::compare(ours, theirs, &mut changes);
    let versions = (ours.source.release.clone(), theirs.source.release.clone());
    (data::RULES, Some(versions), changes.found)
}

#[cfg(test)]
mod tests;
