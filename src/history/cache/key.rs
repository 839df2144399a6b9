//! The secret that authenticates the history cache.
//!
//! The cache lies in the git directory, which others may write: a shared checkout, a restored CI
//! workspace, a clone that was handed over as a folder. So each file of it carries an HMAC-SHA-256
//! whose key lies in the user's own state directory, outside of the repository. Whoever cannot read
//! the key cannot make a file that is taken for ours.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::repository::Repository;

/// A message authentication code in the making.
pub(super) type MacTag = Hmac<Sha256>;

/// Bytes of a tag.
pub(super) const TAG_LENGTH: usize = 32;

/// Bytes of a secret.
const SECRET_LENGTH: usize = 32;

/// The user's secret, and the repository whose cache it authenticates.
#[derive(Clone)]
pub(super) struct CacheKey {
    secret: [u8; SECRET_LENGTH],
    /// The path of the common git directory: what was cached of another repository is not taken
    /// for what this one holds.
    identity: Vec<u8>,
}

impl CacheKey {
    /// Loads the user's secret, and makes one the first time. `None` where there is no state
    /// directory, where it lies in the repository, or where others can read the secret: the cache
    /// is not used then.
    pub(super) fn load(repository: &Repository) -> Option<Self> {
        let folder = state_folder(repository)?.join("poam");
        let common = repository.common_dir().canonicalize().ok()?;
        let path = folder.join("key");
        let secret = match read_secret(&path) {
            Some(secret) => secret,
            None => create_secret(&folder, &path)?,
        };
        let inside = |top: &Path| path.canonicalize().is_ok_and(|path| path.starts_with(top));
        let work_tree = repository.workdir().ok().and_then(|top| top.canonicalize().ok());
        if inside(&common) || work_tree.is_some_and(|top| inside(&top)) {
            return None;
        }
        Some(Self { secret, identity: common.as_os_str().as_encoded_bytes().to_vec() })
    }

    /// Begins the tag of one file of the cache.
    pub(super) fn begin_tag(&self) -> Option<MacTag> {
        let mut tag = MacTag::new_from_slice(&self.secret).ok()?;
        tag.update(&(self.identity.len() as u64).to_le_bytes());
        tag.update(&self.identity);
        Some(tag)
    }
}

/// Returns the folder for state that programs keep of a user: `$XDG_STATE_HOME`, else
/// `~/.local/state`.
fn state_folder(repository: &Repository) -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(repository.read_variable(name)?);
        path.is_absolute().then_some(path)
    };
    absolute("XDG_STATE_HOME")
        .or_else(|| Some(absolute("HOME")?.join(".local/state")))
        .or_else(|| absolute("LOCALAPPDATA"))
}

/// Reads a secret that nobody else can read or write.
fn read_secret(path: &Path) -> Option<[u8; SECRET_LENGTH]> {
    let about = path.symlink_metadata().ok()?;
    if !about.is_file() || about.len() != SECRET_LENGTH as u64 || !is_private(&about) {
        return None;
    }
    let mut secret = [0; SECRET_LENGTH];
    fs::File::open(path).ok()?.read_exact(&mut secret).ok()?;
    Some(secret)
}

/// Makes a secret. Where two commands do so at once, both use the first. A
/// file that is there and no secret of ours is left alone.
fn create_secret(folder: &Path, path: &Path) -> Option<[u8; SECRET_LENGTH]> {
    fs::create_dir_all(folder).ok()?;
    let mut secret = [0; SECRET_LENGTH];
    getrandom::fill(&mut secret).ok()?;
    // Temporary files are made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder).ok()?;
    file.write_all(&secret).ok()?;
    file.as_file().sync_all().ok()?;
    match file.persist_noclobber(path) {
        Ok(_) => Some(secret),
        Err(_) => read_secret(path),
    }
}

#[cfg(unix)]
fn is_private(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o077 == 0
}

#[cfg(not(unix))]
fn is_private(_about: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    fn load(repo: &Repo, state: &Path) -> Option<CacheKey> {
        let state = state.as_os_str().to_owned();
        let opened = Repository::open(&repo.path()).unwrap().with_env(repo.env());
        CacheKey::load(&opened.with_env([("XDG_STATE_HOME", state)]))
    }

    #[test]
    fn a_secret_is_made_once_and_only_for_its_user() {
        let repo = Repo::new();
        let state = repo.beside("state");
        let key = load(&repo, &state).unwrap();
        let path = state.join("poam/key");
        assert_eq!(path.metadata().unwrap().len(), 32);
        assert_eq!(load(&repo, &state).unwrap().secret, key.secret);
        let other = Repo::new();
        let theirs = load(&other, &state).unwrap();
        assert_eq!(theirs.secret, key.secret);
        assert_ne!(theirs.identity, key.identity);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(load(&repo, &state).is_none(), "others can read it");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(&path, "short").unwrap();
        assert!(load(&repo, &state).is_none());
        assert_eq!(fs::read(&path).unwrap(), b"short", "what is not ours is left alone");
    }

    #[test]
    fn no_secret_is_kept_in_the_repository_itself() {
        let repo = Repo::new();
        assert!(load(&repo, &repo.path().join("state")).is_none());
        assert!(load(&repo, &repo.path().join(".git/state")).is_none());
        // A relative path is none by the XDG specification; the home counts then.
        assert!(load(&repo, Path::new("state")).is_some());
        assert!(repo.beside("home/.local/state/poam/key").exists());
    }
}
