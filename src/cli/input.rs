//! Documents that a person names: read up to a limit, whatever is at the place.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Reads a file or a pipe of at most `limit` bytes. `what` is what is expected, for messages.
///
/// # Errors
///
/// When it is larger (of a file nothing is read then), a folder or a device, or a pipe that nothing writes to.
pub(super) fn read_document(path: &Path, limit: u64, what: &str) -> Result<Vec<u8>> {
    let too_large =
        |size: u64| format!("{size} bytes are too many for {what}: at most {limit} bytes are read");
    // Before it is opened: to open a device or a pipe can do something, or wait.
    let kind = path.metadata()?.file_type();
    if kind.is_dir() {
        bail!("it is a folder, not {what}");
    }
    let is_pipe = is_pipe(kind);
    if !kind.is_file() && !is_pipe {
        bail!("it is a device, not {what}");
    }
    let file = open(path)?;
    // Asked of the open file: another one may be at the place by now.
    let size = file.metadata()?.len();
    if !is_pipe && size > limit {
        bail!(too_large(size));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).context("reading it")?;
    if bytes.len() as u64 > limit {
        bail!(too_large(bytes.len() as u64));
    }
    if is_pipe && bytes.is_empty() {
        bail!("nothing was written to the pipe");
    }
    Ok(bytes)
}

/// Reads the first bytes of a regular file; nothing of anything else: bytes read from a pipe are gone, and
/// a device may have no end.
pub(super) fn read_head(path: &Path, bytes: u64) -> Vec<u8> {
    let mut head = Vec::new();
    if path.is_file()
        && let Ok(file) = File::open(path)
        && file.take(bytes).read_to_end(&mut head).is_err()
    {
        head.clear();
    }
    head
}

#[cfg(unix)]
fn is_pipe(kind: std::fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: std::fs::FileType) -> bool {
    false
}

/// Opens a file. A pipe that nobody has open for writing is at its end, and does not wait for somebody.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use std::fs::OpenOptions;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let flags = fcntl_getfl(&file)?;
    fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
    Ok(file)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("document");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_document(&path, 5, "a table").unwrap(), b"12345");
        let error = read_document(&path, 4, "a table").unwrap_err().to_string();
        assert_eq!(error, "5 bytes are too many for a table: at most 4 bytes are read");
        // Three gigabytes that take no space on disk.
        File::create(&path).unwrap().set_len(3 << 30).unwrap();
        assert!(read_document(&path, 1 << 20, "a table").is_err());
        let error = read_document(dir.path(), 5, "a table").unwrap_err().to_string();
        assert_eq!(error, "it is a folder, not a table");
        assert!(read_document(&dir.path().join("missing"), 5, "a table").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_refused_and_pipes_are_read_up_to_the_limit() {
        for device in ["/dev/zero", "/dev/null"] {
            let error = read_document(Path::new(device), 5, "a table").unwrap_err().to_string();
            assert_eq!(error, "it is a device, not a table");
        }
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let error = read_document(&pipe, 5, "a table").unwrap_err().to_string();
        assert_eq!(error, "nothing was written to the pipe");
        for (text, is_read) in [("12345", true), ("123456", false)] {
            // Opened for both, so that nobody waits for the other.
            let mut writer =
                std::fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
            std::io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
            let reader = {
                let pipe = pipe.clone();
                std::thread::spawn(move || read_document(&pipe, 5, "a table"))
            };
            std::thread::sleep(std::time::Duration::from_millis(300));
            drop(writer);
            assert_eq!(reader.join().unwrap().is_ok(), is_read, "{text}");
        }
    }
}
