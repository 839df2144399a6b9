//! Reads the manifests of snapshots from annotated tags.

use super::manifest::{Manifest, VERSION};
use super::name::name_prefix;
use crate::repository::{GitError, Repository};

/// Reasons why a tag holds no manifest of a submission.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// There is no such tag.
    #[error(
        "there is no snapshot `{0}`; `poam snapshot list` shows all, `git fetch --tags` gets those of others"
    )]
    Missing(String),
    /// A tag without a message.
    #[error("`{0}` is a plain tag, not a snapshot: it has no manifest")]
    Plain(String),
    /// A tag with another message.
    #[error("`{name}` is no snapshot: its message has no manifest that can be read ({reason})")]
    NoManifest {
        /// The tag.
        name: String,
        /// Description of the fault.
        reason: String,
    },
    /// A manifest of a later program.
    #[error(
        "the manifest of `{name}` has version {version}, this program reads version {VERSION}: install a newer poam"
    )]
    Version {
        /// The tag.
        name: String,
        /// Its version.
        version: u64,
    },
    /// The tag was moved or renamed, or the manifest copied from another.
    #[error("`{name}` names commit {commit}, but its manifest is that of {manifest} at {of}")]
    Elsewhere {
        /// The tag.
        name: String,
        /// The commit that it names.
        commit: String,
        /// The name in the manifest.
        manifest: String,
        /// The commit in the manifest.
        of: String,
    },
    /// Git gives no answer.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Returns the manifest of a snapshot, by its full name (see [`super::full_name`]). That the tag
/// names the commit of its manifest is made sure of; what the commit holds is the business of
/// [`super::check`].
pub fn read(repository: &Repository, name: &str) -> Result<Manifest, ManifestError> {
    let tag = repository.find_tag(name)?.ok_or_else(|| ManifestError::Missing(name.to_owned()))?;
    let Some(annotation) = tag.annotation else {
        return Err(ManifestError::Plain(name.to_owned()));
    };
    let manifest = parse(name, &annotation.message)?;
    if manifest.commit != tag.commit.to_string() || manifest.name != name {
        return Err(ManifestError::Elsewhere {
            name: name.to_owned(),
            commit: tag.commit.short(),
            manifest: manifest.name,
            of: manifest.commit.chars().take(10).collect(),
        });
    }
    Ok(manifest)
}

/// A snapshot's name, and what its tag states.
pub type Named = (String, Result<Manifest, ManifestError>);

/// Returns every snapshot of the tracker in a folder of the repository, by name; with an error
/// those tags that are named like one and state nothing.
pub fn list(repository: &Repository, folder: &str) -> Result<Vec<Named>, GitError> {
    let start = name_prefix(folder);
    let mut found = Vec::new();
    for name in repository.list_tags(&start)? {
        let read = read(repository, &name);
        // Those of a tracker in a folder below belong to that one.
        if read.as_ref().is_ok_and(|manifest| manifest.folder != folder) {
            continue;
        }
        found.push((name, read));
    }
    Ok(found)
}

fn parse(name: &str, message: &str) -> Result<Manifest, ManifestError> {
    let broken = |reason: String| ManifestError::NoManifest { name: name.to_owned(), reason };
    let begin = match message.starts_with('{') {
        true => 0,
        false => message.find("\n{").ok_or_else(|| broken("it has none".to_owned()))? + 1,
    };
    // A signature may follow, and nothing else.
    let mut values =
        serde_json::Deserializer::from_str(&message[begin..]).into_iter::<serde_json::Value>();
    let value = match values.next() {
        Some(Ok(value)) => value,
        Some(Err(error)) => return Err(broken(error.to_string())),
        None => return Err(broken("it has none".to_owned())),
    };
    let rest = message[begin + values.byte_offset()..].trim_start();
    if !rest.is_empty() && !rest.starts_with("-----BEGIN ") {
        return Err(broken("something follows it".to_owned()));
    }
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => return Err(ManifestError::Version { name: name.to_owned(), version }),
        None => return Err(broken("it has no version".to_owned())),
    }
    serde_json::from_value(value).map_err(|error| broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::check::tests::build_manifest;
    use super::super::tag_message;
    use super::*;

    #[test]
    fn a_message_is_read_back_signed_or_not() {
        let mut kept = build_manifest(&[("V-1", "a"), ("V-2", "b")]);
        kept.system = Some("x\n-----BEGIN PGP SIGNATURE-----\n{".into());
        let text = tag_message(&kept);
        assert!(text.starts_with("poam/2026-11: 2 open, 0 overdue, 0 closed\n\n{\n"), "{text}");
        assert_eq!(parse("n", &text).unwrap(), kept);
        let signed =
            format!("{text}-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n");
        assert_eq!(parse("n", &signed).unwrap(), kept);
        for (bad, reason) in [
            ("release".to_owned(), "it has none"),
            (String::new(), "it has none"),
            ("{".to_owned(), "EOF"),
            ("{}".to_owned(), "no version"),
            ("a\n\n{\"version\": 2}".to_owned(), "version 2, this program reads version 1"),
            ("a\n\n{\"version\": 1}".to_owned(), "missing field"),
            (format!("{text}{{}}"), "something follows"),
            (text.replace("3e23e8160039", "3e23"), "not a SHA-256"),
        ] {
            let error = parse("n", &bad).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
