//! The rule `ver-incident`: a vulnerability is to be treated as a reportable incident (VER-TFR-IRI,
//! VER-TFR-NRI).
//!
//! Checks one item at a time. The page `ver_incident.md` has its text, source and examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::is_blank;
use crate::store::Stored;

/// A vulnerability is to be treated as an incident, and the item does not state that it is.
pub(super) const RULE: Rule = Rule {
    name: "ver-incident",
    level: Level::Warning,
    summary: "a vulnerability is to be treated as a reportable incident (VER-TFR-IRI, VER-TFR-NRI)",
    text: include_str!("ver_incident.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let item = &stored.item;
    let Some(rule) = frames.incident_rule(item) else { return Vec::new() };
    let ver = item.ver.as_ref();
    let incident = ver.and_then(|ver| ver.incident.as_deref());
    if incident.is_some_and(|text| !is_blank(text)) {
        return Vec::new();
    }
    let rating = ver.and_then(|ver| ver.rating).unwrap_or_default();
    let (cited, level) = cite_rule(&frames, rule);
    let (where_from, until) = match rule {
        "VER-TFR-IRI" => ("reachable from the internet", 3),
        _ => ("not reachable from the internet", 4),
    };
    let verb = if frames.is_optional(rule) { "may be treated as" } else { "to be treated as" };
    let message = format!(
        "N{rating}, likely exploitable and {where_from}: {verb} a FedRAMP Reportable Incident until it \
        is N{until} or below ({cited})"
    );
    vec![RULE.at(stored, "/ver/rating", "incident candidate", message).at_most(level).help(
        "name the incident in `ver.incident`, or say there why it is not treated as one; \
        reduce the rating",
    )]
}
