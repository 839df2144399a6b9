//! Whether the history is the one that it was, and who vouches for it.

use std::collections::BTreeMap;

use super::{Evidence, Finding, Place, Signatures};
use crate::diagnostic::Level;
use crate::output::plural;
use crate::repository::{CommitId, CommitRecord, SignatureCheck, Verdict};

pub(super) fn findings(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut found = anchor(evidence);
    found.extend(watched(evidence));
    if evidence.replacements > 0 {
        let count = plural(evidence.replacements, "object");
        let message = format!(
            "this clone shows {count} other than recorded (`git replace`, grafts); poam reads what \
             was recorded, git does not"
        );
        found.push(Finding::new("replaced-history", Level::Warning, message));
    }
    for path in &evidence.uncommitted {
        let message = "differs from the last commit: what is not committed is no record";
        let path = Some(path.clone());
        found.push(Finding { path, ..Finding::new("uncommitted", Level::Warning, message) });
    }
    found.extend(seals(evidence));
    found
}

fn anchor(evidence: &Evidence<'_>) -> Vec<Finding> {
    let Some(anchor) = &evidence.anchor else { return Vec::new() };
    let (name, short) = (&anchor.name, anchor.commit.short());
    let mut found = Vec::new();
    let message = match anchor.place {
        Place::OnLine => None,
        Place::Beside => Some(format!(
            "`{name}` ({short}) is in the history, but not on its main line: another line was made \
             the main one since"
        )),
        Place::Lost(Some(parted)) => Some(format!(
            "`{name}` ({short}) is not in the history of {}: it was rewritten after {}, or this is \
             another branch",
            evidence.head.short(),
            parted.short()
        )),
        Place::Lost(None) => Some(format!(
            "`{name}` ({short}) has nothing in common with {}: this is another history",
            evidence.head.short()
        )),
    };
    if let Some(message) = message {
        found.push(Finding::new("history-rewritten", Level::Error, message).at(anchor.commit));
    }
    for difference in &anchor.differences {
        let message = format!("`{name}` does not hold what its manifest says: {difference}");
        found.push(Finding::new("manifest-mismatch", Level::Error, message).at(anchor.commit));
    }
    found
}

/// What this clone saw of the branch elsewhere.
fn watched(evidence: &Evidence<'_>) -> Vec<Finding> {
    let Some(watched) = &evidence.watched else { return Vec::new() };
    let name = &watched.name;
    let mut found = Vec::new();
    for forced in &watched.forced {
        let message = format!(
            "{name} was pushed by force: seen {}, from {} to {}, which does not continue it",
            forced.seen.date_naive(),
            forced.from.short(),
            forced.to.short()
        );
        found.push(Finding::new("forced-push", Level::Warning, message).at(forced.to));
    }
    if !evidence.watched_fits {
        let message = format!(
            "{name} ({}) and {} have each gone another way",
            watched.tip.short(),
            evidence.head.short()
        );
        found.push(Finding::new("diverged", Level::Warning, message).at(watched.tip));
    }
    found
}

/// How many commits carry which kind of signature.
pub(super) fn signatures(evidence: &Evidence<'_>) -> Signatures {
    let mut signatures = Signatures::default();
    for (_, seal) in sealed(evidence) {
        match seal.verdict {
            Verdict::Good => signatures.good += 1,
            Verdict::Bad => signatures.bad += 1,
            Verdict::Unknown => signatures.unknown += 1,
            Verdict::None => signatures.none += 1,
        }
    }
    signatures
}

fn sealed<'a>(
    evidence: &'a Evidence<'_>,
) -> impl Iterator<Item = (&'a CommitRecord, &'a SignatureCheck)> {
    evidence.commits.iter().filter_map(|one| Some((one, evidence.seals.get(&one.commit)?)))
}

fn seals(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(path) = &evidence.signers_in_tree {
        let message = "whose keys are trusted is read from the work tree \
                       (`gpg.ssh.allowedSignersFile`): who changes the file decides what is good";
        let path = Some(path.clone());
        found.push(Finding { path, ..Finding::new("keys-in-tree", Level::Warning, message) });
    }
    // Of what is the same for many commits, one says how many.
    let mut many: BTreeMap<&str, (usize, CommitId)> = BTreeMap::new();
    for (one, seal) in sealed(evidence) {
        let finding =
            |name, level, message: String| Finding::new(name, level, message).at(one.commit);
        match seal.verdict {
            Verdict::Bad => {
                let message = format!("the signature is bad: {}", seal.reason);
                found.push(finding("bad-signature", Level::Error, message));
            }
            Verdict::None | Verdict::Unknown if evidence.require_signed => {
                let reason = if seal.verdict == Verdict::None { "not signed" } else { seal.reason };
                let message = format!("has no signature that can be relied on: {reason}");
                found.push(finding("unsigned", Level::Error, message));
            }
            Verdict::None | Verdict::Unknown => {
                many.entry(seal.reason).or_insert((0, one.commit)).0 += 1;
            }
            Verdict::Good if !is_by_committer(one, seal) => {
                let message = format!(
                    "signed with the key of {}, committed by {} <{}>",
                    seal.signer, one.committer.name, one.committer.email
                );
                found.push(finding("signed-by-another", Level::Warning, message));
            }
            Verdict::Good => {}
        }
    }
    for (reason, (count, first)) in many {
        let commits = plural(count, "commit");
        found.push(match reason {
            "" => {
                let message = format!("{commits} not signed: the names are what somebody typed");
                Finding::new("unsigned", Level::Note, message).at(first)
            }
            reason => {
                let message =
                    format!("{commits} signed, but nobody here can say whether it holds: {reason}");
                Finding::new("signature-unknown", Level::Warning, message).at(first)
            }
        });
    }
    found
}

/// Whether the key is one of the committer: its owner is named by the same mail address.
fn is_by_committer(one: &CommitRecord, seal: &SignatureCheck) -> bool {
    let mail = one.committer.email.to_lowercase();
    let mut words = seal.signer.split([' ', '<', '>', ',']).filter(|word| word.contains('@'));
    words.any(|word| word.to_lowercase() == mail)
}
