//! The facts of a commit that its events share: people, reason, sources.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

use super::source_record::{SourceRecords, StatedSource};
use super::{Action, Actor, SignatureStatus};
use crate::model::{is_generic_reason, is_own_subject, is_placeholder, without_machine_text};
use crate::repository::{
    CommitId, FirstParentCommit, GitError, Identity, MergedMessage, TreeChange, parse_trailers,
};

/// The facts of a commit that hold for all its events.
pub(super) struct CommitFacts {
    /// When it was committed.
    pub(super) landed: DateTime<Utc>,
    pub(super) author: Arc<Actor>,
    pub(super) landed_by: Arc<Actor>,
    pub(super) commit: Arc<str>,
    pub(super) reason: Option<Arc<str>>,
    pub(super) signature: SignatureStatus,
    /// The document that its message names as its source.
    pub(super) origin: ChangeOrigin,
}

/// The authors, reason and sources of one change, from all commits that had a part in it.
#[derive(Default)]
pub(super) struct Attribution {
    /// The authors in order of contribution; the last one is the final author.
    pub(super) authors: Vec<Arc<Actor>>,
    /// Reason of the change by its commit message.
    pub(super) reason: Option<Arc<str>>,
    /// The sources of each commit: those of the merged commits that touched the file, oldest first,
    /// else that of the commit itself.
    pub(super) origins: Vec<ChangeOrigin>,
    /// The authors of the commits that took nothing from a document, where there are both kinds.
    pub(super) editors: Vec<Arc<Actor>>,
}

impl Attribution {
    /// Returns the source of what an action did. Documents describe items: no document deletes or
    /// renames one here, breaks a file or changes the settings.
    pub(super) fn origin_of(&self, action: Action) -> ChangeOrigin {
        match action {
            Action::ItemCreated => ChangeOrigin::of_new_item(&self.origins),
            Action::ItemDeleted
            | Action::ItemRenamed
            | Action::Unreadable
            | Action::SettingsChanged => {
                ChangeOrigin { reconstructed: None, ..ChangeOrigin::of_change(&self.origins) }
            }
            _ => ChangeOrigin::of_change(&self.origins),
        }
    }
}

/// The document that a commit names as the source of its content.
#[derive(Debug, Clone, Default)]
pub(super) struct ChangeOrigin {
    pub(super) source: Option<Arc<str>>,
    pub(super) source_id: Option<Arc<str>>,
    /// The date that the source gives, where the content was reconstructed from it.
    pub(super) reconstructed: Option<DateTime<Utc>>,
    /// Where the source gives the days of the changes.
    pub(super) day: PartDay,
}

/// Where a document gives the days of the changes that one commit takes from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum PartDay {
    /// In values of the changes, or nowhere.
    #[default]
    InValues,
    /// Everything in the commit happened on its day.
    Stated,
    /// It gives none.
    Unknown,
}

impl PartDay {
    fn read(trailer: Option<&str>) -> Self {
        match trailer {
            Some(DAY_STATED) => Self::Stated,
            Some(DAY_UNKNOWN | DAY_INFERRED) => Self::Unknown,
            _ => Self::InValues,
        }
    }
}

/// The trailer of a reconstructed commit that states whether its document gives the day of all changes in
/// it ([`DAY_STATED`]) or of none ([`DAY_UNKNOWN`], [`DAY_INFERRED`]). Without it the changed values show.
pub const DAY: &str = "Poam-Day";
/// The value of [`DAY`] where the document gives the day of the commit for all of it.
pub const DAY_STATED: &str = "stated";
/// The value of [`DAY`] where nothing states from which day the document is.
pub const DAY_UNKNOWN: &str = "unknown";
/// The value of [`DAY`] where the changes follow from what the document leaves out.
pub const DAY_INFERRED: &str = "inferred";

/// The trailer of a commit that undoes another one of this program: the full name of that one.
pub const UNDO: &str = "Poam-Undo";

/// The trailer that names the document from which a commit was made.
const SOURCE: &str = "Poam-Source";
/// The trailer with the digest of that document.
const SOURCE_ID: &str = "Poam-Source-Id";
/// The trailer by which a commit claims the day of a document.
const RECONSTRUCTED: &str = "Poam-Reconstructed";

/// The claim of a commit that it was reconstructed from a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// The document.
    pub(super) source: String,
    /// Its digest.
    pub(super) source_id: String,
    /// The day (UTC) that the commit has as its author date.
    pub(super) day: NaiveDate,
    /// Where the document gives the days of the changes.
    pub(super) part_day: PartDay,
}

impl Claim {
    /// Returns whether a message claims that its commit was reconstructed.
    pub(super) fn is_made(message: &str) -> bool {
        let claims =
            |message: &str| last_trailer(&parse_trailers(message), RECONSTRUCTED) == Some("true");
        message.contains(':') && claims(message)
    }

    /// Reads the claim of a message. One that names no document is none.
    pub(super) fn read(message: &str, time: DateTime<FixedOffset>) -> Option<Self> {
        if !Self::is_made(message) {
            return None;
        }
        let trailers = parse_trailers(message);
        Some(Self {
            source: last_trailer(&trailers, SOURCE)?.to_owned(),
            source_id: last_trailer(&trailers, SOURCE_ID)?.to_owned(),
            day: time.with_timezone(&Utc).date_naive(),
            part_day: PartDay::read(last_trailer(&trailers, DAY)),
        })
    }
}

impl ChangeOrigin {
    /// Reads the source that a message names. A date without a document is only a date in the past, and
    /// so is one that no record in the same commit states: such a commit happened when it `landed`.
    fn read(
        (commit, message): (CommitId, &str),
        time: DateTime<FixedOffset>,
        landed: DateTime<Utc>,
        records: &mut SourceRecords<'_>,
    ) -> Result<Self, GitError> {
        let trailers = parse_trailers(message);
        let source = last_trailer(&trailers, SOURCE).map(Arc::from);
        let source_id = last_trailer(&trailers, SOURCE_ID).map(Arc::from);
        let mut origin = Self { source, source_id, ..Self::default() };
        let Some(claim) = Claim::read(message, time) else { return Ok(origin) };
        match records.stated_claim(commit, &claim, landed)?.stated {
            StatedSource::Nothing => {}
            StatedSource::Document => {
                origin.reconstructed = Some(landed);
                // The document's days count, and not that of the commit.
                origin.day = match claim.part_day {
                    PartDay::InValues => PartDay::InValues,
                    PartDay::Stated | PartDay::Unknown => PartDay::Unknown,
                };
            }
            StatedSource::Day => {
                origin.reconstructed = Some(time.with_timezone(&Utc));
                origin.day = claim.part_day;
            }
        }
        Ok(origin)
    }

    /// Returns the source of a new item: that of the first commit that took it from a document.
    /// Later ones of the same branch may have edited it, but do not make it new.
    pub(super) fn of_new_item(origins: &[Self]) -> Self {
        let first = origins.iter().find(|origin| origin.reconstructed.is_some());
        let first = first.or_else(|| origins.iter().find(|origin| origin.source.is_some()));
        first.cloned().unwrap_or_default()
    }

    /// Returns the source of a change: a document only where every commit that had a part in it
    /// names one.
    pub(super) fn of_change(origins: &[Self]) -> Self {
        let all = |has: fn(&Self) -> bool| origins.iter().all(has);
        match origins.last() {
            Some(last) if all(|it| it.reconstructed.is_some()) => {
                // Changes of several commits have the day of none of them.
                let day = if origins.len() == 1 { last.day } else { PartDay::InValues };
                Self { day, ..last.clone() }
            }
            Some(last) if all(|it| it.source.is_some()) => {
                Self { reconstructed: None, ..last.clone() }
            }
            _ => Self::default(),
        }
    }
}

/// Returns the last value of a trailer, unless it is empty.
fn last_trailer<'t>(trailers: &'t [(String, String)], key: &str) -> Option<&'t str> {
    let found = trailers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

fn to_actor(identity: &Identity) -> Arc<Actor> {
    Arc::new(Actor { name: identity.name.clone(), email: identity.email.clone() })
}

impl CommitFacts {
    /// Reads the facts of a commit from its header and message, and from the records that it brings.
    pub(super) fn read(
        commit: &FirstParentCommit,
        records: &mut SourceRecords<'_>,
    ) -> Result<Self, GitError> {
        let author = to_actor(&commit.author);
        let same = commit.author.same_person(&commit.committer);
        let landed_by = if same { Arc::clone(&author) } else { to_actor(&commit.committer) };
        let signature =
            if commit.signed { SignatureStatus::Unknown } else { SignatureStatus::None };
        let landed = commit.committer.time.with_timezone(&Utc);
        let named = (commit.commit, commit.message.as_str());
        Ok(Self {
            landed,
            author,
            landed_by,
            commit: commit.commit.to_string().into(),
            reason: reason_of(&commit.message).map(Arc::from),
            signature,
            origin: ChangeOrigin::read(named, commit.author.time, landed, records)?,
        })
    }

    /// Attributes a change to the commits that had a part in it.
    pub(super) fn attribute_change(
        &self,
        change: &TreeChange,
        records: &mut SourceRecords<'_>,
    ) -> Result<Attribution, GitError> {
        let mut origins = Vec::with_capacity(change.messages.len().max(1));
        let mut editors: Vec<Arc<Actor>> = Vec::new();
        for MergedMessage { commit, author, message } in &change.messages {
            let origin = ChangeOrigin::read((*commit, message), author.time, self.landed, records)?;
            let editor = self.intern_person(author);
            if origin.reconstructed.is_none() && !editors.contains(&editor) {
                editors.push(editor);
            }
            origins.push(origin);
        }
        if change.messages.is_empty() {
            origins.push(self.origin.clone());
        }
        Ok(Attribution {
            authors: change.authors.iter().map(|who| self.intern_person(who)).collect(),
            reason: self.reason_for(change),
            origins,
            editors,
        })
    }

    /// Returns a person who had a part in the commit; mostly its author, who is held once.
    fn intern_person(&self, who: &Identity) -> Arc<Actor> {
        for known in [&self.author, &self.landed_by] {
            if known.name == who.name && known.email == who.email {
                return Arc::clone(known);
            }
        }
        to_actor(who)
    }

    /// Returns the reason of a change: those of the merged commits that touched the file, else that
    /// of this commit.
    fn reason_for(&self, change: &TreeChange) -> Option<Arc<str>> {
        let mut reasons: Vec<String> = Vec::new();
        for reason in change.messages.iter().filter_map(|it| reason_of(&it.message)) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        if reasons.is_empty() { self.reason.clone() } else { Some(reasons.join("; ").into()) }
    }
}

/// Returns why a commit was made, by its message; `None` where it does not state. `None` where the message only repeats the change (a
/// subject of this program, also in a squashed pull request), states no more than that there is one
/// ("update"), or is what git, a forge or a bot writes by itself. A `Poam-Reason` is what somebody gave as the
/// reason: it counts as it is, unless it is a placeholder.
pub fn reason_of(message: &str) -> Option<String> {
    let trailers = parse_trailers(message);
    let reason = trailers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("Poam-Reason"));
    let reason = reason.map(|(_, value)| value.clone()).filter(|value| !is_placeholder(value));
    reason.or_else(|| reason_in_text(message, &trailers))
}

/// Returns the reason of a commit without a `Poam-Reason`: its body, or the subject of a commit that
/// people made manually. The subject of our own commits only repeats the change; what git, a forge or a bot
/// writes states no reason.
fn reason_in_text(message: &str, trailers: &[(String, String)]) -> Option<String> {
    let (subject, rest) = message.split_once('\n').unwrap_or((message, ""));
    let mut paragraphs = split_paragraphs(rest);
    if !trailers.is_empty() {
        paragraphs.pop();
    }
    let body = without_machine_text(&paragraphs.join("\n\n"));
    let paragraphs: Vec<String> = split_paragraphs(&body)
        .into_iter()
        .map(without_repetitions)
        .filter(|text| !text.is_empty())
        .collect();
    let body = paragraphs.join("\n\n");
    if !is_generic_reason(&body) {
        return Some(body);
    }
    let ours = trailers.iter().any(|(key, _)| key.starts_with("Poam-"));
    if ours || is_generic_reason(subject) {
        return None;
    }
    Some(without_machine_text(subject))
}

/// Returns the subject of a commit that people wrote; none where it only repeats the change, and where git, a
/// forge or a bot wrote it.
pub fn subject_of(message: &str) -> Option<String> {
    let subject = message.lines().next().unwrap_or_default().trim();
    if is_own_subject(subject) {
        return None;
    }
    Some(without_machine_text(subject)).filter(|subject| !subject.is_empty())
}

/// Splits a text at blank lines.
fn split_paragraphs(text: &str) -> Vec<&str> {
    text.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).collect()
}

/// Returns a paragraph without the lines that repeat changes: in the message of a squashed pull
/// request, the subjects and trailers of its commits.
fn without_repetitions(paragraph: &str) -> String {
    let lines: Vec<&str> = paragraph.lines().filter(|line| !repeats_subject(line)).collect();
    lines.join("\n").trim().to_owned()
}

fn repeats_subject(line: &str) -> bool {
    let line = line.trim();
    let subject = line.strip_prefix("* ").or_else(|| line.strip_prefix("- ")).unwrap_or(line);
    is_own_subject(subject) || (line.starts_with("Poam-") && line.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::{reason_of, subject_of};

    #[test]
    fn a_subject_is_shown_as_people_wrote_it() {
        for (message, subject) in [
            ("Fix typo in 039\n", Some("Fix typo in 039")),
            ("cleanup\n\nSigned-off-by: Sam <s@x.org>\n", Some("cleanup")),
            ("V-1: milestone 1 started (#12)\n", None),
            ("Merge pull request #4 from a/b\n\nHardware arrived\n", None),
            ("", None),
        ] {
            assert_eq!(subject_of(message).as_deref(), subject, "{message:?}");
        }
    }

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
            ("V-1: closed\n\nPoam-Item: V-1\nPoam-Reason: [skip ci]\n", None),
            ("Merge pull request #4 from a/b\n\nV-1: milestone 1 started\n", None),
            (
                "Merge branch 'fix' into 'main'\n\nUpdate V-1.yaml\n\nSee merge request a/b!4\n",
                None,
            ),
            (
                "Revert \"V-1: open -> closed\"\n\nThis reverts commit df07056850f5788da2f16375b79b1a1180a07395.\n",
                None,
            ),
            (
                "Revert \"V-1: open -> closed\"\n\nThis reverts commit df07056850f5788da2f16375b79b1a1180a07395.\n\nScan 7 finds it.\n",
                Some("Scan 7 finds it."),
            ),
            ("docs: update items [skip ci]\n\nCo-authored-by: Sam <s@x.org>\n", None),
            (
                "fix: rotate keys after vendor confirmed patch 4.2\n\nSigned-off-by: Sam <s@x.org>\n",
                Some("fix: rotate keys after vendor confirmed patch 4.2"),
            ),
            (
                "Merged PR 12: Hardware arrived\n\nRelated work items: #3\n",
                Some("Hardware arrived"),
            ),
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
