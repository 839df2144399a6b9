//! Walks the first-parent history: the chain of first parents of a commit, oldest first.
//!
//! Each commit is compared with its first parent and nothing else, so a merge shows what it brought,
//! an edit made in the merge included. A branch that was fast-forwarded over its own merge of the
//! main line ("foxtrot") has turned the sides around, and nothing in git shows so.
//!
//! [`first_parents`] lists the commits; a [`FirstParentWalk`] is given them chunk by chunk and
//! returns those that changed something below the paths that are asked for, with the authors of each
//! change ([`super::authorship`]). One thread walks: two were measured 1.2 × as fast with the git
//! library, which locks its packs.

use std::sync::Arc;

use git2::Oid;

use super::authorship::{Attributions, MergedCommits, attribute_differences};
use super::object::RawCommit;
use super::tree::{TreeDifference, TreeNode, TreeReader};
use super::{BlobId, CommitId, GitError, Identity, Repository};

/// A commit of the first-parent history that changed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstParentCommit {
    /// The commit.
    pub commit: CommitId,
    /// The number of its parents: 0 for the first commit, 2 and more for a merge.
    pub parents: usize,
    /// Author of the commit.
    pub author: Identity,
    /// Committer; the time is that of the commit on the main line.
    pub committer: Identity,
    /// The entire message.
    pub message: String,
    /// Whether the commit carries a signature; nobody has checked it.
    pub signed: bool,
    /// The files that differ from the first parent, in git's order of paths; never empty.
    pub changes: Vec<TreeChange>,
}

/// A file that differs. A file that was moved is two changes, one for each path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeChange {
    /// The path from the top of the repository. Bytes that are not UTF-8 are replaced (U+FFFD).
    pub path: String,
    /// The content before; `None` when there was no regular file.
    pub old: Option<BlobId>,
    /// The content after; `None` when there is no regular file.
    pub new: Option<BlobId>,
    /// Whether a symbolic link or a submodule is at the path before or after. Its content is
    /// not given, so that nobody follows it.
    pub irregular: bool,
    /// The authors in order of contribution; never empty, the last one is the final author. For an
    /// ordinary commit these are the `Co-authored-by` of its message, then its author. For a merge
    /// those of the merged commits that touched the file, by time; the merge's own author where
    /// there are none, and as the last where the merged file is neither one of those that were
    /// merged nor what git makes of them by itself.
    pub authors: Arc<[Identity]>,
    /// For a merge, the messages of the merged commits that touched the file, by time: they show
    /// why, where the merge only shows that it merged. The merge's own message is the last where
    /// the file was edited in it. Empty for other commits.
    pub messages: Vec<MergedMessage>,
}

/// The message of a merged commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedMessage {
    /// The commit.
    pub commit: CommitId,
    /// Author, with the time of that person's clock.
    pub author: Identity,
    /// The entire message.
    pub message: String,
}

/// Reads the first-parent history of some folders or files, chunk by chunk.
pub struct FirstParentWalk<'r> {
    repository: &'r Repository,
    trees: TreeReader<'r>,
    paths: Vec<String>,
    /// The commit that was read last.
    position: Option<RawCommit>,
    merged: MergedCommits,
}

impl<'r> FirstParentWalk<'r> {
    /// Starts a walk after `since`, or at the first commit. An empty path represents everything.
    pub fn new(
        repository: &'r Repository,
        since: Option<CommitId>,
        paths: &[&str],
    ) -> Result<Self, GitError> {
        let trees = TreeReader::new(repository.stored_objects()?);
        let position = match since {
            Some(since) => Some(RawCommit::read(trees.object_db(), since.oid())?),
            None => None,
        };
        let merged = MergedCommits::starting_after(since);
        let paths = disjoint_paths(paths).into_iter().map(str::to_owned).collect();
        Ok(Self { repository, trees, paths, position, merged })
    }

    /// Reads the commits that come next, oldest first, and returns those that changed something.
    pub fn read(&mut self, commits: &[CommitId]) -> Result<Vec<FirstParentCommit>, GitError> {
        let mut changed = Vec::new();
        for commit in commits {
            let commit = RawCommit::read(self.trees.object_db(), commit.oid())?;
            changed.extend(self.compare_with_parent(&commit)?);
            self.position = Some(commit);
        }
        Ok(changed)
    }

    fn compare_with_parent(
        &mut self,
        commit: &RawCommit,
    ) -> Result<Option<FirstParentCommit>, GitError> {
        let merged = self.merged.find(commit, self.trees.object_db())?;
        let before = self.position.as_ref().map(|parent| parent.tree);
        let paths: Vec<&str> = self.paths.iter().map(String::as_str).collect();
        let differences = diff_below(&mut self.trees, before, commit.tree, &paths)?;
        if differences.is_empty() {
            return Ok(None);
        }
        let author = commit.read_author();
        let message = commit.message_text();
        let id = CommitId::from_oid(commit.id);
        let own = MergedMessage { commit: id, author: author.clone(), message };
        let authorship = attribute_differences(
            self.repository,
            &mut self.trees,
            commit,
            &author,
            &own,
            &merged,
            &differences,
            &paths,
        )?;
        let changes = differences.into_iter().zip(authorship).map(file_change).collect();
        Ok(Some(FirstParentCommit {
            commit: CommitId::from_oid(commit.id),
            parents: commit.parents.len(),
            author,
            committer: commit.read_committer(),
            message: own.message,
            signed: commit.is_signed(),
            changes,
        }))
    }
}

/// Reads the first-parent history of some folders (or single files; "" is everything) up to `head`,
/// oldest first. A shallow clone is refused.
pub fn walk(
    repo: &Repository,
    head: CommitId,
    paths: &[&str],
) -> Result<Vec<FirstParentCommit>, GitError> {
    walk_since(repo, None, head, paths)
}

/// Reads the first-parent history after `since`, which must be on it (else [`GitError::NotOnLine`]:
/// the branch was rewritten).
pub fn walk_since(
    repo: &Repository,
    since: Option<CommitId>,
    head: CommitId,
    paths: &[&str],
) -> Result<Vec<FirstParentCommit>, GitError> {
    let commits = first_parents(repo, since, head)?;
    FirstParentWalk::new(repo, since, paths)?.read(&commits)
}

/// Lists the first-parent history up to `head`, oldest first, whatever the commits changed; without
/// `since` and what is before it when that is given. A shallow clone is refused.
pub fn first_parents(
    repo: &Repository,
    since: Option<CommitId>,
    head: CommitId,
) -> Result<Vec<CommitId>, GitError> {
    if repo.is_shallow() {
        return Err(GitError::Shallow);
    }
    let (found, commits) = first_parents_until(repo, head, |commit| Some(commit) == since)?;
    match since {
        Some(since) if found.is_none() => {
            Err(GitError::NotOnLine { since: since.to_string(), head: head.to_string() })
        }
        _ => Ok(commits),
    }
}

/// Goes back from `head` to the newest commit that is wanted. Returns that commit (`None` where the
/// line holds none) and the commits after it, oldest first.
pub fn first_parents_until(
    repo: &Repository,
    head: CommitId,
    mut wanted: impl FnMut(CommitId) -> bool,
) -> Result<(Option<CommitId>, Vec<CommitId>), GitError> {
    let objects = repo.stored_objects()?;
    let mut commits = Vec::new();
    let mut next = Some(head.oid());
    let mut found = None;
    while let Some(id) = next {
        let commit = CommitId::from_oid(id);
        if wanted(commit) {
            found = Some(commit);
            break;
        }
        commits.push(commit);
        next = RawCommit::read(&objects, id)?.parents.first().copied();
    }
    commits.reverse();
    Ok((found, commits))
}

/// Returns the paths without slashes at their ends, and without those that are below another.
pub(super) fn disjoint_paths<'p>(paths: &[&'p str]) -> Vec<&'p str> {
    let mut all: Vec<&str> = paths.iter().map(|path| path.trim_matches('/')).collect();
    all.sort_unstable();
    all.dedup();
    let others = all.clone();
    all.retain(|path| !others.iter().any(|other| other != path && is_below(path, other)));
    all
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Compares two top trees below some paths.
pub(super) fn diff_below(
    trees: &mut TreeReader<'_>,
    before: Option<Oid>,
    after: Oid,
    paths: &[&str],
) -> Result<Vec<TreeDifference>, GitError> {
    let mut found = Vec::new();
    if before == Some(after) {
        return Ok(found);
    }
    for path in paths {
        let old = match before {
            Some(before) => trees.find(TreeNode::of_tree(before), path)?,
            None => None,
        };
        let new = trees.find(TreeNode::of_tree(after), path)?;
        trees.compare(old, new, path, &mut found)?;
    }
    Ok(found)
}

pub(super) fn file_change(
    (difference, Attributions { authors, messages }): (TreeDifference, Attributions),
) -> TreeChange {
    let TreeDifference { path, old, new } = difference;
    let irregular = [old, new].into_iter().flatten().any(|node| !node.is_regular());
    TreeChange {
        path,
        old: regular_blob(old),
        new: regular_blob(new),
        irregular,
        authors,
        messages,
    }
}

fn regular_blob(node: Option<TreeNode>) -> Option<BlobId> {
    node.filter(|node| node.is_regular()).map(|node| BlobId::from_oid(node.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    fn open(repo: &Repo) -> Repository {
        Repository::open(&repo.path()).unwrap()
    }

    /// Walks in one piece, commit by commit, and from packs: all the same.
    fn walked(repo: &Repo, paths: &[&str]) -> Vec<FirstParentCommit> {
        let opened = open(repo);
        let head = opened.head().unwrap().unwrap();
        let commits = walk(&opened, head, paths).unwrap();
        assert_eq!(in_pieces(&opened, None, paths), commits);
        repo.git(&["repack", "-adq"]);
        assert_eq!(in_pieces(&open(repo), None, paths), commits, "from packs");
        commits
    }

    /// Walks commit by commit.
    fn in_pieces(
        repo: &Repository,
        since: Option<CommitId>,
        paths: &[&str],
    ) -> Vec<FirstParentCommit> {
        let line = first_parents(repo, since, repo.head().unwrap().unwrap()).unwrap();
        let mut walk = FirstParentWalk::new(repo, since, paths).unwrap();
        line.iter().flat_map(|commit| walk.read(&[*commit]).unwrap()).collect()
    }

    /// One line per change: subject, sign, path.
    fn described(landed: &[FirstParentCommit]) -> Vec<String> {
        let sign = |change: &TreeChange| match (change.old, change.new) {
            (None, Some(_)) => '+',
            (Some(_), None) => '-',
            (Some(_), Some(_)) => '*',
            (None, None) => '?',
        };
        let one = |landed: &FirstParentCommit, change: &TreeChange| {
            let subject = landed.message.lines().next().unwrap_or_default().to_owned();
            format!("{subject}: {}{}", sign(change), change.path)
        };
        landed.iter().flat_map(|l| l.changes.iter().map(move |change| one(l, change))).collect()
    }

    /// Lists the changed paths of each first-parent commit as `git log` does.
    fn by_git(repo: &Repo, paths: &[&str]) -> Vec<String> {
        let mut arguments =
            vec!["log", "--first-parent", "-m", "--raw", "--no-renames", "--no-abbrev"];
        arguments.extend(["--reverse", "--root", "--format=%s", "--"]);
        arguments.extend(paths);
        let (mut subject, mut found) = (String::new(), Vec::new());
        for line in repo.git(&arguments).lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix(':') {
                Some(raw) => {
                    let (kind, path) = raw.split_once('\t').unwrap();
                    let sign = match kind.chars().last().unwrap() {
                        'A' => '+',
                        'D' => '-',
                        _ => '*',
                    };
                    found.push(format!("{subject}: {sign}{path}"));
                }
                None => subject = line.to_owned(),
            }
        }
        found
    }

    #[test]
    fn ordinary_commits() {
        let repo = Repo::new();
        repo.write("README", "x").commit("2026-01-01", "root");
        repo.write("items/1/A.yaml", "a").write("items/B.yaml", "b");
        let second = repo.commit("2026-01-02", "folder appears\n\nWhy.\n");
        repo.write("items/1/A.yaml", "a2").commit("2026-01-03", "edit");
        repo.write("README", "z").commit("2026-01-04", "elsewhere");
        repo.git(&["mv", "items/B.yaml", "items/1/B.yaml"]);
        repo.commit("2026-01-05", "rename");
        repo.git(&["revert", "--no-edit", "HEAD~2"]);
        repo.remove("items/1/A.yaml").commit("2026-01-06", "delete");
        repo.write("items/1/A.yaml", "a").commit("2026-01-07", "create again");
        let expected = [
            "folder appears: +items/1/A.yaml",
            "folder appears: +items/B.yaml",
            "edit: *items/1/A.yaml",
            "rename: +items/1/B.yaml",
            "rename: -items/B.yaml",
            "Revert \"edit\": *items/1/A.yaml",
            "delete: -items/1/A.yaml",
            "create again: +items/1/A.yaml",
        ];
        let landed = walked(&repo, &["items"]);
        assert_eq!(described(&landed), expected);
        assert_eq!(by_git(&repo, &["items"]), expected);
        assert_eq!(described(&walked(&repo, &["/items/", "items/1", "items"])), expected);
        assert_eq!(described(&walked(&repo, &[""])), by_git(&repo, &["."]));
        assert_eq!(described(&walked(&repo, &["README"])).len(), 2, "a single file");
        assert_eq!(walked(&repo, &["item"]), [], "no such folder");

        let first = &landed[0];
        assert_eq!(first.commit.to_string(), second);
        assert_eq!((first.parents, &*first.message), (1, "folder appears\n\nWhy.\n"));
        assert_eq!((&*first.author.name, &*first.author.email), ("Ann Author", "ann@example.com"));
        assert_eq!(first.committer.name, "Carl Committer");
        assert_eq!(first.committer.time.to_rfc3339(), "2026-01-02T12:00:00+00:00");
        let opened = open(&repo);
        assert_eq!(opened.read_blob(first.changes[0].new.unwrap()).unwrap(), b"a");
        assert_eq!(landed[1].changes[0].old, first.changes[0].new);
    }

    #[test]
    fn since_a_commit() {
        let repo = Repo::new();
        for day in 1..6 {
            repo.write("items/A", day.to_string()).commit("2026-01-01", &format!("day {day}"));
        }
        repo.git(&["checkout", "--quiet", "-b", "side", "HEAD~3"]);
        repo.write("items/B", "b").commit("2026-01-02", "side");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["merge", "--quiet", "--no-edit", "side"]);
        let (all, opened) = (walked(&repo, &["items"]), open(&repo));
        let head = opened.head().unwrap().unwrap();
        let line = first_parents(&opened, None, head).unwrap();
        assert_eq!(line.len(), 6);
        for (at, since) in line.iter().enumerate() {
            let some = walk_since(&opened, Some(*since), head, &["items"]).unwrap();
            assert_eq!(some, all[at + 1..], "since {at}");
            assert_eq!(in_pieces(&opened, Some(*since), &["items"]), all[at + 1..], "since {at}");
        }
        let side = opened.resolve_revision("side").unwrap();
        let error = walk_since(&opened, Some(side), head, &["items"]).unwrap_err();
        assert!(matches!(error, GitError::NotOnLine { .. }), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_modes_and_odd_places() {
        let repo = Repo::new();
        repo.write("items/A", "a").write("items/x", "file").commit("2026-01-01", "root");
        std::os::unix::fs::symlink("/etc/passwd", repo.path().join("items/L")).unwrap();
        repo.commit("2026-01-02", "link");
        repo.git(&["update-index", "--chmod=+x", "items/A"]);
        repo.git(&["commit", "--quiet", "-m", "mode"]);
        repo.write("items/x.y", "between").write("items/x0", "behind").commit("2026-01-03", "near");
        repo.remove("items/x").write("items/x/y", "in a folder");
        repo.write("items/x.y", "2").write("items/x0", "2").commit("2026-01-03", "folder");
        repo.remove("items/L").write("items/L", "now a file").commit("2026-01-04", "file");
        repo.write("items/ü -*.yaml", "odd").commit("2026-01-05", "odd");
        let commit = repo.git(&["rev-parse", "HEAD"]);
        let entry = format!("160000,{},items/sub", commit.trim());
        repo.git(&["update-index", "--add", "--cacheinfo", &entry]);
        repo.git(&["commit", "--quiet", "-m", "submodule"]);
        let landed = walked(&repo, &["items"]);
        let expected = [
            "root: +items/A",
            "root: +items/x",
            "link: ?items/L",
            "near: +items/x.y",
            "near: +items/x0",
            "folder: -items/x",
            "folder: *items/x.y",
            "folder: +items/x/y",
            "folder: *items/x0",
            "file: +items/L",
            "odd: +items/ü -*.yaml",
            "submodule: ?items/sub",
        ];
        assert_eq!(described(&landed), expected);
        let irregular: Vec<bool> =
            landed.iter().flat_map(|l| l.changes.iter().map(|change| change.irregular)).collect();
        let at = |one: &bool| irregular.iter().position(|other| std::ptr::eq(one, other));
        assert_eq!(
            irregular.iter().filter(|it| **it).filter_map(at).collect::<Vec<_>>(),
            [2, 9, 11]
        );
    }

    #[test]
    fn missing_history_is_said() {
        let repo = Repo::new();
        for day in ["2026-01-01", "2026-01-02"] {
            repo.write("items/A", day).commit(day, day);
        }
        let url = format!("file://{}", repo.path().display());
        let shallow = repo.beside("shallow");
        let clone = |more: &[&str], to: &std::path::Path| {
            let mut arguments = vec!["clone", "--quiet"];
            arguments.extend(more);
            let to = to.to_str().unwrap();
            arguments.extend([url.as_str(), to]);
            repo.git(&arguments);
        };
        clone(&["--depth=1"], &shallow);
        let tree = repo.beside("tree").display().to_string();
        repo.try_git(&shallow, &[], &["worktree", "add", "--quiet", &tree]);
        for dir in [&shallow, &repo.beside("tree")] {
            let opened = Repository::open(dir).unwrap();
            assert!(opened.is_shallow());
            let error = walk(&opened, opened.head().unwrap().unwrap(), &["items"]).unwrap_err();
            assert!(error.to_string().contains("fetch-depth: 0"), "{error}");
            let error = opened.resolve_revision("HEAD~1").unwrap_err();
            assert!(error.to_string().contains("--unshallow"), "{error}");
        }
        let partial = repo.beside("partial");
        repo.git(&["config", "uploadpack.allowFilter", "true"]);
        clone(&["--filter=tree:0", "--no-checkout"], &partial);
        let opened = Repository::open(&partial).unwrap();
        let head = opened.head().unwrap().unwrap();
        let error = walk(&opened, head, &["items"]).unwrap_err();
        assert!(error.to_string().contains("partial clone"), "{error}");
    }
}
