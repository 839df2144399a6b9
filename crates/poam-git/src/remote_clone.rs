//! Bare clones of repositories elsewhere, for programs that only read them.
//!
//! The address comes from a file that a pull request may change: it can name no command (`ext::`), give no
//! option to git, and hold no password. Git asks nobody for credentials; its helpers and SSH agents work.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;

use super::program::{ELSEWHERE, run};
use super::{CommitId, GitError, Repository};

/// Schemes of addresses that git may use here.
const SCHEMES: [&str; 3] = ["https", "ssh", "file"];

/// Address of a repository elsewhere: `https://…`, `ssh://…`, `file://…`, or `user@host:path`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RemoteUrl(String);

/// Reasons why a text is no address that git is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedUrl {
    /// It would be an option.
    #[error("an address that begins with `-` would be an option of git")]
    Option,
    /// It has blanks or control characters.
    #[error("an address has no blanks and no control characters")]
    Characters,
    /// Another scheme.
    #[error("only https://, ssh://, file:// and user@host:path are addresses here")]
    Scheme,
    /// A password in a file that others read.
    #[error("a password has no place in an address; git's credential helpers keep it")]
    Password,
    /// Nothing after the scheme.
    #[error("the address names no repository")]
    Empty,
}

impl RemoteUrl {
    /// Returns the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for RemoteUrl {
    type Err = RefusedUrl;

    fn from_str(text: &str) -> Result<Self, RefusedUrl> {
        if text.starts_with('-') {
            return Err(RefusedUrl::Option);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(RefusedUrl::Characters);
        }
        // `ext::sh -c …` and the like: a helper of git's, not a scheme.
        if text.contains("::") {
            return Err(RefusedUrl::Scheme);
        }
        let (host, path) = match text.split_once("://") {
            Some((scheme, rest)) => {
                if !SCHEMES.contains(&scheme) {
                    return Err(RefusedUrl::Scheme);
                }
                rest.split_once('/').unwrap_or((rest, ""))
            }
            None => match text.split_once(':') {
                Some((host, path)) if !host.contains('/') => (host, path),
                _ => return Err(RefusedUrl::Scheme),
            },
        };
        let name = host.rsplit_once('@').map_or(host, |(_, name)| name);
        if name.starts_with('-') || path.starts_with('-') {
            return Err(RefusedUrl::Option);
        }
        if host.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) {
            return Err(RefusedUrl::Password);
        }
        if path.is_empty() || (name.is_empty() && !text.starts_with("file:///")) {
            return Err(RefusedUrl::Empty);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Returns whether a text can be the name of a branch.
pub fn is_branch_name(name: &str) -> bool {
    !name.contains('\0') && git2::Branch::name_is_valid(name).unwrap_or(false)
}

/// Makes the bare clone of a repository in a folder, or brings it up to date: its branches and tags. `HEAD` is
/// the branch that is named, else the one that the repository names.
///
/// A new clone is made beside its place and renamed into it.
pub fn update_clone(url: &RemoteUrl, branch: Option<&str>, place: &Path) -> Result<(), GitError> {
    let io = |doing: &'static str| {
        move |error: std::io::Error| GitError::Other {
            doing: doing.to_owned(),
            reason: error.to_string(),
        }
    };
    let is_new = place.symlink_metadata().is_err();
    let folder = match is_new {
        false => place.to_owned(),
        true => {
            let mut name = place.file_name().unwrap_or_default().to_owned();
            name.push(format!(".new-{}", std::process::id()));
            let folder = place.with_file_name(name);
            fs::create_dir_all(&folder).map_err(io("making the folder of the clone"))?;
            let init = ["init", "--quiet", "--bare", "--template=", "."];
            run(safe_git(&folder).args(init))?;
            folder
        }
    };
    let fetched = fetch(url, branch, &folder);
    if is_new {
        match &fetched {
            Ok(()) => fs::rename(&folder, place).map_err(io("moving the clone to its place"))?,
            // A folder that cannot be removed is in nobody's way.
            Err(_) => drop(fs::remove_dir_all(&folder)),
        }
    }
    fetched
}

fn fetch(url: &RemoteUrl, branch: Option<&str>, folder: &Path) -> Result<(), GitError> {
    let mut git = safe_git(folder);
    git.env("GIT_DIR", ".").args(["fetch", "--quiet", "--prune", "--force", "--no-tags"]);
    git.args(["--no-write-fetch-head", "--update-head-ok", "--end-of-options", url.as_str()]);
    git.args(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]);
    run(&mut git)?;
    let named = match branch {
        Some(branch) => format!("refs/heads/{branch}"),
        None => {
            let mut git = safe_git(folder);
            git.args(["ls-remote", "--symref", "--end-of-options", url.as_str(), "HEAD"]);
            let answer = run(git.env("GIT_DIR", "."))?;
            let answer = String::from_utf8_lossy(&answer).into_owned();
            let line = answer.lines().find_map(|line| line.strip_prefix("ref: "));
            let name = line.and_then(|line| line.split('\t').next()).unwrap_or_default();
            // A detached or empty repository names no branch: what was there stays.
            if !name.strip_prefix("refs/heads/").is_some_and(is_branch_name) {
                return Ok(());
            }
            name.to_owned()
        }
    };
    let mut git = safe_git(folder);
    run(git.env("GIT_DIR", ".").args(["symbolic-ref", "HEAD", &named]))?;
    Ok(())
}

/// Returns the protocols that git may use, as its variable wants them: the schemes, as far as the user's own
/// variable allows them.
fn allowed_protocols(own: Option<String>) -> String {
    let is_allowed = |scheme: &&&str| match &own {
        Some(own) => own.split(':').any(|allowed| allowed == **scheme),
        None => true,
    };
    SCHEMES.iter().filter(is_allowed).copied().collect::<Vec<_>>().join(":")
}

/// Builds a git command that runs no hook, no helper command of the repository's and asks nothing.
fn safe_git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder).stdin(Stdio::null());
    for name in ELSEWHERE {
        git.env_remove(name);
    }
    for name in ["GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_OBJECT_DIRECTORY", "GIT_TEMPLATE_DIR"] {
        git.env_remove(name);
    }
    git.env("LC_ALL", "C")
        .env("LANGUAGE", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        // An empty value names no program, and git does not try the next setting either.
        .env("GIT_ASKPASS", "")
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("GIT_ALLOW_PROTOCOL", allowed_protocols(std::env::var("GIT_ALLOW_PROTOCOL").ok()));
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !is_set("GIT_SSH_COMMAND") && !is_set("GIT_SSH") {
        git.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=30");
    }
    for setting in [
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "fetch.recurseSubmodules=false",
        "http.lowSpeedLimit=1000",
        "http.lowSpeedTime=60",
        "credential.interactive=false",
    ] {
        git.args(["-c", setting]);
    }
    git
}

impl Repository {
    /// Returns the commit of a branch of this repository; `None` where there is no such branch.
    pub fn branch_commit(&self, branch: &str) -> Result<Option<CommitId>, GitError> {
        let name = format!("refs/heads/{branch}");
        let tips = self.branch_tips()?;
        Ok(tips.into_iter().find(|(tip, _)| *tip == name).map(|(_, commit)| commit))
    }

    /// Returns the folder of a path from the top of the work tree, with a `/` at its end where it is not
    /// the top; `None` outside of the work tree and in a bare repository.
    pub fn folder_of(&self, path: &Path) -> Option<String> {
        let top = self.workdir().ok()?.canonicalize().ok()?;
        let inside = path.canonicalize().ok()?;
        let inside = inside.strip_prefix(top).ok()?;
        let steps: Vec<_> = inside.iter().map(|step| step.to_string_lossy()).collect();
        Some(if steps.is_empty() { String::new() } else { format!("{}/", steps.join("/")) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repo;
    use super::*;

    #[test]
    fn addresses_run_nothing_and_hold_no_password() {
        for good in [
            "https://git.example.com/agency/alpha.git",
            "https://user@git.example.com/alpha",
            "ssh://git@example.com:2222/alpha.git",
            "git@example.com:agency/alpha.git",
            "file:///srv/git/alpha",
        ] {
            assert_eq!(good.parse::<RemoteUrl>().unwrap().as_str(), good);
        }
        for (bad, reason) in [
            ("--upload-pack=touch /tmp/x", RefusedUrl::Option),
            ("ssh://-oProxyCommand=id/x", RefusedUrl::Option),
            ("git@-oProxyCommand=id:x", RefusedUrl::Option),
            ("host:--upload-pack=x", RefusedUrl::Option),
            ("ext::sh -c id", RefusedUrl::Characters),
            ("ext::id", RefusedUrl::Scheme),
            ("fd::17", RefusedUrl::Scheme),
            ("http://example.com/a", RefusedUrl::Scheme),
            ("git://example.com/a", RefusedUrl::Scheme),
            ("../alpha", RefusedUrl::Scheme),
            ("./a:b", RefusedUrl::Scheme),
            ("https://user:secret@example.com/a", RefusedUrl::Password),
            ("https://example.com/a\nb", RefusedUrl::Characters),
            ("https://example.com", RefusedUrl::Empty),
            ("https:///a", RefusedUrl::Empty),
            ("", RefusedUrl::Scheme),
        ] {
            assert_eq!(bad.parse::<RemoteUrl>(), Err(reason), "{bad}");
        }
    }

    #[test]
    fn the_user_may_allow_fewer_protocols_but_not_more() {
        for (own, expected) in
            [(None, "https:ssh:file"), (Some("https:ext"), "https"), (Some("none"), "")]
        {
            assert_eq!(allowed_protocols(own.map(str::to_owned)), expected, "{own:?}");
        }
    }

    #[test]
    fn branch_names_are_plain() {
        assert!(is_branch_name("main") && is_branch_name("release/1.x"));
        for bad in ["", "-f", "a..b", "a b", "a:b", "/a", "a/", "a.lock", "HEAD~1", "a/.b"] {
            assert!(!is_branch_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_clone_follows_its_repository() {
        let repo = Repo::new();
        repo.write("a", "1");
        let first = repo.commit("2026-01-01", "first");
        let url: RemoteUrl = format!("file://{}", repo.path().display()).parse().unwrap();
        let place = repo.beside("clone");
        let head = |place: &Path| Repository::open(place).unwrap().head().unwrap().unwrap();
        update_clone(&url, None, &place).unwrap();
        assert_eq!(head(&place).to_string(), first);
        repo.write("a", "2");
        let second = repo.commit("2026-01-02", "second");
        repo.git(&["tag", "poam/2026-01"]);
        repo.git(&["branch", "old", &first]);
        update_clone(&url, None, &place).unwrap();
        assert_eq!(head(&place).to_string(), second);
        assert_eq!(Repository::open(&place).unwrap().list_tags("poam/").unwrap(), ["poam/2026-01"]);
        update_clone(&url, Some("old"), &place).unwrap();
        assert_eq!(head(&place).to_string(), first);
        let gone = format!("file://{}", repo.beside("gone").display()).parse().unwrap();
        assert!(update_clone(&gone, None, &repo.beside("other")).is_err());
        assert!(!repo.beside("other").exists());
        let names = std::fs::read_dir(repo.beside("")).unwrap().flatten();
        let left = names.filter(|it| it.file_name().to_string_lossy().contains(".new-"));
        assert_eq!(left.count(), 0);
    }
}
