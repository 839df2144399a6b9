use chrono::Utc;

use super::{Actor, Signature};
use crate::repository::{Change, Landed, trailers};

/// What a commit says of all its events.
pub(super) struct Facts {
    pub(super) time: chrono::DateTime<Utc>,
    pub(super) author: Actor,
    pub(super) landed_by: Actor,
    pub(super) commit: String,
    pub(super) reason: Option<String>,
    pub(super) signature: Signature,
    pub(super) source: Option<String>,
    pub(super) source_id: Option<String>,
    pub(super) reconstructed: bool,
}

pub(super) fn actor(signature: &crate::repository::Signature) -> Actor {
    Actor { name: signature.name.clone(), email: signature.email.clone() }
}

impl Facts {
    /// Why a file changed: what the merged-in commits say that touched it, else what this one says.
    pub(super) fn reason_for(&self, change: &Change) -> Option<String> {
        let mut said: Vec<String> = Vec::new();
        for reason in change.messages.iter().filter_map(|message| reason_of(message)) {
            if !said.contains(&reason) {
                said.push(reason);
            }
        }
        if said.is_empty() { self.reason.clone() } else { Some(said.join("; ")) }
    }

    /// What the message and the signatures of a commit say.
    pub(super) fn of(landed: &Landed) -> Self {
        let trailers = trailers(&landed.message);
        let get = |key: &str| {
            let found = trailers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let reconstructed = get("Poam-Reconstructed").is_some_and(|value| value == "true");
        let made = if reconstructed { landed.author.time } else { landed.committer.time };
        Self {
            time: made.with_timezone(&Utc),
            author: actor(&landed.author),
            landed_by: actor(&landed.committer),
            commit: landed.commit.to_string(),
            reason: reason_of(&landed.message),
            signature: if landed.signed { Signature::Unknown } else { Signature::None },
            source: get("Poam-Source"),
            source_id: get("Poam-Source-Id"),
            reconstructed,
        }
    }
}

/// Why a commit was made, as its message says.
fn reason_of(message: &str) -> Option<String> {
    let trailers = trailers(message);
    let reason = trailers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("Poam-Reason"));
    let reason = reason.map(|(_, value)| value.clone()).filter(|value| !value.is_empty());
    reason.or_else(|| spoken_reason(message, &trailers))
}

/// The reason of a commit without a `Poam-Reason`: its body, or the subject of a commit that
/// people made by hand. The subject of our own commits only repeats the change, and the one that
/// git gives to a merge only says that it merged.
fn spoken_reason(message: &str, trailers: &[(String, String)]) -> Option<String> {
    let (subject, rest) = message.split_once('\n').unwrap_or((message, ""));
    let mut paragraphs: Vec<&str> =
        rest.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).collect();
    if !trailers.is_empty() {
        paragraphs.pop();
    }
    let merges = ["branch", "branches", "pull request", "remote-tracking", "tag", "commit"];
    let of_git = subject.strip_prefix("Merge ").is_some_and(|rest| {
        merges.iter().any(|what| rest.strip_prefix(what).is_some_and(|it| it.starts_with(' ')))
    });
    let ours = trailers.iter().any(|(key, _)| key.starts_with("Poam-"));
    match paragraphs.join("\n\n") {
        body if !body.is_empty() => Some(body),
        _ if !ours && !of_git && !subject.trim().is_empty() => Some(subject.trim().to_owned()),
        _ => None,
    }
}
