use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ProfileName, RuleSetting, ScanSettings};
use crate::diagnostic::Level;
use crate::model::{Deadlines, Person, Workflow};

/// Settings as written in `poam.yaml`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "POA&M tracker settings")]
pub struct RawSettings {
    /// Version of this file's format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Whose POA&M this is.
    #[serde(default)]
    pub system: System,
    /// Which rules, deadlines and workbook apply: fedramp-rev5, cmmc-l2 or generic.
    #[serde(default)]
    pub profile: ProfileName,
    /// Folder of the items, relative to this file.
    #[serde(default = "items")]
    #[schemars(length(min = 1))]
    pub items: String,
    /// How new ids look.
    #[serde(default)]
    pub ids: RawIds,
    /// Items a folder; 0 keeps all in one. A hundred keeps history fast.
    #[serde(default = "folder_size")]
    #[schemars(range(max = 100_000))]
    pub folder_size: u32,
    /// Days from detection to completion, by risk rating.
    #[serde(default)]
    pub deadlines: Option<Deadlines>,
    /// People who may own items. With a list, an owner outside it is a diagnostic.
    #[serde(default)]
    pub people: Vec<PersonOrName>,
    /// Days before a date at which it is announced.
    #[serde(default = "warn_days")]
    #[schemars(range(max = 3650))]
    pub warn_days: u32,
    /// The workbook.
    #[serde(default)]
    pub workbook: RawWorkbook,
    /// Levels and numbers of rules: `stale: warning`, or `stale: {level: error, days: 45}`.
    #[serde(default)]
    pub rules: BTreeMap<String, RawRule>,
    /// Rules that may complain about some items without effect.
    #[serde(default)]
    pub allow: Vec<SettingsAllowance>,
    /// A table of statuses and moves instead of the built-in one.
    #[serde(default)]
    pub workflow: Option<Workflow>,
    /// The day on which the conditional CMMC status was given (YYYY-MM-DD). What the assessment
    /// left open must be closed within 180 days of it.
    #[serde(default)]
    pub conditional_status: Option<NaiveDate>,
    /// Unique vulnerabilities at authorization, for the escalation trigger on their growth.
    #[serde(default)]
    pub baseline: Option<u32>,
    /// The day from which FedRAMP's rules on vulnerability detection and reporting (VDR, VER) hold
    /// instead of those on POA&Ms (YYYY-MM-DD): rules that are only about POA&Ms are off then.
    #[serde(default)]
    pub vdr_adopted: Option<NaiveDate>,
    /// How the results of scanners become items.
    #[serde(default)]
    pub scan: ScanSettings,
}

fn items() -> String {
    "items".to_owned()
}

fn folder_size() -> u32 {
    100
}

fn warn_days() -> u32 {
    14
}

/// Whose POA&M this is: the header of the workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Cloud service provider, as in the system security plan.
    #[serde(default)]
    pub provider: Option<String>,
    /// Cloud service offering or system name.
    #[serde(default)]
    pub name: Option<String>,
    /// Impact level: li-saas, low, moderate or high.
    #[serde(default)]
    pub impact_level: Option<ImpactLevel>,
    /// FedRAMP's identifier of the package, e.g. F1234567890; in OSCAL the system's id.
    #[serde(default)]
    pub id: Option<String>,
    /// Where the system security plan in OSCAL lies: a URL or a path, ending in .json or .xml.
    #[serde(default)]
    pub ssp: Option<String>,
    /// Where FedRAMP's Certification Package Overview of the system lies: a full URI. Reports on
    /// vulnerabilities name it.
    #[serde(default)]
    pub certification_package: Option<String>,
    /// The marking of the sensitivity of published data, e.g. cui. OSCAL documents carry it.
    #[serde(default)]
    pub marking: Option<String>,
}

/// FIPS 199 impact level, with FedRAMP's tailored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImpactLevel {
    /// FedRAMP tailored, low impact software as a service.
    LiSaas,
    /// Low.
    Low,
    /// Moderate.
    Moderate,
    /// High.
    High,
}

impl ImpactLevel {
    /// The word in the workbook's header.
    pub fn in_workbook(self) -> &'static str {
        match self {
            Self::LiSaas => "LI-SaaS",
            Self::Low => "Low",
            Self::Moderate => "Moderate",
            Self::High => "High",
        }
    }
}

/// How new ids look.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawIds {
    /// What every id begins with.
    pub prefix: String,
    /// Whether the year of detection follows.
    pub year: bool,
    /// Digits that the number is padded to.
    #[schemars(range(min = 1, max = 9))]
    pub digits: u8,
}

impl Default for RawIds {
    fn default() -> Self {
        Self { prefix: "POAM".to_owned(), year: true, digits: 3 }
    }
}

/// The workbook.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawWorkbook {
    /// Name of the layout (fedramp-rev5-3.0, fedramp-rev5-2.1, fedramp-rev4, federal), or the path
    /// of a layout of your own beside this file, ending in .json.
    pub layout: Option<String>,
}

/// A person by name alone, or with more.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PersonOrName {
    /// Only the name.
    Name(String),
    /// Name, mail address, role.
    Person(Person),
}

impl PersonOrName {
    pub(crate) fn meant(self) -> Person {
        match self {
            Self::Name(name) => Person::named(name),
            Self::Person(person) => person,
        }
    }
}

/// A level, or a table with level and numbers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawRule {
    /// Only the level.
    Level(RuleLevel),
    /// Level and numbers.
    Table(RawRuleTable),
}

/// Level and numbers of a rule.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct RawRuleTable {
    /// error, warning, note or off.
    #[serde(default)]
    pub level: Option<RuleLevel>,
    /// The numbers that the rule takes, e.g. `days`.
    #[serde(flatten)]
    pub numbers: BTreeMap<String, u32>,
}

/// The level of a rule, or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleLevel {
    /// Must be mended.
    Error,
    /// Should be looked at.
    Warning,
    /// Good to know.
    Note,
    /// Not checked.
    Off,
}

impl RuleLevel {
    /// The level; `None` is off.
    pub fn meant(self) -> Option<Level> {
        match self {
            Self::Error => Some(Level::Error),
            Self::Warning => Some(Level::Warning),
            Self::Note => Some(Level::Note),
            Self::Off => None,
        }
    }
}

impl RawRule {
    pub(super) fn meant(self) -> RuleSetting {
        match self {
            Self::Level(level) => {
                RuleSetting { level: Some(level.meant()), numbers: BTreeMap::new() }
            }
            Self::Table(table) => {
                RuleSetting { level: table.level.map(RuleLevel::meant), numbers: table.numbers }
            }
        }
    }
}

/// A rule that may complain about some items without effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsAllowance {
    /// Name of the rule.
    #[schemars(length(min = 1))]
    pub rule: String,
    /// Ids of the items it covers; every item where there is no list.
    #[serde(default)]
    pub items: Vec<String>,
    /// Why the rule does not apply there.
    #[schemars(regex(pattern = r"\S"))]
    pub reason: String,
    /// The last day on which the allowance holds (YYYY-MM-DD).
    pub until: NaiveDate,
}
