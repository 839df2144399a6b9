//! What landed on the main line.
//!
//! The main line is the chain of first parents. Each of its commits is compared with its first
//! parent and nothing else, so a merge shows what it brought, an edit made in the merge included. A
//! branch that was fast-forwarded over its own merge of the main line ("foxtrot") has turned the
//! sides around, and nothing in git tells so.

use std::collections::HashMap;
use std::num::NonZero;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use chrono::{DateTime, FixedOffset};
use git2::Oid;

use super::landing::{Landers, Said};
use super::object::RawCommit;
use super::objects::Objects;
use super::parts::Parts;
use super::tree::{Difference, Node, Trees};
use super::{BlobId, CommitId, GitError, Opener, Repository, Signature, landing};

/// A commit of the main line that changed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// The commit.
    pub commit: CommitId,
    /// How many parents it has: 0 for the first commit, 2 and more for a merge.
    pub parents: usize,
    /// Who wrote it.
    pub author: Signature,
    /// Who put it here; the time is when it landed.
    pub committer: Signature,
    /// The whole message.
    pub message: String,
    /// Whether the commit carries a signature; nobody has checked it.
    pub signed: bool,
    /// What differs from the first parent, in git's order of paths; never empty.
    pub changes: Vec<Change>,
}

/// A file that differs. A file that was moved is two changes, one for each path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path from the top of the repository. Bytes that are not UTF-8 are replaced (U+FFFD).
    pub path: String,
    /// The content before; `None` when there was no regular file.
    pub old: Option<BlobId>,
    /// The content after; `None` when there is no regular file.
    pub new: Option<BlobId>,
    /// Whether a symbolic link or a submodule stands at the path before or after. Its content is
    /// not given, so that nobody follows it.
    pub irregular: bool,
    /// Who made the change; never empty, and who made it what it is comes last. For an ordinary
    /// commit the `Co-authored-by` of its message, then its author. For a merge those of the
    /// merged-in commits that touched the file, by time; the merge's author when there are none,
    /// and as the last when the merged file is none of those that were merged in, nor what git makes
    /// of them by itself.
    pub authors: Arc<[Signature]>,
    /// For a merge what the merged-in commits say that touched the file, by time: they say why,
    /// where the merge only says that it merged; the merge's own message as the last where the file
    /// was edited in it. Empty for other commits.
    pub messages: Vec<Merged>,
}

/// What a merged-in commit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// When it was written, by its author's clock.
    pub time: DateTime<FixedOffset>,
    /// The whole message.
    pub message: String,
}

/// The history of some folders (or single files; "" is everything) up to `head`, oldest first. A
/// shallow clone is refused.
pub fn walk(repo: &Repository, head: CommitId, paths: &[&str]) -> Result<Vec<Landed>, GitError> {
    walk_since(repo, None, head, paths)
}

/// The same without what had landed with `since`, which must be on the main line of `head` (else
/// [`GitError::NotOnLine`]: the branch was rewritten).
pub fn walk_since(
    repo: &Repository,
    since: Option<CommitId>,
    head: CommitId,
    paths: &[&str],
) -> Result<Vec<Landed>, GitError> {
    let mut landed = Vec::new();
    walk_back(repo, (since, head), paths, Hands::All, |one| landed.push(one))?;
    landed.reverse();
    Ok(landed)
}

/// The same, newest first, each handed on as soon as it is known: who reads files can do so while
/// the walk goes on.
pub fn walk_back(
    repo: &Repository,
    (since, head): (Option<CommitId>, CommitId),
    paths: &[&str],
    hands: Hands,
    mut each: impl FnMut(Landed),
) -> Result<(), GitError> {
    let help = match hands {
        Hands::All => Help::USUAL,
        Hands::One => Help { hands: 1, ..Help::USUAL },
    };
    walk_with(repo, (since, head), paths, help, &mut each)
}

/// Who reads a long main line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hands {
    /// As many threads as there are processors.
    All,
    /// Only who asks: each thread holds some ten megabytes of what it read of late.
    One,
}

/// When and how other threads help.
#[derive(Clone, Copy)]
struct Help {
    /// The number of commits of a main line from which on they do.
    long: usize,
    /// Commits that one thread looks at before it takes others.
    part: usize,
    /// How many there are at most, the one that asks included.
    hands: usize,
}

impl Help {
    /// A short line is done before another thread has begun.
    const USUAL: Self = Self { long: 2048, part: 256, hands: 4 };

    fn hands(self, commits: usize) -> usize {
        let processors = || thread::available_parallelism().map_or(1, NonZero::get);
        if commits < self.long { 1 } else { processors().min(self.hands) }
    }
}

fn walk_with(
    repo: &Repository,
    (since, head): (Option<CommitId>, CommitId),
    paths: &[&str],
    help: Help,
    each: &mut dyn FnMut(Landed),
) -> Result<(), GitError> {
    let objects = repo.stored()?;
    let commits = main_line(repo, &objects, since, head)?;
    let reached = &mut *repo.reached.borrow_mut();
    let sides = landing::sides(&objects, &commits, since.map(|since| since.oid()), reached)?;
    let line = MainLine { commits, sides, paths: disjoint(paths) };
    let parts = Parts::new(line.commits.len(), help.part);
    let (line, parts) = (&line, &parts);
    thread::scope(|scope| {
        let start = |_| {
            let opener = repo.opener();
            let work = move || line.help(&opener, parts);
            thread::Builder::new().spawn_scoped(scope, work).ok()
        };
        let helpers: Vec<_> = (1..help.hands(line.commits.len())).filter_map(start).collect();
        let mut trees = Trees::new(&objects);
        while let Some(part) = parts.first() {
            line.look(repo, &mut trees, part, each).inspect_err(|_| parts.stop())?;
        }
        let mut found = Vec::new();
        for helper in helpers {
            found.extend(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        found.sort_by_key(|found| found.at);
        for Found { landed, end, .. } in found {
            landed.into_iter().for_each(&mut *each);
            end?;
        }
        Ok(())
    })?;
    // Whoever reads on reads other things.
    repo.packed.borrow_mut().rest();
    Ok(())
}

/// A main line, newest first, and what its commits are asked for.
struct MainLine<'p> {
    commits: Vec<RawCommit>,
    sides: HashMap<Oid, Vec<RawCommit>>,
    paths: Vec<&'p str>,
}

/// What another thread found in a part.
struct Found {
    /// The number of its first commit.
    at: usize,
    landed: Vec<Landed>,
    end: Result<(), GitError>,
}

impl MainLine<'_> {
    /// Looks at the last parts as long as there are some; at none where the repository cannot be
    /// opened once more.
    fn help(&self, opener: &Opener, parts: &Parts) -> Vec<Found> {
        let mut found = Vec::new();
        let Ok(repo) = opener.open() else { return found };
        let Ok(objects) = repo.stored() else { return found };
        let mut trees = Trees::new(&objects);
        while let Some(part) = parts.last() {
            let (at, mut landed) = (part.start, Vec::new());
            let end = self.look(&repo, &mut trees, part, &mut |one| landed.push(one));
            found.push(Found { at, landed, end });
        }
        found
    }

    /// What landed with a part of the commits. Newest first: a pack holds the newest version of a
    /// folder whole and the older ones as differences from it.
    fn look(
        &self,
        repo: &Repository,
        trees: &mut Trees<'_>,
        part: Range<usize>,
        each: &mut dyn FnMut(Landed),
    ) -> Result<(), GitError> {
        for at in part {
            let Some(commit) = self.commits.get(at) else { break };
            let before = match (self.commits.get(at + 1), commit.parents.first()) {
                (Some(parent), _) => Some(parent.tree),
                (None, Some(&parent)) => Some(RawCommit::read(trees.objects(), parent)?.tree),
                (None, None) => None,
            };
            let differences = differing(trees, before, commit.tree, &self.paths)?;
            if differences.is_empty() {
                continue;
            }
            let side = self.sides.get(&commit.id).map(Vec::as_slice).unwrap_or_default();
            let said = Said::by(commit);
            let landers =
                landing::authors(repo, trees, (commit, &said), side, &differences, &self.paths)?;
            let Said { author, message } = said;
            each(Landed {
                commit: CommitId::from_oid(commit.id),
                parents: commit.parents.len(),
                author,
                committer: commit.committer(),
                message,
                signed: commit.signed(),
                changes: differences.into_iter().zip(landers).map(change).collect(),
            });
        }
        Ok(())
    }
}

/// The main line up to `head`, oldest first, whatever the commits changed; without `since` and what
/// is before it when that is given.
pub fn first_parents(
    repo: &Repository,
    since: Option<CommitId>,
    head: CommitId,
) -> Result<Vec<CommitId>, GitError> {
    let line = main_line(repo, &repo.stored()?, since, head)?;
    Ok(line.iter().rev().map(|commit| CommitId::from_oid(commit.id)).collect())
}

/// The newest of some commits on the main line of `head`, and how many commits are after it; `None`
/// where it holds none of them.
pub fn nearest_on_line(
    repo: &Repository,
    head: CommitId,
    mut wanted: impl FnMut(CommitId) -> bool,
) -> Result<Option<(CommitId, usize)>, GitError> {
    let objects = repo.stored()?;
    let (mut next, mut after) = (Some(head.oid()), 0);
    while let Some(id) = next {
        let commit = CommitId::from_oid(id);
        if wanted(commit) {
            return Ok(Some((commit, after)));
        }
        next = RawCommit::read(&objects, id)?.parents.first().copied();
        after += 1;
    }
    Ok(None)
}

/// Commits of the main line of `head` after `since`, oldest first, of which at most as many others
/// stand between one and the next; the last is `head`.
pub fn steps_on_line(
    repo: &Repository,
    since: Option<CommitId>,
    head: CommitId,
    every: usize,
) -> Result<Vec<CommitId>, GitError> {
    let (mut steps, mut at) = (Vec::new(), 0);
    nearest_on_line(repo, head, |commit| {
        if Some(commit) == since {
            return true;
        }
        if at % every.max(1) == 0 {
            steps.push(commit);
        }
        at += 1;
        false
    })?;
    steps.reverse();
    Ok(steps)
}

/// Newest first.
fn main_line(
    repo: &Repository,
    objects: &Objects<'_>,
    since: Option<CommitId>,
    head: CommitId,
) -> Result<Vec<RawCommit>, GitError> {
    if repo.is_shallow() {
        return Err(GitError::Shallow);
    }
    let since = since.map(|since| since.oid());
    let mut line = Vec::new();
    let mut next = Some(head.oid());
    while next != since {
        let Some(id) = next else {
            let since = since.map(|since| since.to_string()).unwrap_or_default();
            return Err(GitError::NotOnLine { since, head: head.to_string() });
        };
        let commit = RawCommit::read(objects, id)?;
        next = commit.parents.first().copied();
        line.push(commit);
    }
    Ok(line)
}

/// The paths without slashes at their ends, and without those that are below another.
pub(super) fn disjoint<'p>(paths: &[&'p str]) -> Vec<&'p str> {
    let mut all: Vec<&str> = paths.iter().map(|path| path.trim_matches('/')).collect();
    all.sort_unstable();
    all.dedup();
    let below = |path: &str, other: &str| {
        other.is_empty() || path.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))
    };
    let others = all.clone();
    all.retain(|path| !others.iter().any(|other| other != path && below(path, other)));
    all
}

/// What differs below the paths between two top trees.
pub(super) fn differing(
    trees: &mut Trees<'_>,
    before: Option<Oid>,
    after: Oid,
    paths: &[&str],
) -> Result<Vec<Difference>, GitError> {
    let mut found = Vec::new();
    if before == Some(after) {
        return Ok(found);
    }
    for path in paths {
        let old = match before {
            Some(before) => trees.find(Node::tree(before), path)?,
            None => None,
        };
        let new = trees.find(Node::tree(after), path)?;
        trees.compare(old, new, path, &mut found)?;
    }
    Ok(found)
}

fn change((difference, Landers { authors, messages }): (Difference, Landers)) -> Change {
    let Difference { path, old, new } = difference;
    let regular = |node: Option<Node>| {
        node.filter(|node| node.is_regular()).map(|node| BlobId::from_oid(node.id))
    };
    let irregular = [old, new].into_iter().flatten().any(|node| !node.is_regular());
    Change { path, old: regular(old), new: regular(new), irregular, authors, messages }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repo;
    use super::*;

    fn open(repo: &Repo) -> Repository {
        Repository::open(&repo.path()).unwrap()
    }

    /// Several threads have a part in it, however short.
    const MANY: Help = Help { long: 0, part: 1, hands: 4 };

    /// What a walk tells, whoever has a part in it, and wherever the objects are.
    fn walked(repo: &Repo, paths: &[&str]) -> Vec<Landed> {
        let opened = open(repo);
        let head = opened.head().unwrap().unwrap();
        let landed = walk(&opened, head, paths).unwrap();
        assert_eq!(together(&opened, None, paths), landed);
        repo.git(&["repack", "-adq"]);
        let opened = open(repo);
        opened.packed.borrow_mut().at_once();
        assert_eq!(together(&opened, None, paths), landed, "from packs");
        landed
    }

    /// What several threads say of a walk.
    fn together(repo: &Repository, since: Option<CommitId>, paths: &[&str]) -> Vec<Landed> {
        let (head, mut landed) = (repo.head().unwrap().unwrap(), Vec::new());
        walk_with(repo, (since, head), paths, MANY, &mut |one| landed.push(one)).unwrap();
        landed.reverse();
        landed
    }

    /// One line per change: subject, sign, path.
    fn told(landed: &[Landed]) -> Vec<String> {
        let sign = |change: &Change| match (change.old, change.new) {
            (None, Some(_)) => '+',
            (Some(_), None) => '-',
            (Some(_), Some(_)) => '*',
            (None, None) => '?',
        };
        let one = |landed: &Landed, change: &Change| {
            let subject = landed.message.lines().next().unwrap_or_default().to_owned();
            format!("{subject}: {}{}", sign(change), change.path)
        };
        landed.iter().flat_map(|l| l.changes.iter().map(move |change| one(l, change))).collect()
    }

    /// What `git log` says of the same, path by path.
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
        assert_eq!(told(&landed), expected);
        assert_eq!(by_git(&repo, &["items"]), expected);
        assert_eq!(told(&walked(&repo, &["/items/", "items/1", "items"])), expected);
        assert_eq!(told(&walked(&repo, &[""])), by_git(&repo, &["."]));
        assert_eq!(told(&walked(&repo, &["README"])).len(), 2, "a single file");
        assert_eq!(walked(&repo, &["item"]), [], "no such folder");

        let first = &landed[0];
        assert_eq!(first.commit.to_string(), second);
        assert_eq!((first.parents, &*first.message), (1, "folder appears\n\nWhy.\n"));
        assert_eq!((&*first.author.name, &*first.author.email), ("Ann Author", "ann@example.com"));
        assert_eq!(first.committer.name, "Carl Committer");
        assert_eq!(first.committer.time.to_rfc3339(), "2026-01-02T12:00:00+00:00");
        let opened = open(&repo);
        assert_eq!(opened.blob(first.changes[0].new.unwrap()).unwrap(), b"a");
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
            assert_eq!(together(&opened, Some(*since), &["items"]), all[at + 1..], "since {at}");
        }
        let side = opened.resolve("side").unwrap();
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
        assert_eq!(told(&landed), expected);
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
            let error = opened.resolve("HEAD~1").unwrap_err();
            assert!(error.to_string().contains("--unshallow"), "{error}");
        }
        let partial = repo.beside("partial");
        repo.git(&["config", "uploadpack.allowFilter", "true"]);
        clone(&["--filter=tree:0", "--no-checkout"], &partial);
        let opened = Repository::open(&partial).unwrap();
        let head = opened.head().unwrap().unwrap();
        let error = walk(&opened, head, &["items"]).unwrap_err();
        assert!(error.to_string().contains("partial clone"), "{error}");
        let many = walk_with(&opened, (None, head), &["items"], MANY, &mut |_| {}).unwrap_err();
        assert_eq!(many.to_string(), error.to_string());
    }
}
