//! A path inside the work tree.

use std::fmt;
use std::path::{Path, PathBuf};

/// A path relative to the top of the work tree: `/` between the parts, no empty part, no `.` or
/// `..`, nothing called `.git`. What has this type cannot name a place outside the work tree except
/// through a symbolic link, which anyone who writes must look for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

/// A path that does not stay inside the work tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a path inside the work tree")]
pub struct OutsidePath(String);

impl RelPath {
    /// Checks a path as written with `/`.
    pub fn new(path: impl Into<String>) -> Result<Self, OutsidePath> {
        let path = path.into();
        let fine = path.split('/').all(|part| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && !part.eq_ignore_ascii_case(".git")
                && !part.contains('\0')
                && (cfg!(not(windows)) || !part.contains(['\\', ':']))
        });
        if fine { Ok(Self(path)) } else { Err(OutsidePath(path)) }
    }

    /// Finds the path of `file` relative to `top`. Both must be absolute, or relative to the same
    /// place; nothing is looked up on disk.
    pub fn relative_to(top: &Path, file: &Path) -> Result<Self, OutsidePath> {
        let outside = || OutsidePath(file.display().to_string());
        let rest = file.strip_prefix(top).map_err(|_| outside())?;
        let parts: Option<Vec<&str>> = rest.iter().map(|part| part.to_str()).collect();
        Self::new(parts.ok_or_else(outside)?.join("/")).map_err(|_| outside())
    }

    /// Returns the path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the place on disk below `top`.
    pub fn join_below(&self, top: &Path) -> PathBuf {
        self.0.split('/').fold(top.to_owned(), |path, part| path.join(part))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_inside() {
        for good in ["a", "items/2026/A-1.yaml", "-a b/*.y%2F", ".github/x", "ü/..a"] {
            assert_eq!(RelPath::new(good).unwrap().as_str(), good);
        }
        for bad in
            ["", "/a", "a/", "a//b", "../a", "a/../b", "./a", ".git/config", "a/.GIT/x", "\0"]
        {
            assert!(RelPath::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn between_two_places() {
        let path = RelPath::relative_to(Path::new("/t"), Path::new("/t/items/a b.yaml")).unwrap();
        assert_eq!(path.as_str(), "items/a b.yaml");
        assert_eq!(path.join_below(Path::new("/t")), Path::new("/t/items/a b.yaml"));
        assert!(RelPath::relative_to(Path::new("/t"), Path::new("/u/a")).is_err());
        assert!(RelPath::relative_to(Path::new("/t"), Path::new("/t/../a")).is_err());
    }
}
