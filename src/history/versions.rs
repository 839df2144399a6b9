//! Histories of texts that no repository holds: of examples and tests.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::content;
use super::facts::{Attribution, ChangeOrigin, CommitFacts};
use super::prepare::{ChangedFile, Prefetched, PreparedCommit, is_tracked};
use super::replay::Replayer;
use super::sink::EventSink as _;
use super::{Actor, History, SignatureStatus};
use crate::settings;

/// A commit that no repository holds: who, when, why, and the texts of the changed files.
#[derive(Debug, Clone)]
pub struct TextCommit {
    /// When it was committed.
    pub time: DateTime<Utc>,
    /// Its author and committer.
    pub actor: Actor,
    /// The reason.
    pub reason: Option<String>,
    /// The files that changed, by path from the top; `None` is a file that was removed.
    pub files: Vec<(String, Option<String>)>,
}

impl History {
    /// Returns the history that versions show, oldest first, as if each were a commit whose name is
    /// its place (from 1) in forty digits. The settings are `poam.yaml` at the top.
    pub fn from_versions(versions: &[TextCommit]) -> Self {
        let mut replayer = Replayer::new(settings::FILE.to_owned(), None);
        for (place, version) in versions.iter().enumerate() {
            // Without a repository nothing is read, so nothing can fail.
            let _ = replayer.apply(&prepare_version(place, version));
        }
        let mut history = Self::default();
        history.accept_events(std::mem::take(&mut replayer.events));
        replayer.tell_first_versions(&mut history);
        history.head_time = versions.last().map(|version| version.time);
        history
    }
}

fn prepare_version(place: usize, version: &TextCommit) -> PreparedCommit {
    let actor = Arc::new(version.actor.clone());
    let reason = version.reason.as_deref().map(Arc::<str>::from);
    let facts = CommitFacts {
        landed: version.time,
        author: Arc::clone(&actor),
        landed_by: Arc::clone(&actor),
        commit: format!("{:040}", place + 1).into(),
        reason: reason.clone(),
        signature: SignatureStatus::None,
        origin: ChangeOrigin::default(),
    };
    let attribution = Attribution { authors: vec![actor], reason, ..Attribution::default() };
    let attribution = Arc::new(attribution);
    let mut files = Vec::new();
    for (path, text) in &version.files {
        if !is_tracked(path, settings::FILE) {
            continue;
        }
        let new = text
            .as_ref()
            .map(|text| content::FileVersion::parse(path, text.as_bytes(), path == settings::FILE));
        files.push(ChangedFile {
            path: path.as_str().into(),
            new,
            attribution: Arc::clone(&attribution),
            prefetched: Prefetched::default(),
        });
    }
    PreparedCommit { facts, files }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Action;

    const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nscheduled_completion_date: 2026-01-31\n";

    fn version(day: &str, path: &str, text: Option<String>) -> TextCommit {
        TextCommit {
            time: format!("{day}T12:00:00Z").parse().unwrap(),
            actor: Actor { name: "Ann".into(), email: "ann@example.com".into() },
            reason: None,
            files: vec![(path.to_owned(), text)],
        }
    }

    #[test]
    fn versions_tell_what_commits_would() {
        let history = History::from_versions(&[
            version("2026-01-02", "items/V-1.yaml", Some(ITEM.into())),
            version("2026-01-03", "items/V-1.yaml", Some(format!("# same\n{ITEM}"))),
            version("2026-01-04", "items/V-1.yaml", Some(ITEM.replace("01-31", "02-10"))),
            version("2026-01-05", "items/V-1.yaml", Some("id: [".into())),
            version("2026-01-06", "items/README.md", Some("x".into())),
            version("2026-01-07", "items/V-1.yaml", None),
        ]);
        let told: Vec<_> =
            history.events.iter().map(|it| (it.day().to_string(), it.action)).collect();
        let expected = [
            ("2026-01-02", Action::ItemCreated),
            ("2026-01-04", Action::ScheduleChanged),
            ("2026-01-05", Action::Unreadable),
            ("2026-01-07", Action::ItemDeleted),
        ];
        assert_eq!(told, expected.map(|(day, action)| (day.to_owned(), action)));
        assert_eq!(*history.events[1].commit, format!("{:040}", 3));
    }
}
