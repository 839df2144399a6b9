//! Metadata of a history besides its files: authors, times, and the past positions of branches.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use git2::Oid;

use super::authorship::Attributions;
use super::first_parent::{diff_below, disjoint_paths, file_change};
use super::graph::CommitOrder;
use super::object::RawCommit;
use super::tree::TreeReader;
use super::{CommitId, GitError, Identity, Repository, TreeChange, first_parents};

/// A commit without its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitRecord {
    /// The commit.
    pub commit: CommitId,
    /// Author with time.
    pub author: Identity,
    /// Committer with time.
    pub committer: Identity,
    /// The entire message.
    pub message: String,
    /// Whether it is on the main line; else a merge brought it.
    pub on_line: bool,
    /// Parts of its header that cannot be read, as phrases (`its committer has no mail address`).
    pub faults: Vec<String>,
}

/// A remote-tracking branch as this clone has watched it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteBranchLog {
    /// Its name: `origin/main`.
    pub name: String,
    /// The commit that it points at.
    pub tip: CommitId,
    /// When this clone saw it for the first time; `None` where it retains no record.
    pub since: Option<DateTime<Utc>>,
    /// The moves that were no continuation of what was there: somebody pushed by force.
    pub forced: Vec<ForcedUpdate>,
}

/// A move of a branch to a commit that does not continue the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForcedUpdate {
    /// The commit before.
    pub from: CommitId,
    /// The commit after.
    pub to: CommitId,
    /// When this clone saw it.
    pub seen: DateTime<Utc>,
}

impl Repository {
    /// Returns every commit that `head` reaches and `since` does not: the main line, oldest first,
    /// then what merges brought, in no order that means anything. `since` must be on the main line.
    pub fn recorded_commits(
        &self,
        since: Option<CommitId>,
        head: CommitId,
    ) -> Result<Vec<CommitRecord>, GitError> {
        let line = first_parents(self, since, head)?;
        let on_line: HashSet<CommitId> = line.iter().copied().collect();
        let mut all = line;
        for commit in self.reachable_commits(since, head, CommitOrder::NewestFirst)? {
            if !on_line.contains(&commit) {
                all.push(commit);
            }
        }
        let objects = self.stored_objects()?;
        all.into_iter()
            .map(|commit| {
                let raw = RawCommit::read(&objects, commit.oid())?;
                Ok(CommitRecord {
                    commit,
                    author: raw.read_author(),
                    committer: raw.read_committer(),
                    message: raw.message_text(),
                    on_line: on_line.contains(&commit),
                    faults: raw.header_faults(),
                })
            })
            .collect()
    }

    /// Returns the first parent of a commit; none of the first one.
    pub fn first_parent(&self, commit: CommitId) -> Result<Option<CommitId>, GitError> {
        let raw = RawCommit::read(&self.stored_objects()?, commit.oid())?;
        Ok(raw.parents.first().copied().map(CommitId::from_oid))
    }

    /// Returns whether a commit differs from its first parent below some folders or in some files.
    pub fn changes_below(&self, commit: CommitId, paths: &[&str]) -> Result<bool, GitError> {
        Ok(!self.changed_files(commit, paths)?.is_empty())
    }

    /// Lists the files in which a commit differs from its first parent below some folders or in some files,
    /// without asking who changed them.
    pub fn changed_files(
        &self,
        commit: CommitId,
        paths: &[&str],
    ) -> Result<Vec<TreeChange>, GitError> {
        let mut trees = TreeReader::new(self.stored_objects()?);
        let commit = RawCommit::read(trees.object_db(), commit.oid())?;
        let before = match commit.parents.first() {
            Some(parent) => Some(RawCommit::read(trees.object_db(), *parent)?.tree),
            None => None,
        };
        let found = diff_below(&mut trees, before, commit.tree, &disjoint_paths(paths))?;
        Ok(found.into_iter().map(|one| file_change((one, Attributions::default()))).collect())
    }

    /// Returns the remote-tracking branch of the one that is checked out; else the main branch of
    /// `origin`.
    pub fn watched(&self) -> Result<Option<RemoteBranchLog>, GitError> {
        let head = self.inner.head().ok();
        let name = head.as_ref().and_then(|head| head.name().map(str::to_owned).ok());
        let upstream = name.and_then(|name| {
            let upstream = self.inner.branch_upstream_name(&name).ok()?;
            upstream.as_str().map(str::to_owned).ok()
        });
        let main = || {
            let main = self.inner.find_reference("refs/remotes/origin/HEAD").ok()?;
            main.symbolic_target().ok().flatten().map(str::to_owned)
        };
        let Some(full) = upstream.or_else(main) else { return Ok(None) };
        let Ok(reference) = self.inner.find_reference(&full) else { return Ok(None) };
        let Ok(tip) = reference.resolve() else { return Ok(None) };
        let Some(tip) = tip.target() else { return Ok(None) };
        let name = full.strip_prefix("refs/remotes/").unwrap_or(&full).to_owned();
        let tip = CommitId::from_oid(tip);
        let mut watched = RemoteBranchLog { name, tip, since: None, forced: Vec::new() };
        let Ok(log) = self.inner.reflog(&full) else { return Ok(Some(watched)) };
        for entry in log.iter() {
            let seen = DateTime::from_timestamp(entry.committer().when().seconds(), 0);
            let seen = seen.unwrap_or_default();
            // The newest comes first.
            watched.since = Some(seen);
            let (from, to) = (entry.id_old(), entry.id_new());
            if from == Oid::ZERO_SHA1 || to == Oid::ZERO_SHA1 || from == to {
                continue;
            }
            // A discarded commit may be missing from this clone as well; then the update counts as forced too.
            let (from, to) = (CommitId::from_oid(from), CommitId::from_oid(to));
            if !self.is_descendant(to, from).unwrap_or(false) {
                watched.forced.push(ForcedUpdate { from, to, seen });
            }
        }
        watched.forced.reverse();
        Ok(Some(watched))
    }

    /// Counts how many objects this clone shows other than they were recorded (`git replace`, grafts). They
    /// are ignored here, but not by git.
    pub fn replacements(&self) -> Result<usize, GitError> {
        let doing = "listing replacements";
        let found =
            self.inner.references_glob("refs/replace/*").map_err(GitError::git_error(doing))?;
        Ok(found.count() + self.grafts())
    }

    /// Returns whether `info/grafts` gives commits other parents than they were recorded with.
    pub(super) fn has_grafts(&self) -> bool {
        self.grafts() > 0
    }

    fn grafts(&self) -> usize {
        let grafts = std::fs::read_to_string(self.inner.commondir().join("info/grafts"));
        let grafts = grafts.unwrap_or_default();
        grafts.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    #[test]
    fn a_forced_push_is_remembered_by_the_clone_that_saw_it() {
        let repo = Repo::new();
        let first = repo.commit("2026-01-01", "one");
        repo.commit("2026-01-02", "two");
        let (here, there) = (repo.path().display().to_string(), repo.beside("clone"));
        let clone = there.display().to_string();
        repo.git(&["clone", "--quiet", &here, &clone]);
        let watched = || Repository::open(&there).unwrap().watched().unwrap().unwrap();
        assert_eq!((watched().name, watched().forced), ("origin/main".to_owned(), Vec::new()));
        repo.commit("2026-01-03", "three");
        let fetch = || repo.git(&["-C", &clone, "fetch", "--quiet", "--force"]);
        fetch();
        assert_eq!(watched().forced, []);
        repo.git(&["reset", "--quiet", "--hard", &first]);
        let other = repo.commit("2026-01-04", "another three");
        fetch();
        let found = watched();
        assert_eq!(found.forced.len(), 1);
        assert_eq!((found.tip.to_string(), found.forced[0].to.to_string()), (other.clone(), other));
        assert!(found.since.is_some());
        assert!(Repository::open(&repo.path()).unwrap().watched().unwrap().is_none());
    }

    #[test]
    fn what_merges_brought_is_told_from_the_line() {
        let repo = Repo::new();
        let root = repo.commit("2026-01-01", "root");
        repo.git(&["checkout", "--quiet", "-b", "side"]);
        let side = repo.commit("2026-01-02", "side");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["merge", "--quiet", "--no-ff", "--no-edit", "side"]);
        let opened = Repository::open(&repo.path()).unwrap();
        let id = |text: &str| text.parse::<CommitId>().unwrap();
        let head = opened.head().unwrap().unwrap();
        let all = opened.recorded_commits(None, head).unwrap();
        let told: Vec<_> = all.iter().map(|one| (one.commit, one.on_line)).collect();
        assert_eq!(told, [(id(&root), true), (head, true), (id(&side), false)]);
        assert_eq!(opened.recorded_commits(Some(id(&root)), head).unwrap().len(), 2);
        assert!(opened.recorded_commits(Some(id(&side)), head).is_err(), "not on the line");
        assert!(opened.is_descendant(head, id(&side)).unwrap());
        assert!(!opened.is_descendant(id(&side), head).unwrap());
        assert_eq!(opened.replacements().unwrap(), 0);
        repo.git(&["replace", &side, &root]);
        assert_eq!(opened.replacements().unwrap(), 1);
    }
}
