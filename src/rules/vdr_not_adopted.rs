//! The rule `vdr-not-adopted`: VDR and VER bind Rev5 providers, and the settings do not state that
//! they hold.
//!
//! Checks the items together. The page `vdr_not_adopted.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::settings::ProfileName;
use crate::vdr::OfficialRules;

/// VDR and VER are to be followed, and the tracker does not.
pub(super) const RULE: Rule = Rule {
    name: "vdr-not-adopted",
    level: Level::Error,
    summary: "VDR and VER bind Rev5 providers, and the settings do not say that they hold",
    text: include_str!("vdr_not_adopted.md"),
    numbers: &[],
    history: false,
    check: Check::Store(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let settings = context.settings;
    let today = context.today;
    if settings.profile.name != ProfileName::FedrampRev5
        || settings.vdr_adopted.is_some_and(|adopted| adopted <= today)
        || context.store.items().is_empty()
    {
        return Vec::new();
    }
    let rules = OfficialRules::built_in();
    let Some(set) = rules.rulesets.iter().find(|set| set.id == "VER") else { return Vec::new() };
    let (Some(maintain), Some(grace)) = (set.maintain, set.grace) else { return Vec::new() };
    let release = &rules.source.release;
    let (level, message) = if grace < today {
        let message = format!(
            "the grace for VDR and VER ended on {grace}: the certification is to be revoked \
            (MUST, release {release})"
        );
        (Level::Error, message)
    } else if maintain <= today {
        let message = format!(
            "VDR and VER bind since {maintain}: follow them, or have a corrective action plan until \
            {grace} (SHOULD, release {release})"
        );
        (Level::Warning, message)
    } else {
        return Vec::new();
    };
    let label = settings.document.label("/vdr_adopted").says("`vdr_adopted:` is to be set");
    vec![Diagnostic::new(RULE.name, label, message).level(level).help(
        "set `vdr_adopted` in poam.yaml to the day from which you follow VDR and VER; see docs/vdr.md",
    )]
}
