//! Limits of a verification: facts that commits cannot prove.

use super::{Verification, VerificationInput};
use crate::text::plural;

/// Lists the facts that no available evidence can prove.
pub(super) fn list_limits(
    evidence: &VerificationInput<'_>,
    verification: &Verification,
) -> Vec<String> {
    let mut limits = vec![
        "Commits hold no IP address, no session and no request path. Who pushed them is known to the \
         server alone."
            .to_owned(),
        "Dates are what the machines of the author and the committer said. Only their order on the \
         main line is fixed."
            .to_owned(),
        "Reviews, approvals of a pull request, branch protection and who may merge are kept by the \
         server, not by commits."
            .to_owned(),
    ];
    let signatures = verification.signatures;
    let unproven = signatures.none + signatures.unknown + signatures.bad;
    limits.push(match unproven {
        0 => "A good signature proves the key, not who held it.".to_owned(),
        1 => "1 commit proves no identity: its author name and email are unverified.".to_owned(),
        count => format!(
            "{count} commits prove no identity: their author names and emails are unverified."
        ),
    });
    limits.push(match &evidence.anchor {
        None => "Without an anchor that was kept outside this clone (`--anchor`), a history that was \
                 rewritten from its beginning looks like one that was not."
            .to_owned(),
        Some(anchor) => format!(
            "That `{}` names {} is what this clone says. Compare the commit with a copy that was kept \
             elsewhere.",
            anchor.name,
            anchor.commit.short()
        ),
    });
    limits.push(match &evidence.watched {
        None => "This clone follows no remote branch, so it has seen no forced push.".to_owned(),
        Some(watched) => match watched.since {
            None => format!("This clone keeps no record of where {} stood before.", watched.name),
            Some(since) => format!(
                "This clone has watched {} since {}. A forced push before that, or between two \
                 fetches, left nothing here.",
                watched.name,
                since.date_naive()
            ),
        },
    });
    if verification.events.reconstructed > 0 {
        limits.push(format!(
            "{} as true as the documents they were reconstructed from.",
            match verification.events.reconstructed {
                1 => "1 event is".to_owned(),
                count => format!("{} are", plural(count, "event")),
            }
        ));
    }
    limits
}
