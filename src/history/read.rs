use std::collections::HashMap;
use std::sync::Arc;

use chrono::Utc;
use rayon::prelude::*;

use super::facts::{Facts, actor};
use super::land::{File, Lander, Version};
use super::{Actor, History};
use crate::repository::{BlobId, CommitId, GitError, Landed, Repository, walk};
use crate::settings;

/// Why history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Git cannot tell.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Commits that are read and parsed together: blobs of one file lie near each other in a pack, so
/// reading many in the order of their paths is several times faster than one by one.
const BATCH: usize = 4096;

/// The history of a tracker up to a revision. `prefix` and `items` are those of the tracker:
/// `prefix` + `poam.yaml` are the settings, `items_folder` holds the items.
pub fn read(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
) -> Result<History, HistoryError> {
    let settings = format!("{prefix}{}", settings::FILE);
    let landed = walk(repository, head, &[items_folder, &settings])?;
    let mut lander = Lander::new(settings);
    for batch in landed.chunks(BATCH) {
        let versions = versions(repository, batch, &lander)?;
        for commit in batch {
            let facts = Facts::of(commit);
            let files = files(commit, &facts, &versions, &lander);
            lander.land(&facts, files);
        }
    }
    let mut history = lander.finish();
    history.head = Some(head);
    history.head_time = Some(repository.committed(head)?.with_timezone(&Utc));
    Ok(history)
}

type Versions = HashMap<BlobId, Arc<Version>>;

/// Reads and parses every new version of a batch.
fn versions(
    repository: &Repository,
    batch: &[Landed],
    lander: &Lander,
) -> Result<Versions, GitError> {
    let mut wanted: Vec<(&str, BlobId)> = batch
        .iter()
        .flat_map(|landed| &landed.changes)
        .filter(|change| lander.is_ours(&change.path))
        .filter_map(|change| Some((change.path.as_str(), change.new?)))
        .collect();
    wanted.sort_unstable();
    wanted.dedup_by_key(|(_, blob)| *blob);
    let blobs: Vec<(&str, BlobId, Vec<u8>)> = wanted
        .into_iter()
        .map(|(path, blob)| Ok((path, blob, repository.blob(blob)?)))
        .collect::<Result<_, GitError>>()?;
    let parse = |(path, blob, bytes): (&str, BlobId, Vec<u8>)| {
        (blob, Arc::new(lander.version(path, &bytes)))
    };
    Ok(blobs.into_par_iter().map(parse).collect())
}

/// The files of a commit with their new versions.
fn files<'a>(
    landed: &'a Landed,
    facts: &Facts,
    versions: &Versions,
    lander: &Lander,
) -> Vec<File<'a>> {
    let ours = landed.changes.iter().filter(|change| lander.is_ours(&change.path));
    ours.map(|change| {
        let new = change.new.and_then(|blob| versions.get(&blob)).cloned();
        // What stands there is not read, so that nobody follows it.
        let irregular = change.irregular && change.new.is_none() && change.old.is_none();
        let why = || Version::Unreadable("a symbolic link or a submodule".to_owned());
        File {
            path: &change.path,
            new: if irregular { Some(Arc::new(why())) } else { new },
            reason: facts.reason_for(change),
            origins: facts.origins_of(change),
            authors: change.authors.iter().map(actor).collect::<Vec<Actor>>(),
        }
    })
    .collect()
}
