//! Checks that the history is the earlier one, and of its signatures.

use std::collections::BTreeMap;

use super::{Anchor, AnchorPosition, AuditObservation, Signatures, VerificationInput};
use crate::diagnostic::Level;
use crate::repository::{CommitId, CommitRecord, SignatureCheck, Verdict};
use crate::text::plural;

pub(super) fn find_observations(evidence: &VerificationInput<'_>) -> Vec<AuditObservation> {
    let mut found = check_anchor(evidence);
    found.extend(check_snapshots(evidence));
    found.extend(report_watched(evidence));
    if evidence.replacements > 0 {
        let count = plural(evidence.replacements, "object");
        let message = format!(
            "this clone shows {count} other than recorded (`git replace`, grafts); poam reads what \
             was recorded, git does not"
        );
        found.push(AuditObservation::new("replaced-history", Level::Warning, message));
    }
    for path in &evidence.uncommitted {
        let message = "differs from the last commit: what is not committed is no record";
        let path = Some(path.clone());
        found.push(AuditObservation {
            path,
            ..AuditObservation::new("uncommitted", Level::Warning, message)
        });
    }
    found.extend(check_seals(evidence));
    found
}

fn check_anchor(evidence: &VerificationInput<'_>) -> Vec<AuditObservation> {
    let Some(anchor) = &evidence.anchor else { return Vec::new() };
    let name = &anchor.name;
    let mut found = Vec::new();
    let message = describe_position(anchor, evidence.head);
    if let Some(message) = message {
        found.push(
            AuditObservation::new("history-rewritten", Level::Error, message)
                .with_commit(anchor.commit),
        );
    }
    for difference in &anchor.differences {
        let message = format!("`{name}` does not hold what its manifest says: {difference}");
        found.push(
            AuditObservation::new("manifest-mismatch", Level::Error, message)
                .with_commit(anchor.commit),
        );
    }
    found
}

/// Returns how an anchor is not on the main line of the head.
fn describe_position(anchor: &Anchor, head: CommitId) -> Option<String> {
    let (name, short) = (&anchor.name, anchor.commit.short());
    match anchor.place {
        AnchorPosition::OnLine => None,
        AnchorPosition::Beside => Some(format!(
            "`{name}` ({short}) is in the history, but not on its main line: another line was made \
             the main one since"
        )),
        AnchorPosition::Lost(Some(parted)) => Some(format!(
            "`{name}` ({short}) is not in the history of {}: it was rewritten after {}, or this is \
             another branch",
            head.short(),
            parted.short()
        )),
        AnchorPosition::Lost(None) => Some(format!(
            "`{name}` ({short}) has nothing in common with {}: this is another history",
            head.short()
        )),
    }
}

/// Reports snapshots that the head does not continue. A branch that began before a snapshot does not
/// continue it either, so this is no error.
fn check_snapshots(evidence: &VerificationInput<'_>) -> Vec<AuditObservation> {
    let mut found = Vec::new();
    for snapshot in &evidence.snapshots {
        // The anchor has an observation of its own.
        if evidence.anchor.as_ref().is_some_and(|anchor| anchor.name == snapshot.name) {
            continue;
        }
        let Some(message) = describe_position(snapshot, evidence.head) else { continue };
        let observation = AuditObservation::new("snapshot-not-in-history", Level::Warning, message);
        found.push(observation.with_commit(snapshot.commit));
    }
    found
}

/// Reports forced changes of the remote branch that this clone observed.
fn report_watched(evidence: &VerificationInput<'_>) -> Vec<AuditObservation> {
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
        found.push(
            AuditObservation::new("forced-push", Level::Warning, message).with_commit(forced.to),
        );
    }
    if !evidence.watched_fits {
        let message = format!(
            "{name} ({}) and {} have each gone another way",
            watched.tip.short(),
            evidence.head.short()
        );
        found.push(
            AuditObservation::new("diverged", Level::Warning, message).with_commit(watched.tip),
        );
    }
    found
}

/// Counts the commits by their kind of signature.
pub(super) fn count_signatures(evidence: &VerificationInput<'_>) -> Signatures {
    let mut signatures = Signatures::default();
    for (_, seal) in sealed_commits(evidence) {
        match seal.verdict {
            Verdict::Good => signatures.good += 1,
            Verdict::Bad => signatures.bad += 1,
            Verdict::Unknown => signatures.unknown += 1,
            Verdict::None => signatures.none += 1,
        }
    }
    signatures
}

fn sealed_commits<'a>(
    evidence: &'a VerificationInput<'_>,
) -> impl Iterator<Item = (&'a CommitRecord, &'a SignatureCheck)> {
    evidence.commits.iter().filter_map(|one| Some((one, evidence.seals.get(&one.commit)?)))
}

fn check_seals(evidence: &VerificationInput<'_>) -> Vec<AuditObservation> {
    let mut found = Vec::new();
    if let Some(path) = &evidence.signers_in_tree {
        let message = "whose keys are trusted is read from the work tree \
                       (`gpg.ssh.allowedSignersFile`): who changes the file decides what is good";
        let path = Some(path.clone());
        found.push(AuditObservation {
            path,
            ..AuditObservation::new("keys-in-tree", Level::Warning, message)
        });
    }
    // Of what is the same for many commits, one states how many.
    let mut many: BTreeMap<&str, (usize, CommitId)> = BTreeMap::new();
    for (one, seal) in sealed_commits(evidence) {
        let finding = |name, level, message: String| {
            AuditObservation::new(name, level, message).with_commit(one.commit)
        };
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
                let message = format!("{commits} unsigned: author names are unverified");
                AuditObservation::new("unsigned", Level::Note, message).with_commit(first)
            }
            reason => {
                let message =
                    format!("{commits} signed, but nobody here can say whether it holds: {reason}");
                AuditObservation::new("signature-unknown", Level::Warning, message)
                    .with_commit(first)
            }
        });
    }
    found
}

/// Returns whether the key is one of the committer: its owner is named by the same mail address.
fn is_by_committer(one: &CommitRecord, seal: &SignatureCheck) -> bool {
    let mail = one.committer.email.to_lowercase();
    let mut words = seal.signer.split([' ', '<', '>', ',']).filter(|word| word.contains('@'));
    words.any(|word| word.to_lowercase() == mail)
}
