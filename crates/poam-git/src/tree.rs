//! Folders as git stores them: raw trees, listed and compared.

use std::collections::HashMap;
use std::ffi::CStr;
use std::sync::Arc;

use git2::{ObjectType, Oid};

use super::object::RawCommit;
use super::object_db::ObjectDb;
use super::{BlobId, CommitId, GitError, Repository};

/// Folders nested deeper than this are refused: nobody writes them manually.
const DEEPEST: usize = 128;

/// Bytes of trees that are cached, in each of two generations.
const CACHED_BYTES: usize = 8 << 20;

/// The kind of a path in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A file, executable or not.
    Regular,
    /// A symbolic link: its content is the path of another file. Never follow it.
    Link,
    /// A submodule: another repository's commit; its content is not here.
    Submodule,
}

/// One file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// The path from the top of the repository. Bytes that are not UTF-8 are replaced (U+FFFD).
    pub path: String,
    /// Its content (of a submodule: the name of a commit elsewhere).
    pub blob: BlobId,
    /// Its kind.
    pub kind: FileKind,
}

impl Repository {
    /// Returns every file below `folder` in a commit, in git's order; all of them when it is empty,
    /// none when there is no such folder. What git stored is not hashed again, as by git itself.
    pub fn list_files(&self, commit: CommitId, folder: &str) -> Result<Vec<TreeFile>, GitError> {
        let mut trees = TreeReader::new(self.stored_objects()?);
        let top = RawCommit::read(trees.object_db(), commit.oid())?.tree;
        let node = trees.find(TreeNode::of_tree(top), folder)?;
        let mut found = Vec::new();
        trees.compare(None, node, folder.trim_matches('/'), &mut found)?;
        Ok(found.into_iter().filter_map(tree_file).collect())
    }

    /// Returns the content of a regular file in a commit; `None` when there is none at this path.
    pub fn read_file(&self, commit: CommitId, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        self.read_file_up_to(commit, path, u64::MAX)
    }

    /// Returns the content of a regular file in a commit, unless it is larger than `limit` bytes
    /// ([`GitError::TooLarge`]); the size is looked at before the content is read.
    pub fn read_file_up_to(
        &self,
        commit: CommitId,
        path: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, GitError> {
        let mut trees = TreeReader::new(self.open_objects()?);
        let top = RawCommit::read(trees.object_db(), commit.oid())?.tree;
        match trees.find(TreeNode::of_tree(top), path)? {
            Some(node) if node.is_regular() => {
                self.blob_up_to(BlobId::from_oid(node.id), limit).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns the content of a blob.
    pub fn read_blob(&self, id: BlobId) -> Result<Vec<u8>, GitError> {
        self.blob_up_to(id, u64::MAX)
    }

    /// Returns the content of a blob, unless it is larger than `limit` bytes
    /// ([`GitError::TooLarge`]); the size is looked at first.
    pub fn blob_up_to(&self, id: BlobId, limit: u64) -> Result<Vec<u8>, GitError> {
        let objects = self.open_objects()?;
        if limit < u64::MAX {
            let size = objects.object_size(id.oid())?;
            if size > limit {
                return Err(GitError::TooLarge { id: id.to_string(), size, limit });
            }
        }
        Ok(read_blob(&objects, id)?.to_vec())
    }

    /// Returns the contents of many blobs, one after the other. As in a walk, what git stored is
    /// not hashed again.
    pub fn read_blobs(
        &self,
        ids: impl IntoIterator<Item = BlobId>,
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), GitError> {
        let objects = self.stored_objects()?;
        for id in ids {
            each(&read_blob(&objects, id)?);
        }
        Ok(())
    }

    /// Reads the contents of many blobs of at most `limit` bytes each; of a larger one, passes on
    /// its size.
    pub fn blobs_up_to(
        &self,
        ids: impl IntoIterator<Item = BlobId>,
        limit: u64,
        mut each: impl FnMut(Result<&[u8], u64>),
    ) -> Result<(), GitError> {
        let objects = self.stored_objects()?;
        for id in ids {
            let size = objects.object_size(id.oid())?;
            if size > limit {
                each(Err(size));
            } else {
                each(Ok(&read_blob(&objects, id)?));
            }
        }
        Ok(())
    }
}

fn tree_file(difference: TreeDifference) -> Option<TreeFile> {
    let node = difference.new?;
    let blob = BlobId::from_oid(node.id);
    Some(TreeFile { path: difference.path, blob, kind: node.file_kind() })
}

fn read_blob(objects: &ObjectDb<'_>, id: BlobId) -> Result<Arc<[u8]>, GitError> {
    let object = objects.read(id.oid())?;
    if object.kind != ObjectType::Blob {
        let reason = "a file is expected here";
        return Err(GitError::Damaged { id: id.to_string(), reason });
    }
    Ok(object.data)
}

/// An entry of a tree: a file, a folder, a link, a submodule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TreeNode {
    mode: u32,
    pub(super) id: Oid,
}

impl TreeNode {
    pub(super) fn of_tree(id: Oid) -> Self {
        Self { mode: 0o040_000, id }
    }

    pub(super) fn file_node(id: Oid, executable: bool) -> Self {
        Self { mode: if executable { 0o100_755 } else { 0o100_644 }, id }
    }

    /// Creates an entry with a mode as git writes it.
    pub(super) fn with_mode(mode: u32, id: Oid) -> Self {
        Self { mode, id }
    }

    fn is_tree(self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Returns whether two nodes are files of the same content, or the same; a file that only becomes
    /// executable does not differ.
    pub(super) fn is_alike(one: Option<Self>, other: Option<Self>) -> bool {
        one == other || regular_id(one).is_some_and(|id| regular_id(other) == Some(id))
    }

    pub(super) fn is_regular(self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    pub(super) fn file_kind(self) -> FileKind {
        match self.mode & 0o170_000 {
            0o120_000 => FileKind::Link,
            0o160_000 => FileKind::Submodule,
            _ => FileKind::Regular,
        }
    }
}

fn regular_id(node: Option<TreeNode>) -> Option<Oid> {
    node.filter(|node| node.is_regular()).map(|it| it.id)
}

/// A path whose file differs between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TreeDifference {
    pub(super) path: String,
    pub(super) old: Option<TreeNode>,
    pub(super) new: Option<TreeNode>,
}

/// Reads trees and retains the ones read of late. The library's own comparison builds an iterator
/// over entire folders and is fifty times slower on a long history.
pub(super) struct TreeReader<'r> {
    objects: ObjectDb<'r>,
    young: HashMap<Oid, Arc<[u8]>>,
    old: HashMap<Oid, Arc<[u8]>>,
    young_bytes: usize,
}

impl<'r> TreeReader<'r> {
    pub(super) fn new(objects: ObjectDb<'r>) -> Self {
        Self { objects, young: HashMap::new(), old: HashMap::new(), young_bytes: 0 }
    }

    pub(super) fn object_db(&self) -> &ObjectDb<'r> {
        &self.objects
    }

    fn read(&mut self, id: Oid) -> Result<Arc<[u8]>, GitError> {
        if let Some(tree) = self.young.get(&id) {
            return Ok(Arc::clone(tree));
        }
        let tree = match self.old.remove(&id) {
            Some(tree) => tree,
            None => {
                let object = self.objects.read(id)?;
                if object.kind != ObjectType::Tree {
                    let reason = "a folder is expected here";
                    return Err(GitError::Damaged { id: id.to_string(), reason });
                }
                object.data
            }
        };
        if self.young_bytes > CACHED_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += tree.len() + 128;
        self.young.insert(id, Arc::clone(&tree));
        Ok(tree)
    }

    /// Finds the entry at a path below `top`.
    pub(super) fn find(&mut self, top: TreeNode, path: &str) -> Result<Option<TreeNode>, GitError> {
        let mut node = top;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if !node.is_tree() {
                return Ok(None);
            }
            let tree = self.read(node.id)?;
            let mut entries = TreeEntries::new(node.id, &tree);
            node = loop {
                match entries.next()? {
                    None => return Ok(None),
                    Some(entry) if entry.name == part.as_bytes() => break entry.node,
                    Some(_) => {}
                }
            };
        }
        Ok(Some(node))
    }

    /// Collects the files that differ between two nodes which are at `path`. A file that only
    /// becomes executable does not differ.
    pub(super) fn compare(
        &mut self,
        old: Option<TreeNode>,
        new: Option<TreeNode>,
        path: &str,
        found: &mut Vec<TreeDifference>,
    ) -> Result<(), GitError> {
        let mut path = path.as_bytes().to_vec();
        self.compare_nodes(old, new, &mut path, 0, found)
    }

    fn compare_nodes(
        &mut self,
        old: Option<TreeNode>,
        new: Option<TreeNode>,
        path: &mut Vec<u8>,
        depth: usize,
        found: &mut Vec<TreeDifference>,
    ) -> Result<(), GitError> {
        if TreeNode::is_alike(old, new) {
            return Ok(());
        }
        let (old_file, new_file) = (file_only(old), file_only(new));
        if old_file.is_some() || new_file.is_some() {
            let path = String::from_utf8_lossy(path).into_owned();
            found.push(TreeDifference { path, old: old_file, new: new_file });
        }
        match (tree_only(old), tree_only(new)) {
            (None, None) => Ok(()),
            (old, new) => self.compare_trees(node_id(old), node_id(new), path, depth, found),
        }
    }

    fn compare_trees(
        &mut self,
        old: Option<Oid>,
        new: Option<Oid>,
        path: &mut Vec<u8>,
        depth: usize,
        found: &mut Vec<TreeDifference>,
    ) -> Result<(), GitError> {
        if let Some(id) = old.or(new)
            && depth > DEEPEST
        {
            let reason = "folders are nested too deeply";
            return Err(GitError::Damaged { id: id.to_string(), reason });
        }
        let old_tree = old.map(|id| self.read(id)).transpose()?;
        let new_tree = new.map(|id| self.read(id)).transpose()?;
        let none = Oid::ZERO_SHA1;
        let mut olds = TreeEntries::new(old.unwrap_or(none), tree_data(&old_tree));
        let mut news = TreeEntries::new(new.unwrap_or(none), tree_data(&new_tree));
        loop {
            olds.skip_same(&mut news);
            let (a, b) = (olds.peek()?, news.peek()?);
            let (a, b) = match (a, b) {
                (None, None) => return Ok(()),
                (Some(a), Some(b)) => match a.git_order(&b) {
                    std::cmp::Ordering::Less => (Some(a), None),
                    std::cmp::Ordering::Equal => (Some(a), Some(b)),
                    std::cmp::Ordering::Greater => (None, Some(b)),
                },
                one => one,
            };
            if let Some(a) = &a {
                olds.at += a.length;
            }
            if let Some(b) = &b {
                news.at += b.length;
            }
            let Some(name) = a.as_ref().or(b.as_ref()).map(|entry| entry.name) else {
                return Ok(());
            };
            let end = path.len();
            if end > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            self.compare_nodes(a.map(|a| a.node), b.map(|b| b.node), path, depth + 1, found)?;
            path.truncate(end);
        }
    }
}

fn node_id(node: Option<TreeNode>) -> Option<Oid> {
    node.map(|node| node.id)
}

fn file_only(node: Option<TreeNode>) -> Option<TreeNode> {
    node.filter(|node| !node.is_tree())
}

fn tree_only(node: Option<TreeNode>) -> Option<TreeNode> {
    node.filter(|node| node.is_tree())
}

fn tree_data(tree: &Option<Arc<[u8]>>) -> &[u8] {
    tree.as_deref().unwrap_or_default()
}

struct TreeEntry<'t> {
    node: TreeNode,
    name: &'t [u8],
    length: usize,
}

impl TreeEntry<'_> {
    /// Compares two names in git's order: a folder sorts as if its name ended with `/`.
    fn git_order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |entry: &Self| entry.node.is_tree().then_some(b'/');
        let (a, b) = (self.name.iter().copied(), other.name.iter().copied());
        a.chain(key(self)).cmp(b.chain(key(other)))
    }
}

/// The entries of one raw tree: `mode name NUL id`, one after the other.
struct TreeEntries<'t> {
    id: Oid,
    bytes: &'t [u8],
    at: usize,
}

impl<'t> TreeEntries<'t> {
    fn new(id: Oid, bytes: &'t [u8]) -> Self {
        Self { id, bytes, at: 0 }
    }

    fn next(&mut self) -> Result<Option<TreeEntry<'t>>, GitError> {
        let entry = self.peek()?;
        self.at += entry.as_ref().map_or(0, |entry| entry.length);
        Ok(entry)
    }

    fn peek(&self) -> Result<Option<TreeEntry<'t>>, GitError> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let damaged = || GitError::Damaged { id: self.id.to_string(), reason: "a bad folder" };
        let entry = parse_entry(rest).ok_or_else(damaged)?;
        Ok(Some(entry))
    }

    /// Skips the entries that both have here: nearly all of them.
    fn skip_same(&mut self, other: &mut Self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let same = common_prefix_len(rest, other.bytes.get(other.at..).unwrap_or_default());
        let mut end = 0;
        // An entry that only begins alike is another one.
        while let Some(next) = rest.get(end..).and_then(entry_length).map(|length| end + length)
            && next <= same
        {
            end = next;
        }
        self.at += end;
        other.at += end;
    }
}

/// Bytes that are compared in one step.
const STEP: usize = 64;

/// Counts the bytes that two trees have in common at the start: nearly all, in two versions of a
/// large folder.
fn common_prefix_len(one: &[u8], other: &[u8]) -> usize {
    let steps = one.chunks_exact(STEP).zip(other.chunks_exact(STEP));
    let whole = STEP * steps.take_while(|(one, other)| one == other).count();
    let rest = one.iter().zip(other).skip(whole);
    whole + rest.take_while(|(one, other)| one == other).count()
}

/// Returns how long the first entry of a tree is.
fn entry_length(bytes: &[u8]) -> Option<usize> {
    CStr::from_bytes_until_nul(bytes).ok().map(|name| name.count_bytes() + 21)
}

fn parse_entry(bytes: &[u8]) -> Option<TreeEntry<'_>> {
    let nul = bytes.iter().position(|&byte| byte == 0)?;
    let space = bytes[..nul].iter().position(|&byte| byte == b' ')?;
    let mut mode = 0_u32;
    for digit in &bytes[..space] {
        mode = mode.checked_mul(8)? | u32::from(digit.checked_sub(b'0').filter(|d| *d < 8)?);
    }
    let id = Oid::from_bytes(bytes.get(nul + 1..nul + 21)?).ok()?;
    Some(TreeEntry { node: TreeNode { mode, id }, name: &bytes[space + 1..nul], length: nul + 21 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_prefix_is_counted_to_the_byte() {
        for length in [0, 1, STEP - 1, STEP, STEP + 1, 3 * STEP + 7] {
            let one: Vec<u8> = (0..length).map(|at| at as u8).collect();
            assert_eq!(common_prefix_len(&one, &one), length);
            for at in 0..length {
                let mut other = one.clone();
                other[at] ^= 0x80;
                assert_eq!(common_prefix_len(&one, &other), at);
                assert_eq!(common_prefix_len(&one, &one[..at]), at);
            }
        }
    }
}
