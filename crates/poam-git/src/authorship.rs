//! The authors of what a merge brought to the first-parent history.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use git2::{MergeFileInput, Oid, merge_file};

use super::first_parent::{MergedMessage, diff_below};
use super::object::RawCommit;
use super::object_db::ObjectDb;
use super::tree::{TreeDifference, TreeNode, TreeReader};
use super::{CommitId, GitError, Identity, Repository, parse_trailers};

/// Finds the commits that each merge of a first-parent history brought: those that its other parents
/// reach and nothing before it did. Each commit is looked at once, so all of it costs as much as
/// there are commits, and no clock is trusted.
pub(super) struct MergedCommits {
    /// Everything that the line reaches so far; `None` until the first merge where the walk began
    /// in the middle.
    reached: Option<HashSet<Oid>>,
}

impl MergedCommits {
    /// Begins after a commit, or before the first.
    pub(super) fn starting_after(since: Option<CommitId>) -> Self {
        Self { reached: since.is_none().then(HashSet::new) }
    }

    /// Returns the commits that a commit of the line merged; empty for an ordinary one.
    pub(super) fn find(
        &mut self,
        commit: &RawCommit,
        objects: &ObjectDb<'_>,
    ) -> Result<Vec<RawCommit>, GitError> {
        let mut merged = Vec::new();
        let Some((first, others)) = commit.parents.split_first() else {
            self.reached.get_or_insert_default().insert(commit.id);
            return Ok(merged);
        };
        if !others.is_empty() {
            if self.reached.is_none() {
                let mut reached = HashSet::new();
                add_reachable(objects, &mut reached, *first)?;
                self.reached = Some(reached);
            }
            let reached = self.reached.get_or_insert_default();
            for parent in others {
                merged.extend(add_reachable(objects, reached, *parent)?);
            }
        }
        if let Some(reached) = &mut self.reached {
            reached.insert(commit.id);
        }
        Ok(merged)
    }
}

/// Adds everything that `tip` reaches to what was reached before; returns what is new.
fn add_reachable(
    objects: &ObjectDb<'_>,
    reached: &mut HashSet<Oid>,
    tip: Oid,
) -> Result<Vec<RawCommit>, GitError> {
    let mut commits = Vec::new();
    let mut waiting = vec![tip];
    while let Some(id) = waiting.pop() {
        if reached.insert(id) {
            let commit = RawCommit::read(objects, id)?;
            waiting.extend_from_slice(&commit.parents);
            commits.push(commit);
        }
    }
    Ok(commits)
}

/// The authors of a change in order of contribution, and the messages of merged commits.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributions {
    pub(super) authors: Arc<[Identity]>,
    pub(super) messages: Vec<MergedMessage>,
}

/// [`Attributions`] while they are collected.
#[derive(Default)]
struct Contributions {
    authors: Vec<Identity>,
    messages: Vec<MergedMessage>,
}

impl Contributions {
    /// Adds what one commit contributed. Authors who contributed before move to the end.
    fn add_contribution(&mut self, author: &Identity, message: &MergedMessage) {
        for author in authors_final_last(author, &message.message) {
            self.authors.retain(|known| !known.same_person(&author));
            self.authors.push(author);
        }
    }
}

/// Attributes each difference of a commit of the line. `author` and `own` are the commit's, `merged`
/// are the commits that it merged.
#[expect(clippy::too_many_arguments, reason = "one call; all of it is about one commit")]
pub(super) fn attribute_differences(
    repo: &Repository,
    trees: &mut TreeReader<'_>,
    commit: &RawCommit,
    author: &Identity,
    own: &MergedMessage,
    merged: &[RawCommit],
    differences: &[TreeDifference],
    paths: &[&str],
) -> Result<Vec<Attributions>, GitError> {
    if commit.parents.len() < 2 {
        let authors: Arc<[Identity]> = authors_final_last(author, &own.message).into();
        let same = Attributions { authors, messages: Vec::new() };
        return Ok(vec![same; differences.len()]);
    }
    let mut contributions = merged_contributions(trees, merged, differences, paths)?;
    let mut attributions = Vec::with_capacity(differences.len());
    for (difference, contribution) in differences.iter().zip(&mut contributions) {
        if contribution.authors.is_empty() {
            contribution.add_contribution(author, own);
        } else if is_edited_in_merge(trees, commit, difference)?
            && !is_automatic_merge(repo, trees, commit, difference)?
        {
            contribution.add_contribution(author, own);
            contribution.messages.push(own.clone());
        }
        attributions.push(Attributions {
            authors: std::mem::take(&mut contribution.authors).into(),
            messages: std::mem::take(&mut contribution.messages),
        });
    }
    Ok(attributions)
}

/// Collects, for each difference, what the merged commits contributed to its path, by time.
fn merged_contributions(
    trees: &mut TreeReader<'_>,
    merged: &[RawCommit],
    differences: &[TreeDifference],
    paths: &[&str],
) -> Result<Vec<Contributions>, GitError> {
    let mut contributions = Vec::new();
    contributions.resize_with(differences.len(), Contributions::default);
    let mut index_of: HashMap<&str, usize> = HashMap::new();
    for (index, difference) in differences.iter().enumerate() {
        index_of.insert(difference.path.as_str(), index);
    }
    let mut merged: Vec<(Identity, &RawCommit)> =
        merged.iter().map(|commit| (commit.read_author(), commit)).collect();
    merged.sort_by_key(|(author, commit)| (author.time, commit.id));
    for (author, commit) in merged {
        let touched = touched_paths(trees, commit, paths)?;
        if touched.is_empty() {
            continue;
        }
        let id = CommitId::from_oid(commit.id);
        let message =
            MergedMessage { commit: id, author: author.clone(), message: commit.message_text() };
        for path in touched {
            let index = index_of.get(path.as_str());
            if let Some(contribution) = index.and_then(|index| contributions.get_mut(*index)) {
                contribution.add_contribution(&author, &message);
                contribution.messages.push(message.clone());
            }
        }
    }
    Ok(contributions)
}

/// Lists the paths below `paths` that differ from every parent of a commit (git's combined diff).
/// Merging the main line into a branch touches nothing by itself.
pub(super) fn touched_paths(
    trees: &mut TreeReader<'_>,
    commit: &RawCommit,
    paths: &[&str],
) -> Result<Vec<String>, GitError> {
    let mut parents = commit.parents.iter();
    let first = match parents.next() {
        Some(&parent) => Some(RawCommit::read(trees.object_db(), parent)?.tree),
        None => None,
    };
    let differences = diff_below(trees, first, commit.tree, paths)?;
    let mut common: Vec<String> = differences.into_iter().map(|it| it.path).collect();
    for &parent in parents {
        let tree = RawCommit::read(trees.object_db(), parent)?.tree;
        let differences = diff_below(trees, Some(tree), commit.tree, paths)?;
        let other: HashSet<String> = differences.into_iter().map(|it| it.path).collect();
        common.retain(|path| other.contains(path));
    }
    Ok(common)
}

/// Returns whether none of the merged parents holds what the merge holds at a path.
fn is_edited_in_merge(
    trees: &mut TreeReader<'_>,
    merge: &RawCommit,
    difference: &TreeDifference,
) -> Result<bool, GitError> {
    for &parent in merge.parents.iter().skip(1) {
        let tree = RawCommit::read(trees.object_db(), parent)?.tree;
        if trees.find(TreeNode::of_tree(tree), &difference.path)? == difference.new {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns whether what a merge of two holds at a path is what git makes of both sides without help:
/// where both changed other lines of a file, nobody had to edit it.
fn is_automatic_merge(
    repo: &Repository,
    trees: &mut TreeReader<'_>,
    merge: &RawCommit,
    difference: &TreeDifference,
) -> Result<bool, GitError> {
    let (&[ours, theirs], Some(new)) = (&merge.parents[..], difference.new) else {
        return Ok(false);
    };
    // A failure is no more than an author too many, so it does not end the walk.
    let Ok(base) = repo.inner.merge_base(ours, theirs) else { return Ok(false) };
    let mut blobs = Vec::new();
    for commit in [base, ours, theirs] {
        let tree = RawCommit::read(trees.object_db(), commit)?.tree;
        match trees.find(TreeNode::of_tree(tree), &difference.path)? {
            Some(node) if node.is_regular() => blobs.push(node.id),
            _ => return Ok(false),
        }
    }
    blobs.push(new.id);
    let mut texts = Vec::new();
    for blob in blobs {
        texts.push(trees.object_db().read(blob)?.data);
    }
    let [base, ours, theirs, merged] = &texts[..] else { return Ok(false) };
    if texts.iter().any(|text| text.len() > MAX_MERGED_BYTES) {
        return Ok(false);
    }
    let sides = (merge_input(base), merge_input(ours), merge_input(theirs));
    let automatic = merge_file(&sides.0, &sides.1, &sides.2, None);
    Ok(automatic.is_ok_and(|it| it.is_automergeable() && it.content() == &**merged))
}

fn merge_input(text: &[u8]) -> MergeFileInput<'_> {
    let mut input = MergeFileInput::new();
    input.content(text);
    input
}

/// Larger files are not merged once more to compare.
const MAX_MERGED_BYTES: usize = 1 << 20;

/// Lists the author of a commit, then those that its message names as co-authors.
pub(super) fn all_authors(author: &Identity, message: &str) -> Vec<Identity> {
    let mut authors = vec![author.clone()];
    // Most messages name nobody.
    let key = b"co-authored-by";
    if !message.as_bytes().windows(key.len()).any(|it| it.eq_ignore_ascii_case(key)) {
        return authors;
    }
    for (key, value) in parse_trailers(message) {
        if !key.eq_ignore_ascii_case("Co-authored-by") {
            continue;
        }
        let named = Identity { time: author.time, ..Identity::parse(&value) };
        if !authors.iter().any(|known| known.same_person(&named)) {
            authors.push(named);
        }
    }
    authors
}

/// Lists the co-authors of a commit, then its author, who made it what it is.
fn authors_final_last(author: &Identity, message: &str) -> Vec<Identity> {
    let mut authors = all_authors(author, message);
    authors.rotate_left(1);
    authors
}

#[cfg(test)]
mod tests {
    use crate::testing::Repo;
    use crate::{FirstParentCommit, Repository, walk};

    /// The last commit of the main line: each path with its authors' first names.
    fn last(repo: &Repo) -> (FirstParentCommit, Vec<String>) {
        let opened = Repository::open(&repo.path()).unwrap();
        let head = opened.head().unwrap().unwrap();
        let landed = walk(&opened, head, &["items"]).unwrap().pop().unwrap();
        assert_eq!(landed.commit, head);
        let who = |change: &super::super::TreeChange| {
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
        // Also where the walk begins in the middle of the line.
        let opened = Repository::open(&repo.path()).unwrap();
        let head = opened.head().unwrap().unwrap();
        let all = walk(&opened, head, &["items"]).unwrap();
        let since = opened.resolve_revision("HEAD~1").unwrap();
        let rest = super::super::walk_since(&opened, Some(since), head, &["items"]).unwrap();
        assert_eq!(rest, all[all.len() - 1..]);
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
