//! Pairs rows whose names were corrected, under other ids.

use std::collections::{BTreeMap, BTreeSet};

use super::super::weakness::Weakness;
use super::{LEAST_SCORE, MOST_PAIRS, Pairing, SampleCandidate, days_apart};

impl Pairing<'_> {
    /// Pairs what has a corrected name under another id, where the rest states what it is: the same
    /// identifier, CVEs or assets, which no other weakness here has. A new name is a correction where
    /// nothing else is new and only one row and one item have the identifier or CVE on the assets.
    pub(super) fn pair_corrected(&mut self, least: f64) {
        let mut groups: BTreeMap<Evidence<'_>, EvidenceGroup> = BTreeMap::new();
        for row in 0..self.rows.len() {
            for evidence in evidence_of(self.find_face(row)) {
                let group = groups.entry(evidence).or_default();
                match self.found[row] {
                    None => group.rows.push(row),
                    Some(_) => group.known = true,
                }
            }
        }
        for (item, known) in self.items.iter().enumerate() {
            for evidence in known.faces.first().into_iter().flat_map(evidence_of) {
                if let Some(group) = groups.get_mut(&evidence).filter(|_| !self.taken[item]) {
                    group.items.push(item);
                }
            }
        }
        let mut candidates = Vec::new();
        for ((kind, _, assets), group) in groups {
            if group.rows.len().saturating_mul(group.items.len()) > MOST_PAIRS {
                continue;
            }
            for row in &group.rows {
                for item in &group.items {
                    candidates.extend(self.corrected_candidate(*row, *item, group.known, least));
                }
            }
            let is_specific = kind != ASSETS_ALONE && !assets.is_empty();
            if let ([row], [item], true, false) =
                (group.rows.as_slice(), group.items.as_slice(), is_specific, group.known)
            {
                candidates.extend(self.renamed_candidate(*row, *item, least));
            }
        }
        self.take_best(candidates);
    }

    /// A row that states of an item everything but its name.
    fn renamed_candidate(&self, row: usize, item: usize, least: f64) -> Option<SampleCandidate> {
        let face = self.find_face(row);
        let known = self.items[item].faces.iter().find(|known| face.is_renamed(known))?;
        (LEAST_SCORE >= least && !self.is_found_anew(row, item)).then(|| SampleCandidate {
            score: LEAST_SCORE,
            other_side: self.items[item].closed != self.rows[row].closed,
            other_id: self.items[item].id != self.rows[row].id,
            apart: days_apart(known.detected, face.detected),
            row,
            item,
        })
    }

    fn corrected_candidate(
        &self,
        row: usize,
        item: usize,
        known: bool,
        least: f64,
    ) -> Option<SampleCandidate> {
        let face = self.find_face(row);
        if self.is_found_anew(row, item) {
            return None;
        }
        let corrected = |other: &&Weakness| {
            !face.contradicts_other(other)
                && !face.has_other_identifier(other)
                // Where others with the same evidence retained their names, names distinguish them.
                && if known { face.has_extended_name(other) } else { face.has_corrected_name(other) }
        };
        let faces = self.items[item].faces.iter().filter(corrected);
        let score = |other: &Weakness| {
            if known { face.score_of_extended(other) } else { face.agreement_score(other) }
        };
        let scored = faces.map(|other| (score(other), other.detected));
        let (score, detected) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (score >= least).then(|| SampleCandidate {
            score,
            other_side: self.items[item].closed != self.rows[row].closed,
            other_id: self.items[item].id != self.rows[row].id,
            apart: days_apart(detected, face.detected),
            row,
            item,
        })
    }
}

/// Something besides the name that distinguishes a weakness from others.
type Evidence<'a> = (&'static str, &'a str, &'a BTreeSet<String>);

/// The evidence of what has neither identifier nor CVE.
const ASSETS_ALONE: &str = "assets";

/// Rows and items with the same evidence that are not paired yet.
#[derive(Default)]
struct EvidenceGroup {
    rows: Vec<usize>,
    items: Vec<usize>,
    /// Whether others with it are paired.
    known: bool,
}

fn evidence_of(face: &Weakness) -> Vec<Evidence<'_>> {
    let mut found: Vec<Evidence<'_>> = Vec::new();
    found.extend(face.identifiers.iter().map(|it| ("identifier", it.as_str(), &face.assets)));
    found.extend(face.cves.iter().map(|cve| ("cve", cve.as_str(), &face.assets)));
    if found.is_empty() && !face.assets.is_empty() {
        found.push((ASSETS_ALONE, "", &face.assets));
    }
    found
}
