//! `portfolio.yaml`: the list of systems, as written and as meant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::document::{Document, Label, Limits};
use crate::files::{self, FileReadError};
use crate::repository::{RemoteUrl, is_branch_name};
use crate::schema::Schema;

/// The usual name of the file.
pub const FILE: &str = "portfolio.yaml";

/// The folder of clones beside the file, where it names no other.
const CACHE: &str = ".poam-cache";

/// The name under which errors of the file are reported.
const RULE: &str = "portfolio";

/// Characters of a system's name at most.
const LONGEST_NAME: usize = 120;

/// A portfolio as written in `portfolio.yaml`: a list of systems, each with its own tracker.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "POA&M portfolio")]
pub struct RawPortfolio {
    /// Version of this file's format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Name of the portfolio, as reports show it.
    #[serde(default)]
    pub name: Option<String>,
    /// Folder for clones of repositories elsewhere, relative to this file (.poam-cache).
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub cache: Option<String>,
    /// The systems.
    pub systems: Vec<RawSystem>,
}

/// A system of the portfolio. It has one of `path`, `url` and `documents`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSystem {
    /// Name of the system, unique in the portfolio.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Repository on this machine, or the folder of a tracker in one, relative to this file.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub path: Option<String>,
    /// Repository elsewhere: https://…, ssh://…, file://… or user@host:path. It is cloned into the cache.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub url: Option<String>,
    /// Published documents of a tracker that is not in git: an OSCAL POA&M or a VER report in JSON, or a
    /// folder with such files, one a month. Relative to this file.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub documents: Option<String>,
    /// Folder of the tracker in the repository, where it is not at the top.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub folder: Option<String>,
    /// Branch that counts, where it is not the one that is checked out or that the repository names.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub branch: Option<String>,
    /// Marks of the system, by kind: agency, impact, or any other.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// A portfolio as meant.
#[derive(Debug, Clone)]
pub struct Portfolio {
    /// Its name.
    pub name: Option<String>,
    /// The folder for clones.
    pub cache: PathBuf,
    /// The systems, by name.
    pub systems: Vec<PortfolioSystem>,
}

/// A system of a portfolio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortfolioSystem {
    /// Its name.
    pub name: String,
    /// Where its tracker is.
    pub location: SystemLocation,
    /// That place, as the file writes it.
    pub written: String,
    /// The folder of the tracker in the repository, with a `/` at its end; empty for the top.
    pub folder: String,
    /// The branch that counts, where it is named.
    pub branch: Option<String>,
    /// Its marks, by kind.
    pub tags: BTreeMap<String, String>,
}

/// Where the tracker of a system is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemLocation {
    /// A repository on this machine, or a folder in one.
    Path(PathBuf),
    /// A repository elsewhere, with the folder of its clone.
    Url {
        /// Its address.
        url: RemoteUrl,
        /// The clone.
        clone: PathBuf,
    },
    /// Published documents.
    Documents(PathBuf),
}

/// Reasons why there is no portfolio.
#[derive(Debug, thiserror::Error)]
pub enum PortfolioError {
    /// The file cannot be read.
    #[error("cannot read {}: {reason}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Reason.
        reason: String,
    },
    /// The file has errors.
    #[error("the portfolio has errors")]
    Errors(Vec<Diagnostic>),
}

impl Portfolio {
    /// Reads a portfolio from its file.
    pub fn load(path: &Path) -> Result<Self, PortfolioError> {
        let fail = |error: FileReadError| PortfolioError::Read {
            path: path.to_owned(),
            reason: match error {
                FileReadError::Missing(_) => "there is no such file; write one with `version: 1` \
                                              and `systems:`, see `poam schema portfolio-file`"
                    .to_owned(),
                other => other.to_string(),
            },
        };
        let bytes = files::read_regular(path, Limits::ITEM.bytes as u64).map_err(fail)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into());
        Self::parse(&name, &bytes, folder).map_err(PortfolioError::Errors)
    }

    /// Reads a portfolio from the text of a file in a folder; every error has its place.
    pub fn parse(name: &str, bytes: &[u8], folder: &Path) -> Result<Self, Vec<Diagnostic>> {
        let document = Document::parse(name, bytes, &Limits::ITEM)
            .map_err(|error| vec![Diagnostic::from(error)])?;
        let value = document.to_value();
        let errors = Schema::Portfolio.check(&document, &value);
        if !errors.is_empty() {
            return Err(errors);
        }
        let raw = RawPortfolio::deserialize(&value).map_err(|error| {
            let message = format!("cannot read the portfolio: {error}");
            vec![
                Diagnostic::new(RULE, document.label(""), message)
                    .help("see `poam schema portfolio-file`"),
            ]
        })?;
        resolve(raw, &document, folder)
    }
}

fn resolve(
    raw: RawPortfolio,
    document: &Document,
    folder: &Path,
) -> Result<Portfolio, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let cache = raw.cache.as_deref().unwrap_or(CACHE);
    if let Some(reason) = refuse_path(cache) {
        errors.push(Diagnostic::new(RULE, document.label("/cache"), reason));
    }
    let cache = folder.join(cache);
    let mut names = BTreeSet::new();
    let mut systems = Vec::new();
    for (at, system) in raw.systems.into_iter().enumerate() {
        let label = |field: &str| document.label(&format!("/systems/{at}{field}"));
        if !names.insert(system.name.to_lowercase()) {
            let message = format!("two systems are called `{}`", system.name);
            errors.push(Diagnostic::new(RULE, label("/name"), message).help("rename one of them"));
        }
        match resolve_system(system, folder, &cache, &label) {
            Ok(system) => systems.push(system),
            Err(found) => errors.extend(found),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    systems.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Portfolio { name: raw.name, cache, systems })
}

fn resolve_system(
    raw: RawSystem,
    folder: &Path,
    cache: &Path,
    label: &dyn Fn(&str) -> Label,
) -> Result<PortfolioSystem, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut refuse = |field: &str, message: String, help: &'static str| {
        errors.push(Diagnostic::new(RULE, label(field), message).help(help));
    };
    if let Some(reason) = refuse_name(&raw.name) {
        refuse("/name", reason, "use letters, digits, blanks, `-`, `.` and `_`");
    }
    for (field, path) in [("/path", &raw.path), ("/documents", &raw.documents)] {
        if let Some(reason) = path.as_deref().and_then(refuse_path) {
            refuse(field, reason, "write a path relative to this file");
        }
    }
    let written = [&raw.path, &raw.url, &raw.documents].into_iter().flatten().next().cloned();
    let location = match (raw.path, raw.url, raw.documents) {
        (Some(path), None, None) => Some(SystemLocation::Path(folder.join(path))),
        (None, None, Some(path)) => Some(SystemLocation::Documents(folder.join(path))),
        (None, Some(url), None) => match url.parse::<RemoteUrl>() {
            Ok(url) => {
                let clone = cache.join(clone_name(&url, raw.branch.as_deref()));
                Some(SystemLocation::Url { url, clone })
            }
            Err(reason) => {
                refuse(
                    "/url",
                    format!("not an address: {reason}"),
                    "write https://host/repository",
                );
                None
            }
        },
        _ => {
            let message = "a system has one of `path`, `url` and `documents`".to_owned();
            refuse("", message, "keep the one that says where its tracker is");
            None
        }
    };
    if let Some(branch) = raw.branch.as_deref().filter(|name| !is_branch_name(name)) {
        refuse("/branch", format!("`{branch}` is no name of a branch"), "see `git branch`");
    }
    let inside = raw.folder.as_deref().unwrap_or_default().trim_matches('/').to_owned();
    if inside.split('/').any(|step| matches!(step, "." | "..")) || inside.contains('\\') {
        let message = format!("`{inside}` is no folder in a repository");
        refuse("/folder", message, "write its path from the top of the repository");
    }
    match (location, errors.is_empty()) {
        (Some(location), true) => Ok(PortfolioSystem {
            name: raw.name,
            location,
            written: written.unwrap_or_default(),
            folder: if inside.is_empty() { inside } else { format!("{inside}/") },
            branch: raw.branch,
            tags: raw.tags,
        }),
        _ => Err(errors),
    }
}

/// Returns the name of a clone's folder: what can be read of the address, and a digest of all of it.
fn clone_name(url: &RemoteUrl, branch: Option<&str>) -> String {
    let text = url.as_str();
    let last = text.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let last = last.trim_end_matches(".git");
    let readable: String = last
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(40)
        .collect();
    let digest = super::digest::of_text(&format!("{text}\n{}", branch.unwrap_or_default()));
    format!("{readable}-{digest}.git")
}

/// Returns the reason why a text can be no name of a system.
fn refuse_name(name: &str) -> Option<String> {
    if name.trim() != name || name.is_empty() {
        return Some("a name neither begins nor ends with a blank".to_owned());
    }
    if name.chars().count() > LONGEST_NAME {
        return Some(format!("a name has at most {LONGEST_NAME} characters"));
    }
    if name.contains(['/', '\\']) || name.chars().all(|c| c == '.') {
        return Some("a name is no path".to_owned());
    }
    hidden(name).then(|| "the name has control characters or invisible ones".to_owned())
}

/// Returns the reason why a text can be no path.
fn refuse_path(path: &str) -> Option<String> {
    if path.trim().is_empty() {
        return Some("the path is empty".to_owned());
    }
    hidden(path).then(|| "the path has control characters or invisible ones".to_owned())
}

/// Returns whether a text has characters that an output would have to escape.
fn hidden(text: &str) -> bool {
    crate::text::visible(text) != text || text.contains(['\n', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Portfolio, Vec<String>> {
        let parsed = Portfolio::parse("portfolio.yaml", text.as_bytes(), Path::new("/srv/p"));
        parsed.map_err(|errors| {
            errors
                .iter()
                .map(|error| {
                    let start = error.label.start;
                    format!("{}:{} {}", start.line, start.column, error.message)
                })
                .collect()
        })
    }

    #[test]
    fn systems_are_resolved_and_sorted() {
        let portfolio = parse(
            "version: 1\nname: Agency\nsystems:\n- name: Beta\n  path: ../beta\n  folder: /poam/\n  branch: main\n  \
             tags: {agency: DOJ, impact: high}\n- {name: Alpha, url: 'https://example.com/a/alpha.git'}\n- {name: Cloud \
             X, documents: x}\n",
        )
        .unwrap();
        assert_eq!(portfolio.cache, Path::new("/srv/p/.poam-cache"));
        let [alpha, beta, cloud] = portfolio.systems.as_slice() else { panic!("{portfolio:?}") };
        let SystemLocation::Url { url, clone } = &alpha.location else { panic!("{alpha:?}") };
        assert_eq!(url.as_str(), "https://example.com/a/alpha.git");
        let name = clone.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with("alpha-") && name.ends_with(".git"), "{name}");
        assert_eq!(beta.location, SystemLocation::Path("/srv/p/../beta".into()));
        assert_eq!((beta.folder.as_str(), beta.branch.as_deref()), ("poam/", Some("main")));
        assert_eq!(beta.tags["agency"], "DOJ");
        assert_eq!(cloud.location, SystemLocation::Documents("/srv/p/x".into()));
    }

    #[test]
    fn hostile_and_wrong_entries_are_refused_with_their_place() {
        for (entry, expected) in [
            ("name: A", "3:3 a system has one of `path`, `url` and `documents`"),
            ("{name: A, path: a, url: 'https://e.com/a'}", "a system has one of"),
            ("{name: A, url: '--upload-pack=touch /tmp/x'}", "would be an option of git"),
            ("{name: A, url: 'ext::sh'}", "only https://"),
            ("{name: A, url: 'https://u:p@e.com/a'}", "a password has no place"),
            ("{name: ../A, path: a}", "a name is no path"),
            ("{name: \"A\\u202eB\", path: a}", "invisible"),
            ("{name: \" A\", path: a}", "neither begins nor ends"),
            ("{name: A, path: \"a\\nb\"}", "the path has control characters"),
            ("{name: A, path: a, branch: -f}", "`-f` is no name of a branch"),
            ("{name: A, path: a, folder: ../x}", "is no folder in a repository"),
            ("{name: A, path: a, colour: red}", "unknown field `colour`"),
            ("{name: A, path: a}\n- {name: a, path: b}", "two systems are called `a`"),
        ] {
            let errors = parse(&format!("version: 1\nsystems:\n- {entry}\n")).unwrap_err();
            assert!(errors.iter().any(|error| error.contains(expected)), "{entry}: {errors:?}");
        }
        assert!(parse("version: 2\nsystems: []\n").is_err());
        assert!(parse("version: 1\n").is_err());
    }
}
