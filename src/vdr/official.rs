//! The file of FedRAMP's rules.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;

use super::Class;

const FILE: &str = include_str!("../../templates/rules/fedramp-2026.json");

/// FedRAMP's rules on vulnerabilities, as `templates/rules/make.py` takes them from FedRAMP's dataset.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficialRules {
    /// The title of the file.
    #[serde(default)]
    pub title: String,
    /// Where the rules were read.
    #[serde(default)]
    pub source: OfficialSource,
    /// The rulesets that bind providers, and from when.
    #[serde(default)]
    pub rulesets: Vec<Ruleset>,
    /// The rules by id, such as VER-TFR-EVU.
    #[serde(default)]
    pub rules: BTreeMap<String, OfficialRule>,
    /// The definitions about vulnerabilities by id, such as FRD-FMV.
    #[serde(default)]
    pub definitions: BTreeMap<String, Definition>,
}

/// A definition of FedRAMP.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The term.
    pub term: String,
    /// Meaning of the term.
    pub definition: String,
    /// Notes on it: a text, or several.
    pub notes: Value,
}

/// Where and when the rules were read.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct OfficialSource {
    /// The repository.
    #[serde(default)]
    pub repository: String,
    /// The file in it.
    #[serde(default)]
    pub file: String,
    /// The release of the rules: of time frames and of days.
    #[serde(default)]
    pub release: String,
    /// The commit of the repository.
    #[serde(default)]
    pub commit: String,
    /// The day on which it was read.
    #[serde(default)]
    pub read: Option<NaiveDate>,
    /// A later release of which only statements and forces were to be had.
    #[serde(default)]
    pub statements: Option<Statements>,
    /// Releases of which only reports were read.
    #[serde(default)]
    pub later: Vec<LaterRelease>,
}

/// A release of which statements and forces were read.
#[derive(Debug, Clone, Deserialize)]
pub struct Statements {
    /// The release.
    pub release: String,
    /// The commit of FedRAMP's repository.
    pub commit: String,
}

/// A release of which only a report was read.
#[derive(Debug, Clone, Deserialize)]
pub struct LaterRelease {
    /// The release.
    pub release: String,
    /// Content of the change.
    pub says: String,
}

/// The days from which a set of rules binds providers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruleset {
    /// Its short name: VDR.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Rev5, 20x or all.
    pub applies: String,
    /// From then on providers may follow it.
    pub optional: Option<NaiveDate>,
    /// From then on an application without it is denied.
    pub obtain: Option<NaiveDate>,
    /// From then on providers should follow it, or have a corrective action plan.
    pub maintain: Option<NaiveDate>,
    /// Until then the corrective action plan lasts; afterwards certifications are revoked.
    pub grace: Option<NaiveDate>,
    /// The grace lasts until the first independent assessment that begins after `grace`.
    pub until_next_assessment: bool,
    /// Effect: required, optional.
    #[serde(default)]
    pub is: String,
    /// Reason, in words.
    #[serde(default)]
    pub status: String,
}

/// A rule of FedRAMP.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficialRule {
    /// Its name.
    pub name: String,
    /// Rev5, 20x or all.
    pub applies: String,
    /// The release that it is from, with its time frames.
    pub release: String,
    /// A later release of which only statements were read, and which states the same.
    #[serde(default)]
    pub confirmed: Option<String>,
    /// Statements by class; under `all` where every class has the one.
    pub classes: BTreeMap<String, Variant>,
    /// The list that its statement announces.
    #[serde(default)]
    pub information: Vec<String>,
    /// To which types, paths, classes and parties it applies.
    #[serde(default)]
    pub applicability: Value,
    /// Other members of the dataset: notes, references, related rules, schemas, artifacts.
    #[serde(default)]
    pub other: Value,
}

/// Statement of a rule for a class.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Binding force.
    pub force: Force,
    /// The sentence.
    pub statement: String,
    /// The time frame.
    #[serde(default)]
    pub within: Option<TimeFrame>,
    /// A time frame that only the statement names.
    #[serde(default)]
    pub stated: Option<TimeFrame>,
    /// Time frames to a lower rating by N-rating: reachable from the internet and likely exploitable,
    /// only the latter, neither.
    #[serde(default)]
    pub reduce: BTreeMap<String, [Option<TimeFrame>; 3]>,
}

/// Binding force of a rule, in the words of RFC 2119.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Force {
    /// MUST.
    #[serde(rename = "MUST")]
    Must,
    /// MUST NOT.
    #[serde(rename = "MUST NOT")]
    MustNot,
    /// SHOULD.
    #[serde(rename = "SHOULD")]
    Should,
    /// SHOULD NOT.
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    /// MAY.
    #[serde(rename = "MAY")]
    May,
}

impl fmt::Display for Force {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
        })
    }
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeFrame {
    /// Number of units.
    pub number: u64,
    /// Of what.
    pub unit: Unit,
}

impl fmt::Display for TimeFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Hours => "hour",
            Unit::Days => "day",
            Unit::Months => "month",
        };
        let more = if self.number == 1 { "" } else { "s" };
        write!(f, "{} {unit}{more}", self.number)
    }
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Hours.
    Hours,
    /// Calendar days.
    Days,
    /// Calendar months.
    Months,
}

/// A rule as a message names it: `VER-TFR-EVU, SHOULD, class C, release 2026.07.14.01, statement as in
/// 2026.10.13.01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Citation {
    /// The id of the rule.
    pub rule: &'static str,
    /// Its force for the class.
    pub force: Force,
    /// The class, where the rule differs by class.
    pub class: Option<Class>,
    /// The release of the rules that it is from.
    pub release: &'static str,
    /// A later release of which only statements were read, and which states the same.
    pub confirmed: Option<&'static str>,
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.rule, self.force)?;
        if let Some(class) = self.class {
            write!(f, ", class {class}")?;
        }
        write!(f, ", release {}", self.release)?;
        match self.confirmed {
            Some(later) => write!(f, ", statement as in {later}"),
            None => Ok(()),
        }
    }
}

impl OfficialRules {
    /// The rules that come with the program.
    pub fn built_in() -> &'static Self {
        static RULES: OnceLock<OfficialRules> = OnceLock::new();
        // That the file is readable is a test below.
        RULES.get_or_init(|| Self::parse(FILE).unwrap_or_default())
    }

    /// Reads a file of rules.
    ///
    /// # Errors
    ///
    /// When the text is no such file.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Returns the statement of a rule for a class. Without a class only what is the same for every
    /// class.
    pub fn find_variant(&self, rule: &str, class: Option<Class>) -> Option<&Variant> {
        let rule = self.rules.get(rule)?;
        rule.classes.get("all").or_else(|| rule.classes.get(class?.as_str()))
    }

    /// A rule as a message names it. Without a class, a rule that differs by class has the force that
    /// all classes share, or none to cite.
    pub fn cite_rule(&'static self, id: &str, class: Option<Class>) -> Option<Citation> {
        let (id, rule) = self.rules.get_key_value(id)?;
        let differs = !rule.classes.contains_key("all");
        let force = match self.find_variant(id, class) {
            Some(variant) => variant.force,
            None => {
                let mut forces = rule.classes.values().map(|variant| variant.force);
                let first = forces.next()?;
                forces.all(|force| force == first).then_some(first)?
            }
        };
        let class = class.filter(|_| differs);
        let confirmed = rule.confirmed.as_deref();
        Some(Citation { rule: id, force, class, release: &rule.release, confirmed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole() {
        let rules = OfficialRules::parse(FILE).unwrap();
        assert_eq!(rules.source.release, "2026.07.14.01");
        assert!(rules.source.read.is_some() && rules.source.commit.len() == 40);
        for id in [
            "VER-EVA-EPA",
            "VER-EVA-AIA",
            "VER-EVA-EIR",
            "VER-EVA-ELX",
            "VER-TFR-EVU",
            "VDR-TFR-PVR",
            "VDR-TFR-KEV",
            "VER-TFR-MAV",
            "VER-TFR-MHR",
            "VER-TFR-MRH",
            "VER-RPT-PER",
            "VER-RPT-VDT",
            "VER-RPT-AVI",
            "VER-TFR-IRI",
            "VER-TFR-NRI",
            "CCM-OCR-AVL",
        ] {
            let rule = &rules.rules[id];
            let releases = (rule.release.as_str(), rule.confirmed.as_deref());
            // Of both releases these two have other statements.
            let expected = match id {
                "VER-EVA-EPA" | "CCM-OCR-AVL" => ("2026.10.13.01", None),
                _ => ("2026.07.14.01", Some("2026.10.13.01")),
            };
            assert_eq!(releases, expected, "{id}");
            let count = rule.classes.len();
            assert!(count == 1 && rule.classes.contains_key("all") || count == 4, "{id}");
            for variant in rule.classes.values() {
                assert!(variant.statement.contains(&variant.force.to_string()), "{id}");
            }
        }
    }

    #[test]
    fn a_citation_names_rule_force_class_and_release() {
        let rules = OfficialRules::built_in();
        for (rule, class, expected) in [
            ("VER-TFR-EVU", Some(Class::C), "VER-TFR-EVU, SHOULD, class C, release 2026.07.14.01"),
            ("VER-TFR-EVU", None, "VER-TFR-EVU, SHOULD, release 2026.07.14.01"),
            ("VDR-TFR-PVR", Some(Class::D), "VDR-TFR-PVR, SHOULD, class D, release 2026.07.14.01"),
            ("VDR-TFR-KEV", Some(Class::D), "VDR-TFR-KEV, SHOULD, release 2026.07.14.01"),
            ("VER-TFR-MAV", Some(Class::D), "VER-TFR-MAV, MUST, release 2026.07.14.01"),
            ("VER-TFR-IRI", Some(Class::B), "VER-TFR-IRI, MAY, class B, release 2026.07.14.01"),
        ] {
            let expected = format!("{expected}, statement as in 2026.10.13.01");
            assert_eq!(rules.cite_rule(rule, class).unwrap().to_string(), expected);
        }
        let changed = rules.cite_rule("VER-EVA-EPA", None).unwrap().to_string();
        assert_eq!(changed, "VER-EVA-EPA, MUST, release 2026.10.13.01");
        assert_eq!(rules.cite_rule("VER-TFR-IRI", None), None, "its force differs by class");
        assert_eq!(rules.cite_rule("VER-NO-RULE", None), None);
    }

    /// The days of the page `providers/updating/deadlines/rev5.md` of FedRAMP/2026-markdown; the grace of
    /// CPO as the pull request 28 of FedRAMP/rules gives it.
    #[test]
    fn rulesets_bind_from_the_days_of_the_published_page() {
        let rules = OfficialRules::built_in();
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        for (id, obtain, maintain, grace) in [
            ("AFC", "2026-01-05", "2026-01-05", "2026-07-01"),
            ("SCG", "2026-03-01", "2026-03-01", "2026-07-01"),
            ("MKT", "2026-07-04", "2026-07-04", "2026-07-04"),
            ("VDR", "2026-12-07", "2026-12-07", "2027-03-07"),
            ("VER", "2026-12-07", "2026-12-07", "2027-03-07"),
            ("CMU", "2027-01-01", "2027-01-01", "2027-06-01"),
            ("FRC", "2027-01-01", "2027-01-01", "2027-01-01 next"),
            ("IEC", "2027-01-01", "2027-01-01", "2027-06-01"),
            ("IVV", "2027-01-01", "2027-01-01", "2027-01-01 next"),
            ("MAS", "2027-01-01", "2027-01-01", "2027-01-01 next"),
            ("SCN", "2027-01-01", "2027-01-01", "2027-06-01"),
            ("CCM", "2027-01-01", "2027-04-02", "2027-10-01"),
            ("CPO", "2027-01-01", "2027-07-01", "2027-07-01 next"),
            ("CDS", "2027-01-01", "2027-08-01", "2028-02-01"),
            ("SDR", "2027-01-01", "2027-08-01", "2027-08-01 next"),
        ] {
            let set = rules.rulesets.iter().find(|set| set.id == id && set.applies != "20x");
            let set = set.unwrap();
            let next = if set.until_next_assessment { " next" } else { "" };
            assert_eq!(day(set.obtain), obtain, "{id}");
            assert_eq!(day(set.maintain), maintain, "{id}");
            assert_eq!(day(set.grace) + next, grace, "{id}");
        }
    }
}
