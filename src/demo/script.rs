//! Script of the demonstration, read from `templates/demo/*.yaml`: people, items and their events.
//!
//! Plain data for `serde`; `plan` turns it into commits.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;

use super::DemoError;
use crate::document::{Document, Limits};
use crate::model::{DeviationState, DeviationType, Exposure, Kind, Person, RiskRating};

/// Script of the demonstration, as data: `templates/demo/*.yaml`.
pub(super) struct Script {
    pub(super) cast: Cast,
    pub(super) items: Vec<ItemScript>,
}

const CAST: (&str, &str) =
    ("templates/demo/people.yaml", include_str!("../../templates/demo/people.yaml"));

const ITEMS: [(&str, &str); 3] = [
    ("templates/demo/scans.yaml", include_str!("../../templates/demo/scans.yaml")),
    ("templates/demo/assessment.yaml", include_str!("../../templates/demo/assessment.yaml")),
    ("templates/demo/decisions.yaml", include_str!("../../templates/demo/decisions.yaml")),
];

impl Script {
    pub(super) fn load() -> Result<Self, DemoError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Items {
            items: Vec<ItemScript>,
        }
        let mut items = Vec::new();
        for file in ITEMS {
            items.extend(read::<Items>(file)?.items);
        }
        Ok(Self { cast: read(CAST)?, items })
    }
}

fn read<T: for<'a> Deserialize<'a>>((path, text): (&str, &str)) -> Result<T, DemoError> {
    let document = Document::parse(path, text.as_bytes(), &Limits::ITEM)
        .map_err(|error| DemoError::Script(format!("{path}: {error}")))?;
    serde_json::from_value(document.to_value())
        .map_err(|error| DemoError::Script(format!("{path}: {error}")))
}

/// People, their pull requests, their routine.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cast {
    pub(super) people: BTreeMap<String, Member>,
    pub(super) branches: BTreeMap<String, ScriptBranch>,
    pub(super) reviews: Reviews,
}

impl Cast {
    pub(super) fn find_member(&self, key: &str) -> Result<&Member, DemoError> {
        self.people.get(key).ok_or_else(|| DemoError::Script(format!("nobody is called {key}")))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: String,
    /// Hours from UTC.
    pub(super) zone: i32,
    /// The day on which the settings name them; from the beginning where there is none.
    pub(super) joins: Option<i64>,
    /// Whether they may own items.
    #[serde(default = "default_true")]
    pub(super) owns: bool,
}

fn default_true() -> bool {
    true
}

impl Member {
    pub(super) fn to_person(&self) -> Person {
        Person {
            name: self.name.clone(),
            email: Some(self.email.clone()),
            role: Some(self.role.clone()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScriptBranch {
    pub(super) number: u32,
    /// Person who merges it.
    pub(super) by: String,
    pub(super) title: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reviews {
    pub(super) by: String,
    pub(super) first: i64,
    pub(super) every: i64,
    /// Items that changed in so many days are left out.
    pub(super) quiet: i64,
    pub(super) notes: Vec<String>,
}

/// An item and what happens to it. Days count from its detection, which itself counts from the
/// first day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemScript {
    pub(super) key: String,
    #[serde(default)]
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) controls: Vec<String>,
    #[serde(default)]
    pub(super) mappings: BTreeMap<String, Vec<String>>,
    pub(super) source: String,
    pub(super) plugin: Option<String>,
    #[serde(default)]
    pub(super) cves: Vec<String>,
    pub(super) finding: String,
    pub(super) assets: Vec<String>,
    #[serde(default)]
    pub(super) services: Vec<String>,
    pub(super) owner: Option<String>,
    /// An owner who is none of the people.
    pub(super) owner_name: Option<String>,
    pub(super) resources: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) detected: i64,
    pub(super) rating: RiskRating,
    pub(super) kev: Option<KevScript>,
    pub(super) exposure: Option<Exposure>,
    pub(super) ver: Option<VerScript>,
    pub(super) vendor: Option<ScriptVendor>,
    #[serde(default)]
    pub(super) sensitive: Vec<String>,
    #[serde(default)]
    pub(super) dependencies: Vec<String>,
    pub(super) successor_of: Option<String>,
    pub(super) milestones: Vec<ScriptMilestone>,
    /// Comments of people in the file, by the field above which they are.
    #[serde(default)]
    pub(super) notes: BTreeMap<String, String>,
    pub(super) check_ins: Option<CheckIns>,
    /// Nobody reviews it.
    #[serde(default)]
    pub(super) forgotten: bool,
    pub(super) lands: Option<ScriptStart>,
    pub(super) story: Vec<ScriptStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KevScript {
    pub(super) listed: bool,
    /// The catalog's date of a real entry.
    pub(super) date: Option<NaiveDate>,
    /// The catalog's date of an entry that is made up.
    pub(super) due: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerScript {
    pub(super) evaluated: i64,
    pub(super) rating: u8,
    /// Reason why it is or will be later than FedRAMP's time frames.
    #[serde(default)]
    pub(super) explanation: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScriptVendor {
    pub(super) vendor: String,
    pub(super) product: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScriptMilestone {
    pub(super) due: i64,
    pub(super) text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckIns {
    pub(super) every: i64,
    pub(super) last: i64,
}

/// Person, day and branch with which the item is recorded; the ISSO on the next day where nothing
/// is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScriptStart {
    pub(super) on: i64,
    pub(super) by: String,
    pub(super) branch: Option<String>,
}

/// One commit on one item.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScriptStep {
    pub(super) on: i64,
    /// Person; the owner where nothing is given.
    pub(super) by: Option<String>,
    #[serde(rename = "do")]
    pub(super) act: Act,
    pub(super) why: Option<String>,
    pub(super) branch: Option<String>,
}

/// Action of a person on an item.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Act {
    Move {
        r#move: String,
    },
    Close {
        close: Vec<ShownValue>,
    },
    Defer {
        defer: ActEnd,
    },
    Draft {
        draft: String,
    },
    Accept {
        accept: Acceptance,
    },
    Start {
        start: u32,
    },
    Complete {
        complete: u32,
        #[serde(default)]
        evidence: Vec<String>,
    },
    Slip {
        slip: u32,
        days: i64,
    },
    Add {
        add: String,
        due: i64,
    },
    Cancel {
        cancel: u32,
    },
    Request {
        request: DeviationType,
        rating: Option<RiskRating>,
        number: String,
    },
    Decide {
        decide: DeviationType,
        state: DeviationState,
    },
    CheckIn {
        #[serde(rename = "check_in")]
        _check_in: bool,
    },
    Release {
        #[serde(rename = "release")]
        _release: bool,
    },
    Review {
        review: String,
    },
    Assign {
        assign: String,
    },
    Evidence {
        evidence: ShownValue,
    },
    Set {
        set: BTreeMap<String, Value>,
        subject: String,
    },
}

/// Duration of a deferral.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActEnd {
    pub(super) until: i64,
}

/// A risk acceptance; the rationale may have been drafted before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Acceptance {
    pub(super) rationale: Option<String>,
    pub(super) review: i64,
}

/// Evidence, without the day on which it is collected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShownValue {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) reference: String,
    pub(super) location: Option<String>,
}
