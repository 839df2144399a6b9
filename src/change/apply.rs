//! Writes decided changes to disk and commits them.
//!
//! [`apply`] passes the files to `repository`, which writes, commits and undoes; afterwards it
//! checks that the commit contains each change, since hooks may edit files.

use serde_json::Value;

use super::Change;
use crate::repository::{
    Author, CommitId, CommitRequest, ComposeError, Expect, FileChange, GitError, GuardError,
    IndexEntry, OutsidePath, RelPath, Repository, compose_message, write, write_and_commit,
};
use crate::store::Stored;
use crate::text::visible;

/// Options of applying a change.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Write the file and leave the commit to the user.
    pub no_commit: bool,
    /// Go on although the file has uncommitted changes.
    pub allow_dirty: bool,
    /// Author of the change, when that is not the user.
    pub author: Option<&'a Author>,
    /// Entries of git's index for the files, as far as they were read already.
    pub tracked: &'a [IndexEntry],
}

/// Result of applying changes.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The commit; none where none was asked for.
    pub commit: Option<CommitId>,
}

/// Reasons why a change was not applied. The file and the history are as they were, unless a commit
/// is named.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Somebody's work is in the way.
    #[error(
        "{path} has uncommitted changes, which would become part of this commit; commit or stash \
         them first, or say --allow-dirty to take them along"
    )]
    Dirty {
        /// The file.
        path: String,
    },
    /// Git was configured not to look at the file, so nobody would see what is or was done to it.
    #[error(
        "{path} is marked {mark} in git's index, so git does not say what is changed in it; \
         `git update-index --no-{mark} -- {path}` takes the mark off"
    )]
    Hidden {
        /// The file.
        path: String,
        /// The mark, in git's word.
        mark: &'static str,
    },
    /// A hook changed the file so that the commit does not hold the change.
    #[error(
        "commit {} was made, but a hook undid the change: what is committed as {} {held}; mend \
         the hook, see that the item is as it should be, and try again",
        .commit.short(),
        visible(.path)
    )]
    Undone {
        /// The commit.
        commit: CommitId,
        /// The file.
        path: String,
        /// Fault of the committed content.
        held: String,
    },
    /// The path leads out of the repository.
    #[error(transparent)]
    Path(#[from] OutsidePath),
    /// The message cannot be put together.
    #[error(transparent)]
    Message(#[from] ComposeError),
    /// Git gives no answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Writing or committing failed.
    #[error(transparent)]
    Guard(#[from] GuardError),
}

/// Writes changes and commits exactly their files, in one commit, as the user would manually:
/// hooks, signing and identity are theirs. If anything fails, files, index and history are as
/// before: all of the changes, or none.
pub fn apply(
    repository: &Repository,
    changes: &[Change],
    options: Options<'_>,
) -> Result<Applied, ApplyError> {
    let paths: Vec<RelPath> = changes
        .iter()
        .map(|change| RelPath::new(change.document.path()))
        .collect::<Result<_, _>>()?;
    let mut tracked = options.tracked.to_vec();
    let known = |path: &&RelPath| tracked.iter().all(|it| it.path != path.as_str());
    let unasked: Vec<RelPath> = paths.iter().filter(known).cloned().collect();
    tracked.extend(repository.tracked_entries(&unasked)?);
    let ours = |it: &&IndexEntry| paths.iter().any(|path| path.as_str() == it.path);
    for entry in tracked.iter().filter(ours) {
        if let Some(hidden) = entry.hidden {
            return Err(ApplyError::Hidden { path: entry.path.clone(), mark: hidden.as_str() });
        }
    }
    if !options.allow_dirty
        && let Some(path) = repository.uncommitted_given(&paths, &tracked)?.first()
    {
        return Err(ApplyError::Dirty { path: path.as_str().to_owned() });
    }
    let files: Vec<FileChange> = paths
        .iter()
        .zip(changes)
        .map(|(path, change)| FileChange {
            path: path.clone(),
            // The file must still have the content that was read: another command may have changed it.
            expect: Expect::Content(change.before.text().as_bytes().to_vec()),
            new: Some(change.document.text().as_bytes().to_vec()),
        })
        .collect();
    if options.no_commit {
        write(repository, &files)?;
        return Ok(Applied { commit: None });
    }
    let (subject, reason, facts) = commit_message(changes);
    let message = compose_message(&subject, reason.unwrap_or_default(), &facts)?;
    let author = options.author.cloned();
    let request = CommitRequest { paths: &paths, message: &message, author, ..<_>::default() };
    let commit = write_and_commit(repository, &files, &request)?;
    let now = repository.head()?.unwrap_or(commit);
    for path in repository.changed_by_hooks(now, &files)? {
        let of = |change: &&Change| change.document.path() == path.as_str();
        let Some(change) = changes.iter().find(of) else { continue };
        let bytes = repository.read_file(now, path.as_str())?;
        if let Some(held) = describe_undone(change, bytes.as_deref()) {
            return Err(ApplyError::Undone { commit, path: path.as_str().to_owned(), held });
        }
    }
    Ok(Applied { commit: Some(commit) })
}

/// Describes how the committed file lacks the change, if it does. Hooks may lay it out in another
/// way, and add to it.
fn describe_undone(change: &Change, committed: Option<&[u8]>) -> Option<String> {
    let path = change.document.path();
    let Some(bytes) = committed else { return Some("is gone".to_owned()) };
    let stored = match Stored::parse(path, bytes) {
        Ok(stored) => stored,
        Err(diagnostics) => {
            let why = diagnostics.first().map(|it| it.message.as_str()).unwrap_or_default();
            return Some(format!("cannot be read as an item ({})", visible(why)));
        }
    };
    let (wanted, held) = (change.document.to_value(), stored.document.to_value());
    let lost = |pointer: &&String| match (wanted.pointer(pointer), held.pointer(pointer)) {
        (Some(wanted), Some(held)) => !covers_value(held, wanted),
        (wanted, held) => wanted.is_some() || held.is_some(),
    };
    let lost = change.changed.iter().find(lost)?;
    Some(format!("lacks the change of {}", in_words(lost, &wanted)))
}

/// Names a JSON pointer in words: `milestone 2 due` for `/milestones/1/due`.
fn in_words(pointer: &str, item: &Value) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut place = String::new();
    for step in pointer.split('/').skip(1) {
        place = format!("{place}/{step}");
        let entry = step.parse::<usize>().ok();
        let id = item.pointer(&format!("{place}/id")).and_then(Value::as_u64);
        match (entry, words.last_mut(), id) {
            (Some(_), Some(last), Some(id)) if last == "milestones" => {
                *last = format!("milestone {id}")
            }
            (Some(at), ..) => words.push(format!("(entry {})", at + 1)),
            (None, ..) => words.push(step.replace('_', " ")),
        }
    }
    words.join(" ")
}

/// Returns whether a value contains everything of another one.
fn covers_value(held: &Value, wanted: &Value) -> bool {
    match (held, wanted) {
        (Value::Object(held), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| held.get(key).is_some_and(|held| covers_value(held, wanted))),
        (Value::Array(held), Value::Array(wanted)) => {
            held.len() >= wanted.len()
                && wanted.iter().all(|wanted| held.iter().any(|held| covers_value(held, wanted)))
        }
        _ => held == wanted,
    }
}

/// Composes the commit message of some changes: that of one is its own, that of many counts them.
fn commit_message(changes: &[Change]) -> (String, Option<&str>, Vec<(&'static str, String)>) {
    let subject = match changes {
        [one] => one.subject.clone(),
        many => {
            let first = many.first().map(subject_text).unwrap_or_default();
            let same = many.iter().all(|change| subject_text(change) == first);
            format!("{} items: {}", many.len(), if same { first } else { "changed".to_owned() })
        }
    };
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    for fact in changes.iter().flat_map(|change| &change.facts) {
        if !facts.contains(fact) {
            facts.push(fact.clone());
        }
    }
    (subject, changes.first().and_then(|change| change.reason.as_deref()), facts)
}

fn subject_text(change: &Change) -> String {
    change.subject.split_once(": ").map_or_else(String::new, |(_, said)| said.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::change::ChangeOptions;
    use crate::document::Edit;

    const ITEM: &str = "\
id: V-1
weakness_name: W
original_detection_date: 2026-01-01
original_risk_rating: high
status: open
evidence:
  - {reference: E4, collected: 2026-02-01}
";

    #[test]
    fn a_change_is_kept_where_its_values_are_however_they_are_laid_out() {
        let stored = Stored::parse("items/V-1.yaml", ITEM.as_bytes()).unwrap();
        // Equal to an entry that is there already, so that only the number of entries shows.
        let again = json!({"reference": "E4", "collected": "2026-02-01"});
        let edits = [Edit::append("/evidence", again)];
        let wish = ChangeOptions::default();
        let change =
            Change::build(&stored, &edits, "V-1: evidence E4".into(), &wish, vec![]).unwrap();
        let written = change.document.text().to_string();
        let said = |text: &str| describe_undone(&change, Some(text.as_bytes()));
        assert_eq!(said(&written), None);
        assert_eq!(said(&written.replace('\n', "\r\n")), None);
        assert_eq!(said(&format!("# header\n{}", written.replace(": E4", ": 'E4'"))), None);
        let more = written.replace("evidence:", "evidence:\n  - {reference: by a hook}");
        assert_eq!(said(&more), None, "{more}");
        assert_eq!(said(&written.replace("name: W", "name: Weakness")), None);
        assert_eq!(said(ITEM).as_deref(), Some("lacks the change of evidence"));
        let other = written.replace("E4", "E5");
        assert_eq!(said(&other).as_deref(), Some("lacks the change of evidence"));
        assert!(said("id: [\n").unwrap().starts_with("cannot be read as an item ("));
        assert_eq!(describe_undone(&change, None).as_deref(), Some("is gone"));
    }
}
