//! Tags: names that stay with one commit.

use chrono::{DateTime, FixedOffset};
use git2::{ErrorCode, ObjectType};

use super::guard::{GuardError, WriteLock, lock};
use super::journal::{Journal, JournalAction};
use super::object::Identity;
use super::program::run_with_hooks;
use super::scratch::Scratch;
use super::{CommitId, GitError, Repository};

/// Bytes of a tag that are read at most.
const LIMIT: usize = 64 << 20;

/// A tag on a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name, as `poam/2026-11`.
    pub name: String,
    /// The commit that it names.
    pub commit: CommitId,
    /// Its tagger and message; none for a lightweight tag.
    pub annotation: Option<Annotation>,
}

/// The tagger and message of an annotated tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The tagger.
    pub tagger: String,
    /// When, by that person's clock.
    pub time: DateTime<FixedOffset>,
    /// The message, with the signature at its end where there is one.
    pub message: String,
}

impl Annotation {
    /// Returns whether a signature is attached; whether it is good is another question (`git tag -v`).
    pub fn signed(&self) -> bool {
        self.message.lines().any(begins_signature)
    }
}

fn begins_signature(line: &str) -> bool {
    line.starts_with("-----BEGIN ") && line.contains("SIGN") && line.ends_with("-----")
}

impl Repository {
    /// Returns the tags whose name begins with a text, sorted.
    pub fn list_tags(&self, start: &str) -> Result<Vec<String>, GitError> {
        let doing = "listing the tags";
        let pattern = format!("{start}*");
        let names = self.inner.tag_names(Some(&pattern)).map_err(GitError::git_error(doing))?;
        let mut found = Vec::new();
        for name in &names {
            let name = name.map_err(GitError::git_error(doing))?;
            found.extend(name.filter(|name| name.starts_with(start)).map(str::to_owned));
        }
        found.sort();
        Ok(found)
    }

    /// Returns a tag by its name; `None` where there is none. One that names something else than a
    /// commit is an error.
    pub fn find_tag(&self, name: &str) -> Result<Option<Tag>, GitError> {
        let doing = || format!("reading the tag {name}");
        if !is_name(name) {
            return Ok(None);
        }
        let reference = match self.inner.find_reference(&format!("refs/tags/{name}")) {
            Ok(reference) => reference,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(GitError::git_error(doing())(error)),
        };
        let commit = match reference.peel_to_commit() {
            Ok(commit) => CommitId::from_oid(commit.id()),
            // The library refuses a commit with an odd header; git does not.
            Err(error) => match self.parse_revision(&format!("refs/tags/{name}"))? {
                Some(commit) => commit,
                None => return Err(GitError::git_error(doing())(error)),
            },
        };
        let Some(id) = reference.target() else {
            return Ok(Some(Tag { name: name.to_owned(), commit, annotation: None }));
        };
        let odb = self.open_odb()?;
        let (size, kind) = odb.read_header(id).map_err(GitError::object_error(id))?;
        if kind != ObjectType::Tag {
            return Ok(Some(Tag { name: name.to_owned(), commit, annotation: None }));
        }
        if size > LIMIT {
            let (id, size) = (id.to_string(), size as u64);
            return Err(GitError::TooLarge { id, size, limit: LIMIT as u64 });
        }
        let object = odb.read(id).map_err(GitError::object_error(id))?;
        let annotation = Some(parse_annotation(&String::from_utf8_lossy(object.data())));
        Ok(Some(Tag { name: name.to_owned(), commit, annotation }))
    }

    /// Makes an annotated tag with the git program, so that identity and signing are the user's;
    /// `sign` asks for a signature whatever the configuration states. The message is retained to the
    /// letter. A tag of that name is an error.
    pub fn create_tag(
        &self,
        name: &str,
        commit: CommitId,
        message: &str,
        sign: bool,
    ) -> Result<(), GuardError> {
        if !is_name(name) {
            return Err(GitError::TagName { name: name.to_owned() }.into());
        }
        let lock = lock(self)?;
        let (name, message) = (name.to_owned(), message.to_owned());
        let action = JournalAction::Tag { name: name.clone(), message: message.clone() };
        let journal = Journal::new(self, self.head()?, action);
        let scratch = Scratch::open(self);
        scratch.prepare().map_err(GuardError::io_error("making", &scratch.path("")))?;
        let place = Journal::journal_path(self);
        journal.write(self, &scratch).map_err(GuardError::io_error("writing", &place))?;
        let made = self.run_tag(&lock, &scratch, &name, commit, &message, sign);
        let settled = lock.settle(self, made.is_err());
        made.and(settled)
    }

    fn run_tag(
        &self,
        lock: &WriteLock,
        scratch: &Scratch,
        name: &str,
        commit: CommitId,
        message: &str,
        sign: bool,
    ) -> Result<(), GuardError> {
        let file = scratch.write("message", message.as_bytes());
        let file = file.map_err(GuardError::io_error("writing", &scratch.path("message")))?;
        let kind = if sign { "--sign" } else { "--annotate" };
        let mut command = self.git_command(&["tag", kind, "--cleanup=verbatim", "--file"])?;
        command.arg(file).arg("--").arg(name).arg(commit.to_string());
        command.stdin(lock.as_stdin()?);
        run_with_hooks(&mut command)?;
        Ok(())
    }
}

/// Returns whether a tag can have this name.
fn is_name(name: &str) -> bool {
    // The library takes the end of a C string for granted.
    !name.contains('\0') && git2::Tag::is_valid_name(name)
}

/// Reads the object of an annotated tag: header lines, an empty line, the message.
fn parse_annotation(object: &str) -> Annotation {
    let (header, message) = object.split_once("\n\n").unwrap_or((object, ""));
    let tagger = header.lines().find_map(|line| line.strip_prefix("tagger "));
    let Identity { name, time, .. } = Identity::parse(tagger.unwrap_or_default());
    Annotation { tagger: name, time, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    #[test]
    fn tags_are_made_found_and_read() {
        let repo = Repo::new();
        let commit: CommitId = repo.write("a", "a").commit("2026-01-02", "one").parse().unwrap();
        let repository = Repository::open(&repo.path()).unwrap().with_env(repo.env());
        let message = "subject\n\n# kept\n\n  {\"a\": 1}\n\n\n";
        repository.create_tag("poam/2026-01", commit, message, false).unwrap();
        let tag = repository.find_tag("poam/2026-01").unwrap().unwrap();
        let annotation = tag.annotation.unwrap();
        assert_eq!((tag.commit, annotation.message.as_str()), (commit, message));
        assert_eq!(annotation.tagger, "Carl Committer");
        assert_eq!(annotation.time.to_rfc3339(), "2026-01-01T12:00:00+00:00");
        assert!(!annotation.signed());
        repo.git(&["tag", "poam/light"]);
        repo.git(&["tag", "poamed"]);
        assert_eq!(repository.find_tag("poam/light").unwrap().unwrap().annotation, None);
        assert_eq!(repository.list_tags("poam/").unwrap(), ["poam/2026-01", "poam/light"]);
        assert_eq!(repository.find_tag("poam/2026-02").unwrap(), None);
        assert_eq!(repository.find_tag("../x y").unwrap(), None);
        let again = repository.create_tag("poam/2026-01", commit, "", false).unwrap_err();
        assert!(again.to_string().contains("already exists"), "{again}");
        for bad in ["", "a\0b", "-d", "a b", "a..b", "poam/"] {
            let error = repository.create_tag(bad, commit, "", false).unwrap_err();
            assert!(error.to_string().contains("cannot be the name of a tag"), "{error}");
        }
        repo.git(&["tag", "poam/tree", "HEAD^{tree}"]);
        assert!(repository.find_tag("poam/tree").is_err());
    }

    #[test]
    fn a_signature_is_seen() {
        let signed = "object x\ntagger A <a@b> 0 +0000\n\nm\n-----BEGIN SSH SIGNATURE-----\nx\n";
        assert!(parse_annotation(signed).signed());
        assert!(!parse_annotation("tagger A <a@b> 0 +0000\n\n -----BEGIN X\n").signed());
    }
}
