//! Questions about the commit graph, answered by the git program.
//!
//! The git library refuses to walk over a commit whose header it cannot parse (a person without a
//! mail address, a date of more than 64 bits), and it follows `info/grafts`. The git program
//! tolerates the former and can be configured to ignore the latter, so one odd commit never ends a
//! command and every answer is about the history as it was recorded.

use super::program::{run, run_command};
use super::{CommitId, GitError, Repository};

/// The order in which [`Repository::reachable_commits`] lists commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommitOrder {
    /// Newest first, by the committers' clocks.
    NewestFirst,
    /// Parents before their children.
    ParentsFirst,
}

impl Repository {
    /// Lists the commits that `head` reaches and `base` does not, `head` included.
    pub(super) fn reachable_commits(
        &self,
        base: Option<CommitId>,
        head: CommitId,
        order: CommitOrder,
    ) -> Result<Vec<CommitId>, GitError> {
        let mut command = self.git_as_recorded(&["rev-list"]);
        if order == CommitOrder::ParentsFirst {
            command.args(["--topo-order", "--reverse"]);
        }
        command.arg(head.to_string());
        if let Some(base) = base {
            command.arg(format!("^{base}"));
        }
        let listed = run(&mut command)?;
        let lines = listed.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        lines.map(parse_id).collect()
    }

    /// Finds the best common ancestor of two commits; `None` when their histories are unrelated.
    /// In a shallow clone, where that cannot be known, it is an error.
    pub fn merge_base(&self, a: CommitId, b: CommitId) -> Result<Option<CommitId>, GitError> {
        let mut command = self.git_as_recorded(&["merge-base", &a.to_string(), &b.to_string()]);
        let found = run_command(&mut command)?;
        match found.status.code() {
            Some(0) => found.stdout.split(|&byte| byte == b'\n').next().map(parse_id).transpose(),
            Some(1) if self.is_shallow() => Err(GitError::Shallow),
            Some(1) => Ok(None),
            _ => Err(GitError::command_error("merge-base", &found)),
        }
    }

    /// Returns whether `commit` is `ancestor` or descends from it.
    pub fn is_descendant(&self, commit: CommitId, ancestor: CommitId) -> Result<bool, GitError> {
        if commit == ancestor {
            return Ok(true);
        }
        let (commit, ancestor) = (commit.to_string(), ancestor.to_string());
        let arguments = ["merge-base", "--is-ancestor", &ancestor, &commit];
        let found = run_command(&mut self.git_as_recorded(&arguments))?;
        match found.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(GitError::command_error("merge-base", &found)),
        }
    }

    /// Resolves a revision to a commit; `None` where git cannot.
    pub(super) fn parse_revision(&self, rev: &str) -> Result<Option<CommitId>, GitError> {
        let peeled = format!("{rev}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled];
        let found = run_command(&mut self.git_as_recorded(&arguments))?;
        if !found.status.success() {
            return Ok(None);
        }
        Ok(parse_id(found.stdout.trim_ascii()).ok())
    }
}

fn parse_id(line: &[u8]) -> Result<CommitId, GitError> {
    let text = String::from_utf8_lossy(line);
    text.trim().parse().map_err(|_| GitError::Other {
        doing: "listing commits".to_owned(),
        reason: format!("git answered `{}`, which is no commit", text.trim()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    #[test]
    fn grafts_are_ignored() {
        let repo = Repo::new();
        let ids: Vec<CommitId> = (0..5)
            .map(|day| repo.write("a", day.to_string()).commit("2026-01-01", "x").parse().unwrap())
            .collect();
        // The fourth commit is made to look like a child of the first.
        std::fs::create_dir_all(repo.path().join(".git/info")).unwrap();
        std::fs::write(repo.path().join(".git/info/grafts"), format!("{} {}\n", ids[3], ids[0]))
            .unwrap();
        let opened = Repository::open(&repo.path()).unwrap().with_env(repo.env());
        assert_eq!(opened.resolve_revision("HEAD~3").unwrap(), ids[1]);
        let reachable =
            opened.reachable_commits(Some(ids[0]), ids[4], CommitOrder::ParentsFirst).unwrap();
        assert_eq!(reachable, ids[1..]);
        assert!(opened.is_descendant(ids[4], ids[2]).unwrap());
        assert!(!opened.is_descendant(ids[2], ids[4]).unwrap());
        assert_eq!(opened.merge_base(ids[2], ids[4]).unwrap(), Some(ids[2]));
        assert_eq!(opened.replacements().unwrap(), 1);
    }
}
