//! Prepares commits for the replay: reads the files that they changed and compares versions.
//!
//! The replay goes through commits one after the other, but nearly all work for a commit needs
//! nothing else: reading its files, parsing them, comparing a version with the one before. That is
//! done here for a batch of commits at once, by all processors, a path with all its versions at a
//! time. It saves the replay work and decides nothing: the replay uses a diff only where it compares
//! the very same two contents.

use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;

use super::content::{FileVersion, ParsedFile, VersionKind};
use super::facts::{Attribution, CommitFacts};
use super::source_record::SourceRecords;
use super::value::StoredForm;
use super::{Difference, EventValue, Hasher};
use crate::document::Limits;
use crate::document::packed::{Packed, TOGETHER};
use crate::model::ItemId;
use crate::repository::{
    BlobId, CommitId, FirstParentCommit, FirstParentWalk, GitError, Repository, TreeChange,
};

/// A commit that is ready to be replayed.
pub(super) struct PreparedCommit {
    pub(super) facts: CommitFacts,
    pub(super) files: Vec<ChangedFile>,
}

/// A file that a commit changed.
pub(super) struct ChangedFile {
    /// The path from the top of the repository.
    pub(super) path: Arc<str>,
    /// The content now; `None` where there is no file any more.
    pub(super) new: Option<FileVersion>,
    /// The authors, reason and sources of the change; mostly shared with other files.
    pub(super) attribution: Arc<Attribution>,
    pub(super) prefetched: Prefetched,
}

/// Results that do not depend on what was replayed before.
#[derive(Default)]
pub(super) struct Prefetched {
    /// The values of a new file, compressed.
    pub(super) created: Option<EventValue>,
    /// Whether the new file can be read as an item.
    pub(super) is_item: Option<bool>,
    /// The differences from an earlier content of the same file.
    pub(super) diff: Option<PrecomputedDiff>,
}

/// The differences from an earlier content.
pub(super) struct PrecomputedDiff {
    pub(super) old: BlobId,
    pub(super) differences: Vec<Difference>,
}

/// Consecutive commits of the line, prepared.
pub(super) struct PreparedBatch {
    pub(super) commits: Vec<PreparedCommit>,
    /// The number of commits of the range that are done with this batch; 0 while a chunk is split.
    pub(super) done: usize,
}

/// Limits of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchLimits {
    /// Commits of the line, whatever they changed.
    pub(super) commits: usize,
    /// Changed files. A commit is never split.
    pub(super) files: usize,
    /// Batches of fewer files than this are prepared by one thread.
    pub(super) parallel_from: usize,
}

/// Prepares the commits of a range, batch by batch.
pub(super) struct Preparer<'a> {
    repository: &'a Repository,
    settings_path: &'a str,
    records: SourceRecords<'a>,
    walk: FirstParentWalk<'a>,
    commits: &'a [CommitId],
    /// The ends of chunks that must not be passed in one batch, as indexes into the range.
    limits: BatchLimits,
    boundary: Option<usize>,
    /// Commits that were walked over.
    walked: usize,
    /// Commits that changed something and wait to be prepared, the next one last.
    waiting: Vec<FirstParentCommit>,
}

impl<'a> Preparer<'a> {
    /// Begins after a commit. `boundary` is a number of commits at which a batch ends.
    pub(super) fn new(
        repository: &'a Repository,
        since: Option<CommitId>,
        commits: &'a [CommitId],
        paths: [&'a str; 2],
        limits: BatchLimits,
        boundary: Option<usize>,
    ) -> Result<Self, GitError> {
        let walk = FirstParentWalk::new(repository, since, &paths)?;
        let [_, settings_path] = paths;
        let waiting = Vec::new();
        let records = SourceRecords::new(repository, settings_path);
        let walked = 0;
        Ok(Self {
            repository,
            settings_path,
            records,
            walk,
            commits,
            limits,
            boundary,
            walked,
            waiting,
        })
    }

    fn next_batch(&mut self) -> Result<Option<PreparedBatch>, GitError> {
        if self.waiting.is_empty() {
            let mut end = self.commits.len().min(self.walked + self.limits.commits);
            if let Some(boundary) = self.boundary.filter(|it| *it > self.walked) {
                end = end.min(boundary);
            }
            let Some(chunk) = self.commits.get(self.walked..end).filter(|it| !it.is_empty()) else {
                return Ok(None);
            };
            self.waiting = self.walk.read(chunk)?;
            self.waiting.reverse();
            self.walked = end;
        }
        let (mut batch, mut files) = (Vec::new(), 0);
        while let Some(commit) = self.waiting.pop() {
            files += commit.changes.len();
            batch.push(commit);
            if files >= self.limits.files {
                break;
            }
        }
        let parallel = files >= self.limits.parallel_from;
        let records = &mut self.records;
        let commits =
            prepare_commits(self.repository, &batch, self.settings_path, records, parallel)?;
        // With some left over, the last commits of the chunk are not done.
        let done = if self.waiting.is_empty() { self.walked } else { 0 };
        Ok(Some(PreparedBatch { commits, done }))
    }
}

impl Iterator for Preparer<'_> {
    type Item = Result<PreparedBatch, GitError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}

/// Returns whether a file is the settings or an item; anything else may lie beside items.
pub(super) fn is_tracked(path: &str, settings_path: &str) -> bool {
    path == settings_path || path.ends_with(".yaml")
}

/// Paths whose contents are read together.
const READ_TOGETHER: usize = 1024;

/// Prepares commits, oldest first.
fn prepare_commits(
    repository: &Repository,
    batch: &[FirstParentCommit],
    settings_path: &str,
    records: &mut SourceRecords<'_>,
    parallel: bool,
) -> Result<Vec<PreparedCommit>, GitError> {
    let groups = group_by_path(batch, settings_path);
    let mut prepared: Vec<PreparedCommit> = Vec::with_capacity(batch.len());
    for commit in batch {
        prepared.push(without_contents(commit, settings_path, records)?);
    }
    for group in &groups {
        for version in &group.versions {
            let file =
                prepared.get_mut(version.commit).and_then(|it| it.files.get_mut(version.file));
            if let Some(file) = file {
                file.path = Arc::clone(&group.path);
            }
        }
    }
    for groups in groups.chunks(READ_TOGETHER) {
        let contents = read_contents(repository, groups)?;
        let work: Vec<(&PathVersions, &PathContents)> = groups.iter().zip(&contents).collect();
        let found: Vec<Vec<FileResult>> = if parallel {
            work.par_chunks(TOGETHER).map(|work| prepare_paths(work, settings_path)).collect()
        } else {
            work.chunks(TOGETHER).map(|work| prepare_paths(work, settings_path)).collect()
        };
        for result in found.into_iter().flatten() {
            let commit = prepared.get_mut(result.commit);
            if let Some(file) = commit.and_then(|it| it.files.get_mut(result.file)) {
                file.new = Some(result.version);
                file.prefetched = result.prefetched;
            }
        }
    }
    Ok(prepared)
}

/// The contents that one path got in a batch of commits, oldest first.
struct PathVersions {
    path: Arc<str>,
    versions: Vec<NewVersion>,
}

/// A content that a commit brought.
#[derive(Clone, Copy)]
struct NewVersion {
    /// The index of the commit in the batch, and of the file in the commit.
    commit: usize,
    file: usize,
    old: Option<BlobId>,
    new: BlobId,
}

/// Lists the contents that commits brought, by path.
fn group_by_path(batch: &[FirstParentCommit], settings_path: &str) -> Vec<PathVersions> {
    let mut groups: IndexMap<&str, PathVersions, Hasher> = IndexMap::default();
    for (commit, changed) in batch.iter().enumerate() {
        for (file, change) in tracked_changes(changed, settings_path).enumerate() {
            let Some(new) = change.new else { continue };
            let version = NewVersion { commit, file, old: change.old, new };
            let group = groups.entry(change.path.as_str()).or_insert_with(|| PathVersions {
                path: Arc::from(change.path.as_str()),
                versions: Vec::with_capacity(1),
            });
            group.versions.push(version);
        }
    }
    // In the order in which the files were created: those are compressed, and asked for, together.
    groups.into_values().collect()
}

fn tracked_changes<'c>(
    commit: &'c FirstParentCommit,
    settings_path: &str,
) -> impl Iterator<Item = &'c TreeChange> {
    commit.changes.iter().filter(move |change| is_tracked(&change.path, settings_path))
}

/// Returns a commit without what its files hold.
fn without_contents(
    commit: &FirstParentCommit,
    settings_path: &str,
    records: &mut SourceRecords<'_>,
) -> Result<PreparedCommit, GitError> {
    let facts = CommitFacts::read(commit, records)?;
    let mut files = Vec::with_capacity(commit.changes.len());
    // Only in merges do files of one commit differ in what is stated of them.
    let mut last: Option<(&TreeChange, Arc<Attribution>)> = None;
    for change in tracked_changes(commit, settings_path) {
        let attribution = match &last {
            Some((other, attribution)) if has_same_attribution(other, change) => {
                Arc::clone(attribution)
            }
            _ => Arc::new(facts.attribute_change(change, records)?),
        };
        last = Some((change, Arc::clone(&attribution)));
        // The target of a symbolic link is not read: links are never followed.
        let irregular = change.irregular && change.new.is_none() && change.old.is_none();
        files.push(ChangedFile {
            // The path of a new content is shared by all versions of the file, see `prepare`.
            path: if change.new.is_some() { Arc::default() } else { change.path.as_str().into() },
            new: irregular
                .then(|| FileVersion::unreadable_version("a symbolic link or a submodule")),
            attribution,
            prefetched: Prefetched::default(),
        });
    }
    Ok(PreparedCommit { facts, files })
}

fn has_same_attribution(one: &TreeChange, other: &TreeChange) -> bool {
    one.messages.is_empty()
        && other.messages.is_empty()
        && Arc::ptr_eq(&one.authors, &other.authors)
}

/// The bytes of a version, or the size of one that is larger than a file may be: such a one is not
/// read at all.
type VersionBytes = Result<Vec<u8>, u64>;

/// The contents of one path: before its first version of the batch, and of each version.
struct PathContents {
    before: Option<VersionBytes>,
    versions: Vec<VersionBytes>,
}

/// Reads contents path by path: versions of a file lie near each other in a pack, most of them as
/// deltas. In the order of the commits it takes three times as long.
fn read_contents(
    repository: &Repository,
    groups: &[PathVersions],
) -> Result<Vec<PathContents>, GitError> {
    let mut ids = Vec::new();
    for group in groups {
        ids.extend(group.versions.first().and_then(|version| version.old));
        ids.extend(group.versions.iter().map(|version| version.new));
    }
    let mut contents = Vec::with_capacity(ids.len());
    repository.blobs_up_to(ids, Limits::ITEM.bytes as u64, |bytes| {
        contents.push(bytes.map(<[u8]>::to_vec));
    })?;
    let mut contents = contents.into_iter();
    let mut by_path = Vec::with_capacity(groups.len());
    for group in groups {
        let has_before = group.versions.first().is_some_and(|version| version.old.is_some());
        by_path.push(PathContents {
            before: if has_before { contents.next() } else { None },
            versions: contents.by_ref().take(group.versions.len()).collect(),
        });
    }
    Ok(by_path)
}

/// The result of preparing one changed file.
struct FileResult {
    commit: usize,
    file: usize,
    version: FileVersion,
    prefetched: Prefetched,
}

/// Prepares some paths, and compresses the files that are new in them together.
fn prepare_paths(work: &[(&PathVersions, &PathContents)], settings_path: &str) -> Vec<FileResult> {
    let (mut results, mut created) = (Vec::new(), Vec::new());
    for (group, contents) in work {
        prepare_path(group, contents, settings_path, &mut results, &mut created);
    }
    let texts: Vec<&str> = created.iter().map(|(_, json)| json.as_str()).collect();
    let packed = Packed::pack_all(&texts);
    for ((index, _), packed) in created.iter().zip(packed) {
        if let (Some(result), Some(packed)) = (results.get_mut(*index), packed) {
            result.prefetched.created = Some(StoredForm::Packed(packed).into());
        }
    }
    results
}

/// Parses the versions of a path and compares each with the one before it. `created` gets the index
/// of the result of each new file, and its values as JSON.
fn prepare_path(
    group: &PathVersions,
    contents: &PathContents,
    settings_path: &str,
    results: &mut Vec<FileResult>,
    created: &mut Vec<(usize, String)>,
) {
    let is_settings = *group.path == *settings_path;
    let mut before = contents.before.as_ref().and_then(|bytes| {
        let blob = group.versions.first()?.old?;
        let (kind, content) = parse(&group.path, bytes, is_settings);
        ParsedItem::new(kind, blob, content)
    });
    for (version, bytes) in group.versions.iter().zip(&contents.versions) {
        let (kind, content) = parse(&group.path, bytes, is_settings);
        let mut prefetched = Prefetched::default();
        if let (VersionKind::Item(_), Some(content), None) = (&kind, &content, version.old) {
            prefetched.is_item = Some(content.is_item());
            created.push((results.len(), content.to_json()));
        }
        let after = ParsedItem::new(kind.clone(), version.new, content);
        if let (Some(before), Some(after)) = (&before, &after)
            && version.old == Some(before.blob)
            && before.id == after.id
        {
            let differences = ParsedFile::diff_versions(&before.content, &after.content);
            prefetched.diff = Some(PrecomputedDiff { old: before.blob, differences });
        }
        let (commit, file) = (version.commit, version.file);
        let version = FileVersion { kind, blob: Some(version.new), value: None };
        results.push(FileResult { commit, file, version, prefetched });
        before = after;
    }
}

fn parse(path: &str, bytes: &VersionBytes, is_settings: bool) -> (VersionKind, Option<ParsedFile>) {
    match bytes {
        Ok(bytes) => ParsedFile::read(path, bytes, is_settings),
        Err(size) => (VersionKind::too_large(*size), None),
    }
}

/// A version of an item, parsed.
struct ParsedItem {
    id: ItemId,
    blob: BlobId,
    content: ParsedFile,
}

impl ParsedItem {
    fn new(kind: VersionKind, blob: BlobId, content: Option<ParsedFile>) -> Option<Self> {
        match (kind, content) {
            (VersionKind::Item(id), Some(content)) => Some(Self { id, blob, content }),
            _ => None,
        }
    }
}
