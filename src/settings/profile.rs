//! Profiles: deadlines, rules and layouts of a framework, as data in `templates/profiles/`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RuleLevel;
use crate::model::Deadlines;
use crate::text::visible;

/// The profiles that come with the program.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileName {
    /// FedRAMP Rev5 provider.
    #[default]
    FedrampRev5,
    /// CMMC level 2 (32 CFR 170.21).
    CmmcL2,
    /// eMASS, the system of record of the Department of War.
    Emass,
    /// No framework: your own deadlines.
    Generic,
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Serde has the words of the settings.
        self.serialize(f)
    }
}

impl FromStr for ProfileName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut names = Profile::all_profiles().iter().map(|profile| profile.name);
        names.find(|name| name.to_string() == text).ok_or_else(|| {
            let names: Vec<String> =
                Profile::all_profiles().iter().map(|profile| profile.name.to_string()).collect();
            format!("no profile `{}`: {}", visible(text), names.join(", "))
        })
    }
}

/// A profile: what a framework asks for, as data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// Purpose of the profile, in one line.
    pub title: String,
    /// Days by risk rating.
    pub deadlines: Deadlines,
    /// Fields that an item must have a value in.
    pub mandatory: Vec<String>,
    /// Name of the workbook layout.
    pub layout: String,
    /// Whether an item is not late while its risk is accepted or its work put off. FedRAMP knows
    /// no such decision: only an approved deviation or a vendor dependency counts there.
    #[serde(default)]
    pub decisions_stop_the_clock: bool,
    /// Rules that are only about POA&Ms: FedRAMP's VDR and VER replace them.
    #[serde(default)]
    pub superseded_by_vdr: Vec<String>,
    /// Where the numbers were read.
    pub sources: Vec<ProfileSource>,
    /// Levels of rules that differ from the rule's own.
    #[serde(default)]
    pub levels: BTreeMap<String, RuleLevel>,
}

/// Where a part of a profile was read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileSource {
    /// The part: a key of the profile.
    pub of: String,
    /// The document, or that it is this program's own choice.
    pub source: String,
    /// The day on which it was read.
    pub read: NaiveDate,
}

const FILES: [(ProfileName, &str); 4] = [
    (ProfileName::FedrampRev5, include_str!("../../templates/profiles/fedramp-rev5.json")),
    (ProfileName::CmmcL2, include_str!("../../templates/profiles/cmmc-l2.json")),
    (ProfileName::Emass, include_str!("../../templates/profiles/emass.json")),
    (ProfileName::Generic, include_str!("../../templates/profiles/generic.json")),
];

impl Profile {
    /// Returns the profile of a name.
    pub fn find_named(name: ProfileName) -> &'static Self {
        let all = Self::all_profiles();
        // Every name has its file: the test below.
        all.iter().find(|profile| profile.name == name).unwrap_or(&all[0])
    }

    /// Returns all profiles.
    pub fn all_profiles() -> &'static [Self; 4] {
        static ALL: OnceLock<[Profile; 4]> = OnceLock::new();
        ALL.get_or_init(|| {
            FILES.map(|(name, text)| {
                serde_json::from_str(text).unwrap_or_else(|_| Self {
                    name,
                    title: String::new(),
                    deadlines: Deadlines::FEDRAMP,
                    mandatory: Vec::new(),
                    layout: String::new(),
                    decisions_stop_the_clock: false,
                    superseded_by_vdr: Vec::new(),
                    sources: Vec::new(),
                    levels: BTreeMap::new(),
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Item;

    /// FedRAMP: template 3.0, *Instructions* A9; CMMC: 32 CFR 170.21(b).
    #[test]
    fn deadlines_are_those_of_the_sources() {
        let days = |name: ProfileName| {
            let deadlines = Profile::find_named(name).deadlines;
            [deadlines.low, deadlines.moderate, deadlines.high, deadlines.critical]
        };
        assert_eq!(days(ProfileName::FedrampRev5), [180, 90, 30, 30]);
        assert_eq!(days(ProfileName::CmmcL2), [180; 4]);
    }

    #[test]
    fn every_profile_is_whole() {
        for (name, text) in FILES {
            let profile: Profile = serde_json::from_str(text).unwrap();
            assert_eq!(profile.name, name);
            assert_eq!(Profile::find_named(name).name, name);
            assert!(!profile.title.is_empty() && !profile.layout.is_empty());
            for part in ["deadlines", "mandatory"] {
                assert!(profile.sources.iter().any(|it| it.of == part), "{name:?}: {part}");
            }
            for field in &profile.mandatory {
                assert!(Item::FIELDS.contains(&field.as_str()), "{name:?}: {field}");
            }
        }
    }
}
