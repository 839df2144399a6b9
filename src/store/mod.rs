//! Find, load and write a tracker: the settings file and the folder of items.
//!
//! Loading collects everything that is wrong with files as diagnostics; one bad file does not
//! hide the others. Nothing outside the items folder is read, no symbolic link is followed.

mod changes;
mod elsewhere;
mod entry;
mod found;
mod left_out;
mod load;
mod look_up;
mod place;
mod present_fields;
mod readable;
mod reload;
mod staged;
mod stored;

pub use changes::{ChangedContent, TrackerChange, changed_stores};
pub use elsewhere::TrackerMove;
pub use entry::{CompactItem, ItemAccess, ReparseError};
pub use found::{FoundContent, FoundFile};
use load::StoreLoader;
pub use place::PlaceError;
pub use stored::Stored;

use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use crate::diagnostic::{Diagnostic, Label};
use crate::document::Limits;
use crate::files::{self, FileReadError};
use crate::model::{ItemId, Status, Workflow};
use crate::repository::{CommitId, GitError, Repository};
use crate::schema::RULE;
use crate::settings::{self, Settings};

/// Files of a commit that are read together, and batches that wait to be parsed.
const BATCH: usize = 256;
const WAITING: usize = 2;

/// A tracker: its folder and settings.
#[derive(Debug, Clone)]
pub struct Tracker {
    /// The folder of the settings file.
    pub root: PathBuf,
    /// That folder from the root of the repository, with a `/` at its end; empty where both are
    /// the same. Paths in diagnostics and events begin with it.
    pub prefix: String,
    /// The settings.
    pub settings: Settings,
}

/// An error of opening a tracker.
#[derive(Debug, thiserror::Error)]
pub enum TrackerError {
    /// No settings file here or above.
    #[error("no {} in {} or a folder above it: run `poam init` to start a tracker", settings::FILE, .0.display())]
    Missing(PathBuf),
    /// A folder cannot be looked at.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The folder.
        path: PathBuf,
        /// Reason of the system.
        #[source]
        source: std::io::Error,
    },
    /// The settings have errors.
    #[error("the settings have errors")]
    Settings(Vec<Diagnostic>),
    /// Git gives no answer.
    #[error(transparent)]
    Git(GitError),
}

impl Tracker {
    /// Returns the tracker that a folder belongs to: the nearest one at or above it. `repository`
    /// is the top of the repository, where there is one: settings above it are not the repository's
    /// and are not looked for.
    ///
    /// Settings that are a symbolic link, no regular file or too large are an error. The search does
    /// not go on above them.
    pub fn find(dir: &Path, repository: Option<&Path>) -> Result<Self, TrackerError> {
        let unreadable = |source| TrackerError::Read { path: dir.to_owned(), source };
        let dir = dir.canonicalize().map_err(unreadable)?;
        let top = repository.and_then(|top| top.canonicalize().ok());
        let mut root = None;
        for folder in dir.ancestors() {
            if folder.join(settings::FILE).symlink_metadata().is_ok() {
                root = Some(folder);
                break;
            }
            if top.as_deref() == Some(folder) {
                break;
            }
        }
        let root = root.ok_or_else(|| TrackerError::Missing(dir.clone()))?;
        let prefix = prefix_of(root, repository);
        let name = format!("{prefix}{}", settings::FILE);
        let bytes = files::read_below(root, settings::FILE, Limits::ITEM.bytes as u64);
        let bytes =
            bytes.map_err(|error| TrackerError::Settings(vec![refuse_settings(&name, &error)]))?;
        let settings = Settings::parse(&name, &bytes).map_err(TrackerError::Settings)?;
        Ok(Self { root: root.to_owned(), prefix, settings })
    }

    /// Returns the folder of the items from the root of the repository, with a `/` at its end.
    pub fn items_folder(&self) -> String {
        format!("{}{}/", self.prefix, self.settings.items)
    }

    /// Returns the path on disk of a path from the root of the repository.
    pub fn on_disk(&self, path: &str) -> PathBuf {
        self.root.join(path.strip_prefix(&self.prefix).unwrap_or(path))
    }

    /// Returns the tracker as a commit has it, with the settings of that commit; `None` where the
    /// commit has no tracker here.
    pub fn read_commit(
        &self,
        repository: &Repository,
        commit: CommitId,
    ) -> Result<Option<Self>, TrackerError> {
        Self::in_commit(repository, commit, &self.root, &self.prefix)
    }

    /// Returns the tracker in a folder of a commit, with the settings of that commit; `None` where the
    /// commit has no tracker there. `prefix` is the folder from the root of the repository, with a `/` at
    /// its end or empty; `root` is where it would be on disk.
    pub fn in_commit(
        repository: &Repository,
        commit: CommitId,
        root: &Path,
        prefix: &str,
    ) -> Result<Option<Self>, TrackerError> {
        let path = format!("{prefix}{}", settings::FILE);
        let limit = Limits::ITEM.bytes as u64;
        let bytes = match repository.read_file_up_to(commit, &path, limit) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(GitError::TooLarge { size, limit, .. }) => {
                let error = FileReadError::TooLarge { size, limit };
                return Err(TrackerError::Settings(vec![refuse_settings(&path, &error)]));
            }
            Err(error) => return Err(TrackerError::Git(error)),
        };
        let settings = Settings::parse(&path, &bytes).map_err(TrackerError::Settings)?;
        Ok(Some(Self { root: root.to_owned(), prefix: prefix.to_owned(), settings }))
    }

    /// Loads every item of a commit.
    pub fn load_at(&self, repository: &Repository, commit: CommitId) -> Result<Store, GitError> {
        self.entries_at(repository, commit)
    }

    /// Returns every item of a commit as its text.
    pub fn texts_at(
        &self,
        repository: &Repository,
        commit: CommitId,
    ) -> Result<Store<CompactItem>, GitError> {
        self.entries_at(repository, commit)
    }

    /// Returns whether a commit has so many items that memory counts for more than time.
    pub fn is_large_at(&self, repository: &Repository, commit: CommitId) -> Result<bool, GitError> {
        let files = found::at_commit(repository, commit, &self.items_folder())?;
        Ok(files.len() > load::LARGE)
    }

    fn entries_at<E: ItemAccess>(
        &self,
        repository: &Repository,
        commit: CommitId,
    ) -> Result<Store<E>, GitError> {
        let files = found::at_commit(repository, commit, &self.items_folder())?;
        let mut load = StoreLoader::new(files.len());
        // The library reads files one after the other, so they are taken apart meanwhile.
        std::thread::scope(|scope| {
            let (sender, batches) = mpsc::sync_channel(WAITING);
            let loading = scope.spawn(move || {
                batches.into_iter().for_each(|batch| load.add(batch));
                load.finish()
            });
            let mut files = files.into_iter();
            loop {
                let read = found::read_contents(repository, files.by_ref().take(BATCH))?;
                if read.is_empty() {
                    break;
                }
                // It only ends before the last batch where it panics.
                if sender.send(read).is_err() {
                    break;
                }
            }
            drop(sender);
            let store: Store<E> =
                loading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(store.resolve_statuses(&self.settings.workflow))
        })
    }

    /// Loads every item of the work tree.
    pub fn load(&self) -> Store {
        let found = found::on_disk(&self.root, &self.prefix, &self.settings.items);
        Store::read(found).resolve_statuses(&self.settings.workflow)
    }
}

/// Returns the path from the root of the repository to a folder in it, with a `/` at its end.
pub(crate) fn prefix_of(root: &Path, repository: Option<&Path>) -> String {
    let inside = repository
        .and_then(|top| top.canonicalize().ok())
        .and_then(|top| root.strip_prefix(top).ok().map(Path::to_owned));
    let parts: Vec<_> =
        inside.iter().flat_map(|path| path.iter()).map(|part| part.to_string_lossy()).collect();
    if parts.is_empty() { String::new() } else { format!("{}/", parts.join("/")) }
}

/// Returns the status of a workflow that a word of a file means, where the workflow has not the
/// word itself.
fn find_status(status: &Status, workflow: &Workflow) -> Option<Status> {
    let known = workflow.names().contains(&status.as_str());
    if known { None } else { workflow.resolve_word(status.as_str()) }
}

/// All items of a tree, and what is wrong with files that are none.
#[derive(Debug, Clone)]
pub struct Store<E = Stored> {
    items: Vec<E>,
    /// The ids and the places of their items, in order.
    by_id: Vec<(ItemId, usize)>,
    diagnostics: Vec<Diagnostic>,
    unreadable: usize,
}

impl<E> Default for Store<E> {
    fn default() -> Self {
        Self { items: Vec::new(), by_id: Vec::new(), diagnostics: Vec::new(), unreadable: 0 }
    }
}

impl Store {
    /// Reads what was found, in parallel; the order is by path.
    pub fn read(found: Vec<FoundFile>) -> Self {
        Self::read_entries(found)
    }

    /// Returns a number that is another one where a file of an item is, for the time of one program.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        for stored in &self.items {
            stored.path().hash(&mut hasher);
            stored.document.text().hash(&mut hasher);
        }
        self.unreadable.hash(&mut hasher);
        hasher.finish()
    }

    /// Replaces what a file holds, or takes the file out where `read` is `None`. Statuses get the words of the workflow.
    pub fn replace_file(
        &mut self,
        path: &str,
        read: Option<Result<Stored, Vec<Diagnostic>>>,
        workflow: &Workflow,
    ) {
        let known = self.diagnostics.len();
        self.diagnostics.retain(|diagnostic| &*diagnostic.label.path != path);
        if self.diagnostics.len() < known {
            self.unreadable = self.unreadable.saturating_sub(1);
        }
        let place = self.items.binary_search_by(|stored| stored.path().cmp(path));
        let old = place.ok().and_then(|index| self.items.get(index)).map(|it| it.item.id.clone());
        match (read, place) {
            (Some(Ok(mut stored)), place) => {
                stored.resolve_status(workflow);
                let is_same = old.as_ref() == Some(&stored.item.id);
                match place {
                    Ok(index) => {
                        if let Some(item) = self.items.get_mut(index) {
                            *item = stored;
                        }
                    }
                    Err(index) => self.items.insert(index, stored),
                }
                if is_same {
                    return;
                }
            }
            (Some(Err(errors)), place) => {
                self.unreadable += 1;
                self.diagnostics.extend(errors);
                self.diagnostics.sort_by(|a, b| a.label.path.cmp(&b.label.path));
                if let Ok(index) = place {
                    self.items.remove(index);
                }
            }
            (None, Ok(index)) => drop(self.items.remove(index)),
            (None, Err(_)) => return,
        }
        let ids = self.items.iter().enumerate();
        self.by_id = ids.map(|(index, stored)| (stored.item.id.clone(), index)).collect();
        self.by_id.sort_unstable();
    }

    /// Creates a store of these items.
    pub fn from_items(mut items: Vec<Stored>) -> Self {
        items.sort_by(|a, b| a.path().cmp(b.path()));
        let ids = items.iter().enumerate();
        let mut by_id: Vec<(ItemId, usize)> =
            ids.map(|(index, stored)| (stored.item.id.clone(), index)).collect();
        by_id.sort_unstable();
        Self { items, by_id, ..Self::default() }
    }
}

impl<E: ItemAccess> Store<E> {
    /// Reads what was found, in parallel; the order is by path.
    pub(crate) fn read_entries(mut found: Vec<FoundFile>) -> Self {
        found.sort_by(|a, b| a.path.cmp(&b.path));
        let mut load = StoreLoader::new(found.len());
        load.add(found);
        load.finish()
    }

    /// Gives items the statuses of the workflow that the words of their files mean.
    #[must_use]
    pub fn resolve_statuses(mut self, workflow: &Workflow) -> Self {
        for item in &mut self.items {
            item.resolve_status(workflow);
        }
        self
    }

    /// Returns all items, by path.
    pub fn items(&self) -> &[E] {
        &self.items
    }

    /// Lists what is wrong with files that could not be read as items.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Returns the number of files that could not be read as items.
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// Returns the items with an id; more than one where an id was taken twice.
    pub fn with_id(&self, id: &ItemId) -> impl Iterator<Item = &E> {
        let first = self.by_id.partition_point(|(other, _)| other < id);
        let own = self.by_id.iter().skip(first).take_while(move |(other, _)| other == id);
        own.filter_map(|(_, index)| self.items.get(*index))
    }

    /// Returns the item with an id.
    pub fn find(&self, id: &ItemId) -> Option<&E> {
        let first = self.by_id.partition_point(|(other, _)| other < id);
        let (found, index) = self.by_id.get(first)?;
        self.items.get(*index).filter(|_| found == id)
    }

    /// Finds two items with equal ids, if there are any: nobody knows which one the id means.
    pub fn twins(&self) -> Option<(&E, &E)> {
        let two = self.by_id.windows(2).find_map(|two| match two {
            [(id, one), (other, two)] if id == other => Some((*one, *two)),
            _ => None,
        });
        let (one, other) = two?;
        Some((self.items.get(one)?, self.items.get(other)?))
    }

    /// Returns all ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = &ItemId> {
        let own = self.by_id.chunk_by(|(id, _), (other, _)| id == other);
        own.filter_map(|own| own.first().map(|(id, _)| id))
    }
}

/// Returns a diagnostic on settings that are not even opened. Nothing of what they hold is quoted.
fn refuse_settings(path: &str, error: &FileReadError) -> Diagnostic {
    let (message, help) = match error {
        FileReadError::Link(_) => (
            "the settings are a symbolic link, and links are not followed".to_owned(),
            "replace the link by the file itself",
        ),
        FileReadError::NotRegular(_) => (
            "the settings are not a regular file".to_owned(),
            "replace it by a file; `poam init` writes one in an empty folder",
        ),
        FileReadError::TooLarge { size, limit } => (
            format!("the settings have {size} bytes, more than the limit of {limit}"),
            "keep settings alone in this file",
        ),
        other => (other.to_string(), "check its permissions"),
    };
    Diagnostic::new(settings::RULE, Label::whole_file(path), message).help(help)
}

/// Returns a diagnostic on an entire file.
fn file_error(path: &str, message: impl Into<String>, help: &'static str) -> Diagnostic {
    Diagnostic::new(RULE, Label::whole_file(path), message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = "weakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\n";

    fn tracker(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Tracker) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("poam.yaml"), "version: 1\n").unwrap();
        for (path, bytes) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let tracker = Tracker::find(dir.path(), None).unwrap();
        (dir, tracker)
    }

    #[test]
    fn one_bad_file_does_not_hide_the_others() {
        let good = format!("id: V-1\n{ITEM}");
        let also = format!("id: V-2\n{ITEM}");
        let big = vec![b'a'; (1 << 20) + 1];
        let (dir, tracker) = tracker(&[
            ("items/2026/V-1.yaml", good.as_bytes()),
            ("items/V-2.yaml", also.as_bytes()),
            ("items/README.md", b"# not an item"),
            ("items/bad.yaml", b"a: ["),
            ("items/big.yaml", &big),
            ("items/empty.yaml", b""),
            ("items/folder.yaml/V-3.yaml", format!("id: V-3\n{ITEM}").as_bytes()),
            ("items/list.yaml", b"- a\n"),
            ("items/old.yml", good.as_bytes()),
            ("items/twice.yaml", b"a: 1\n---\nb: 2\n"),
            ("items/latin.yaml", b"a: \xe4\n"),
            ("outside.yaml", good.as_bytes()),
        ]);
        #[cfg(unix)]
        std::os::unix::fs::symlink(
            dir.path().join("outside.yaml"),
            dir.path().join("items/link.yaml"),
        )
        .unwrap();
        let store = tracker.load();
        let ids: Vec<_> = store.items().iter().map(|it| it.item.id.as_str()).collect();
        assert_eq!(ids, ["V-1", "V-2", "V-3"]);
        let said: Vec<_> =
            store.diagnostics().iter().map(|it| (&*it.label.path, it.message.as_str())).collect();
        let mut expected = vec![
            ("items/bad.yaml", "file is not YAML: unclosed bracket '['"),
            ("items/big.yaml", "file has 1048577 bytes, more than the limit of 1048576"),
            ("items/empty.yaml", "file has no content"),
            ("items/folder.yaml", "a folder is named like an item"),
            ("items/latin.yaml", "file is not UTF-8 text"),
        ];
        if cfg!(unix) {
            expected.push(("items/link.yaml", "symbolic link in the items folder"));
        }
        expected.extend([
            ("items/list.yaml", "file has a list at the top, where an item's fields belong"),
            ("items/old.yml", "item files end in `.yaml`"),
            ("items/twice.yaml", "file has a second document"),
        ]);
        assert_eq!(said, expected);
        assert_eq!(store.unreadable(), expected.len());
    }

    #[test]
    fn a_number_that_is_no_whole_one_has_its_place() {
        let text = format!(
            "id: V-1\n{ITEM}extra: {{score: 5.0}}\nmilestones:\n  - {{id: 1, description: A}}\n  - {{id: 2.0, description: B}}\n"
        );
        let errors = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap_err();
        let said: Vec<_> = errors
            .iter()
            .map(|it| (it.label.start.line, it.message.as_str(), it.help.as_deref()))
            .collect();
        assert_eq!(said, [(9, "`2.0` is no whole number", Some("write `2`"))]);
    }

    #[cfg(unix)]
    #[test]
    fn the_items_folder_is_not_followed_out_of_the_tracker() {
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join("V-1.yaml"), format!("id: V-1\n{ITEM}")).unwrap();
        let (dir, tracker) = tracker(&[]);
        std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("items")).unwrap();
        let store = tracker.load();
        assert!(store.items().is_empty());
        assert_eq!(store.diagnostics()[0].message, "symbolic link in the items folder");
    }

    #[cfg(unix)]
    #[test]
    fn no_step_to_the_items_folder_leads_out_of_the_tracker() {
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::create_dir(elsewhere.path().join("items")).unwrap();
        std::fs::write(elsewhere.path().join("items/V-1.yaml"), format!("id: V-1\n{ITEM}"))
            .unwrap();
        let (dir, mut tracker) = tracker(&[]);
        tracker.settings.items = "security/items".to_owned();
        assert!(tracker.load().diagnostics().is_empty(), "nothing there yet");
        std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("security")).unwrap();
        let store = tracker.load();
        assert!(store.items().is_empty());
        assert_eq!(&*store.diagnostics()[0].label.path, "security");
    }

    #[test]
    fn folders_as_deep_as_paths_may_be_are_read() {
        let deep = format!("items/{}V-1.yaml", "d/".repeat(1_500));
        let (_dir, tracker) = tracker(&[(&deep, format!("id: V-1\n{ITEM}").as_bytes())]);
        assert_eq!(tracker.load().items().len(), 1);
    }

    #[test]
    fn new_items_are_spread_over_folders() {
        let (_dir, tracker) = tracker(&[]);
        for (id, path) in [
            ("POAM-2026-042", "items/2026/0000/POAM-2026-042.yaml"),
            ("POAM-2026-142", "items/2026/0100/POAM-2026-142.yaml"),
            ("MSS-43561", "items/2026/43500/MSS-43561.yaml"),
            ("A/B-7", "items/2026/0000/A%2FB-7.yaml"),
        ] {
            assert_eq!(tracker.path_for(&id.parse().unwrap(), 2026), path);
        }
        let ids: Vec<ItemId> =
            ["POAM-2026-007", "POAM-2025-400", "V-9"].map(|id| id.parse().unwrap()).into();
        assert_eq!(tracker.next_id(&ids, 2026).unwrap().as_str(), "POAM-2026-008");
        assert_eq!(tracker.next_id(&ids, 2027).unwrap().as_str(), "POAM-2027-001");
        // A number that nobody counted up to is in nobody's way.
        for (ids, next) in [
            (&["POAM-2026-18446744073709551615", "POAM-2026-007"][..], "POAM-2026-008"),
            (&["POAM-2026-18446744073709551614"], "POAM-2026-001"),
            (&["POAM-2026-999999999", "POAM-2026-1000000000"], "POAM-2026-1000000001"),
        ] {
            let ids: Vec<ItemId> = ids.iter().map(|id| id.parse().unwrap()).collect();
            assert_eq!(tracker.next_id(&ids, 2026).unwrap().as_str(), next);
        }
    }

    #[test]
    fn a_tracker_is_found_from_below_and_named_from_the_repository() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("security/poam/items/2026");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(dir.path().join("security/poam/poam.yaml"), "version: 1\n").unwrap();
        let tracker = Tracker::find(&deep, Some(dir.path())).unwrap();
        assert_eq!(tracker.items_folder(), "security/poam/items/");
        let schema = tracker.schema_for("security/poam/items/2026/0000/V-1.yaml");
        assert_eq!(schema, "../../../schema/item.schema.json");
        assert_eq!(
            tracker.on_disk("security/poam/items/V-1.yaml"),
            tracker.root.join("items/V-1.yaml")
        );
        assert!(matches!(Tracker::find(dir.path(), None), Err(TrackerError::Missing(_))));
    }

    #[test]
    fn a_large_tracker_says_what_a_small_one_says() {
        let count = load::LARGE + 1;
        let found = |number: usize| {
            let text = format!("id: V-{number}\n{ITEM}bad: x\n");
            let text = if number % 7_000 == 3 { "id: [".to_owned() } else { text };
            let content = FoundContent::Bytes(text.into_bytes());
            FoundFile { path: format!("items/V-{number:05}.yaml"), content }
        };
        let large = Store::read((0..count).map(found).collect());
        assert_eq!((large.items().len(), large.unreadable()), (count - 3, 3));
        for number in [0, 3, 17, load::LARGE] {
            let small = Store::read(vec![found(number)]);
            let ids: Vec<ItemId> = small.ids().cloned().collect();
            for id in &ids {
                let (one, other) = (large.find(id).unwrap(), small.find(id).unwrap());
                assert_eq!(one.check_schema(), other.check_schema());
                assert_eq!(one.check_schema().len(), 1);
                assert_eq!((one.value(), &one.item), (other.value(), &other.item));
            }
            let said =
                large.diagnostics().iter().filter(|it| it.label.path == found(number).path.into());
            assert!(said.eq(small.diagnostics()));
        }
        let texts: Store<CompactItem> = Store::read_entries((0..count).map(found).collect());
        assert_eq!(texts.diagnostics(), large.diagnostics());
        assert!(texts.ids().eq(large.ids()) && texts.twins().is_none());
        for (text, item) in texts.items().iter().zip(large.items()).step_by(997) {
            let (again, (kind, status)) = (text.stored().unwrap(), (text.kind(), text.status()));
            assert_eq!((text.id(), text.file()), (&item.item.id, item.path()));
            assert_eq!((kind, status), (item.kind(), item.status()));
            assert_eq!(text.detected(), item.detected());
            assert_eq!((&again.item, again.value()), (&item.item, item.value()));
        }
        assert!(large.ids().is_sorted() && large.twins().is_none());
        let twins =
            Store::read(vec![found(1), FoundFile { path: "items/x.yaml".into(), ..found(1) }]);
        assert_eq!((twins.ids().count(), twins.with_id(&"V-1".parse().unwrap()).count()), (1, 2));
        let (one, other) = twins.twins().unwrap();
        assert_eq!((one.path(), other.path()), ("items/V-00001.yaml", "items/x.yaml"));
        let twins = vec![found(1), FoundFile { path: "items/x.yaml".into(), ..found(1) }];
        let twins: Store<CompactItem> = Store::read_entries(twins);
        let (one, other) = twins.twins().unwrap();
        assert_eq!((one.file(), other.file()), ("items/V-00001.yaml", "items/x.yaml"));
    }
}
