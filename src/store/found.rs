//! Finds the files of a tracker on disk or in a commit.

use std::borrow::Cow;
use std::fs::FileType;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::file_error;
use crate::diagnostic::Diagnostic;
use crate::document::Limits;
use crate::files::{self, FileReadError};
use crate::repository::{CommitId, FileKind, GitError, Repository, TreeFile};

/// A file that should be an item, before it is read.
#[derive(Debug, Clone)]
pub struct FoundFile {
    /// Path from the root of the repository, with `/`.
    pub path: String,
    /// Its content, or where it is.
    pub content: FoundContent,
}

/// The content of a file, or where it is.
#[derive(Debug, Clone)]
pub enum FoundContent {
    /// On disk.
    File(PathBuf),
    /// Read already, from a revision.
    Bytes(Vec<u8>),
    /// Refused, with the reason.
    Refused(Diagnostic),
}

impl FoundContent {
    /// Returns the bytes, or why there are none.
    pub(super) fn read_bytes(&self, path: &str) -> Result<Cow<'_, [u8]>, Diagnostic> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Refused(diagnostic) => Err(diagnostic.clone()),
            Self::File(on_disk) => {
                let limit = Limits::ITEM.bytes as u64;
                files::read_regular(on_disk, limit).map(Cow::Owned).map_err(|error| {
                    let help = match error {
                        FileReadError::TooLarge { .. } => KEEP_LONG_MATERIAL,
                        FileReadError::Link(_) => "replace the link by the file itself",
                        FileReadError::NotRegular(_) => "replace it by a file",
                        FileReadError::Missing(_) | FileReadError::Io(_) => "check its permissions",
                    };
                    let message = match error {
                        FileReadError::Link(_) => "file is a symbolic link".to_owned(),
                        FileReadError::NotRegular(_) => "not a regular file".to_owned(),
                        FileReadError::Missing(_) => "file is gone".to_owned(),
                        other => other.to_string(),
                    };
                    file_error(path, message, help)
                })
            }
        }
    }
}

/// The help for a file that is too large.
const KEEP_LONG_MATERIAL: &str =
    "keep long material in files of its own and name them under `evidence:`";

/// Returns every file below the items folder that is an item or was meant to be one, in no order.
pub(super) fn on_disk(root: &Path, prefix: &str, items: &str) -> Vec<FoundFile> {
    let mut folder = root.to_owned();
    // The folder itself must lie in the tracker: no step on the way to it is a link out of it.
    for step in items.split('/') {
        folder.push(step);
        let Ok(data) = folder.symlink_metadata() else { return Vec::new() };
        if !data.is_dir() {
            let path = path_of(root, prefix, &folder);
            return sort_out(folder, path, data.file_type()).into_iter().collect();
        }
    }
    let entries = WalkDir::new(&folder).follow_links(false).follow_root_links(false).into_iter();
    let found = entries.filter_map(|entry| match entry {
        Ok(entry) => {
            let (path, kind) = (path_of(root, prefix, entry.path()), entry.file_type());
            sort_out(entry.into_path(), path, kind)
        }
        Err(error) => {
            let path = path_of(root, prefix, error.path().unwrap_or(&folder));
            let message = format!("folder cannot be read: {error}");
            Some(refuse_file(path, message, "check its permissions"))
        }
    });
    found.collect()
}

/// Files at some paths, with the names of all of these.
pub(super) struct FilesAtPaths {
    pub(super) files: Vec<FoundFile>,
    pub(super) names: Vec<String>,
}

/// Finds the files at some paths on disk below the items folder, as [`on_disk`] finds them. Nothing is found
/// where a file is gone.
pub(super) fn at_paths(root: &Path, prefix: &str, paths: &[PathBuf]) -> FilesAtPaths {
    let mut found = FilesAtPaths { files: Vec::new(), names: Vec::new() };
    for path in paths {
        let name = path_of(root, prefix, path);
        if let Ok(data) = path.symlink_metadata() {
            found.files.extend(sort_out(path.clone(), name.clone(), data.file_type()));
        }
        found.names.push(name);
    }
    found
}

/// Returns the path from the root of the repository, with `/` everywhere.
fn path_of(root: &Path, prefix: &str, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    format!("{prefix}{}", parts.join("/"))
}

/// Classifies a path below the items folder; returns nothing where it may be beside items: a
/// README, evidence.
fn sort_out(on_disk: PathBuf, path: String, kind: FileType) -> Option<FoundFile> {
    let named_like_item = is_item_name(&path);
    Some(if kind.is_symlink() {
        // A link may hide items, or lead out of the tracker: never followed, always stated.
        refuse_file(
            path,
            "symbolic link in the items folder",
            "replace the link by the file itself",
        )
    } else if !named_like_item {
        return None;
    } else if kind.is_dir() {
        refuse_file(path, "a folder is named like an item", "rename the folder; items are files")
    } else if !path.ends_with(".yaml") {
        refuse_file(path, "item files end in `.yaml`", "rename the file")
    } else if kind.is_file() {
        FoundFile { path, content: FoundContent::File(on_disk) }
    } else {
        refuse_file(path, "not a regular file", "replace it by a file")
    })
}

/// Finds the files of a commit, whose contents are read by [`read_contents`].
pub(super) fn at_commit(
    repository: &Repository,
    commit: CommitId,
    folder: &str,
) -> Result<Vec<TreeFile>, GitError> {
    let mut files = repository.list_files(commit, folder)?;
    files.retain(|file| file.kind != FileKind::Regular || is_item_name(&file.path));
    Ok(files)
}

/// Files of a commit, with their contents.
pub(super) fn read_contents(
    repository: &Repository,
    files: impl Iterator<Item = TreeFile>,
) -> Result<Vec<FoundFile>, GitError> {
    let files: Vec<TreeFile> = files.collect();
    let refusals = files.iter().map(|file| explain_refusal(&file.path, file.kind));
    let refusals: Vec<Option<Diagnostic>> = refusals.collect();
    let regular = files.iter().zip(&refusals).filter(|(_, why)| why.is_none());
    let mut contents = Vec::with_capacity(files.len());
    let limit = Limits::ITEM.bytes as u64;
    repository.blobs_up_to(regular.map(|(file, _)| file.blob), limit, |it| {
        contents.push(it.map(<[u8]>::to_vec));
    })?;
    let mut contents = contents.into_iter();
    let found = files.into_iter().zip(refusals).filter_map(|(TreeFile { path, .. }, why)| {
        let content = match why {
            Some(why) => FoundContent::Refused(why),
            None => match contents.next()? {
                Ok(bytes) => FoundContent::Bytes(bytes),
                Err(size) => FoundContent::Refused(too_large(&path, size, limit)),
            },
        };
        Some(FoundFile { path, content })
    });
    Ok(found.collect())
}

/// Explains why what a commit has at a path is no file that may be read, by its kind and its name.
pub(super) fn explain_refusal(path: &str, kind: FileKind) -> Option<Diagnostic> {
    let (message, help) = match kind {
        FileKind::Regular if path.ends_with(".yaml") => return None,
        FileKind::Regular => ("item files end in `.yaml`", "rename the file"),
        FileKind::Link => {
            ("symbolic link in the items folder", "replace the link by the file itself")
        }
        FileKind::Submodule => ("submodule in the items folder", "keep items in this repository"),
    };
    Some(file_error(path, message, help))
}

/// Builds the diagnostic of a file in a commit that is larger than a file may be.
pub(super) fn too_large(path: &str, size: u64, limit: u64) -> Diagnostic {
    let message = format!("file has {size} bytes, more than the limit of {limit}");
    file_error(path, message, "keep long material in files of its own")
}

fn refuse_file(path: String, message: impl Into<String>, help: &'static str) -> FoundFile {
    let content = FoundContent::Refused(file_error(&path, message, help));
    FoundFile { path, content }
}

/// Returns whether a file's name is that of an item, or nearly so.
pub(super) fn is_item_name(path: &str) -> bool {
    let ends_with = |end: &str| {
        let start = path.len().checked_sub(end.len());
        start.and_then(|start| path.get(start..)).is_some_and(|it| it.eq_ignore_ascii_case(end))
    };
    ends_with(".yaml") || ends_with(".yml")
}
