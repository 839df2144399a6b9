//! Commits and changed paths of a branch since it left its base.

use super::authorship::{all_authors, touched_paths};
use super::first_parent::disjoint_paths;
use super::graph::CommitOrder;
use super::object::RawCommit;
use super::tree::TreeReader;
use super::{CommitId, GitError, Identity, Repository};

/// A commit of a branch that made files what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// The commit.
    pub commit: CommitId,
    /// Its author, then the `Co-authored-by` of its message.
    pub authors: Vec<Identity>,
    /// The entire message.
    pub message: String,
    /// The files that it made what they are, from the top of the repository. A merge makes only
    /// those that differ from each of its parents.
    pub paths: Vec<String>,
}

impl Repository {
    /// Returns every commit that `head` reaches and `base` does not and that touched something
    /// below the paths, oldest first. Without a base it is everything that `head` reaches. A
    /// shallow clone is refused: it does not know where the branch began.
    pub fn list_contributions(
        &self,
        base: Option<CommitId>,
        head: CommitId,
        paths: &[&str],
    ) -> Result<Vec<Contribution>, GitError> {
        if self.is_shallow() {
            return Err(GitError::Shallow);
        }
        let commits = self.reachable_commits(base, head, CommitOrder::ParentsFirst)?;
        let paths = disjoint_paths(paths);
        let mut trees = TreeReader::new(self.stored_objects()?);
        let mut found = Vec::new();
        for id in commits {
            let commit = RawCommit::read(trees.object_db(), id.oid())?;
            let paths = touched_paths(&mut trees, &commit, &paths)?;
            if !paths.is_empty() {
                let message = commit.message_text();
                let authors = all_authors(&commit.read_author(), &message);
                found.push(Contribution { commit: id, authors, message, paths });
            }
        }
        Ok(found)
    }

    /// Returns the author that a commit made now would have.
    pub fn author(&self) -> Result<Identity, GitError> {
        let ident = super::program::run(&mut self.git_command(&["var", "GIT_AUTHOR_IDENT"])?)?;
        Ok(Identity::parse(String::from_utf8_lossy(&ident).trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    #[test]
    fn a_branch_s_own_commits_and_nothing_of_the_main_line() {
        let repo = Repo::new();
        repo.write("items/A", "1").write("items/B", "1").commit("2026-01-01", "root");
        repo.git(&["checkout", "--quiet", "-b", "side"]);
        let message = "a\n\nCo-authored-by: Eve E <eve@example.com>";
        repo.write("items/A", "2").commit_as("Dora D <dora@example.com>", "2026-01-02", message);
        repo.write("README", "x").commit("2026-01-03", "not an item");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.write("items/B", "2").commit("2026-01-04", "main goes on");
        repo.git(&["checkout", "--quiet", "side"]);
        repo.git(&["merge", "--quiet", "--no-edit", "main"]);
        repo.git(&["merge", "--quiet", "--no-commit", "--no-ff", "main"]);
        repo.write("items/B", "3").commit("2026-01-05", "b");
        let opened = Repository::open(&repo.path()).unwrap();
        let main = opened.resolve_revision("main").unwrap();
        let head = opened.head().unwrap().unwrap();
        let found = opened.list_contributions(Some(main), head, &["items/"]).unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|one| {
                let names: Vec<&str> = one.authors.iter().map(|who| who.name.as_str()).collect();
                format!("{} {}", names.join("+"), one.paths.join(","))
            })
            .collect();
        assert_eq!(told, ["Dora D+Eve E items/A", "Ann Author items/B"]);
        assert_eq!(opened.list_contributions(None, head, &["items"]).unwrap().len(), 4);
        let opened = opened.with_env(repo.env());
        let author = opened.author().unwrap();
        assert_eq!((&*author.name, &*author.email), ("Ann Author", "ann@example.com"));
    }
}
