//! Settings as `poam.yaml` has them, before they are checked and given defaults.
//!
//! The types are read by `serde`; their documentation becomes the JSON Schema `settings`.
//! `Settings` is made from [`RawSettings`].

use std::collections::BTreeMap;

use chrono::NaiveDate;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LinkSettings, ProfileName, RuleSetting, ScanSettings};
use crate::diagnostic::Level;
use crate::model::{Deadlines, Person, StatusDefinition, is_blank};

/// Settings as written in `poam.yaml`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "POA&M tracker settings")]
pub struct RawSettings {
    /// Version of this file's format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The system that the POA&M is about.
    #[serde(default)]
    pub system: System,
    /// Which rules, deadlines and workbook apply: fedramp-rev5, cmmc-l2, emass or generic.
    #[serde(default)]
    pub profile: ProfileName,
    /// Folder of the items, relative to this file.
    #[serde(default = "default_items")]
    #[schemars(length(min = 1))]
    pub items: String,
    /// Form of new ids.
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
    /// A table of statuses and moves instead of the built-in one, and what completing the last
    /// milestone does.
    #[serde(default)]
    pub workflow: RawWorkflow,
    /// Interval of the reviews of items, the reviewers, and who gets reports of late reviews.
    #[serde(default)]
    pub review: ReviewSettings,
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
    /// Settings for turning results of scanners into items.
    #[serde(default)]
    pub scan: ScanSettings,
    /// Addresses that reviews and the report link to.
    #[serde(default)]
    pub links: LinkSettings,
}

fn default_items() -> String {
    "items".to_owned()
}

fn folder_size() -> u32 {
    100
}

fn warn_days() -> u32 {
    14
}

/// The workflow as written: statuses by name, and what completing the last milestone does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RawWorkflow {
    /// The status to which completing the last milestone moves an item that is in progress, such as
    /// pending-validation or closed; ask (the default) asks, or prints the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_last_milestone: Option<String>,
    /// The statuses, where they are not the built-in ones.
    #[serde(flatten)]
    #[schemars(with = "BTreeMap<String, StatusDefinition>")]
    pub statuses: IndexMap<String, StatusDefinition>,
}

/// Interval of the reviews of items, the reviewers, and who gets reports of late reviews.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReviewSettings {
    /// Days after which every open item needs another review, even if it changed.
    #[schemars(range(min = 1, max = 3650))]
    pub every: Option<u32>,
    /// Days that the owner and then the reviewer have for a step of a review (14).
    #[schemars(range(min = 1, max = 3650))]
    pub answer_within: Option<u32>,
    /// The person who reviews what owners submit, where nobody asked for the review.
    pub reviewer: Option<String>,
    /// People who are told of a review that is late.
    pub escalate_to: Vec<String>,
    /// Days that a review is late before these people are told (0).
    #[schemars(range(max = 3650))]
    pub escalate_after: u32,
}

impl ReviewSettings {
    /// Days for a step of a review.
    pub fn answer_days(&self) -> u32 {
        self.answer_within.unwrap_or(14)
    }
}

/// The system that the POA&M is about: the header of the workbook.
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
    /// Values at the head of eMASS's form.
    #[serde(default)]
    pub emass: Option<EmassSystem>,
}

/// Values at the head of eMASS's POA&M form that no other setting has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmassSystem {
    /// Exported By.
    pub exported_by: Option<String>,
    /// CC/S/A/FA: the combatant command, service, agency or field activity; system.provider where it is
    /// left out.
    pub component: Option<String>,
    /// DoW IT Registration No.
    pub registration_number: Option<String>,
    /// System Type, e.g. IS Enclave.
    pub system_type: Option<String>,
    /// POC Name.
    pub contact_name: Option<String>,
    /// POC Phone.
    pub contact_phone: Option<String>,
    /// POC E-Mail.
    pub contact_email: Option<String>,
    /// OMB Project ID.
    pub omb_project_id: Option<String>,
    /// Security Costs.
    pub security_costs: Option<String>,
}

impl EmassSystem {
    /// Returns the values by their names in a layout's head; blank ones are none.
    pub fn named_values(&self) -> BTreeMap<String, String> {
        let values = [
            ("exported-by", &self.exported_by),
            ("registration-number", &self.registration_number),
            ("system-type", &self.system_type),
            ("contact-name", &self.contact_name),
            ("contact-phone", &self.contact_phone),
            ("contact-email", &self.contact_email),
            ("omb-project-id", &self.omb_project_id),
            ("security-costs", &self.security_costs),
        ];
        let values = values.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let values = values.filter(|(_, value)| !is_blank(value));
        values.map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }
}

impl System {
    /// Returns the system without blank texts: a name that is empty is no name.
    pub(super) fn without_blanks(self) -> Self {
        let text = |value: Option<String>| value.filter(|text| !is_blank(text));
        Self {
            provider: text(self.provider),
            name: text(self.name),
            impact_level: self.impact_level,
            id: text(self.id),
            ssp: text(self.ssp),
            certification_package: text(self.certification_package),
            marking: text(self.marking),
            emass: self.emass,
        }
    }
}

/// FIPS 199 impact level, with FedRAMP's tailored one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
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
    /// Returns the word in the workbook's header.
    pub fn in_workbook(self) -> &'static str {
        match self {
            Self::LiSaas => "LI-SaaS",
            Self::Low => "Low",
            Self::Moderate => "Moderate",
            Self::High => "High",
        }
    }
}

/// Form of new ids.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawIds {
    /// Prefix of every id.
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
    pub(crate) fn into_person(self) -> Person {
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
    /// Returns the level; `None` is off.
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
    pub(super) fn into_setting(self) -> RuleSetting {
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
    /// Reason why the rule does not apply there.
    #[schemars(regex(pattern = r"\S"))]
    pub reason: String,
    /// The last day on which the allowance holds (YYYY-MM-DD).
    pub until: NaiveDate,
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn a_blank_name_of_a_system_is_none() {
        for system in [
            "",
            "system:\n",
            "system: {}\n",
            "system: {name: ''}\n",
            "system: {name: ' ', provider: \"\\u200b\", id: '', ssp: ' ', marking: ''}\n",
        ] {
            let text = format!("version: 1\n{system}");
            let read = Settings::parse("poam.yaml", text.as_bytes()).unwrap().system;
            assert_eq!(read, super::System::default(), "{system}");
        }
        let text = b"version: 1\nsystem: {name: ' A ', provider: ''}\n";
        let read = Settings::parse("poam.yaml", text).unwrap().system;
        assert_eq!((read.name.as_deref(), read.provider), (Some(" A "), None));
    }
}
