use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Requirement;
use crate::store::Stored;

/// An item stands for a requirement that no CMMC POA&M may hold.
pub(super) const RULE: Rule = Rule {
    name: "cmmc-not-allowed",
    level: Level::Error,
    summary: "an open item is mapped to a requirement that may not be on a CMMC POA&M",
    text: include_str!("cmmc_not_allowed.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

/// Requirements of level 3 that may not be on a POA&M: 32 CFR 170.21(a)(3).
const NEVER_AT_LEVEL_3: [&str; 7] =
    ["3.6.1e", "3.6.2e", "3.11.1e", "3.11.4e", "3.11.6e", "3.11.7e", "3.14.3e"];

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(ids) = stored.item.mappings.get("cmmc").filter(|_| context.is_open(stored)) else {
        return Vec::new();
    };
    ids.iter()
        .enumerate()
        .filter_map(|(index, id)| {
            let why = why_not(id)?;
            let message = format!("{id} may not be on a POA&M: {why}");
            let at = format!("/mappings/cmmc/{index}");
            Some(
                RULE.at(stored, &at, "not on a POA&M", message)
                    .help("meet the requirement before the assessment"),
            )
        })
        .collect()
}

/// Why a requirement may not be on a POA&M; nothing where it may, or is none.
fn why_not(id: &str) -> Option<String> {
    let (family, number) = id.split_once('-')?;
    let named = || "the rule names it".to_owned();
    if family.ends_with(".L3") {
        return NEVER_AT_LEVEL_3.contains(&number).then(named);
    }
    if number.starts_with("b.1.") {
        return Some("level 1 has none".to_owned());
    }
    let requirement = Requirement::numbered(number)?;
    if requirement.never {
        return Some(named());
    }
    let points = requirement.points;
    (points > 1 && !requirement.is_encryption())
        .then(|| format!("it weighs {points} points, more than 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_requirements_may_be_there() {
        for (id, allowed) in [
            ("AC.L2-3.1.20", false),
            ("AC.L1-3.1.20", false),
            ("AC.L2-3.1.22", false),
            ("CA.L2-3.12.4", false),
            ("PE.L2-3.10.3", false),
            ("PE.L2-3.10.4", false),
            ("PE.L2-3.10.5", false),
            ("AC.L2-3.1.1", false),
            ("AC.L2-3.1.3", true),
            ("AC.L2-3.1.5", false),
            ("IA.L2-3.5.3", false),
            ("SC.L2-3.13.11", true),
            ("IR.L3-3.6.1e", false),
            ("SI.L3-3.14.1e", true),
            ("AC.L1-b.1.i", false),
            ("AC.L2-3.1.99", true),
            ("nonsense", true),
        ] {
            assert_eq!(why_not(id).is_none(), allowed, "{id}");
        }
    }
}
