use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};

use super::land::Saying;
use super::{Actor, Signature};
use crate::model::{is_blank, is_generic_reason, is_own_subject};
use crate::repository::{Change, Landed, trailers};

/// What a commit says of all its events.
pub(super) struct Facts {
    /// When it landed.
    pub(super) landed: DateTime<Utc>,
    pub(super) author: Arc<Actor>,
    pub(super) landed_by: Arc<Actor>,
    pub(super) commit: Arc<str>,
    pub(super) reason: Option<Arc<str>>,
    pub(super) signature: Signature,
    /// Where it says that its content is from.
    pub(super) origin: Origin,
}

/// Where a commit says that its content is from.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    pub(super) source: Option<Arc<str>>,
    pub(super) source_id: Option<Arc<str>>,
    /// The date that the source gives, where the content was reconstructed from it.
    pub(super) reconstructed: Option<DateTime<Utc>>,
}

impl Origin {
    /// What a message says that was written at a time. Who claims that something was
    /// reconstructed must say from what: a date without a document is only a date in the past.
    fn of(message: &str, time: DateTime<FixedOffset>) -> Self {
        let trailers = trailers(message);
        let get = |key: &str| {
            let found = trailers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
            found
                .map(|(_, value)| value.trim())
                .filter(|value| !value.is_empty())
                .map(Arc::<str>::from)
        };
        let (source, source_id) = (get("Poam-Source"), get("Poam-Source-Id"));
        let claims = get("Poam-Reconstructed").is_some_and(|value| *value == *"true");
        let counts = claims && source.is_some() && source_id.is_some();
        let reconstructed = counts.then(|| time.with_timezone(&Utc));
        Self { source, source_id, reconstructed }
    }

    /// Where a new item is from: the first commit that took it from a document. Later ones of the
    /// same branch may have edited it, but do not make it new.
    pub(super) fn of_new(origins: &[Self]) -> Self {
        let first = origins.iter().find(|origin| origin.reconstructed.is_some());
        let first = first.or_else(|| origins.iter().find(|origin| origin.source.is_some()));
        first.cloned().unwrap_or_default()
    }

    /// Where a change is from: a document only where every commit that had a part in it is.
    pub(super) fn of_change(origins: &[Self]) -> Self {
        let all = |has: fn(&Self) -> bool| origins.iter().all(has);
        match origins.last() {
            Some(last) if all(|it| it.reconstructed.is_some()) => last.clone(),
            Some(last) if all(|it| it.source.is_some()) => {
                Self { reconstructed: None, ..last.clone() }
            }
            _ => Self::default(),
        }
    }
}

fn actor(signature: &crate::repository::Signature) -> Arc<Actor> {
    Arc::new(Actor { name: signature.name.clone(), email: signature.email.clone() })
}

impl Facts {
    /// Somebody who had a part in the commit; mostly its author, who is held once.
    fn person(&self, who: &crate::repository::Signature) -> Arc<Actor> {
        let is = |known: &&Arc<Actor>| known.name == who.name && known.email == who.email;
        let known = [&self.author, &self.landed_by].into_iter().find(is);
        known.map_or_else(|| actor(who), Arc::clone)
    }

    /// Why a file changed: what the merged-in commits say that touched it, else what this one says.
    fn reason_for(&self, change: &Change) -> Option<Arc<str>> {
        let mut said: Vec<String> = Vec::new();
        for reason in change.messages.iter().filter_map(|it| reason_of(&it.message)) {
            if !said.contains(&reason) {
                said.push(reason);
            }
        }
        if said.is_empty() { self.reason.clone() } else { Some(said.join("; ").into()) }
    }

    /// Where the content of a file is from: as the merged-in commits say that touched it, oldest
    /// first, else as this one says.
    fn origins_of(&self, change: &Change) -> Vec<Origin> {
        if change.messages.is_empty() {
            return vec![self.origin.clone()];
        }
        change.messages.iter().map(|it| Origin::of(&it.message, it.time)).collect()
    }

    /// What is said of a change.
    pub(super) fn saying(&self, change: &Change) -> Saying {
        Saying {
            authors: change.authors.iter().map(|who| self.person(who)).collect(),
            reason: self.reason_for(change),
            origins: self.origins_of(change),
        }
    }

    /// What the message and the signatures of a commit say.
    pub(super) fn of(landed: &Landed) -> Self {
        let author = actor(&landed.author);
        let same = landed.author.same_person(&landed.committer);
        let landed_by = if same { Arc::clone(&author) } else { actor(&landed.committer) };
        Self {
            landed: landed.committer.time.with_timezone(&Utc),
            author,
            landed_by,
            commit: landed.commit.to_string().into(),
            reason: reason_of(&landed.message).map(Arc::from),
            signature: if landed.signed { Signature::Unknown } else { Signature::None },
            origin: Origin::of(&landed.message, landed.author.time),
        }
    }
}

/// Why a commit was made, as its message says. `None` where the message only repeats the change (a
/// subject of this program, also in a squashed pull request) or says no more than that there is one
/// ("update"). A `Poam-Reason` is what somebody gave as the reason: it counts as it is.
pub fn reason_of(message: &str) -> Option<String> {
    let trailers = trailers(message);
    let reason = trailers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("Poam-Reason"));
    let reason = reason.map(|(_, value)| value.clone()).filter(|value| !is_blank(value));
    reason.or_else(|| reason_in_text(message, &trailers))
}

/// The reason of a commit without a `Poam-Reason`: its body, or the subject of a commit that
/// people made by hand. The subject of our own commits only repeats the change, and the one that
/// git gives to a merge only says that it merged.
fn reason_in_text(message: &str, trailers: &[(String, String)]) -> Option<String> {
    let (subject, rest) = message.split_once('\n').unwrap_or((message, ""));
    let mut paragraphs: Vec<&str> =
        rest.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).collect();
    if !trailers.is_empty() {
        paragraphs.pop();
    }
    let paragraphs: Vec<String> =
        paragraphs.into_iter().map(without_repetitions).filter(|text| !text.is_empty()).collect();
    let body = paragraphs.join("\n\n");
    if !is_generic_reason(&body) {
        return Some(body);
    }
    let ours = trailers.iter().any(|(key, _)| key.starts_with("Poam-"));
    if ours || is_subject_of_merge(subject) || is_generic_reason(subject) {
        return None;
    }
    Some(subject.trim().to_owned())
}

/// Returns whether git, or the platform, wrote the subject of a merge.
fn is_subject_of_merge(subject: &str) -> bool {
    let merged = ["branch", "branches", "pull request", "remote-tracking", "tag", "commit"];
    let Some(rest) = subject.strip_prefix("Merge ") else { return false };
    merged.iter().any(|what| rest.strip_prefix(what).is_some_and(|it| it.starts_with(' ')))
}

/// A paragraph without the lines that repeat changes: in the message of a squashed pull request, the
/// subjects and trailers of its commits.
fn without_repetitions(paragraph: &str) -> String {
    let repeats = |line: &str| {
        let line = line.trim();
        let subject = line.strip_prefix("* ").or_else(|| line.strip_prefix("- ")).unwrap_or(line);
        is_own_subject(subject) || (line.starts_with("Poam-") && line.contains(':'))
    };
    let lines: Vec<&str> = paragraph.lines().filter(|line| !repeats(line)).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::reason_of;

    #[test]
    fn a_reason_is_what_somebody_gave_and_no_repetition_of_the_change() {
        for (message, reason) in [
            ("V-1: milestone 1 started (#12)\n", None),
            ("update\n", None),
            ("Update V-1.yaml\n", None),
            ("wip\n\nfix\n", None),
            ("The vendor ships the fix on 10-28\n", Some("The vendor ships the fix on 10-28")),
            ("update\n\nThe vendor is late.\n", Some("The vendor is late.")),
            (
                "V-1: milestone 2 due 2026-10-25 -> 2026-10-30 (#13)\n\nchange freeze until 10-28\n",
                Some("change freeze until 10-28"),
            ),
            ("V-1: open -> in-progress\n\nPoam-Item: V-1\nPoam-Reason: update\n", Some("update")),
            ("Merge pull request #4 from a/b\n\nV-1: milestone 1 started\n", None),
            ("Merge pull request #4 from a/b\n\nHardware arrived\n", Some("Hardware arrived")),
            (
                "Plan of the week (#9)\n\n* V-1: milestone 1 started\n\nPoam-Item: V-1\n\n* V-1: open -> in-progress\n\nHardware arrived\n\nPoam-Item: V-1\n",
                Some("Hardware arrived"),
            ),
        ] {
            assert_eq!(reason_of(message).as_deref(), reason, "{message:?}");
        }
    }
}
