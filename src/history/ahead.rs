//! Reading what commits changed before they land.
//!
//! Commits land oldest first, but they are walked newest first, and nearly all that is to be done
//! for one needs only the commit: reading files, taking them apart, comparing two versions of a
//! file. All of that is done here, in any order and by all processors, while the walk goes on.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::mpsc;
use std::thread::{Scope, ScopedJoinHandle};

use indexmap::IndexMap;
use rayon::prelude::*;

use super::Difference;
use super::content::{Content, Version, What};
use super::facts::{Facts, actor};
use super::land::{Ahead, File, is_ours};
use super::recorded::Form;
use crate::model::ItemId;
use crate::packed::{Packed, TOGETHER};
use crate::repository::{
    BlobAnswers, BlobId, BlobQuestions, Change, CommitId, GitError, Landed, Repository, walk_back,
};

/// A commit that is ready to land.
pub(super) struct Ready {
    pub(super) commit: CommitId,
    pub(super) facts: Facts,
    pub(super) files: Vec<File>,
}

/// What landed after `since` up to `head`, oldest first; commits of at least `size` changes are read
/// together.
pub(super) fn read(
    repository: &Repository,
    (since, head): (Option<CommitId>, CommitId),
    paths: &[&str],
    settings: &str,
    size: usize,
) -> Result<Vec<Ready>, GitError> {
    std::thread::scope(|scope| {
        let (mut batch, mut changes) = (Vec::new(), 0);
        let mut line = None;
        let mut failed = None;
        walk_back(repository, since, head, paths, |landed| {
            changes += landed.changes.len();
            batch.push(landed);
            if changes < size || failed.is_some() {
                return;
            }
            changes = 0;
            // Only a long history is worth threads.
            if line.is_none() {
                match Line::start(scope, repository, settings) {
                    Ok(started) => line = Some(started),
                    Err(error) => failed = Some(error),
                }
            }
            if let Some(line) = &mut line {
                line.send(std::mem::take(&mut batch), settings);
            }
        })?;
        match (failed, line) {
            (Some(error), _) => Err(error),
            (None, Some(mut line)) => {
                line.send(batch, settings);
                line.end()
            }
            (None, None) => {
                let mut reader = Reader::new(repository, settings);
                let contents = contents(&batch, settings, repository, None)?;
                reader.read(batch, contents);
                reader.finish()
            }
        }
    })
}

/// Contents of the new files of some commits, in their order.
type Contents = Vec<Vec<u8>>;

/// The walk sends commits; a git program reads what they brought, one thread takes that over from
/// it and another one takes it apart. What is sent waits without a limit, so that nobody ever waits
/// for one who waits for him.
struct Line<'scope> {
    batches: mpsc::Sender<Vec<Landed>>,
    questions: Option<BlobQuestions>,
    thread: ScopedJoinHandle<'scope, Result<Vec<Ready>, GitError>>,
}

impl<'scope> Line<'scope> {
    fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        repository: &Repository,
        settings: &'env str,
    ) -> Result<Self, GitError> {
        let (here, there) = (repository.again()?, repository.again()?);
        let (questions, mut answers) = repository.read_beside().unzip();
        let (batches, waiting) = mpsc::channel::<Vec<Landed>>();
        let (sender, read) = mpsc::channel();
        scope.spawn(move || {
            for batch in waiting {
                let contents = contents(&batch, settings, &here, answers.as_mut());
                // Nobody takes more where something failed.
                if sender.send(contents.map(|contents| (batch, contents))).is_err() {
                    return;
                }
            }
        });
        let thread = scope.spawn(move || {
            let mut reader = Reader::new(&there, settings);
            for some in read {
                let (batch, contents) = some?;
                reader.read(batch, contents);
            }
            reader.finish()
        });
        Ok(Self { batches, questions, thread })
    }

    fn send(&mut self, batch: Vec<Landed>, settings: &str) {
        let wanted: Vec<BlobId> = wanted(&batch, settings).collect();
        let _ = self.batches.send(batch);
        if let Some(questions) = &mut self.questions {
            questions.ask(wanted);
        }
    }

    fn end(self) -> Result<Vec<Ready>, GitError> {
        let Self { batches, questions, thread } = self;
        drop((batches, questions));
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn ours<'l>(landed: &'l Landed, settings: &str) -> impl Iterator<Item = &'l Change> {
    landed.changes.iter().filter(move |change| is_ours(&change.path, settings))
}

/// The new files of some commits, in their order.
fn wanted(batch: &[Landed], settings: &str) -> impl Iterator<Item = BlobId> {
    batch.iter().flat_map(move |landed| ours(landed, settings)).filter_map(|change| change.new)
}

/// What the git program says, or else the library.
fn contents(
    batch: &[Landed],
    settings: &str,
    repository: &Repository,
    mut answers: Option<&mut BlobAnswers>,
) -> Result<Contents, GitError> {
    let mut contents = Contents::new();
    let mut missing = Vec::new();
    for (at, id) in wanted(batch, settings).enumerate() {
        let answer = answers.as_mut().and_then(|answers| answers.next(id));
        if answer.is_none() {
            missing.push((at, id));
        }
        contents.push(answer.unwrap_or_default());
    }
    let mut places = missing.iter().map(|(at, _)| *at);
    repository.blobs(missing.iter().map(|(_, id)| *id), |bytes| {
        if let Some(content) = places.next().and_then(|at| contents.get_mut(at)) {
            *content = bytes.to_vec();
        }
    })?;
    Ok(contents)
}

/// Where a change is: the number of its commit, newest first, and its own in it.
type At = (usize, usize);

/// Reads commits, newest first.
struct Reader<'r> {
    repository: &'r Repository,
    settings: &'r str,
    ready: Vec<Ready>,
    /// By path, versions that are to be compared with what the path held before.
    pending: HashMap<String, Pending>,
}

/// A version, and where it landed.
struct Pending {
    at: At,
    id: ItemId,
    content: Content,
    /// What it is compared with.
    old: BlobId,
}

/// What was found out of a change.
struct Found {
    at: At,
    what: Know,
}

enum Know {
    /// What it holds now.
    Version { version: Version, created: Option<Created> },
    /// What happened since an earlier content.
    Since(BlobId, Vec<Difference>),
}

/// What a new file holds.
struct Created {
    /// As JSON, until it is packed.
    json: String,
    packed: Option<Packed>,
    is_item: bool,
}

/// The changes of one path, newest first, with what they brought.
struct Group {
    path: String,
    pending: Option<Pending>,
    changes: Vec<(At, Option<BlobId>, BlobId, Vec<u8>)>,
}

/// What came of the changes of one path: its oldest version, if it waits, and what was found out.
type Read = (Option<(String, Pending)>, Vec<Found>);

impl<'r> Reader<'r> {
    fn new(repository: &'r Repository, settings: &'r str) -> Self {
        Self { repository, settings, ready: Vec::new(), pending: HashMap::new() }
    }

    fn read(&mut self, batch: Vec<Landed>, contents: Contents) {
        let settings = self.settings;
        let first = self.ready.len();
        let mut groups: IndexMap<&str, Group> = IndexMap::new();
        let mut contents = contents.into_iter();
        for (commit, landed) in batch.iter().enumerate() {
            for (file, change) in ours(landed, settings).enumerate() {
                let Some((new, bytes)) = change.new.and_then(|new| Some((new, contents.next()?)))
                else {
                    continue;
                };
                let group = groups.entry(&change.path).or_insert_with(|| Group {
                    path: change.path.clone(),
                    pending: self.pending.remove(&change.path),
                    changes: Vec::new(),
                });
                group.changes.push(((first + commit, file), change.old, new, bytes));
            }
        }
        let groups: Vec<Group> = groups.into_values().collect();
        let some = groups.into_par_iter().chunks(TOGETHER);
        let read: Vec<Vec<Read>> = some.map(|groups| read_together(groups, settings)).collect();
        self.ready.par_extend(batch.into_par_iter().map(|landed| ready(landed, settings)));
        for (pending, found) in read.into_iter().flatten() {
            self.pending.extend(pending);
            self.note(found);
        }
    }

    fn note(&mut self, found: Vec<Found>) {
        for Found { at: (commit, file), what } in found {
            let file = self.ready.get_mut(commit).and_then(|it| it.files.get_mut(file));
            match (file, what) {
                (None, _) => {}
                (Some(file), Know::Version { version, created }) => {
                    file.new = Some(version);
                    file.ahead.is_item = created.as_ref().map(|created| created.is_item);
                    let packed = created.and_then(|created| created.packed);
                    let created = packed.map(|packed| Form::Packed(packed).into());
                    file.ahead.value = Cell::new(created);
                }
                (Some(file), Know::Since(old, differences)) => {
                    file.ahead.since = Cell::new(Some((old, differences)));
                }
            }
        }
    }

    /// Compares what is left with what came before the walk began.
    fn finish(mut self) -> Result<Vec<Ready>, GitError> {
        let mut pending: Vec<(String, Pending)> = self.pending.drain().collect();
        pending.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut before = Vec::with_capacity(pending.len());
        self.repository.blobs(pending.iter().map(|(_, it)| it.old), |bytes| {
            before.push(bytes.to_vec());
        })?;
        let pairs: Vec<_> = pending.into_iter().zip(before).collect();
        let compare = |((path, pending), bytes): ((String, Pending), Vec<u8>)| {
            let old = pending.old;
            if let Some((_, differences)) = pending.near(old, &bytes) {
                return Some(pending.since(differences));
            }
            let (_, before) = Content::read(&path, &bytes, false);
            pending.compared(old, before.as_ref())
        };
        let found = pairs.into_par_iter().filter_map(compare).collect();
        self.note(found);
        self.ready.reverse();
        Ok(self.ready)
    }
}

/// Reads the changes of some paths, and packs the files that are new in them together.
fn read_together(groups: Vec<Group>, settings: &str) -> Vec<Read> {
    let mut read: Vec<Read> = groups.into_iter().map(|group| group.read(settings)).collect();
    let found = read.iter_mut().flat_map(|(_, found)| found);
    let mut created: Vec<&mut Created> = found
        .filter_map(|found| match &mut found.what {
            Know::Version { created, .. } => created.as_mut(),
            Know::Since(..) => None,
        })
        .collect();
    let texts: Vec<String> = created.iter_mut().map(|it| std::mem::take(&mut it.json)).collect();
    for (created, packed) in created.into_iter().zip(Packed::all(&texts)) {
        created.packed = packed;
    }
    read
}

impl Group {
    /// Takes the versions apart and compares each with the one before it; the oldest waits.
    fn read(self, settings: &str) -> Read {
        let Self { path, mut pending, changes } = self;
        let mut found = Vec::with_capacity(2 * changes.len());
        for (at, old, blob, bytes) in changes {
            let after = pending.take();
            // What a file was created with is kept whole, and so read whole.
            let near =
                after.as_ref().filter(|_| old.is_some()).and_then(|it| it.near(blob, &bytes));
            let (what, content) = match (after, near) {
                (Some(after), Some((before, differences))) => {
                    let id = after.id.clone();
                    found.push(after.since(differences));
                    (What::Item(id), Some(before))
                }
                (after, _) => {
                    let (what, content) = Content::read(&path, &bytes, path == settings);
                    found.extend(after.and_then(|it| it.compared(blob, content.as_ref())));
                    (what, content)
                }
            };
            let new = content.as_ref().filter(|_| old.is_none() && matches!(what, What::Item(_)));
            let created = new.map(|content| Created {
                json: content.to_json(),
                packed: None,
                is_item: content.is_item(),
            });
            pending = match (&what, content, old) {
                (What::Item(id), Some(content), Some(old)) => {
                    Some(Pending { at, id: id.clone(), content, old })
                }
                _ => None,
            };
            let version = Version { what, blob: Some(blob), value: None };
            found.push(Found { at, what: Know::Version { version, created } });
        }
        (pending.map(|pending| (path, pending)), found)
    }
}

impl Pending {
    /// What it is compared with, if these bytes are that, and what happened since. Only what differs
    /// is read; nothing where that does not tell.
    fn near(&self, blob: BlobId, bytes: &[u8]) -> Option<(Content, Vec<Difference>)> {
        (blob == self.old).then(|| self.content.before(&self.id, bytes))?
    }

    /// What happened since the version before; nothing where that is none of it.
    fn compared(self, blob: BlobId, before: Option<&Content>) -> Option<Found> {
        let before =
            before.filter(|before| blob == self.old && before.id() == self.content.id())?;
        let differences = Content::between(before, &self.content);
        Some(self.since(differences))
    }

    fn since(self, differences: Vec<Difference>) -> Found {
        Found { at: self.at, what: Know::Since(self.old, differences) }
    }
}

/// A commit without what its files hold.
fn ready(landed: Landed, settings: &str) -> Ready {
    let facts = Facts::of(&landed);
    let ours = landed.changes.into_iter().filter(|change| is_ours(&change.path, settings));
    let files = ours.map(|change| {
        // What stands there is not read, so that nobody follows it.
        let irregular = change.irregular && change.new.is_none() && change.old.is_none();
        File {
            new: irregular.then(|| Version::unreadable("a symbolic link or a submodule")),
            ahead: Ahead::default(),
            reason: facts.reason_for(&change),
            origins: facts.origins_of(&change),
            authors: change.authors.iter().map(actor).collect(),
            path: change.path.into(),
        }
    });
    Ready { commit: landed.commit, files: files.collect(), facts }
}
