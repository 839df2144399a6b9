use std::sync::Arc;

use chrono::DateTime;

use super::content::Version;
use super::facts::{Facts, Origin};
use super::land::{Ahead, File, Lander, is_ours};
use super::{Actor, Difference, Signature};
use crate::model::ItemId;

/// What a tree holds at a path: bytes, or the reason why nobody may read what is there. `None`
/// where there is no file.
pub type Held<'a> = Option<Result<&'a [u8], &'a str>>;

/// A file in two trees.
#[derive(Debug, Clone, Copy)]
pub struct FilePair<'a> {
    /// The path from the top of the repository.
    pub path: &'a str,
    /// In the base.
    pub old: Held<'a>,
    /// In the head.
    pub new: Held<'a>,
}

/// A difference with the item and the file that it is about.
#[derive(Debug, Clone)]
pub struct Told {
    /// The item; none for the settings, and for files that never were an item.
    pub item: Option<ItemId>,
    /// The file.
    pub path: String,
    /// What differs.
    pub difference: Difference,
}

/// What would be told if one commit made the head out of the base: the same words for a branch as
/// for what it lands as. `settings` is the path of the settings; files that are equal in both need
/// not be among the pairs.
pub fn between_trees(settings: &str, pairs: &[FilePair<'_>]) -> Vec<Told> {
    let nobody = || Arc::new(Actor { name: String::new(), email: String::new() });
    let facts = Facts {
        landed: DateTime::UNIX_EPOCH,
        author: nobody(),
        landed_by: nobody(),
        commit: Arc::default(),
        reason: None,
        signature: Signature::None,
        origin: Origin::default(),
    };
    let mut lander = Lander::new(settings.to_owned(), None);
    let file = |path: &str, held: Held<'_>| File {
        path: path.into(),
        new: held.map(|held| match held {
            Ok(bytes) => Version::of_bytes(path, bytes, path == settings),
            Err(why) => Version::unreadable(why),
        }),
        ahead: Ahead::default(),
        said: Arc::default(),
    };
    let ours: Vec<&FilePair<'_>> =
        pairs.iter().filter(|pair| is_ours(pair.path, settings)).collect();
    let old = ours.iter().filter(|pair| pair.old.is_some());
    let old: Vec<File> = old.map(|pair| file(pair.path, pair.old)).collect();
    lander.land(&facts, &old);
    let new = ours.iter().filter(|pair| pair.old != pair.new);
    let new: Vec<File> = new.map(|pair| file(pair.path, pair.new)).collect();
    let before = lander.mouth.events.len();
    lander.land(&facts, &new);
    let events = lander.mouth.events.into_iter().skip(before);
    events
        .map(|event| Told {
            item: event.item,
            path: event.path.to_string(),
            difference: Difference {
                action: event.action,
                field: event.field.to_string(),
                old: event.old,
                new: event.new,
                milestone: event.milestone,
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Action;

    #[test]
    fn a_branch_is_told_as_it_would_land() {
        const ITEM: &str = "id: V-1\nstatus: open\n";
        let text = |id: &str, status: &str| ITEM.replace("V-1", id).replace("open", status);
        let (moved, closed) = (text("V-1", "closed"), text("V-2", "closed"));
        let (twin, five) = (text("V-4", "open"), text("V-5", "open"));
        let pair = |path, old: Option<&'static str>, new| FilePair {
            path,
            old: old.map(|text| Ok(text.as_bytes())),
            new,
        };
        let ok = |text| Some(Ok(str::as_bytes(text)));
        let pairs = [
            pair("items/V-1.yaml", Some(ITEM), None),
            pair("items/moved.yaml", None, ok(&moved)),
            pair("items/V-2.yaml", Some("id: V-2\nstatus: open\n"), ok(&closed)),
            pair("items/V-3.yaml", Some("id: V-3\nstatus: open\n"), Some(Err("a link"))),
            pair("items/V-4.yaml", Some("id: V-4\nstatus: open\n"), ok(&twin)),
            pair("items/copy.yaml", None, ok(&twin)),
            pair("items/bad.yaml", Some("id: ["), ok(&five)),
            pair("items/new.yaml", None, ok("id: [")),
            pair("items/README.md", None, ok("x")),
            pair("poam.yaml", Some("version: 1\n"), ok("version: 1\npeople: []\n")),
        ];
        let told: Vec<_> = between_trees("poam.yaml", &pairs)
            .into_iter()
            .map(|told| {
                let item = told.item.map_or_else(String::new, |id| id.to_string());
                (item, told.path, told.difference.action)
            })
            .collect();
        let expected = [
            ("V-3", "items/V-3.yaml", Action::Unreadable),
            ("", "items/new.yaml", Action::Unreadable),
            ("", "poam.yaml", Action::SettingsChanged),
            ("V-1", "items/moved.yaml", Action::StatusChanged),
            ("V-2", "items/V-2.yaml", Action::StatusChanged),
            ("V-4", "items/copy.yaml", Action::Unreadable),
            ("V-5", "items/bad.yaml", Action::ItemCreated),
        ];
        let expected = expected.map(|(id, path, it)| (id.to_owned(), path.to_owned(), it));
        assert_eq!(told, expected);
    }
}
