//! The modes of files in the git directory where several users share a repository.

use std::io;
use std::path::Path;

use super::Repository;

/// File modes that `core.sharedRepository` asks for; the user's umask alone where it is not set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct SharedMode {
    /// Bits that are added to the mode, or are the mode.
    bits: u32,
    /// Whether the bits are the entire mode (`0640` and the like).
    exact: bool,
}

impl SharedMode {
    /// Reads the setting of a repository. A value that git would refuse counts as not set: git states
    /// so as soon as it is started.
    pub(super) fn read(repo: &Repository) -> Self {
        let config = repo.inner.config().and_then(|mut config| config.snapshot());
        let value = config.and_then(|config| config.get_string("core.sharedRepository"));
        value.map(|value| Self::parse(&value)).unwrap_or_default()
    }

    fn parse(value: &str) -> Self {
        let added = |bits| Self { bits, exact: false };
        match value.to_ascii_lowercase().as_str() {
            "group" | "true" | "yes" | "on" | "1" | "" => added(0o660),
            "all" | "world" | "everybody" | "2" => added(0o664),
            "umask" | "false" | "no" | "off" | "0" => Self::default(),
            octal => match u32::from_str_radix(octal, 8) {
                Ok(bits) if bits & 0o600 == 0o600 => Self { bits: bits & 0o666, exact: true },
                _ => Self::default(),
            },
        }
    }

    /// Makes a folder and those above it that are missing.
    pub(super) fn make_folder(self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent() {
            self.make_folder(above)?;
        }
        match std::fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.apply(folder),
        }
    }

    /// Gives a new file or folder its mode.
    #[cfg(unix)]
    pub(super) fn apply(self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        if self.bits == 0 {
            return Ok(());
        }
        let found = path.symlink_metadata()?;
        let mode = self.file_mode(found.permissions().mode() & 0o7777, found.is_dir());
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
    }

    /// Gives a new file or folder its mode: there are no modes here.
    #[cfg(not(unix))]
    pub(super) fn apply(self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Returns the mode that git gives a file or folder that was made with `mode`.
    #[cfg(unix)]
    fn file_mode(self, mode: u32, is_folder: bool) -> u32 {
        let mut mode = if self.exact { mode & !0o777 | self.bits } else { mode | self.bits };
        if is_folder {
            // Everybody who may read may enter, and new entries inherit the group (setgid).
            mode |= (mode & 0o444) >> 2 | 0o2000;
        }
        mode
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn modes_are_those_that_git_gives() {
        // As `git init --shared=…` gives them with umask 022.
        for (value, file, folder) in [
            ("group", 0o664, 0o2775),
            ("1", 0o664, 0o2775),
            ("all", 0o664, 0o2775),
            ("0660", 0o660, 0o2770),
            ("0640", 0o640, 0o2750),
        ] {
            let shared = SharedMode::parse(value);
            assert_eq!(shared.file_mode(0o644, false), file, "{value}");
            assert_eq!(shared.file_mode(0o755, true), folder, "{value}");
        }
        for value in ["umask", "false", "0", "0066", "nonsense"] {
            assert_eq!(SharedMode::parse(value), SharedMode::default(), "{value}");
        }
    }
}
