//! Who made what a merge landed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use git2::{MergeFileInput, Oid, merge_file};

use super::object::RawCommit;
use super::objects::Objects;
use super::tree::{Difference, Node, Trees};
use super::walk::{Merged, differing};
use super::{GitError, Repository, Signature, trailers};

/// All that a commit reaches, for who goes on after it.
pub(super) struct Reached {
    upto: Oid,
    commits: HashSet<Oid>,
}

/// What each merge of a main line (newest first) landed: what its other parents reach and nothing
/// before it did. Each commit is looked at once, so the whole costs as much as there are commits,
/// and no clock is trusted. Who goes through a line piece by piece hands on what was `reached`.
pub(super) fn sides(
    objects: &Objects<'_>,
    line: &[RawCommit],
    since: Option<Oid>,
    reached: &mut Option<Reached>,
) -> Result<HashMap<Oid, Vec<RawCommit>>, GitError> {
    let mut sides = HashMap::new();
    let Some(newest) = line.first() else { return Ok(sides) };
    let before = reached.take().filter(|before| Some(before.upto) == since);
    if before.is_none() && line.iter().all(|commit| commit.parents.len() < 2) {
        return Ok(sides);
    }
    let mut landed = match (before, since) {
        (Some(before), _) => before.commits,
        (None, Some(since)) => all(objects, since)?,
        (None, None) => HashSet::new(),
    };
    for commit in line.iter().rev() {
        let mut side = Vec::new();
        for &parent in commit.parents.iter().skip(1) {
            side.extend(land(objects, &mut landed, parent)?);
        }
        if !side.is_empty() {
            sides.insert(commit.id, side);
        }
        landed.insert(commit.id);
    }
    *reached = Some(Reached { upto: newest.id, commits: landed });
    Ok(sides)
}

/// Everything that a commit reaches.
fn all(objects: &Objects<'_>, tip: Oid) -> Result<HashSet<Oid>, GitError> {
    let mut commits = HashSet::new();
    let mut waiting = vec![tip];
    while let Some(id) = waiting.pop() {
        if commits.insert(id) {
            waiting.append(&mut RawCommit::read(objects, id)?.parents);
        }
    }
    Ok(commits)
}

/// Everything that `tip` reaches and that had not landed.
fn land(
    objects: &Objects<'_>,
    landed: &mut HashSet<Oid>,
    tip: Oid,
) -> Result<Vec<RawCommit>, GitError> {
    let mut commits = Vec::new();
    let mut waiting = vec![tip];
    while let Some(id) = waiting.pop() {
        if landed.insert(id) {
            let commit = RawCommit::read(objects, id)?;
            waiting.extend_from_slice(&commit.parents);
            commits.push(commit);
        }
    }
    Ok(commits)
}

/// What a commit says of itself.
pub(super) struct Said {
    pub(super) author: Signature,
    pub(super) message: String,
}

impl Said {
    pub(super) fn by(commit: &RawCommit) -> Self {
        Self { author: commit.author(), message: commit.message() }
    }
}

/// Who made a difference, and what they said.
#[derive(Debug, Clone)]
pub(super) struct Landers {
    pub(super) authors: Arc<[Signature]>,
    pub(super) messages: Vec<Merged>,
}

/// The same while they are collected.
type Hands = (Vec<Signature>, Vec<Merged>);

/// The authors of each difference of a commit of the line, with the messages of merged-in commits.
pub(super) fn authors(
    repo: &Repository,
    trees: &mut Trees<'_>,
    (commit, said): (&RawCommit, &Said),
    side: &[RawCommit],
    differences: &[Difference],
    paths: &[&str],
) -> Result<Vec<Landers>, GitError> {
    if differences.is_empty() {
        return Ok(Vec::new());
    }
    if commit.parents.len() < 2 {
        let landers = Landers { authors: makers(said).into(), messages: Vec::new() };
        return Ok(vec![landers; differences.len()]);
    }
    let mut authors = side_authors(trees, side, differences, paths)?;
    for (difference, (authors, messages)) in differences.iter().zip(&mut authors) {
        if authors.is_empty() {
            add(authors, makers(said));
        } else if made_in_merge(trees, commit, difference)?
            && !merged_by_git(repo, trees, commit, difference)?
        {
            add(authors, makers(said));
            messages.push(Merged { time: said.author.time, message: said.message.clone() });
        }
    }
    let landers = |(authors, messages): (Vec<_>, _)| Landers { authors: authors.into(), messages };
    Ok(authors.into_iter().map(landers).collect())
}

/// For each difference, who touched its path in the side commits.
fn side_authors(
    trees: &mut Trees<'_>,
    side: &[RawCommit],
    differences: &[Difference],
    paths: &[&str],
) -> Result<Vec<Hands>, GitError> {
    let mut landers = vec![(Vec::new(), Vec::new()); differences.len()];
    let place: HashMap<&str, usize> =
        differences.iter().enumerate().map(|(at, one)| (one.path.as_str(), at)).collect();
    let mut side: Vec<_> = side.iter().map(|commit| (Said::by(commit), commit)).collect();
    side.sort_by_key(|(said, commit)| (said.author.time, commit.id));
    for (said, commit) in side {
        for path in touched(trees, commit, paths)? {
            let at = place.get(path.as_str());
            if let Some((authors, messages)) = at.and_then(|at| landers.get_mut(*at)) {
                add(authors, makers(&said));
                messages.push(Merged { time: said.author.time, message: said.message.clone() });
            }
        }
    }
    Ok(landers)
}

/// The paths that a side commit made what they are: those that differ from every parent. Merging
/// the main line into a branch touches nothing by itself.
pub(super) fn touched(
    trees: &mut Trees<'_>,
    commit: &RawCommit,
    paths: &[&str],
) -> Result<Vec<String>, GitError> {
    let path = |difference: Difference| difference.path;
    let mut parents = commit.parents.iter();
    let first = match parents.next() {
        Some(&parent) => Some(RawCommit::read(trees.objects(), parent)?.tree),
        None => None,
    };
    let mut common: Vec<String> =
        differing(trees, first, commit.tree, paths)?.into_iter().map(path).collect();
    for &parent in parents {
        let tree = RawCommit::read(trees.objects(), parent)?.tree;
        let other: HashSet<String> =
            differing(trees, Some(tree), commit.tree, paths)?.into_iter().map(path).collect();
        common.retain(|path| other.contains(path));
    }
    Ok(common)
}

/// Whether what the merge holds at a path is held by none of the merged-in parents.
fn made_in_merge(
    trees: &mut Trees<'_>,
    merge: &RawCommit,
    difference: &Difference,
) -> Result<bool, GitError> {
    for &parent in merge.parents.iter().skip(1) {
        let tree = RawCommit::read(trees.objects(), parent)?.tree;
        if trees.find(Node::tree(tree), &difference.path)? == difference.new {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether what a merge of two holds at a path is what git makes of both sides without help: where
/// both changed other lines of a file, nobody had to edit it.
fn merged_by_git(
    repo: &Repository,
    trees: &mut Trees<'_>,
    merge: &RawCommit,
    difference: &Difference,
) -> Result<bool, GitError> {
    let (&[ours, theirs], Some(new)) = (&merge.parents[..], difference.new) else {
        return Ok(false);
    };
    let Ok(base) = repo.inner.merge_base(ours, theirs) else { return Ok(false) };
    let mut sides = Vec::new();
    for commit in [base, ours, theirs] {
        let tree = RawCommit::read(trees.objects(), commit)?.tree;
        match trees.find(Node::tree(tree), &difference.path)? {
            Some(node) if node.is_regular() => sides.push(node.id),
            _ => return Ok(false),
        }
    }
    sides.push(new.id);
    let read = |id: &Oid| trees.objects().read(*id).map(|object| object.data);
    let texts: Vec<_> = sides.iter().map(read).collect::<Result<_, _>>()?;
    let [base, ours, theirs, merged] = &texts[..] else { return Ok(false) };
    if texts.iter().any(|text| text.len() > LONGEST) {
        return Ok(false);
    }
    let sides = (input(base), input(ours), input(theirs));
    let made = merge_file(&sides.0, &sides.1, &sides.2, None);
    Ok(made.is_ok_and(|made| made.is_automergeable() && made.content() == &**merged))
}

fn input(text: &[u8]) -> MergeFileInput<'_> {
    let mut input = MergeFileInput::new();
    input.content(text);
    input
}

/// Longer files are not merged once more to see what git would make of them.
const LONGEST: usize = 1 << 20;

/// The author of a commit, then those that its message names.
pub(super) fn people(said: &Said) -> Vec<Signature> {
    let time = said.author.time;
    let mut people = vec![said.author.clone()];
    // Most messages name nobody.
    let key = b"co-authored-by";
    if said.message.as_bytes().windows(key.len()).any(|it| it.eq_ignore_ascii_case(key)) {
        let named = trailers(&said.message).into_iter();
        let named = named.filter(|(key, _)| key.eq_ignore_ascii_case("Co-authored-by"));
        for one in named.map(|(_, who)| Signature { time, ..Signature::parse(&who) }) {
            if !people.iter().any(|known| known.same_person(&one)) {
                people.push(one);
            }
        }
    }
    people
}

/// The same with the author at the end: who made it what it is comes last.
fn makers(said: &Said) -> Vec<Signature> {
    let mut people = people(said);
    people.rotate_left(1);
    people
}

/// Adds people at the end; who was there already had a hand in it again, later.
fn add(people: &mut Vec<Signature>, more: impl IntoIterator<Item = Signature>) {
    for one in more {
        people.retain(|known| !known.same_person(&one));
        people.push(one);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repo;
    use super::super::{Landed, Repository, walk};

    /// The last commit of the main line: each path with its authors' first names.
    fn last(repo: &Repo) -> (Landed, Vec<String>) {
        let opened = Repository::open(&repo.path()).unwrap();
        let head = opened.head().unwrap().unwrap();
        let landed = walk(&opened, head, &["items"]).unwrap().pop().unwrap();
        assert_eq!(landed.commit, head);
        let who = |change: &super::super::Change| {
            let names = change.authors.iter().map(|who| who.name.split(' ').next().unwrap());
            format!("{}: {}", change.path, names.collect::<Vec<_>>().join(", "))
        };
        let told = landed.changes.iter().map(who).collect();
        (landed, told)
    }

    /// A main line with three items.
    fn repo() -> Repo {
        let repo = Repo::new();
        for name in ["A", "B", "C"] {
            repo.write(&format!("items/{name}"), "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
        }
        repo.commit("2026-01-01", "root");
        repo
    }

    fn branch(repo: &Repo, name: &str) {
        repo.git(&["checkout", "--quiet", "-b", name, "main"]);
    }

    fn merge(repo: &Repo, more: &[&str]) {
        repo.git(&["checkout", "--quiet", "main"]);
        let mut arguments = vec!["merge", "--quiet", "--no-ff", "--no-edit"];
        arguments.extend(more);
        repo.git(&arguments);
    }

    const DORA: &str = "Dora D <dora@example.com>";
    const EVE: &str = "Eve E <eve@example.com>";

    #[test]
    fn side_commits_own_their_changes() {
        let repo = repo();
        branch(&repo, "side");
        repo.write("items/A", "dora").commit_as(DORA, "2026-01-02", "a");
        repo.write("items/A", "eve").commit_as(EVE, "2026-01-03", "a again");
        repo.write("items/B", "eve").commit_as(EVE, "2026-01-04", "b");
        repo.write("items/B", "dora").commit_as(DORA, "2026-01-05", "b again");
        repo.write("items/B", "both").commit_as(EVE, "2026-01-06", "and again");
        merge(&repo, &["side"]);
        let (landed, told) = last(&repo);
        assert_eq!(landed.parents, 2);
        assert_eq!(told, ["items/A: Dora, Eve", "items/B: Dora, Eve"], "the last one comes last");
    }

    #[test]
    fn an_edit_in_the_merge_is_its_author_s() {
        let repo = repo();
        branch(&repo, "side");
        repo.write("items/A", "dora").write("items/B", "dora").commit_as(DORA, "2026-01-02", "ab");
        merge(&repo, &["--no-commit", "side"]);
        repo.write("items/B", "more").write("items/C", "edited in the merge");
        repo.commit_as(EVE, "2026-01-03", "merge");
        let told = last(&repo).1;
        assert_eq!(told, ["items/A: Dora", "items/B: Dora, Eve", "items/C: Eve"]);
    }

    #[test]
    fn what_git_merges_by_itself_is_nobody_s_edit() {
        let repo = repo();
        let ten = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n7\n8\n{last}\n");
        branch(&repo, "side");
        repo.write("items/A", ten("1", "dora")).commit_as(DORA, "2026-01-02", "a");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.write("items/A", ten("eve", "9")).commit_as(EVE, "2026-01-03", "main goes on");
        merge(&repo, &["side"]);
        assert_eq!(repo.read("items/A"), ten("eve", "dora"));
        let (landed, told) = last(&repo);
        assert_eq!(told, ["items/A: Dora"]);
        assert_eq!(landed.changes[0].messages.len(), 1);
        repo.write("items/A", ten("eve", "ann"));
        repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
        let (landed, told) = last(&repo);
        assert_eq!(told, ["items/A: Dora, Ann"]);
        assert_eq!(landed.changes[0].messages.len(), 2, "the merge itself had a part in it");
    }

    #[test]
    fn what_had_landed_before_is_nobody_s_again() {
        let repo = repo();
        branch(&repo, "side");
        repo.write("items/A", "dora").commit_as(DORA, "2026-01-02", "a");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.write("items/B", "main").commit("2026-01-03", "main goes on");
        repo.git(&["checkout", "--quiet", "side"]);
        repo.git(&["merge", "--quiet", "--no-edit", "main"]);
        merge(&repo, &["side"]);
        assert_eq!(last(&repo).1, ["items/A: Dora"]);
        repo.git(&["checkout", "--quiet", "side"]);
        repo.write("items/A", "eve").commit_as(EVE, "2026-01-04", "a again");
        merge(&repo, &["side"]);
        assert_eq!(last(&repo).1, ["items/A: Eve"], "Dora's part landed with the first merge");
    }

    #[test]
    fn octopus_and_unrelated() {
        let repo = repo();
        branch(&repo, "one");
        repo.write("items/A", "dora").commit_as(DORA, "2026-01-02", "a");
        branch(&repo, "two");
        repo.write("items/B", "eve").commit_as(EVE, "2026-01-02", "b");
        branch(&repo, "three");
        repo.write("items/C", "eve").commit_as(EVE, "2026-01-02", "c");
        merge(&repo, &["one", "two", "three"]);
        let (landed, told) = last(&repo);
        assert_eq!(landed.parents, 4);
        assert_eq!(told, ["items/A: Dora", "items/B: Eve", "items/C: Eve"]);

        repo.git(&["checkout", "--quiet", "--orphan", "other"]);
        repo.git(&["rm", "-rf", "--quiet", "."]);
        repo.write("items/D", "dora").commit_as(DORA, "2026-01-03", "another root");
        merge(&repo, &["--allow-unrelated-histories", "other"]);
        assert_eq!(last(&repo).1, ["items/D: Dora"]);
    }

    #[test]
    fn co_authors() {
        let repo = repo();
        let message = "squashed\n\nText.\n\nCo-authored-by: Dora D <dora@example.com>\n\
                       co-authored-by: Ann Author <ann@example.com>\n";
        repo.write("items/A", "x").commit("2026-01-02", message);
        let (landed, told) = last(&repo);
        assert_eq!(told, ["items/A: Dora, Ann"]);
        assert_eq!(landed.changes[0].authors[0].email, "dora@example.com");
    }
}
