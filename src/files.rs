//! Reading files of a tracker that others may have put there.
//!
//! No symbolic link is followed on the way from the tracker's folder to the file, nothing but a
//! regular file is opened, and its size is compared with a limit before a byte of it is read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Reasons why a file is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileReadError {
    /// There is nothing at the path.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// The file, or a folder on the way to it, is a symbolic link.
    #[error("{} is a symbolic link, and links are not followed", .0.display())]
    Link(PathBuf),
    /// The path is a folder, a device, a socket or a named pipe.
    #[error("{} is not a regular file", .0.display())]
    NotRegular(PathBuf),
    /// The file is larger than the caller allows.
    #[error("file has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The system refuses.
    #[error("file cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Reads the file `inside` (a relative path with `/`) below the folder `root`, which is trusted.
pub(crate) fn read_below(root: &Path, inside: &str, limit: u64) -> Result<Vec<u8>, FileReadError> {
    let mut path = root.to_owned();
    let mut steps = inside.split('/').peekable();
    while let Some(step) = steps.next() {
        path.push(step);
        if steps.peek().is_some() && inspect_file(&path)?.file_type().is_symlink() {
            return Err(FileReadError::Link(path));
        }
    }
    read_regular(&path, limit)
}

/// Reads a regular file of at most `limit` bytes; a symbolic link at the path is not followed.
pub(crate) fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, FileReadError> {
    let before = inspect_file(path)?;
    if before.file_type().is_symlink() {
        return Err(FileReadError::Link(path.to_owned()));
    }
    // A device or a pipe is not even opened: opening one can wait for ever, or do something.
    if !before.is_file() {
        return Err(FileReadError::NotRegular(path.to_owned()));
    }
    let mut file = open(path)?;
    // Asked of the open file: the path may lead to another one by now.
    let data = file.metadata()?;
    if !data.is_file() {
        return Err(FileReadError::NotRegular(path.to_owned()));
    }
    let size = data.len();
    if size > limit {
        return Err(FileReadError::TooLarge { size, limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    file.by_ref().take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    let read = bytes.len() as u64;
    // It grew while it was read.
    if read > limit { Err(FileReadError::TooLarge { size: read, limit }) } else { Ok(bytes) }
}

fn inspect_file(path: &Path) -> Result<std::fs::Metadata, FileReadError> {
    path.symlink_metadata().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            FileReadError::Missing(path.to_owned())
        }
        _ => FileReadError::Io(error),
    })
}

#[cfg(unix)]
fn open(path: &Path) -> Result<File, FileReadError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    opened.map_err(|error| match error.raw_os_error() {
        Some(libc::ELOOP) => FileReadError::Link(path.to_owned()),
        _ => FileReadError::Io(error),
    })
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File, FileReadError> {
    Ok(OpenOptions::new().read(true).open(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/file"), "12345").unwrap();
        folder
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = folder();
        assert_eq!(read_below(folder.path(), "a/file", 5).unwrap(), b"12345");
        let error = read_below(folder.path(), "a/file", 4).unwrap_err();
        assert_eq!(error.to_string(), "file has 5 bytes, more than the limit of 4");
        // 3 GB that take no space on disk: nothing of it is read.
        File::create(folder.path().join("huge")).unwrap().set_len(3 << 30).unwrap();
        let error = read_below(folder.path(), "huge", 1 << 20).unwrap_err();
        assert!(matches!(error, FileReadError::TooLarge { size, .. } if size == 3 << 30));
        for missing in ["b", "a/b", "a/file/b"] {
            let error = read_below(folder.path(), missing, 5).unwrap_err();
            assert!(matches!(error, FileReadError::Missing(_)), "{missing}: {error}");
        }
        assert!(matches!(read_below(folder.path(), "a", 5), Err(FileReadError::NotRegular(_))));
    }

    #[cfg(unix)]
    #[test]
    fn links_pipes_and_devices_are_not_opened() {
        let folder = folder();
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
        };
        link("a/file", "link");
        link("a", "linked");
        link("missing", "dangling");
        link("/dev/zero", "zero");
        link("/proc/self/environ", "environ");
        for path in ["link", "linked/file", "dangling", "zero", "environ"] {
            let error = read_below(folder.path(), path, 1 << 20).unwrap_err();
            assert!(matches!(error, FileReadError::Link(_)), "{path}: {error}");
        }
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if made.is_ok_and(|status| status.success()) {
            assert!(matches!(read_regular(&pipe, 5), Err(FileReadError::NotRegular(_))));
        }
        let device = read_regular(Path::new("/dev/null"), 5);
        assert!(matches!(device, Err(FileReadError::NotRegular(_))));
    }
}
