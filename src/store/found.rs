use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::file_error;
use crate::diagnostic::Diagnostic;
use crate::document::Limits;
use crate::repository::{CommitId, FileKind, GitError, Repository, TreeFile};

/// A file that should be an item, before it is read.
#[derive(Debug, Clone)]
pub struct Found {
    /// Path from the root of the repository, with `/`.
    pub path: String,
    /// Where its bytes are.
    pub content: Content,
}

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub enum Content {
    /// On disk.
    File(PathBuf),
    /// Read already, from a revision.
    Bytes(Vec<u8>),
    /// It is no file that may be read.
    Refused(Box<Diagnostic>),
}

impl Content {
    /// The bytes, or why there are none.
    pub(super) fn bytes(&self, path: &str) -> Result<Cow<'_, [u8]>, Box<Diagnostic>> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Refused(diagnostic) => Err(diagnostic.clone()),
            Self::File(on_disk) => {
                let unreadable = |error: std::io::Error| {
                    let message = format!("file cannot be read: {error}");
                    Box::new(file_error(path, message, "check its permissions"))
                };
                let mut file = File::open(on_disk).map_err(unreadable)?;
                // Sized before it is read: a file may be larger than memory.
                let size = file.metadata().map_or(0, |data| data.len());
                if size > Limits::ITEM.bytes as u64 {
                    let message = format!(
                        "file has {size} bytes, more than the limit of {}",
                        Limits::ITEM.bytes
                    );
                    let help =
                        "keep long material in files of its own and name them under `evidence:`";
                    return Err(Box::new(file_error(path, message, help)));
                }
                // A file that grows meanwhile is refused by its bytes.
                let room = usize::try_from(size).unwrap_or_default();
                let mut bytes = Vec::with_capacity(room + 1);
                let most = Limits::ITEM.bytes as u64 + 1;
                file.by_ref().take(most).read_to_end(&mut bytes).map_err(unreadable)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

/// Every file below the items folder that is an item or was meant to be one.
pub(super) fn on_disk(root: &Path, prefix: &str, items: &str) -> Vec<Found> {
    let folder = root.join(items);
    let mut found = Vec::new();
    if !folder.exists() {
        return found;
    }
    // The folder itself must lie in the tracker, not behind a link out of it.
    for entry in
        WalkDir::new(&folder).follow_links(false).follow_root_links(false).sort_by_file_name()
    {
        let refuse = |path: String, message: String, help: &str| {
            let content = refused(&path, message, help);
            Found { path, content }
        };
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = path_of(root, prefix, error.path().unwrap_or(&folder));
                found.push(refuse(
                    path,
                    format!("folder cannot be read: {error}"),
                    "check its permissions",
                ));
                continue;
            }
        };
        let path = path_of(root, prefix, entry.path());
        let kind = entry.file_type();
        let named_like_item = is_item_name(&path);
        if kind.is_symlink() {
            // A link may hide items, or lead out of the tracker: never followed, always said.
            found.push(refuse(
                path,
                "symbolic link in the items folder".to_owned(),
                "replace the link by the file itself",
            ));
        } else if kind.is_dir() {
            if named_like_item {
                found.push(refuse(
                    path,
                    "a folder is named like an item".to_owned(),
                    "rename the folder; items are files",
                ));
            }
        } else if !named_like_item {
            // Anything else may lie beside items: a README, evidence.
        } else if !path.ends_with(".yaml") {
            found.push(refuse(path, "item files end in `.yaml`".to_owned(), "rename the file"));
        } else if kind.is_file() {
            found.push(Found { path, content: Content::File(entry.into_path()) });
        } else {
            found.push(refuse(path, "not a regular file".to_owned(), "replace it by a file"));
        }
    }
    found
}

/// The same for a commit.
pub(super) fn at_commit(
    repository: &Repository,
    commit: CommitId,
    folder: &str,
) -> Result<Vec<Found>, GitError> {
    let mut found = Vec::new();
    for TreeFile { path, blob, kind } in repository.files(commit, folder)? {
        if kind == FileKind::Regular && !is_item_name(&path) {
            continue;
        }
        let content = match refusal(&path, kind) {
            Some(why) => Content::Refused(why),
            None => match repository.blob_up_to(blob, Limits::ITEM.bytes as u64) {
                Ok(bytes) => Content::Bytes(bytes),
                Err(GitError::TooLarge { size, limit, .. }) => {
                    Content::Refused(too_large(&path, size, limit))
                }
                Err(error) => return Err(error),
            },
        };
        found.push(Found { path, content });
    }
    Ok(found)
}

/// Why what a commit has at a path is no file that may be read, by its kind and its name.
pub(super) fn refusal(path: &str, kind: FileKind) -> Option<Box<Diagnostic>> {
    let (message, help) = match kind {
        FileKind::Regular if path.ends_with(".yaml") => return None,
        FileKind::Regular => ("item files end in `.yaml`", "rename the file"),
        FileKind::Link => {
            ("symbolic link in the items folder", "replace the link by the file itself")
        }
        FileKind::Submodule => ("submodule in the items folder", "keep items in this repository"),
    };
    Some(Box::new(file_error(path, message, help)))
}

/// What is said of a file that a commit has and that is larger than a file may be.
pub(super) fn too_large(path: &str, size: u64, limit: u64) -> Box<Diagnostic> {
    let message = format!("file has {size} bytes, more than the limit of {limit}");
    Box::new(file_error(path, message, "keep long material in files of its own"))
}

fn refused(path: &str, message: impl Into<String>, help: &str) -> Content {
    Content::Refused(Box::new(file_error(path, message, help)))
}

/// Whether a file's name says that it is an item, rightly or almost.
pub(super) fn is_item_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// A path on disk as one from the root of the repository.
fn path_of(root: &Path, prefix: &str, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    format!("{prefix}{}", parts.join("/"))
}
