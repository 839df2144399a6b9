use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::content;
use super::facts::{Facts, Origin};
use super::land::{Ahead, File, Lander, Saying, is_ours};
use super::{Actor, History, Signature};
use crate::settings;

/// What landed at a time: who, when, why, and which files were what then.
#[derive(Debug, Clone)]
pub struct Version {
    /// When it landed.
    pub time: DateTime<Utc>,
    /// Who made it, and landed it.
    pub actor: Actor,
    /// Why.
    pub reason: Option<String>,
    /// The files that changed, by path from the top; `None` is a file that was removed.
    pub files: Vec<(String, Option<String>)>,
}

impl History {
    /// The history that versions tell, oldest first, as if each were a commit whose name is its
    /// place (from 1) in forty digits. The settings are `poam.yaml` at the top.
    pub fn from_versions(versions: &[Version]) -> Self {
        let mut lander = Lander::new(settings::FILE.to_owned(), None);
        for (place, version) in versions.iter().enumerate() {
            let actor = Arc::new(version.actor.clone());
            let reason = version.reason.as_deref().map(Arc::<str>::from);
            let facts = Facts {
                landed: version.time,
                author: Arc::clone(&actor),
                landed_by: Arc::clone(&actor),
                commit: format!("{:040}", place + 1).into(),
                reason: reason.clone(),
                signature: Signature::None,
                origin: Origin::default(),
            };
            let ours = version.files.iter().filter(|(path, _)| is_ours(path, settings::FILE));
            let authors = vec![Arc::clone(&actor)];
            let said = Arc::new(Saying { authors, reason, origins: Vec::new() });
            let files = ours.map(|(path, text)| File {
                path: path.as_str().into(),
                new: text.as_ref().map(|text| {
                    content::Version::of_bytes(path, text.as_bytes(), path == settings::FILE)
                }),
                ahead: Ahead::default(),
                said: Arc::clone(&said),
            });
            lander.land(&facts, &files.collect::<Vec<_>>());
        }
        let mut history = Self::default();
        lander.end_to(&mut history);
        history.head_time = versions.last().map(|version| version.time);
        history
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Action;

    const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nscheduled_completion_date: 2026-01-31\n";

    fn version(day: &str, path: &str, text: Option<String>) -> Version {
        Version {
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
