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

/// Result of a comparison.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DriftReport {
    /// The files that were compared.
    pub compared: Vec<ComparedData>,
    /// The files of which nothing here is an older state, or that could not be read.
    pub unrecognised: Vec<String>,
    /// Those files, each with the reason.
    pub left_out: Vec<LeftOut>,
    /// The changes, those that force something first.
    pub changes: Vec<Drift>,
}

/// A file that was not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its path.
    pub path: String,
    /// The reason.
    pub reason: String,
}

impl DriftReport {
    /// Adds a file that was not compared.
    pub fn leave_out(&mut self, path: String, reason: String) {
        self.unrecognised.push(path.clone());
        self.left_out.push(LeftOut { path, reason });
    }
}

/// A file and what it was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComparedData {
    /// The newer file.
    pub path: String,
    /// Our file.
    pub with: String,
    /// Both versions, where they have one.
    pub versions: Option<(String, String)>,
    /// Number of changes.
    pub changes: usize,
}

impl ComparedData {
    /// Returns whether the file has an older version than ours.
    pub fn is_older(&self) -> bool {
        let Some((ours, theirs)) = &self.versions else { return false };
        version_parts(ours).zip(version_parts(theirs)).is_some_and(|(ours, theirs)| theirs < ours)
    }
}

fn version_parts(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// A change of the official files against our data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Drift {
    /// Weight of the change: how much it forces.
    pub weight: Weight,
    /// Our file.
    pub file: String,
    /// The rule, the id or the place in the file.
    pub place: String,
    /// The change, in words.
    pub change: String,
}

/// Weight of a change: how much it forces.
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

    /// Returns the title of the changes of a weight.
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
    fn add_change(&mut self, weight: Weight, place: impl Into<String>, change: impl Into<String>) {
        let (file, place) = (self.file.to_owned(), place.into());
        self.found.push(Drift { weight, file, place, change: change.into() });
    }
}

/// Compares files with our data.
pub fn compare(files: &[NewerFile]) -> DriftReport {
    let mut report = DriftReport::default();
    for file in files {
        match compare_file(file) {
            Ok(comparisons) => {
                for (compared, changes) in comparisons {
                    report.compared.push(compared);
                    report.changes.extend(changes);
                }
            }
            Err(reason) => report.leave_out(file.path.clone(), reason),
        }
    }
    report.changes.sort();
    report
}

/// Our file, both versions where there are some, and the changes.
type Comparison = (&'static str, Option<(String, String)>, Vec<Drift>);

/// Compares a file with what it is a newer state of; an error explains why it cannot be compared.
fn compare_file(newer: &NewerFile) -> Result<Vec<(ComparedData, Vec<Drift>)>, String> {
    let name = newer.path.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_text = name.ends_with(".txt");
    let comparisons = match serde_json::from_str::<Value>(&newer.text) {
        Ok(json) => compare_json(name, &json)?,
        Err(_) if is_text => {
            let named = data::find_file(name).filter(|(file, _)| file.ends_with(".txt"));
            let (file, text) = named.ok_or_else(|| NOT_OURS.to_owned())?;
            let mut changes = Changes { file, found: Vec::new() };
            let theirs = catalog::from_text(&newer.text);
            catalog::compare(&catalog::from_text(text), &theirs, &mut changes);
            vec![(file, None, changes.found)]
        }
        Err(error) => return Err(format!("it is not JSON: {error}")),
    };
    let with_path = |(file, versions, found): Comparison| {
        let (path, with) = (newer.path.clone(), file.to_owned());
        (ComparedData { path, with, versions, changes: found.len() }, found)
    };
    Ok(comparisons.into_iter().map(with_path).collect())
}

const NOT_OURS: &str = "no newer state of our data";

fn compare_json(name: &str, json: &Value) -> Result<Vec<Comparison>, String> {
    let ours = OfficialRules::built_in();
    if json.get("FRR").is_some() {
        let theirs = rules::from_dataset(json).ok_or("its `FRR` is no mapping of rulesets")?;
        let mut changes = Changes { file: data::RULES, found: Vec::new() };
        rules::compare_dataset(ours, &theirs, &mut changes);
        let versions = (ours.source.release.clone(), theirs.rules.source.release.clone());
        let mut all = vec![(data::RULES, Some(versions), changes.found)];
        if let (Some(indicators), Some((file, text))) =
            (catalog::find_indicators(json), data::find_file("fedramp-ksi.txt"))
        {
            let mut changes = Changes { file, found: Vec::new() };
            catalog::compare(&catalog::from_text(text), &indicators, &mut changes);
            let release = catalog::find_release(text);
            all.push((file, Some((release, theirs.rules.source.release)), changes.found));
        }
        return Ok(all);
    }
    if json.get("framework_id").is_some() {
        let theirs = statements::from_extract(json).ok_or(NOT_OURS)?;
        let mut changes = Changes { file: data::RULES, found: Vec::new() };
        statements::compare(ours, &theirs, &mut changes);
        let known = ours.source.statements.as_ref();
        let known = known.map(|it| it.release.clone()).unwrap_or_default();
        return Ok(vec![(data::RULES, Some((known, theirs.release)), changes.found)]);
    }
    if json.get("rulesets").is_some() {
        let theirs: OfficialRules = serde_json::from_value(json.clone())
            .map_err(|error| format!("it has not the shape of our file of rules: {error}"))?;
        let mut changes = Changes { file: data::RULES, found: Vec::new() };
        rules::compare(ours, &theirs, &mut changes);
        let versions = (ours.source.release.clone(), theirs.source.release.clone());
        return Ok(vec![(data::RULES, Some(versions), changes.found)]);
    }
    if json.get("$schema").is_some() {
        let (file, ours) =
            data::find_schema(name, json).ok_or("no older state of this schema is here")?;
        let mut changes = Changes { file, found: Vec::new() };
        schema::compare(&ours, json, &mut changes);
        let versions = data::find_version(&ours).zip(data::find_version(json));
        return Ok(vec![(file, versions, changes.found)]);
    }
    if json.get("catalog").is_some_and(Value::is_object) {
        let theirs = catalog::from_oscal(json).ok_or(
            "a catalog in OSCAL, but not of SP 800-53 Rev 5, SP 800-171 Rev 3 or the CSF 2.0",
        )?;
        let (file, text) = data::find_file(theirs.file).ok_or(NOT_OURS)?;
        let mut changes = Changes { file, found: Vec::new() };
        catalog::compare(&catalog::from_text(text), &theirs.entries, &mut changes);
        let versions = Some((catalog::find_release(text), theirs.release));
        return Ok(vec![(file, versions, changes.found)]);
    }
    let (file, text) = data::find_file(name).ok_or(NOT_OURS)?;
    let ours: Value = serde_json::from_str(text).map_err(|_| NOT_OURS)?;
    let mut changes = Changes { file, found: Vec::new() };
    values::compare(&ours, json, "", &mut changes);
    Ok(vec![(file, None, changes.found)])
}

#[cfg(test)]
mod tests;
