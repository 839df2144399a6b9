use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use super::ci::{Ci, Place, Scanner, Source};
use super::{Outcome, Session};
use crate::output::visible;
use crate::repository::{Expect, FileChange, GitError, RelPath, Repository, write};
use crate::schema::Schema;
use crate::settings;
use crate::store::prefix_of;

/// Start a tracker: settings, and schemas for editors
///
/// Works in an empty folder (it makes the repository) and in an existing repository. Nothing that
/// is there already is changed.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The folder, made where it is missing; the current one by default
    dir: Option<PathBuf>,
    /// Write the pipelines of this service too: checks of every change, a watch on what time causes,
    /// releases of submissions; may be given several times
    #[arg(long, value_name = "SERVICE")]
    ci: Vec<Ci>,
    /// Also write a pipeline that scans with this tool and opens a pull request with new items; may be
    /// given several times
    #[arg(long, value_name = "SCANNER", requires = "ci")]
    scan: Vec<Scanner>,
    /// Where GitHub Actions finds poam; without it, the pipelines say where to fill it in
    #[arg(long, value_name = "OWNER/REPOSITORY@REF", requires = "ci")]
    action: Option<Source>,
}

/// What a new tracker begins with.
const FILES: [(&str, &str); 2] = [
    (settings::FILE, include_str!("../../templates/poam.yaml")),
    (ATTRIBUTES, include_str!("../../templates/gitattributes")),
];

/// Keeps line ends in checkouts on every system as they are in commits.
const ATTRIBUTES: &str = ".gitattributes";

impl Init {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let dir = match &self.dir {
            Some(dir) => session.directory.join(dir),
            None => session.directory.clone(),
        };
        std::fs::create_dir_all(&dir)
            .with_context(|| format!("making the folder {}", dir.display()))?;
        let repository = match Repository::open(&dir) {
            Ok(repository) => repository,
            Err(GitError::NotFound { .. }) => {
                let repository = Repository::init(&dir)?;
                session.print("made a git repository\n")?;
                repository
            }
            Err(error) => return Err(error.into()),
        };
        let top = repository.workdir()?.canonicalize();
        let top = top.with_context(|| format!("looking at {}", dir.display()))?;
        let dir = dir.canonicalize().with_context(|| format!("looking at {}", dir.display()))?;
        let prefix = prefix_of(&dir, Some(&top));
        let schemas = [
            ("schema/item.schema.json", Schema::Item.text()),
            ("schema/settings.schema.json", Schema::Settings.text()),
        ];
        let files = FILES.into_iter().chain(schemas);
        let mut files: Vec<NewFile> = files
            .map(|(name, text)| NewFile {
                folder: &dir,
                name: name.to_owned(),
                text: text.to_owned(),
            })
            .collect();
        if !self.ci.is_empty() {
            // Services look for pipelines at the top of the repository.
            let place = Place::new(&prefix, &repository.main_branch()?)?;
            let taken = |name: &str| is_taken(&top, name, &prefix);
            let pipelines = self
                .ci
                .iter()
                .flat_map(|ci| ci.files(self.action.as_ref(), &place, &self.scan, taken));
            files.extend(pipelines.map(|(name, text)| NewFile { folder: &top, name, text }));
        }
        let (mut new, mut done) = (Vec::new(), Vec::new());
        for NewFile { folder, name, text } in files {
            let path = RelPath::between(&top, &folder.join(&name))?;
            let is_there = folder.join(&name).symlink_metadata().is_ok();
            if !is_there && !new.iter().any(|file: &FileChange| file.path == path) {
                let new_text = Some(text.clone().into_bytes());
                new.push(FileChange { path, expect: Expect::Absent, new: new_text });
                done.push(("wrote", name, text));
            } else {
                done.push(("kept", name, text));
            }
        }
        // All of them or none, and through no link.
        let lock = session.lock(&repository)?;
        if !new.is_empty() {
            write(&repository, &new)?;
        }
        drop(lock);
        if !self.ci.is_empty() && !prefix.is_empty() {
            session.say(format_args!(
                "note: pipelines are written at the top of the repository, {}, where the services look \
                 for them; they work in {prefix}",
                visible(&top.display().to_string())
            ));
        }
        for (said, name, text) in done {
            session.print(format_args!("{said} {name}\n"))?;
            if said == "kept" && name == super::ci::GITLAB_MAIN {
                let include = text.trim_start_matches("include:\n  - ").trim_end();
                session.say(format_args!("note: add `include: [{{{include}}}]` to {name}"));
            }
            if said == "kept" && name == ATTRIBUTES && !keeps_line_ends(&dir) {
                session.say(format_args!(
                    "note: add `*.yaml text eol=lf` to {name}: else git changes the line ends of items \
                     in checkouts on Windows"
                ));
            }
        }
        session.say(format_args!(
            "next: fill in `system:` in {} and commit it, then `poam new --name \"…\" --risk high` or `poam import WORKBOOK`",
            settings::FILE
        ));
        Ok(Outcome::Fine)
    }
}

/// A file to write where there is none.
struct NewFile<'a> {
    folder: &'a Path,
    name: String,
    text: String,
}

/// Whether a pipeline of this name is there and works in another folder: one of ours would be written
/// again as it is.
fn is_taken(top: &Path, name: &str, prefix: &str) -> bool {
    let here = std::fs::read_to_string(top.join(name)).unwrap_or_default();
    let folder = prefix.trim_end_matches('/');
    top.join(name).exists() && !here.contains(&format!("\"{folder}\""))
}

/// Whether an attributes file says what line ends items have in checkouts.
fn keeps_line_ends(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join(ATTRIBUTES)).unwrap_or_default();
    text.lines().any(|line| line.contains("eol=lf") || line.contains("-text"))
}
