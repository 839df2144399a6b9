//! Where `--output` leads.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Session;
use crate::atomic::{TemporaryFile, folder_of};
use crate::output::OutputKind;

/// Links that are followed before they count as a circle.
const MAX_LINKS: usize = 40;

/// Destination of a command's result.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// A file, which is written beside its place and renamed into it.
    File(PathBuf),
    /// A device, a pipe or a file that is open already, which is written through: nothing replaces it.
    Stream(PathBuf),
    /// The standard output of the program under another name (`/dev/stdout`).
    StandardOutput,
}

impl Destination {
    /// The destination of a path. A link leads to its target, which need not exist.
    ///
    /// # Errors
    ///
    /// When a folder or a disk is there, or the links lead in a circle.
    pub(super) fn find(path: &Path) -> io::Result<Self> {
        let mut place = path.to_owned();
        for _ in 0..MAX_LINKS {
            let kind = match place.symlink_metadata() {
                Ok(metadata) => metadata.file_type(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Self::File(place));
                }
                Err(error) => return Err(error),
            };
            if kind.is_dir() {
                return refused_destination("it is a folder; name a file");
            }
            if kind.is_file() {
                return Ok(Self::File(place));
            }
            if !kind.is_symlink() {
                if is_block_device(kind) {
                    return refused_destination("it is a disk; name a file");
                }
                return Ok(Self::Stream(place));
            }
            if let Some(number) = find_descriptor(&place) {
                return Ok(if number == 1 { Self::StandardOutput } else { Self::Stream(place) });
            }
            place = folder_of(&place).join(std::fs::read_link(&place)?);
        }
        refused_destination("the links lead in a circle")
    }

    /// Writes the result; a file is replaced once it is complete. The kind of `content` decides what the standard
    /// output escapes.
    pub(super) fn write<T, E: From<io::Error>>(
        &self,
        session: &mut Session,
        content: OutputKind,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::File(place) => {
                let mut file = TemporaryFile::create_beside(place)?;
                let done = write_buffered(file.file_mut(), write)?;
                file.persist_file()?;
                Ok(done)
            }
            // A pipe has no end to append to, and of a file that is open nothing is overwritten.
            Self::Stream(path) => {
                write_buffered(&mut OpenOptions::new().append(true).open(path)?, write)
            }
            Self::StandardOutput => session.stream(content, write),
        }
    }

    /// Reports what was written: as a result, or beside it where the result itself goes elsewhere than into a
    /// file.
    pub(super) fn report_written(
        &self,
        session: &mut Session,
        text: fmt::Arguments<'_>,
    ) -> anyhow::Result<()> {
        match self {
            Self::File(_) => session.print(format_args!("{text}\n")),
            Self::Stream(_) | Self::StandardOutput => {
                session.say(text);
                Ok(())
            }
        }
    }

    /// The folder for temporary files that are as large as the result.
    pub(super) fn temporary_folder(&self) -> PathBuf {
        match self {
            Self::File(place) => folder_of(place).to_owned(),
            Self::Stream(_) | Self::StandardOutput => std::env::temp_dir(),
        }
    }
}

fn refused_destination(reason: &str) -> Result<Destination, io::Error> {
    Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
}

fn write_buffered<T, E: From<io::Error>>(
    file: &mut std::fs::File,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
) -> Result<T, E> {
    let mut out = BufWriter::new(file);
    let done = write(&mut out)?;
    out.flush()?;
    Ok(done)
}

/// The number of an open file of a process, where a link under `/proc` represents one.
fn find_descriptor(link: &Path) -> Option<u32> {
    let folder = link.parent()?.canonicalize().ok()?;
    let of_process = folder.starts_with("/proc") && folder.file_name()? == "fd";
    link.file_name()?.to_str()?.parse().ok().filter(|_| of_process)
}

#[cfg(unix)]
fn is_block_device(kind: std::fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_block_device()
}

#[cfg(not(unix))]
fn is_block_device(_: std::fs::FileType) -> bool {
    false
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::os::unix::fs::symlink;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_lead_to_their_target_and_devices_are_streams() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), "").unwrap();
        symlink("file", at("link")).unwrap();
        symlink("link", at("second")).unwrap();
        symlink("missing", at("dangling")).unwrap();
        symlink("circle", at("circle")).unwrap();
        symlink("/dev/null", at("null")).unwrap();
        symlink(".", at("folder")).unwrap();
        let find = |name: &str| Destination::find(&at(name));
        for (name, target) in [
            ("file", "file"),
            ("new", "new"),
            ("link", "file"),
            ("second", "file"),
            ("dangling", "missing"),
        ] {
            assert_eq!(find(name).unwrap(), Destination::File(at(target)), "{name}");
        }
        assert_eq!(find("null").unwrap(), Destination::Stream("/dev/null".into()));
        for (name, reason) in [("circle", "circle"), ("folder", "folder"), ("", "folder")] {
            let error = find(name).unwrap_err().to_string();
            assert!(error.contains(reason), "{name}: {error}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_standard_output_is_known_under_its_other_names() {
        for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            // Where it is a terminal or a pipe, and where it is a file.
            assert_eq!(
                Destination::find(Path::new(name)).unwrap(),
                Destination::StandardOutput,
                "{name}"
            );
        }
    }
}
